"""Importing sheets: good rows go in, each with the records that its names make as one atomic write; bad rows are answered with their cells.

A row finds its record again by the outside ids of its columns, else by what makes such a record one; a row that says nothing new writes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any, Final

import orjson
from marshmallow import ValidationError

from schemas.kinds import KINDS
from schemas.problem import faults as schema_faults
from service import errors, ids
from service.context import Context
from service.records import read, write
from service.records.model import Body, Change, Draft, Recorded
from service.records.patch import merge
from service.sheets import mapping, spelling, values
from service.sheets.cells import Book, refused
from service.sheets.mapping import Mapped, Options
from service.sheets.names import Names, New, Unknown, called, missing
from service.sheets.rows import Fault, Stated, body_of, read_row
from service.sheets.settle import settled
from service.sheets.spelling import folded

CHUNK: Final = 200
MOST_DRAFTS: Final = 900
ROW_SCOPE: Final = "sheet_row"
FAULTS_KEPT: Final = 20_000
_ORDER: Final = tuple(spelling.kinds())


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    dry_run: bool
    form: str
    sheets: list[dict[str, Any]] = field(default_factory=list)
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Planned:
    """A row that is to be written, with what is new for its sake."""

    stated: Stated
    draft: Draft
    needs: Sequence[str]


def run(context: Context, book: Book, options: Options, may_write: Mapping[str, str]) -> Report:
    """Import every sheet whose columns are known; `may_write` says which permission a kind asks."""
    report = Report(options.dry_run, book.form)
    mapped = _mapped(book, options, report)
    for kind in {one.kind for one in mapped}:
        if not context.actor.may(may_write.get(kind, "")):
            raise errors.Forbidden(f"This key may not write a {kind}; it lacks {may_write.get(kind)}.", "missing_permission")
    ready = [_manners(one, options, report) for one in mapped]
    names = Names(context)
    names.gather({wanted for one in ready for wanted in _wanted(one)})
    work = _Import(context, names, report, may_write)
    for one in sorted(ready, key=lambda each: _ORDER.index(each.kind)):
        rows = one.rows()
        while block := [read_row(one, row) for row in islice(rows, CHUNK)]:
            work.take(one.kind, block)
    work.flush()
    if len(report.faults) >= FAULTS_KEPT:
        report.warnings.append(
            f"Only the first {FAULTS_KEPT:,} faults are listed; mend those, then import the whole file again for the others."
        )
    return report


def _mapped(book: Book, options: Options, report: Report) -> list[Mapped]:
    found = []
    for sheet in book.sheets:
        one = mapping.map_sheet(sheet, options)
        if one is None:
            if next(sheet.rows(), None) is not None:
                report.warnings.append(
                    f"{sheet.name} is not read: no row names columns that are known. Say what it holds with --kind, or --map."
                )
            continue
        report.sheets.append(plan := mapping.plan(one))
        report.warnings += [
            f'{sheet.name}!{each["column"]} ({each["header"]}) is not read; map it with --map "{each["header"]}=field", or =- to leave it out.'
            for each in plan["unread"]
        ]
        found.append(one)
    if not found:
        raise refused('No sheet has a header that is known. Say what the rows are with --kind, and map columns with --map "Column=field".')
    return found


def _manners(mapped: Mapped, options: Options, report: Report) -> Mapped:
    """Read each column of dates once, to see whether it tells days from months."""
    columns = [column for column in mapped.columns if mapping.is_date(column)]
    cells: dict[int, set[str]] = {column.position: set() for column in columns}
    for row in mapped.rows() if columns and options.dates is None else ():
        for position, seen in cells.items():
            cell = row.cells[position] if position < len(row.cells) else None
            if values.numbered_day(cell) and len(seen) < 2:
                seen.update({order} if (order := values.order_of([cell])) else ())
    manners = {each.position: values.Manner(currency=mapping.currency(each)) for each in mapped.columns if each.target.money}
    for column in columns:
        seen = cells[column.position]
        order = options.dates or (seen.copy().pop() if len(seen) == 1 else None)
        manners[column.position] = values.Manner(order, mapped.sheet.epoch_1904)
        if order:
            _told(report, mapped, column)["dates"] = order
        if len(seen) == 2:
            report.warnings.append(
                f"{mapped.sheet.name}!{column.letters} ({column.header}) has days first in some cells and months first in others; of its dates in numbers, those that may be either are refused."
            )
    return replace(mapped, manners=manners)


def _told(report: Report, mapped: Mapped, column: mapping.Column) -> dict[str, Any]:
    """What the report says of a column."""
    columns = next(each["columns"] for each in report.sheets if each["sheet"] == mapped.sheet.name)
    return next(each for each in columns if each["column"] == column.letters)


def _wanted(mapped: Mapped) -> Iterator[tuple[str, str]]:
    """Every name in a sheet, also those that its own rows bear."""
    for row in mapped.rows():
        stated = read_row(mapped, row)
        yield from ((kind, folded(named.text)) for _, named in stated.names() for kind in named.kinds)
        if mapped.kind == "party":
            yield from ((mapped.kind, name) for name in called(body_of([(each.target, each.value) for each in stated.statements])))


@dataclass(slots=True)
class _Import:
    """The rows on their way in."""

    context: Context
    names: Names
    report: Report
    may_write: Mapping[str, str]
    queue: list[Planned] = field(default_factory=list)
    seen: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    rehearsed: set[str] = field(default_factory=set)
    stored: dict[str, tuple[Recorded, Body]] = field(default_factory=dict)

    def take(self, kind: str, block: Sequence[Stated]) -> None:
        """Plan some rows of a kind; the records that they are about are looked up together."""
        bodies = [(stated, self._resolved(stated)) for stated in block if stated.statements or stated.faults]
        named = {(each["scope"], each["value"]) for _, body in bodies if body for each in body.get("identifiers", ())}
        self.names.look_up(kind, named)
        there = read.current(self.context.conn, self.context.studio_id, filter(None, self.names.outside.values()))
        opened = read.open_all(self.context, list(there.values()))
        self.stored = {each.id: (each, shown.body) for each, shown in zip(there.values(), opened, strict=True)}
        for stated, body in bodies:
            self._take(stated, self._plan(stated, body) if body is not None else None)
        self.names.outside.clear()

    def _take(self, stated: Stated, planned: Planned | None) -> None:
        if stated.faults:
            self._refuse(stated.faults)
        elif planned is None:
            self.report.unchanged += 1
        else:
            self.queue.append(planned)
            if len(self.queue) >= CHUNK or sum(len(one.needs) + 1 for one in self.queue) >= MOST_DRAFTS:
                self.flush()

    def flush(self) -> None:
        """Write what is planned: all at once, or row by row where one of them is refused."""
        rows, self.queue = self.queue, []
        if not rows:
            return
        if self.report.dry_run:
            for each in rows:
                self._done(each, self._new([each]))
            return
        self._write(rows)

    def _write(self, rows: Sequence[Planned]) -> None:
        new = self._new(rows)
        drafts = [Draft(one.kind, one.body, one.id) for one in new] + [each.draft for each in rows]
        try:
            write.append(self.context, drafts)
        except errors.Unavailable:
            raise
        except errors.Problem as problem:
            if len(rows) == 1:
                rows[0].stated.refuse(missing(problem))
                self.seen.pop(rows[0].draft.id or "", None)
                self._refuse(rows[0].stated.faults)
                return
            for each in rows:
                self._write([each])
            return
        for each in rows:
            self._done(each, [one for one in new if one.id in each.needs and one.id in self.names.pending])

    def _new(self, rows: Sequence[Planned]) -> list[New]:
        """What has yet to be recorded for these rows, each once."""
        wanted = dict.fromkeys(one for each in rows for one in each.needs)
        return [self.names.pending[one] for one in wanted if one in self.names.pending]

    def _done(self, planned: Planned, new: Sequence[New]) -> None:
        for one in new:
            self.names.pending.pop(one.id, None)
        if self.report.dry_run:
            self.rehearsed.update(one.id for one in new)
        stated, does = planned.stated, "created" if planned.draft.version == 1 else "changed"
        setattr(self.report, does, getattr(self.report, does) + 1)
        told = {"sheet": stated.mapped.sheet.name, "row": stated.row, "kind": planned.draft.kind, "does": does}
        told |= {} if self.report.dry_run and does == "created" else {"id": planned.draft.id}
        self.report.rows.append(told | ({"new": [{"kind": one.kind, "name": one.label} for one in new]} if new else {}))

    def _refuse(self, faults: Sequence[Fault]) -> None:
        self.report.refused += 1
        if len(self.report.faults) < FAULTS_KEPT:
            self.report.faults += [asdict(fault) for fault in faults]

    def _plan(self, stated: Stated, body: dict[str, Any]) -> Planned | None:
        """What a row writes, `None` where that is nothing; faults are added to the row."""
        stored = self._stored(stated, body)
        if stated.faults or not self._first(stated, stored, body):
            return None
        if isinstance(stored, str):
            draft = Draft(stated.mapped.kind, {"grade": "imported", **body}, stored)
        else:
            patch = settled(body, self.stored[stored.id][1])
            if not patch:
                return None
            draft = Draft(stored.kind, merge(stored.body, patch), stored.id, stored.version + 1, Change("correction"))
        if not self._valid(stated, draft):
            return None
        self.names.pending.pop(draft.id or "", None)  # a name before it made it; now its own row does
        self.names.bring(draft.kind, draft.id or "", body)
        return Planned(stated, draft, tuple(self._needs(body)))

    def _resolved(self, stated: Stated) -> dict[str, Any] | None:
        """The body with an id for every name (the production first, because roles belong to one), and with an outside id of its own."""
        if stated.faults:
            return None
        production = self._production(stated)
        found: dict[tuple[str, str], str] = {}
        for statement, named in stated.names():
            try:
                found[statement.target.name, named.text] = self.names.resolve(stated, statement, named, production)
            except Unknown as fault:
                stated.refuse(str(fault), statement.cell)
            except ValidationError as fault:
                stated.refuse(" ".join(message for _, message in schema_faults(fault.messages)), statement.cell)
        if stated.faults:
            return None
        body = body_of([(each.target, _named(each.target.name, each.value, found)) for each in stated.statements])
        kind = stated.mapped.kind
        if not body.get("identifiers") and kind != "party":  # a party is known by its name, which is personal and no outside id
            body["identifiers"] = [{"scope": ROW_SCOPE, "value": _identity(kind, body)}]
        return body

    def _production(self, stated: Stated) -> str | None:
        for statement, named in stated.names():
            if statement.target.name == "production":
                try:
                    return self.names.resolve(stated, statement, named, None).partition("@")[0]
                except Unknown:
                    return None  # said where the row is resolved
        return None

    def _stored(self, stated: Stated, body: dict[str, Any]) -> Recorded | str:
        """The record that a row is about, or the id of a new one."""
        kind = stated.mapped.kind
        found = {one for each in body.get("identifiers", ()) if (one := self.names.by_identifier(kind, each["scope"], each["value"]))}
        if not found and kind == "party":
            found = self._alike(stated, body)
        if len(found) > 1:
            stated.refuse(
                f"The outside ids of this row, or its name, belong to several records ({', '.join(sorted(found))}); keep the one that is meant."
            )
            return ""
        record_id = next(iter(found), None)
        if record_id is None:
            return ids.new_id(KINDS[kind].prefix, self.context.now)
        return self._current(kind, record_id)

    def _current(self, kind: str, record_id: str) -> Recorded | str:
        if record_id in self.names.pending and not self.report.dry_run:
            self.flush()
        if record_id in self.seen or record_id in self.names.pending or record_id in self.rehearsed:
            return record_id
        if record_id not in self.stored:
            found = read.get(self.context, kind, record_id)
            self.stored[record_id] = found, read.open_all(self.context, [found])[0].body
        return self.stored[record_id][0]

    def _alike(self, stated: Stated, body: Mapping[str, Any]) -> set[str]:
        """Parties that bear the name of a row, unless they have an outside id of the same scope, which is then another."""
        if body.get("type") == "person" and self.names.blind:
            stated.refuse(
                "This key may not read names of people (personal.read), so this one may be here already; add a column with an outside id."
            )
            return set()
        scopes = {each["scope"] for each in body.get("identifiers", ())}
        found = {one for name in called(body) for one in self.names.find("party", name)}
        old = read.current(self.context.conn, self.context.studio_id, found)
        return {
            one for one in found if not scopes & {each["scope"] for each in (old[one].body if one in old else {}).get("identifiers", ())}
        }

    def _first(self, stated: Stated, stored: Recorded | str, body: Mapping[str, Any]) -> bool:
        """Tell whether no row before this one is about the same record; one that says otherwise is refused."""
        record_id = stored if isinstance(stored, str) else stored.id
        digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()
        where, before = self.seen.setdefault(record_id, (f"{stated.mapped.sheet.name}!{stated.row}", digest))
        if before != digest:
            stated.refuse(
                f"{where} is about the same {stated.mapped.kind} and says otherwise; correct one of the two, or add a column ID that tells them apart."
            )
        return where == f"{stated.mapped.sheet.name}!{stated.row}"

    def _valid(self, stated: Stated, draft: Draft) -> bool:
        try:
            KINDS[draft.kind].schema.load(draft.body)
        except ValidationError as fault:
            for pointer, message in schema_faults(fault.messages):
                stated.refuse(f"{pointer.strip('/').replace('/', '.')}: {message}", stated.cell_of(pointer))
            self.seen.pop(draft.id or "", None)
            return False
        return True

    def _needs(self, value: Any) -> Iterator[str]:
        """The new records that a body names."""
        if isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                yield from self._needs(each)
        elif isinstance(value, str) and value in self.names.pending:
            yield value
            yield from self._needs(dict(self.names.pending[value].body))


def _named(field_name: str, value: Any, found: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(value, list):
        return list(dict.fromkeys(_named(field_name, each, found) for each in value))
    return found[field_name, value.text] if isinstance(value, values.Named) else value


def _identity(kind: str, body: Mapping[str, Any]) -> str:
    """What makes a row one, as a digest of ids and plain fields: nothing personal enters it."""
    parts = []
    for path in spelling.kinds()[kind]["identity"]:
        value: Any = body
        for word in path.split("."):
            value = value.get(word) if isinstance(value, Mapping) else None
        parts.append(value)
    return hashlib.sha256(orjson.dumps([kind, *parts])).hexdigest()[:32]
