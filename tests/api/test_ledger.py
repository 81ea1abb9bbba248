"""The log over HTTP, checked as a stranger would: notes, inclusion, consistency, entries; and `fsck` on what rooms really write."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.kinds import KINDS
from service.api.records import WRITE_PERMISSION
from service.ledger import fsck, merkle, note
from service.ledger.entry import leaf_hash
from service.services import Services
from tests.api.conftest import Caller
from tests.api.test_collections import NDJSON
from tests.unit.schemas.examples import MINIMAL


@pytest.fixture
def recorded(admin: Caller) -> list[dict[str, Any]]:
    """One batch of every kind that has a minimal example, a few new versions, and identifiers."""
    lines = [{"kind": kind, "key": kind, "body": MINIMAL[kind]} for kind in MINIMAL if kind in WRITE_PERMISSION]
    answer = admin.send("POST", "/v1/batch", data=b"".join(json.dumps(line).encode() + b"\n" for line in lines), headers=NDJSON)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    made = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    asset = next(line for line in made if line["id"].startswith("ast_"))
    for version in (1, 2):
        body = {"identifiers": [{"scope": "tracker", "value": str(version)}]}
        changed = admin.send("PATCH", f"/v1/assets/{asset['id']}?change=correction", json=body, headers={"If-Match": f'"{version}"'})
        assert changed.status_code == 200, changed.get_data(as_text=True)
        made.append(changed.get_json())
    return made


def test_a_stranger_with_the_key_can_check_everything(admin: Caller, recorded: list[dict[str, Any]]) -> None:
    verifier = note.parse_verifier(admin.send("GET", "/v1/ledger/key").get_json()["key"])
    newest = note.verify(admin.send("GET", "/v1/ledger/checkpoint").data, [verifier])
    assert newest.size == len(recorded)
    items = admin.send("GET", "/v1/ledger/entries?limit=1000").get_json()["items"]
    leaves = [leaf_hash(base64.b64decode(item["bytes"])) for item in items]
    assert merkle.Growth(0, (), leaves).root == newest.root
    for index in (0, 5, newest.size - 1):
        proof = admin.send("GET", f"/v1/ledger/proof?index={index}").get_json()
        signed = note.verify(proof["checkpoint"].encode(), [verifier])
        path = [bytes.fromhex(each) for each in proof["path"]]
        assert merkle.verify_inclusion(index, signed.size, leaves[index], path, signed.root)
    for first in (1, newest.size - 1, newest.size):
        path = admin.send("GET", f"/v1/ledger/consistency?first={first}").get_json()["path"]
        before = merkle.Growth(0, (), leaves[:first]).root
        assert merkle.verify_consistency(first, newest.size, before, newest.root, [bytes.fromhex(each) for each in path])


def test_every_answer_carries_its_proof(admin: Caller, recorded: list[dict[str, Any]]) -> None:
    verifier = note.parse_verifier(admin.send("GET", "/v1/ledger/key").get_json()["key"])
    for record in recorded:
        proof = record.get("proof")
        assert proof, record
        signed = note.verify(proof["checkpoint"].encode(), [verifier])
        path = [bytes.fromhex(each) for each in proof["path"]]
        assert merkle.verify_inclusion(proof["index"], proof["size"], bytes.fromhex(proof["leaf"]), path, signed.root)


def test_what_the_rooms_write_passes_fsck(admin: Caller, recorded: list[dict[str, Any]], services: Services) -> None:
    with services.database.ledger() as conn:
        report = fsck.check(conn, services.ledger, admin.studio_id)
    assert report.faults == []
    assert report.entries == len(recorded)


def test_secret_values_are_in_no_entry(admin: Caller) -> None:
    body = {**MINIMAL["party"], "type": "person", "legal_name": "Zanzibar Quillfeather"}
    body.pop("name", None)
    made = admin.send("POST", f"/v1/{KINDS['party'].collection}", json=body)
    assert made.status_code == 201, made.get_data(as_text=True)
    items = admin.send("GET", "/v1/ledger/entries").get_json()["items"]
    assert not any(b"Quillfeather" in base64.b64decode(item["bytes"]) for item in items)


def test_tiles_are_served_as_c2sp_tools_ask_for_them(admin: Caller, recorded: list[dict[str, Any]], stranger: Caller) -> None:
    size = len(recorded)
    assert 0 < size < 256
    hashed = admin.send("GET", f"/v1/ledger/tile/0/000.p/{size}")
    assert (hashed.status_code, hashed.headers["Content-Type"]) == (200, "application/octet-stream")
    assert hashed.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    items = admin.send("GET", "/v1/ledger/entries?limit=1000").get_json()["items"]
    raw = [base64.b64decode(item["bytes"]) for item in items]
    assert hashed.data == b"".join(map(leaf_hash, raw))
    bundle = admin.send("GET", f"/v1/ledger/tile/entries/000.p/{size}")
    assert bundle.data == b"".join(len(content).to_bytes(2, "big") + content for content in raw)
    squeezed = admin.send("GET", f"/v1/ledger/tile/entries/000.p/{size}", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(squeezed.data) == bundle.data
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert squeezed.headers["ETag"] != bundle.headers["ETag"]
    again = admin.send("GET", f"/v1/ledger/tile/0/000.p/{size}", headers={"If-None-Match": hashed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    newest = admin.send("GET", "/v1/ledger/checkpoint")
    assert "no-cache" in newest.headers["Cache-Control"]
    assert admin.send("GET", "/v1/ledger/checkpoint", headers={"If-None-Match": newest.headers["ETag"]}).status_code == 304
    for path in (f"0/000.p/{size + 1}", "0/000", "0/001.p/1", "1/000.p/1", "entries/000", "0/0", "64/000", "x/000", "0/000.p/0"):
        assert admin.send("GET", f"/v1/ledger/tile/{path}").status_code == 404, path
    assert stranger.send("GET", f"/v1/ledger/tile/0/000.p/{size}").status_code == 404, "another studio's log"


def test_entries_of_every_title_are_not_for_a_key_of_one(
    admin: Caller, recorded: list[dict[str, Any]], caller: Callable[..., Caller]
) -> None:
    production = next(record["id"] for record in recorded if record["id"].startswith("prd_"))
    limited = caller("auditor", studio_id=admin.studio_id, productions=(production,))
    assert limited.send("GET", f"/v1/ledger/tile/0/000.p/{len(recorded)}").status_code == 200
    for path in ("tile/entries/000.p/1", "entries"):
        refused = limited.send("GET", f"/v1/ledger/{path}")
        assert (refused.status_code, refused.get_json()["code"]) == (403, "outside_productions")
    assert caller("vendor", studio_id=admin.studio_id).send("GET", "/v1/ledger/tile/0/000.p/1").status_code == 403
