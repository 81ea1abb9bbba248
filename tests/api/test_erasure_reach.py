"""How far an erasure reaches: every free word, fee and paper about one person; and what it leaves, each with its reason."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from schemas.fields import Encrypted, Erasable, Personal, Privileged
from schemas.kinds import BY_PREFIX
from service.content.encrypted import Documents
from service.content.vault import Erased, Vault
from service.context import Context
from service.decisions import decide, replay
from service.demo import media
from service.facts import planned
from service.records import sealing
from service.records.model import Body
from service.records.subjects import People
from service.rules.pack import canonical
from service.services import Services
from tests.api.conftest import Caller
from tests.api.test_erasure import erased, hold, refused

CANARY = "zqcanaryquetzal"


def word(place: str) -> str:
    return f"{CANARY} {place}"


@pytest.fixture
def person(admin: Caller) -> str:
    return str(admin.create("parties", {"type": "person", "professional_name": "Zoe"})["id"])


def evidence(admin: Caller, type_: str, subjects: list[str] | None = None, **details: Any) -> str:
    body: dict[str, Any] = {"type": type_, "details": details} | ({"subjects": subjects} if subjects else {})
    return str(admin.create("evidence", body)["id"])


def around(admin: Caller, person: str) -> dict[str, str]:
    """One record for each place where words, fees and papers about a person stand."""
    title = admin.create("productions", {"title": "One", "format": "feature"})["id"]
    asset = admin.create("assets", {"name": "sh010", "type": "video", "origin": "generated"})["id"]
    agency = admin.create("parties", {"type": "organisation", "name": "Agency"})["id"]
    replica = admin.create(
        "replicas",
        {
            "person": person,
            "name": word("replica"),
            "materials": [{"origin": "other", "description": word("material")}],
            "notes": word("n"),
        },
    )["id"]
    use = {"asset": asset, "person": person, "type": "alteration", "alteration_purpose": word("alteration"), "notes": word("notes")}
    consent = {"grantor": agency, "person": person, "capacity": "agent", "answer": "granted", "compensation": word("compensation")}
    engaged = {
        "person": person, "production": title, "category": "principal", "rate": {"amount": "7351948.26", "currency": "USD"},
        "conditions": [{"type": "scan_consent", "text": word("condition")}],
    }  # fmt: skip
    made = {
        "replica": replica,
        "appearance": admin.create("appearances", use)["id"],
        "consent": admin.create("consents", consent)["id"],
        "engagement": admin.create("engagements", engaged)["id"],
        "session": evidence(
            admin, "capture_session", person=person, place=word("place"), biometric_purpose=word("biometric"),
            business_reason={"text": word("reason"), "use": word("use")},
        ),
        "notice": evidence(admin, "notice", kind="replica_use", recipients=[person, agency], description=word("notice")),
        "pay": evidence(admin, "compensation", basis="creation", person=person, amount={"amount": "7351948.26", "currency": "USD"}),
        "talks": evidence(admin, "consultation", people=[person], topic=word("topic"), proposal=word("proposal"), advice=word("advice"),
                          response=word("response")),
        "complaint": evidence(admin, "complaint", by=person, text=word("complaint")),
        "checked": evidence(admin, "identity_check", person=person, provider_id=word("provider")),
    }  # fmt: skip
    made["attested"] = evidence(
        admin, "attestation", [made["consent"]], kind="description_adequate", outcome="confirmed", role="legal", signed_at="2026-09-01",
        statement=word("statement"), method=word("method"), reasons=word("reasons"),
    )  # fmt: skip
    made["claim"] = evidence(admin, "exemption_claim", [made["appearance"]], type="other", state="claimed", basis=word("basis"))
    event = {"type": "narrowed", "targets": [made["consent"]], "effective_at": "2026-09-02", "by": agency, "statement": word("event"),
             "reason": word("counsel")}  # fmt: skip
    made["event"] = admin.create("events", event)["id"]
    waived = {"rules": ["sagaftra-tvt-2026.scan.business-reason"], "subjects": [made["consent"]], "reason": word("waiver")}
    made["waived"] = admin.create("waivers", {**waived, "expires_at": "2030-01-01"})["id"]
    return made


def shown(admin: Caller, made: Iterable[str]) -> str:
    """Every version of the records, as the API shows them to whoever may see everything."""
    answers = [admin.send("GET", f"/v1/{BY_PREFIX[name[:3]].collection}/{name}/versions") for name in made]
    assert {answer.status_code for answer in answers} == {200}
    return "\n".join(answer.get_data(as_text=True) for answer in answers)


def in_database(services: Services, what: str) -> bool:
    with psycopg.connect(services.database.url) as conn:
        row = conn.execute("SELECT count(*) FROM entry WHERE position(convert_to(%s, 'UTF8') IN bytes) > 0", [what]).fetchone()
        heads = conn.execute("SELECT count(*) FROM head WHERE label LIKE %s", [f"%{what}%"]).fetchone()
    return row != (0,) or heads != (0,)


def test_every_free_word_fee_and_reason_about_one_person_goes(admin: Caller, person: str, services: Services) -> None:
    made = around(admin, person)
    before = shown(admin, made.values())
    assert all(CANARY in shown(admin, [name]) for name in made.values() if name != made["pay"])
    assert before.count("7351948.26") == 2
    assert not in_database(services, CANARY), "nothing of it ever stood in the log or in a list"
    told = erased(admin, person)
    assert {each["id"] for each in told["records"]} == {person, *made.values()}
    after = shown(admin, made.values())
    assert CANARY not in after
    assert "7351948.26" not in after
    assert {each["code"] for each in told["not_erased"]} == {"backups", "copies", "plain", "media"}
    assert erased(admin, person)["values"] == 0


def test_words_about_another_person_stay_and_are_named(admin: Caller, person: str) -> None:
    other = admin.create("parties", {"type": "person", "professional_name": "Yan", "notes": word("speaks of Zoe"), "same_as": []})["id"]
    both = evidence(admin, "consultation", people=[person, other], topic=word("of both"))
    guarded = admin.create("parties", {"type": "person", "professional_name": "Kid", "guardians": [{"party": person}], "notes": word("k")})[
        "id"
    ]
    told = erased(admin, person)
    [others] = [each for each in told["not_erased"] if each["code"] == "studio_values"]
    assert others["records"] == sorted([both, guarded])
    assert shown(admin, [both, other, guarded]).count(CANARY) == 3
    assert [each["code"] for each in erased(admin, other)["not_erased"] if each["code"] == "studio_values"] == ["studio_values"]


def test_a_prompt_goes_with_any_of_those_whom_it_names_also_when_that_is_said_later(admin: Caller, person: str, services: Services) -> None:
    other = admin.create("parties", {"type": "person", "professional_name": "Yan"})["id"]
    prompts = [{"text": word("prompt"), "use": "positive"}]
    named = [{"person": person, "name_used": True}, {"person": other, "name_used": True}]
    both = admin.create("generations", {"prompts": prompts, "prompt_entities": named})["id"]
    later = admin.create("generations", {"prompts": prompts})["id"]
    alone = admin.create("generations", {"prompts": prompts, "operator_name": word("operator")})["id"]
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    assert admin.send("PATCH", f"/v1/generations/{later}", json={"prompt_entities": named[1:]}, headers=headers).status_code == 200
    with psycopg.connect(services.database.url) as conn:
        kept = dict(conn.execute("SELECT id, subject FROM disclosure WHERE pointer LIKE '/prompts%'").fetchall())
    assert kept == {both: " ".join(sorted((person, other))), later: None, alone: None}
    told = erased(admin, other)
    assert CANARY not in shown(admin, [both, later])
    assert shown(admin, [alone]).count(CANARY) == 2
    assert {each["code"]: each["records"] for each in told["not_erased"]}["earlier_key"] == [later], "a backup still opens it"


def test_an_untouched_source_goes_with_the_person_whom_the_run_shows(admin: Caller, person: str, services: Services) -> None:
    clip = admin.create("assets", {"type": "video"})["id"]
    request = media.provider_request()
    request["body"]["instances"][0]["prompt"] = word("raw")
    told = admin.create("generations/import", {"asset": clip, "request": request, "response": media.provider_response(b"x")})
    made, name = told["generation"], told["record"]["body"]["raw"][0]["name"]
    source = f"/v1/generations/{made}/source?name={name}"
    assert CANARY in admin.send("GET", source).get_data(as_text=True)
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    patch = {"prompt_entities": [{"person": person, "name_used": True}]}
    assert admin.send("PATCH", f"/v1/generations/{made}", json=patch, headers=headers).status_code == 200
    assert erased(admin, person)["sources"] == len(told["record"]["body"]["raw"])
    refused(admin.send("GET", source), 404, "erased")


@pytest.mark.parametrize("named_by", ["the row", "a later version"])
def test_a_sheet_of_many_runs_goes_whole_with_a_person_whom_one_of_them_shows(
    admin: Caller, person: str, services: Services, named_by: str
) -> None:
    """All runs of a sheet share one kept copy of it: it goes, the other runs keep what their rows said."""
    replica = admin.create("replicas", {"person": person, "name": "Zoe's voice"})["id"]
    shows = replica if named_by == "the row" else ""
    series = admin.create("productions", {"title": "Series", "format": "series"})["id"]
    episode = admin.create("productions", {"title": "Episode", "format": "episode", "parent": series})["id"]
    header = "tool,class,job_id,output,operator,prompt,notes,purpose,replicas,productions,Mood"
    row = f"Boords,previs,j1,a.png,Lee,{word('prompt')},{word('notes')},{word('purpose')},{shows},,{word('mood')}"
    sheet = f"{header}\n{row}\nBoords,previs,j2,b.png,Lee,harbour,,,,{episode},\n"
    data = {"file": (io.BytesIO(sheet.encode()), "tools.csv"), "options": "{}"}
    told = admin.send("POST", "/v1/imports", data=data, content_type="multipart/form-data").get_json()
    one, other = [row["id"] for row in told["rows"]]
    assert not in_database(services, CANARY), "what people wrote in a cell never stands in the log"
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    if not shows:
        patch = {"prompt_entities": [{"person": person, "name_used": True}]}
        assert admin.send("PATCH", f"/v1/generations/{one}", json=patch, headers=headers).status_code == 200
    sources = [f"/v1/generations/{each}/source?name=sheet" for each in (one, other)]
    assert [CANARY in admin.send("GET", source).get_data(as_text=True) for source in sources] == [True, True]
    for held in ({"targets": [other]}, {"productions": [series]}):
        placed = hold(admin, **held)["id"]
        refused(admin.send("POST", f"/v1/parties/{person}/erase", json={}), 409, "on_hold")
        assert admin.send("PATCH", f"/v1/holds/{placed}", json={"lifted_at": "2026-09-02"}, headers=headers).status_code == 200
    assert erased(admin, person)["sources"] == 1
    for source in sources:
        refused(admin.send("GET", source), 404, "erased")
    assert CANARY not in shown(admin, [one])
    assert "harbour" in shown(admin, [other])


def paper(admin: Caller, content: bytes, **more: Any) -> str:
    made = str(admin.create("documents", {"title": word("title"), "type": "rider", "notes": word("of the paper"), **more})["id"])
    assert admin.send("PUT", f"/v1/documents/{made}/content", data=content).status_code in (200, 201)
    return made


def test_a_paper_goes_with_the_person_it_is_about_and_its_digest_stays(admin: Caller, person: str, services: Services) -> None:
    mine, late, shared, kept = (paper(admin, word(f"content {number}").encode()) for number in range(4))
    consent = {"grantor": person, "capacity": "self", "answer": "granted", "documents": [mine, kept]}
    made = admin.create("consents", consent)["id"]
    evidence(admin, "compensation", basis="creation", person=person, proof=late)
    engaged = admin.create("productions", {"title": "One", "format": "feature"})["id"]
    admin.create("engagements", {"person": person, "production": engaged, "category": "principal", "documents": [shared]})
    admin.create("licences", {"grantor": admin.create("parties", {"type": "organisation", "name": "S"})["id"], "documents": [shared]})
    request = paper(admin, b"please forget me", received_from=person)
    placed = hold(admin, targets=[kept])
    blob = admin.send("GET", f"/v1/documents/{mine}").get_json()["body"]["content"]["sha256"]
    digests = admin.send("GET", f"/v1/documents/{mine}").get_json()["body"]["digests"]
    told = erased(admin, person, {"document": request})
    assert sorted(told["papers"]) == sorted([mine, late])
    stays = {each["code"]: each["records"] for each in told["not_erased"]}
    assert (stays["held_papers"], stays["papers"], stays["request"]) == ([kept], [shared], [request])
    for name in (mine, late):
        refused(admin.send("GET", f"/v1/documents/{name}/content"), 404, "erased")
        assert CANARY not in shown(admin, [name])
        refused(admin.send("PUT", f"/v1/documents/{name}/content", data=b"again"), 409, "erased")
    for name in (shared, kept, request):
        assert admin.send("GET", f"/v1/documents/{name}/content").status_code == 200
        assert CANARY in shown(admin, [name])
    assert admin.send("GET", f"/v1/documents/{mine}").get_json()["body"]["digests"] == digests
    with pytest.raises(Erased):
        list(Documents(services.blobs.of(admin.studio_id), services.vault).read(admin.studio_id, blob))
    assert admin.send("GET", f"/v1/consents/{made}").status_code == 200
    assert in_database(services, CANARY) is False
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    assert admin.send("PATCH", f"/v1/holds/{placed['id']}", json={"lifted_at": "2026-09-02"}, headers=headers).status_code == 200
    again = erased(admin, person)
    assert (again["papers"], again["repeated"]) == ([kept], True)
    assert "Nothing is left" not in again["says"]
    assert "Nothing is left" in erased(admin, person)["says"]


@pytest.fixture
def yesterday(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The edition before: free words stand in the clear, and fees, prompts and papers lie under the studio's key."""
    put = Documents.put

    def under_the_studios_key(documents: Documents, *given: Any, **more: Any) -> Any:
        return put(documents, *given, **{**more, "subject": None})

    monkeypatch.setattr(Erasable, "_deserialize", lambda self, value, *rest, **more: self.inner.deserialize(value, *rest, **more))
    monkeypatch.setattr(sealing, "Sealed", (Personal, Encrypted, Privileged))
    monkeypatch.setattr(People, "owner", lambda *_, **__: None)
    monkeypatch.setattr(Documents, "put", under_the_studios_key)
    return monkeypatch.undo


def test_what_yesterdays_edition_wrote_is_read_erased_as_far_as_can_be_and_named(
    admin: Caller, person: str, services: Services, yesterday: Callable[[], None]
) -> None:
    noticed = evidence(admin, "notice", kind="replica_use", recipients=[person], description=word("notice"))
    contract = paper(admin, word("content").encode(), received_from=person)
    engaged = {
        "person": person, "production": admin.create("productions", {"title": "One", "format": "feature"})["id"], "category": "principal",
        "rate": {"amount": "7351948.26", "currency": "USD"}, "documents": [contract],
    }  # fmt: skip
    made = admin.create("engagements", engaged)["id"]
    yesterday()
    assert in_database(services, word("notice"))
    assert "7351948.26" in shown(admin, [made])
    assert word("notice") in shown(admin, [noticed])
    assert CANARY in admin.send("GET", f"/v1/documents/{contract}/content").get_data(as_text=True)
    told = erased(admin, person)
    stays = {each["code"]: each["records"] for each in told["not_erased"]}
    assert stays["in_clear"] == sorted([contract, noticed])
    assert stays["earlier_key"] == [made]
    assert "7351948.26" not in shown(admin, [made])
    assert admin.send("GET", f"/v1/documents/{contract}/content").status_code == 404
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    answer = admin.send("PATCH", f"/v1/evidence/{noticed}", json={"grade": "asserted"}, headers=headers)
    assert answer.status_code == 200, "what stands in the log for good does not keep anybody from correcting the rest"
    refused(admin.send("PATCH", f"/v1/evidence/{noticed}", json={"details": {"description": "new"}}, headers={**headers, "If-Match": '"2"'}),
            409, "subject_erased")  # fmt: skip


def _in_the_clear(context: Context, planned: Body) -> dict[str, Any]:
    content = canonical(planned)
    return {"sha256": context.blobs.keep(content), "bytes": len(content), "media_type": "application/json"}


def _under_the_studios_key(context: Context, planned: Body) -> dict[str, Any]:
    content = context.vault.seal(context.studio_id, None, canonical(planned))
    return {"sha256": context.blobs.keep(content), "bytes": len(content), "media_type": "application/x-sealed+json"}


@pytest.mark.parametrize("kept", [_in_the_clear, _under_the_studios_key, replay.keep_planned])
def test_a_plan_under_no_key_of_a_person_is_found_by_whom_it_names_and_goes(
    admin: Caller, person: str, services: Services, monkeypatch: pytest.MonkeyPatch, kept: Callable[[Context, Body], dict[str, Any]]
) -> None:
    """As editions before kept it, and as it is kept today where it speaks of too many to have all their keys."""
    monkeypatch.setattr(decide, "keep_planned", kept)
    monkeypatch.setattr(planned, "MOST", 0)
    consent = admin.create("consents", {"grantor": person, "capacity": "self", "answer": "granted"})["id"]
    other = admin.create("parties", {"type": "person", "professional_name": "Yan"})["id"]
    shot = {"prompts": [{"text": word("prompt"), "use": "positive"}]}

    def asked(**appearance: Any) -> tuple[str, Path]:
        subject = {"generation": shot, "appearance": {"type": "performance", **appearance}}
        made = admin.create("decisions", {"act": "generate", "subject": subject, "at": "2026-09-20T12:00:00Z"})
        return made["id"], services.blobs.of(admin.studio_id).path(made["body"]["planned"]["sha256"])

    (named, gone), (linked, gone_too), (_, stays) = asked(person=person), asked(consents=[consent]), asked(person=other)
    foreseen = admin.send("POST", f"/v1/parties/{person}/erase?dry_run=true", json={}).get_json()
    assert (foreseen["plans"], gone.exists()) == (2, True)
    held = hold(admin, targets=[linked])
    refused(admin.send("POST", f"/v1/parties/{person}/erase", json={}), 409, "on_hold")
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    assert admin.send("PATCH", f"/v1/holds/{held['id']}", json={"lifted_at": "2026-09-02"}, headers=headers).status_code == 200
    told = erased(admin, person)
    assert "and 2 plans kept by decisions" in told["says"]
    assert {each["code"]: each["records"] for each in told["not_erased"]}["earlier_key"] == [named, linked]
    assert [path.exists() for path in (gone, gone_too, stays)] == [False, False, True]
    refused(admin.send("GET", f"/v1/decisions/{named}/clearing"), 409, "erased")
    assert admin.send("POST", f"/v1/decisions/{named}/replay").get_json()["identical"] is True
    assert admin.send("GET", f"/v1/events/{told['event']}").get_json()["body"]["erasure"]["plans"] == 2
    assert erased(admin, person)["plans"] == 0


def test_versions_show_each_its_own_secrets(admin: Caller, person: str) -> None:
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    assert admin.send("PATCH", f"/v1/parties/{person}", json={"professional_name": "Zed"}, headers=headers).status_code == 200
    history = admin.send("GET", f"/v1/parties/{person}/versions").get_json()["items"]
    assert [each["body"]["professional_name"] for each in history] == ["Zoe", "Zed"]


def test_sealing_costs_no_query_and_no_key_file_for_each_value(admin: Caller, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    sent: list[object] = []
    read, execute = Vault._key, psycopg.Cursor.execute
    monkeypatch.setattr(Vault, "_key", lambda self, studio, subject, make: asked.append(subject) or read(self, studio, subject, make=make))
    mine = threading.get_ident()

    def note(self: Any, what: Any, *more: Any, **options: Any) -> Any:
        if threading.get_ident() == mine:  # others, such as the sequencer, ask in their own time
            sent.append(what)
        return execute(self, what, *more, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", note)
    body = {"person": person, "name": word("r"), "notes": word("n"), "subject_age_at_capture": 40}

    def write(count: int) -> int:
        asked.clear()
        sent.clear()
        lines = "\n".join(json.dumps({"kind": "replica", "body": body}) for _ in range(count))
        answer = admin.send("POST", "/v1/batch", data=lines, headers={"Content-Type": "application/x-ndjson"})
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
        assert asked.count(person) == 1
        return len(sent)

    write(1)
    few, many = write(1), write(20)
    assert 0 < many < few + 10, "a key that is looked up again after a while costs a query now and then; a value costs none"
    asked.clear()
    assert admin.send("GET", "/v1/replicas?limit=20").get_data(as_text=True).count(CANARY) == 40
    assert asked == [person]
