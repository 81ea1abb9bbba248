"""`clearance test`: every check and test of the project, on a real database."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click

from service.cli.command import Cli, declare
from service.config import ROOT
from service.errors import StartError

# The files that take longest first, so that both processes end together; whatever else lies under tests/ follows.
_ORDER = ("house", "rules", "faults", "e2e", "bootstrap", "embedded", "web", "api", "db", "unit")


@declare(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[PATH…] [-k NAMES] [PYTEST OPTIONS]")
def command(cli: Cli, words: tuple[str, ...]) -> None:
    """Run every check and test, or those named; the exit status is pytest's.

    Without words the whole of tests/ runs on two processes, the checks of ruff and mypy among them. Words are handed
    to pytest as they are. PostgreSQL is the embedded one, or the server in DATABASE_URL.
    """
    del cli
    tests = ROOT / "tests"
    if not tests.is_dir():
        raise StartError("The tests are part of the checkout, not of the installed package.")
    if importlib.util.find_spec("pytest") is None:
        raise StartError("What the tests need is not installed here; `python3 -m service test` in the checkout installs it.")
    chosen = list(words) or ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", *_ordered(tests)]
    # What is compiled is kept, also where an image says otherwise: some two hundred processes of ours are started.
    pytest = ["env", "--unset=PYTHONDONTWRITEBYTECODE", sys.executable, "-m", "pytest", *chosen]
    sys.exit(subprocess.run(pytest, cwd=Path.cwd() if words else ROOT, check=False).returncode)


def _ordered(tests: Path) -> list[str]:
    """Return the directories of tests in their order; `bench` is run by hand."""
    found = {entry.name for entry in tests.iterdir() if entry.is_dir() and any(entry.rglob("test_*.py"))} - {"bench"}
    names = [name for name in _ORDER if name in found] + sorted(found - set(_ORDER))
    return [os.path.join("tests", name) for name in names]
