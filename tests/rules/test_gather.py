"""Gathering: a bounded number of queries however much there is, the two clocks, and nothing personal in the facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from service import errors
from tests.rules import scenario as play
from tests.rules.scenario import Studio

PEOPLE = 20
ANCESTORS = 200
QUESTION = {
    "act": "release",
    "at": "2026-11-20",
    "production": "$film",
    "intent": {"territories": ["US"], "media": ["theatrical"], "purpose": "final"},
}


def crowd(people: int, shots: int) -> list[list[dict[str, Any]]]:
    """Batches of a film in which every shot shows every tenth person, cut together in one asset."""
    base = [
        {"kind": "party", "key": "studio", "body": {"type": "organisation", "name": "Larkfield Pictures"}},
        {
            "kind": "production",
            "key": "film",
            "body": {"title": "Crowd", "format": "feature", "photography_start": "2026-08-17", "signatories": ["$studio"]},
        },
        {"kind": "model", "key": "model", "body": {"name": "Portrait 3", "datasets": [], "base_models": []}},
    ]
    cast = [record for number in range(people) for record in _person(number)]
    made = [record for number in range(shots) for record in _shot(number, people)]
    cut = {
        "kind": "asset",
        "key": "cut",
        "body": {"type": "cut", "productions": ["$film"], "ranges": [{"asset": f"$shot{number}"} for number in range(shots)]},
    }
    return [base, cast, *(made[start : start + 600] for start in range(0, len(made), 600)), [cut]]


def _person(number: int) -> Iterator[dict[str, Any]]:
    yield {
        "kind": "party",
        "key": f"p{number}",
        "body": {"type": "person", "professional_name": f"Person {number}", "birth_date": "1990-01-01"},
    }
    yield {
        "kind": "engagement",
        "key": f"e{number}",
        "body": {"person": f"$p{number}", "production": "$film", "category": "principal", "engaged_at": "2026-07-20T09:00:00Z"},
    }
    yield {
        "kind": "replica",
        "key": f"r{number}",
        "body": {
            "person": f"$p{number}",
            "kind": "employment_based",
            "performer_participated": True,
            "origin_production": "$film",
            "created_at": "2026-08-10",
        },
    }
    scope = {"productions": ["$film"], "purposes": ["creation", "use"]}
    yield {
        "kind": "consent",
        "key": f"c{number}",
        "body": {"grantor": f"$p{number}", "person": f"$p{number}", "capacity": "self", "answer": "granted", "form": "signed_rider", "signed_at": "2026-08-01", "description": "All scenes.", "scope": scope, "window": {"start": "2026-08-01", "end": "2030-12-31"}},
    }  # fmt: skip


def _shot(number: int, people: int) -> Iterator[dict[str, Any]]:
    person = number % people
    yield {"kind": "asset", "key": f"shot{number}", "body": {"type": "video", "productions": ["$film"], "origin": "generated"}}
    yield {
        "kind": "generation",
        "body": {
            "productions": ["$film"],
            "tool": {"name": "T", "tool_class": "generative"},
            "models": [{"model": "$model"}],
            "generated_at": "2026-10-01T10:00:00Z",
            "prompts": [{"text": "x"}],
            "prompt_entities": [],
            "inputs": [{"replica": f"$r{person}"}],
            "outputs": [{"asset": f"$shot{number}"}],
        },
    }
    yield {
        "kind": "appearance",
        "body": {
            "asset": f"$shot{number}",
            "production": "$film",
            "type": "new_performance",
            "person": f"$p{person}",
            "replica": f"$r{person}",
            "in_human_role": True,
            "content_flags": [],
        },
    }


def entered(studio: Studio, people: int, shots: int) -> Studio:
    for batch in crowd(people, shots):
        studio.enter(batch)
    return studio


class Counting:
    """A connection that counts the statements that go through it."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn
        self.count = 0

    def execute(self, *args: Any, **named: Any) -> Any:
        self.count += 1
        return self.conn.execute(*args, **named)

    def cursor(self, *args: Any, **named: Any) -> Any:
        self.count += 1
        return self.conn.cursor(*args, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.conn, name)


@pytest.mark.parametrize("size", [(2, 4), (PEOPLE, ANCESTORS)])
def test_the_number_of_queries_does_not_grow(studio: Studio, size: tuple[int, int]) -> None:
    entered(studio, *size)
    counting = Counting(studio.context.conn)
    object.__setattr__(studio.context, "conn", counting)
    facts = studio.facts({**QUESTION, "subject": "$cut"})
    assert len(facts.document["uses"]) == size[1]
    assert counting.count <= 40


def test_facts_hold_nothing_personal(studio: Studio) -> None:
    """Names, dates of birth, amounts and descriptions stay behind."""
    for step in play.read_scenario(play.HERE / "s04_other_project.yaml")["steps"]:
        studio.enter(step["records"])
    rate = {
        "key": "day_performer",
        "amount": {"amount": "1246.00", "currency": "USD"},
        "window": {"start": "2025-07-01", "end": "2026-06-30"},
    }
    studio.enter(
        [
            {"kind": "evidence", "body": {"type": "rate_table", "details": {"rates": [rate]}}},
            {"kind": "evidence", "body": {"type": "bargaining", "productions": ["$series"], "details": {"person": "$imre", "closed_at": "2026-06-01", "outcome": "agreed", "agreed_amount": {"amount": "1399.17", "currency": "USD"}}}},
        ]
    )  # fmt: skip
    document = studio.facts({"subject": "$insert", "act": "release", "at": "2026-06-25", "production": "$series"}).document
    text = json.dumps(document)
    assert [
        secret for secret in ("Imre", "1988-01-30", "1399.17", "roof stunt", "crosses the yard") if secret.lower() in text.lower()
    ] == []
    assert document["uses"][0]["deals"][0]["meets_floor"] is True


def test_the_same_records_give_the_same_document(studio: Studio) -> None:
    entered(studio, 3, 6)
    first, second = (json.dumps(studio.facts({**QUESTION, "subject": "$cut"}).document, sort_keys=False) for _ in range(2))
    assert first == second


def test_what_was_known_then_is_answered_then(studio: Studio) -> None:
    """An event counts from the size at which it was recorded, and from the day on which it took effect."""
    told = play.read_scenario(play.HERE / "s05_expiry_and_withdrawal.yaml")
    studio.enter(told["steps"][0]["records"])
    before = studio.size()
    studio.enter(told["steps"][1]["records"])
    question = {"subject": "$line1", "act": "release", "production": "$series", "at": "2026-06-15"}
    withdrawn = {"subject": "$line1", "act": "release", "production": "$series", "at": "2026-08-05"}
    assert _state(studio, withdrawn) == "withdrawn"
    assert _state(studio, question) == "live"
    assert studio.facts(withdrawn, known_at=before).document["uses"][0]["consents"][0]["state_now"] == "expired"


def test_an_amendment_counts_from_its_day(studio: Studio) -> None:
    entered(studio, 1, 1)
    body = {
        "grantor": "$p0",
        "person": "$p0",
        "capacity": "self",
        "answer": "granted",
        "form": "signed_rider",
        "signed_at": "2026-08-01",
        "description": "All scenes.",
        "scope": {"productions": ["$film"], "purposes": ["creation", "use"]},
        "window": {"start": "2026-08-01", "end": "2026-11-30"},
    }
    studio.enter(
        [
            {
                "kind": "consent",
                "version_of": "c0",
                "change": {"type": "amendment", "effective_at": "2026-11-01T00:00:00.000000Z"},
                "body": body,
            }
        ]
    )
    early, late = (
        studio.facts({**QUESTION, "subject": "$cut", "at": at}).document["uses"][0]["consents"][0]["ends"]
        for at in ("2026-10-20", "2026-11-20")
    )
    assert (early, late) == ("2030-12-31", "2026-11-30")


def test_an_overlay_is_laid_over_the_log_and_leaves_no_trace(studio: Studio) -> None:
    entered(studio, 1, 1)
    size = studio.size()
    event = {"kind": "event", "key": "gone", "body": {"type": "withdrawn", "targets": ["$c0"], "effective_at": "2026-11-01"}}
    found = studio.facts({**QUESTION, "subject": "$cut", "overlay": [event]}).document
    assert found["uses"][0]["consents"][0]["state_now"] == "withdrawn"
    assert _state(studio, {**QUESTION, "subject": "$cut"}) == "live"
    assert studio.size() == size


def test_everything_looked_at_is_named_with_its_version(studio: Studio) -> None:
    entered(studio, 2, 4)
    read = studio.facts({**QUESTION, "subject": "$cut"}).read
    wanted = {studio.keys[f"${key}"] for key in ("cut", "shot0", "model", "p0", "c0", "r1", "e1", "film")}
    assert wanted <= set(read)
    assert set(read.values()) == {1}


def _state(studio: Studio, question: dict[str, Any]) -> str:
    return str(studio.facts(question).document["uses"][0]["consents"][0]["state_now"])


APPEARANCE = {
    "type": "new_performance",
    "person": "$p0",
    "replica": "$r0",
    "production": "$film",
    "in_human_role": True,
    "content_flags": [],
}


@pytest.mark.parametrize(
    "planned",
    [
        {"kind": "appearance", "body": APPEARANCE},
        {"records": [{"kind": "appearance", "key": "next", "body": APPEARANCE}]},
        {"appearance": APPEARANCE, "production": "$film"},
    ],
)
def test_a_planned_subject_is_seen_like_a_recorded_one(studio: Studio, planned: dict[str, Any]) -> None:
    entered(studio, 1, 1)
    size = studio.size()
    document = studio.facts({**QUESTION, "act": "generate", "planned": planned}).document
    (use,) = document["uses"]
    assert (use["ebdr"], use["use_ahead"], use["consents"][0]["state_at_use"]) == (True, True, "live")
    assert document["planned"] is True
    assert studio.size() == size


@pytest.mark.parametrize(
    ("planned", "pointer"),
    [
        ({"kind": "appearance", "body": {**APPEARANCE, "colour": "red"}}, "/planned/body/colour"),
        ({"kind": "nothing", "body": {}}, "/planned/kind"),
        ({"records": [{"kind": "appearance", "body": {**APPEARANCE, "role": "$nobody"}}]}, "/planned/records/0/body/role"),
    ],
)
def test_a_planned_subject_that_is_wrong_names_the_place(studio: Studio, planned: dict[str, Any], pointer: str) -> None:
    entered(studio, 1, 1)
    with pytest.raises(errors.Invalid) as caught:
        studio.facts({**QUESTION, "act": "generate", "planned": planned})
    assert pointer in [fault.pointer for fault in caught.value.errors]
