"""What is done in one place only: settings, transactions, the clock, catching everything."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# The edges, which read the clock once for each operation and pass it down.
CLOCK = ("service.app", "service.cli", "service.demo", "service.jobs")
NAMES_A_REGISTRY = re.compile(rb"https?://[^/\s]*(pypi|pythonhosted|npmjs|registry)|index-url", re.IGNORECASE)
OUR_MACHINES = (b"/wo" + b"rk/",)


def test_only_config_reads_the_environment(modules: dict[str, ast.Module]) -> None:
    readers = {name for name, _ in attributes(modules, "environ", "getenv")}
    assert readers <= {"service.config"}


def test_only_db_commits(modules: dict[str, ast.Module]) -> None:
    assert {name for name, _ in attributes(modules, "commit")} <= {"service.db"}


def test_only_the_edges_read_the_clock(modules: dict[str, ast.Module]) -> None:
    readers = [
        f"{name}:{node.lineno}"
        for name, node in attributes(modules, "now", "utcnow", "today")
        if isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date"} and not name.startswith(CLOCK)
    ]
    assert readers == []


def test_at_most_three_places_catch_everything(modules: dict[str, ast.Module]) -> None:
    broad = [
        f"{name}:{node.lineno}"
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and catches_all(node) and not raises_on(node)
    ]
    assert len(broad) <= 3, broad


def test_the_project_names_no_registry_and_no_machine_of_ours(root: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False).stdout.split(b"\0")
    files = [root / name.decode() for name in listed if name and b"/static/" not in name]
    guilty = [
        str(file.relative_to(root))
        for file in files
        if file.is_file() and (NAMES_A_REGISTRY.search(text := file.read_bytes()) or any(each in text for each in OUR_MACHINES))
    ]
    assert set(guilty) <= {"tests/house/test_habits.py"}


def attributes(modules: dict[str, ast.Module], *names: str) -> Iterator[tuple[str, ast.Attribute]]:
    for name, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in names:
                yield name, node


def catches_all(node: ast.ExceptHandler) -> bool:
    return node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})


def raises_on(node: ast.ExceptHandler) -> bool:
    """Whether a handler only cleans up and lets the exception go on."""
    return isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
