"""A whole declared-tool sheet in one call: every row a run with its output, good rows in, and of each bad one the cell and the remedy.

Rows are written two hundred at a time as one append; where an append is refused each half is tried by itself, so that only the guilty rows
stay out. A row is known by its tool, its job and its output's SHA-256, or where it has neither by all that it says: the same sheet again
writes nothing. The sheet itself is kept once, sealed, as the raw source of every run it made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from schemas.kinds import KINDS
from service import errors, ids, projections
from service.context import Context
from service.ingest import declared, find, importing
from service.ingest.declared_rows import CellRefused, Row, column
from service.ingest.draft import Digest, Draft, Limits, Raw
from service.records import write
from service.records.model import Draft as Version
from service.records.model import Recorded

KIND: Final = "generation"
MOST_ROWS: Final = 20_000
_BLOCK: Final = 200
_GRANTING: Final = 16
_HEADER_WITHIN: Final = 30
_BESIDE: Final = frozenset({"class", "tool_class", "ai", "output", "output_sha256", "job_id", "prompt", "model"})
_COLUMN_OF: Final[Mapping[str, str]] = {
    "operator": "operator", "employer": "employer", "consents": "consents", "replicas": "replicas", "productions": "productions",
    "licences": "licences", "terms": "terms_url", "generated_at": "at", "tool": "tool", "prompts": "prompt", "purpose": "purpose", "inputs": "inputs",
    "notes": "notes", "models": "model", "provider": "job_id", "digests": "output_sha256", "name": "output", "stage": "stage",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell that cannot be taken, and what to do about it."""

    remedy: str


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet as it was handed over: rows as (number, cells); `labels` call the columns what a person does (A, B, C), () by their names."""

    name: str
    rows: Iterable[tuple[int, Sequence[Any]]]
    labels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are named, and by which of our names each goes; None for one that is left out."""

    number: int
    titles: Sequence[str]
    fields: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Options:
    """What somebody says of the whole sheet: header → column, column → cell of every row that has none; `tool` where no row names one."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    tool: str | None = None
    dry_run: bool = False


@dataclass(slots=True)
class Report:
    """What was done, or would be: as the import of a spreadsheet answers it."""

    sheets: list[dict[str, Any]] = field(default_factory=list)
    created: int = 0
    unchanged: int = 0
    refused: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Run:
    """A row that was read: the run it tells of, its output, and the outside id by which it is found again."""

    row: Row
    draft: Draft
    output: importing.Output
    job: tuple[str, str]


def header(rows: Iterable[tuple[int, Sequence[Any]]], options: Options, *, wanted: bool) -> Header | None:
    """The first row that names a tool and something of its work (two known columns where somebody says what the sheet is), or None."""
    for number, cells in islice(rows, _HEADER_WITHIN):
        titles = [cell if isinstance(cell, str) else "" for cell in cells]
        fields = [_field(title, options) for title in titles]
        known = {name for name in fields if name}
        if ("tool" in known and known & _BESIDE) or (wanted and len(known & declared.KNOWN) > 1):
            return Header(number, titles, fields)
    return None


def _field(title: str, options: Options) -> str | None:
    told = options.columns.get(title)
    return None if told == "-" or not title.strip() else column(told or title)


def run(context: Context, tables: Sequence[tuple[Table, Header]], options: Options, content: bytes) -> Report:
    """Import every row of the sheets whose headers are given; `content` is the file itself."""
    report = Report()
    work = _Import(context, options, report, content)
    for table, head in tables:
        doubled = sorted({name for name in head.fields if name and head.fields.count(name) > 1})
        if doubled:
            raise errors.invalid(
                "/file", f"{table.name}: two columns are taken for {doubled[0]}; map one of them to -.", "sheet_unreadable"
            )
        report.sheets.append(_plan(table, head))
        rows = ((number, cells) for number, cells in table.rows if number > head.number)
        while block := list(islice(rows, _BLOCK)):
            work.take(table, head, block)
    return report


def _plan(table: Table, head: Header) -> dict[str, Any]:
    columns = [(_label(table, at), title, name) for at, (title, name) in enumerate(zip(head.titles, head.fields, strict=True)) if title]
    known = [each for each in columns if each[2] and (each[2] in declared.KNOWN or each[2].startswith("input_"))]
    return {
        "sheet": table.name,
        "kind": KIND,
        "header_row": max(head.number, 1),
        "columns": [{"column": label, "header": title, "field": name} for label, title, name in known],
        "unread": [{"column": label, "header": title} for label, title, name in columns if name and (label, title, name) not in known],
    }


def _label(table: Table, at: int) -> str:
    return table.labels[at] if at < len(table.labels) else str(at + 1)


class _Import:
    """One import under way: what of the sheet is known already, and the source that all its runs share."""

    def __init__(self, context: Context, options: Options, report: Report, content: bytes) -> None:
        self.context, self.options, self.report = context, options, report
        self.limits = Limits()
        self.seen: dict[tuple[str, str], Row] = {}
        self.raw: list[dict[str, Any]] | None = None
        self.content = content

    def take(self, table: Table, head: Header, block: Sequence[tuple[int, Sequence[Any]]]) -> None:
        """Read some rows, leave out what is there, and write the rest."""
        read = [found for number, cells in block if (found := self._read(table, head, number, cells))]
        if len(self.seen) > MOST_ROWS:
            raise errors.TooLarge(f"The sheet has more than {MOST_ROWS:,} rows; split it.", "sheet_too_large")
        there = find.by_identifiers(self.context, KIND, [each.job for each in read])
        self.report.unchanged += sum(each.job in there for each in read)
        new = [each for each in read if each.job not in there]
        if not new:
            return
        projections.catch_up(self.context.conn, self.context.studio_id, "digest")
        if self.raw is None and not self.options.dry_run:
            media_type = "application/json" if self.content.lstrip()[:1] in {b"[", b"{"} else "application/octet-stream"
            self.raw = importing.keep(self.context, [Raw("sheet", media_type, self.content)])
        self._write(table, head, new)

    def _read(self, table: Table, head: Header, number: int, cells: Sequence[Any]) -> _Run | None:
        """One row as a run; a fault where it cannot be one, nothing where an equal row was read before."""
        try:
            row = _row(head, number, cells, self.options)
            draft = declared.of_row(row, self.options.tool, (Raw("row", "application/json", _spelt(row)),), self.limits)
            found = _Run(row, draft, *self._job(draft))
        except CellRefused as fault:
            self._refuse(table, head, number, fault.column, fault.says)
            return None
        except errors.Problem as fault:
            self._refuse(table, head, number, "tool", str(fault))
            return None
        earlier = self.seen.setdefault(found.job, row)
        if earlier is row:
            return found
        if earlier.cells == row.cells:
            self.report.unchanged += 1
        else:
            self._refuse(
                table, head, number, "job_id", f"Row {earlier.number} tells otherwise of the same job and output; leave one of them."
            )
        return None

    def _job(self, draft: Draft) -> tuple[importing.Output, tuple[str, str]]:
        digests = [Digest(each["algorithm"], each["value"]) for each in draft.asset.get("digests") or ()]
        output = importing.Output(name=draft.asset.get("file_name"), sha256=digests[0].value if digests else None)
        return output, importing.job(draft, output)

    def _write(self, table: Table, head: Header, runs: Sequence[_Run]) -> None:
        """Write these rows as one append; where it is refused, or too much for one, each half by itself."""
        try:
            self._append(table, runs)
        except errors.Unavailable:
            raise
        except errors.Problem as fault:
            if len(runs) == 1:
                self._blame(table, head, runs[0].row, fault)
                return
            half = len(runs) // 2
            self._write(table, head, runs[:half])
            self._write(table, head, runs[half:])

    def _append(self, table: Table, runs: Sequence[_Run]) -> None:
        batch, ends = importing.Batch(), []
        outputs = find.by_sha256(self.context, "asset", [each.output.sha256 for each in runs if each.output.sha256])
        for number, each in enumerate(runs):
            batch.run = str(number)
            digest = each.output.sha256 or ""
            known = outputs.get(digest)
            importing.lay(self.context, batch, each.draft, replace(each.output, asset=known), {}, {}, raw=self.raw)
            if digest and known is None:
                outputs[digest] = f"$output{number}"
            ends.append(len(batch.versions))
        if self.options.dry_run:
            self._rehearse(table, runs, batch.versions, ends)
            return
        made = write.append(self.context, batch.versions)
        self._grant([made[end - 1].id for end in ends])
        for each, first, end in zip(runs, [0, *ends], ends, strict=False):
            self._done(table, each.row, made[first:end])

    def _grant(self, written: Sequence[str]) -> None:
        """Let each of these runs read the sheet; what takes time is waiting for the disk, which many can do at once."""
        pairs = [(name, piece["content"]["sha256"]) for name in written for piece in self.raw or ()]
        with ThreadPoolExecutor(_GRANTING) as pool:
            for waited in [pool.submit(self.context.blobs.grant, *pair) for pair in pairs]:
                waited.result()

    def _rehearse(self, table: Table, runs: Sequence[_Run], versions: Sequence[Version], ends: Sequence[int]) -> None:
        """Refuse what writing would refuse, and write nothing."""
        named = [Version(one.kind, one.body, one.id or ids.new_id(KINDS[one.kind].prefix, self.context.now), one.version, one.change, one.client_key) for one in versions]  # fmt: skip
        write.rehearsed(self.context, named)
        for each, first, end in zip(runs, [0, *ends], ends, strict=False):
            told = [{"kind": one.kind, "name": _called(one.body)} for one in named[first : end - 1]]
            self._told(table, each.row, told)

    def _done(self, table: Table, row: Row, made: Sequence[Recorded]) -> None:
        new = [{"kind": one.kind, "name": _called(one.body)} for one in made[:-1]]
        self._told(table, row, new, id=made[-1].id)

    def _told(self, table: Table, row: Row, new: Sequence[Mapping[str, Any]], **more: str) -> None:
        self.report.created += 1
        told = {"sheet": table.name, "row": row.number, "kind": KIND, "does": "created", **more}
        self.report.rows.append(told | ({"new": list(new)} if new else {}))

    def _blame(self, table: Table, head: Header, row: Row, fault: errors.Problem) -> None:
        """What a write refused, at the cell that it came from as far as its field tells."""
        found = [(each.pointer, each.message) for each in fault.errors] or [("", fault.detail)]
        self.report.refused += 1
        for pointer, message in found[:5]:
            name = next((_COLUMN_OF[part] for part in pointer.split("/") if part in _COLUMN_OF), "tool")
            self._fault(table, head, row.number, name, message)

    def _refuse(self, table: Table, head: Header, number: int, name: str, says: str) -> None:
        self.report.refused += 1
        self._fault(table, head, number, name, says)

    def _fault(self, table: Table, head: Header, number: int, name: str, says: str) -> None:
        at = next((_label(table, at) for at, found in enumerate(head.fields) if found == name), None)
        cell = f"{table.name}!{at}{number}" if table.labels and at else f"{table.name}[{number}].{name}"
        self.report.faults.append({"sheet": table.name, "row": number, "cell": cell, "message": says})


def _row(head: Header, number: int, cells: Sequence[Any], options: Options) -> Row:
    """The cells of a row under our names, with what holds for every row."""
    row = Row(number, {column(name): value for name, value in options.values.items()})
    told = dict(row.cells)
    for name, cell in zip(head.fields, cells, strict=False):
        if isinstance(cell, Unusable) and name:
            raise row.refused(name, cell.remedy)
        if name and cell not in (None, "", []):
            told[name] = _plain(cell)
    return Row(number, told)


def _plain(cell: Any) -> Any:
    """A cell of a workbook as a sheet of text would have it."""
    if isinstance(cell, (date, datetime)):
        return cell.isoformat()
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 2**53 else Decimal(repr(cell))
    return cell


def _spelt(row: Row) -> bytes:
    """All that a row says, in one way of writing: what stands for a job that has no id."""
    content = json.dumps(dict(row.cells), default=str, sort_keys=True)  # seeds may be longer than 64 bits
    return hashlib.sha256(content.encode()).hexdigest().encode()


def _called(body: Mapping[str, Any]) -> str:
    return str(body.get("name") or body.get("file_name") or "")[:300]


def of_json(rows: Sequence[Row]) -> tuple[Table, Header]:
    """Rows that came as JSON: each by its number, its fields as columns."""
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    table = Table("rows", [(row.number, [row.cells.get(name) for name in names]) for row in rows])
    return table, Header(0, names, names)
