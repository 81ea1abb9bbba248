"""Listing a collection: newest first, by keyset on the index of a record's first version, filtered by real columns."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from psycopg.rows import class_row

from schemas.kinds import KINDS
from service import errors
from service.context import Context
from service.records import read
from service.records.model import Recorded

COLUMNS = frozenset({"state", "type", "party"})


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list; `columns` are equalities on head columns, `known_at` a log size, `at` an instant in wire form."""

    columns: Mapping[str, str] = field(default_factory=dict)
    production: str | None = None
    identifier: tuple[str, str] | None = None
    digest: tuple[str, str] | None = None
    label: str | None = None
    label_part: str | None = None
    known_at: int | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records and where the next one starts (`None` = that was all)."""

    records: tuple[Recorded, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class _Head:
    id: str
    first_index: int
    index: int
    bytes: bytes


def find(context: Context, kind: str, wanted: Filter, *, cursor: str | None = None, limit: int = 50) -> Page:
    """Return one page of a collection as the actor may see it."""
    rows = _heads(context, kind, wanted, _before(cursor), limit + 1)
    shown, more = rows[:limit], len(rows) > limit
    records = [read.decode(row.index, row.bytes) for row in shown]
    if wanted.known_at is not None or wanted.at is not None:
        records = [recorded for recorded in _as_of(context, records, wanted) if _matches(recorded, wanted)]
    visible = tuple(recorded for recorded in records if read.visible(context.actor, recorded))
    return Page(visible, _cursor(shown[-1].first_index) if more else None)


def by_identifier(context: Context, kind: str, scope: str, value: str) -> Recorded | None:
    """Return the record of this kind that carries an outside id, or `None`."""
    found = find(context, kind, Filter(identifier=(scope, value)), limit=1).records
    return found[0] if found else None


def _heads(context: Context, kind: str, wanted: Filter, before: int | None, limit: int) -> list[_Head]:
    clauses = ["head.studio_id = %(studio_id)s", "head.kind = %(kind)s"]
    joins = ["JOIN entry USING (studio_id, index)"]
    values: dict[str, Any] = {"studio_id": context.studio_id, "kind": kind, "before": before, "limit": limit, "label": wanted.label}
    if before is not None:
        clauses.append("head.first_index < %(before)s")
    if wanted.known_at is not None:
        clauses.append("head.first_index < %(known_at)s")
        values["known_at"] = wanted.known_at
    if wanted.known_at is None and wanted.at is None:
        for column in COLUMNS & set(wanted.columns):
            clauses.append(f"head.{column} = %({column})s")
            values[column] = wanted.columns[column]
    if wanted.label is not None:
        clauses.append("head.label = %(label)s")
    if wanted.label_part is not None:  # loses no index: the walk is by kind and place in the log all the same
        clauses.append("position(lower(%(label_part)s) in lower(head.label)) > 0")
        values["label_part"] = wanted.label_part
    for name, part in (("production", _production), ("identifier", _identifier), ("digest", _digest)):
        if getattr(wanted, name) is not None:
            joins.append(part(getattr(wanted, name), values))
    statement = (  # every part is one of the literals of this file; values go beside it
        f"SELECT head.id, head.first_index, entry.index, entry.bytes FROM head {' '.join(joins)}"  # noqa: S608
        f" WHERE {' AND '.join(clauses)} ORDER BY head.first_index DESC LIMIT %(limit)s"
    )
    with context.conn.cursor(row_factory=class_row(_Head)) as cursor:
        return cursor.execute(statement, values).fetchall()


def _production(production: str, values: dict[str, Any]) -> str:
    values["production"] = production
    return "JOIN head_production AS membership ON membership.studio_id = head.studio_id AND membership.id = head.id AND membership.production = %(production)s AND membership.live AND membership.kind = head.kind AND membership.first_index = head.first_index"


def _identifier(identifier: tuple[str, str], values: dict[str, Any]) -> str:
    values["scope"], values["value"] = identifier
    return (
        "JOIN identifier AS named ON named.studio_id = head.studio_id AND named.id = head.id AND named.kind = head.kind"
        " AND named.scope = %(scope)s AND named.value = %(value)s AND named.dropped_at IS NULL"
    )


def _digest(digest: tuple[str, str], values: dict[str, Any]) -> str:
    values["algorithm"], values["digest"] = digest
    return (
        "JOIN digest AS content ON content.studio_id = head.studio_id AND content.id = head.id"
        " AND content.algorithm = %(algorithm)s AND content.value = %(digest)s"
    )


def _as_of(context: Context, records: list[Recorded], wanted: Filter) -> list[Recorded]:
    """Return the versions that were known, and in effect, then; records without one are left out."""
    rows = context.conn.execute(
        "SELECT index, bytes FROM entry WHERE studio_id = %(studio_id)s AND id = ANY(%(ids)s)"
        " AND (%(known_at)s::bigint IS NULL OR index < %(known_at)s) ORDER BY id, version",
        {"studio_id": context.studio_id, "ids": [recorded.id for recorded in records], "known_at": wanted.known_at},
    ).fetchall()
    histories = groupby((read.decode(index, raw) for index, raw in rows), key=lambda recorded: recorded.id)
    then = {record_id: _chosen(list(history), wanted.at) for record_id, history in histories}
    return [version for recorded in records if (version := then.get(recorded.id))]


def _chosen(history: list[Recorded], at: str | None) -> Recorded | None:
    return history[-1] if at is None else read.in_effect(history, at)


def _matches(recorded: Recorded, wanted: Filter) -> bool:
    kind, body = KINDS[recorded.kind], dict(recorded.body)
    return all(getattr(kind, name)(body) == value for name, value in wanted.columns.items())


def _cursor(first_index: int) -> str:
    return base64.urlsafe_b64encode(str(first_index).encode()).decode().rstrip("=")


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    try:
        return int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise errors.BadRequest("That cursor is not one of ours; start again without it.", "bad_cursor") from None
