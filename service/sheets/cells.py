"""A spreadsheet as sheets, rows and cells, whether it came as a workbook or as separated text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from service import errors

MOST_COLUMNS: Final = 512
MOST_ROWS: Final = 200_000
MOST_CHARACTERS: Final = 32_767
_GUARDED: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell whose value cannot be taken: a formula, an error of the sheet, a merged area; `remedy` says what to do."""

    remedy: str


Cell = object
"""What a cell holds: text, a whole or decimal number, a truth value, a date, an `Unusable`, or `None` where it is empty."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet that holds something; `number` is the one that a person sees beside it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; `rows` can be read again from the start. `epoch_1904` says from when its serial dates count."""

    name: str
    read: Callable[[], Iterator[Row]]
    epoch_1904: bool = False

    def rows(self) -> Iterator[Row]:
        """Yield the rows that hold something, within the limits."""
        count = 0
        for row in self.read():
            if len(row.cells) > MOST_COLUMNS:
                raise refused(f"{self.name}: row {row.number} has more than {MOST_COLUMNS} columns; delete those that are not needed.")
            if all(cell is None for cell in row.cells):
                continue
            count += 1
            if count > MOST_ROWS:
                raise errors.TooLarge(f"{self.name} has more than {MOST_ROWS:,} filled rows; split the sheet.", "sheet_too_large")
            yield row


@dataclass(frozen=True, slots=True)
class Book:
    """A file with its sheets; `form` is how it was read, for people (`XLSX`, `CSV, UTF-8, separated by ;`)."""

    sheets: Sequence[Sheet]
    form: str
    encoding: str | None = None
    delimiter: str | None = None


def column_name(position: int) -> str:
    """The letters of a column, from 0: `A`, `Z`, `AA`."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def guarded(value: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_GUARDED) else value


def unguarded(value: str) -> str:
    """What was meant by a cell that was guarded."""
    return value[1:] if value.startswith("'") and value[1:2] in _GUARDED else value


def plain(value: str) -> Cell:
    """A text cell as it is meant: without blanks around it, `None` where nothing stands there, no formula."""
    if value.lstrip().startswith("="):
        return Unusable("This is a formula; paste its value in its place.")
    if len(value) > MOST_CHARACTERS:
        return Unusable(f"This cell has {len(value):,} characters; shorten it.")
    return unguarded(value.strip()) or None


def refused(says: str) -> errors.Invalid:
    """The problem of a file that cannot be read as a spreadsheet."""
    return errors.Invalid(says, "unreadable_sheet")
