"""Every fault in its short form: nothing acknowledged is lost, doubled or forked. `python -m tests.faults --long` is the long form."""

from __future__ import annotations

import pytest

from tests.faults import catalogue
from tests.faults.table import HEAD, lines

BY_HAND = {"F4", "F5", "F9", "F10", "F11", "F13", "F14", "F42", "F44"}
"""What takes longer than the test command has: `python -m tests.faults` does them too, in a few minutes."""


@pytest.mark.parametrize("name", sorted(catalogue.FAULTS.keys() - BY_HAND, key=lambda name: int(name[1:])))
def test_the_fault_does_no_harm(stage, name):
    row = catalogue.run(name, stage)
    print("\n".join([*lines(HEAD, [row.cells()]), *row.remarks()]))
    if row.skipped:
        pytest.skip(row.skipped)
    assert row.times > 0
    assert row.holds, list(row.remarks())
