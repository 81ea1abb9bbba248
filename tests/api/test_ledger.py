"""The log over HTTP, checked as a stranger would: notes, inclusion, consistency, entries; and `fsck` on what rooms really write."""

from __future__ import annotations

import base64
import json
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
