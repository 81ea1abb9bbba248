"""Which sheet holds what kind, where its header stands, and which column goes where; what nobody knows is named, never dropped in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from schemas.fields import PartialDate
from service import errors
from service.sheets import spelling, values
from service.sheets.cells import Row, Sheet, column_name, refused
from service.sheets.fields import Target, near, target
from service.sheets.spelling import spelled, words

HEADER_WITHIN: Final = 30
IGNORED: Final = "-"
_CURRENCY: Final = re.compile(r"[(\[]([A-Z]{3})[)\]]")
MEND: Final = "What to mend"


@dataclass(frozen=True, slots=True)
class Options:
    """What somebody says about a file: the kind of its rows, `columns` (header or `Sheet!header` → field, `-` for none), `values` for
    every row, the order of its dates.
    """

    kind: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    dates: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column that is read."""

    position: int
    header: str
    target: Target

    @property
    def letters(self) -> str:
        """What a person calls it: `F`."""
        return column_name(self.position)


@dataclass(frozen=True, slots=True)
class Unread:
    """One column that is not read; `asked` says that somebody wanted it so."""

    position: int
    header: str
    asked: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """A sheet and how it is read. `manners` says for each column how it writes its dates."""

    sheet: Sheet
    kind: str
    header_row: int
    columns: Sequence[Column]
    unread: Sequence[Unread]
    constants: Sequence[tuple[Target, str]]
    manners: Mapping[int, values.Manner] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        """The rows under the header."""
        return (row for row in self.sheet.rows() if row.number > self.header_row and not _total(row))

    def cell(self, position: int, row: int) -> str:
        """What a person calls a cell: `Licences!F12`."""
        return f"{self.sheet.name}!{column_name(position)}{row}"


def _total(row: Row) -> bool:
    """Whether a row only adds up those above it."""
    said = [cell for cell in row.cells if isinstance(cell, str)]
    return len(said) == 1 and spelled(said[0]) in words()["totals"]


def map_sheet(sheet: Sheet, options: Options) -> Mapped | None:
    """Return how a sheet is read, or `None` where nothing tells what it holds and nobody said; raises `Invalid`."""
    found = _header(sheet, options)
    if found is None:
        return None
    kind, row = found
    columns, unread = _columns(sheet, kind, row, options)
    _once(sheet, columns)
    return Mapped(sheet, kind, row.number, columns, unread, _constants(kind, options))


def _header(sheet: Sheet, options: Options) -> tuple[str, Row] | None:
    """The kind and the first row that names most fields of it; a sheet's own name decides before its columns do."""
    rows = list(islice(sheet.rows(), HEADER_WITHIN))
    kinds = [options.kind] if options.kind else _named(sheet.name) or list(spelling.kinds())
    scored = [(_score(sheet, kind, row, options), kind, row) for row in rows for kind in kinds]
    best = max((score for score, _, _ in scored), default=0)
    if best < (1 if len(kinds) == 1 and best else 2):
        if options.kind and rows:
            raise refused(f'{sheet.name}: no row names a column of a {options.kind}; map one, as in --map "Column=field".')
        return None
    first = min((row.number for score, _, row in scored if score == best), default=0)
    alike = {kind: row for score, kind, row in scored if score == best and row.number == first}
    if len(alike) > 1:
        raise refused(f"{sheet.name}: its columns fit {' and '.join(sorted(alike))} alike; say which with --kind.")
    return next(iter(alike.items()))


def _named(name: str) -> list[str]:
    """The kinds whose word stands in a sheet's name, the longest word deciding."""
    said = f" {spelling.spelled(name)} "
    fits = [(len(word), kind) for kind, told in spelling.kinds().items() for word in told["sheets"] if f" {word} " in said]
    longest = max(fits, default=(0, ""))[0]
    return sorted({kind for length, kind in fits if length == longest})


def _score(sheet: Sheet, kind: str, row: Row, options: Options) -> int:
    return len(
        {name for cell in row.cells if isinstance(cell, str) and (name := _field(sheet, kind, cell, options)) not in (None, IGNORED)}
    )


def _field(sheet: Sheet, kind: str, header: str, options: Options) -> str | None:
    for said, name in options.columns.items():
        where, mark, column = said.rpartition("!")
        if spelling.folded(column) == spelling.folded(header) and (not mark or spelling.folded(where) == spelling.folded(sheet.name)):
            return name
    return spelling.headers(kind).get(spelling.header(header)) or (header if target(kind, header.strip()) else None)


def _columns(sheet: Sheet, kind: str, row: Row, options: Options) -> tuple[list[Column], list[Unread]]:
    columns, unread = [], []
    for position, cell in enumerate(row.cells):
        if not isinstance(cell, str):
            if cell is not None:
                unread.append(Unread(position, "(not text)", asked=False))
            continue
        name = _field(sheet, kind, cell, options)
        if name is None or name == IGNORED or cell == MEND:
            unread.append(Unread(position, cell, asked=name == IGNORED or cell == MEND))
            continue
        columns.append(Column(position, cell, wanted(kind, name.strip(), f"/map/{cell}")))
    return columns, unread


def wanted(kind: str, name: str, pointer: str) -> Target:
    """The target of a name; raises `Invalid` with what is near."""
    found = target(kind, name)
    if found is None:
        raise errors.invalid(pointer, f"A {kind} has no field {name!r} that a cell could fill. {near(kind, name)}", "unknown_field")
    return found


def _once(sheet: Sheet, columns: Sequence[Column]) -> None:
    taken: dict[str, Column] = {}
    for column in columns:
        other = taken.setdefault(column.target.name, column)
        if other is not column:
            raise refused(
                f"{sheet.name}: columns {other.letters} ({other.header}) and {column.letters} ({column.header}) are both read as {column.target.name};"
                f' say what one of them is with --map "{column.header}=field", or --map "{column.header}=-" to leave it out.'
            )


def _constants(kind: str, options: Options) -> list[tuple[Target, str]]:
    """What is said for every row; a field that another kind has is for that kind's sheets."""
    found = [(target(kind, name), text) for name, text in options.values.items()]
    if options.kind:
        for name in options.values:
            wanted(kind, name, f"/set/{name}")
    return [(one, text) for one, text in found if one is not None]


def plan(mapped: Mapped) -> dict[str, Any]:
    """What somebody reads before they let a sheet in."""
    return {
        "sheet": mapped.sheet.name,
        "kind": mapped.kind,
        "header_row": mapped.header_row,
        "columns": [{"column": each.letters, "header": each.header, "field": each.target.name} for each in mapped.columns],
        "unread": [{"column": column_name(each.position), "header": each.header} for each in mapped.unread if not each.asked],
    }


def is_date(column: Column) -> bool:
    """Tell whether a column holds dates."""
    return isinstance(column.target.field, PartialDate)


def currency(column: Column) -> str | None:
    """The currency that a header states in brackets, as in `Fee (USD)`."""
    match = _CURRENCY.search(column.header)
    return match[1] if match else None
