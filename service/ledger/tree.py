"""The tree as the database holds it: tree heads, and the hashes that proofs over old entries are made of.

Leaves stand in `entry`, roots of full subtrees of every eighth level in `subtree`. The latter is derived: whoever needs a
proof brings it up to date first, and what is wrong in it shows, because every proof is checked before it leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from service.ledger import merkle
from service.ledger.items import TreeHead
from service.ledger.merkle import Node, Range
from service.ledger.tile import STEP

_CHUNK = 1 << 16  # leaves read at a time


@dataclass(frozen=True, slots=True)
class _Hash:
    level: int
    position: int
    hash: bytes


def head(conn: Connection[Any], studio_id: str) -> TreeHead | None:
    """Return the newest tree head of a studio's log, or `None` before its first entry."""
    return _one(
        conn,
        "SELECT size, root, frontier, committed_at FROM tree_head WHERE studio_id = %s ORDER BY size DESC LIMIT 1",
        studio_id,
    )


def head_of(conn: Connection[Any], studio_id: str, size: int) -> TreeHead | None:
    """Return the tree head of exactly this size, if an append ended there."""
    return _one(conn, "SELECT size, root, frontier, committed_at FROM tree_head WHERE studio_id = %s AND size = %s", studio_id, size)


def head_at(conn: Connection[Any], studio_id: str, moment: datetime | str) -> TreeHead | None:
    """Return the tree head that was committed last at this time, or `None` if the log was empty then."""
    return _one(
        conn,
        "SELECT size, root, frontier, committed_at FROM tree_head WHERE studio_id = %s AND committed_at <= %s::timestamptz"
        " ORDER BY committed_at DESC, size DESC LIMIT 1",
        studio_id,
        moment,
    )


def leaves(conn: Connection[Any], studio_id: str, begin: int, end: int) -> list[bytes]:
    """Return the leaf hashes of a range."""
    rows = conn.execute(
        "SELECT leaf FROM entry WHERE studio_id = %s AND index >= %s AND index < %s ORDER BY index", (studio_id, begin, end)
    )
    return [leaf for (leaf,) in rows]


def roots(conn: Connection[Any], studio_id: str, ranges: Sequence[Range]) -> list[bytes]:
    """Return the root over each range (as `merkle` asks for them); raises `LookupError` where the log has a hole."""
    known = _hashes(conn, studio_id, {node for part in ranges for node in merkle.nodes(*part)})
    return [merkle.fold([known[node] for node in merkle.nodes(*part)]) for part in ranges]


def root(conn: Connection[Any], studio_id: str, size: int) -> bytes:
    """Return the root of the tree of the first `size` leaves."""
    return roots(conn, studio_id, [(0, size)])[0] if size else merkle.EMPTY_ROOT


def _hashes(conn: Connection[Any], studio_id: str, wanted: set[Node]) -> dict[Node, bytes]:
    """Return the hash of each node, worked out from what is stored at most seven levels below it."""
    spans = {node: _span(node) for node in wanted}
    stored = _stored(conn, studio_id, set(spans.values()))
    found: dict[Node, bytes] = {}
    for node, (level, begin, end) in spans.items():
        parts = [stored.get((level, position)) for position in range(begin, end)]
        if None in parts:
            raise LookupError(f"the log of {studio_id} has no hash at level {level} between {begin} and {end}")
        found[node] = merkle.perfect_root([part for part in parts if part is not None])
    return found


def _span(node: Node) -> tuple[int, int, int]:
    level, position = node
    up = level % STEP
    return level - up, position << up, position + 1 << up


def _stored(conn: Connection[Any], studio_id: str, spans: Iterable[tuple[int, int, int]]) -> dict[Node, bytes]:
    leaf_spans = [span for span in spans if span[0] == 0]
    upper = [span for span in spans if span[0] > 0]
    found = dict[Node, bytes]()
    if leaf_spans:
        found.update(_rows(conn, studio_id, leaf_spans, _LEAVES))
    if upper:
        derive(conn, studio_id, max(end << level for level, _, end in upper))
        found.update(_rows(conn, studio_id, upper, _SUBTREES))
    return found


_LEAVES = (
    "SELECT 0 AS level, entry.index AS position, entry.leaf AS hash"
    " FROM unnest(%(levels)s::int[], %(begins)s::bigint[], %(ends)s::bigint[]) AS span (level, first, beyond)"
    " JOIN entry ON entry.studio_id = %(studio_id)s AND entry.index >= span.first AND entry.index < span.beyond"
)
_SUBTREES = (
    "SELECT subtree.level, subtree.position, subtree.root AS hash"
    " FROM unnest(%(levels)s::int[], %(begins)s::bigint[], %(ends)s::bigint[]) AS span (level, first, beyond)"
    " JOIN subtree ON subtree.studio_id = %(studio_id)s AND subtree.level = span.level"
    " AND subtree.position >= span.first AND subtree.position < span.beyond"
)


def _rows(conn: Connection[Any], studio_id: str, spans: Sequence[tuple[int, int, int]], statement: Any) -> dict[Node, bytes]:
    levels, begins, ends = (list(column) for column in zip(*spans, strict=True))
    with conn.cursor(row_factory=class_row(_Hash)) as cursor:
        cursor.execute(statement, {"studio_id": studio_id, "levels": levels, "begins": begins, "ends": ends})
        return {(row.level, row.position): row.hash for row in cursor}


def derive(conn: Connection[Any], studio_id: str, size: int) -> None:
    """Write the subtree roots of the first `size` leaves that are not there yet; any number of readers may do so at once."""
    level = STEP
    while size >> level:
        begin, end = _next(conn, studio_id, level), size >> level
        while begin < end:
            upto = min(end, begin + (_CHUNK >> STEP))
            _derive(conn, studio_id, level, begin, upto)
            begin = upto
        level += STEP


def _next(conn: Connection[Any], studio_id: str, level: int) -> int:
    row = conn.execute("SELECT max(position) + 1 FROM subtree WHERE studio_id = %s AND level = %s", (studio_id, level)).fetchone()
    return row[0] if row and row[0] else 0


def below(conn: Connection[Any], studio_id: str, level: int, begin: int, end: int) -> list[bytes]:
    """Return the stored hashes that a level of subtrees is made of."""
    return leaves(conn, studio_id, begin, end) if level == STEP else _level(conn, studio_id, level - STEP, begin, end)


def _derive(conn: Connection[Any], studio_id: str, level: int, begin: int, end: int) -> None:
    first, beyond = begin << STEP, end << STEP
    parts = below(conn, studio_id, level, first, beyond)
    if len(parts) != beyond - first:
        raise LookupError(f"the log of {studio_id} has a hole between {first} and {beyond} at level {level - STEP}")
    found = [merkle.perfect_root(parts[at : at + (1 << STEP)]) for at in range(0, len(parts), 1 << STEP)]
    conn.execute(
        "INSERT INTO subtree (studio_id, level, position, root) SELECT %s, %s, * FROM unnest(%s::bigint[], %s::bytea[]) ON CONFLICT DO NOTHING",
        (studio_id, level, list(range(begin, end)), found),
    )


def _level(conn: Connection[Any], studio_id: str, level: int, begin: int, end: int) -> list[bytes]:
    rows = conn.execute(
        "SELECT root FROM subtree WHERE studio_id = %s AND level = %s AND position >= %s AND position < %s ORDER BY position",
        (studio_id, level, begin, end),
    )
    return [found for (found,) in rows]


def _one(conn: Connection[Any], statement: Any, *values: Any) -> TreeHead | None:
    with conn.cursor(row_factory=class_row(TreeHead)) as cursor:
        return cursor.execute(statement, values).fetchone()
