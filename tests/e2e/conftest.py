"""The story, played once for all tests that look at what it leaves."""

from __future__ import annotations

import pytest

from tests import processes
from tests.playing import Played, entries, play


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    where = tmp_path_factory.mktemp("demo")
    return play(where / "data", where / "out", processes.free_port())


@pytest.fixture(scope="session")
def entries_of_the_story(played: Played) -> int:
    """How many entries the story makes when nothing disturbs it."""
    return entries(played.data)
