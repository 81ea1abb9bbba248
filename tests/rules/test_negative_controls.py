"""Negative controls: a fact that is taken away never makes an answer better."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from service.rules import evaluate
from service.rules.names import RANK
from service.rules.pack import Pack
from tests.rules import scenario as play
from tests.rules.cases import document_of, good, put
from tests.rules.scenario import Studio
from tests.rules.test_areas import CASES as OF_AREAS
from tests.rules.test_gate_rules import CASES as GATE
from tests.rules.test_sagaftra_2023 import CASES as OF_2023
from tests.rules.test_sagaftra_2026 import CASES as OF_2026

#: (record key, path inside its body) that the story's clearance rests on.
EVIDENCE = [
    ("rider", "signed_at"),
    ("rider", "form"),
    ("rider", "description"),
    ("rider", "window"),
    ("rider", "scope.productions"),
    ("rider", "scope.purposes"),
    ("replica", "origin_production"),
    ("session", "details.starts_at"),
    ("session", "details.business_reason"),
    ("notice", "details.delivered_at"),
    ("gen_png", "prompt_entities"),
    ("gen_png", "inputs"),
    ("gen_png", "models"),
    ("app_png", "content_flags"),
    ("engagement", "representation"),
    ("paintings_licence", "output"),
    ("paintings_licence", "training"),
    ("paintings_licence", "schedule_count"),
    ("base_accepted", "details.plan_tier"),
    ("production", "photography_start"),
    ("binding", "bound"),
    ("days", "subjects"),
    ("performer", "birth_date"),
]

STORY = play.read_scenario(play.STORY)
#: What speaks against the asker, and what only dates a debt: without a day nobody can say that it is overdue.
ADVERSE = {"exemptions", "struck_at_use", "struck_now", "premium_due", "fee_due", "pay_due", "line_payments", "days"}


@pytest.mark.parametrize(("key", "path"), EVIDENCE, ids=[f"{key}.{path}" for key, path in EVIDENCE])
def test_a_paper_without_a_field_clears_no_better(key: str, path: str, new_studio: Callable[[], Studio]) -> None:
    """The story's seventh step, told without one field: the outcome is the same or worse, and so is every rule."""
    whole, less = (_told(new_studio(), change) for change in (None, (key, path)))
    assert _rank(less[0]) <= _rank(whole[0])
    worse = _rank(less[0]) < _rank(whole[0])
    better = {
        rule: (whole[1].get(rule), result)
        for rule, result in less[1].items()
        if RANK[result] > RANK[whole[1].get(rule, "not_applicable")] and not (worse and result == "not_applicable")
    }
    assert better == {}


def _told(studio: Studio, change: tuple[str, str] | None) -> tuple[str, dict[str, str]]:
    steps = [step for step in STORY["steps"] if str(step["step"]) != "10"]
    for step in steps:
        records = [_without(deepcopy(record), change) for record in step.get("records") or ()]
        if records:
            studio.enter(records)
    question = next(step for step in steps if str(step["step"]) == "7")["ask"][0]
    found = play.judge(studio.facts(question).document, STORY["packs"])
    return found.outcome, {rule: play.worst_of(found.results(rule)) for rule in found.tallies}


def _without(record: dict[str, Any], change: tuple[str, str] | None) -> dict[str, Any]:
    if change is None or record.get("key") != change[0]:
        return record
    holder, keys = record["body"], change[1].split(".")
    for name in keys[:-1]:
        holder = holder[name]
    holder.pop(keys[-1], None)
    if keys == ["signed_at"]:
        record["body"].pop("signature", None)
    return record


def _rank(outcome: str) -> int:
    return ["blocked", "review", "cleared_with_obligations", "cleared"].index(outcome)


@pytest.mark.parametrize("case", [*GATE, *OF_2023, *OF_2026, *OF_AREAS], ids=lambda case: case.rule)
def test_a_fact_less_is_no_better(case: Any) -> None:
    """Every fact of an element, taken away one at a time, in each state that the rule's table names: the answer is no better, or a review."""
    for change in ({}, *(change for change, _ in case.fails)):
        document = _document(case, change)
        before = _answer(case, document)
        for path in _fields(document[case.collection][0]):
            after = _answer(case, _dropped(document, case.collection, path))
            assert RANK[after] <= max(RANK[before], RANK["review"]), (case.rule, change, path, before, after)


def _document(case: Any, change: dict[str, Any]) -> dict[str, Any]:
    element = deepcopy(good()[case.collection])
    document = document_of(case.collection, element)
    for path, value in {**case.also, **change}.items():
        keys = path.split(".")
        put(document if path.startswith("/") else element, [keys[0].removeprefix("/"), *keys[1:]], value)
    return document


def _answer(case: Any, document: dict[str, Any]) -> str:
    found = evaluate.run([_alone(case.rule)], {**document, "ahead": True}, {"all_signed": True})
    return play.worst_of(found.results(case.rule))


@cache
def _alone(rule: str) -> Pack:
    """A pack that holds one rule, so that thousands of questions about it take no longer than they must."""
    home = next(pack for pack in play.load.load_packs().values() if any(one["id"] == rule for one in pack.rules))
    document = {key: value for key, value in home.document.items() if key not in ("carries", "carried_rules")}
    return Pack({**document, "rules": [one for one in home.rules if one["id"] == rule]})


def _fields(element: dict[str, Any]) -> list[tuple[str, ...]]:
    """The facts of an element and of its papers; not ids, and not facts that speak against the asker."""
    own = [(name,) for name in element if name not in ("id", "record", "dates", *ADVERSE)]
    inner = [
        (name, "0", field)
        for name, value in element.items()
        if isinstance(value, list) and value and isinstance(value[0], dict) and name not in ADVERSE
        for field in value[0]
        if field not in ("id", "ends")
    ]
    return own + inner


def _dropped(document: dict[str, Any], collection: str, path: tuple[str, ...]) -> dict[str, Any]:
    first, *others = document[collection]
    less = deepcopy(first)
    holder: Any = less
    for key in path[:-1]:
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
    holder.pop(path[-1], None)
    return {**document, collection: [less, *others]}  # the rest is read only: to copy all of it took as long as to judge it
