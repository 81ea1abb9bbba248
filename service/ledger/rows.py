"""The SQL of an append: what a batch is judged against, read under the lock, and the rows that it leaves.

Columns travel as arrays and are unnested: for a few to some thousand rows nothing is faster, and each table costs one
statement a batch, however many writes and studios are in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection, Cursor

from service.ledger.arrays import Array, Big, Bytes, Flag, Moment, Small, Text, Whole
from service.ledger.items import Item, TreeHead, Write
from service.ledger.plan import Current, Earlier, IdentifierKey, RecordKey, State, Transition


@dataclass(frozen=True, slots=True)
class _Statement:
    """SQL over the columns of some rows, and the type of each column."""

    sql: LiteralString
    types: tuple[type[Array], ...]

    def run(self, conn: Connection[Any], rows: Sequence[Sequence[Any]]) -> Cursor[Any]:
        """Send it; in a pipeline nothing waits here."""
        return conn.execute(self.sql, self.columns(rows))

    def columns(self, rows: Sequence[Sequence[Any]]) -> list[Array]:
        """Return the rows as one array a column."""
        return (
            [kind(column) for kind, column in zip(self.types, zip(*rows, strict=True), strict=True)]
            if rows
            else [kind(()) for kind in self.types]
        )


_HEADS = _Statement(
    """
    SELECT wanted.studio_id, newest.size, newest.root, newest.frontier, newest.committed_at
    FROM unnest(%b) AS wanted (studio_id)
    CROSS JOIN LATERAL (
        SELECT size, root, frontier, committed_at FROM tree_head
        WHERE tree_head.studio_id = wanted.studio_id ORDER BY size DESC LIMIT 1
    ) AS newest
    """,
    (Text,),
)
_CURRENT = _Statement(
    """
    SELECT studio_id, id, version, index, first_index
    FROM unnest(%b, %b) AS wanted (studio_id, id) JOIN head USING (studio_id, id)
    """,
    (Text, Text),
)
_AFFECTED = _Statement(
    """
    SELECT wanted.studio_id, wanted.id, max(reference.index)
    FROM unnest(%b, %b, %b) AS wanted (studio_id, id, since)
    JOIN reference ON reference.studio_id = wanted.studio_id AND reference.target = wanted.id
        AND reference.index >= wanted.since AND reference.affects
    GROUP BY wanted.studio_id, wanted.id
    """,
    (Text, Text, Big),
)
_WRITES = _Statement(
    """
    SELECT studio_id, key_hash, request_hmac, first_index, count
    FROM unnest(%b, %b) AS wanted (studio_id, key_hash) JOIN write USING (studio_id, key_hash)
    """,
    (Text, Bytes),
)
_OWNERS = _Statement(
    """
    SELECT studio_id, kind, scope, value, id
    FROM unnest(%b, %b, %b, %b) AS wanted (studio_id, kind, scope, value)
    JOIN identifier USING (studio_id, kind, scope, value) WHERE dropped_at IS NULL
    """,
    (Text, Text, Text, Text),
)
_OWNED = _Statement(
    """
    SELECT studio_id, id, scope, value
    FROM unnest(%b, %b) AS wanted (studio_id, id) JOIN identifier USING (studio_id, id)
    WHERE dropped_at IS NULL
    """,
    (Text, Text),
)
_ENTRIES = _Statement(
    """
    INSERT INTO entry (studio_id, index, kind, id, version, recorded_at, leaf, bytes)
    SELECT * FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b)
    """,
    (Text, Big, Text, Text, Whole, Moment, Bytes, Bytes),
)
_NEW_HEADS = _Statement(
    """
    INSERT INTO head (studio_id, id, kind, version, index, first_index, recorded_at, label, type, state, party, productions)
    SELECT a, b, c, d, e, f, g, h, i, j, k, string_to_array(l, ',')
    FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b) AS new (a, b, c, d, e, f, g, h, i, j, k, l)
    """,
    (Text, Text, Text, Whole, Big, Big, Moment, Text, Text, Text, Text, Text),
)
_MOVED_HEADS = _Statement(
    """
    UPDATE head SET version = d, index = e, recorded_at = g, label = h, type = i, state = j, party = k, productions = string_to_array(l, ',')
    FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b) AS new (a, b, c, d, e, f, g, h, i, j, k, l)
    WHERE head.studio_id = a AND head.id = b
    """,
    (Text, Text, Text, Whole, Big, Big, Moment, Text, Text, Text, Text, Text),
)
_LEFT_PRODUCTIONS = _Statement(
    """
    UPDATE head_production SET live = false
    FROM unnest(%b, %b, %b) AS moved (a, b, l)
    WHERE head_production.studio_id = a AND head_production.id = b AND head_production.live
        AND NOT head_production.production = ANY (string_to_array(l, ','))
    """,
    (Text, Text, Text),
)
_PRODUCTIONS = _Statement(
    """
    INSERT INTO head_production (studio_id, production, kind, first_index, id)
    SELECT * FROM unnest(%b, %b, %b, %b, %b)
    """,
    (Text, Text, Text, Big, Text),
)
_KEPT_PRODUCTIONS = _Statement(
    f"{_PRODUCTIONS.sql} ON CONFLICT ON CONSTRAINT head_production_key DO UPDATE SET live = true",
    _PRODUCTIONS.types,
)
_REFERENCES = _Statement(
    """
    INSERT INTO reference (studio_id, index, position, source, role, target, target_version, affects)
    SELECT * FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b)
    """,
    (Text, Big, Small, Text, Text, Text, Whole, Flag),
)
_NEW_WRITES = _Statement(
    """
    INSERT INTO write (studio_id, key_hash, request_hmac, first_index, count)
    SELECT * FROM unnest(%b, %b, %b, %b, %b)
    """,
    (Text, Bytes, Bytes, Big, Whole),
)
_DROPPED = _Statement(
    """
    UPDATE identifier SET dropped_at = i
    FROM unnest(%b, %b, %b, %b, %b) AS gone (s, k, c, v, i)
    WHERE identifier.studio_id = s AND identifier.kind = k AND identifier.scope = c AND identifier.value = v AND identifier.dropped_at IS NULL
    """,
    (Text, Text, Text, Text, Big),
)
_IDENTIFIERS = _Statement(
    """
    INSERT INTO identifier (studio_id, kind, scope, value, id, index, dropped_at)
    SELECT * FROM unnest(%b, %b, %b, %b, %b, %b, %b)
    """,
    (Text, Text, Text, Text, Text, Big, Big),
)
_DISCLOSURES = _Statement(
    """
    INSERT INTO disclosure (studio_id, id, index, pointer, commitment, ciphertext, subject, protection)
    SELECT * FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b)
    """,
    (Text, Text, Big, Text, Bytes, Bytes, Text, Text),
)
_NEW_TREE_HEADS = _Statement(
    """
    INSERT INTO tree_head (studio_id, size, root, frontier, committed_at)
    SELECT * FROM unnest(%b, %b, %b, %b, %b)
    """,
    (Text, Big, Bytes, Bytes, Moment),
)

# What every batch writes goes in one statement: between two statements the thread gives up the interpreter, and among busy
# threads it may take milliseconds to come back.
_USUAL = (_ENTRIES, _NEW_HEADS, _PRODUCTIONS, _REFERENCES, _NEW_TREE_HEADS)
_TOGETHER: LiteralString = (
    f"WITH entries AS ({_ENTRIES.sql}), heads AS ({_NEW_HEADS.sql}), productions AS ({_PRODUCTIONS.sql}),"
    f" links AS ({_REFERENCES.sql}) {_NEW_TREE_HEADS.sql}"
)


def read_state(conn: Connection[Any], writes: Sequence[Write]) -> State:
    """Return what the batch is judged against. A first version is not looked up: the key of `entry` refuses a second one.

    All questions are asked before the first answer is read, so that in a pipeline they are one round trip.
    """
    state = State()
    asked = [
        (question.run(conn, sorted(wanted)), take)
        for question, take, wanted in (
            (_HEADS, _take_head, {(write.studio_id,) for write in writes}),
            (_CURRENT, _take_current, _changed(writes) | {name[:2] for name in _rested_on(writes)}),
            (_AFFECTED, _take_affected, _rested_on(writes)),
            (_OWNED, _take_owned, _changed(writes)),
            (_OWNERS, _take_owner, _named(writes)),
            (
                _WRITES,
                _take_write,
                {(write.studio_id, write.key_hash) for write in writes if write.key_hash is not None},
            ),
        )
        if wanted
    ]
    for cursor, take in asked:
        for row in cursor:
            take(state, *row)
    return state


def _changed(writes: Sequence[Write]) -> set[tuple[Any, ...]]:
    return {(write.studio_id, item.id) for write in writes for item in write.items if item.version > 1}


def _rested_on(writes: Sequence[Write]) -> set[tuple[Any, ...]]:
    return {(write.studio_id, record_id, write.unchanged.since) for write in writes if write.unchanged for record_id in write.unchanged.ids}


def _named(writes: Sequence[Write]) -> set[tuple[Any, ...]]:
    return {(write.studio_id, item.kind, *name) for write in writes for item in write.items for name in item.identifiers}


def _take_head(state: State, studio_id: str, size: int, root: bytes, frontier: bytes, committed_at: datetime) -> None:
    state.heads[studio_id] = TreeHead(size, root, frontier, committed_at)
    state.sizes[studio_id] = size


def _take_current(state: State, studio_id: str, record_id: str, version: int, index: int, first_index: int) -> None:
    state.current[studio_id, record_id] = Current(version, index, first_index)


def _take_affected(state: State, studio_id: str, record_id: str, index: int) -> None:
    state.affected[studio_id, record_id] = index


def _take_owned(state: State, studio_id: str, record_id: str, scope: str, value: str) -> None:
    key = (studio_id, record_id)
    state.owned[key] = state.owned.get(key, frozenset()) | {(scope, value)}


def _take_owner(state: State, studio_id: str, kind: str, scope: str, value: str, record_id: str) -> None:
    state.owners[studio_id, kind, scope, value] = record_id


def _take_write(state: State, studio_id: str, key_hash: bytes, request_hmac: bytes, first_index: int, count: int) -> None:
    state.writes[studio_id, key_hash] = Earlier(request_hmac, first_index, count)


@dataclass(slots=True)
class Rows:
    """The rows of one batch; `leaves` are the new leaf hashes of each log, in order."""

    entries: list[tuple[Any, ...]] = field(default_factory=list)
    references: list[tuple[Any, ...]] = field(default_factory=list)
    disclosures: list[tuple[Any, ...]] = field(default_factory=list)
    writes: list[tuple[Any, ...]] = field(default_factory=list)
    new_heads: dict[RecordKey, tuple[Any, ...]] = field(default_factory=dict)
    moved_heads: dict[RecordKey, tuple[Any, ...]] = field(default_factory=dict)
    leaves: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, write: Write, hashes: Sequence[bytes], first_index: int, state: State) -> None:
        """Add the rows of a write that goes through; call it in log order."""
        leaves = self.leaves.setdefault(write.studio_id, [])
        leaves.extend(hashes)
        for index, (item, leaf) in enumerate(zip(write.items, hashes, strict=True), first_index):
            self.entries.append((write.studio_id, index, item.kind, item.id, item.version, item.recorded_at, leaf, item.bytes))
            self._add_beside(write.studio_id, item, index)
            self._add_head(write.studio_id, item, index, state.current[write.studio_id, item.id].first_index)
        if write.key_hash is not None:
            self.writes.append((write.studio_id, write.key_hash, write.request_hmac or b"", first_index, len(write.items)))

    def _add_beside(self, studio_id: str, item: Item, index: int) -> None:
        for position, edge in enumerate(item.edges):
            self.references.append((studio_id, index, position, item.id, edge.role, edge.target, edge.target_version, edge.affects))
        for kept in item.disclosures:
            self.disclosures.append(
                (studio_id, item.id, index, kept.pointer, kept.commitment, kept.ciphertext, kept.subject, kept.protection)
            )

    def _add_head(self, studio_id: str, item: Item, index: int, first_index: int) -> None:
        key, head = (studio_id, item.id), item.head
        heads = self.new_heads if item.version == 1 or key in self.new_heads else self.moved_heads
        heads[key] = (
            studio_id, item.id, item.kind, item.version, index, first_index, item.recorded_at,
            head.label, head.type, head.state, head.party, ",".join(head.productions),
        )  # fmt: skip


def _productions(heads: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the memberships that these heads state."""
    return [(row[0], production, row[2], row[5], row[1]) for row in heads for production in dict.fromkeys(row[11].split(",")) if production]


def insert(conn: Connection[Any], rows: Rows, state: State, heads: Iterable[tuple[Any, ...]]) -> None:
    """Write the rows, and the new tree heads as (studio, size, root, frontier, time); a constraint may refuse them."""
    dropped, named = _identifiers(state.transitions)
    moved = list(rows.moved_heads.values())
    for statement, table in (
        (_MOVED_HEADS, moved),
        (_LEFT_PRODUCTIONS, [(row[0], row[1], row[11]) for row in moved]),
        (_KEPT_PRODUCTIONS, _productions(moved)),
        (_NEW_WRITES, rows.writes),
        (_DROPPED, dropped),
        (_IDENTIFIERS, named),
        (_DISCLOSURES, rows.disclosures),
    ):
        if table:
            statement.run(conn, table)
    new = list(rows.new_heads.values())
    usual = (rows.entries, new, _productions(new), rows.references, list(heads))
    conn.execute(_TOGETHER, [column for statement, table in zip(_USUAL, usual, strict=True) for column in statement.columns(table)])


def _identifiers(transitions: Sequence[Transition]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return which rows lose their identifier, and which rows are new, some of them already dropped again."""
    dropped: list[tuple[Any, ...]] = []
    named: list[tuple[Any, ...]] = []
    live: dict[IdentifierKey, int] = {}
    for key, owner, index in transitions:
        if owner is not None:
            live[key] = len(named)
            named.append((*key, owner, index, None))
        elif key in live:
            at = live.pop(key)
            named[at] = (*named[at][:-1], index)
        else:
            dropped.append((*key, index))
    return dropped, named
