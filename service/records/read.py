"""Reading records: always out of the entry's bytes, as of now or as of what was known at a log size.

Secret fields come back in the clear only to who may see them: `{"withheld": true}` otherwise, `{"erased": true}`
once their key is gone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import class_row

from schemas.kinds import KINDS
from service import errors, ids
from service.content.vault import Erased, Ring, Sealed, Unreadable
from service.context import Actor, Context
from service.records import pointers
from service.records.model import Recorded

audit = logging.getLogger("clearance.audit")

PERMISSION_OF_PROTECTION = {
    "erasable": "records.read", "personal": "personal.read", "encrypted": "confidential.read", "privileged": "privileged.read",
}  # fmt: skip

_ERASED, _WITHHELD = {"erased": True}, {"withheld": True}


@dataclass(frozen=True, slots=True)
class _Row:
    index: int
    bytes: bytes


@dataclass(frozen=True, slots=True)
class _Secret:
    id: str
    commitment: bytes
    ciphertext: bytes
    subject: str | None
    protection: str


def decode(index: int, raw: bytes) -> Recorded:
    """Return the record that an entry's bytes state."""
    entry = orjson.loads(raw)
    return Recorded(
        id=entry["id"],
        kind=entry["kind"],
        version=entry["version"],
        index=index,
        recorded_at=entry["recorded_at"],
        recorded_by=entry["recorded_by"],
        change=entry["change"],
        body=entry["body"],
        refs=tuple(entry["refs"]),
    )


def get(context: Context, kind: str | None, record_id: str, *, version: int | None = None, known_at: int | None = None) -> Recorded:
    """Return one record, or `NotFound` also for another studio's, another kind's, and one outside the actor's productions.

    `version` names one exactly; `known_at` (a log size) answers with the version that was current then.
    """
    missing = errors.NotFound(f"There is no {kind or 'record'} {record_id[:40]!r} in this studio.", "not_found")
    if not ids.is_id(record_id):
        raise missing
    row = _one(context.conn, context.studio_id, record_id, version, known_at)
    if row is None:
        raise missing
    recorded = decode(row.index, row.bytes)
    if (kind and recorded.kind != kind) or not visible(context.actor, recorded):
        raise missing
    return recorded


def visible(actor: Actor, recorded: Recorded) -> bool:
    """Tell whether the record lies within the productions that the actor is limited to; one without any is common ground."""
    if actor.productions is None:
        return True
    if recorded.kind == "production":
        return recorded.id in actor.productions
    productions = KINDS[recorded.kind].productions(dict(recorded.body))
    return not productions or not actor.productions.isdisjoint(productions)


def current(conn: Connection[Any], studio_id: str, record_ids: Iterable[str], known_at: int | None = None) -> dict[str, Recorded]:
    """Return the current versions (or those current at a log size) of many records in one query; unknown ids are absent."""
    wanted = sorted(set(record_ids))
    if not wanted:
        return {}
    with conn.cursor(row_factory=class_row(_Row)) as cursor:
        if known_at is None:
            cursor.execute(
                "SELECT entry.index, entry.bytes FROM head JOIN entry USING (studio_id, index)"
                " WHERE head.studio_id = %(studio_id)s AND head.id = ANY(%(ids)s)",
                {"studio_id": studio_id, "ids": wanted},
            )
        else:
            cursor.execute(
                "SELECT DISTINCT ON (entry.id) entry.index, entry.bytes FROM entry"
                " WHERE studio_id = %(studio_id)s AND id = ANY(%(ids)s) AND index < %(known_at)s ORDER BY entry.id, version DESC",
                {"studio_id": studio_id, "ids": wanted, "known_at": known_at},
            )
        found = [decode(row.index, row.bytes) for row in cursor]
    return {recorded.id: recorded for recorded in found}


def versions(context: Context, kind: str, record_id: str) -> list[Recorded]:
    """Return every version of a record, oldest first."""
    get(context, kind, record_id)
    with context.conn.cursor(row_factory=class_row(_Row)) as cursor:
        cursor.execute(
            "SELECT entry.index, entry.bytes FROM entry WHERE studio_id = %(studio_id)s AND id = %(id)s ORDER BY version",
            {"studio_id": context.studio_id, "id": record_id},
        )
        return [decode(row.index, row.bytes) for row in cursor]


def in_effect(history: Sequence[Recorded], at: str) -> Recorded | None:
    """Return the version that was true at an instant: an amendment counts from its `effective_at`, a correction always did.

    A correction of an amendment that is not in effect yet waits with it.
    """
    answer, effective = None, ""
    for recorded in history:
        if recorded.change["type"] == "amendment":
            effective = recorded.change.get("effective_at", recorded.recorded_at)
        if effective <= at:
            answer = recorded
    return answer


def disclose(context: Context, records: Sequence[Recorded], fields: frozenset[str] | None = None) -> list[Recorded]:
    """Return the records with their secret fields as this actor may see them; what was shown is written to the audit log.

    `fields` are pointers to the only ones that are wanted; the others stay what they are in the entry.
    """
    allowed = frozenset(PERMISSION_OF_PROTECTION.values()) & context.actor.permissions
    return _open(context, records, allowed, fields)


def open_all(context: Context, records: Sequence[Recorded]) -> list[Recorded]:
    """Return the records with every secret field that still exists in the clear: for deriving facts, never for answering."""
    return _open(context, records, frozenset(PERMISSION_OF_PROTECTION.values()), quiet=True)


def _open(
    context: Context, records: Sequence[Recorded], allowed: frozenset[str], wanted: frozenset[str] | None = None, *, quiet: bool = False
) -> list[Recorded]:
    marked = [{name: mark for name, mark in pointers.committed(recorded.body) if wanted is None or name in wanted} for recorded in records]
    secrets = _secrets(context, [recorded for recorded, marks in zip(records, marked, strict=True) if marks])
    ring = context.vault.ring(context.studio_id)
    return [
        _opened(context, ring, recorded, marks, secrets, allowed, quiet=quiet) if marks else recorded
        for recorded, marks in zip(records, marked, strict=True)
    ]


def _opened(
    context: Context,
    ring: Ring,
    recorded: Recorded,
    marks: Mapping[str, str],
    secrets: Mapping[tuple[str, str], _Secret],
    allowed: frozenset[str],
    *,
    quiet: bool,
) -> Recorded:
    body = pointers.copy(recorded.body)
    shown = []
    for pointer, commitment in marks.items():
        secret = secrets.get((recorded.id, commitment))
        value = _value(ring, secret, allowed)
        pointers.put(body, pointer, value)
        if secret is not None and secret.protection != "erasable" and value not in (_ERASED, _WITHHELD):
            shown.append(pointer)
    if shown and not quiet:
        shown_to(context, recorded.id, recorded.version, shown)
    return replace(recorded, body=body)


def shown_to(context: Context, record_id: str, version: int, fields: Iterable[str]) -> None:
    """Write to the audit log that the actor was shown secret fields of a record, by their pointers."""
    audit.info("disclosed", extra={"record": record_id, "version": version, "pointers": list(fields), "actor": context.actor.account_id})


def _value(ring: Ring, secret: _Secret | None, allowed: frozenset[str]) -> Any:
    if secret is None:
        return dict(_ERASED)
    if PERMISSION_OF_PROTECTION[secret.protection] not in allowed:
        return dict(_WITHHELD)
    try:
        return orjson.loads(ring.open_value(secret.subject, Sealed(secret.commitment, secret.ciphertext)))
    except Erased:
        return dict(_ERASED)
    except Unreadable as fault:
        raise errors.Unavailable(f"A secret field of {secret.id} cannot be read: {fault}.", "disclosure_unreadable") from fault


def _secrets(context: Context, records: Sequence[Recorded]) -> dict[tuple[str, str], _Secret]:
    if not records:
        return {}
    with context.conn.cursor(row_factory=class_row(_Secret)) as cursor:
        cursor.execute(
            "SELECT id, commitment, ciphertext, subject, protection FROM disclosure WHERE studio_id = %(studio_id)s AND id = ANY(%(ids)s)",
            {"studio_id": context.studio_id, "ids": [recorded.id for recorded in records]},
        )
        return {(secret.id, secret.commitment.hex()): secret for secret in cursor}


def _one(conn: Connection[Any], studio_id: str, record_id: str, version: int | None, known_at: int | None) -> _Row | None:
    values = {"studio_id": studio_id, "id": record_id, "version": version, "known_at": known_at}
    with conn.cursor(row_factory=class_row(_Row)) as cursor:
        if version is not None:
            cursor.execute(
                "SELECT entry.index, entry.bytes FROM entry WHERE studio_id = %(studio_id)s AND id = %(id)s AND version = %(version)s",
                values,
            )
        elif known_at is not None:
            cursor.execute(
                "SELECT entry.index, entry.bytes FROM entry WHERE studio_id = %(studio_id)s AND id = %(id)s"
                " AND index < %(known_at)s ORDER BY version DESC LIMIT 1",
                values,
            )
        else:
            cursor.execute(
                "SELECT entry.index, entry.bytes FROM head JOIN entry USING (studio_id, index) WHERE head.studio_id = %(studio_id)s AND head.id = %(id)s",
                values,
            )
        return cursor.fetchone()
