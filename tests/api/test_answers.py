"""What is on record about a title, asked by buyers, awards and platforms: answered from the same records, naming what is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.decisions import askers
from tests.api.conftest import Caller
from tests.rules import scenario as play
from tests.rules import test_scenarios_api as api


@pytest.fixture
def tell(admin: Caller) -> Callable[..., api.Caller]:
    """Return a function that enters the first steps of a scenario."""

    def enter(name: str, steps: int) -> api.Caller:
        person = api.Caller(admin.client, admin.key, admin.key)
        for step in play.read_scenario(play.HERE / f"{name}.yaml")["steps"][:steps]:
            person.enter(step.get("records", ()))
        return person

    return enter


def ask(admin: Caller, person: api.Caller, title: str, asker: str, subject: str | None = None) -> dict[str, Any]:
    """Ask for the answers about a title, or one of its assets."""
    query = {"at": "2026-10-01T12:00:00Z", **({"subject": person.keys[subject]} if subject else {})}
    answer = admin.send("GET", f"/v1/productions/{person.keys[title]}/answers/{asker}", query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json())


def said(found: dict[str, Any]) -> dict[str, Any]:
    """The answers by their field."""
    return {one["field"]: one["answer"] for one in found["answers"]}


def test_netflix_gets_every_answer_with_the_words_of_the_paper(admin: Caller, tell: Callable[..., api.Caller]) -> None:
    person = tell("platforms_netflix", 2)
    found = ask(admin, person, "$film", "netflix", "$mood")
    answers = said(found)
    assert (answers["kind"], answers["stage"], answers["temporary_only"], answers["notified"]) == ("generative", "ideation", "yes", True)
    assert answers["tools"] == [{"tool": "Studio tool", "terms": [person.keys["$terms"]]}]
    assert answers["in_final"] is True
    assert found["not_answered"] == []
    assert found["complete"] is True
    assert [one["human_authorship"] for one in found["statements"]] == ["The art director chose and overpainted it."]


def test_what_nobody_has_said_is_named_and_not_guessed(admin: Caller, tell: Callable[..., api.Caller]) -> None:
    person = tell("platforms_netflix", 3)
    found = ask(admin, person, "$film", "netflix", "$bare")
    open_ = {one["field"] for one in found["not_answered"]}
    assert {"stage", "element", "no_substantial_recreation", "temporary_only", "notified", "real_event_risk"} <= open_
    assert open_.isdisjoint(said(found))
    assert found["complete"] is False


def test_without_a_subject_the_whole_title_is_asked_about(admin: Caller, tell: Callable[..., api.Caller]) -> None:
    person = tell("platforms_netflix", 3)
    found = ask(admin, person, "$film", "netflix")
    assert found["subjects"] == sorted([person.keys["$mood"], person.keys["$bare"]])
    assert {one["about"] for one in found["not_answered"]} == {person.keys["$bare"]}


def test_the_academies_hear_of_performances_and_of_the_screenplay(admin: Caller, tell: Callable[..., api.Caller]) -> None:
    person = tell("awards_entries", 2)
    answers = said(ask(admin, person, "$film", "oscars", "$cut"))
    assert (answers["stands_in"], answers["generated"], answers["statement"], answers["kind"]) == (False, False, True, "assistive")
    assert said(ask(admin, person, "$film", "grammys", "$cut")) == {"category": "Score", "statement": True}
    label = ask(admin, person, "$film", "human-provenance", "$cut")
    assert (said(label)["declared_tier"], label["computed_tier"]) == (2, 2)


def test_stores_of_music_and_games_and_a_broadcaster(admin: Caller, tell: Callable[..., api.Caller]) -> None:
    person = tell("platforms_others", 7)
    whole, half = (ask(admin, person, "$record", "ddex", name) for name in ("$song", "$half"))
    assert said(whole)["areas.instrumentation"] == "partial"
    assert (whole["complete"], half["complete"]) == (True, False)
    assert [one["field"] for one in half["not_answered"]] == [
        "areas.instrumentation",
        "areas.composition",
        "areas.post_production",
        "areas.lyrics",
    ]
    assert said(ask(admin, person, "$game", "steam", "$talk")) == {"player_facing": True, "generation_time": "runtime", "guardrails": True}
    assert [one["field"] for one in ask(admin, person, "$game", "steam", "$open")["not_answered"]] == ["guardrails"]
    assert said(ask(admin, person, "$news", "bbc", "$map"))["referral"] is True


def test_a_title_without_assets_is_not_complete(admin: Caller) -> None:
    title = admin.create("productions", {"title": "Nothing yet", "format": "feature"})
    answer = admin.send("GET", f"/v1/productions/{title['id']}/answers/netflix").get_json()
    assert (answer["subjects"], answer["answers"], answer["complete"]) == ([], [], False)


@pytest.mark.parametrize("asker", sorted(askers.ASKERS))
def test_every_asker_is_answered(admin: Caller, tell: Callable[..., api.Caller], asker: str) -> None:
    person = tell("platforms_house", 2)
    found = ask(admin, person, "$film", asker, "$shot")
    assert found["asker"] == asker
    assert found["complete"] is not bool(found["not_answered"])


def test_who_asks_must_be_known_and_may_see_only_the_own_studio(admin: Caller, stranger: Caller) -> None:
    title = admin.create("productions", {"title": "Nothing yet", "format": "feature"})
    unknown = admin.send("GET", f"/v1/productions/{title['id']}/answers/nobody")
    assert unknown.status_code == 404
    assert "netflix" in unknown.get_json()["detail"]
    assert stranger.send("GET", f"/v1/productions/{title['id']}/answers/netflix").status_code == 404
    theirs = stranger.create("productions", {"title": "Theirs", "format": "feature"})
    foreign = stranger.send("GET", f"/v1/productions/{theirs['id']}/answers/netflix", query_string={"subject": title["id"]})
    assert foreign.status_code == 404
