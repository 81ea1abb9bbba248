"""One line of a batch, and how a batch is taken."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validates_schema

from schemas.collections import AnyObject
from schemas.fields import Body, Choice, Nested, Text, Timestamp, Whole
from schemas.prefixes import NAMES


class BatchQuery(Body):
    """`atomic`: all lines or none, up to 1,000. `lines`: each line by itself, any number, answered in order."""

    mode = Choice("atomic", "lines")


class BatchLine(Body):
    """One record: new, or (with `id` and `expected_version`) the next version of an old one.

    Other lines refer to it as `"$key"`.
    """

    kind = Choice(*NAMES, required=True)
    key = Text(100, pattern=r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}", form="letters, digits, and _ . : / -")
    id = Text(60)
    expected_version = Whole(1)
    change = Choice("correction", "amendment")
    effective_at = Timestamp()
    body: fields.Field[object] = Nested(AnyObject, required=True)

    @validates_schema
    def together(self, data: dict[str, object], **_: object) -> None:
        """Hold that a new version names what it follows."""
        if ("id" in data) != ("expected_version" in data):
            raise ValidationError("A new version takes both id and expected_version; a new record neither.", "expected_version")
        if "change" in data and "id" not in data:
            raise ValidationError("Only a new version says why it changed; drop change.", "change")
