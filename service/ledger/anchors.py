"""Anchors in the database: the witnesses and time-stamp authorities of the logs, what they answered, and how it went last.

`witnessing` and `stamping` ask them; here is only what is stored, for them, for operations, for bundles and for `fsck`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import class_row

Kind = Literal["witness", "time_stamp"]
Result = Literal["ok", "away", "refused", "forked"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Somebody outside: `key` is a witness's verifier key, or the root certificates of an authority (PEM)."""

    name: str
    kind: Kind
    studio_id: str | None
    key: str
    url: str


@dataclass(frozen=True, slots=True)
class State:
    """How the last attempt went for one log; `size` is the largest tree that the anchor is known to have seen."""

    name: str
    outcome: Result
    says: str
    size: int
    tried_at: datetime


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness's signature line for the tree of `size`, with its newline as it stands in a note."""

    size: int
    name: str
    root: bytes
    line: str
    cosigned_at: datetime


@dataclass(frozen=True, slots=True)
class Stamped:
    """An authority's answer (DER of a TimeStampResp) over the text of the checkpoint of `size`."""

    size: int
    name: str
    root: bytes
    response: bytes
    stamped_at: datetime


def add(conn: Connection[Any], anchor: Anchor, now: datetime) -> None:
    """Add an anchor, or give one that is there another key, address or log."""
    conn.execute(
        "INSERT INTO anchor (name, kind, studio_id, key, url, added_at) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT ON CONSTRAINT anchor_key DO UPDATE SET kind = EXCLUDED.kind, studio_id = EXCLUDED.studio_id, key = EXCLUDED.key,"
        " url = EXCLUDED.url, removed_at = NULL",
        (anchor.name, anchor.kind, anchor.studio_id, anchor.key, anchor.url, now),
    )


def remove(conn: Connection[Any], name: str, now: datetime) -> bool:
    """Ask this anchor no more and say whether it was there; what it has answered stays."""
    return conn.execute("UPDATE anchor SET removed_at = %s WHERE name = %s AND removed_at IS NULL", (now, name)).rowcount == 1


def anchors(conn: Connection[Any], kind: Kind | None = None, studio_id: str | None = None) -> list[Anchor]:
    """Return those that are asked, of one kind or both, for one log or at all."""
    with conn.cursor(row_factory=class_row(Anchor)) as cursor:
        return cursor.execute(
            "SELECT name, kind, studio_id, key, url FROM anchor WHERE removed_at IS NULL AND (%(kind)s::text IS NULL OR kind = %(kind)s)"
            " AND (%(studio_id)s::text IS NULL OR studio_id IS NULL OR studio_id = %(studio_id)s) ORDER BY name",
            {"kind": kind, "studio_id": studio_id},
        ).fetchall()


def states(conn: Connection[Any], studio_id: str) -> dict[str, State]:
    """Return how it went last with each anchor of a log."""
    with conn.cursor(row_factory=class_row(State)) as cursor:
        found = cursor.execute(
            "SELECT name, outcome, says, size, tried_at FROM anchor_state WHERE studio_id = %s ORDER BY name", (studio_id,)
        )
        return {state.name: state for state in found}


def note_state(conn: Connection[Any], studio_id: str, state: State) -> None:
    """Remember how it went. That somebody has seen a fork is not forgotten because he is away afterwards."""
    conn.execute(
        "INSERT INTO anchor_state (studio_id, name, outcome, says, size, tried_at) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT ON CONSTRAINT anchor_state_key DO UPDATE SET outcome = EXCLUDED.outcome, says = EXCLUDED.says,"
        " size = greatest(anchor_state.size, EXCLUDED.size), tried_at = EXCLUDED.tried_at"
        " WHERE NOT (anchor_state.outcome = 'forked' AND EXCLUDED.outcome = 'away')",
        (studio_id, state.name, state.outcome, state.says, state.size, state.tried_at),
    )


def forks(conn: Connection[Any]) -> list[tuple[str, State]]:
    """Return every log that an anchor has seen differently, with what is to be done."""
    rows = conn.execute(
        "SELECT studio_id, name, outcome, says, size, tried_at FROM anchor_state WHERE outcome = 'forked' ORDER BY studio_id, name"
    ).fetchall()
    return [(studio_id, State(*rest)) for studio_id, *rest in rows]


def keep_cosignature(conn: Connection[Any], studio_id: str, cosigned: Cosigned) -> None:
    """Store a cosignature that was checked; the first one for a tree stays."""
    conn.execute(
        "INSERT INTO cosignature (studio_id, size, name, root, line, cosigned_at) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (studio_id, cosigned.size, cosigned.name, cosigned.root, cosigned.line, cosigned.cosigned_at),
    )


def cosignatures(conn: Connection[Any], studio_id: str, size: int) -> list[Cosigned]:
    """Return the cosignatures of the tree of a size, in the order in which they came."""
    with conn.cursor(row_factory=class_row(Cosigned)) as cursor:
        return cursor.execute(
            "SELECT size, name, root, line, cosigned_at FROM cosignature WHERE studio_id = %s AND size = %s ORDER BY cosigned_at, name",
            (studio_id, size),
        ).fetchall()


def newest_cosigned(conn: Connection[Any], studio_id: str, least: int = 1) -> int | None:
    """Return the size of the newest tree that at least so many witnesses have cosigned."""
    row = conn.execute(
        "SELECT size FROM cosignature WHERE studio_id = %s GROUP BY size HAVING count(*) >= %s ORDER BY size DESC LIMIT 1",
        (studio_id, least),
    ).fetchone()
    return row[0] if row else None


def last_cosigned(conn: Connection[Any], studio_id: str, name: str) -> int:
    """Return the size of the largest tree that this witness has cosigned for us; 0 before the first."""
    row = conn.execute("SELECT max(size) FROM cosignature WHERE studio_id = %s AND name = %s", (studio_id, name)).fetchone()
    return row[0] if row and row[0] is not None else 0


def keep_stamp(conn: Connection[Any], studio_id: str, stamped: Stamped) -> None:
    """Store a time-stamp that was checked; the first one for a tree stays."""
    conn.execute(
        "INSERT INTO time_stamp (studio_id, size, name, root, response, stamped_at) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (studio_id, stamped.size, stamped.name, stamped.root, stamped.response, stamped.stamped_at),
    )


def stamps(conn: Connection[Any], studio_id: str, *, size: int | None = None, limit: int = 100) -> list[Stamped]:
    """Return time-stamps, those of the largest trees first, or only those of the tree of `size`."""
    with conn.cursor(row_factory=class_row(Stamped)) as cursor:
        return cursor.execute(
            "SELECT size, name, root, response, stamped_at FROM time_stamp WHERE studio_id = %(studio_id)s"
            " AND (%(size)s::bigint IS NULL OR size = %(size)s) ORDER BY size DESC, name LIMIT %(limit)s",
            {"studio_id": studio_id, "size": size, "limit": limit},
        ).fetchall()


def first_stamp_over(conn: Connection[Any], studio_id: str, size: int) -> list[Stamped]:
    """Return for each authority the earliest time-stamp of a tree that holds the first `size` entries: proof of when they were there."""
    with conn.cursor(row_factory=class_row(Stamped)) as cursor:
        return cursor.execute(
            "SELECT DISTINCT ON (name) size, name, root, response, stamped_at FROM time_stamp WHERE studio_id = %s AND size >= %s"
            " ORDER BY name, size",
            (studio_id, size),
        ).fetchall()


def with_cosignatures(content: bytes, cosigned: Sequence[Cosigned]) -> bytes:
    """Return a signed note with these cosignatures behind its own signatures."""
    return content + b"".join(each.line.encode() for each in cosigned)
