"""The story, played once for all tests that look at what it leaves."""

from __future__ import annotations

import fcntl
import json
import subprocess
from pathlib import Path

import pytest

from tests import processes
from tests.playing import Played, entries, play


@pytest.fixture(scope="session")
def played(shared_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The story, played once in a run; each worker has a copy of what it left, since tests start the service on it."""
    first, own = shared_directory / "played", tmp_path_factory.mktemp("demo") / "played"
    with (shared_directory / "played.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (first / "told.json").exists():
            _, _, *told = play(first / "data", first / "out", processes.free_port())
            (first / "told.json").write_text(json.dumps(told), encoding="utf-8")
    subprocess.run(["cp", "--archive", first, own], check=True)  # with the owners, which a copy by Python would lose
    return Played(own / "data", own / "out", *json.loads((own / "told.json").read_text("utf-8")))


@pytest.fixture(scope="session")
def entries_of_the_story(played: Played) -> int:
    """How many entries the story makes when nothing disturbs it."""
    return entries(played.data)
