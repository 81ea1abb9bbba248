"""What importing a spreadsheet takes and answers."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from schemas.fields import Body, Choice, Flag, Nested, Plain, Several, Text, Whole

SHEET_KINDS = ("party", "production", "source", "agreement", "engagement", "licence", "consent")
FILE_KINDS = (*SHEET_KINDS, "generation")
"""What a file may hold: beside records a row each, declared work in tools that leave no metadata."""


class Words(Plain):
    """An object of texts."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, str]:
        if not isinstance(value, dict) or len(value) > 500 or not all(isinstance(each, str) for each in value.values()):
            raise ValidationError('Send an object of at most 500 texts, as in {"Licensor": "grantor"}.')
        return value


class SheetOptions(Body):
    """How to read a spreadsheet; what is not said is read off its headers."""

    dry_run = Flag(about="say what would be done, and write nothing")
    kind = Choice(*FILE_KINDS, about="what the rows are, where neither the sheet's name nor its columns say; one sheet of one kind")
    map = Words(about='column → field: a dotted path as scope.territories, identifiers.<scope>, grantor:type, or "-" to leave it out')
    set = Words(about="field → value for every row that says nothing of it, written as a cell would be")
    dates = Choice("dmy", "mdy", about="whether day or month stands first in dates such as 03/04/2026")


class SheetColumn(Body):
    """A column, and the field that it goes to (none where it is not read)."""

    column = Text(10, required=True)
    header = Text(32_767, required=True)
    field = Text(300)
    dates = Choice("dmy", "mdy", about="which stands first in its dates in numbers, as the column itself or the options tell")


class SheetPlan(Body):
    """How one sheet is read."""

    sheet = Text(300, required=True)
    kind = Choice(*FILE_KINDS, required=True)
    header_row = Whole(1, required=True)
    columns = Several(Nested(SheetColumn), most=600, required=True)
    unread = Several(Nested(SheetColumn), most=600, about="columns that nobody knows; their cells are not taken")


class SheetNew(Body):
    """A record that a name of a row made."""

    kind = Text(60, required=True)
    name = Text(32_767, required=True)


class SheetRow(Body):
    """A row that was, or would be, written."""

    sheet = Text(300, required=True)
    row = Whole(1, required=True)
    kind = Text(60, required=True)
    does = Choice("created", "changed", required=True)
    id = Text(60)
    new = Several(Nested(SheetNew), most=1_000)


class SheetFault(Body):
    """What is wrong with a cell of a refused row, with the remedy."""

    sheet = Text(300, required=True)
    row = Whole(1, required=True)
    cell = Text(300, required=True, about="Licences!F12")
    message = Text(40_000, required=True)


class SheetAnswer(Body):
    """What an import of a spreadsheet did, or with dry_run would do."""

    dry_run = Flag(required=True)
    form = Text(300, required=True, about="how the file was read: XLSX, or CSV with its encoding and separator")
    sheets = Several(Nested(SheetPlan), most=1_000, required=True)
    created = Whole(required=True)
    changed = Whole(required=True)
    unchanged = Whole(required=True)
    refused = Whole(required=True)
    rows = Several(Nested(SheetRow), most=200_000, required=True, about="rows that are unchanged are only counted")
    faults = Several(
        Nested(SheetFault),
        most=200_000,
        required=True,
        about="up to 20,000; every one belongs to a refused row, of which nothing was written",
    )
    warnings = Several(Text(40_000), most=2_000, required=True)
