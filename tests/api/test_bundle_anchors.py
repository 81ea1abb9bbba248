"""Bundles with what others say of the log: cosignatures under a policy, time-stamps under certificates, keys that were replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ledger import anchors, cosignature, note, policy, stamping
from service.ledger.anchors import Anchor, Cosigned
from service.ledger.cosignature import Cosigner
from service.ledger.offline import stamped
from service.services import Services
from tests.api.conftest import Caller
from tests.api.test_bundle import key_of, unpacked
from tests.authority import Authority
from tests.offline import alone

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
COSIGNER = Cosigner("legal.example/witness", WITNESS.public_key().public_bytes_raw())


def grown(admin: Caller, count: int) -> int:
    for number in range(count):
        admin.create("parties", {"type": "organisation", "name": f"House {number}"})
    return note.parse_checkpoint(admin.send("GET", "/v1/ledger/checkpoint").data).size


def checked(bundle: Path, *words: object) -> dict[str, Any]:
    done = alone(bundle / "verify.py", bundle, "--json", *words)
    assert done.stderr == ""
    return json.loads(done.stdout)


def said(report: dict[str, Any]) -> str:
    return "\n".join(report["holds"] + report["faults"] + report["not_established"])


@pytest.fixture
def cosigned(admin: Caller, services: Services) -> Callable[[], int]:
    """Return a function that has the newest tree cosigned."""

    def cosign() -> int:
        content = admin.send("GET", "/v1/ledger/checkpoint").data
        signed, tree = note.parse(content), note.parse_checkpoint(content)
        line = cosignature.cosign(signed.text, COSIGNER.name, WITNESS, int(NOW.timestamp())).line().decode()
        with services.database.ledger() as conn:
            anchors.add(conn, Anchor("legal", "witness", None, COSIGNER.text(), "http://127.0.0.1:1"), NOW)
            anchors.keep_cosignature(conn, admin.studio_id, Cosigned(tree.size, "legal", tree.root, line, NOW))
        return tree.size

    return cosign


@pytest.fixture
def rules(admin: Caller, tmp_path: Path) -> Path:
    """The policy that legal keeps."""
    file = tmp_path / "legal.policy"
    file.write_text(policy.draft([note.parse_verifier(key_of(admin))], {"ours": COSIGNER}, 1))
    return file


def test_a_cosigned_tree_meets_the_policy(admin: Caller, cosigned: Callable[[], int], rules: Path, tmp_path: Path) -> None:
    size = grown(admin, 3)
    cosigned()
    bundle = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path)
    report = checked(bundle, "--key", key_of(admin), "--policy", rules)
    assert report["good"], said(report)
    assert f"The log with {size} entries: enough witnesses have cosigned it: ours (ours at 2026-11-21 12:00:00Z)." in said(report)
    own = checked(bundle)
    assert "the policy came with the bundle" in said(own)


def test_an_earlier_cosigned_tree_counts_for_what_it_covers(
    admin: Caller, cosigned: Callable[[], int], rules: Path, tmp_path: Path
) -> None:
    grown(admin, 3)
    size = cosigned()
    made = admin.create("parties", {"type": "organisation", "name": "The last"})["id"]
    for name, query in (("whole", ""), ("part", f"?record={made}")):
        bundle = unpacked(admin.send("GET", f"/v1/ledger/bundle{query}"), tmp_path / name)
        report = checked(bundle, "--key", key_of(admin), "--policy", rules)
        assert report["good"], said(report)
        assert f"The log with {size} entries: enough witnesses" in said(report)
        assert "the newest 1 entry" in said(report)


def test_no_witness_is_no_witness(admin: Caller, rules: Path, tmp_path: Path) -> None:
    grown(admin, 1)
    bundle = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path)
    report = checked(bundle, "--key", key_of(admin), "--policy", rules)
    assert "Not enough witnesses have cosigned it" in report["faults"][0]


def test_a_false_cosignature_is_a_fault(admin: Caller, cosigned: Callable[[], int], rules: Path, tmp_path: Path) -> None:
    grown(admin, 1)
    cosigned()
    bundle = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path)
    content = (bundle / "checkpoint").read_bytes()
    other = cosignature.cosign(b"another text\n", COSIGNER.name, WITNESS, 1).line()
    (bundle / "checkpoint").write_bytes(content[: content.rindex("— ".encode())] + other)
    assert "a cosignature in the name of the witness ours is false" in said(checked(bundle, "--policy", rules))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


@pytest.fixture(scope="module")
def stranger_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "stranger", "Stranger")


def test_time_stamps_are_read_without_their_authority(
    admin: Caller, services: Services, authority: Authority, stranger_authority: Authority, tmp_path: Path
) -> None:
    size = grown(admin, 2)
    with authority.serving() as url:
        with services.database.ledger() as conn:
            anchors.add(conn, Anchor("tsa", "time_stamp", None, authority.root, url), NOW)
        [state] = stamping.submit(services.database, services.ledger, admin.studio_id, NOW)
        assert state.outcome == "ok"
    for more in (0, 2):
        grown(admin, more)
        bundle = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path / str(more))
        (tmp_path / "ours.pem").write_text(authority.root)
        (tmp_path / "others.pem").write_text(stranger_authority.root)
        report = checked(bundle, "--key", key_of(admin), "--authorities", tmp_path / "ours.pem")
        assert report["good"], said(report)
        assert f"The log with {size} entries was there at 20" in said(report)
        assert authority.accepts((bundle / f"timestamps/{size}").read_bytes(), (bundle / f"timestamps/{size}-tsa.tsr").read_bytes())
        assert "came with the bundle. Use --authorities." in said(checked(bundle))
        report = checked(bundle, "--authorities", tmp_path / "others.pem")
        assert "do not vouch for who signed it" in report["faults"][0]
    stamp = bundle / f"timestamps/{size}-tsa.tsr"
    content = stamp.read_bytes()
    statement = stamped.parse_token(content).statement
    begin = content.index(statement)
    for at in range(begin, begin + len(statement), 5):
        stamp.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert any(f"The time-stamp timestamps/{size}-tsa.tsr does not hold" in fault for fault in checked(bundle)["faults"]), at


def test_the_old_key_leads_to_the_new_one(admin: Caller, services: Services, tmp_path: Path) -> None:
    grown(admin, 1)
    old = key_of(admin)
    with services.ledger._signer.turn() as turn:
        turn.replace_key()
    with services.ledger._signer.turn() as turn:
        turn.drop_old_key()
    grown(admin, 1)
    assert key_of(admin) != old
    bundle = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path)
    report = checked(bundle, "--key", old)
    assert report["good"], said(report)
    assert "which the key that you gave names as the one in its place" in said(report)
    (bundle / "successions.json").write_text("[]")
    assert "not signed by the key that you gave" in said(checked(bundle, "--key", old))
