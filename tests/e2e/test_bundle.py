"""The bundle that the demo leaves, on a machine that has nothing else; and copies of it that somebody has tampered with.

Whoever tampers here also rewrites the list of files, so that what is caught is caught by what the log has signed. The copies
go up to one whose author holds the log's own key.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ledger import merkle, note, tile
from service.ledger.entry import encode, leaf_hash
from service.ledger.note import Checkpoint
from service.ledger.offline.generate import program
from service.ledger.offline.program import verify
from service.ledger.offline.signed import Trusted, parse_keys
from service.rules.findings import EVALUATOR
from tests.offline import alone
from tests.playing import Played

Tamper = Callable[["Copy"], None]


class Copy:
    """A copy of the bundle to be tampered with."""

    def __init__(self, root: Path, played: Played) -> None:
        self.root = root
        self.played = played
        shutil.copytree(played.out / "bundle", root)

    def entries(self) -> list[bytes]:
        return tile.split(self.bundle.read_bytes())

    @property
    def bundle(self) -> Path:
        [found] = (self.root / "tile/entries").rglob("*.p/*")
        return found

    @property
    def hashes(self) -> Path:
        [found] = (self.root / "tile/0").rglob("*.p/*")
        return found

    @property
    def checkpoint(self) -> Checkpoint:
        return note.parse_checkpoint((self.root / "checkpoint").read_bytes())

    def find(self, kind: str, **wanted: Any) -> tuple[int, dict[str, Any]]:
        for index, raw in enumerate(self.entries()):
            document = json.loads(raw)
            if document["kind"] == kind and all(document["body"].get(name) == value for name, value in wanted.items()):
                return index, document
        raise LookupError(kind)

    def put(self, entries: list[bytes], *, rehash: bool = False) -> None:
        """Write entries under the path that they had; with the tile that fits them if asked for."""
        self.bundle.write_bytes(tile.bundle(entries))
        if rehash:
            self.hashes.write_bytes(b"".join(map(leaf_hash, entries)))

    def sign(self, entries: list[bytes], key: Ed25519PrivateKey) -> None:
        """Make it the log of these entries, under a key."""
        origin, public = self.checkpoint.origin, key.public_key().public_bytes_raw()
        root = merkle.Growth(0, (), [leaf_hash(raw) for raw in entries]).root
        (self.root / "checkpoint").write_bytes(note.sign(Checkpoint(origin, len(entries), root), key, public).content())
        (self.root / "log.vkey").write_text(note.Verifier(origin, public).text() + "\n")
        shutil.rmtree(self.root / "tile")
        shutil.rmtree(self.root / "proofs")
        for part in (*tile.bundles(len(entries)), *tile.of_tree(len(entries))):
            content = tile.bundle(entries) if part.level is None else b"".join(map(leaf_hash, entries))
            path = self.root / part.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.amend("bundle.json", size=len(entries))

    def log_key(self) -> Ed25519PrivateKey:
        """The log's own key, as a thief would have it."""
        key = serialization.load_pem_private_key((self.played.data / "keys/log/key.pem").read_bytes(), None)
        assert isinstance(key, Ed25519PrivateKey)
        return key

    def amend(self, path: str, **more: Any) -> None:
        document = json.loads((self.root / path).read_text())
        (self.root / path).write_text(json.dumps(document | more))

    def relist(self) -> None:
        """Write the list of files anew, as whoever tampers would."""
        files = [path for path in sorted(self.root.rglob("*")) if path.is_file() and path.name != "manifest.json"]
        listed = [
            {
                "path": str(path.relative_to(self.root)),
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in files
        ]
        self.amend("manifest.json", files=listed)

    def check(self, *words: object) -> tuple[int, dict[str, Any]]:
        """Check it with a verifier from elsewhere and the key that the demo's own reader had."""
        program_file = self.root.parent / "verify.py"
        program_file.write_bytes(program())
        done = alone(program_file, self.root, "--key", self.played.out / "log.vkey", "--json", *words)
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)


@pytest.fixture
def copied(played: Played, tmp_path: Path) -> Copy:
    return Copy(tmp_path / "bundle", played)


def test_it_verifies_on_a_strangers_machine(played: Played) -> None:
    bundle = played.out / "bundle"
    done = alone(bundle / "verify.py", bundle, "--key", played.out / "log.vkey")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    for sentence in (
        "give the root that the log has signed",
        "8 decisions follow from their facts and packs",
        "the findings are the same to the byte",
        "each is the one that the log committed to",
        "nothing that it had read was changed or taken back in between",
        "What could not be established:",
        "Whether anybody outside saw this log",
        "Everything that could be checked holds.",
    ):
        assert sentence in done.stdout
    assert (bundle / "verify.py").read_bytes() == program()


def test_without_a_key_it_says_whose_word_it_takes(copied: Copy) -> None:
    done = alone(copied.root / "verify.py", copied.root)
    assert done.returncode == 0
    assert "Whose log this is: the key came with the bundle" in done.stdout


def change_an_entry(copy: Copy) -> None:
    entries = copy.entries()
    index, document = copy.find("consent")
    document["recorded_at"] = "2026-01-01T00:00:00.000000Z"
    entries[index] = encode(document)
    copy.put(entries)


def change_an_entry_and_its_hash(copy: Copy) -> None:
    change_an_entry(copy)
    copy.put(copy.entries(), rehash=True)


def drop_an_entry(copy: Copy) -> None:
    index, _ = copy.find("event")
    copy.put([raw for at, raw in enumerate(copy.entries()) if at != index])


def drop_the_newest_and_say_so(copy: Copy) -> None:
    copy.sign(copy.entries()[:-1], Ed25519PrivateKey.generate())


def reorder_entries(copy: Copy) -> None:
    entries = copy.entries()
    entries[3], entries[4] = entries[4], entries[3]
    copy.put(entries)


def swap_the_checkpoint(copy: Copy) -> None:
    key = copy.log_key()
    entries = copy.entries()[:10]
    older = Checkpoint(copy.checkpoint.origin, 10, merkle.Growth(0, (), [leaf_hash(raw) for raw in entries]).root)
    (copy.root / "checkpoint").write_bytes(note.sign(older, key, key.public_key().public_bytes_raw()).content())


def sign_with_another_key(copy: Copy) -> None:
    copy.sign(copy.entries(), Ed25519PrivateKey.generate())


def change_a_pack(copy: Copy) -> None:
    [pack] = [path for path in (copy.root / "packs").iterdir() if b'"pack":"law-us"' in path.read_bytes()]
    document = json.loads(pack.read_bytes())
    document["rules"] = document["rules"][1:]
    pack.write_text(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def content_of(copy: Copy, name: str, **wanted: Any) -> Path:
    _, document = copy.find("decision", **wanted)
    return copy.root / "blobs" / document["body"][name]["sha256"]


def change_the_facts(copy: Copy) -> None:
    blob = content_of(copy, "facts", outcome="blocked", act="release")
    document = json.loads(blob.read_bytes())
    document["at"] = "2027-09-20T12:00:00Z"
    blob.write_text(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def change_the_findings(copy: Copy) -> None:
    blob = content_of(copy, "findings", outcome="blocked", act="release")
    blob.write_bytes(blob.read_bytes().replace(b'"outcome":"blocked"', b'"outcome":"cleared"'))


def take_the_facts_out(copy: Copy) -> None:
    content_of(copy, "facts", outcome="blocked", act="release").unlink()


def change_a_disclosed_value(copy: Copy) -> None:
    file = copy.root / "disclosures.jsonl"
    first, *rest = file.read_text().splitlines(keepends=True)
    document = json.loads(first)
    document["value"] = "somebody else"
    file.write_text("".join([json.dumps(document) + "\n", *rest]))


def disclose_it_of_another(copy: Copy) -> None:
    file = copy.root / "disclosures.jsonl"
    first, *rest = file.read_text().splitlines(keepends=True)
    document = json.loads(first)
    document["record"] = json.loads(rest[-1])["record"]
    file.write_text("".join([json.dumps(document) + "\n", *rest]))


def add_a_file(copy: Copy) -> None:
    (copy.root / "consent-of-mara-quill.pdf").write_bytes(b"%PDF-1.7")


def claim_a_giant_log(copy: Copy) -> None:
    """What makes a careless verifier count for years."""
    key, size = copy.log_key(), 10**15
    (copy.root / "checkpoint").write_bytes(
        note.sign(Checkpoint(copy.checkpoint.origin, size, bytes(32)), key, key.public_key().public_bytes_raw()).content()
    )
    copy.amend("bundle.json", size=size)


def name_another_key(copy: Copy) -> None:
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    (copy.root / "log.vkey").write_text(note.Verifier(copy.checkpoint.origin, key).text() + "\n")


def add_a_content(copy: Copy) -> None:
    content = b'{"outcome":"cleared"}'
    (copy.root / "blobs" / hashlib.sha256(content).hexdigest()).write_bytes(content)


def truncate_a_tile(copy: Copy) -> None:
    copy.hashes.write_bytes(copy.hashes.read_bytes()[:-32])


def truncate_the_entries(copy: Copy) -> None:
    copy.bundle.write_bytes(copy.bundle.read_bytes()[:-7])


def change_a_proof(copy: Copy) -> None:
    proofs = sorted((copy.root / "proofs").iterdir())
    proofs[0].write_bytes(proofs[1].read_bytes())


def claim_to_be_a_part_of_nothing(copy: Copy) -> None:
    copy.amend("bundle.json", whole=False)
    for name in ("tile", "proofs", "packs", "blobs"):
        shutil.rmtree(copy.root / name)
    (copy.root / "disclosures.jsonl").unlink()


def rewrite_a_decision_with_the_logs_key(copy: Copy) -> None:
    entries = copy.entries()
    index, document = copy.find("decision", outcome="blocked", act="release")
    document["body"] |= {"outcome": "cleared", "causes": [], "cause_count": 0}
    entries[index] = encode(document)
    copy.sign(entries, copy.log_key())


def drop_a_version_with_the_logs_key(copy: Copy) -> None:
    entries = copy.entries()
    at = next(at for at, raw in enumerate(entries) if json.loads(raw)["version"] == 1 and json.loads(raw)["kind"] == "party")
    copy.sign(entries[:at] + entries[at + 1 :], copy.log_key())


def restate(copy: Copy, kind: str, change: Callable[[dict[str, Any]], None], **wanted: Any) -> None:
    """Change what an entry says, with the log's key."""
    entries = copy.entries()
    index, document = copy.find(kind, **wanted)
    change(document)
    entries[index] = encode(document)
    copy.sign(entries, copy.log_key())


def ask_about_another_asset_with_the_logs_key(copy: Copy) -> None:
    _, blocked = copy.find("decision", outcome="review")
    restate(
        copy, "decision", lambda found: found["body"].update(subjects=blocked["body"]["subjects"][:1]), outcome="cleared_with_obligations"
    )


def widen_a_decision_with_the_logs_key(copy: Copy) -> None:
    restate(copy, "decision", lambda found: found["body"]["intent"].update(territories=["*"]), outcome="cleared_with_obligations")


def release_another_asset_with_the_logs_key(copy: Copy) -> None:
    _, weighed = copy.find("decision", outcome="cleared_with_obligations")
    others = (json.loads(raw) for raw in copy.entries())
    other = next(each["id"] for each in others if each["kind"] == "asset" and f"{each['id']}@2" not in weighed["body"]["subjects"])
    restate(copy, "release", lambda found: found["body"].update(assets=[f"{other}@1"]))


def widen_a_release_with_the_logs_key(copy: Copy) -> None:
    restate(copy, "release", lambda found: found["body"]["intent"].update(territories=["US", "FR"]))


def release_too_late_with_the_logs_key(copy: Copy) -> None:
    restate(copy, "release", lambda found: found.update(recorded_at="2031-01-01T00:00:00.000000Z"))


TAMPERED: dict[Tamper, str] = {
    change_an_entry: "is not the one in the tree: its bytes do not give the hash in tile/0/",
    change_an_entry_and_its_hash: "The entries do not give the root that the log has signed",
    drop_an_entry: "an entry was dropped",
    drop_the_newest_and_say_so: "The checkpoint is not signed by the key that you gave",
    reorder_entries: "The entries 3, 4 stand in another order than in the tree: they were moved",
    swap_the_checkpoint: "the checkpoint is not the one of this bundle",
    sign_with_another_key: "a foreign key signed it",
    change_a_pack: "The pack law-us of dec_",
    change_the_facts: "The facts of dec_",
    change_the_findings: "The findings of dec_",
    take_the_facts_out: "is missing from the bundle, or was replaced",
    change_a_disclosed_value: "is not the one that the log committed to: it was changed",
    disclose_it_of_another: "but the log has that commitment in another place",
    add_a_file: "consent-of-mara-quill.pdf is no part of a bundle of this form: nothing vouches for it",
    claim_a_giant_log: "is missing or truncated",
    name_another_key: "log.vkey does not name the key that signed the checkpoint",
    add_a_content: "is not named by any entry: nothing vouches for it",
    truncate_a_tile: "is missing or truncated: it has",
    truncate_the_entries: "truncated (the bundle ends within an entry)",
    change_a_proof: "the entry was changed, or the proof is of another",
    claim_to_be_a_part_of_nothing: "The bundle holds no entry at all",
    rewrite_a_decision_with_the_logs_key: "states outcome 'cleared', but its facts and findings give 'blocked'",
    drop_a_version_with_the_logs_key: "which is not in the log",
    ask_about_another_asset_with_the_logs_key: " as subjects, but its facts are about ast_",
    widen_a_decision_with_the_logs_key: """ states ["*"] as intent, territories, but its facts are about ["US"].""",
    release_another_asset_with_the_logs_key: ", of which its decision dec_",
    widen_a_release_with_the_logs_key: " in territories.",
    release_too_late_with_the_logs_key: " had ended, on 2030-12-31",
}


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda tamper: tamper.__name__)
def test_a_tampered_copy_fails_with_the_right_sentence(copied: Copy, tamper: Tamper) -> None:
    tamper(copied)
    copied.relist()
    status, report = copied.check()
    assert status == 1
    assert not report["good"]
    assert any(TAMPERED[tamper] in fault for fault in report["faults"]), report["faults"]


def test_a_decision_of_another_evaluator_is_neither_passed_nor_failed(copied: Copy) -> None:
    """Its reader is told what is known of it, and how the rest is learned."""
    blob = content_of(copied, "findings", outcome="blocked", act="release")
    findings = blob.read_bytes().replace(b'"evaluator":%d' % EVALUATOR, b'"evaluator":1')
    digest = hashlib.sha256(findings).hexdigest()
    blob.unlink()
    blob.with_name(digest).write_bytes(findings)

    def change(found: dict[str, Any]) -> None:
        found["body"]["findings"]["sha256"] = digest
        found["body"]["evaluator"] = 1

    restate(copied, "decision", change, outcome="blocked", act="release")
    copied.relist()
    status, report = copied.check()
    assert (status, report["faults"], report["numbers"]["decided_again"]) == (0, [], report["numbers"]["decisions"] - 1)
    [sentence] = [sentence for sentence in report["not_established"] if "evaluator 1" in sentence]
    assert sentence.startswith("Of 1 decision made by evaluator 1 (dec_")
    assert f"evaluator {EVALUATOR}, which this program carries, comes to the stored outcome in 1 of 1. To establish it" in sentence
    assert "run the verify.py of a bundle that was made while evaluator 1 decided" in sentence


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("verify.py", "verify.py is not the file that was listed: it was changed."),
        ("bundle.json", "bundle.json is not the file that was listed: it was changed."),
        ("README.txt", "README.txt is not the file that was listed: it was changed."),
    ],
)
def test_every_byte_is_listed(copied: Copy, path: str, sentence: str) -> None:
    (copied.root / path).write_bytes((copied.root / path).read_bytes() + b" ")
    assert sentence in copied.check()[1]["faults"]
    (copied.root / path).unlink()
    assert f"{path} is listed and missing: it was taken out." in copied.check()[1]["faults"]


def test_the_list_itself(copied: Copy) -> None:
    (copied.root / "note.txt").write_text("x")
    assert "note.txt is not listed: it was added." in copied.check()[1]["faults"]
    (copied.root / "note.txt").unlink()
    (copied.root / "link").symlink_to("/etc/passwd")
    assert any(fault.startswith("link is a link") for fault in copied.check()[1]["faults"])
    (copied.root / "link").unlink()
    assert copied.check()[0] == 0
    (copied.root / "manifest.json").write_text("[]")
    assert any(fault.startswith("manifest.json is missing or is not the list") for fault in copied.check()[1]["faults"])


def test_a_checkpoint_that_was_seen_before_finds_a_rewritten_log(copied: Copy) -> None:
    """Whoever holds the log's key can sign another history, but not one that continues what somebody has kept."""
    entries = copied.entries()
    older = merkle.Growth(0, (), [leaf_hash(raw) for raw in entries[:20]]).root
    key = copied.log_key()
    seen = copied.root.parent / "seen"
    kept = note.sign(Checkpoint(copied.checkpoint.origin, 20, older), key, key.public_key().public_bytes_raw())
    seen.write_bytes(kept.content())
    status, report = copied.check("--seen", seen)
    assert status == 0
    assert "This log continues the one that was seen before, with 20 entries." in report["holds"]
    document = json.loads(entries[5])
    document["recorded_at"] = "2026-01-01T00:00:00.000000Z"
    entries[5] = encode(document)
    copied.sign(entries, key)
    copied.relist()
    status, report = copied.check("--seen", seen)
    assert (status, report["faults"]) == (1, ["The log was rewritten: its beginning is not what was seen before."])


@pytest.mark.parametrize("seed", range(4))
def test_no_changed_byte_goes_unseen(copied: Copy, seed: int) -> None:
    """Any bit, cut or insertion in any file but the two that only explain, with the list written anew."""
    draw = random.Random(seed)
    keys = parse_keys(str(copied.played.out / "log.vkey"))
    files = [
        path for path in sorted(copied.root.rglob("*")) if path.is_file() and path.name not in {"verify.py", "README.txt", "manifest.json"}
    ]
    for _ in range(8):
        path = draw.choice(files)
        before = path.read_bytes()
        at = draw.randrange(len(before))
        changes = (bytes([before[at] ^ 1 << draw.randrange(8)]) + before[at + 1 :], before[at + 1 :], draw.randbytes(3) + before[at:], b"")
        path.write_bytes(before[:at] + draw.choice(changes))
        copied.relist()
        assert not verify(copied.root, Trusted(keys)).good, (path, at)
        path.write_bytes(before)
    copied.relist()
    assert verify(copied.root, Trusted(keys)).good


ODD: list[dict[str, Any]] = [
    {"packs": ["x"]}, {"packs": "x"}, {"packs": None}, {"facts": []}, {"facts": {"sha256": None}}, {"findings": {"sha256": "../log.vkey"}},
    {"read": {"sha256": []}}, {"log_size": "x"}, {"evaluator": {}}, {"at": 7}, {"at": None}, {"causes": {}}, {"outcome": []},
]  # fmt: skip


@pytest.mark.parametrize("odd", [*ODD, None], ids=str)
def test_what_a_thief_of_the_key_makes_up_is_told_in_a_sentence(copied: Copy, odd: dict[str, Any] | None) -> None:
    """Whatever an entry holds, the program says what is wrong and goes on."""
    entries = copied.entries()
    index, document = copied.find("decision", outcome="blocked", act="release")
    document["body"] = document["body"] | odd if odd is not None else []
    entries[index] = encode(document)
    copied.sign(entries, copied.log_key())
    copied.relist()
    status, report = copied.check()
    assert status == 1
    assert len(report["holds"]) >= 4
