"""Functions and files stay small enough to be read at once."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path


def test_functions(modules: dict[str, ast.Module]) -> None:
    sizes = {
        f"{name}.{node.name}": lines(node)
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: size for name, size in sizes.items() if size > 60} == {}
    assert statistics.median(sizes.values()) <= 9
    assert statistics.quantiles(sizes.values(), n=20)[-1] <= 35


def test_files(root: Path) -> None:
    files = [file for package in ("service", "schemas") for file in (root / package).rglob("*.py")]
    sizes = {str(file.relative_to(root)): len(file.read_text("utf-8").splitlines()) for file in files}
    assert {name: size for name, size in sizes.items() if size > 600} == {}
    assert statistics.quantiles(sizes.values(), n=20)[-1] <= 400


def test_readme(root: Path) -> None:
    assert len((root / "README.md").read_text("utf-8").splitlines()) <= 400


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines from `def` to the end, without the docstring."""
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is None:
        return whole
    return whole - ((first.end_lineno or first.lineno) - first.lineno + 1)
