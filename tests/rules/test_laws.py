"""Laws by place: which places a pack covers, that bills only warn, and that what says nothing of a place is no coverage."""

from __future__ import annotations

from typing import Any

import pytest

from service.rules import evaluate, load
from service.rules.findings import Evaluation
from tests.rules.areas import laws as cases
from tests.rules.cases import document_of, good

MEMBERS = [
    "AT",
    "BE",
    "BG",
    "HR",
    "CY",
    "CZ",
    "DK",
    "EE",
    "FI",
    "FR",
    "DE",
    "GR",
    "HU",
    "IE",
    "IT",
    "LV",
    "LT",
    "LU",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SK",
    "SI",
    "ES",
    "SE",
]


def laws() -> dict[str, Any]:
    return {name: pack for name, pack in load.load_packs().items() if pack.kind == "law"}


def ask(packs: list[str], places: list[str], collection: str = "exposures", **changes: Any) -> Evaluation:
    """Evaluate law packs alone on an element in order, changed."""
    document = document_of(collection, {**good()[collection], **changes})
    document["intent"]["territories"] = places
    return evaluate.run([laws()[name] for name in packs], document, {"all_signed": True})


def uncovered(found: Evaluation) -> list[str]:
    return [finding.subject for finding in found.findings if finding.code == "territory_without_law"]


@pytest.mark.parametrize("place", [*MEMBERS, "EU"])
def test_each_member_state_is_reached_and_covered(place: str) -> None:
    found = ask(["law-eu"], [place], disclosures=[], plans=[])
    assert found.results("law-eu.ai-act-50-4.deepfake") == {"ast_1": "block"}
    assert uncovered(found) == []


@pytest.mark.parametrize("place", ["GB", "NO", "CH", "US", "US-NY"])
def test_other_places_are_neither_reached_nor_covered(place: str) -> None:
    found = ask(["law-eu"], [place], disclosures=[], plans=[])
    assert found.results("law-eu.ai-act-50-4.deepfake") == {}
    assert uncovered(found) == [place]


def test_a_bill_covers_no_place() -> None:
    bills = sorted(name for name, pack in laws().items() if pack.document["status"] == "proposed")
    assert bills == ["law-cn-proposed", "law-dk-proposed", "law-gb-proposed", "law-us-proposed"]
    assert uncovered(ask(bills, ["CN", "DK", "GB", "US"])) == ["CN", "DK", "GB", "US"]


def test_a_law_of_a_country_covers_its_parts_and_a_bill_beside_it_changes_nothing() -> None:
    assert uncovered(ask(["law-us", "law-us-proposed"], ["US-CA", "US-NY", "US"])) == []
    assert uncovered(ask(["law-eu", "law-dk-proposed"], ["DK"])) == []


@pytest.mark.parametrize("case", [case for case in cases.CASES if "-proposed." in case.rule], ids=lambda case: case.rule)
def test_a_bill_only_warns(case: cases.Case) -> None:
    found = {result for _, result, _ in case.answers()}
    assert found <= {"warn", "exempt", "pass", "not_applicable"}


def test_what_the_whole_world_may_see_meets_every_law() -> None:
    found = ask(sorted(laws()), ["*"], disclosures=[], plans=[], marks=[], credentials=[])
    assert {rule for rule, results in ((one, found.results(one)) for one in found.tallies) if "block" in results.values()} >= {
        "law-ny396b.synthetic-ad-disclosure", "law-eu.ai-act-50-4.deepfake", "law-cn.labelling.visible",
    }  # fmt: skip
    assert uncovered(found) == ["*"], "no set of laws covers the world"


def test_every_law_says_where_since_when_and_when_it_was_read() -> None:
    for name, pack in laws().items():
        assert pack.document["territories"], name
        assert pack.document["verified"], name
        dated = [rule for rule in pack.rules if rule.get("in_force") or rule["date_basis"] == "always"]
        assert len(dated) == len(list(pack.rules)), name
        assert all(rule["source"] in pack.document["sources"] for rule in pack.rules), name
