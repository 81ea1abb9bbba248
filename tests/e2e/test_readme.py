"""Every command of the README is run, and what it says comes back is what comes back.

`bash` blocks run in order in one shell against a live service; the block behind one holds fragments of its output, with
`…` for what is left out. `sh` blocks hold what starts things: those are run here or in the test that is named.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests import processes
from tests.processes import ROOT, clearance, wait_until

README = (ROOT / "README.md").read_text()
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What starts the service is the subject of a test of its own.
ELSEWHERE = {
    "python3 -m service demo": ("tests/playing.py", '"demo", "--exit"'),
    "python3 -m service test": ("tests/bootstrap/test_bootstrap.py", "test"),
    "python3 -m service up": ("tests/e2e/test_up.py", '"up"'),
}


class Example(NamedTuple):
    """A block of commands and the block that shows what they answer (empty where nothing is shown)."""

    commands: str
    shown: str


def examples() -> list[Example]:
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(README)] + [("", "")]
    return [
        Example(content, following if kind in {"json", "text", "yaml"} else "")
        for (language, content), (kind, following) in itertools.pairwise(blocks)
        if language == "bash"
    ]


def starts() -> list[str]:
    return [line for match in _BLOCK.finditer(README) if match[1] == "sh" for line in match[2].splitlines()]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    """A directory where `clearance up` runs on `data`, as the README has it, and where `clearance` is a command."""
    command = tmp_path / "bin/clearance"
    command.parent.mkdir()
    words = [sys.executable, "-P", "-c", "from service.cli import main; main()"]
    command.write_text(f'#!/bin/sh\nexec env PYTHONPATH={shlex.quote(str(ROOT))} {shlex.join(words)} "$@"\n')
    command.chmod(0o755)
    process = clearance("up", "--data", str(tmp_path / "data"), "--port", str(processes.free_port()))
    wait_until(lambda: process.poll() is not None or (tmp_path / "data/service.json").exists(), 60)
    yield tmp_path
    process.terminate()
    process.communicate(timeout=60)


def script(blocks: list[str]) -> str:
    """All blocks as one script that prints a line before each."""
    return "set -euo pipefail\n" + "".join(f"echo; echo '#### {number}'\n{block}\n" for number, block in enumerate(blocks))


def test_the_examples_answer_as_shown(here: Path) -> None:
    found = examples()
    assert len(found) >= 8
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLEARANCE_") and name != "DATABASE_URL"}
    path = os.pathsep.join([str(here / "bin"), os.path.dirname(sys.executable), environment["PATH"]])
    words = ["bash", "-c", script([example.commands for example in found])]
    done = subprocess.run(words, cwd=here, env={**environment, "PATH": path}, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = re.split(r"^#### \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    for example, answer in zip(found, answers, strict=True):
        assert_shows(answer, example.shown)


def assert_shows(answer: str, shown: str) -> None:
    """Every fragment between two `…` comes, in order."""
    at = 0
    for fragment in filter(None, (part.strip() for line in shown.splitlines() for part in line.split("…"))):
        place = answer.find(fragment, at)
        assert place >= 0, f"{fragment!r} is not in the answer behind {answer[:at]!r}:\n{answer}"
        at = place + len(fragment)


def as_address(conninfo: str) -> str:
    """The same database as people write it."""
    parts = conninfo_to_dict(conninfo)
    return f"postgresql:///{parts.pop('dbname')}?{urlencode(parts)}"


def test_what_starts_things_is_run_by_a_test(fresh_database_url: str, tmp_path: Path) -> None:
    serving = [line for line in starts() if line not in ELSEWHERE]
    for line in set(starts()) - set(serving):
        file, needle = ELSEWHERE[line]
        assert needle in (ROOT / file).read_text()
    exports = dict(line.removeprefix("export ").split("=", 1) for line in serving if line.startswith("export "))
    assert set(exports) == {"DATABASE_URL", "CLEARANCE_DATA"}
    environment = {
        "DATABASE_URL": as_address(fresh_database_url),
        "CLEARANCE_DATA": str(tmp_path),
        "CLEARANCE_PORT": str(processes.free_port()),
    }
    *before, last = [shlex.split(line)[1:] for line in serving if not line.startswith("export ")]
    for words in before:
        process = clearance(*words, **environment)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, out + err
    assert last == ["serve"]
    process = clearance(*last, **environment)
    wait_until(lambda: process.poll() is not None or (tmp_path / "service.json").exists(), 60)
    assert json.loads((tmp_path / "service.json").read_text())["port"] == int(environment["CLEARANCE_PORT"])
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_every_place_that_is_named_is_there() -> None:
    table = README[README.index("## The map of the code") :]
    named = re.findall(r"`((?:schemas|service|migrations|tests)/[\w./]*)`", table)
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name.replace("<noun>", "assets")).exists()] == []


@pytest.mark.parametrize("name", sorted(set(re.findall(r"tests\.bench\.(\w+)|`(bench_\w+)`", README))))
def test_every_bench_that_is_named_is_there(name: tuple[str, str]) -> None:
    assert (ROOT / "tests/bench" / f"{name[0] or name[1]}.py").is_file()


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 400
