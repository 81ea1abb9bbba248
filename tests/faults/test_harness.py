"""Every fault in its short form: nothing acknowledged is lost, doubled or forked. `python -m tests.faults --long` is the long form."""

from __future__ import annotations

import pytest

from tests.faults import catalogue
from tests.faults.table import HEAD, lines


@pytest.mark.parametrize("name", catalogue.FAULTS)
def test_the_fault_does_no_harm(stage, name):
    row = catalogue.run(name, stage)
    print("\n".join([*lines(HEAD, [row.cells()]), *row.remarks()]))
    if row.skipped:
        pytest.skip(row.skipped)
    assert row.times > 0
    assert row.holds, list(row.remarks())
