"""Waivers on pages: asked for by one person, approved by another, never over an absolute bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.records import read, search, write
from service.rules.load import load_packs
from service.services import Services
from tests.web import world as worlds
from tests.web.sent import beside, forms, opened, send, words
from tests.web.world import World

Colleague = Callable[..., FlaskClient]
RULE = "sagaftra-tvt-2026.scan.business-reason"
UNTIL = "2031-01-31"


def bar() -> str:
    """An absolute bar of the packs that come with the service."""
    return next(str(rule["id"]) for pack in load_packs().values() for rule in pack.rules if rule.get("absolute"))


def filled(world: World, **more: Any) -> dict[str, Any]:
    return {"rules": [RULE], "scope_productions": world.ids["production"], "reason": "The set burned down.", "expires_at": UNTIL, **more}


def ask(client: FlaskClient, world: World, **more: Any) -> str:
    """Ask for a waiver on the page and return its id."""
    answer = send(client, opened(client, "/waivers/new"), filled(world, **more))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location).partition("=")[2]


def newest(world: World, waiver: str) -> Any:
    with world.services.database.app(world.studio_id) as conn:
        return read.versions(world.context(conn), "waiver", waiver)[-1]


def how_many(world: World) -> int:
    with world.services.database.app(world.studio_id) as conn:
        return len(search.find(world.context(conn), "waiver", search.Filter(), limit=500).records)


def test_before_anybody_asked_the_page_says_so(client: FlaskClient) -> None:
    told = words(client.get("/waivers?state=revoked"))
    assert "No waiver is in this state." in told
    assert "Nobody can waive an absolute bar, for whatever reason" in told
    assert bar() in told


def test_a_request_is_recorded_as_the_api_records_it(client: FlaskClient, world: World) -> None:
    mine = ask(client, world, acts=["capture", "release"], territories="US GB", subjects=f"/assets/{world.ids['shot']} {world.ids['clip']}")
    record = newest(world, mine)
    assert {name: record.body[name] for name in ("state", "rules", "scope_productions", "subjects", "acts", "territories", "requested_by", "expires_at")} == {
        "state": "requested", "rules": [RULE], "scope_productions": [world.ids["production"]], "subjects": [world.ids["shot"], world.ids["clip"]],
        "acts": ["capture", "release"], "territories": ["US", "GB"], "requested_by": world.account_id, "expires_at": UNTIL,
    }  # fmt: skip
    assert set(record.body["reason"]) == {"commitment"}, "counsel's words are kept apart"
    told = words(client.get("/waivers"))
    assert "Waits for a second person" in told
    assert RULE in told
    assert "31 Jan 2031" in told
    assert "The set burned down." in words(client.get(f"/waivers/{mine}"))


def test_the_address_fills_in_the_rule(client: FlaskClient, world: World) -> None:
    form = opened(client, f"/waivers/new?rule={RULE}&requirement=stated&production={world.ids['production']}")
    assert form.typed == {"rules": [RULE], "requirement": ["stated"], "scope_productions": [world.ids["production"]]}


def test_nobody_approves_what_they_asked_for(client: FlaskClient, world: World) -> None:
    mine = ask(client, world)
    page = client.get(f"/waivers/{mine}")
    assert "You asked for it, so somebody else approves it" in words(page)
    assert 'value="approved"' not in page.get_data(as_text=True)
    answer = send(client, opened(client, f"/waivers/{mine}"), {"verdict": "approved"})
    assert answer.status_code == 403
    assert "needs a second person" in words(answer)
    assert newest(world, mine).body["state"] == "requested"


def test_a_second_person_approves_and_either_ends_it(client: FlaskClient, colleague: Colleague, world: World) -> None:
    mine, second = ask(client, world), colleague("legal_reviewer")
    assert 'value="approved"' in second.get(f"/waivers/{mine}").get_data(as_text=True)
    assert send(second, opened(second, f"/waivers/{mine}"), {"verdict": "approved", "role": "production_counsel"}).status_code == 303
    record = newest(world, mine)
    assert (record.body["state"], record.body["approver_role"]) == ("approved", "production_counsel")
    assert record.body["approved_by"] == record.recorded_by != world.account_id
    told = words(client.get(f"/waivers/{mine}"))
    assert "by Ben Counsel as production counsel" in told
    assert send(client, opened(client, f"/waivers/{mine}"), {"verdict": "revoked"}).status_code == 303
    assert newest(world, mine).body["state"] == "revoked"
    assert forms(client.get(f"/waivers/{mine}").get_data(as_text=True)) == []


def test_who_asked_may_take_it_back(client: FlaskClient, world: World) -> None:
    mine = ask(client, world)
    assert send(client, opened(client, f"/waivers/{mine}"), {"verdict": "refused"}).status_code == 303
    assert newest(world, mine).body["state"] == "refused"


def test_an_approved_waiver_whose_day_has_passed_has_expired(client: FlaskClient, world: World) -> None:
    with world.services.database.app(world.studio_id) as conn:
        body = {"rules": [RULE], "scope_productions": [world.ids["production"]], "state": "approved", "requested_by": "acc_one", "approved_by": "acc_two", "expires_at": "2025-12"}  # fmt: skip
        old = write.create(world.context(conn), "waiver", body | {"approved_at": "2025-01-01T00:00:00Z"}).id
    told = words(client.get(f"/waivers/{old}"))
    assert "Expired" in told
    assert "Approve until" not in told


def test_an_absolute_bar_is_refused_in_a_clear_sentence(client: FlaskClient, world: World) -> None:
    before = how_many(world)
    answer = send(client, opened(client, "/waivers/new"), filled(world, rules=[RULE, bar()]))
    assert answer.status_code == 422
    assert f"{bar()} is an absolute bar; nobody can waive it." in beside(answer, "rules")
    assert "This is an absolute bar: nobody can waive it." in words(answer)
    assert forms(answer.get_data(as_text=True))[0].typed["rules"] == [RULE, bar()]
    assert how_many(world) == before
    assert f"/waivers/new?rule={bar()}" not in client.get(f"/rules/{bar().partition('.')[0]}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "field", "remedy"),
    [
        ({"rules": []}, "rules", "required"),
        ({"rules": ["Item 15"]}, "rules", "Write the id of a rule"),
        ({"rules": ["sagaftra-tvt-2026.no.such"]}, "rules", "No pack holds this rule"),
        ({"rules": ["x.consent.live"]}, "rules", "settle its review instead"),
        ({"requirement": "everything"}, "requirement", "no such requirement"),
        ({"scope_productions": []}, "subjects", "Say what it is for"),
        ({"scope_productions": "{unknown}"}, "scope_productions", "register it first"),
        ({"subjects": "the shot"}, "subjects", "not a record"),
        ({"territories": "Germany"}, "territories", "two capitals"),
        ({"acts": ["dance"]}, "acts", "Choose one of"),
        ({"reason": " "}, "reason", "required"),
        ({"reason": "x" * 8001}, "reason", "shorten it to 8000"),
        ({"expires_at": ""}, "expires_at", "required"),
        ({"expires_at": "never"}, "expires_at", "Write a date as"),
        ({"expires_at": "2020-01-01"}, "expires_at", "lifts nothing"),
        ({"documents": "{shot}"}, "documents", "not a document"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
    client: FlaskClient, world: World, changes: dict[str, Any], field: str, remedy: str
) -> None:
    named = {"unknown": worlds.unknown("prd"), "shot": world.ids["shot"]}
    told = {name: value.format(**named) if isinstance(value, str) else value for name, value in changes.items()}
    typed, before = filled(world, **told), how_many(world)
    answer = send(client, opened(client, "/waivers/new"), typed)
    assert answer.status_code == 422
    assert remedy in beside(answer, field)
    kept = forms(answer.get_data(as_text=True))[0].typed
    for name in ("rules", "requirement", "subjects", "territories", "reason", "expires_at", "documents"):
        given = typed.get(name, "")
        assert [each.strip() for each in kept.get(name, []) if each.strip()] == [
            each for each in ([given] if isinstance(given, str) else given) if each.strip()
        ], name
    assert how_many(world) == before


def test_all_that_is_wrong_is_told_at_once(client: FlaskClient, world: World) -> None:
    wrong = {"rules": [bar()], "territories": "Germany", "expires_at": "2020-01-01", "documents": "a letter", "reason": ""}
    answer = send(client, opened(client, "/waivers/new"), filled(world, **wrong))
    assert answer.status_code == 422
    assert [name for name in wrong if not beside(answer, name)] == []


def test_a_second_click_asks_once(client: FlaskClient, world: World) -> None:
    form, before = opened(client, "/waivers/new"), how_many(world)
    locations = {send(client, form, filled(world)).location for _ in range(3)}
    assert len(locations) == 1
    assert how_many(world) == before + 1


def test_a_waiver_that_is_over_is_not_decided_again(client: FlaskClient, colleague: Colleague, world: World) -> None:
    mine, second = ask(client, world), colleague("legal_reviewer")
    theirs = opened(second, f"/waivers/{mine}")
    send(client, opened(client, f"/waivers/{mine}"), {"verdict": "refused"})
    answer = send(second, theirs, {"verdict": "approved"})
    assert answer.status_code == 409
    assert "This waiver is refused; it cannot be approved now." in words(answer)


def test_an_auditor_reads_and_cannot_act(client: FlaskClient, colleague: Colleague, world: World) -> None:
    auditor, mine = colleague("auditor"), ask(client, world)
    page = auditor.get(f"/waivers/{mine}")
    assert forms(page.get_data(as_text=True)) == []
    assert "withheld" in words(page)
    assert "The set burned down" not in words(page)
    assert "/waivers/new" not in auditor.get("/waivers").get_data(as_text=True)
    assert auditor.get("/waivers/new").status_code == 403
    for form in (opened(client, "/waivers/new"), opened(client, f"/waivers/{mine}")):
        refused = send(auditor, form, filled(world, verdict="refused"))
        assert refused.status_code == 403
        assert "waivers.write" in words(refused)
    assert newest(world, mine).body["state"] == "requested"


def test_another_studio_is_not_there(client: FlaskClient, services: Services, world: World) -> None:
    theirs = worlds.foreign(
        services, "waiver", rules=[RULE], state="requested", requested_by="acc_x", expires_at=UNTIL, scope_productions=[]
    )
    form = opened(client, f"/waivers/{ask(client, world)}")
    for path in (theirs, worlds.unknown("wvr"), world.ids["shot"], "nonsense"):
        assert client.get(f"/waivers/{path}").status_code == 404
        form.action = f"/waivers/{path}/decide"
        assert send(client, form, {"verdict": "refused"}).status_code == 404
    assert theirs not in client.get("/waivers").get_data(as_text=True)
