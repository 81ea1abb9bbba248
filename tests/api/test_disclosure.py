"""One field of a paper is proved and no other: for whom, and that the file is checked by its own means alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.ledger.offline.generate import program
from service.ledger.offline.signed import Trusted, parse_keys
from service.ledger.offline.single import NoDisclosure, verify_disclosure
from tests.api.conftest import Caller
from tests.offline import alone

WORDS = "Face and voice in scenes 41 and 42"
FEE = "900 a day for the flute solo"


@pytest.fixture
def person(admin: Caller) -> str:
    body = {"type": "person", "professional_name": "M. Quill", "legal_name": "Zanzibar Quillfeather", "birth_date": "1991-07-13"}
    return str(admin.create("parties", {**body, "memberships": [{"name": "Equity", "number": "E-77"}]})["id"])


@pytest.fixture
def consent(admin: Caller, person: str) -> dict[str, Any]:
    body = {"grantor": person, "capacity": "self", "answer": "granted", "description": WORDS, "compensation": FEE}
    return admin.create("consents", body)


def asked(caller: Caller, record: str, *pointers: str, **more: Any) -> Any:
    return caller.send("POST", "/v1/ledger/disclosure", json={"record": record, "pointers": list(pointers), **more})


def disclosed(caller: Caller, record: str, *pointers: str, **more: Any) -> dict[str, Any]:
    answer = asked(caller, record, *pointers, **more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json())


def checked(told: dict[str, Any], **trusted: Any) -> dict[str, Any]:
    return verify_disclosure(json.dumps(told).encode(), Trusted(**trusted)).document()


def test_one_field_is_proved_and_no_other(admin: Caller, consent: dict[str, Any]) -> None:
    told = disclosed(admin, consent["id"], "/description")
    [value] = told["disclosed"]
    assert (value["pointer"], value["value"], value["protection"]) == ("/description", WORDS, "personal")
    assert FEE not in json.dumps(told)
    report = checked(told, keys=parse_keys(told["keys"][0]))
    assert report["good"] is True
    assert any(sentence.endswith(f'says at /description: "{WORDS}"') for sentence in report["holds"])
    assert (report["numbers"]["disclosed"], report["numbers"]["withheld"]) == (1, 1)
    assert any("later version" in sentence for sentence in report["not_established"])


def test_several_fields_of_a_person_deep_ones_too(admin: Caller, person: str) -> None:
    told = disclosed(admin, person, "/memberships/0/number", "/birth_date")
    assert {each["pointer"]: each["value"] for each in told["disclosed"]} == {"/memberships/0/number": "E-77", "/birth_date": "1991-07-13"}
    assert "Quill" not in json.dumps(told)
    assert checked(told)["good"] is True


def test_the_verifier_alone_checks_it(admin: Caller, consent: dict[str, Any], tmp_path: Path) -> None:
    told = disclosed(admin, consent["id"], "/compensation")
    (tmp_path / "verify.py").write_bytes(program())
    (tmp_path / "one.json").write_text(json.dumps(told))
    done = alone(tmp_path / "verify.py", tmp_path / "one.json", "--key", told["keys"][0])
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert FEE in done.stdout
    told["disclosed"][0]["value"] = "90 a day"
    (tmp_path / "one.json").write_text(json.dumps(told))
    done = alone(tmp_path / "verify.py", tmp_path / "one.json", "--key", told["keys"][0])
    assert (done.returncode, done.stderr) == (1, "")
    assert "THIS DISCLOSURE DOES NOT HOLD" in done.stdout
    assert "90 a day" not in done.stdout.replace("THIS", "")


def another_pointer(told: dict[str, Any]) -> None:
    told["disclosed"][0]["pointer"] = "/compensation"


def another_salt(told: dict[str, Any]) -> None:
    told["disclosed"][0]["salt"] = "00" * 32


def another_commitment(told: dict[str, Any]) -> None:
    told["disclosed"][0]["commitment"] = "ab" * 32


def another_record(told: dict[str, Any]) -> None:
    told["disclosed"][0]["record"] = "con_0000000000000000000000000a"


def another_checkpoint(told: dict[str, Any]) -> None:
    head, checkpoint = told["proof"].split("\n\n", 1)
    told["proof"] = head + "\n\n" + checkpoint.replace(checkpoint.split("\n")[2], "A" * 43 + "=")


def another_entry(told: dict[str, Any]) -> None:
    lines = told["proof"].split("\n")
    told["proof"] = "\n".join([lines[0], lines[1].replace("A", "B", 1), *lines[2:]])


@pytest.mark.parametrize("tamper", [another_pointer, another_salt, another_commitment, another_record, another_checkpoint, another_entry])
def test_what_was_changed_does_not_hold(admin: Caller, consent: dict[str, Any], tamper: Callable[[dict[str, Any]], None]) -> None:
    told = disclosed(admin, consent["id"], "/description")
    keys = parse_keys(told["keys"][0])
    tamper(told)
    try:
        report = checked(told, keys=keys)
    except NoDisclosure:
        return
    assert report["good"] is False
    assert report["faults"]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"nonsense", b'{"format": "clearance-disclosure/1", "disclosed": [1], "proof": "x", "keys": []}']
)
def test_what_is_no_disclosure_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NoDisclosure):
        verify_disclosure(content, Trusted())


def test_a_foreign_key_does_not_hold(admin: Caller, stranger: Caller, consent: dict[str, Any]) -> None:
    stranger.create("productions", {"title": "Two", "format": "feature"})
    told = disclosed(admin, consent["id"], "/description")
    foreign = parse_keys(stranger.send("GET", "/v1/ledger/key").get_json()["key"])
    assert checked(told, keys=foreign)["good"] is False


def test_an_old_version_shows_what_it_said(admin: Caller, person: str) -> None:
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    admin.send("PATCH", f"/v1/parties/{person}", json={"legal_name": "Zanzibar Oduya"}, headers=headers)
    assert disclosed(admin, person, "/legal_name")["disclosed"][0]["value"] == "Zanzibar Oduya"
    old = disclosed(admin, person, "/legal_name", version=1)
    assert (old["version"], old["disclosed"][0]["value"]) == (1, "Zanzibar Quillfeather")
    assert checked(old)["good"] is True


def test_who_may_and_what_is_refused(admin: Caller, stranger: Caller, caller: Callable[..., Caller], consent: dict[str, Any]) -> None:
    name = consent["id"]
    assert asked(stranger, name, "/description").status_code == 404
    manager = caller("consent_manager", studio_id=admin.studio_id)
    assert asked(manager, name, "/description").status_code == 200
    refused = asked(manager, name, "/description", "/compensation")
    assert refused.status_code == 403
    assert "confidential.read" in refused.get_json()["detail"]
    assert asked(caller("vendor", studio_id=admin.studio_id), name, "/description").status_code == 403
    assert admin.client.post("/v1/ledger/disclosure", json={"record": name, "pointers": ["/description"]}).status_code == 401
    wrong = asked(admin, name, "/answer").get_json()
    assert (wrong["code"], wrong["errors"][0]["pointer"]) == ("no_secret_field", "/pointers/0")
    assert "/compensation, /description" in wrong["errors"][0]["message"]
    for body in ({"record": "nonsense", "pointers": ["/a"]}, {"record": name, "pointers": []}, {"record": name, "pointers": ["a"]}):
        assert admin.send("POST", "/v1/ledger/disclosure", json=body).status_code == 422
    assert asked(admin, name, "/description", version=9).status_code == 404


def test_what_was_erased_is_not_disclosed_and_what_was_proved_before_still_holds(
    admin: Caller, person: str, consent: dict[str, Any]
) -> None:
    before = disclosed(admin, consent["id"], "/description")
    licence = admin.create("licences", {"grantor": admin.create("parties", {"type": "organisation", "name": "Stock"})["id"], "notes": "x"})
    assert admin.send("POST", f"/v1/parties/{person}/erase", json={}).status_code == 200
    after = asked(admin, consent["id"], "/description")
    assert (after.status_code, after.get_json()["code"]) == (409, "erased")
    assert checked(before)["good"] is True
    assert asked(admin, consent["id"], "/compensation").get_json()["code"] == "erased"
    assert checked(disclosed(admin, licence["id"], "/notes"))["good"] is True, "what is about nobody stays"
