"""Laws that hold for every rule of every pack, whatever its clause says."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.rules import evaluate, load
from service.rules.findings import Evaluation
from service.rules.names import RANK
from tests.rules import scenario as play
from tests.rules.cases import Case
from tests.rules.test_areas import CASES as OF_AREAS
from tests.rules.test_gate_rules import CASES as GATE
from tests.rules.test_negative_controls import _alone, _answer, _document
from tests.rules.test_sagaftra_2023 import CASES as OF_2023
from tests.rules.test_sagaftra_2026 import CASES as OF_2026

CASES: Final[list[Case]] = [*GATE, *OF_2023, *OF_2026, *OF_AREAS]
OUTCOMES: Final = ("blocked", "review", "cleared_with_obligations", "cleared")
EXEMPTIONS: Final = ("as_scripted", "safety", "unrecognisable", "first_amendment", "processing", "other")
#: The clause itself speaks of uses that need consent, so it is not about exempt ones (catalogue: "N/A for exempt uses").
OPEN_TO_EXEMPT_USES: Final = ("sagaftra-tvt-2026.strike.suspension",)
LATE: Final = {"state_at_use": "late", "live_at_use": False, "signed_at": "2026-10-01"}


@cache
def absolute() -> frozenset[str]:
    return frozenset(str(rule["id"]) for pack in load.load_packs().values() for rule in pack.rules if rule.get("absolute"))


def test_there_are_bars_that_nothing_lifts() -> None:
    assert "sagaftra-tvt-2026.minor.intimate-ban" in absolute()
    assert absolute() <= {case.rule for case in CASES}


@pytest.mark.parametrize("case", [case for case in CASES if case.rule in absolute()], ids=lambda case: case.rule)
def test_no_exemption_waiver_or_review_lifts_a_bar(case: Case) -> None:
    bars = [change for change, wanted in case.fails if wanted == "block"]
    assert bars
    for change in bars:
        document = _document(case, change)
        element = document[case.collection][0]
        if case.rule not in OPEN_TO_EXEMPT_USES:
            element["exemptions"] = [{"id": f"evd_{kind}", "type": kind, "state": "approved", "covers_intent": True} for kind in EXEMPTIONS]
        lifting = {
            "all_signed": True,
            "waivers": [{"id": "wvr_1", "rule": case.rule, "subjects": ["*"], "from": "2020-01-01", "to": "2099-01-01"}],
            "reviews": [{"id": "rev_1", "rule": case.rule, "subjects": ["*"], "requirement": None, "code": code, "verdict": "approved"} for code in _codes(case.rule)],
        }  # fmt: skip
        found = evaluate.run([_alone(case.rule)], {**document, "ahead": True}, lifting)
        assert play.worst_of(found.results(case.rule)) == "block", change


def _codes(rule: str) -> list[str]:
    found = next(one for pack in load.load_packs().values() for one in pack.rules if one["id"] == rule)
    return [str(part.get("code", part["id"])) for part in found["require"]]


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.rule}" for number, case in enumerate(CASES)])
def test_a_paper_of_later_never_cures(case: Case) -> None:
    """Where no consent at all holds the act, one that is dated after it does not let it through: people decide at best."""
    document = _document(case, {})
    element = document[case.collection][0]
    if not element.get("consents"):
        return
    none, late = deepcopy(document), deepcopy(document)
    none[case.collection][0]["consents"] = []
    for consent in late[case.collection][0]["consents"]:
        consent.update(LATE)
    if RANK[_answer(case, none)] <= RANK["review"] < RANK[_answer(case, late)]:
        found = _outcome([_alone(case.rule), load.load_packs()["x"]], late)
        assert OUTCOMES[found] in ("blocked", "review"), case.rule


LINES: Final = (("sagaftra-tvt-2023", "sagaftra-tvt-2026"), ("wga-mba-2023", "wga-mba-2026"), ("dga-ba-2023", "dga-ba-2026"))


@pytest.mark.parametrize("editions", LINES, ids=lambda editions: editions[0].rpartition("-")[0])
def test_two_editions_are_never_milder_than_one(editions: tuple[str, str]) -> None:
    """Where the date that decides is not known, the stricter edition stands."""
    packs = load.load_packs()
    seen = 0
    for case in (one for one in CASES if one.rule.startswith(editions)):
        for change in ({}, *(change for change, _ in case.fails)):
            document = _document(case, change)
            document[case.collection][0].pop("dates", None)
            document["objects"]["prd_1"].pop("dates", None)
            alone = [_outcome([packs[name]], document) for name in editions]
            assert _outcome([packs[name] for name in editions], document) <= min(alone), (case.rule, change)
            seen += 1
    assert seen > 5


def _outcome(packs: list[Any], document: dict[str, Any]) -> int:
    found: Evaluation = evaluate.run(packs, {**document, "ahead": True}, {"all_signed": True})
    return OUTCOMES.index(found.outcome)


@settings(max_examples=40, deadline=None)
@given(random=st.randoms(use_true_random=False), number=st.integers(0, len(CASES) - 1), which=st.integers(0, 20))
def test_the_order_of_records_does_not_matter(random: Random, number: int, which: int) -> None:
    """Lists of records in any order give the same answer and the same findings, to the byte."""
    case = CASES[number]
    changes = [{}, *(change for change, _ in case.fails)]
    document = _document(case, changes[which % len(changes)])
    twin = deepcopy(document[case.collection][0])
    twin["id"] = f"{twin['id']}_twin"
    document[case.collection].append(twin)
    packs = list(load.load_packs().values())
    first, second = (
        evaluate.run(packs, {**one, "ahead": True}, {"all_signed": True}).document() for one in (document, _shuffled(document, random))
    )
    assert {key: first[key] for key in ("outcome", "causes", "clearing")} == {key: second[key] for key in ("outcome", "causes", "clearing")}


def _shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        return {name: _shuffled(inner, random) for name, inner in value.items()}
    if not isinstance(value, list):
        return value
    members = [_shuffled(member, random) for member in value]
    if all(isinstance(member, dict) and "id" in member for member in members):
        random.shuffle(members)
    return members
