"""Every rule of every area: a pass, a failure, an unknown case, and a trigger that is not there."""

from __future__ import annotations

import pytest

from tests.rules.cases import Case, modules

CASES: list[Case] = [case for module in modules() for case in getattr(module, "CASES", ())]


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.rule}" for number, case in enumerate(CASES)])
def test_case(case: Case) -> None:
    assert [(what, found) for what, found, wanted in case.answers() if found != wanted] == []
