"""What tails the log: tables derived from entries, each with the position that it has read to.

A reader that needs one brings it up to date first, so nothing has to run in the background and everybody reads what they
wrote. A projection is a function from entries to rows that may run again over the same entries; any of them can be thrown
away and built anew from the log, and `check` proves that the running one is what a new one would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from psycopg import Connection, sql
from psycopg.rows import class_row

from schemas.kinds import KINDS
from service.db import retrying, transaction
from service.records import edges, named_lists

HEAD = "head"
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as a projection reads it."""

    index: int
    kind: str
    id: str
    version: int
    bytes: bytes

    def document(self) -> dict[str, Any]:
        """Return what the bytes state."""
        found: dict[str, Any] = orjson.loads(self.bytes)
        return found


@dataclass(frozen=True, slots=True)
class Projection:
    """`apply(conn, studio_id, entries)` writes the rows of `tables` that these entries give, whoever was there before.

    It names its tables without a schema, so that a check can run it into temporary ones. `kinds` empty: every kind. Where what it writes
    hangs on more than the entries, `edition` says on what: one of another edition begins at the first entry again.
    """

    name: str
    tables: tuple[str, ...]
    apply: Callable[[Connection[Any], str, Sequence[Entry]], None]
    kinds: frozenset[str] = frozenset()
    edition: str = ""

    @property
    def position(self) -> str:
        """The name under which the place is kept that it has read to."""
        return f"{self.name} {self.edition}".rstrip()


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that only one of the running and the rebuilt projection has."""

    table: str
    missing: int
    surplus: int


PROJECTIONS: dict[str, Projection] = {}


def register(projection: Projection) -> Projection:
    """Make a projection known; rooms call it when they are imported."""
    if PROJECTIONS.setdefault(projection.name, projection) is not projection:
        raise RuntimeError(f"there are two projections named {projection.name}")
    return projection


def catch_up(conn: Connection[Any], studio_id: str, name: str) -> int:
    """Bring a projection up to the newest entry and return the log size that it then stands for."""
    projection = PROJECTIONS[name]
    while True:
        position, size = _position(conn, studio_id, projection), _size(conn, studio_id)
        if position >= size:
            return position
        retrying(lambda: _advance(conn, studio_id, projection))


def _advance(conn: Connection[Any], studio_id: str, projection: Projection) -> None:
    """Apply the next chunk; a second reader waits at the position's row and then finds less to do."""
    with transaction(conn):
        conn.execute(
            "INSERT INTO projection_position (studio_id, name, next_index) VALUES (%s, %s, 0) ON CONFLICT DO NOTHING",
            (studio_id, projection.position),
        )
        row = conn.execute(
            "SELECT next_index FROM projection_position WHERE studio_id = %s AND name = %s FOR UPDATE", (studio_id, projection.position)
        ).fetchone()
        begin = row[0] if row else 0
        end = min(begin + _CHUNK, _size(conn, studio_id))
        _apply(conn, studio_id, projection, begin, end)
        conn.execute(
            "UPDATE projection_position SET next_index = %s WHERE studio_id = %s AND name = %s", (end, studio_id, projection.position)
        )


def _apply(conn: Connection[Any], studio_id: str, projection: Projection, begin: int, end: int) -> None:
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        cursor.execute(
            "SELECT index, kind, id, version, bytes FROM entry WHERE studio_id = %s AND index >= %s AND index < %s ORDER BY index",
            (studio_id, begin, end),
        )
        entries = [entry for entry in cursor if not projection.kinds or entry.kind in projection.kinds]
    if entries:
        projection.apply(conn, studio_id, entries)


def checked() -> tuple[str, ...]:
    """Return the names that `check` knows: every projection, and the current versions with the columns that lists filter by."""
    return (*PROJECTIONS, HEAD)


def check(conn: Connection[Any], studio_id: str, name: str) -> list[Difference]:
    """Build a projection anew beside the running one and return where they differ; needs a connection of the ledger's role."""
    if name == HEAD:
        return _check_heads(conn, studio_id)
    projection = PROJECTIONS[name]
    with _unprepared(conn), transaction(conn):
        # As one snapshot, at the position of the running one: entries that arrive meanwhile are in neither.
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        end = _position(conn, studio_id, projection)
        for table in projection.tables:
            # A temporary table comes before the real one wherever a name has no schema.
            conn.execute(sql.SQL("CREATE TEMPORARY TABLE {0} (LIKE public.{0} INCLUDING ALL) ON COMMIT DROP").format(sql.Identifier(table)))
        for begin in range(0, end, _CHUNK):
            _apply(conn, studio_id, projection, begin, min(begin + _CHUNK, end))
        found = [_difference(conn, studio_id, table) for table in projection.tables]
    return [difference for difference in found if difference.missing or difference.surplus]


@contextmanager
def _unprepared(conn: Connection[Any]) -> Iterator[None]:
    """Use no prepared statement within the block: one that was made before a temporary table goes on writing into the real one."""
    before, conn.prepare_threshold = conn.prepare_threshold, None
    try:
        yield
    finally:
        conn.prepare_threshold = before


def _check_heads(conn: Connection[Any], studio_id: str) -> list[Difference]:
    """Work out the columns of every current version from its entry; which entry that is, and from when, `fsck` looks at."""
    wrong = 0
    with transaction(conn), conn.cursor("check_heads") as cursor:
        cursor.itersize = _CHUNK
        cursor.execute(
            "SELECT head.kind, label, type, state, party, productions, bytes FROM head JOIN entry USING (studio_id, index) WHERE studio_id = %s",
            (studio_id,),
        )
        for kind, *stored, content in cursor:
            wrong += stored != _columns(kind, orjson.loads(content)["body"])
    return [Difference(HEAD, wrong, wrong)] if wrong else []


def _columns(kind: str, body: dict[str, Any]) -> list[Any] | None:
    """Return what the schema derives from a body, or nothing where no schema knows the kind."""
    found = KINDS.get(kind)
    return [found.label(body), found.type(body), found.state(body), found.party(body), list(found.productions(body))] if found else None


def rebuild(conn: Connection[Any], studio_id: str, name: str) -> int:
    """Apply the whole log once more, over what is there; rows that should not be there show in `check`."""
    position = PROJECTIONS[name].position
    with transaction(conn):
        conn.execute("UPDATE projection_position SET next_index = 0 WHERE studio_id = %s AND name = %s", (studio_id, position))
    return catch_up(conn, studio_id, name)


def _difference(conn: Connection[Any], studio_id: str, table: str) -> Difference:
    count = sql.SQL(
        "SELECT count(*) FROM (SELECT * FROM {} WHERE studio_id = %(studio_id)s EXCEPT ALL SELECT * FROM {} WHERE studio_id = %(studio_id)s) AS more"
    )
    rebuilt, running = sql.Identifier("pg_temp", table), sql.Identifier("public", table)
    missing = conn.execute(count.format(rebuilt, running), {"studio_id": studio_id}).fetchone()
    surplus = conn.execute(count.format(running, rebuilt), {"studio_id": studio_id}).fetchone()
    return Difference(table, missing[0] if missing else 0, surplus[0] if surplus else 0)


def _position(conn: Connection[Any], studio_id: str, projection: Projection) -> int:
    row = conn.execute(
        "SELECT next_index FROM projection_position WHERE studio_id = %s AND name = %s", (studio_id, projection.position)
    ).fetchone()
    return row[0] if row else 0


def _size(conn: Connection[Any], studio_id: str) -> int:
    row = conn.execute("SELECT size FROM tree_head WHERE studio_id = %s ORDER BY size DESC LIMIT 1", (studio_id,)).fetchone()
    return row[0] if row else 0


def _digests(conn: Connection[Any], studio_id: str, entries: Sequence[Entry]) -> None:
    """Write which record has stated which digest first."""
    rows = [
        (digest["algorithm"], digest["value"], kind, record_id, entry.index)
        for entry in entries
        for kind, record_id, digests in _stated(entry)
        for digest in digests
    ]
    if rows:
        conn.execute(
            "INSERT INTO digest (studio_id, algorithm, value, kind, id, index)"
            " SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[]) ON CONFLICT DO NOTHING",
            (studio_id, *map(list, zip(*rows, strict=True))),
        )


def _stated(entry: Entry) -> Iterator[tuple[str, str, Sequence[Mapping[str, str]]]]:
    """Whose digests an entry states: its own (a model's are those of its weights), and for a signing those of the signed copy, which is the asset's."""
    body = entry.document().get("body", {})
    yield entry.kind, entry.id, [*(body.get("digests") or ()), *(body.get("weights") or ())]
    if entry.kind == "evidence" and body.get("type") == "credential":
        details = body["details"]
        yield "asset", details["asset"], details.get("digests") or ()


register(Projection("digest", ("digest",), _digests))
register(Projection("edge", ("edge",), edges.write, edges.STATING, edges.EDITION))
register(Projection("item_list", ("item_list",), named_lists.write, named_lists.KINDS))
