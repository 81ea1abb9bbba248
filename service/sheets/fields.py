"""What a column may be mapped to: any field of a kind's schema by its dotted path, read off the schema itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import Schema, fields

from schemas.fields import OpenList, Sealed
from schemas.kinds import KINDS
from schemas.parts import Money

IDENTIFIERS = "identifiers."
TYPE_OF = ":type"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the values of a column go. `path` holds `None` for "in the one element of this list"; `field` checks one value.

    `several` tells that a cell may hold a list, `open` that the list may be "any"; `money` that a cell may hold amount and currency.
    """

    name: str
    path: tuple[str | None, ...]
    field: fields.Field[Any] | None
    several: bool = False
    open: bool = False
    money: bool = False


@cache
def target(kind: str, name: str) -> Target | None:
    """Return what a dotted path leads to, or `None` where it leads nowhere a cell could say."""
    if name.startswith(IDENTIFIERS):
        return Target(name, ("identifiers",), None) if 0 < len(name) - len(IDENTIFIERS) <= 100 else None
    if name.endswith(TYPE_OF):
        base = target(kind, name.removesuffix(TYPE_OF))
        return Target(name, (), KINDS["party"].schema.fields["type"]) if base and "party" in getattr(base.field, "kinds", ()) else None
    return _walk(name, KINDS[kind].schema, name.split("."), ())


def _walk(name: str, schema: Schema, words: list[str], path: tuple[str | None, ...]) -> Target | None:
    field: Any = schema.fields.get(words[0])
    field = field.inner if isinstance(field, Sealed) else field
    here = (*path, words[0])
    if field is None:
        return None
    if len(words) == 1:
        return _leaf(name, here, field)
    if isinstance(field, fields.Nested):
        return _walk(name, field.schema, words[1:], here)
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
        return _walk(name, field.inner.schema, words[1:], (*here, None))
    return None


def _leaf(name: str, path: tuple[str | None, ...], field: Any) -> Target | None:
    if isinstance(field, fields.List):
        inner = field.inner.inner if isinstance(field.inner, Sealed) else field.inner
        simple = not isinstance(inner, fields.Nested | fields.List)
        return Target(name, path, inner, several=True, open=isinstance(field, OpenList)) if simple else None
    if isinstance(field, fields.Nested):
        return Target(name, path, field, money=True) if isinstance(field.schema, Money) else None
    return Target(name, path, field)


@cache
def known(kind: str) -> tuple[str, ...]:
    """Every path that a column of a kind may be mapped to, without outside ids."""
    return tuple(_paths(KINDS[kind].schema, "", 0))


def _paths(schema: Schema, before: str, depth: int) -> Iterator[str]:
    for name, field in schema.fields.items():
        inner: Any = field.inner if isinstance(field, Sealed) else field
        inner = inner.inner if isinstance(inner, fields.List) else inner
        if isinstance(inner, fields.Nested) and not isinstance(inner.schema, Money):
            if depth < 3 and name != "identifiers":
                yield from _paths(inner.schema, f"{before}{name}.", depth + 1)
        else:
            yield before + name


def near(kind: str, name: str) -> str:
    """A sentence with the fields that somebody may have meant."""
    found = difflib.get_close_matches(name, known(kind), 3, 0.5)
    return (
        f"Did you mean {', '.join(found)}?" if found else f"A {kind} has, among others: {', '.join(list(KINDS[kind].schema.fields)[:12])}."
    )
