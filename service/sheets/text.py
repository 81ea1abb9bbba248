"""Separated text (CSV, TSV): which encoding and which separator is read off the file, and said in the plan."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePath
from typing import BinaryIO, Final

from service.sheets.cells import Book, Row, Sheet, plain, refused

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LOOKED_AT: Final = 20
_BLOCK: Final = 1 << 20


def read(file: BinaryIO, name: str) -> Book:
    """The one sheet of a text file."""
    encoding, called = _encoding(file, name)
    delimiter = _delimiter(file, encoding)
    sheet = Sheet(PurePath(name).stem or name, lambda: _rows(file, encoding, delimiter, name))
    return Book((sheet,), f"CSV, {called}, separated by {_DELIMITERS[delimiter]}", encoding, delimiter)


def _encoding(file: BinaryIO, name: str) -> tuple[str, str]:
    head = file.read(4096)
    for mark, encoding, called in _BOMS:
        if head.startswith(mark):
            return encoding, called
    if b"\0" in head:
        first, second = head[::2].count(0), head[1::2].count(0)
        if not (first and second) and first + second > len(head) // 4:  # text of Latin letters: every other byte is zero, and only those
            return ("utf-16-be" if first else "utf-16-le"), "UTF-16"
        raise refused(f"{name} is no text and no workbook; save the sheet as .xlsx or as CSV in UTF-8.")
    for encoding, called in (("utf-8", "UTF-8"), ("cp1252", "Windows-1252")):
        if _decodes(file, encoding):
            return encoding, called
    raise refused(f"{name} is in an encoding that cannot be told; save it as CSV in UTF-8.")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(file: BinaryIO, encoding: str) -> str:
    """The separator under which the first rows come out widest and most alike."""
    lines = list(islice(_lines(file, encoding), _LOOKED_AT))
    return max(_DELIMITERS, key=lambda one: _fit(lines, one))


def _fit(lines: list[str], delimiter: str) -> tuple[float, int]:
    try:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
    except csv.Error:
        return (0.0, 0)
    widest = max(widths, default=1)
    return (sum(width == widest for width in widths) / max(len(widths), 1), widest) if widest > 1 else (0.0, 0)


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    file.seek(0)
    reader = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        while line := reader.readline(_BLOCK):
            yield line
    finally:
        reader.detach()


def _rows(file: BinaryIO, encoding: str, delimiter: str, name: str) -> Iterator[Row]:
    try:
        for number, cells in enumerate(csv.reader(_lines(file, encoding), delimiter=delimiter), 1):
            yield Row(number, tuple(plain(cell) for cell in cells))
    except UnicodeDecodeError:
        raise refused(f"{name} breaks off amid a character; save it as CSV in UTF-8.") from None
    except csv.Error as fault:
        raise refused(f"{name} cannot be read as separated text ({fault}); save it as CSV again.") from None
