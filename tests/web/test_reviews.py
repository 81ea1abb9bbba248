"""Open reviews on pages: one group a cause, and an answer that is recorded once, by who may, in the words that were typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.records import read, write
from service.services import Services
from tests.web import world as worlds
from tests.web.sent import beside, forms, opened, send, words
from tests.web.world import World

Colleague = Callable[..., FlaskClient]
CAUSE = "house-likeness.asset-origin#origin"
ANSWER = {"verdict": "confirmed", "statement": "The call sheet of 14 September names the camera."}


def ask(world: World, cause: str = CAUSE, **more: Any) -> str:
    """One more open review of the world's decision."""
    with world.services.database.app(world.studio_id) as conn:
        body = {
            "decision": world.ids["blocked"],
            "productions": [world.ids["production"]],
            "cause": cause,
            "role": "legal",
            "state": "open",
        }
        return write.create(world.context(conn), "review", {**body, **more}).id


def versions(world: World, review: str) -> list[Any]:
    with world.services.database.app(world.studio_id) as conn:
        return read.versions(world.context(conn), "review", review)


def test_reviews_are_grouped_by_what_they_ask(client: FlaskClient, world: World) -> None:
    alike = [ask(world, "x.grouped#cause", question="Was the face classified by hand?", role="casting") for _ in range(3)]
    html = client.get("/reviews?role=casting").get_data(as_text=True)
    told = words(client.get("/reviews?role=casting"))
    assert told.count("Was the face classified by hand?") == 1
    assert "3 reviews" in told
    assert "3 open reviews, 1 cause." in told
    assert "Casting" in told
    assert all(f'href="/reviews/{each}"' in html for each in alike)
    assert "Is the origin of Shot 041 settled?" not in told
    assert "Is the origin of Shot 041 settled?" in words(client.get("/reviews"))


def test_nothing_that_waits_is_said_in_plain_words(client: FlaskClient) -> None:
    assert "No review of the kind is open." in words(client.get("/reviews?role=payroll"))


def test_an_answer_is_recorded_as_the_api_records_it(client: FlaskClient, world: World) -> None:
    mine = ask(world)
    form = opened(client, f"/reviews/{mine}")
    answer = send(client, form, {**ANSWER, "reason": "Counsel is content.", "expires_at": "2031-01-31"})
    assert (answer.status_code, answer.location) == (303, f"/reviews?settled={mine}")
    newest = versions(world, mine)[-1]
    assert newest.version == 2
    assert newest.change["type"] == "amendment"
    assert {name: newest.body[name] for name in ("state", "decided_by", "decided_as", "expires_at")} == {
        "state": "confirmed", "decided_by": world.account_id, "decided_as": "legal", "expires_at": "2031-01-31",
    }  # fmt: skip
    assert set(newest.body["reason"]) == {"commitment"} == set(newest.body["notes"]), "counsel's reasons and free words are kept apart"
    assert "Confirmed and in the log" in words(client.get(answer.location))
    page = client.get(f"/reviews/{mine}")
    assert forms(page.get_data(as_text=True)) == []
    assert "Counsel is content." in words(page)
    assert ANSWER["statement"] in words(page)
    assert "by Ada Lawyer as legal" in words(page)


def test_an_attestation_is_a_ground_too(client: FlaskClient, world: World) -> None:
    with world.services.database.app(world.studio_id) as conn:
        details = {"kind": "origin", "outcome": "confirmed", "role": "legal", "signed_at": "2026-09-15"}
        body = {"type": "attestation", "subjects": [world.ids["shot"]], "details": details, "productions": [world.ids["production"]]}
        paper = write.create(world.context(conn), "evidence", body).id
    chosen, named = ask(world), ask(world)
    assert f'value="{paper}"' in client.get(f"/reviews/{chosen}").get_data(as_text=True)
    assert send(client, opened(client, f"/reviews/{chosen}"), {"verdict": "rejected", "attestation": paper}).status_code == 303
    by_address = {"verdict": "rejected", "attestation_other": f"/records/{paper}"}
    assert send(client, opened(client, f"/reviews/{named}"), by_address).status_code == 303
    assert [versions(world, each)[-1].body["attestation"] for each in (chosen, named)] == [paper, paper]


def test_what_is_alike_is_settled_each_by_itself(client: FlaskClient, world: World) -> None:
    first, second, third = (ask(world, "x.alike#cause") for _ in range(3))
    form = opened(client, f"/reviews/{first}")
    answer = send(client, form, {**ANSWER, "alike": [second]})
    assert answer.location == f"/reviews?settled={first},{second}"
    again = send(client, form, {**ANSWER, "alike": [second]})
    assert again.location == answer.location
    assert [len(versions(world, each)) for each in (first, second, third)] == [2, 2, 1]


def test_what_several_rules_ask_may_be_answered_for_some_of_them(client: FlaskClient, world: World) -> None:
    rules = ["house-likeness.asset-origin", "house-likeness.creation-consent"]
    mine = ask(world, "missing_facts@legal", rules=rules)
    told = words(client.get("/reviews"))
    assert all(rule in told for rule in ("2 rules", *rules))
    assert all(rule in words(client.get(f"/reviews/{mine}")) for rule in ("Only for these rules", *rules))
    send(client, opened(client, f"/reviews/{mine}"), {**ANSWER, "rules": rules[1:]})
    assert versions(world, mine)[-1].body["rules"] == rules[1:]
    stray = send(client, opened(client, f"/reviews/{ask(world, 'missing_facts@legal', rules=rules)}"), {**ANSWER, "rules": ["house.other"]})
    assert "does not ask about house.other" in beside(stray, "rules")


def test_nothing_is_settled_beside_what_is_not_there(client: FlaskClient, world: World) -> None:
    mine = ask(world)
    for stray in (worlds.unknown("rev"), world.ids["shot"], "nonsense"):
        assert send(client, opened(client, f"/reviews/{mine}"), {**ANSWER, "alike": [stray]}).status_code == 404
    assert len(versions(world, mine)) == 1


def test_what_refuses_the_answer_is_left_and_told(client: FlaskClient, world: World) -> None:
    first, second = (ask(world, "x.left#cause") for _ in range(2))
    form = opened(client, f"/reviews/{first}")
    send(client, opened(client, f"/reviews/{second}"), ANSWER)
    answer = send(client, form, {**ANSWER, "alike": [second]})
    assert answer.location == f"/reviews?settled={first}&left={second}"
    assert "did not take the same answer" in words(client.get(answer.location))
    assert len(versions(world, second)) == 2


@pytest.mark.parametrize(
    ("changes", "field", "remedy"),
    [
        ({"verdict": ""}, "verdict", "required"),
        ({"verdict": "perhaps"}, "verdict", "Choose one of: confirmed, rejected"),
        ({"statement": ""}, "statement", "Say what was looked at"),
        ({"role": "payroll"}, "role", "decide in that role"),
        ({"role": "king"}, "role", "Choose one of"),
        ({"attestation": "a letter"}, "attestation", "not an attestation"),
        ({"attestation_other": "{unknown}"}, "attestation", "register it first"),
        ({"expires_at": "soon"}, "expires_at", "Write a date as"),
        ({"expires_at": "2020-01-01"}, "expires_at", "has passed"),
        ({"statement": "x" * 4001}, "statement", "shorten it to 4000"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
    client: FlaskClient, world: World, changes: dict[str, str], field: str, remedy: str
) -> None:
    typed = (
        ANSWER
        | {"role": "legal", "reason": "As discussed."}
        | {name: value.format(unknown=worlds.unknown("evd")) for name, value in changes.items()}
    )
    mine = world.ids["review"]
    answer = send(client, opened(client, f"/reviews/{mine}"), typed)
    assert answer.status_code == 422
    assert remedy in beside(answer, field)
    kept = forms(answer.get_data(as_text=True))[0].typed
    for name in ("verdict", "statement", "reason", "expires_at"):
        known = name != "verdict" or typed["verdict"] != "perhaps"
        assert kept.get(name, []) == ([typed[name]] if typed.get(name) and known else []), name
    assert versions(world, mine)[-1].body["state"] == "open"


def test_a_second_click_changes_nothing(client: FlaskClient, world: World) -> None:
    mine = ask(world)
    form = opened(client, f"/reviews/{mine}")
    locations = [send(client, form, ANSWER).location for _ in range(2)]
    assert locations == [f"/reviews?settled={mine}"] * 2
    assert len(versions(world, mine)) == 2


def test_who_comes_late_is_told_and_keeps_what_was_typed(client: FlaskClient, colleague: Colleague, world: World) -> None:
    mine = ask(world)
    late = opened(colleague("legal_reviewer"), f"/reviews/{mine}")
    send(client, opened(client, f"/reviews/{mine}"), ANSWER)
    answer = send(colleague("legal_reviewer"), late, {"verdict": "rejected", "statement": "I saw the opposite."})
    assert answer.status_code == 409
    assert "This review is confirmed already" in words(answer)
    assert "I saw the opposite." in words(answer)
    assert versions(world, mine)[-1].body["state"] == "confirmed"


def test_an_auditor_reads_and_cannot_decide(client: FlaskClient, colleague: Colleague, world: World) -> None:
    auditor, mine = colleague("auditor"), world.ids["review"]
    page = auditor.get(f"/reviews/{mine}")
    assert page.status_code == 200
    assert forms(page.get_data(as_text=True)) == []
    assert "it does not decide it" in words(page)
    assert "Counsel doubts it" not in words(page)
    assert "does not decide them" in words(auditor.get("/reviews"))
    refused = send(auditor, opened(client, f"/reviews/{mine}"), ANSWER)
    assert refused.status_code == 403
    assert "reviews.decide" in words(refused)
    assert versions(world, mine)[-1].body["state"] == "open"


def test_a_vendor_does_not_reach_reviews(colleague: Colleague) -> None:
    vendor = colleague("vendor")
    assert vendor.get("/reviews").status_code == 403
    assert 'href="/reviews"' not in vendor.get("/assets").get_data(as_text=True)


def test_another_studio_is_not_there(client: FlaskClient, services: Services, world: World) -> None:
    theirs = worlds.foreign(services)
    form = opened(client, f"/reviews/{world.ids['review']}")
    for path in (theirs, worlds.unknown("rev"), world.ids["shot"], "nonsense"):
        assert client.get(f"/reviews/{path}").status_code == 404
        form.action = f"/reviews/{path}/decide"
        assert send(client, form, ANSWER).status_code == 404
