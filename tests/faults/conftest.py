"""The stage of the faults: the server of the test run, and databases that nobody else knows."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.faults.stage import Stage


@pytest.fixture(scope="module")
def stage(copy_database, server_url, tmp_path_factory):
    with closing(Stage(tmp_path_factory.mktemp("faults"), copy_database, server_url)) as stage:
        yield stage
