"""The roles that make edges are roles of the schemas, and lead where they say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from marshmallow import Schema, fields

from schemas.kinds import KINDS
from schemas.references import Reference
from service.records.edges import CARRIES, RESTS_ON


def references(schema: Schema, above: tuple[type, ...] = ()) -> Iterator[Reference]:
    for field in schema.fields.values():
        yield from within(field, above)


def within(field: fields.Field, above: tuple[type, ...]) -> Iterator[Reference]:
    if isinstance(field, Reference):
        yield field
    if isinstance(getattr(field, "inner", None), fields.Field):
        yield from within(field.inner, above)
    nested = getattr(field, "schema", None)
    if isinstance(nested, Schema) and type(nested) not in above:
        yield from references(nested, (*above, type(nested)))


@pytest.mark.parametrize("kind", sorted(CARRIES))
def test_what_carries_leads_to_one_kind(kind: str) -> None:
    told = {field.role: field.kinds for field in references(KINDS[kind].schema) if field.role in CARRIES[kind]}
    assert told == {role: (target,) for role, target in CARRIES[kind].items()}


@pytest.mark.parametrize("kind", sorted(RESTS_ON))
def test_what_something_rests_on_is_said_by_its_schema(kind: str) -> None:
    roles = {field.role for field in references(KINDS[kind].schema)}
    assert set(RESTS_ON[kind]) <= roles
    assert not set(RESTS_ON[kind]) & set(CARRIES.get(kind, ()))
