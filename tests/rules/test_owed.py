"""What decisions of the story leave owed, from the first question to the last: named by its paper, dated, proved, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from service import errors
from service.decisions import due, obligations, owed, releases
from service.decisions.decide import Decided, decide
from service.facts import paydays
from service.records import read
from service.records.model import Recorded
from tests.rules.scenario import Studio
from tests.rules.test_story_decided import told  # noqa: F401

Told = Callable[[str], Decided]


def open_pay(studio: Studio) -> list[Any]:
    return [one for one in due_of(studio) if one.body["type"] == "pay"]


def due_of(studio: Studio) -> list[Any]:
    return obligations.due(studio.context, production=studio.keys["$production"])


def test_an_estimate_for_several_shots_is_owed_once_whichever_of_them_is_asked_about(told: Told, studio: Studio) -> None:  # noqa: F811
    question = told("7").asked.question
    (first,) = open_pay(studio)
    assert first.body["under"] == studio.keys["$days"]
    other = replace(question, subjects=[studio.keys["$shot_mp4"]])
    decide(studio.context, other)
    (pay,) = open_pay(studio)
    assert (pay.id, pay.body["quantity"]) == (first.id, "1.5")
    assert studio.keys["$app_mp4"] in pay.body["subjects"]
    obligations.settle(studio.context, pay.id, [studio.keys["$days"]], None)
    for asked in (question, other, replace(question, subjects=[studio.keys["$frame_exr"]])):
        assert not [one for one in decide(studio.context, asked).evaluation.findings if one.code == "day-pay" and one.result != "pass"]
    assert open_pay(studio) == []


def test_a_day_that_somebody_states_is_kept_listed_and_holds_when_it_has_come(told: Told, studio: Studio) -> None:  # noqa: F811
    question = told("7").asked.question
    (pay,) = open_pay(studio)
    stated = obligations.state_due(studio.context, pay.id, "2026-10-02", "The payroll run of week 40.")
    assert (stated.body["due_at"], stated.body["due_basis"], stated.body["quantity"]) == ("2026-10-02", "stated", "1.5")
    decide(studio.context, replace(question, subjects=[studio.keys["$shot_mp4"]]))
    (kept,) = open_pay(studio)
    assert (kept.body["due_at"], kept.body["reason"]) == ("2026-10-02", "The payroll run of week 40.")
    (row,) = [one for one in due.lines(studio.context, [kept]) if one["due_at"]]
    assert b"DTSTART;VALUE=DATE:20261002" in due.calendar([row], studio.context.now)
    late = decide(studio.context, replace(question, at=datetime(2026, 10, 5, tzinfo=UTC))).evaluation
    assert late.outcome == "review"
    assert [(one.code, one.subject) for one in late.findings if one.rule == "x.obligation.due"] == [("overdue", kept.id)]
    with pytest.raises(errors.Invalid) as refused:
        obligations.settle(studio.context, kept.id, [studio.keys["$days"]], "2027-06-01")
    assert refused.value.errors[0].pointer == "/done_at"


def test_what_is_owed_no_longer_is_cancelled_by_the_decision_that_shows_it(told: Told, studio: Studio) -> None:  # noqa: F811
    question = told("7").asked.question
    (pay,) = open_pay(studio)
    assert {studio.keys[f"$app_{name}"] for name in ("png", "mp4", "exr")} == set(pay.body["subjects"])
    paid = {
        "basis": "use_days",
        "person": "$performer",
        "payee": "person",
        "units": "1.5",
        "at_least_minimum": True,
        "paid_at": "2026-09-19",
    }
    body = {
        "type": "compensation",
        "subjects": ["$engagement"],
        "productions": ["$production"],
        "details": {**paid, "pension_health": True},
    }
    studio.enter([{"kind": "evidence", "body": body}])
    decide(studio.context, replace(question, at=datetime(2026, 9, 20, 12, tzinfo=UTC)))
    assert open_pay(studio) == [pay], "asked about an earlier day"
    decided = decide(studio.context, question)
    assert open_pay(studio) == []
    ended = read.get(studio.context, "obligation", pay.id).body
    assert (ended["state"], ended["cancelled_by"]) == ("cancelled", decided.recorded.id if decided.recorded else None)
    assert "no longer" in ended["reason"]
    assert pay.id not in {one.id for one in decided.obligations}


def test_what_is_owed_for_other_shots_stays() -> None:
    at = SimpleNamespace(now=datetime(2026, 9, 21, tzinfo=UTC))
    asked: Any = SimpleNamespace(question=SimpleNamespace(act="release"), intent={}, at="2026-09-21T00:00:00Z", subjects=("ast_2",))
    decision: Any = SimpleNamespace(body={"act": "release", "at": "2026-09-20T00:00:00Z", "subjects": ["ast_1"]})
    body = {"subjects": ["app_1", "app_2", "prd_1"], "under": "evd_1", "state": "open"}
    seen = owed.Seen(frozenset({"app_2"}), {})
    context: Any = at
    assert owed._left(context, asked, body, decision, seen) == ["app_1"]
    left = owed._ended(context, Recorded("obl_1", "obligation", 1, 1, "", "", {}, body, ()), ["app_1"])
    assert left is not None
    assert (left.body["state"], left.body["subjects"]) == ("open", ["app_1", "prd_1"])
    counted = {"subjects": ["app_1", "app_2"], "quantity": "3", "state": "open"}
    assert owed._ended(context, Recorded("obl_1", "obligation", 1, 1, "", "", {}, counted, ()), ["app_1"]) is None
    for change in ({"act": "publish"}, {"at": "2026-09-22T00:00:00Z"}, {"intent": {"purpose": "marketing"}}):
        other: Any = SimpleNamespace(body=decision.body | change)
        assert owed._left(context, asked, body, other, seen) is None


@pytest.mark.parametrize(
    ("stated", "day", "payday"),
    [
        ({"first": "2026-08-27", "every": "week"}, "2026-08-27", "2026-08-27"),
        ({"first": "2026-08-27", "every": "week", "days_after": 3}, "2026-08-27", "2026-09-03"),
        ({"first": "2026-08-27", "every": "two_weeks"}, "2026-07-01", "2026-07-02"),
        ({"first": "2026-01-31", "every": "month"}, "2027-02-03", "2027-02-28"),
        ({"first": "2026-01-15", "every": "month"}, "2026-12-16", "2027-01-15"),
    ],
)
def test_the_ordinary_payday(stated: dict[str, Any], day: str, payday: str) -> None:
    found = paydays.after([{}, {"paydays": stated}], date.fromisoformat(day))
    assert found is not None
    assert found.isoformat() == payday
    assert paydays.after([{}], date.fromisoformat(day)) is None


def test_pay_that_follows_a_release_gets_the_payday_of_the_title(told: Told, studio: Studio) -> None:  # noqa: F811
    decided = told("7")
    (pay,) = open_pay(studio)
    assert (pay.body["due_basis"], pay.body["calendar"]) == ("after_release", "payday")
    title = read.get(studio.context, "production", studio.keys["$production"]).body
    studio.keys["$title"] = studio.keys["$production"]
    stated = {**title, "paydays": {"first": "2026-08-27", "every": "week"}}
    studio.enter([{"kind": "production", "version_of": "title", "body": stated, "change": {"type": "amendment"}}])
    released = decide(studio.context, decided.asked.question)
    releases.release(studio.context, released.recorded.id if released.recorded else "")
    (dated,) = open_pay(studio)
    assert dated.body["due_at"] == "2026-12-24", "the Thursday of the release itself"
