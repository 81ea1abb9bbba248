"""The file that goes back to whoever sent it: the refused rows alone, each with what to mend, ready to be imported again."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from service.sheets import values
from service.sheets.cells import Book, Cell, Row, Unusable, column_name, guarded
from service.sheets.mapping import MEND


def place(file: Path, book: Book) -> Path:
    """Where it goes: beside the file, over nothing that is there."""
    suffix = ".csv" if book.delimiter else ".xlsx"
    stem = file.name.removesuffix(file.suffix)
    found, count = file.with_name(f"{stem}.corrected{suffix}"), 1
    while found.exists():
        count += 1
        found = file.with_name(f"{stem}.corrected.{count}{suffix}")
    return found


def write(book: Book, sheets: Sequence[Mapping[str, Any]], faults: Iterable[Mapping[str, Any]], to: Path) -> int:
    """Write the refused rows of a book to a new file, header first; return how many there are.

    `sheets` and `faults` are as the import answers them; no cell of the file is a formula.
    """
    says: dict[tuple[str, int], list[str]] = {}
    for fault in faults:
        says.setdefault((fault["sheet"], fault["row"]), []).append(f"{fault['cell']}: {fault['message']}")
    plans = {each["sheet"]: each for each in sheets}
    found = {sheet.name: _rows(sheet.rows(), plans[sheet.name], says) for sheet in book.sheets if sheet.name in plans}
    return _text(book, found, to) if book.delimiter else _workbook(found, {name for name, _ in says}, to)


def _rows(rows: Iterable[Row], plan: Mapping[str, Any], says: Mapping[tuple[str, int], list[str]]) -> Iterable[list[Cell]]:
    """The header and the refused rows, the remedy behind the last column of the header."""
    place, name = 0, plan["sheet"]
    orders = {each["column"]: each["dates"] for each in plan.get("columns", ()) if "dates" in each}
    for row in rows:
        if row.number == plan["header_row"]:
            place = row.cells.index(MEND) if MEND in row.cells else len(row.cells)
            yield [*(_shown(cell) for cell in row.cells[:place]), MEND]
        elif (name, row.number) in says:
            cells = [_shown(cell, orders.get(column_name(position))) for position, cell in enumerate(row.cells[:place])]
            yield [*cells, *[None] * (place - len(cells)), guarded("\n".join(says[name, row.number]))]


def _shown(cell: Cell, dates: str | None = None) -> Cell:
    """A cell as it goes back: a date that only its neighbours made clear is written out, because they stay behind."""
    if isinstance(cell, Unusable):
        return None
    return guarded(values.written_out(cell, dates) if dates else cell)


def _text(book: Book, sheets: Mapping[str, Iterable[list[Cell]]], to: Path) -> int:
    count = 0
    with to.open("x", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=book.delimiter or ",")
        for rows in sheets.values():
            for row in rows:
                writer.writerow(["" if cell is None else cell.isoformat() if isinstance(cell, date) else cell for cell in row])
                count += 1
    return count - 1


def _workbook(sheets: Mapping[str, Iterable[list[Cell]]], refused: set[str], to: Path) -> int:
    book, count = Workbook(write_only=True), 0
    for name, rows in sheets.items():
        if name not in refused:
            continue
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for row in rows:
            sheet.append(row)
            count += 1
        count -= 1
    with to.open("xb") as file:
        book.save(file)
    return count
