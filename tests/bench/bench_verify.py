"""The offline verifier: entries hashed a second and decisions decided again a second, on one core.

    python -m tests.bench.bench_verify              # 200,000 entries
    VERIFY_ENTRIES=1000000 python -m tests.bench.bench_verify

The yardstick of hashing is the least that anybody must do: one SHA-256 for each entry and one for each inner node, over bytes that lie
in memory already. That of deciding is the evaluator alone, on the same facts and packs. Entries have the size of usual ones.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ledger import note, tile
from service.ledger.entry import encode
from service.ledger.note import Checkpoint
from service.ledger.offline import content, decided, hashing
from service.ledger.offline.content import Entry, Log
from service.ledger.offline.folder import Folder
from service.ledger.offline.report import Report
from service.ledger.offline.signed import Signed, Trusted
from service.rules import evaluate, load
from service.rules.findings import EVALUATOR

ENTRIES = int(os.environ.get("VERIFY_ENTRIES", "200000"))
ROUNDS = 5
PACKS = ("x", "licences", "law-us", "law-eu", "sagaftra-tvt-2023", "sagaftra-tvt-2026")
AIM = 500_000


def log(count: int) -> list[bytes]:
    """Entries like those of the service, about 600 bytes each."""
    base = {
        "v": 1, "log": "bench.local/std_1", "kind": "asset", "version": 1, "change": {"type": "new"}, "recorded_at": "2026-09-14T12:00:00.000000Z",
        "recorded_by": "acc_1", "refs": [], "body": {"name": "sc041_0010_comp", "type": "image", "origin": "generated", "productions": ["prd_1"],
        "digests": [{"algorithm": "sha256", "value": "ab" * 32}], "notes": "x" * 180},
    }  # fmt: skip
    return [encode({**base, "id": f"ast_{number:026}"}) for number in range(count)]


def lay_out(root: Path, entries: list[bytes]) -> Folder:
    """The tiles of a log as files."""
    found = []
    leaves = hashing.leaf_hashes(entries)
    levels = [leaves]
    for part in (*tile.bundles(len(entries)), *tile.of_tree(len(entries))):
        while part.level is not None and len(levels) <= part.level:
            below = levels[-1]
            levels.append([hashing.tree_root(below[at : at + 256]) for at in range(0, len(below) // 256 * 256, 256)])
        row = entries if part.level is None else levels[part.level]
        path = root / part.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tile.bundle(row[part.begin : part.end]) if part.level is None else b"".join(row[part.begin : part.end]))
        found.append(part.path)
    return Folder(root, frozenset(found))


def best(work: Callable[[], Any]) -> float:
    """Seconds of processor time, so that a busy machine does not count; the median of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def bare(entries: list[bytes]) -> None:
    """One hash for each entry and each inner node, and nothing else."""
    for entry in entries:
        sha256(b"\x00" + entry).digest()
    node = bytes(65)
    for _ in range(len(entries) - 1):
        sha256(node).digest()


def hashing_rate() -> None:
    """Print how many entries are hashed a second."""
    entries = log(ENTRIES)
    root = hashing.tree_root(hashing.leaf_hashes(entries))
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signed = note.sign(Checkpoint("bench.local/std_1", len(entries), root), key, key.public_key().public_bytes_raw())
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "bundle.json").write_text('{"whole": true}')
        tiles = lay_out(Path(directory), entries)
        folder = Folder(tiles.root, tiles.paths | {"bundle.json"})

        state = Signed(signed.content(), signed.text, Checkpoint("bench.local/std_1", len(entries), root))

        def check() -> None:
            report = Report()
            content.check_tree(folder, state, Trusted(), report)
            assert report.good, report.faults

        def read() -> None:
            report = Report()
            assert content.read_entries(folder, state, report).count == len(entries)
            assert report.good, report.faults

        ours, stated, yardstick = best(check), best(read), best(lambda: bare(entries))
    size = sum(map(len, entries)) // len(entries)
    show(f"entries of {size} bytes read, hashed, held against tiles and root", len(entries) / ours, f"aim {AIM:,}/s")
    show("  the same hashes over bytes in memory, nothing else", len(entries) / yardstick, f"ratio {yardstick / ours:.2f}")
    show("what entries state: parsed, canonical, version behind version", len(entries) / stated)


def show(what: str, rate: float, beside: str = "") -> None:
    """Print a rate."""
    print(f"{what:75}{rate:12,.0f}/s   {beside}".rstrip())


def facts() -> dict[str, Any]:
    """The facts of a still that was made with a replica; what is not said is unknown, so that many rules have something to say."""
    return {
        "v": 1, "act": "release", "at": "2026-09-20T12:00:00Z", "known_at": 90, "ahead": True, "intent": {"territories": ["US"], "media": ["streaming"]},
        "production": {"id": "prd_1", "countries": ["US"], "dates": {}}, "assets": [{"id": f"ast_{number}", "type": "image", "origin": "generated"} for number in range(5)],
        "persons": [{"id": "pty_1"}], "replicas": [{"id": "rep_1", "person": {"$ref": "pty_1"}}], "models": [], "datasets": [], "governance": {},
    }  # fmt: skip


def deciding_rate() -> None:
    """Print how many decisions are decided again a second."""
    packs = [pack for name, pack in sorted(load.load_packs().items()) if name in PACKS]
    evaluation = evaluate.run(packs, facts())
    contents = {"facts": json.dumps(facts(), sort_keys=True, separators=(",", ":")).encode(), "findings": evaluation.bytes()}
    body: dict[str, Any] = {name: {"sha256": sha256(raw).hexdigest()} for name, raw in contents.items()}
    causes = list(dict.fromkeys(cause["id"][:300] for cause in evaluation.causes))
    body |= {
        "packs": [{"id": pack.id, "digest": pack.digest} for pack in packs], "evaluator": EVALUATOR, "act": "release", "at": "2026-09-20T12:00:00.000000Z",
        "known_at": 90, "outcome": evaluation.outcome, "valid_until": evaluation.valid_until, "causes": causes[:100], "cause_count": len(causes),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        files = {f"blobs/{sha256(raw).hexdigest()}": raw for raw in contents.values()} | {
            f"packs/{pack.digest}.json": pack.bytes for pack in packs
        }
        for path, raw in files.items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(raw)
        entries = [Entry(number, {"kind": "decision", "id": f"dec_{number}", "body": body}) for number in range(50)]

        def check() -> None:
            report = Report()
            decided.check_decisions(Folder(root, frozenset(files)), Log(whole=True, size=90, kept=entries), report)
            assert report.good, report.faults

        ours = best(check)
    alone = best(lambda: [evaluate.run(packs, facts()).bytes() for _ in entries])
    show(f"decisions of {len(evaluation.findings)} findings under {len(packs)} packs decided again", len(entries) / ours)
    show("  the evaluator alone on the same", len(entries) / alone, f"ratio {alone / ours:.2f}")


if __name__ == "__main__":
    hashing_rate()
    deciding_rate()
