"""The source of the house as parsed trees, for tests that hold its rules."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@functools.cache
def parse() -> dict[str, ast.Module]:
    """Every module of ours by its dotted name."""
    files = [file for package in ("service", "schemas") for file in sorted((ROOT / package).rglob("*.py"))]
    return {name_of(file): ast.parse(file.read_text("utf-8"), str(file)) for file in files}


def name_of(file: Path) -> str:
    words = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


@pytest.fixture
def modules() -> dict[str, ast.Module]:
    return parse()


@pytest.fixture
def root() -> Path:
    return ROOT
