"""The graph of what rests on what: the ancestors of a record and its descendants, bounded, nearest first.

Edges (`records.edges`) are the references of the current versions, of the pinned version where a reference pins.

Every statement is filtered by the studio; what lies outside the actor's productions is shown by its kind alone and not entered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import orjson

from schemas.kinds import KINDS
from schemas.prefixes import KIND_OF, PREFIXES
from schemas.references import Reference, link, visit
from service import errors, ids
from service.context import Context
from service.records import read
from service.records.edges import BACKWARD, CARRIES, FORWARD, RESTS_ON
from service.records.model import Recorded
from service.records.standing import Standing, of_licences

MOST_NODES = 50_000
MOST_DEPTH = 200
_ASKED = 1_000


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
    """What a walk found, nearest first. `truncated` says that a bound ended it and more lies beyond; `more`, that the bound was the limit."""

    root: str
    direction: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool
    more: bool = False

    def after(self, begin: int) -> Graph:
        """The nodes behind the first `begin`, and the edges among all that end in them: pages of a graph hold each node and each edge once."""
        before = {node.id for node in self.nodes[:begin]}
        edges = tuple(edge for edge in self.edges if edge.younger not in before or edge.older not in before)
        return replace(self, nodes=self.nodes[begin:], edges=edges)

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


_Head = tuple[str, str, int, int, str | None, str | None, str | None, str]
"""A head as it is read: id, kind, version, index, label, type, state, and its productions with commas between."""

_Link = tuple[str, str, str, int | None]
"""An edge as it is read: the younger, the older, the role, and the version that is pinned of the older."""

_POINTING = {
    kind: sorted(f"{PREFIXES[source]}.{role}" for source, roles in CARRIES.items() for role, target in roles.items() if target == kind)
    for kind in {target for roles in CARRIES.values() for target in roles.values()}
}
"""By the kind of the younger: the references by which something says that it carries it."""

_SOME_LINKS, _MOST_LINKS = 1_000, 10 * MOST_NODES


def ancestors(context: Context, record_id: str, *, depth: int = 64, limit: int = 500, edges: bool = True) -> Graph:
    """What the record rests on, at most `depth` steps away and `limit` records; `NotFound` for a foreign id."""
    return _walk(context, record_id, "ancestors", depth, limit, edges=edges)


def descendants(context: Context, record_id: str, *, depth: int = 64, limit: int = 500, edges: bool = True) -> Graph:
    """What rests on the record, at most `depth` steps away and `limit` records; `NotFound` for a foreign id."""
    return _walk(context, record_id, "descendants", depth, limit, edges=edges)


def _walk(context: Context, record_id: str, direction: str, depth: int, limit: int, *, edges: bool) -> Graph:
    depth, limit = min(depth, MOST_DEPTH), min(limit, MOST_NODES)
    level = _entered(context, {record_id: None}, 0)
    if not level or level[0].hidden:
        raise errors.NotFound(f"There is no record {record_id[:40]!r} in this studio.", "not_found")
    found = {record_id: level[0]}
    links: list[_Link] = []
    truncated = more = False
    for distance in range(1, depth + 2):
        room = limit - len(found)
        if direction == "ancestors":
            links += (next_to := _older(context, level))
            # One version a record: where several are pinned, the newest of them is walked on from.
            fresh = {key: version for key, version in sorted((o, v or 0) for _, o, _, v in next_to) if key not in found}
        else:
            next_to = _younger(context, level, found, room)
            fresh = {key: 0 for key, _, _, _ in next_to if key not in found}
        truncated = truncated or len(next_to) >= _MOST_LINKS or bool(fresh and distance > depth)
        level = _entered(context, dict(islice(fresh.items(), room + 1)), distance) if distance <= depth else []
        more = more or len(level) > room
        level = level[:room]
        found.update((node.id, node) for node in level)
        if not level:
            break
    told = _told(links if direction == "ancestors" else _among(context, found), found) if edges else {}
    return Graph(record_id, direction, tuple(found.values()), tuple(told.values()), truncated or more, more)


def _told(links: Iterable[_Link], found: Mapping[str, Node]) -> dict[tuple[str, str, str], Edge]:
    return {(y, o, role): Edge(y, o, role, version) for y, o, role, version in links if y in found and o in found}


def _entered(context: Context, wanted: Mapping[str, int | None], depth: int) -> list[Node]:
    """The nodes of these records, in the version that is pinned or else the current one, in the order of their ids."""
    heads = {head[0]: head for head in _heads(context, wanted)} if wanted else {}
    pinned = _pinned(context, [(key, version) for key, version in wanted.items() if version and key in heads and heads[key][2] != version])
    allowed = context.actor.productions
    return [_node(heads[key], depth, pinned.get(key), allowed) for key in wanted if key in heads]


def _node(head: _Head, depth: int, pinned: tuple[int, int] | None, allowed: frozenset[str] | None) -> Node:
    key, kind, version, index, label, type_, state, joined = head
    productions = tuple(joined.split(",")) if joined else ()
    if allowed is not None:
        own = {key} if kind == "production" else set(productions)
        if own and not own & allowed:
            return Node(key, kind, version, index, depth, hidden=True)
    version, index = pinned or (version, index)
    return Node(key, kind, version, index, depth, label, type_, state, productions)


def _heads(context: Context, wanted: Iterable[str]) -> list[_Head]:
    return context.conn.execute(
        "SELECT id, kind, version, index, label, type, state, array_to_string(productions, ',') FROM head"
        " WHERE studio_id = %(studio_id)s AND id = ANY(string_to_array(%(ids)s, ','))",
        {"studio_id": context.studio_id, "ids": _joined(key for key in wanted if ids.is_id(key))},
    ).fetchall()


def _joined(values: Iterable[object]) -> str:
    """Ids, none of which holds a comma, or numbers as one value: tens of thousands of them are many times faster sent than an array."""
    return ",".join(map(str, values))


def _pinned(context: Context, wanted: Sequence[tuple[str, int]]) -> dict[str, tuple[int, int]]:
    """Record → its pinned version and the place of that in the log, for versions that are not current."""
    if not wanted:
        return {}
    rows = context.conn.execute(
        "SELECT entry.id, entry.version, entry.index FROM unnest(%(ids)s::text[], %(versions)s::integer[]) AS pin (id, version)"
        " JOIN entry ON entry.studio_id = %(studio_id)s AND entry.id = pin.id AND entry.version = pin.version",
        {"studio_id": context.studio_id, "ids": [key for key, _ in wanted], "versions": [version for _, version in wanted]},
    )
    return {key: (version, index) for key, version, index in rows}


def _older(context: Context, level: Sequence[Node]) -> list[_Link]:
    """The edges from these nodes to what they rest on."""
    open_nodes = [node for node in level if not node.hidden]
    links = _stated(context, [node.index for node in open_nodes if node.kind in RESTS_ON], FORWARD)
    for kind, rules in _POINTING.items():
        targets = [node.id for node in open_nodes if node.kind == kind]
        links += [(target, source, role, None) for source, target, role, _ in _pointing(context, targets, rules)]
    return links


def _younger(context: Context, level: Sequence[Node], found: Mapping[str, Node], room: int) -> list[_Link]:
    """The edges from what rests on these nodes to them, in the order of the log: enough to fill the room with what is not found yet.

    A model may be named by a million runs, of which few are shown: so many are read only where fewer did not do.
    """
    open_nodes = [node for node in level if not node.hidden]
    own = _stated(context, [node.index for node in open_nodes if node.kind in CARRIES], BACKWARD)
    links = [(target, source, role, None) for source, target, role, _ in own]
    for most in (4 * room + _SOME_LINKS, _MOST_LINKS):
        others = _naming(context, [node.id for node in open_nodes], most)
        if len(others) < most or len({source for source, _, _, _ in others if source not in found}) > room:
            break
    return links + others


def _among(context: Context, found: Mapping[str, Node]) -> list[_Link]:
    """The edges between these nodes that lead from one that is not hidden to what rests on it."""
    carries = frozenset(BACKWARD)
    stated = _stated(context, [node.index for node in found.values()], [*FORWARD, *BACKWARD])
    links = [
        (target, source, role, None) if f"{source[:3]}.{role}" in carries else (source, target, role, version)
        for source, target, role, version in stated
    ]
    return [link for link in links if link[1] in found and not found[link[1]].hidden]


def _stated(context: Context, indices: Sequence[int], rules: Sequence[str]) -> list[_Link]:
    """The references of the record versions at these places that follow one of the rules (`ast.parent`)."""
    if not indices:
        return []
    return context.conn.execute(
        "SELECT source, target, role, target_version FROM reference"
        " WHERE studio_id = %(studio_id)s AND index = ANY(string_to_array(%(indices)s, ',')::bigint[])"
        " AND source_kind || '.' || role = ANY(%(rules)s) ORDER BY index, position LIMIT %(most)s",
        {"studio_id": context.studio_id, "indices": _joined(indices), "rules": list(rules), "most": _MOST_LINKS},
    ).fetchall()


def _pointing(context: Context, targets: Sequence[str], rules: Sequence[str]) -> list[_Link]:
    """The references of current versions that point at these records and follow one of the rules.

    Only from kinds that the rules name: a model is named by every run that used it, and by a replica or two that it belongs to.
    """
    if not targets:
        return []
    return context.conn.execute(
        "SELECT reference.source, reference.target, reference.role, reference.target_version FROM reference"
        " JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source AND head.index = reference.index"
        " WHERE reference.studio_id = %(studio_id)s AND reference.target = ANY(string_to_array(%(targets)s, ','))"
        " AND reference.source_kind = ANY(%(kinds)s) AND reference.source_kind || '.' || reference.role = ANY(%(rules)s)"
        " ORDER BY reference.index LIMIT %(most)s",
        {
            "studio_id": context.studio_id, "targets": _joined(targets), "kinds": sorted({rule[:3] for rule in rules}), "rules": list(rules),
            "most": _MOST_LINKS,
        },
    ).fetchall()  # fmt: skip


def _naming(context: Context, targets: Sequence[str], most: int) -> list[_Link]:
    """The first references of current versions, in the order of the log, by which something says that it rests on these records."""
    if not targets:
        return []
    return context.conn.execute(
        "SELECT naming.source, naming.target, naming.role, naming.target_version"
        " FROM unnest(string_to_array(%(targets)s, ',')) AS wanted (target) CROSS JOIN LATERAL ("
        "  SELECT reference.* FROM reference"
        "  JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source AND head.index = reference.index"
        "  WHERE reference.studio_id = %(studio_id)s AND reference.target = wanted.target"
        "  AND reference.source_kind || '.' || reference.role = ANY(%(rules)s) ORDER BY reference.index LIMIT %(most)s"
        ") AS naming ORDER BY naming.index, naming.position LIMIT %(most)s",
        {"studio_id": context.studio_id, "targets": _joined(targets), "rules": FORWARD, "most": most},
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
    return replace(graph, edges=tuple(edges))


def bodies(context: Context, nodes: Iterable[Node]) -> dict[str, Mapping[str, Any]]:
    """The bodies of these nodes in the versions that the walk met, by id; hidden ones are left out."""
    rows = context.conn.execute(
        "SELECT id, bytes FROM entry WHERE studio_id = %(studio_id)s AND index = ANY(string_to_array(%(indices)s, ',')::bigint[])",
        {"studio_id": context.studio_id, "indices": _joined(node.index for node in nodes if not node.hidden)},
    )
    return {key: orjson.loads(raw)["body"] for key, raw in rows}


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


def standing(context: Context, licences: Iterable[str], at: str) -> dict[str, Standing]:
    """How these licences stood at an instant, by the events that name them; those that nothing befell are left out."""
    wanted = sorted(set(licences))
    found = [each for start in range(0, len(wanted), _ASKED) for each in events(context, wanted[start : start + _ASKED])]
    return of_licences({each.id: each.body for each in found}.items(), at)


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
