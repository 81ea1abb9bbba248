"""Drawing a lineage: nodes and edges → layers from left to right → positions. Pure; a template turns the result into SVG.

What something is made of stands left of it. Layers come from the longest way to the right-most nodes, the order within
a layer from barycentre sweeps (Sugiyama, Tagawa and Toda 1981), heights from the closest positions that keep order and
distance (isotonic regression by pooling adjacent violators). A view holds at most `CAP` nodes; the rest is collapsed and
counted, never left out in silence.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

CAP = 300
ALIKE = 6
"""This many nodes of one kind with the very same neighbours are drawn as one."""

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 184, 48, 44, 14, 12
SWEEPS = 6
MERGED = "+"


@dataclass(frozen=True, slots=True)
class Node:
    """One record of the lineage; `marked` lies on the path that blocks, `count` is how many records it stands for."""

    id: str
    kind: str
    label: str
    marked: bool = False
    note: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` went into `target` as `role`."""

    source: str
    target: str
    role: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A placed node; `x` and `y` are its upper left corner in pixels."""

    node: Node
    x: int
    y: int
    focus: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A placed edge; `path` is the `d` of an SVG path."""

    edge: Edge
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything the template needs; `hidden` is how many records the view does not show one by one."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    total: int
    hidden: int


@dataclass(slots=True)
class _Layers:
    """Node ids by layer, left to right, with the bends that long edges make in the layers between."""

    rows: list[list[str]]
    before: Mapping[str, list[str]]
    after: Mapping[str, list[str]]
    bends: Mapping[Edge, list[str]]
    y: dict[str, float] = field(default_factory=dict)


def draw(nodes: Sequence[Node], edges: Sequence[Edge], focus: str, cap: int = CAP) -> Drawing:
    """Lay out the lineage of `focus`; edges from or to unknown nodes, loops and duplicates are dropped."""
    known = {node.id: node for node in nodes}
    straight = [edge for edge in dict.fromkeys(edges) if edge.source in known and edge.target in known and edge.source != edge.target]
    shown, kept = merge_alike(known, straight, focus)
    shown, kept = collapse(shown, kept, focus, cap)
    layers = _layered(shown, _acyclic(shown, kept))
    _order(layers)
    _place(layers)
    hidden = sum(node.count for node in shown.values() if node.count > 1)
    return _drawing(shown, layers, focus, len(known), hidden)


def merge_alike(nodes: Mapping[str, Node], edges: Sequence[Edge], focus: str) -> tuple[dict[str, Node], list[Edge]]:
    """Draw `ALIKE` or more nodes of one kind with the same neighbours as one; never the focus, never a marked one."""
    around: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for edge in edges:
        around[edge.source].append(("to", edge.target, edge.role))
        around[edge.target].append(("from", edge.source, edge.role))
    alike: dict[tuple[str, frozenset[tuple[str, str, str]]], list[str]] = defaultdict(list)
    for node in nodes.values():
        if node.id != focus and not node.marked:
            alike[node.kind, frozenset(around[node.id])].append(node.id)
    into = {member: MERGED + members[0] for members in alike.values() if len(members) >= ALIKE for member in members}
    return _merged(nodes, edges, into)


def collapse(nodes: Mapping[str, Node], edges: Sequence[Edge], focus: str, cap: int = CAP) -> tuple[dict[str, Node], list[Edge]]:
    """Keep the `cap` nodes nearest to the focus, the marked ones before all others; the rest becomes one node a kind."""
    if len(nodes) <= cap:
        return dict(nodes), list(edges)
    distance = _distances(nodes, edges, focus)
    far = len(nodes)
    nearest = sorted(nodes, key=lambda name: (name != focus, not nodes[name].marked, distance.get(name, far), name))
    kinds = len({node.kind for node in nodes.values()})
    into = {name: f"{MERGED}{nodes[name].kind}" for name in nearest[max(1, cap - kinds) :]}
    return _merged(nodes, edges, into)


def _merged(nodes: Mapping[str, Node], edges: Sequence[Edge], into: Mapping[str, str]) -> tuple[dict[str, Node], list[Edge]]:
    shown: dict[str, Node] = {}
    for node in nodes.values():
        name = into.get(node.id, node.id)
        if name in shown:
            count = shown[name].count + node.count
            shown[name] = replace(shown[name], count=count, label=f"{count} records")
        else:
            shown[name] = replace(node, id=name, note="" if name != node.id else node.note)
    moved = (Edge(into.get(edge.source, edge.source), into.get(edge.target, edge.target), edge.role, edge.marked) for edge in edges)
    return shown, [edge for edge in dict.fromkeys(moved) if edge.source != edge.target]


def _distances(nodes: Mapping[str, Node], edges: Sequence[Edge], focus: str) -> dict[str, int]:
    around: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        around[edge.source].append(edge.target)
        around[edge.target].append(edge.source)
    distance = {focus: 0} if focus in nodes else {}
    waiting = deque(distance)
    while waiting:
        name = waiting.popleft()
        for other in around[name]:
            if other not in distance:
                distance[other] = distance[name] + 1
                waiting.append(other)
    return distance


def _acyclic(nodes: Iterable[str], edges: Sequence[Edge]) -> list[Edge]:
    """Return the edges without those that close a circle (depth first, without recursion), one for each pair of nodes."""
    after: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        after[edge.source].append(edge)
    kept: list[Edge] = []
    state: dict[str, int] = {}
    for start in nodes:
        stack = [(start, iter(after[start]))] if start not in state else []
        state.setdefault(start, 1)
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[name] = 2
                stack.pop()
            elif state.get(following.target) != 1:
                kept.append(following)
                if following.target not in state:
                    state[following.target] = 1
                    stack.append((following.target, iter(after[following.target])))
    return kept


def _layered(nodes: Mapping[str, Node], edges: Sequence[Edge]) -> _Layers:
    """Give every node its layer, counted from the right, and every long edge its bends."""
    depth = _depths(nodes, edges)
    deepest = max(depth.values(), default=0)
    rows: list[list[str]] = [[] for _ in range(deepest + 1)]
    for name in nodes:
        rows[deepest - depth[name]].append(name)
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    bends: dict[Edge, list[str]] = {}
    for number, edge in enumerate(edges):
        between = range(deepest - depth[edge.source] + 1, deepest - depth[edge.target])
        bends[edge] = [f"{number}|{layer}" for layer in between]
        for layer, bend in zip(between, bends[edge], strict=True):
            rows[layer].append(bend)
        way = [edge.source, *bends[edge], edge.target]
        for left, right in pairwise(way):
            after[left].append(right)
            before[right].append(left)
    return _Layers(rows, before, after, bends)


def _depths(nodes: Iterable[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return how many steps the longest way from each node to a right-most one has (Kahn's order, from the right)."""
    before: dict[str, list[str]] = defaultdict(list)
    open_ends: dict[str, int] = defaultdict(int)
    for edge in edges:
        before[edge.target].append(edge.source)
        open_ends[edge.source] += 1
    depth = dict.fromkeys(nodes, 0)
    ready = deque(name for name in depth if not open_ends[name])
    while ready:
        name = ready.popleft()
        for other in before[name]:
            depth[other] = max(depth[other], depth[name] + 1)
            open_ends[other] -= 1
            if not open_ends[other]:
                ready.append(other)
    return depth


def _order(layers: _Layers) -> None:
    """Reorder each layer by the mean place of its neighbours, from the right and from the left in turns."""
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 1
        neighbours = layers.before if forth else layers.after
        rows = layers.rows if forth else layers.rows[::-1]
        for fixed, row in pairwise(rows):
            place = {name: number for number, name in enumerate(fixed)}
            own = {name: float(number) for number, name in enumerate(row)}
            wanted = {name: _mean([place[other] for other in neighbours[name] if other in place], own[name]) for name in row}
            row.sort(key=wanted.__getitem__)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _place(layers: _Layers) -> None:
    """Set heights: first stacked, then drawn towards the neighbours, in order and without overlap."""
    for row in layers.rows:
        top = 0.0
        for name in row:
            layers.y[name] = top
            top += _step(name)
    for sweep in range(SWEEPS):
        neighbours = layers.after if sweep % 2 == 0 else layers.before
        rows = layers.rows[::-1] if sweep % 2 == 0 else layers.rows
        for row in rows[1:]:
            wanted = [_mean([layers.y[other] for other in neighbours[name]], layers.y[name]) for name in row]
            layers.y.update(zip(row, spread(wanted, [_step(name) for name in row]), strict=True))
    least = min(layers.y.values(), default=0.0)
    for name in layers.y:
        layers.y[name] -= least


def _step(name: str) -> float:
    """Return how much room a node, or the bend of an edge, takes below its upper edge."""
    return 18.0 if "|" in name else HEIGHT + GAP_Y


def spread(wanted: Sequence[float], steps: Sequence[float]) -> list[float]:
    """Return the positions closest to `wanted` (least squares) that keep the order and at least `steps` between two."""
    offsets = [0.0]
    for step in steps[:-1]:
        offsets.append(offsets[-1] + step)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            total, count = total + pools[-1][0], count + pools[-1][1]
            pools.pop()
        pools.append((total, count))
    flat = [total / count for total, count in pools for _ in range(count)]
    return [value + offset for value, offset in zip(flat, offsets, strict=False)]


def _drawing(nodes: Mapping[str, Node], layers: _Layers, focus: str, total: int, hidden: int) -> Drawing:
    column = {name: number for number, row in enumerate(layers.rows) for name in row}
    x = {name: MARGIN + number * (WIDTH + GAP_X) for name, number in column.items()}
    y = {name: MARGIN + round(top) for name, top in layers.y.items()}
    boxes = tuple(Box(node, x[name], y[name], name == focus) for name, node in nodes.items())
    ordered = sorted(layers.bends, key=lambda edge: edge.marked)  # a marked edge lies on top of the others
    lines = tuple(Line(edge, _path([edge.source, *layers.bends[edge], edge.target], x, y)) for edge in ordered)
    width = 2 * MARGIN + len(layers.rows) * (WIDTH + GAP_X) - GAP_X
    height = MARGIN + max((y[name] for name in nodes), default=0) + HEIGHT
    return Drawing(width, height, boxes, lines, total, hidden)


def _path(way: Sequence[str], x: Mapping[str, int], y: Mapping[str, int]) -> str:
    """Return a smooth path from the right side of the first box through the bends to the left side of the last."""
    middle = HEIGHT // 2
    points: list[tuple[int, int]] = [(x[way[0]] + WIDTH, y[way[0]] + middle)]
    for bend in way[1:-1]:
        points += [(x[bend], y[bend] + middle), (x[bend] + WIDTH, y[bend] + middle)]
    points.append((x[way[-1]], y[way[-1]] + middle))
    parts = [f"M{points[0][0]} {points[0][1]}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        half = (x1 - x0) // 2
        parts.append(f"C{x0 + half} {y0} {x1 - half} {y1} {x1} {y1}")
    return "".join(parts)
