"""What the operations common to all collections take and answer: queries, pages, one version with its proof."""

from __future__ import annotations

from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from schemas.fields import Body, Choice, Nested, Plain, Several, Text, Timestamp, Whole

PAGE_LIMIT = 200
_INSTANT = Timestamp()


class Pair(Text):
    """A query value of the form `scope:value`; loads to a tuple."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        text = super()._deserialize(value)
        scope, separator, rest = text.partition(":")
        if not (scope and separator and rest):
            raise ValidationError("Write it as scope:value, for example eidr:10.5240/7791-8534-2C23-9030-8610-5.")
        return scope, rest


class Moment(Text):
    """A log size (a whole number of entries) or an instant; loads to `int` or to the wire form of an instant."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        text = super()._deserialize(value)
        if text.isascii() and text.isdigit() and len(text) < 16:
            return int(text)
        return _INSTANT.deserialize(text)


class Number(fields.Integer):
    """A whole number in a query, where everything is text."""

    def __init__(self, least: int, most: int, *, required: bool = False) -> None:
        message = f"Give a whole number from {least} to {most}."
        checks: dict[str, Any] = {
            "invalid": message,
            "too_large": message,
            "null": message,
            "required": "This parameter is required; add it.",
        }
        super().__init__(required=required, validate=validate.Range(least, most, error=message), error_messages=checks)


class Times(Body):
    """The two clocks: `at` = true when, `known_at` = as the log stood (its size, or a time); `as_of` sets both."""

    at = Timestamp()
    known_at = Moment()
    as_of = Timestamp()

    @validates_schema
    def one_way(self, data: dict[str, object], **_: object) -> None:
        """Refuse `as_of` together with what it sets."""
        if "as_of" in data and {"at", "known_at"} & data.keys():
            raise ValidationError("as_of sets at and known_at; give it alone, or the other two.", "as_of")


class ReadQuery(Times):
    """Which version of one record."""

    version = Number(1, 10**9)


class ListQuery(Times):
    """Which records of a collection; filters are equalities."""

    cursor = Text(100)
    limit = Number(1, PAGE_LIMIT)
    identifier = Pair()
    digest = Pair()
    label = Text(500)
    state = Text(100)
    type = Text(100)
    party = Text(60)
    production = Text(60)


class ChangeQuery(Body):
    """Why there is a new version: it was wrong (`correction`), or the world changed (`amendment`, from `effective_at`)."""

    change = Choice("correction", "amendment")
    effective_at = Timestamp()

    @validates_schema
    def effective(self, data: dict[str, object], **_: object) -> None:
        """Hold that exactly amendments say from when."""
        if (data.get("change") == "amendment") != ("effective_at" in data):
            raise ValidationError("An amendment says from when it holds (effective_at); a correction always did.", "effective_at")


class AnyObject(Body):
    """An object whose fields the operation checks itself (a merge patch)."""

    class Meta:
        unknown = "include"


class ProofAnswer(Body):
    """Inclusion (RFC 6962 section 2.1.1) of one entry; hashes in hexadecimal, the checkpoint is a C2SP signed note."""

    index = Whole()
    size = Whole()
    leaf = Text(64)
    path = Several(Text(64), most=64)
    checkpoint = Text(4000)


class ChangeAnswer(Body):
    """Why this version exists."""

    type = Choice("new", "correction", "amendment")
    effective_at = Timestamp()


@cache
def record_answer(schema: type[Schema]) -> type[Body]:
    """Return the answer schema of a kind: the record's envelope around its body."""
    name = schema.__name__
    envelope = {
        "id": Text(60, required=True),
        "kind": Text(60, required=True),
        "version": Whole(1, required=True),
        "index": Whole(required=True),
        "recorded_at": Timestamp(required=True),
        "recorded_by": Text(60, required=True),
        "change": Nested(ChangeAnswer),
        "body": Nested(schema, required=True),
        "proof": Nested(ProofAnswer),
    }
    return type(f"{name}Record", (Body,), {"__doc__": f"One version of a {name.lower()} as it stands in the log.", **envelope})


@cache
def page_answer(answer: type[Body]) -> type[Body]:
    """Return the answer schema of a list of such answers."""
    fields_: dict[str, object] = {"items": Several(Nested(answer), most=PAGE_LIMIT), "next": Text(100)}
    return type(f"{answer.__name__}Page", (Body,), {"__doc__": "One page; `next` is the cursor of the following one.", **fields_})


class Anything(Plain):
    """Any JSON value."""
