"""Helpers for tests that play the demo as a user does: a command, a data directory, and what is there afterwards."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import NamedTuple

from tests import processes
from tests.processes import clearance


class Played(NamedTuple):
    """A finished `clearance demo --exit`."""

    data: Path
    out: Path
    status: int
    said: str
    complained: str
    left: list[int]

    def story(self) -> list[dict[str, object]]:
        return json.loads((self.out / "story.json").read_text())

    def answers(self, step: str) -> dict[str, str]:
        return {line["asked"].strip(): line["answered"] for line in self.story() if line["step"] == step}


def play(data: Path, out: Path, port: int) -> Played:
    """Play the demo and look which of its processes, however far removed, are there afterwards."""
    mark = f"PLAYED_BY={uuid.uuid4()}"
    name, _, value = mark.partition("=")
    words = ("demo", "--exit", "--out", str(out), "--data", str(data), "--port", str(port))
    process = clearance(*words, **{name: value})
    said, complained = process.communicate(timeout=300)
    processes.wait_until(lambda: not processes.of_data(data))
    return Played(data, out, process.returncode, said, complained, marked(mark))


def marked(mark: str) -> list[int]:
    """The living processes that were given a variable of the environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and processes.is_alive(int(entry.name)):
            try:
                found += [int(entry.name)] if mark.encode() in (entry / "environ").read_bytes().split(b"\0") else []
            except OSError:
                continue
    return found


def run(*words: str) -> str:
    process = clearance(*words)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    return out


def entries(data: Path) -> int:
    """The number of entries of a log that holds in every byte."""
    [report] = json.loads(run("ledger", "fsck", "--json", "--data", str(data)))
    assert report["faults"] == []
    return report["entries"]
