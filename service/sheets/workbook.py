"""Workbooks (XLSX): read as a stream, after a look at the archive that refuses what would burst or mislead.

Formulas are not evaluated and merged cells are not guessed: whoever reads a right out of a sheet must see the value itself.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException

from service import errors
from service.sheets.cells import Book, Cell, Row, Sheet, Unusable, plain, refused

MOST_PARTS: Final = 2_000
MOST_BYTES: Final = 512 << 20
MOST_SHARED: Final = 64 << 20
MOST_RATIO: Final = 250
MOST_MERGED: Final = 200
_SMALL: Final = 16 << 20
_BLOCK: Final = 1 << 20
_TYPED: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\"")
_BROKEN: Final = (
    BadZipFile, ParseError, InvalidFileException, KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError,
    EOFError, zlib.error, NotImplementedError, RuntimeError,
)  # fmt: skip


def read(file: BinaryIO, name: str) -> Book:
    """The sheets of a workbook, hidden ones too; raises `Invalid` or `TooLarge`."""
    try:
        merged = _examine(file, name)
        file.seek(0)
        book = load_workbook(file, read_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if hasattr(sheet, "reset_dimensions")]
    except _BROKEN as fault:
        raise _damaged(name) from fault
    if not sheets:
        raise refused(f"{name} has no sheet with cells.")
    old = book.epoch == CALENDAR_MAC_1904
    return Book([Sheet(each.title, _reader(each, merged.get(_part(each), ()), name), old) for each in sheets], "XLSX")


def _part(sheet: Any) -> str:
    return str(sheet._worksheet_path).lstrip("/")  # noqa: SLF001  # the library has no public word for it


def _examine(file: BinaryIO, name: str) -> dict[str, tuple[str, ...]]:
    """Refuse what is too large, has a document type, or is no workbook; return the merged areas of each part."""
    with ZipFile(file) as archive:
        parts = archive.infolist()
        if "xl/workbook.xml" not in archive.namelist():
            raise refused(f"{name} is an archive, but no workbook; save the sheet as .xlsx or as .csv.")
        if any(part.flag_bits & 1 for part in parts):
            raise refused(f"{name} is protected by a password; save it without one.")
        total, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
        bursting = total > _SMALL and total > MOST_RATIO * packed
        strings = any(part.file_size > MOST_SHARED and not part.filename.startswith("xl/worksheets/") for part in parts)
        if len(parts) > MOST_PARTS or total > MOST_BYTES or bursting or strings:
            raise errors.TooLarge(f"{name} would unpack to {total:,} bytes; save the sheet alone, or as CSV.", "workbook_too_large")
        texts = [part.filename for part in parts if part.filename.endswith((".xml", ".rels"))]
        return {part: tuple(_scanned(archive, part, name)) for part in texts}


def _scanned(archive: ZipFile, part: str, name: str) -> Iterator[str]:
    kept, found = b"", 0
    with archive.open(part) as content:
        while block := content.read(_BLOCK):
            if _TYPED.search(kept + block) or (not kept and b"\0" in block[:64]):
                raise refused(
                    f"{name} holds a document type definition, which no workbook needs; save it again with a spreadsheet program."
                )
            window = kept + block
            if part.startswith("xl/worksheets/"):
                for match in _MERGED.finditer(window):
                    if match.end() > len(kept):
                        found += 1
                        yield match[1].decode()
                if found > MOST_MERGED:
                    raise refused(f"{name} has more than {MOST_MERGED} merged areas; unmerge them and fill every cell.")
            kept = window[-200:]


def _reader(sheet: Any, merged: tuple[str, ...], name: str) -> Callable[[], Iterator[Row]]:
    areas = [(*range_boundaries(area), area) for area in merged]

    def rows() -> Iterator[Row]:
        try:
            sheet.reset_dimensions()  # the size that a file states of itself may be wrong, or a bomb
            for number, cells in enumerate(sheet.iter_rows(), 1):
                found = [_cell(cell) for cell in cells]
                for left, top, right, bottom, area in areas:
                    if top <= number <= bottom:
                        _cover(found, left, right, area)
                yield Row(number, _trimmed(found))
        except _BROKEN as fault:
            raise _damaged(name) from fault

    return rows


def _cover(cells: list[Cell], left: int, right: int, area: str) -> None:
    """Put the merged area in place of what its cells seem to hold; one cell alone keeps its value in view."""
    cells.extend([None] * (left - len(cells)))
    for place in range(left - 1, min(right, len(cells))):
        cells[place] = Unusable(f"{area} is merged; unmerge it and fill every cell.")


def _trimmed(cells: list[Cell]) -> tuple[Cell, ...]:
    while cells and cells[-1] is None:
        cells.pop()
    return tuple(cells)


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Unusable("This is a formula; paste its value in its place.")
    if cell.data_type == "e":
        return Unusable(f"The sheet shows the error {value} here; correct it.")
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, datetime):
        return value if value.time() != time() else value.date()
    if isinstance(value, bool | int | float | date):
        return value
    return (
        Unusable("This is a time of day or a duration, not a date; format the cell as a date.")
        if isinstance(value, time | timedelta)
        else str(value)
    )


def _damaged(name: str) -> errors.Invalid:
    return refused(f"{name} is damaged or no workbook; open it in a spreadsheet program and save it again as .xlsx.")
