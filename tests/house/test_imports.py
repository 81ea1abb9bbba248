"""Imports run one way, and what belongs to one room stays in it."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator

# From the top down: a module may import from its own tier and from those below. A name stands for what lies under it.
TIERS: tuple[tuple[str, ...], ...] = (
    ("service.__main__", "service.cli", "service.demo"),
    ("service.app",),
    ("service.api", "service.web"),
    ("service.services",),
    ("service.backup", "service.bundles", "service.decisions", "service.deliveries", "service.exports", "service.forms", "service.jobs"),
    (
        "service.assets",
        "service.auth",
        "service.credentials",
        "service.dataset_items",
        "service.documents",
        "service.erasure",
        "service.facts",
        "service.docket",
        "service.ingest",
        "service.item_lists",
        "service.lineage",
        "service.manifests",
        "service.overlaps",
        "service.rights",
        "service.sheets",
    ),
    ("service.projections", "service.records", "service.watch"),
    ("service.content", "service.context", "service.db", "service.embedded", "service.ledger", "service.migrate", "service.sandbox"),
    ("service.client", "service.rules", "service.roles"),
    ("service.config", "service.durable", "service.errors", "service.forks", "service.ids", "service.version"),
    ("schemas",),
)  # fmt: skip
ROOMS = TIERS[5]
# What may be imported from outside the standard library only here, and why it may not spread.
KEPT = {
    "flask": ("service.app", "service.api", "service.web"),  # HTTP
    "click": ("service.cli",),  # the terminal
    "c2pa": ("service.credentials", "service.sandbox"),  # runs in child processes only
    "granian": ("service.cli",),
}
ALONE = ("service.client",)  # given to others as one file


def test_every_module_has_its_place(modules: dict[str, ast.Module]) -> None:
    assert [name for name in modules if tier(name) is None and name != "service"] == []


def test_imports_run_one_way(modules: dict[str, ast.Module]) -> None:
    upward = [
        f"{name} imports {target}"
        for name, target in edges(modules)
        if (tier(target) or 0) < (tier(name) or 0) and (name, target) != ("service.__main__", "service")
    ]
    assert upward == []


def test_rooms_do_not_import_each_other(modules: dict[str, ast.Module]) -> None:
    sideways = [
        f"{name} imports {target}"
        for name, target in edges(modules)
        if (own := place(name)) in ROOMS and (other := place(target)) in ROOMS and own != other
    ]
    assert sideways == []


def test_no_import_cycles(modules: dict[str, ast.Module]) -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for name, target in edges(modules):
        if name != target and not name.startswith(target + "."):  # a module always imports the package it lies in
            graph[name].add(target)
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError with the cycle


def test_what_belongs_to_one_room_stays_there(modules: dict[str, ast.Module]) -> None:
    strays = [
        f"{name} imports {target}"
        for name, tree in modules.items()
        for target in imported(tree, name)
        if (homes := KEPT.get(target.partition(".")[0])) and not name.startswith(homes)
    ]
    assert strays == []


def test_the_client_stands_alone(modules: dict[str, ast.Module]) -> None:
    assert [f"{name} imports {target}" for name, target in edges(modules) if name in ALONE] == []


def tier(name: str) -> int | None:
    found = place(name)
    return next((number for number, tier in enumerate(TIERS) if found in tier), None)


def place(name: str) -> str | None:
    """The entry of TIERS that a module belongs to."""
    return next((entry for tier in TIERS for entry in tier if name == entry or name.startswith(entry + ".")), None)


def edges(modules: dict[str, ast.Module]) -> Iterator[tuple[str, str]]:
    """Who imports whom among our own modules; imports for types only do not count."""
    for name, tree in modules.items():
        for target in imported(tree, name):
            own = next((part for part in prefixes(target) if part in modules), None)
            if own is not None and own != "service":
                yield name, own


def prefixes(target: str) -> Iterator[str]:
    words = target.split(".")
    for length in range(len(words), 0, -1):
        yield ".".join(words[:length])


def imported(tree: ast.Module, name: str) -> Iterator[str]:
    for node in outside_type_checking(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def outside_type_checking(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        yield from outside_type_checking(child)
