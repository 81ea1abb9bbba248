"""Writes the verifier as one file: the checks as a program, and behind them the service's own sources, word for word.

The checks (the modules of this package) are laid end to end, so that the file reads from top to bottom. What they share with the
service (tree, notes, policy, the evaluator) follows as the text of its files, unchanged, so that anybody can hold them against the
repository; a short loader lets the checks import them. Nothing but the standard library and `cryptography` is needed to run it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
CHECKS = ("report", "folder", "hashing", "signed", "stamped", "content", "decided", "rested", "disclosed", "single", "program")
"""The modules of this package, each behind those that it uses."""
OUTSIDE = sys.stdlib_module_names | {"cryptography"}
"""What the file may import."""

HEAD = '''#!/usr/bin/env python3
"""Check a bundle of a Clearance log: python3 verify.py [DIRECTORY] --key KEY

Needs Python 3.11 or newer and the package `cryptography`; no network, and nothing of the service that made the bundle. Give the
log's public key as you know it from elsewhere; without --key the program can only say that the bundle agrees with itself.
Exit status 0: everything that could be checked holds. 1: it does not, and the sentences say what.

Part one is what is checked; `verify`, at its end, has the order. Part two is the text of the service's own files that it uses, word for word: the Merkle tree,
signed notes, and the evaluator of rules that decides every decision again. This file was generated from the service's sources.
"""

from __future__ import annotations

'''
LOADER = '''

class _Carried(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the modules of part two from their text, and nothing else of that name from anywhere."""

    def find_spec(self, name, path=None, target=None):
        """Find a module of part two; a package holds the others."""
        if name in SOURCES or any(other.startswith(name + ".") for other in SOURCES):
            return importlib.machinery.ModuleSpec(name, self, is_package=name not in SOURCES)
        return None

    def get_source(self, name):
        """Return the text of a module, empty for a package."""
        return SOURCES.get(name, "")


for _name in [name for name in sys.modules if name == "service" or name.startswith("service.")]:
    del sys.modules[_name]
sys.meta_path.insert(0, _Carried())
'''
NEEDED_BY_LOADER = ("importlib.abc", "importlib.machinery", "importlib.util", "sys")
NEEDS = """
if sys.version_info < (3, 11) or importlib.util.find_spec("cryptography") is None:
    sys.exit("This needs Python 3.11 or newer with the package cryptography: python3 -m pip install cryptography")

"""


@cache
def program() -> bytes:
    """Return the file; raises `ValueError` where the sources cannot be laid out as one."""
    if ambiguous():
        raise ValueError(f"these names would mean two things: {', '.join(ambiguous())}")
    trees = {name: _tree(name) for name in _names()}
    parts = [HEAD, "\n".join(_imports(trees)), "\n"]
    for name, tree in trees.items():
        parts.append(f"\n\n# {'-' * 100}\n# Part one, {name.rpartition('.')[2]}: {(ast.get_docstring(tree) or '').splitlines()[0]}\n\n")
        parts.append(_body(name, tree))
    parts.append(f"\n\n# {'-' * 100}\n# Part two: files of the service, word for word.\n\nSOURCES = {{}}\n")
    parts += [_quoted(name) for name in carried()]
    parts += [LOADER, "\n", "\n".join(_own(trees)), '\n\nif __name__ == "__main__":\n    sys.exit(main())\n']
    return "".join(parts).encode()


@cache
def carried() -> tuple[str, ...]:
    """Return the modules of the service that the checks need, each behind those that it uses."""
    found: dict[str, None] = {}
    for name in _names():
        for used in _used(ast.parse(source(name))):
            _carry(used, found)
    return tuple(found)


def _carry(name: str, found: dict[str, None]) -> None:
    if name in found or name.startswith(f"{__package__}."):
        return
    for used in _used(ast.parse(source(name))):
        _carry(used, found)
    found[name] = None


def _used(tree: ast.Module) -> Iterator[str]:
    """Yield which modules of ours a file imports; raises `ValueError` for anything else that is not of the standard library."""
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        module = _module(node)
        if module.partition(".")[0] == "service":
            yield from (f"{module}.{alias.name}" if _is_package(module) else module for alias in node.names)
        elif module.partition(".")[0] not in OUTSIDE:
            raise ValueError(f"{module} is not of the standard library, so it cannot be carried along")


def _is_package(module: str) -> bool:
    return (ROOT / Path(*module.split("."))).is_dir()


def _names() -> list[str]:
    return [f"{__package__}.{name}" for name in CHECKS]


def source(name: str) -> str:
    """Return the text of a module of ours."""
    return (ROOT / Path(*name.split("."))).with_suffix(".py").read_text("utf-8")


def _tree(name: str) -> ast.Module:
    tree = ast.parse(source(name))
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Import | ast.ImportFrom) and node is not statement:
                raise ValueError(f"{name}, line {node.lineno}: imports stand at the top, or the file cannot be laid out")
    return tree


def _statements(trees: Mapping[str, ast.Module]) -> Iterator[ast.Import | ast.ImportFrom]:
    for tree in trees.values():
        yield from (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name


def _imports(trees: Mapping[str, ast.Module]) -> list[str]:
    """What the checks import from outside, once and in order."""
    outside = [node for node in _statements(trees) if _module(node).partition(".")[0] not in {"service", "__future__"}]
    plain = {f"import {alias.name}" for node in outside if isinstance(node, ast.Import) for alias in node.names}
    plain |= {f"import {name}" for name in NEEDED_BY_LOADER}
    named: dict[str, set[str]] = {}
    for node in outside:
        if isinstance(node, ast.ImportFrom):
            named.setdefault(_module(node), set()).update(alias.name for alias in node.names)
    return [*sorted(plain), NEEDS] + [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(named.items())]


def _own(trees: Mapping[str, ast.Module]) -> list[str]:
    """What the checks import of the files in part two; it stands behind them."""
    named: dict[str, set[str]] = {}
    for node in _statements(trees):
        if isinstance(node, ast.ImportFrom) and _module(node).startswith("service") and not _module(node).startswith(str(__package__)):
            named.setdefault(_module(node), set()).update(ast.unparse(alias) for alias in node.names)
    return [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(named.items())]


def _body(name: str, tree: ast.Module) -> str:
    """The text of a module without its docstring and imports."""
    kept = [node for node in tree.body[1:] if not isinstance(node, ast.Import | ast.ImportFrom)]
    lines = source(name).splitlines()
    return "\n".join(lines[_first(kept) - 1 :]) + "\n"


def _first(kept: Sequence[ast.stmt]) -> int:
    decorators = getattr(kept[0], "decorator_list", [])
    return int(min(node.lineno for node in (kept[0], *decorators)))


def _quoted(name: str) -> str:
    text = source(name)
    if "'''" in text or text.endswith("\\"):
        raise ValueError(f"{name} cannot be quoted: it has three single quotes in a row")
    return f"\nSOURCES[{name!r}] = r'''{text}'''\n"


def ambiguous() -> list[str]:
    """Return the names that would mean two things in the file: defined or imported at the top of several modules, not as the same."""
    found: dict[str, set[str]] = {}
    for name in _names():
        for node in _tree(name).body:
            for defined, what in [*((each, f"{name}.{each}") for each in _defines(node)), *_imported(node)]:
                found.setdefault(defined, set()).add(what)
    return sorted(name for name, meanings in found.items() if len(meanings) > 1)


def _imported(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.ImportFrom):
        yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
    elif isinstance(node, ast.Import):
        yield from ((alias.asname or alias.name, alias.name) for alias in node.names)


def _defines(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
