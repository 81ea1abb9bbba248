"""Erasing a person: what goes, what stays, who may, what stops it, and that a crash half-way is finished or leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service import jobs
from service.content.encrypted import Documents
from service.content.vault import Vault
from service.services import Services
from tests.api.conftest import Caller
from tests.api.test_bundle import checked, unpacked

SECRETS = {
    "professional_name": "Zoe Canarywing",
    "legal_name": "Zoe Canarywing-Oduya",
    "contact": "canary@example.com",
    "birth_date": "1991-07-13",
}
WORDS = "Canary: face and voice in scenes 41 and 42"


@pytest.fixture
def person(admin: Caller) -> dict[str, Any]:
    body = {"type": "person", **SECRETS, "notes": "Canary prefers mornings", "memberships": [{"name": "SAG-AFTRA", "number": "canary-77"}]}
    return admin.create("parties", body)


@pytest.fixture
def consent(admin: Caller, person: dict[str, Any]) -> dict[str, Any]:
    body = {"grantor": person["id"], "capacity": "self", "answer": "granted", "description": WORDS, "compensation": "Canary gets 900 a day"}
    return admin.create("consents", body)


def erase(caller: Caller, party: str, body: Any = None, query: str = "", **options: Any) -> Any:
    return caller.send("POST", f"/v1/parties/{party}/erase{query}", json=body or {}, **options)


def erased(caller: Caller, party: str, body: Any = None, **options: Any) -> dict[str, Any]:
    answer = erase(caller, party, body, **options)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json())


def refused(answer: Any, status: int, code: str) -> str:
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.get_data(as_text=True)
    return str(answer.get_json()["detail"])


def hold(caller: Caller, **more: Any) -> dict[str, Any]:
    return caller.create("holds", {"type": "litigation", "placed_at": "2026-09-01", "matter": "Canary v. Northlight", **more})


def events(caller: Caller) -> list[dict[str, Any]]:
    return list(caller.send("GET", "/v1/events?type=erased").get_json()["items"])


def test_everything_about_a_person_goes_and_the_log_says_so(admin: Caller, person: dict[str, Any], consent: dict[str, Any]) -> None:
    told = erased(admin, person["id"], {"basis": "law"})
    assert told["erased"] is True
    assert told["repeated"] is False
    assert {each["id"]: each["pointers"] for each in told["records"]} == {
        person["id"]: ["/birth_date", "/contact", "/legal_name", "/memberships/0/number", "/notes", "/professional_name"],
        consent["id"]: ["/compensation", "/description"],
    }
    assert told["values"] == 8
    body = admin.send("GET", f"/v1/parties/{person['id']}").get_json()["body"]
    assert all(body[name] == {"erased": True} for name in SECRETS)
    assert body["memberships"] == [{"name": "SAG-AFTRA", "number": {"erased": True}}]
    shown = admin.send("GET", f"/v1/consents/{consent['id']}").get_json()["body"]
    assert shown["description"] == {"erased": True}
    assert shown["compensation"] == {"erased": True}
    [event] = events(admin)
    assert (event["id"], event["recorded_at"]) == (told["event"], told["erased_at"])
    assert event["body"]["targets"] == [person["id"]]
    assert event["body"]["basis"] == "law"
    assert {name: event["body"]["erasure"][name] for name in ("values", "records")} == {"values": 8, "records": 2}
    assert "anary" not in json.dumps(event)


def test_it_says_what_it_cannot_reach(admin: Caller, person: dict[str, Any], consent: dict[str, Any]) -> None:
    title = admin.create("productions", {"title": "One", "format": "feature"})["id"]
    paper = admin.create("documents", {"title": "Rider", "type": "rider", "received_from": person["id"]})
    admin.create("evidence", {"type": "notice", "details": {"kind": "other", "document": paper["id"]}, "productions": [title]})
    asset = admin.create("assets", {"name": "sh010", "type": "video"})
    use = admin.create("appearances", {"asset": asset["id"], "person": person["id"], "type": "performance"})
    twin = admin.create("parties", {"type": "person", "professional_name": "Z. Canary", "same_as": [person["id"]]})
    told = erased(admin, person["id"])
    stays = {each["code"]: each["records"] for each in told["not_erased"]}
    assert stays == {
        "backups": [], "copies": [], "plain": [], "same_person": [twin["id"]], "papers": [paper["id"]],
        "media": [use["id"]],
    }  # fmt: skip
    assert all(each["says"].endswith((".", ":")) for each in told["not_erased"])


def test_a_dry_run_tells_and_changes_nothing(admin: Caller, person: dict[str, Any]) -> None:
    told = erase(admin, person["id"], query="?dry_run=true").get_json()
    assert (told["erased"], told["values"], "event" in told) == (False, 6, False)
    assert "would be erased" in told["says"]
    assert admin.send("GET", f"/v1/parties/{person['id']}").get_json()["body"]["legal_name"] == SECRETS["legal_name"]
    assert events(admin) == []


def test_twice_is_fine_and_says_when(admin: Caller, person: dict[str, Any]) -> None:
    first = erased(admin, person["id"])
    again = erased(admin, person["id"])
    assert again["repeated"] is True
    assert (again["event"], again["values"]) == (first["event"], 0)
    assert "Nothing is left to do" in again["says"]
    assert erase(admin, person["id"], query="?dry_run=true").get_json() == again, "there is nothing to foresee any more"
    assert len(events(admin)) == 1


def test_a_retry_with_the_same_key_answers_the_same(admin: Caller, person: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": "erase-1"}
    first = erased(admin, person["id"], headers=headers)
    assert erased(admin, person["id"], headers=headers)["event"] == first["event"]
    assert erase(admin, person["id"], {"basis": "law"}, headers=headers).status_code == 422
    assert len(events(admin)) == 1


def test_who_may(admin: Caller, stranger: Caller, caller: Callable[..., Caller], person: dict[str, Any]) -> None:
    refused(erase(stranger, person["id"]), 404, "not_found")
    for role in ("legal_reviewer", "consent_manager", "auditor"):
        assert "erasure.write" in refused(erase(caller(role, studio_id=admin.studio_id), person["id"]), 403, "missing_permission")
    assert admin.client.post(f"/v1/parties/{person['id']}/erase", json={}).status_code == 401
    production = admin.create("productions", {"title": "One", "format": "feature"})
    limited = caller("studio_admin", studio_id=admin.studio_id, productions=[production["id"]])
    refused(erase(limited, person["id"]), 403, "outside_productions")
    for wrong in ("pty_1", "nonsense", production["id"]):
        refused(erase(admin, wrong), 404, "not_found")
    refused(erase(admin, person["id"], {"basis": "whim"}), 422, "invalid")
    refused(erase(admin, person["id"], {"document": "doc_0000000000000000000000000a"}), 422, "unknown_reference")
    assert events(admin) == []


def test_other_studios_and_other_people_keep_theirs(admin: Caller, stranger: Caller, person: dict[str, Any]) -> None:
    others = [(each, each.create("parties", {"type": "person", **SECRETS})["id"]) for each in (admin, stranger)]
    erased(admin, person["id"])
    for each, party in others:
        assert each.send("GET", f"/v1/parties/{party}").get_json()["body"]["legal_name"] == SECRETS["legal_name"]


@pytest.mark.parametrize("named", ["person", "consent", "production", "series", "nothing"])
def test_a_hold_stops_it_and_is_named(admin: Caller, person: dict[str, Any], named: str) -> None:
    series = admin.create("productions", {"title": "Show", "format": "series"})["id"]
    title = admin.create("productions", {"title": "Episode", "format": "series", "parent": series})["id"]
    body = {"grantor": person["id"], "capacity": "self", "answer": "granted", "description": WORDS, "productions": [title]}
    ids = {"person": person["id"], "consent": admin.create("consents", body)["id"], "production": title, "series": series}
    placed = hold(admin, **({"targets": [ids[named]]} if named in ids else {}), stops=["erasure"])
    says = refused(erase(admin, person["id"]), 409, "on_hold")
    assert placed["id"] in says
    assert "litigation hold" in says
    assert "2026-09-01" in says
    assert "Canary" not in says
    dry = erase(admin, person["id"], query="?dry_run=true").get_json()
    assert [each["id"] for each in dry["holds"]] == [placed["id"]]
    assert events(admin) == []
    lifted = {"lifted_at": datetime.now(UTC).date().isoformat(), "lifted_by": "counsel"}
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    assert admin.send("PATCH", f"/v1/holds/{placed['id']}", json=lifted, headers=headers).status_code == 200
    assert erased(admin, person["id"])["erased"] is True


def test_holds_that_do_not_reach_it(admin: Caller, person: dict[str, Any]) -> None:
    other = admin.create("parties", {"type": "person", "professional_name": "B"})["id"]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    hold(admin, targets=[other])
    hold(admin, targets=[person["id"]], stops=["release"])
    hold(admin, targets=[person["id"]], until=yesterday)
    hold(admin, targets=[])
    assert erased(admin, person["id"])["erased"] is True


def test_a_hold_without_a_word_what_it_stops_stops_it(admin: Caller, person: dict[str, Any]) -> None:
    hold(admin, targets=[person["id"]], lifted_at=(datetime.now(UTC) + timedelta(days=2)).date().isoformat())
    refused(erase(admin, person["id"]), 409, "on_hold")


def test_a_hold_that_slips_in_wins(admin: Caller, person: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from service import erasure

    looked = erasure._holds

    def look_then_hold(*given: Any) -> list[Any]:
        found = list(looked(*given))
        if not found:
            hold(admin, targets=[person["id"]])
        return found

    monkeypatch.setattr(erasure, "_holds", look_then_hold)
    refused(erase(admin, person["id"]), 409, "on_hold")
    assert events(admin) == []


def test_nothing_personal_is_recorded_about_them_any_more(admin: Caller, person: dict[str, Any], consent: dict[str, Any]) -> None:
    erased(admin, person["id"])
    patch = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    answer = admin.send("PATCH", f"/v1/parties/{person['id']}", json={"legal_name": "Zoe again"}, headers=patch)
    refused(answer, 409, "subject_erased")
    assert answer.get_json()["errors"][0]["pointer"] == "/legal_name"
    body = {"grantor": person["id"], "capacity": "self", "answer": "granted", "description": WORDS}
    refused(admin.send("POST", "/v1/consents", json=body), 409, "subject_erased")
    changed = admin.send("PATCH", f"/v1/parties/{person['id']}", json={"domicile": "GB"}, headers=patch)
    assert changed.status_code == 200, "what is not about their secrets goes on"
    assert changed.get_json()["body"]["legal_name"] == {"erased": True}
    assert admin.send("GET", f"/v1/consents/{consent['id']}/versions").get_json()["items"][0]["body"]["description"] == {"erased": True}


def test_a_retry_of_the_request_that_brought_the_values_in_is_refused(admin: Caller) -> None:
    headers = {"Idempotency-Key": "first"}
    made = admin.send("POST", "/v1/parties", json={"type": "person", **SECRETS}, headers=headers).get_json()
    other = admin.send("POST", "/v1/parties", json={"type": "person", **SECRETS}, headers={"Idempotency-Key": "second"}).get_json()
    erased(admin, made["id"])
    again = admin.send("POST", "/v1/parties", json={"type": "person", **SECRETS}, headers=headers)
    refused(again, 409, "subject_erased")
    kept = admin.send("POST", "/v1/parties", json={"type": "person", **SECRETS}, headers={"Idempotency-Key": "second"})
    assert kept.get_json()["id"] == other["id"]


def test_nobody_states_an_erasure(admin: Caller, person: dict[str, Any], consent: dict[str, Any]) -> None:
    body = {"type": "erased", "targets": [person["id"]], "effective_at": "2026-09-01", "erasure": {"values": 1, "records": 1}}
    refused(admin.send("POST", "/v1/events", json=body), 422, "made_by_the_service")
    refused(admin.send("POST", f"/v1/consents/{consent['id']}/events", json=body), 422, "made_by_the_service")


class Crash(BaseException):
    """The process ends here."""


@pytest.fixture
def crashing(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str], None]:
    def make(owner: object, name: str) -> None:
        def crash(*_: Any, **__: Any) -> None:
            raise Crash

        monkeypatch.setattr(owner, name, crash)

    return make


def test_a_crash_before_the_fact_leaves_no_trace(admin: Caller, person: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from service import erasure

    with monkeypatch.context() as patch:
        patch.setattr(erasure.write, "create", lambda *_, **__: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            erase(admin, person["id"])
    assert events(admin) == []
    assert admin.send("GET", f"/v1/parties/{person['id']}").get_json()["body"]["legal_name"] == SECRETS["legal_name"]


@pytest.mark.parametrize("after", ["the fact", "the key"])
@pytest.mark.parametrize("by", ["the job", "a second try"])
def test_a_crash_behind_the_fact_is_finished(
    admin: Caller, person: dict[str, Any], services: Services, monkeypatch: pytest.MonkeyPatch, after: str, by: str
) -> None:
    destroy = Vault.destroy

    def crash(vault: Vault, studio_id: str, subject: str) -> None:
        if after == "the key":
            destroy(vault, studio_id, subject)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "destroy", crash)
        with pytest.raises(Crash):
            erase(admin, person["id"])
    assert kept(services, person["id"]) == 6
    assert len(events(admin)) == 1
    assert "erasing again finishes it" in erase(admin, person["id"], query="?dry_run=true").get_json()["says"]
    if by == "the job":
        tools = jobs.Tools(services.database, services.ledger, services.blobs, services.vault)
        assert jobs.forget(tools) == {"values": 6}
        assert jobs.forget(tools) == {"values": 0}
    else:
        again = erased(admin, person["id"])
        assert (again["repeated"], again["values"]) == (True, 6)
    assert kept(services, person["id"]) == 0
    assert admin.send("GET", f"/v1/parties/{person['id']}").get_json()["body"]["legal_name"] == {"erased": True}
    assert len(events(admin)) == 1


def test_rows_of_a_restored_backup_are_forgotten_again(admin: Caller, person: dict[str, Any], services: Services) -> None:
    with psycopg.connect(services.database.url) as conn:
        backup = conn.execute("SELECT * FROM disclosure WHERE subject = %s", [person["id"]]).fetchall()
    erased(admin, person["id"])
    with psycopg.connect(services.database.url) as conn, conn.cursor() as cursor:
        cursor.executemany("INSERT INTO disclosure VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", backup)
    assert admin.send("GET", f"/v1/parties/{person['id']}").get_json()["body"]["legal_name"] == {"erased": True}, "their key is gone"
    assert jobs.forget(jobs.Tools(services.database, services.ledger, services.blobs, services.vault)) == {"values": 6}


def kept(services: Services, party: str) -> int:
    with psycopg.connect(services.database.url) as conn:
        row = conn.execute("SELECT count(*) FROM disclosure WHERE subject = %s", [party]).fetchone()
    assert row is not None
    return int(row[0])


def test_what_is_only_planned_is_kept_sealed(admin: Caller, person: dict[str, Any], services: Services) -> None:
    planned = {
        "generation": {"prompts": [{"text": "a prompt with a canary", "use": "positive"}], "notes": "canary notes"},
        "consent": {
            "grantor": person["id"],
            "capacity": "self",
            "answer": "granted",
            "description": WORDS,
            "scope": {"purposes": ["creation"]},
        },
    }
    decided = admin.create("decisions", {"act": "generate", "subject": planned, "at": "2026-09-20T12:00:00Z"})
    assert decided["body"]["planned"]["media_type"] == "application/x-sealed+json"
    blobs = [path.read_bytes() for path in services.blobs.of(admin.studio_id).root.rglob("*") if path.is_file()]
    assert blobs
    assert not [one for one in blobs if b"canary" in one.lower()]
    documents = Documents(services.blobs.of(admin.studio_id), services.vault)
    sealed = decided["body"]["planned"]["sha256"]
    assert documents.subject(sealed) == person["id"]
    kept = json.loads(b"".join(documents.read(admin.studio_id, sealed)))
    assert kept["generation"] == planned["generation"]
    assert kept["consent"] == {name: value for name, value in planned["consent"].items() if name != "description"}
    assert admin.send("GET", f"/v1/decisions/{decided['id']}/clearing").status_code == 200
    assert admin.send("POST", f"/v1/decisions/{decided['id']}/replay").get_json()["identical"] is True
    erased(admin, person["id"])
    refused(admin.send("GET", f"/v1/decisions/{decided['id']}/clearing"), 409, "erased")
    assert admin.send("POST", f"/v1/decisions/{decided['id']}/replay").get_json()["identical"] is True
    again = admin.create("decisions", {"act": "generate", "subject": {"generation": planned["generation"]}, "at": "2026-09-20T12:00:00Z"})
    assert documents.subject(again["body"]["planned"]["sha256"]) is None


def test_bundles_before_and_after_are_of_one_log_and_decisions_stay_what_they_were(
    admin: Caller, person: dict[str, Any], consent: dict[str, Any], tmp_path: Path
) -> None:
    asset = admin.create("assets", {"name": "sh010", "type": "video", "origin": "generated"})["id"]
    admin.create("appearances", {"asset": asset, "person": person["id"], "type": "performance"})
    decided = admin.create("decisions", {"act": "release", "subject": asset, "at": "2026-09-20T12:00:00Z"})["id"]
    findings = admin.send("GET", f"/v1/decisions/{decided}").get_json()["findings"]
    replayed = admin.send("POST", f"/v1/decisions/{decided}/replay").get_json()
    before = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path / "before")
    erased(admin, person["id"])
    after = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path / "after")
    key = admin.send("GET", "/v1/ledger/key").get_json()["key"]
    old, new = checked(before, "--key", key), checked(after, "--key", key, "--seen", str(before / "checkpoint"))
    assert (old["faults"], new["faults"]) == ([], [])
    assert any("continues the one that was seen before" in sentence for sentence in new["holds"])
    assert (old["numbers"]["erased"], new["numbers"]["erased"]) == (0, 8)
    assert new["numbers"]["disclosed"] == old["numbers"]["disclosed"] - 8
    assert any("erased, as the log itself says (entry" in sentence for sentence in new["not_established"])
    assert WORDS in (before / "disclosures.jsonl").read_text()
    assert not [
        path for path in after.rglob("*") if path.is_file() and (b"Canarywing" in path.read_bytes() or WORDS.encode() in path.read_bytes())
    ]
    assert (old["numbers"]["decided_again"], new["numbers"]["decided_again"]) == (1, 1)
    assert admin.send("POST", f"/v1/decisions/{decided}/replay").get_json() == replayed
    assert replayed["identical"] is True
    assert admin.send("GET", f"/v1/decisions/{decided}").get_json()["findings"] == findings
    part = checked(unpacked(admin.send("GET", f"/v1/ledger/bundle?record={consent['id']}"), tmp_path / "part"), "--key", key)
    assert part["faults"] == []
