"""Where the name of a field leads: what a finding calls missing, looked up in what can be recorded.

A name is a path in the record itself (of evidence, in its details), over references where it leads through them, or the kind of another
record or the type of an evidence about it, and the path there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields

from schemas.fields import Sealed
from schemas.kinds import KINDS
from schemas.records.evidence.record import TYPES
from schemas.references import Reference


@dataclass(frozen=True, slots=True)
class Place:
    """A field: of the record itself where `kind` is None, else of another of that kind (and type), and the path to it there."""

    kind: str | None
    type: str | None
    path: tuple[str, ...]


def place(kind: str, type_: str | None, name: str) -> Place | None:
    """Return where the field of a name lies, as seen from a record; None for a name that leads nowhere."""
    path = tuple(part for part in name.split(".") if part)
    own = path[1:] if path[:1] == ("details",) else path
    if own and any(_leads(schema, own) for schema in _schemas(kind, type_)):
        return Place(None, None, own)
    if len(path) > 1 and path[0] in TYPES and _leads(TYPES[path[0]](), path[1:]):
        return Place("evidence", path[0], path[1:])
    if len(path) > 1 and path[0] in KINDS and _leads(KINDS[path[0]].schema, path[1:]):
        return Place(path[0], None, path[1:])
    return None


def _schemas(kind: str, type_: str | None) -> Iterator[Schema]:
    """The schemas of a record; of evidence whose type is not told, any."""
    if kind == "evidence":
        yield from (TYPES[word]() for word in ([type_] if type_ else TYPES))
    yield KINDS[kind].schema


def field_at(schema: Schema, path: Sequence[str]) -> Any:
    """The field at a path inside one record; None where there is none."""
    found: Any = None
    for part in path:
        if part.isdigit():
            continue
        if found is not None:
            inner = _inner(found)
            if not isinstance(inner, fields.Nested):
                return None
            schema = inner.schema
        found = schema.fields.get(part)
        if found is None:
            return None
    return found


def _leads(schema: Schema, path: Sequence[str]) -> bool:
    if field_at(schema, path) is not None:
        return True
    for length in range(1, len(path)):
        over = _inner(field_at(schema, path[:length]))
        if isinstance(over, Reference):
            return any(_leads(found, path[length:]) for kind in over.kinds for found in _schemas(kind, None))
    return False


def _inner(field: Any) -> Any:
    """What a field holds: a list's members, a sealed field's value."""
    while isinstance(field, Sealed | fields.List):
        field = field.inner
    return field
