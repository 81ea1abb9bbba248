"""The graph of what rests on what: the ancestors of a record and its descendants, bounded, nearest first.

Edges (`records.edges`) are the references of the current versions, of the pinned version where a reference pins.

Every statement is filtered by the studio; what lies outside the actor's productions is shown by its kind alone and not entered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from schemas.kinds import KINDS
from schemas.prefixes import KIND_OF
from schemas.references import Reference, link, visit
from service import errors, ids
from service.context import Context
from service.records import read
from service.records.edges import BACKWARD, CARRIES, FORWARD, RESTS_ON
from service.records.model import Recorded

LEAVES = frozenset({"licence", "consent", "evidence"})
"""Kinds where a walk towards the ancestors ends."""

MOST_NODES = 50_000
MOST_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Node:
    """A record of the graph; `depth` is its distance from the root. A `hidden` one lies outside the actor's productions."""

    id: str
    kind: str
    version: int
    index: int
    depth: int
    label: str | None = None
    type: str | None = None
    state: str | None = None
    productions: tuple[str, ...] = ()
    hidden: bool = False

    def document(self) -> dict[str, Any]:
        """The node as the API answers it."""
        told: dict[str, Any] = {"id": self.id, "kind": self.kind, "version": self.version, "depth": self.depth}
        for name in ("label", "type", "state"):
            if getattr(self, name) is not None:
                told[name] = getattr(self, name)
        return told | ({"productions": list(self.productions)} if self.productions else {}) | ({"hidden": True} if self.hidden else {})


@dataclass(frozen=True, slots=True)
class Edge:
    """`younger` rests on `older`, as `role` of a reference says; `grade` is the evidence grade of that statement."""

    younger: str
    older: str
    role: str
    version: int | None = None
    grade: str | None = None

    def document(self) -> dict[str, Any]:
        """The edge as the API answers it."""
        told: dict[str, Any] = {"from": self.younger, "to": self.older, "role": self.role}
        return told | ({"version": self.version} if self.version else {}) | ({"grade": self.grade} if self.grade else {})


@dataclass(frozen=True, slots=True)
class Graph:
    """What a walk found, nearest first. `truncated` says that a bound ended it and more lies beyond."""

    root: str
    direction: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool

    def summary(self) -> dict[str, Any]:
        """How many records of each kind there are, and how far away the farthest."""
        kinds = Counter(node.kind for node in self.nodes if node.depth)
        return {"nodes": len(self.nodes) - 1, "by_kind": dict(sorted(kinds.items())), "depth": max(node.depth for node in self.nodes)}

    def document(self, *, summary: bool = False) -> dict[str, Any]:
        """The graph as the API answers it; a summary leaves nodes and edges out."""
        told = {"root": self.root, "direction": self.direction, "summary": self.summary(), "truncated": self.truncated}
        if not summary:
            told |= {"nodes": [node.document() for node in self.nodes], "edges": [edge.document() for edge in self.edges]}
        return told


@dataclass(frozen=True, slots=True)
class _Head:
    id: str
    kind: str
    version: int
    index: int
    label: str | None
    type: str | None
    state: str | None
    productions: list[str]


def ancestors(context: Context, record_id: str, *, depth: int = 64, limit: int = 500) -> Graph:
    """What the record rests on, at most `depth` steps away and `limit` records; `NotFound` for a foreign id."""
    return _walk(context, record_id, "ancestors", depth, limit)


def descendants(context: Context, record_id: str, *, depth: int = 64, limit: int = 500) -> Graph:
    """What rests on the record, at most `depth` steps away and `limit` records; `NotFound` for a foreign id."""
    return _walk(context, record_id, "descendants", depth, limit)


def _walk(context: Context, record_id: str, direction: str, depth: int, limit: int) -> Graph:
    depth, limit = min(depth, MOST_DEPTH), min(limit, MOST_NODES)
    nodes = _entered(context, [(record_id, None)], 0)
    if not nodes or nodes[0].hidden:
        raise errors.NotFound(f"There is no record {record_id[:40]!r} in this studio.", "not_found")
    found = {nodes[0].id: nodes[0]}
    edges: dict[tuple[str, str, str], Edge] = {}
    level, truncated = nodes, False
    for distance in range(1, depth + 2):
        links = _older(context, level) if direction == "ancestors" else _younger(context, level)
        new = {(edge.older, edge.version) if direction == "ancestors" else (edge.younger, None) for edge in links}
        fresh = sorted({(key, version) for key, version in new if key not in found}, key=_in_order)
        room = limit - len(found)
        if not fresh or distance > depth or room <= 0:
            truncated = bool(fresh)
        level = [] if truncated else _entered(context, _once(fresh)[: room + 1], distance)
        truncated = truncated or len(level) > room
        level = level[:room]
        found.update({node.id: node for node in level})
        edges.update({(e.younger, e.older, e.role): e for e in links if e.younger in found and e.older in found})
        if truncated or not level:
            break
    return Graph(nodes[0].id, direction, tuple(found.values()), tuple(edges.values()), truncated)


def _in_order(pair: tuple[str, int | None]) -> tuple[str, int]:
    return pair[0], pair[1] or 0


def _once(pairs: Sequence[tuple[str, int | None]]) -> list[tuple[str, int | None]]:
    """One version a record: where several are pinned, the newest of them is walked on from."""
    return list(dict(pairs).items())


def _entered(context: Context, wanted: Sequence[tuple[str, int | None]], depth: int) -> list[Node]:
    """The nodes of these records, in the version that is pinned or else the current one."""
    heads = _heads(context, [key for key, _ in wanted])
    pinned = _pinned(context, [(key, version) for key, version in wanted if version and key in heads and heads[key].version != version])
    return [_node(context, heads[key], depth, version, pinned.get((key, version))) for key, version in wanted if key in heads]


def _node(context: Context, head: _Head, depth: int, version: int | None, index: int | None) -> Node:
    allowed = context.actor.productions
    own = {head.id} if head.kind == "production" else set(head.productions)
    if allowed is not None and own and not own & allowed:
        return Node(head.id, head.kind, head.version, head.index, depth, hidden=True)
    return Node(
        head.id, head.kind, version if version and index is not None else head.version, index if index is not None else head.index,
        depth, head.label, head.type, head.state, tuple(head.productions),
    )  # fmt: skip


def _heads(context: Context, wanted: Sequence[str]) -> dict[str, _Head]:
    with context.conn.cursor(row_factory=class_row(_Head)) as cursor:
        cursor.execute(
            "SELECT id, kind, version, index, label, type, state, productions FROM head"
            " WHERE studio_id = %(studio_id)s AND id = ANY(%(ids)s)",
            {"studio_id": context.studio_id, "ids": [key for key in wanted if ids.is_id(key)]},
        )
        return {head.id: head for head in cursor}


def _pinned(context: Context, wanted: Sequence[tuple[str, int | None]]) -> dict[tuple[str, int | None], int]:
    """(record, version) → its place in the log, for versions that are not current."""
    if not wanted:
        return {}
    rows = context.conn.execute(
        "SELECT entry.id, entry.version, entry.index FROM unnest(%(ids)s::text[], %(versions)s::integer[]) AS pin (id, version)"
        " JOIN entry ON entry.studio_id = %(studio_id)s AND entry.id = pin.id AND entry.version = pin.version",
        {"studio_id": context.studio_id, "ids": [key for key, _ in wanted], "versions": [version for _, version in wanted]},
    )
    return {(key, version): index for key, version, index in rows}


def _older(context: Context, level: Sequence[Node]) -> list[Edge]:
    """The edges from these nodes to what they rest on."""
    open_nodes = [node for node in level if not node.hidden]
    own = _stated(context, [node.index for node in open_nodes if node.kind in RESTS_ON], FORWARD)
    others = _pointing(context, [node.id for node in open_nodes if node.kind not in LEAVES], BACKWARD)
    return [Edge(source, target, role, version) for source, role, target, version in own] + [
        Edge(target, source, role) for source, role, target, _ in others
    ]


def _younger(context: Context, level: Sequence[Node]) -> list[Edge]:
    """The edges from what rests on these nodes to them."""
    open_nodes = [node for node in level if not node.hidden]
    own = _stated(context, [node.index for node in open_nodes if node.kind in CARRIES], BACKWARD)
    others = _pointing(context, [node.id for node in open_nodes], FORWARD)
    return [Edge(target, source, role) for source, role, target, _ in own] + [
        Edge(source, target, role, version) for source, role, target, version in others
    ]


_Row = tuple[str, str, str, int | None]
"""A reference: source, role, target, pinned version."""


def _stated(context: Context, indices: Sequence[int], rules: Sequence[str]) -> list[_Row]:
    """The references of the record versions at these places that follow one of the rules (`ast.parent`)."""
    if not indices:
        return []
    return context.conn.execute(
        "SELECT source, role, target, target_version FROM reference WHERE studio_id = %(studio_id)s AND index = ANY(%(indices)s)"
        " AND left(source, 3) || '.' || role = ANY(%(rules)s)",
        {"studio_id": context.studio_id, "indices": list(indices), "rules": list(rules)},
    ).fetchall()


def _pointing(context: Context, targets: Sequence[str], rules: Sequence[str]) -> list[_Row]:
    """The references of current versions that point at these records and follow one of the rules."""
    if not targets:
        return []
    return context.conn.execute(
        "SELECT reference.source, reference.role, reference.target, reference.target_version FROM reference"
        " JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source AND head.index = reference.index"
        " WHERE reference.studio_id = %(studio_id)s AND reference.target = ANY(%(targets)s)"
        " AND left(reference.source, 3) || '.' || reference.role = ANY(%(rules)s)",
        {"studio_id": context.studio_id, "targets": list(targets), "rules": list(rules)},
    ).fetchall()


def graded(context: Context, graph: Graph) -> Graph:
    """The graph with the evidence grade of each edge, read from the record that states it; for graphs that are shown whole."""
    stating = {edge.younger for edge in graph.edges} | {edge.older for edge in graph.edges if KIND_OF[edge.older[:3]] in CARRIES}
    bodies = read.current(context.conn, context.studio_id, stating)
    grades: dict[tuple[str, str, str], str] = {}
    for recorded in bodies.values():
        for spot in visit(KINDS[recorded.kind].schema, dict(recorded.body)):
            if isinstance(spot.field, Reference):
                found = link(spot)
                grade = next((around["grade"] for around in reversed(spot.ancestors) if "grade" in around), None)
                if grade and found.id:
                    grades[recorded.id, found.id, found.role] = grade
    edges = (
        Edge(e.younger, e.older, e.role, e.version, grades.get((e.younger, e.older, e.role)) or grades.get((e.older, e.younger, e.role)))
        for e in graph.edges
    )
    return Graph(graph.root, graph.direction, graph.nodes, tuple(edges), graph.truncated)


def bodies(context: Context, nodes: Iterable[Node]) -> dict[str, Mapping[str, Any]]:
    """The bodies of these nodes in the versions that the walk met, by id; hidden ones are left out."""
    rows = context.conn.execute(
        "SELECT index, bytes FROM entry WHERE studio_id = %(studio_id)s AND index = ANY(%(indices)s)",
        {"studio_id": context.studio_id, "indices": [node.index for node in nodes if not node.hidden]},
    )
    found = [read.decode(index, raw) for index, raw in rows]
    return {recorded.id: recorded.body for recorded in found}


def events(context: Context, targets: Iterable[str]) -> list[Recorded]:
    """The events that affect these records, in the order of the log; those of a hold are not among them."""
    rows = context.conn.execute(
        "SELECT entry.index, entry.bytes FROM reference JOIN head ON head.studio_id = reference.studio_id"
        " AND head.id = reference.source AND head.index = reference.index"
        " JOIN entry ON entry.studio_id = head.studio_id AND entry.index = head.index"
        " WHERE reference.studio_id = %(studio_id)s AND reference.target = ANY(%(targets)s) AND reference.affects"
        " AND head.kind = 'event' ORDER BY entry.index",
        {"studio_id": context.studio_id, "targets": sorted(set(targets))},
    )
    return list({index: read.decode(index, raw) for index, raw in rows}.values())


def papers(context: Context, targets: Iterable[str], kind: str, type_: str) -> list[Recorded]:
    """The current records of one kind and type that refer to any of these records, in the order of the log."""
    rows = context.conn.execute(
        "SELECT DISTINCT entry.index, entry.bytes FROM reference JOIN head ON head.studio_id = reference.studio_id"
        " AND head.id = reference.source AND head.index = reference.index"
        " JOIN entry ON entry.studio_id = head.studio_id AND entry.index = head.index"
        " WHERE reference.studio_id = %(studio_id)s AND reference.target = ANY(%(targets)s)"
        " AND head.kind = %(kind)s AND head.type = %(type)s ORDER BY entry.index",
        {"studio_id": context.studio_id, "targets": sorted(set(targets)), "kind": kind, "type": type_},
    )
    return [read.decode(index, raw) for index, raw in rows]
