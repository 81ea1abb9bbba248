"""References between records, and walking a body along its schema to find them and the values that are kept apart.

On the wire a reference is one of: an id `con_…`; an id with a pinned version `mdl_…@3`; a client key of the same batch,
`$name` (or `{"$ref": "name"}`); an outside id `{"scope": "eidr", "value": "…"}`. Only the first two reach the log: whoever
writes a record resolves the others in the loaded body, through `visit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

from marshmallow import Schema, ValidationError, fields

from schemas.fields import Carried, Plain, Sealed, Text, Variant
from schemas.prefixes import KIND_OF, PREFIXES

_ID: Final = re.compile(r"([a-z]{3})_[0-7][0-9a-hjkmnp-tv-z]{25}(?:@([1-9]\d{0,8}))?")
_KEY: Final = re.compile(r"\$[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}")
ANY: Final = tuple(PREFIXES)


class Reference(Plain):
    """A typed link to another record: an edge of the lineage graph with a `role` (the field's name unless told).

    `pins` stores the version that was meant (a dataset, a model, a script, an agreement edition); without it the reference
    follows its target. `affects` says that this record changes what may be done with the target (a withdrawal does).
    """

    def __init__(self, *kinds: str, role: str = "", pins: bool = False, affects: bool = False, **more: Any) -> None:
        self.kinds = kinds or ANY
        self.role = role
        self.pins = pins
        self.affects = affects
        told = {"x-reference": list(self.kinds), "x-pins": pins, **more.pop("metadata", {})}
        super().__init__(metadata=told, **more)

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        self.role = self.role or field_name

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, dict):
            return _outside(value, self._form())
        if isinstance(value, str) and _KEY.fullmatch(value):
            return value
        match = _ID.fullmatch(value) if isinstance(value, str) else None
        if match is None or KIND_OF.get(match[1]) not in self.kinds:
            raise ValidationError(f"This must name {self._form()}.")
        if match[2] and not self.pins:
            raise ValidationError(f"This reference follows its {KIND_OF[match[1]]} through every version; drop @{match[2]}.")
        return value

    def _form(self) -> str:
        kinds = [f"{kind} ({PREFIXES[kind]}_…)" for kind in self.kinds]
        named = " or ".join(kinds) if len(kinds) < 5 else "any record (its id)"
        return f'the id of a record: {named}, a client key "$name" of the same batch, or {{"scope", "value"}} of an outside id'


class Spot(NamedTuple):
    """One value inside a body: `container[key] is value`, described by `field`; `pointer` is its JSON pointer."""

    pointer: str
    field: fields.Field[Any]
    container: Any
    key: Any
    value: Any
    ancestors: tuple[dict[str, Any], ...]


class Link(NamedTuple):
    """A reference found in a body. `id` is None while the value is a client key or an outside id (see `value`)."""

    pointer: str
    role: str
    id: str | None
    version: int | None
    kinds: tuple[str, ...]
    pins: bool
    affects: bool
    value: Any


class Secret(NamedTuple):
    """A value to be replaced by a commitment. `subject` is an id, a client key, `self`, or None where the field names nobody;
    `everyone` says that it then concerns everybody whom the record is about.
    """

    pointer: str
    protection: str
    subject: Any
    value: Any
    everyone: bool


def visit(schema: Schema, body: dict[str, Any]) -> Iterator[Spot]:
    """Yield every reference and every sealed value of a loaded body, depth first in the order of its fields.

    The yielded container may be written to: `spot.container[spot.key] = …` replaces the value in place.
    """
    yield from _object(schema, body, "", ())


def references(schema: Schema, body: dict[str, Any]) -> list[Link]:
    """Return each reference of a loaded body with its pointer; those inside sealed values do not exist."""
    return [link(spot) for spot in visit(schema, body) if isinstance(spot.field, Reference)]


def commitments(schema: Schema, body: dict[str, Any]) -> list[Secret]:
    """Return each value of a loaded body that must not enter the log in the clear; carried commitments are left out."""
    found = [spot for spot in visit(schema, body) if isinstance(spot.field, Sealed) and not isinstance(spot.value, Carried)]
    return [secret(spot) for spot in found]


def link(spot: Spot) -> Link:
    """Read one reference out of its spot."""
    field = cast("Reference", spot.field)
    match = _ID.fullmatch(spot.value) if isinstance(spot.value, str) else None
    target = spot.value.partition("@")[0] if match else None
    version = int(match[2]) if match and match[2] else None
    return Link(spot.pointer, field.role, target, version, field.kinds, field.pins, field.affects, spot.value)


def secret(spot: Spot) -> Secret:
    """Read one sealed value out of its spot; its subject is looked up in the nearest object around it that names it."""
    field = cast("Sealed", spot.field)
    found = (around[name] for name in field.subject for around in reversed(spot.ancestors) if name in around)
    subject: Any = "self" if field.subject == ("self",) else next(found, None)
    return Secret(spot.pointer, field.protection, subject, spot.value, field.everyone)


def pointer_of(*parts: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _object(schema: Schema, body: dict[str, Any], at: str, ancestors: tuple[dict[str, Any], ...]) -> Iterator[Spot]:
    around = (*ancestors, body)
    for name, field in schema.fields.items():
        if name in body:
            yield from _value(field, body, name, at + pointer_of(name), around)


def _value(field: fields.Field[Any], container: Any, key: Any, at: str, around: tuple[dict[str, Any], ...]) -> Iterator[Spot]:
    value = container[key]
    if isinstance(field, Reference | Sealed):
        if value != "*":
            yield Spot(at, field, container, key, value, around)
    elif isinstance(field, fields.List):
        for place in range(len(value)):
            yield from _value(field.inner, value, place, f"{at}/{place}", around)
    elif isinstance(field, fields.Nested):
        yield from _object(field.schema, value, at, around)
    elif isinstance(field, Variant):
        yield from _object(field.options[container[field.by]], value, at, around)


def _outside(value: dict[str, Any], form: str) -> Any:
    if value.keys() == {"$ref"}:
        return _outside_key(value["$ref"], form)
    if value.keys() != {"scope", "value"}:
        raise ValidationError(f"This must name {form}.")
    return {"scope": Text(100).deserialize(value["scope"]), "value": Text(500).deserialize(value["value"])}


def _outside_key(value: object, form: str) -> str | dict[str, Any]:
    if isinstance(value, dict) and value.keys() == {"scope", "value"}:
        return {"scope": Text(100).deserialize(value["scope"]), "value": Text(500).deserialize(value["value"])}
    name = value if isinstance(value, str) and value.startswith("$") else f"${value}"
    if not isinstance(value, str) or not _KEY.fullmatch(name):
        raise ValidationError(f"This must name {form}.")
    return name
