"""Every field in which people write freely is sealed, or is named with a reason why it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields

from schemas import clear
from schemas.fields import Sealed, Settings, Text, Variant
from schemas.kinds import KINDS

FREE = 200
"""From so many characters on, words may tell of a person; what is shorter is a code, a number or a name of something."""


def within(schema: Schema, at: str) -> Iterator[tuple[str, Any]]:
    for name, field in schema.fields.items():
        yield from leaves(field, f"{at}/{name}")


def leaves(field: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(field, Variant):
        for name, schema in field.options.items():
            yield from within(schema, f"{at}[{name}]")
    elif isinstance(field, fields.Nested):
        yield from within(field.schema, at)
    elif isinstance(field, fields.List):
        yield from leaves(field.inner, at)
    else:
        yield at, field


def is_free(field: Any) -> bool:
    return isinstance(field, Settings) or (type(field) is Text and field.most >= FREE and field.pattern is None)


LEAVES = dict(leaf for kind in KINDS.values() for leaf in within(kind.schema, kind.name))
OPEN = {at for at, field in LEAVES.items() if is_free(field)}
BY_PATH = {*clear.READ_BY_RULES, *clear.PUBLISHED, *clear.OF_THE_STUDIO, *clear.BY_THE_SERVICE}
BY_NAME = {*clear.OF_THINGS, *clear.OF_CREDENTIALS}


def test_what_stands_in_the_clear_is_listed_with_its_reason() -> None:
    assert {at for at in OPEN - BY_PATH if at.rpartition("/")[2] not in BY_NAME} == set()


def test_the_list_names_nothing_that_is_sealed_or_gone() -> None:
    assert set() == BY_PATH - OPEN
    assert BY_NAME - {at.rpartition("/")[2] for at in OPEN} == set()


def test_what_is_said_of_people_is_sealed() -> None:
    sealed = {at for at, field in LEAVES.items() if isinstance(field, Sealed)}
    assert sealed >= {
        "document/title", "document/notes", "generation/prompts/text", "consent/description", "consent/compensation", "engagement/rate",
        "engagement/conditions/text", "replica/name", "event/statement", "event/reason", "waiver/reason", "review/notes", "review/reason",
        "exception/statement", "evidence/details[attestation]/statement", "evidence/details[notice]/description",
        "evidence/details[consultation]/proposal", "evidence/details[complaint]/text", "evidence/details[compensation]/amount",
    }  # fmt: skip
    assert all(f"{kind}/notes" in sealed for kind in KINDS), "free notes of every kind"
