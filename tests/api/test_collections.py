"""Every collection climbs the same ladder: works, right entry, other studio, permission, key, id, field, version, rollback."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from schemas.kinds import KINDS
from service.api.records import WRITE_PERMISSION
from tests.api.conftest import Caller
from tests.unit.schemas.examples import FULL, MINIMAL

WRITABLE = sorted(WRITE_PERMISSION)


def world(caller: Caller, *, without: str | None = None) -> dict[str, str]:
    """Record one minimal record of every writable kind in one batch and return their ids by kind."""
    lines = [{"kind": kind, "key": kind, "body": MINIMAL[kind]} for kind in MINIMAL if kind in WRITE_PERMISSION and kind != without]
    answer = caller.send("POST", "/v1/batch", data=b"".join(json.dumps(line).encode() + b"\n" for line in lines), headers=NDJSON)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {line["key"]: line["id"] for line in map(json.loads, answer.get_data(as_text=True).splitlines())}


NDJSON = {"Content-Type": "application/x-ndjson"}


def named(body: Any, known: dict[str, str]) -> Any:
    """Replace client keys by the ids they stand for."""
    if isinstance(body, dict):
        return {name: named(value, known) for name, value in body.items()}
    if isinstance(body, list):
        return [named(value, known) for value in body]
    return known.get(body[1:], body) if isinstance(body, str) and body.startswith("$") else body


def path(kind: str) -> str:
    return f"/v1/{KINDS[kind].collection}"


@pytest.mark.parametrize("kind", WRITABLE)
def test_collection_climbs_the_ladder(kind: str, admin: Caller, stranger: Caller, caller: Callable[..., Caller]) -> None:
    body = named(MINIMAL[kind], world(admin))
    made = admin.send("POST", path(kind), json=body)
    assert made.status_code == 201, made.get_data(as_text=True)
    record = made.get_json()
    assert made.headers["ETag"] == '"1"'
    assert made.headers["Location"] == f"{path(kind)}/{record['id']}"

    entry = admin.send("GET", f"/v1/ledger/entries?start={record['index']}&limit=1").get_json()["items"][0]
    raw = base64.b64decode(entry["bytes"])
    assert sha256(b"\0" + raw).hexdigest() == record["proof"]["leaf"] == entry["leaf"]
    logged = json.loads(raw)
    assert (logged["id"], logged["kind"], logged["version"], logged["recorded_by"]) == (record["id"], kind, 1, admin.account_id)

    one = f"{path(kind)}/{record['id']}"
    read = admin.send("GET", one)
    assert read.status_code == 200
    assert read.get_json() == {name: value for name, value in record.items() if name != "proof"}
    assert record["id"] in [item["id"] for item in admin.send("GET", path(kind)).get_json()["items"]]

    assert stranger.send("GET", one).status_code == 404
    assert stranger.send("PUT", one, json=body, headers={"If-Match": '"1"'}).status_code in {404, 422}
    assert caller("auditor", studio_id=admin.studio_id).send("POST", path(kind), json=body).status_code == 403
    assert admin.client.post(path(kind), json=body).status_code == 401
    assert admin.send("GET", f"{path(kind)}/nonsense").status_code == 404
    assert admin.send("GET", f"{path(kind)}/{record['id'][:-1]}!").status_code == 404

    refused = admin.send("POST", path(kind), json={**body, "no_such_field": 1})
    assert refused.status_code == 422
    assert refused.content_type == "application/problem+json"
    assert refused.get_json()["errors"][0]["pointer"] == "/no_such_field"

    assert admin.send("PUT", one, json=body).status_code == 428
    changed = admin.send("PUT", one, json={**body, "notes": "again"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"'), changed.get_data(as_text=True)
    assert admin.send("PUT", one, json=body, headers={"If-Match": '"1"'}).status_code == 412
    assert [item["version"] for item in admin.send("GET", f"{one}/versions").get_json()["items"]] == [1, 2]


@pytest.mark.parametrize("kind", WRITABLE)
def test_full_example_is_recorded_and_secrets_stay_out_of_the_log(kind: str, admin: Caller) -> None:
    known = world(admin)
    body = named(FULL[kind], known)
    record = admin.create(KINDS[kind].collection, body)
    assert admin.send("GET", f"{path(kind)}/{record['id']}").get_json()["body"] == record["body"]


def test_a_batch_with_one_bad_line_writes_nothing(admin: Caller) -> None:
    lines = [{"kind": "party", "body": {"type": "organisation", "name": "One"}}, {"kind": "party", "body": {"type": "nonsense"}}]
    answer = admin.send("POST", "/v1/batch", data=b"\n".join(json.dumps(line).encode() for line in lines), headers=NDJSON)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/lines/1/body/type"
    assert admin.send("GET", "/v1/parties").get_json()["items"] == []
    assert admin.send("GET", "/v1/ledger/checkpoint").status_code == 404


def test_a_batch_by_lines_writes_the_good_ones_and_names_the_bad(admin: Caller) -> None:
    lines = [{"kind": "party", "key": f"p{n}", "body": {"type": "organisation", "name": f"Party {n}"}} for n in range(450)]
    lines[7]["body"] = {"type": "nonsense"}
    lines.append({"kind": "production", "body": {"title": "Late", "format": "feature", "signatories": ["$p3"]}})
    answer = admin.send("POST", "/v1/batch?mode=lines", data=b"\n".join(json.dumps(line).encode() for line in lines), headers=NDJSON)
    results = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    assert len(results) == 451
    assert results[7]["line"] == 7
    assert results[7]["problem"]["errors"][0]["pointer"] == "/lines/7/body/type"
    assert sum("problem" in result for result in results) == 1
    production = admin.send("GET", f"/v1/productions/{results[450]['id']}").get_json()
    assert production["body"]["signatories"] == [results[3]["id"]]


def test_an_outside_id_makes_one_record_however_often_it_is_put(admin: Caller) -> None:
    one = "/v1/productions/by/eidr/10.5240%2F7791-8534-2C23-9030-8610-5"
    first = admin.send("PUT", one, json={"title": "Harbour Lights", "format": "feature"})
    again = admin.send("PUT", one, json={"title": "Harbour Lights", "format": "feature"})
    third = admin.send("PUT", one, json={"title": "Harbour Light", "format": "feature"})
    assert [first.status_code, again.status_code, third.status_code] == [201, 200, 200], first.get_data(as_text=True)
    assert first.get_json()["id"] == again.get_json()["id"] == third.get_json()["id"]
    assert [answer.get_json()["version"] for answer in (first, again, third)] == [1, 1, 2]
    found = admin.send("GET", "/v1/productions?identifier=eidr:10.5240/7791-8534-2C23-9030-8610-5").get_json()["items"]
    assert [item["version"] for item in found] == [2]


def test_the_same_idempotency_key_answers_the_same_and_refuses_another_body(admin: Caller) -> None:
    headers = {"Idempotency-Key": "one"}
    first = admin.send("POST", "/v1/parties", json={"type": "organisation", "name": "A"}, headers=headers)
    again = admin.send("POST", "/v1/parties", json={"type": "organisation", "name": "A"}, headers=headers)
    other = admin.send("POST", "/v1/parties", json={"type": "organisation", "name": "B"}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.get_json()["id"] == again.get_json()["id"]
    assert other.status_code == 422
    assert other.get_json()["code"] == "idempotency_key_reused"
    assert len(admin.send("GET", "/v1/parties").get_json()["items"]) == 1


def test_secrets_are_withheld_without_the_permission_and_survive_a_patch(admin: Caller, caller: Callable[..., Caller]) -> None:
    person = admin.create("parties", {"type": "person", "legal_name": "Mara Quill", "birth_date": "1990-02-03"})
    assert person["body"]["legal_name"] == "Mara Quill"
    one = f"/v1/parties/{person['id']}"
    shown = caller("production", studio_id=admin.studio_id).send("GET", one).get_json()["body"]
    assert shown["legal_name"] == {"withheld": True}
    assert admin.send("PUT", one, json=shown, headers={"If-Match": '"1"'}).status_code == 422
    entries = admin.send("GET", "/v1/ledger/entries").get_json()["items"]
    assert not any(b"Quill" in base64.b64decode(entry["bytes"]) or b"1990-02" in base64.b64decode(entry["bytes"]) for entry in entries)
    patched = admin.send("PATCH", one, json={"notes": "again"}, headers={"If-Match": '"1"', "Content-Type": "application/merge-patch+json"})
    assert patched.status_code == 200, patched.get_data(as_text=True)
    assert patched.get_json()["body"]["legal_name"] == "Mara Quill"
    assert patched.get_json()["body"]["notes"] == "again"


def test_two_clocks(admin: Caller) -> None:
    made = admin.create("productions", {"title": "First", "format": "feature"})
    one = f"/v1/productions/{made['id']}"
    amended = admin.send(
        "PUT",
        one + "?change=amendment&effective_at=2027-01-01T00:00:00Z",
        json={"title": "Second", "format": "feature"},
        headers={"If-Match": '"1"'},
    )
    assert amended.status_code == 200, amended.get_data(as_text=True)

    def title(query: str) -> str:
        return str(admin.send("GET", f"{one}{query}").get_json()["body"]["title"])

    assert title("") == "Second"
    assert title("?at=2026-12-31T00:00:00Z") == "First"
    assert title("?at=2027-01-02T00:00:00Z") == "Second"
    assert title("?known_at=1") == "First"
    assert title("?version=1") == "First"
    assert [item["body"]["title"] for item in admin.send("GET", "/v1/productions?at=2026-12-31T00:00:00Z").get_json()["items"]] == ["First"]
    assert admin.send("GET", f"{one}?as_of=2020-01-01T00:00:00Z").status_code == 404


def test_pages_go_newest_first_and_end(admin: Caller) -> None:
    for number in range(5):
        admin.create("parties", {"type": "organisation", "name": f"Party {number}"})
    first = admin.send("GET", "/v1/parties?limit=2").get_json()
    second = admin.send("GET", f"/v1/parties?limit=2&cursor={first['next']}").get_json()
    third = admin.send("GET", f"/v1/parties?limit=2&cursor={second['next']}").get_json()
    names = [item["body"]["name"] for page in (first, second, third) for item in page["items"]]
    assert names == [f"Party {number}" for number in (4, 3, 2, 1, 0)]
    assert "next" not in third
    assert admin.send("GET", "/v1/parties?cursor=!!").status_code == 400


def test_a_key_limited_to_a_production_sees_that_one(admin: Caller, caller: Callable[..., Caller]) -> None:
    mine = admin.create("productions", {"title": "Mine", "format": "feature"})["id"]
    other = admin.create("productions", {"title": "Other", "format": "feature"})["id"]
    inside = admin.create("assets", {"type": "image", "productions": [mine]})["id"]
    outside = admin.create("assets", {"type": "image", "productions": [other]})["id"]
    limited = caller("production", studio_id=admin.studio_id, productions=[mine])
    assert limited.send("GET", f"/v1/assets/{inside}").status_code == 200
    assert limited.send("GET", f"/v1/assets/{outside}").status_code == 404
    assert [item["id"] for item in limited.send("GET", "/v1/assets").get_json()["items"]] == [inside]
    assert limited.send("POST", "/v1/assets", json={"type": "image", "productions": [other]}).status_code == 403
