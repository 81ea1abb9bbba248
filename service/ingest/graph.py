"""A ComfyUI node graph as values: parsed from the shape that it runs in, and walked back from where something is saved.

Nodes are kept by id in the order of the file. Links may point anywhere, also in circles or at nodes that are not there: every walk
keeps what it has seen. Nothing recurses.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service import errors
from service.ingest.draft import Limits


@dataclass(frozen=True, slots=True)
class Link:
    """`slot` of node `source`, as one node's input names it."""

    source: str
    slot: int


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its class, its own values (widgets), its links by input name, and what the tool noted about changed files."""

    id: str
    kind: str
    values: Mapping[str, Any]
    links: Mapping[str, Link]
    changed: Any = None


Graph = Mapping[str, Node]


def from_prompt(value: Any, limits: Limits) -> Graph:
    """The API shape: id → {class_type, inputs}. Entries of another shape are left out (they stay in the raw text)."""
    if not isinstance(value, Mapping):
        raise errors.invalid("/prompt", "The prompt is not an object of nodes; send it as ComfyUI wrote it.", "not_a_graph")
    if len(value) > limits.nodes:
        raise errors.TooLarge(f"The graph has more than {limits.nodes} nodes.", code="graph_too_large")
    nodes = {}
    for key, node in value.items():
        if isinstance(node, Mapping) and isinstance(node.get("class_type"), str):
            nodes[str(key)] = _node(str(key), node)
    return nodes


def _node(key: str, node: Mapping[str, Any]) -> Node:
    """A choice that a node shows with a picture stands as `{"content": name}`."""
    values: dict[str, Any] = {}
    links: dict[str, Link] = {}
    inputs = node.get("inputs")
    for name, value in inputs.items() if isinstance(inputs, Mapping) else ():
        link = _link(value)
        if link is None:
            values[name] = value["content"] if isinstance(value, Mapping) and isinstance(value.get("content"), str) else value
        else:
            links[name] = link
    return Node(key, node["class_type"], values, links, node.get("is_changed"))


def _link(value: Any) -> Link | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    source, slot = value
    if isinstance(source, (str, int)) and isinstance(slot, int) and not isinstance(slot, bool):
        return Link(str(source), slot)
    return None


def sinks(graph: Graph) -> list[Node]:
    """Nodes that no other node takes anything from."""
    used = {link.source for node in graph.values() for link in node.links.values()}
    return [node for node in graph.values() if node.id not in used]


def upstream(graph: Graph, starts: Iterable[str]) -> Iterator[Node]:
    """The nodes `starts` and every node that feeds them, each once, nearest first."""
    waiting = list(starts)
    seen = set(waiting)
    while waiting:
        following: list[str] = []
        for node in (graph[key] for key in waiting if key in graph):
            yield node
            fresh = {link.source for link in node.links.values()} - seen
            seen |= fresh
            following.extend(fresh)
        waiting = following


Takers = Mapping[str, Sequence[tuple[int, Node, str]]]


def consumers(graph: Graph) -> Takers:
    """Node → (its slot, the node that takes it, under which input name), for every link."""
    found: dict[str, list[tuple[int, Node, str]]] = {}
    for node in graph.values():
        for name, link in node.links.items():
            found.setdefault(link.source, []).append((link.slot, node, name))
    return found


def circular(graph: Graph) -> bool:
    """Tell whether the links of the graph run in a circle, which no tool could have executed."""
    waiting = {key: len({link.source for link in node.links.values()} & graph.keys()) for key, node in graph.items()}
    takers: dict[str, set[str]] = {}
    for key, node in graph.items():
        for link in node.links.values():
            takers.setdefault(link.source, set()).add(key)
    ready = [key for key, count in waiting.items() if not count]
    done = 0
    while ready:
        done += 1
        for taker in takers.get(ready.pop(), ()):
            waiting[taker] -= 1
            if not waiting[taker]:
                ready.append(taker)
    return done < len(graph)
