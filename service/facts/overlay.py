"""Hypothetical records laid over the log: a strike tomorrow, a licence gone, a consent withdrawn, a paper that is still to come.

An overlay is a list of

- `{"kind", "key"?, "body"}`: a new record (an event among them); others of the overlay refer to it by `$key`;
- `{"id", "body"}` or `{"id", "patch"}`: the next version of a record, whole or as a merge patch;
- `{"id", "gone": true}`: a record that is not there.

It is read through the same queries as the log itself: temporary relations of the same names lie before the real ones, inside a
transaction that is always rolled back. Nothing of it is sealed, kept or written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from psycopg import sql

from schemas.kinds import KINDS
from service import errors
from service.context import Context
from service.db import undone
from service.ids import is_id
from service.ledger.log import Edge
from service.records import read, write
from service.records.model import Change, Draft, Recorded, instant
from service.records.patch import merge

Spec = Mapping[str, Any]

MOST: Final = 500
CONCLUDED: Final = frozenset({"adoption", "decision", "exception", "release", "review", "waiver"})
"""What the service and its people conclude: no premise of a rule, so there is nothing to lay."""

_KEYS: Final = frozenset({"kind", "id", "key", "body", "patch", "gone"})
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}")

_TABLES: Final = ("entry", "head", "reference")
_ABSENT: Final = {"entry": ("id", "gone"), "head": ("id", "touched"), "reference": ("source", "gone")}


@dataclass(slots=True)
class _Sheet:
    """What an overlay comes to: versions to lay, ids to hide, and what the overlay calls its new records."""

    drafts: list[Draft] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Laid:
    """An overlay in force: the ids that it touches, those of them that are gone, and the ids of its new records by `$key`."""

    ids: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    keys: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def laid(context: Context, overlay: Sequence[Any], known_at: int | None = None) -> Iterator[Laid]:
    """Let everything that the block reads see the overlay as if it were in the log.

    Raises `Invalid` pointing into `/overlay` for what cannot be laid.
    """
    if not overlay:
        yield Laid()
        return
    sheet = _sheet(context, overlay, known_at)
    bodies = write.rehearsed(context, sheet.drafts)
    with undone(context.conn):
        _cover(context, sheet)
        for number, (draft, (body, edges)) in enumerate(zip(sheet.drafts, bodies, strict=True)):
            _lay(context, -1 - number, draft, body, edges)
        yield Laid(frozenset({*sheet.gone, *(str(draft.id) for draft in sheet.drafts)}), frozenset(sheet.gone), sheet.keys)


def _sheet(context: Context, overlay: Sequence[Any], known_at: int | None) -> _Sheet:
    """Read the overlay; every fault names its place and what to write instead."""
    sheet, faults = _Sheet(), []
    if len(overlay) > MOST:
        raise errors.invalid("/overlay", f"An overlay takes up to {MOST} records.")
    known = _known(context, overlay, known_at)
    for number, spec in enumerate(overlay):
        fault = _fault(spec, known, sheet)
        if fault:
            faults.append(errors.FieldError(f"/overlay/{number}{fault[0]}", fault[1]))
        else:
            _take(sheet, spec, number, known)
    if faults:
        raise errors.Invalid("The overlay cannot be laid; errors says where and what to do.", "invalid", tuple(faults))
    return sheet


def _known(context: Context, overlay: Sequence[Any], known_at: int | None) -> dict[str, Recorded]:
    """The records that the overlay touches, as far as the actor may see them."""
    named = [spec["id"] for spec in overlay if isinstance(spec, Mapping) and is_id(spec.get("id"))]
    found = read.current(context.conn, context.studio_id, named, known_at)
    return {name: recorded for name, recorded in found.items() if read.visible(context.actor, recorded)}


def _fault(spec: Any, known: Mapping[str, Recorded], sheet: _Sheet) -> tuple[str, str] | None:
    """The first thing that is wrong with one record of an overlay: where, and the remedy."""
    if not isinstance(spec, Mapping):
        return "", "Write {kind, body}, {id, body}, {id, patch} or {id, gone: true}."
    unknown = sorted(spec.keys() - _KEYS)
    if unknown:
        return f"/{unknown[0]}", f"There is no such field here; known are {', '.join(sorted(_KEYS))}."
    if "id" in spec:
        return _fault_of_known(spec, known, sheet)
    if spec.get("kind") not in KINDS:
        return "/kind", "Name a kind of record, as in event or consent, or the id of one that is there."
    if spec["kind"] in CONCLUDED:
        return "/kind", f"A {spec['kind']} is a conclusion and no fact; lay the records that it would follow from, or bring packs."
    if "gone" in spec or "patch" in spec:
        return "/id", "Say which record is gone, or is changed."
    if not isinstance(spec.get("body"), Mapping):
        return "/body", "Give the body of the record, as POST takes it."
    key = spec.get("key")
    if key is not None and (
        not isinstance(key, str) or not _KEY.fullmatch(key.removeprefix("$")) or f"${key.removeprefix('$')}" in sheet.keys
    ):
        return "/key", "Give it a word of its own, that nothing else here has."
    return None


def _fault_of_known(spec: Spec, known: Mapping[str, Recorded], sheet: _Sheet) -> tuple[str, str] | None:
    name = spec["id"]
    if not isinstance(name, str) or name not in known:
        return "/id", f"There is no record {str(name)[:40]!r} in this studio; leave the id out for a new one."
    if spec.get("kind", known[name].kind) != known[name].kind:
        return "/kind", f"{name} is a {known[name].kind}."
    if known[name].kind in CONCLUDED:
        return "/id", f"A {known[name].kind} is a conclusion and no fact; lay the records that it follows from."
    if name in sheet.gone or any(draft.id == name for draft in sheet.drafts):
        return "/id", f"{name} stands in the overlay twice."
    given = [field for field in ("body", "patch", "gone") if field in spec]
    if len(given) != 1:
        return "", "Give its next version as body or as patch, or say gone: true; one of the three."
    if given == ["gone"] and spec["gone"] is not True:
        return "/gone", "Write true, or leave it out."
    if given != ["gone"] and not isinstance(spec[given[0]], Mapping):
        return f"/{given[0]}", "This must be an object, written {…}."
    return None


def _take(sheet: _Sheet, spec: Spec, number: int, known: Mapping[str, Recorded]) -> None:
    if spec.get("gone"):
        sheet.gone.append(spec["id"])
        return
    if "id" in spec:
        stored = known[spec["id"]]
        body = merge(stored.body, spec["patch"]) if "patch" in spec else spec["body"]
        sheet.drafts.append(
            Draft(
                stored.kind,
                body,
                stored.id,
                stored.version + 1,
                Change("correction"),
                None,
                f"/overlay/{number}/{'patch' if 'patch' in spec else 'body'}",
            )
        )
        return
    name = f"{KINDS[spec['kind']].prefix}_{number:026}"  # the time of no record: never the id of one that is there
    key = str(spec.get("key") or f"overlay.{number}").removeprefix("$")
    sheet.keys[f"${key}"] = name
    sheet.drafts.append(Draft(spec["kind"], spec["body"], name, 1, Change(), key, f"/overlay/{number}/body"))


def _cover(context: Context, sheet: _Sheet) -> None:
    """Put relations of the same names before those of the log: without what is gone, and with room for what is laid."""
    hidden = {"gone": sheet.gone, "touched": [*sheet.gone, *(str(draft.id) for draft in sheet.drafts)]}
    context.conn.execute("SET LOCAL search_path = pg_temp, public")
    for table in _TABLES:
        column, which = _ABSENT[table]
        names, own = {"real": sql.Identifier("public", table), "own": sql.Identifier(f"laid_{table}")}, sql.Identifier(table)
        context.conn.execute(sql.SQL("CREATE TEMPORARY TABLE {own} (LIKE {real} INCLUDING GENERATED) ON COMMIT DROP").format(**names))
        context.conn.execute(
            sql.SQL("CREATE TEMPORARY VIEW {} AS SELECT * FROM {real} WHERE NOT {} = ANY({}) UNION ALL SELECT * FROM {own}").format(
                own, sql.Identifier(column), sql.Literal(hidden[which]), **names
            )
        )


def _lay(context: Context, index: int, draft: Draft, body: dict[str, Any], edges: Sequence[Edge]) -> None:
    """One version as an entry, its references, and the head that lists go by; its place is before all others."""
    kind, record_id = KINDS[draft.kind], str(draft.id)
    references = [
        {"role": edge.role, "id": edge.target, **({"version": edge.target_version} if edge.target_version else {})} for edge in edges
    ]
    document = {
        "kind": draft.kind, "id": record_id, "version": draft.version, "change": draft.change.document(), "recorded_at": instant(context.now),
        "recorded_by": context.actor.account_id, "body": body, "refs": references,
    }  # fmt: skip
    values = {
        "studio": context.studio_id, "index": index, "kind": draft.kind, "id": record_id, "version": draft.version, "now": context.now,
        "bytes": orjson.dumps(document), "leaf": bytes(32), "label": kind.label(body), "type": kind.type(body), "state": kind.state(body),
        "party": kind.party(body), "productions": list(kind.productions(body)),
    }  # fmt: skip
    context.conn.execute(
        "INSERT INTO laid_entry (studio_id, index, kind, id, version, recorded_at, leaf, bytes)"
        " VALUES (%(studio)s, %(index)s, %(kind)s, %(id)s, %(version)s, %(now)s, %(leaf)s, %(bytes)s)",
        values,
    )
    context.conn.execute(
        "INSERT INTO laid_head (studio_id, id, kind, version, index, first_index, recorded_at, label, type, state, party, productions)"
        " VALUES (%(studio)s, %(id)s, %(kind)s, %(version)s, %(index)s, %(index)s, %(now)s, %(label)s, %(type)s, %(state)s, %(party)s, %(productions)s)",
        values,
    )
    with context.conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO laid_reference (studio_id, index, position, source, role, target, target_version, affects)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (context.studio_id, index, place, record_id, edge.role, edge.target, edge.target_version, edge.affects)
                for place, edge in enumerate(edges)
            ],
        )
