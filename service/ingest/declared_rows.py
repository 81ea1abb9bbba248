"""The rows of a declared-tool sheet: CSV (commas, semicolons, tabs) or JSON, as plain texts under one spelling of each column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from service import errors
from service.ingest import jsontext
from service.ingest.draft import Limits

_ROWS: Final = 20_000
_NAMES: Final[Mapping[str, str]] = {
    "version": "tool_version", "software": "tool", "type_of_work": "class", "kind": "class", "date": "at", "generated_at": "at", "time": "at",
    "job": "job_id", "task_id": "job_id", "project_id": "job_id", "file": "output", "file_name": "output", "output_name": "output",
    "sha256": "output_sha256", "hash": "output_sha256", "artist": "operator", "plan": "plan_tier", "voice_id": "voice",
}  # fmt: skip


@dataclass(eq=False)
class CellRefused(errors.Invalid):
    """What is wrong with one cell, by its column, with the remedy."""

    column: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the sheet: where it stood, and its cells that hold something."""

    number: int
    cells: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """The cell as text; None where it is empty or no scalar."""
        value = self.cells.get(name)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(value).strip() or None if isinstance(value, (str, int, Decimal)) else None

    def refused(self, column: str, says: str) -> CellRefused:
        """The problem with one cell of this row."""
        told = refused(f"Row {self.number}, column {column}: {says}")
        return CellRefused(told.detail, told.code, told.errors, column=column, says=says)


def refused(says: str) -> errors.Invalid:
    """A sheet that cannot be read as it stands."""
    return errors.invalid("/response", says, "sheet_unreadable")


def rows(content: bytes, limits: Limits) -> list[Row]:
    """All rows of the sheet."""
    if len(content) > limits.text:
        raise errors.TooLarge(f"The sheet is longer than {limits.text} bytes; split it.", code="metadata_too_large")
    if not content.strip():
        return []
    found = list(_json(content, limits) if content.lstrip()[:1] in {b"{", b"["} else _separated(content))
    if len(found) > _ROWS:
        raise errors.TooLarge(f"The sheet has more than {_ROWS} rows; split it.", code="metadata_too_large")
    return [row for row in found if row.cells]


def columns(content: bytes) -> set[str]:
    """The columns that a sheet of separated text begins with, or the fields of a JSON sheet's first row; cheap, for detection."""
    head = content[:65_536].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head[:1] in {b"{", b"["}:
        return {column(name) for name in re.findall(r'"([^"\\]{1,60})"\s*:', head.decode("utf-8", "replace"))}
    line = head.partition(b"\n")[0].decode("utf-8", "replace")
    return {column(name.strip('"')) for name in re.split("[,;\t]", line)} if len(line) < 10_000 else set()


def column(name: str) -> str:
    """The one spelling of a column."""
    word = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
    return _NAMES.get(word, word)


def _separated(content: bytes) -> Iterator[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused("The sheet is not in UTF-8; save it as CSV in UTF-8.") from None
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        names = [column(name) for name in next(reader)]
        doubled = sorted({name for name in names if name and names.count(name) > 1})
        if doubled:
            raise refused(f"Two columns are called {doubled[0]}; keep one of them.")
        for cells in reader:
            if len(cells) > len(names):
                raise refused(
                    f"Row {reader.line_num} has {len(cells)} cells under {len(names)} columns; quote cells that hold the separator."
                )
            yield Row(reader.line_num, {name: cell for name, cell in zip(names, cells, strict=False) if name and cell.strip()})
    except csv.Error as error:
        raise refused(f"Row {reader.line_num} cannot be read: {error}. Save the sheet as CSV in UTF-8.") from None


def _json(content: bytes, limits: Limits) -> Iterator[Row]:
    value = jsontext.parse(content, "/response", limits.text)
    listed = value.get("rows", [value]) if isinstance(value, dict) else value
    for number, entry in enumerate(listed if isinstance(listed, list) else [], 1):
        if not isinstance(entry, dict):
            raise refused(f"Row {number} is no object; send a list of objects with the columns as fields.")
        yield Row(number, {column(name): cell for name, cell in entry.items() if cell not in (None, "", [])})
