"""What a finding calls missing is a field that a stranger can record: of the record itself, or of one about it."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.naming import place
from schemas.prefixes import KIND_OF
from service.rules import wire
from service.rules.names import COLLECTIONS
from tests.rules import cases
from tests.rules.cases import Case
from tests.rules.test_areas import CASES

#: Records of the areas' elements that are none: an ingredient of a manifest, the question itself.
NO_RECORD = {"decision", "model1"}


def unnamed(case: Case, change: dict[str, Any]) -> list[tuple[str, str]]:
    """The gaps of a case that lead to no field."""
    gaps = [gap for finding in cases.evaluated(case, change).findings if finding.rule == case.rule for gap in finding.missing]
    return [(record, name) for record, name in gaps if record not in NO_RECORD and not _named(record, name)]


def _named(record: str, name: str) -> bool:
    kind = KIND_OF.get(record[:3], record.partition("/")[0])
    return place(kind, None, name) is not None


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.rule}" for number, case in enumerate(CASES)])
def test_every_gap_is_a_field_of_the_wire_format(case: Case) -> None:
    assert [gap for change in ({}, *(change for change, _ in case.fails), case.unknown[0]) for gap in unnamed(case, change)] == []


def test_every_collection_with_names_of_its_own_is_one() -> None:
    assert set(wire.OF_COLLECTION) <= set(COLLECTIONS)
    assert set(wire.OF_KIND) <= set(KIND_OF)


@pytest.mark.parametrize(("kind", "names"), [(KIND_OF[prefix], names) for prefix, names in wire.OF_KIND.items()])
def test_every_name_of_a_kind_leads_to_a_field(kind: str, names: dict[str, str]) -> None:
    assert [name for name in names.values() if place(kind, None, name) is None] == []


def test_a_name_that_leads_nowhere_is_told() -> None:
    assert place("asset", None, "generative") is None
    assert place("evidence", "notice", "compels") is None
    assert place("appearance", None, "person.birth_date") is not None
