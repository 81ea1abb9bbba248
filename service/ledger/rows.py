"""The SQL of an append: what a batch is judged against, read under the lock, and the rows that it leaves.

Columns travel as arrays and are unnested: for a few to some thousand rows nothing is faster, and each table costs one
statement a batch, however many writes and studios are in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from service.ledger.entry import leaf_hash
from service.ledger.items import Item, TreeHead, Write
from service.ledger.plan import Current, Earlier, IdentifierKey, RecordKey, State, Transition

_HEADS = """
    SELECT wanted.studio_id, newest.size, newest.root, newest.frontier, newest.committed_at
    FROM unnest(%(studios)s::text[]) AS wanted (studio_id)
    CROSS JOIN LATERAL (
        SELECT size, root, frontier, committed_at FROM tree_head
        WHERE tree_head.studio_id = wanted.studio_id ORDER BY size DESC LIMIT 1
    ) AS newest
"""
_CURRENT = """
    SELECT studio_id, id, version, index, first_index
    FROM unnest(%(studios)s::text[], %(ids)s::text[]) AS wanted (studio_id, id) JOIN head USING (studio_id, id)
"""
_AFFECTED = """
    SELECT wanted.studio_id, wanted.id, max(reference.index)
    FROM unnest(%(studios)s::text[], %(ids)s::text[], %(since)s::bigint[]) AS wanted (studio_id, id, since)
    JOIN reference ON reference.studio_id = wanted.studio_id AND reference.target = wanted.id
        AND reference.index >= wanted.since AND reference.affects
    GROUP BY wanted.studio_id, wanted.id
"""
_WRITES = """
    SELECT studio_id, key_hash, request_hmac, first_index, count
    FROM unnest(%(studios)s::text[], %(keys)s::bytea[]) AS wanted (studio_id, key_hash) JOIN write USING (studio_id, key_hash)
"""
_OWNERS = """
    SELECT studio_id, kind, scope, value, id
    FROM unnest(%(studios)s::text[], %(kinds)s::text[], %(scopes)s::text[], %(values)s::text[]) AS wanted (studio_id, kind, scope, value)
    JOIN identifier USING (studio_id, kind, scope, value) WHERE dropped_at IS NULL
"""
_OWNED = """
    SELECT studio_id, id, scope, value
    FROM unnest(%(studios)s::text[], %(ids)s::text[]) AS wanted (studio_id, id) JOIN identifier USING (studio_id, id)
    WHERE dropped_at IS NULL
"""


def read_state(conn: Connection[Any], writes: Sequence[Write]) -> State:
    """Return what the batch is judged against. A first version is not looked up: the key of `entry` refuses a second one."""
    state = State()
    studios = sorted({write.studio_id for write in writes})
    for studio_id, *columns in conn.execute(_HEADS, {"studios": studios}):
        state.heads[studio_id] = TreeHead(*columns)
        state.sizes[studio_id] = columns[0]
    _read_records(conn, writes, state)
    keys = [(write.studio_id, write.key_hash) for write in writes if write.key_hash is not None]
    if keys:
        for studio_id, key_hash, *earlier in conn.execute(_WRITES, _columns(("studios", "keys"), keys)):
            state.writes[studio_id, key_hash] = Earlier(*earlier)
    names = {
        (write.studio_id, item.kind, scope, value) for write in writes for item in write.items for scope, value in item.identifiers
    }
    if names:
        for *name, owner in conn.execute(_OWNERS, _columns(("studios", "kinds", "scopes", "values"), sorted(names))):
            state.owners[tuple(name)] = owner
    return state


def _read_records(conn: Connection[Any], writes: Sequence[Write], state: State) -> None:
    changed = {(write.studio_id, item.id) for write in writes for item in write.items if item.version > 1}
    rests = [(write.studio_id, record_id, write.unchanged.since) for write in writes if write.unchanged for record_id in write.unchanged.ids]
    wanted = sorted(changed | {(studio_id, record_id) for studio_id, record_id, _ in rests})
    if wanted:
        for studio_id, record_id, *current in conn.execute(_CURRENT, _columns(("studios", "ids"), wanted)):
            state.current[studio_id, record_id] = Current(*current)
    if rests:
        for studio_id, record_id, index in conn.execute(_AFFECTED, _columns(("studios", "ids", "since"), rests)):
            state.affected[studio_id, record_id] = index
    if changed:
        for studio_id, record_id, scope, value in conn.execute(_OWNED, _columns(("studios", "ids"), sorted(changed))):
            key = (studio_id, record_id)
            state.owned[key] = state.owned.get(key, frozenset()) | {(scope, value)}


def _columns(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


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

    def add(self, write: Write, first_index: int, state: State) -> None:
        """Add the rows of a write that goes through; call it in log order."""
        leaves = self.leaves.setdefault(write.studio_id, [])
        for index, item in enumerate(write.items, first_index):
            leaf = leaf_hash(item.bytes)
            leaves.append(leaf)
            self.entries.append((write.studio_id, index, item.kind, item.id, item.version, item.recorded_at, leaf, item.bytes))
            self._add_beside(write.studio_id, item, index)
            self._add_head(write.studio_id, item, index, state.current[write.studio_id, item.id].first_index)
        if write.key_hash is not None:
            self.writes.append((write.studio_id, write.key_hash, write.request_hmac or b"", first_index, len(write.items)))

    def _add_beside(self, studio_id: str, item: Item, index: int) -> None:
        for position, edge in enumerate(item.edges):
            self.references.append((studio_id, index, position, item.id, edge.role, edge.target, edge.target_version, edge.affects))
        for kept in item.disclosures:
            self.disclosures.append((studio_id, item.id, index, kept.pointer, kept.commitment, kept.ciphertext, kept.subject, kept.protection))

    def _add_head(self, studio_id: str, item: Item, index: int, first_index: int) -> None:
        key, head = (studio_id, item.id), item.head
        heads = self.new_heads if item.version == 1 or key in self.new_heads else self.moved_heads
        heads[key] = (
            studio_id, item.id, item.kind, item.version, index, first_index, item.recorded_at,
            head.label, head.type, head.state, head.party, ",".join(head.productions),
        )  # fmt: skip

    def productions(self) -> list[tuple[Any, ...]]:
        """Return the memberships that the batch leaves behind."""
        heads = [*self.new_heads.values(), *self.moved_heads.values()]
        return [(row[0], production, row[2], row[5], row[1]) for row in heads for production in dict.fromkeys(row[11].split(",")) if production]


def insert(conn: Connection[Any], rows: Rows, state: State, heads: Iterable[tuple[Any, ...]]) -> None:
    """Write the rows, and the new tree heads as (studio, size, root, frontier, time); a constraint may refuse them."""
    dropped, named = _identifiers(state.transitions)
    moved = list(rows.moved_heads.values())
    with conn.pipeline(), conn.cursor() as cursor:
        for statement, table in (
            (_ENTRIES, rows.entries),
            (_NEW_HEADS, list(rows.new_heads.values())),
            (_MOVED_HEADS, moved),
            (_LEFT_PRODUCTIONS, [(row[0], row[1], row[11]) for row in moved]),
            (_PRODUCTIONS, rows.productions()),
            (_REFERENCES, rows.references),
            (_NEW_WRITES, rows.writes),
            (_DROPPED, dropped),
            (_IDENTIFIERS, named),
            (_DISCLOSURES, rows.disclosures),
            (_NEW_TREE_HEADS, list(heads)),
        ):
            if table:
                cursor.execute(statement, [list(column) for column in zip(*table, strict=True)])


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


_ENTRIES = """
    INSERT INTO entry (studio_id, index, kind, id, version, recorded_at, leaf, bytes)
    SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::text[], %b::int[], %b::timestamptz[], %b::bytea[], %b::bytea[])
"""
_NEW_HEADS = """
    INSERT INTO head (studio_id, id, kind, version, index, first_index, recorded_at, label, type, state, party, productions)
    SELECT a, b, c, d, e, f, g, h, i, j, k, string_to_array(l, ',')
    FROM unnest(%b::text[], %b::text[], %b::text[], %b::int[], %b::bigint[], %b::bigint[], %b::timestamptz[], %b::text[], %b::text[],
        %b::text[], %b::text[], %b::text[]) AS new (a, b, c, d, e, f, g, h, i, j, k, l)
"""
_MOVED_HEADS = """
    UPDATE head SET version = d, index = e, recorded_at = g, label = h, type = i, state = j, party = k, productions = string_to_array(l, ',')
    FROM unnest(%b::text[], %b::text[], %b::text[], %b::int[], %b::bigint[], %b::bigint[], %b::timestamptz[], %b::text[], %b::text[],
        %b::text[], %b::text[], %b::text[]) AS new (a, b, c, d, e, f, g, h, i, j, k, l)
    WHERE head.studio_id = a AND head.id = b
"""
_LEFT_PRODUCTIONS = """
    UPDATE head_production SET live = false
    FROM unnest(%b::text[], %b::text[], %b::text[]) AS moved (a, b, l)
    WHERE head_production.studio_id = a AND head_production.id = b AND head_production.live
        AND NOT head_production.production = ANY (string_to_array(l, ','))
"""
_PRODUCTIONS = """
    INSERT INTO head_production (studio_id, production, kind, first_index, id)
    SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::bigint[], %b::text[])
    ON CONFLICT ON CONSTRAINT head_production_key DO UPDATE SET live = true
"""
_REFERENCES = """
    INSERT INTO reference (studio_id, index, position, source, role, target, target_version, affects)
    SELECT * FROM unnest(%b::text[], %b::bigint[], %b::smallint[], %b::text[], %b::text[], %b::text[], %b::int[], %b::bool[])
"""
_NEW_WRITES = """
    INSERT INTO write (studio_id, key_hash, request_hmac, first_index, count)
    SELECT * FROM unnest(%b::text[], %b::bytea[], %b::bytea[], %b::bigint[], %b::int[])
"""
_DROPPED = """
    UPDATE identifier SET dropped_at = i
    FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[]) AS gone (s, k, c, v, i)
    WHERE identifier.studio_id = s AND identifier.kind = k AND identifier.scope = c AND identifier.value = v AND identifier.dropped_at IS NULL
"""
_IDENTIFIERS = """
    INSERT INTO identifier (studio_id, kind, scope, value, id, index, dropped_at)
    SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[])
"""
_DISCLOSURES = """
    INSERT INTO disclosure (studio_id, id, index, pointer, commitment, ciphertext, subject, protection)
    SELECT * FROM unnest(%b::text[], %b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::bytea[], %b::text[], %b::text[])
"""
_NEW_TREE_HEADS = """
    INSERT INTO tree_head (studio_id, size, root, frontier, committed_at)
    SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bytea[], %b::bytea[], %b::timestamptz[])
"""
