"""A question asked again is answered from what was worked out only while nothing has changed that could make a difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.decisions import again
from service.decisions.decide import Decided, decide
from service.records import read
from tests.rules.scenario import STORY, Studio, read_scenario
from tests.rules.test_story_decided import adopt, question, second

NEWS: dict[str, dict[str, Any]] = {
    "a consent is withdrawn": {"kind": "event", "body": {"type": "withdrawn", "targets": ["$rider"], "effective_at": "2026-09-20T00:00:00Z", "basis": "contract_clause"}},
    "the people's union strikes": {"kind": "event", "body": {"type": "strike_called", "effective_at": "2026-09-01T00:00:00Z", "strike": {"union": "$union", "agreements": ["*"]}}},
    "a paper about the appearance": {"kind": "evidence", "body": {"type": "attestation", "subjects": ["$app_png"], "details": {"kind": "classification", "classified_as": "independently_created", "outcome": "confirmed", "role": "casting", "signed_at": "2026-09-19"}}},
    "a rate of the day": {"kind": "evidence", "body": {"type": "rate_table", "details": {"agreement": "$agreement", "rates": [{"key": "other", "amount": {"amount": "1.00", "currency": "USD"}, "unit": "day"}]}}},
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
    told = next(one for one in steps if str(one["step"]) == "7")["ask"][0]
    return lambda: decide(studio.context, question(studio, told))


def test_the_same_question_is_not_worked_out_twice(asked):
    first = asked()
    asked()  # what the first decision left owed is there now
    kept = asked()
    assert kept.evaluation is asked().evaluation
    assert kept.asked.known_at > first.asked.known_at
    assert kept.recorded.body["facts"] == asked().recorded.body["facts"]
    again._WORKED.clear()
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
    again._WORKED.clear()
    fresh = asked()
    assert after.evaluation.bytes() == fresh.evaluation.bytes()
    assert {name: value for name, value in after.facts.items() if name != "obligations"} == {
        name: value for name, value in fresh.facts.items() if name != "obligations"
    }


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
