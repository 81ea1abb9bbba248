"""The stage of the faults: the server of the test run, and databases that nobody else knows."""

from __future__ import annotations

import pytest

from tests.faults.stage import Stage


@pytest.fixture
def stage(copy_database, server_url, tmp_path):
    return Stage(tmp_path, copy_database, server_url)
