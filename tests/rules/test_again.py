"""A question asked again is answered from what was worked out only while nothing has changed that could make a difference."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from service.decisions import again
from service.decisions.decide import Decided, decide
from service.decisions.question import Asked, Question
from service.facts import kept as libraries
from service.facts.collecting import collect
from service.records import read
from tests.rules.scenario import STORY, Studio, read_scenario
from tests.rules.test_story_decided import adopt, question, second

NEWS: dict[str, dict[str, Any]] = {
    "a consent is withdrawn": {"kind": "event", "body": {"type": "withdrawn", "targets": ["$rider"], "effective_at": "2026-09-20T00:00:00Z", "basis": "contract_clause"}},
    "the people's union strikes": {"kind": "event", "body": {"type": "strike_called", "effective_at": "2026-09-01T00:00:00Z", "strike": {"union": "$union", "agreements": ["*"]}}},
    "a paper about the appearance": {"kind": "evidence", "body": {"type": "attestation", "subjects": ["$app_png"], "details": {"kind": "classification", "classified_as": "independently_created", "outcome": "confirmed", "role": "casting", "signed_at": "2026-09-19"}}},
    "a rate of the day": {"kind": "evidence", "body": {"type": "rate_table", "details": {"agreement": "$agreement", "rates": [{"key": "other", "amount": {"amount": "1.00", "currency": "USD"}, "unit": "day"}]}}},
    "a policy for every replica of the studio": {"kind": "evidence", "body": {"type": "access_policy", "details": {"replicas": ["*"], "roles": ["vfx"]}}},
    "another engagement of the performer": {"kind": "engagement", "body": {"person": "$performer", "production": "$production", "category": "background", "engaged_at": "2026-08-01T00:00:00Z"}},
    "somebody else's picture": {"kind": "asset", "body": {"type": "image", "productions": ["$production"], "origin": "camera"}},
    "a person nobody asked about": {"kind": "party", "body": {"type": "person", "professional_name": "Nobody Asked"}},
}  # fmt: skip
NEEDLESS = ("somebody else's picture", "a person nobody asked about")


@pytest.fixture
def asked(studio: Studio) -> Callable[[], Decided]:
    """The story's seventh question, asked of everything up to it."""
    steps = read_scenario(STORY)["steps"]
    other = second(studio)
    for one in steps:
        if str(one["step"]) == "8":
            break
        if one.get("records"):
            studio.enter(one["records"])
        if str(one["step"]) == "1":
            adopt(studio.context, other, studio.keys["$production"])
    told = question(studio, next(one for one in steps if str(one["step"]) == "7")["ask"][0])
    return lambda **other: decide(studio.context, replace(told, **other))


def _forget() -> None:
    again._WORKED.clear()
    libraries._KEPT.clear()


def test_the_same_question_is_not_worked_out_twice(asked):
    first = asked()
    asked()  # what the first decision left owed is there now
    kept = asked()
    assert kept.evaluation is asked().evaluation
    assert kept.asked.known_at > first.asked.known_at
    assert kept.recorded.body["facts"] == asked().recorded.body["facts"]
    _forget()
    anew = asked()
    assert anew.evaluation is not kept.evaluation
    assert anew.evaluation.bytes() == kept.evaluation.bytes()


@pytest.mark.parametrize("news", NEWS)
def test_what_is_new_is_seen(asked, studio, news):
    asked()
    asked()
    before = asked()
    known = {f"${key}": value for key, value in studio.keys.items() if not key.startswith("$")} | studio.keys
    record = NEWS[news]
    if any(name not in known for name in _names(record["body"])):
        pytest.fail(f"the story calls {sorted(known)}")
    studio.enter([{**record, "key": "news"}])
    after = asked()
    assert (after.evaluation is before.evaluation) == (news in NEEDLESS)
    later = asked(at=before.asked.instant + timedelta(seconds=1))  # from the records at hand
    _forget()
    fresh, anew = asked(), asked(at=later.asked.instant)
    for found, wanted in ((after, fresh), (later, anew)):
        assert found.evaluation.bytes() == wanted.evaluation.bytes()
        assert _without(found.facts, "obligations") == _without(wanted.facts, "obligations")


def _without(facts: Any, name: str) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key != name}


def test_the_records_at_hand_serve_another_instant_unless_another_version_is_in_effect_then(asked, studio, monkeypatch):
    first = asked()
    party = read.get(studio.context, "production", studio.keys["$production"])
    change, turn = {"type": "amendment", "effective_at": "2026-11-01T00:00:00Z"}, datetime(2026, 11, 1, tzinfo=UTC)
    body = {**read.open_all(studio.context, [party])[0].body, "title": "Another title"}
    studio.enter([{"kind": "production", "version_of": "production", "key": "later", "change": change, "body": body}])
    reads = []
    monkeypatch.setattr(
        sys.modules["service.facts.gather"], "collect", lambda *given, **more: (reads.append(1), collect(*given, **more))[1]
    )
    asked(at=turn - timedelta(days=2))
    asked(at=turn - timedelta(days=1))
    assert len(reads) == 1
    before, after = asked(at=turn - timedelta(seconds=1)), asked(at=turn)
    assert len(reads) == 2
    assert (before.worked.read[party.id], after.worked.read[party.id]) == (first.worked.read[party.id], first.worked.read[party.id] + 1)


def test_who_names_no_instant_asks_about_the_second_that_ends_now_or_next(asked, studio):
    now = asked(at=None).asked.instant
    assert now.microsecond == 0
    assert timedelta(0) <= now - studio.context.now < timedelta(seconds=1)


def test_of_those_who_ask_the_same_at_once_one_works_it_out():
    asked = Asked(Question(("ast_1",)), ("ast_1",), None, {}, None, datetime(2026, 1, 1, tzinfo=UTC), 5)
    begun, made = threading.Barrier(4), []

    def work() -> again.Worked:
        time.sleep(0.05)
        made.append(again.Worked(5, {}, {}, frozenset(), b"", SimpleNamespace(), b""))
        return made[-1]

    def ask(_: int) -> again.Worked:
        begun.wait()
        return again.worked(SimpleNamespace(studio_id="stu_once"), asked, b"", b"", work)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert len(made) == 1
    assert all(answer.evaluation is made[0].evaluation for answer in answers)
    assert not again._AT_WORK


def test_a_new_version_is_seen(asked, studio):
    asked()
    asked()
    before = asked()
    party = read.get(studio.context, "production", studio.keys["$production"])
    studio.enter(
        [
            {
                "kind": "production",
                "version_of": "production",
                "key": "again",
                "body": {**read.open_all(studio.context, [party])[0].body, "notes": "new"},
            }
        ]
    )
    after = asked()
    assert after.evaluation is not before.evaluation


def _names(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [name for inner in value.values() for name in _names(inner)]
    if isinstance(value, list):
        return [name for inner in value for name in _names(inner)]
    return [value] if isinstance(value, str) and value.startswith("$") else []
