"""ComfyUI's editor graph as the graph that would run: what exists only on the canvas is resolved to what stands behind it.

Muted nodes fall out; a bypassed node hands on the input of the same type; Set and Get nodes, subgraphs and group nodes are opened.
Nodes within a subgraph are named `<outer>:<inner>`, as the tool itself names them when it runs one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from service import errors
from service.ingest.draft import Limits
from service.ingest.graph import Graph, Link, Node

_MUTED, _BYPASSED = 2, 4
_DEPTH = 12
_INPUTS, _OUTPUTS = -10, -20  # the two ends of a subgraph, in the numbers of the editor
_CONTROL = {"fixed", "randomize", "increment", "decrement"}
_WIDGETS: Mapping[str, tuple[str, ...]] = {
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "UnetLoaderGGUF": ("unet_name",),
    "VAELoader": ("vae_name",),
    "CLIPLoader": ("clip_name", "type"),
    "CLIPVisionLoader": ("clip_name",),
    "DualCLIPLoader": ("clip_name1", "clip_name2", "type"),
    "ControlNetLoader": ("control_net_name",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "CLIPTextEncode": ("text",),
    "LoadImage": ("image", "upload"),
    "LoadImageMask": ("image", "channel", "upload"),
    "KSampler": ("seed", "control_after_generate", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": (
        "add_noise", "noise_seed", "control_after_generate", "steps", "cfg", "sampler_name", "scheduler",
        "start_at_step", "end_at_step", "return_with_leftover_noise",
    ),
    "RandomNoise": ("noise_seed", "control_after_generate"),
    "PrimitiveNode": ("value", "control_after_generate"),
    "PrimitiveInt": ("value", "control_after_generate"),
    "SaveImage": ("filename_prefix",),
    "SaveAnimatedWEBP": ("filename_prefix", "fps", "lossless", "quality", "method"),
    "ControlNetApply": ("strength",),
    "ControlNetApplyAdvanced": ("strength", "start_percent", "end_percent"),
}  # fmt: skip


@dataclass(slots=True)
class _Canvas:
    """What has been met so far: nodes that run, and for each output of one that does not, what stands behind it."""

    subgraphs: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, Any]
    limits: Limits
    nodes: dict[str, Node] = field(default_factory=dict)
    behind: dict[Link, Link | None] = field(default_factory=dict)
    given: dict[Link, Any] = field(default_factory=dict)
    """Values typed into a subgraph from outside, where no link feeds it."""
    visited: int = 0

    def visit(self) -> None:
        """Count a node, also one of a subgraph opened again and again."""
        self.visited += 1
        if self.visited > self.limits.nodes:
            raise errors.TooLarge(f"The graph has more than {self.limits.nodes} nodes.", code="graph_too_large")


def from_workflow(value: Any, limits: Limits) -> Graph:
    """The editor's shape, used only where no API graph is embedded: widgets get their names where node or class tells them.

    A widget without a known name is called `widget_<n>`.
    """
    nodes = value.get("nodes") if isinstance(value, Mapping) else None
    if not isinstance(nodes, list):
        raise errors.invalid("/workflow", "The workflow has no list of nodes; send it as ComfyUI wrote it.", "not_a_graph")
    if len(nodes) > limits.nodes:
        raise errors.TooLarge(f"The graph has more than {limits.nodes} nodes.", code="graph_too_large")
    groups = _object(_object(value.get("extra")).get("groupNodes"))
    canvas = _Canvas(dict(_definitions(value)), groups, limits)
    _level(canvas, value, "", 0)
    return {key: _joined(canvas, node) for key, node in canvas.nodes.items()}


def _definitions(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Subgraphs by id, also those that are defined within others."""
    waiting = [value]
    for _ in range(1_000):
        if not waiting:
            return
        for entry in _listed(_object(_object(waiting.pop()).get("definitions")).get("subgraphs")):
            if isinstance(entry, Mapping) and isinstance(entry.get("id"), str):
                yield entry["id"], entry
                waiting.append(entry)


def _level(canvas: _Canvas, value: Mapping[str, Any], prefix: str, depth: int) -> None:
    """The nodes of one canvas or subgraph."""
    sources = {number: Link(f"{prefix}{at}", slot) for number, at, slot, _, _ in _wires(value.get("links"))}
    setters: dict[Any, Link] = {}
    getters: list[tuple[str, Any]] = []
    for raw in _listed(value.get("nodes")):
        if not isinstance(raw, Mapping) or not isinstance(raw.get("type"), str):
            continue
        canvas.visit()
        key, links = f"{prefix}{raw.get('id')}", _linked(raw, sources)
        name = next(iter(_listed(raw.get("widgets_values"))), None)
        if raw.get("mode") == _MUTED:
            canvas.behind |= {Link(key, slot): None for slot in range(len(_listed(raw.get("outputs"))) or 1)}
        elif raw.get("mode") == _BYPASSED:
            _bypass(canvas, raw, key, sources)
        elif raw["type"] == "SetNode" and isinstance(name, str):
            behind = next(iter(links.values()), None)
            canvas.behind[Link(key, 0)] = behind
            if behind:
                setters[name] = behind
        elif raw["type"] == "GetNode" and isinstance(name, str):
            getters.append((key, name))
        else:
            _live(canvas, raw, key, links, depth)
    canvas.behind |= {Link(key, 0): setters.get(name) for key, name in getters}


def _live(canvas: _Canvas, raw: Mapping[str, Any], key: str, links: dict[str, Link], depth: int) -> None:
    """A node that runs: kept as it is, or opened where it stands for several."""
    inner = canvas.subgraphs.get(raw["type"])
    group = (
        canvas.groups.get(raw["type"].partition(">")[2] or raw["type"].partition("/")[2]) if raw["type"].startswith("workflow") else None
    )
    if inner is not None and depth < _DEPTH:
        _open(canvas, inner, raw, key, links, depth)
    elif isinstance(group, Mapping):
        _open_group(canvas, group, raw, key, links)
    else:
        canvas.nodes[key] = Node(key, raw["type"], _values(raw), links)


def _bypass(canvas: _Canvas, raw: Mapping[str, Any], key: str, sources: Mapping[Any, Link]) -> None:
    """Each output of a bypassed node is the first input of its type, by preference the one in the same place."""
    inputs = [entry for entry in _listed(raw.get("inputs")) if isinstance(entry, Mapping)]
    for slot, output in enumerate(_listed(raw.get("outputs"))):
        kind = _object(output).get("type")
        order = [*inputs[slot : slot + 1], *inputs]
        fitting = (sources.get(_number(entry.get("link"))) for entry in order if entry.get("type") == kind)
        canvas.behind[Link(key, slot)] = next((link for link in fitting if link), None)


def _open(canvas: _Canvas, inner: Mapping[str, Any], raw: Mapping[str, Any], key: str, links: Mapping[str, Link], depth: int) -> None:
    """A subgraph: what it takes comes from the links and values of the node that stands for it, what it gives from within."""
    typed = _values(raw)
    for slot, entry in enumerate(_listed(inner.get("inputs"))):
        name, place = str(_object(entry).get("name")), Link(f"{key}:{_INPUTS}", slot)
        canvas.behind[place] = links.get(name)
        if name in typed and name not in links:
            canvas.given[place] = typed[name]
    _level(canvas, inner, f"{key}:", depth + 1)
    for _, at, slot, to, target in _wires(inner.get("links")):
        if to == _OUTPUTS:
            canvas.behind[Link(key, target)] = Link(f"{key}:{at}", slot)


def _open_group(canvas: _Canvas, group: Mapping[str, Any], raw: Mapping[str, Any], key: str, links: dict[str, Link]) -> None:
    """A group node: which of its outputs is whose is not written down, so that the node itself takes from all that it holds."""
    members = [entry for entry in _listed(group.get("nodes")) if isinstance(entry, Mapping) and isinstance(entry.get("type"), str)]
    counts = [len(_listed(entry.get("widgets_values"))) for entry in members]
    values = _listed(raw.get("widgets_values"))
    for number, entry in enumerate(members):
        start = sum(counts[:number])
        own = {**entry, "widgets_values": values[start : start + counts[number]]} if len(values) == sum(counts) else entry
        inside = {
            f"input_{target}": Link(f"{key}:{at}", slot)
            for at, slot, to, target in _quads(group.get("links"))
            if to == entry.get("index", number)
        }
        canvas.visit()
        inner = f"{key}:{entry.get('index', number)}"
        canvas.nodes[inner] = Node(inner, entry["type"], _values(own), inside)
    held = {f"inner_{number}": Link(f"{key}:{entry.get('index', number)}", 0) for number, entry in enumerate(members)}
    canvas.nodes[key] = Node(key, raw["type"], {}, {**links, **held})


def _joined(canvas: _Canvas, node: Node) -> Node:
    """The node with every link led to what runs, and with the values that reach it from outside its subgraph."""
    links, values = {}, dict(node.values)
    for name, link in node.links.items():
        end, seen = link, {link}
        while end in canvas.behind:
            if end in canvas.given:
                values[name] = canvas.given[end]
            following = canvas.behind[end]
            if following is None or following in seen:
                break
            end = following
            seen.add(end)
        else:
            links[name] = end
    return Node(node.id, node.kind, {k: v for k, v in values.items() if k not in links}, links)


def _linked(raw: Mapping[str, Any], sources: Mapping[Any, Link]) -> dict[str, Link]:
    found: dict[str, Link] = {}
    for entry in _listed(raw.get("inputs")):
        number = _number(_object(entry).get("link"))
        if number is not None and number in sources:
            found[str(entry.get("name"))] = sources[number]
    return found


def _values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Widget values by name: as the node names them, by the order of its own widget inputs, or by what is known of its class."""
    widgets = raw.get("widgets_values")
    if isinstance(widgets, Mapping):
        return dict(widgets)
    values = _listed(widgets)
    names = _WIDGETS.get(raw["type"]) or _own_names(raw, values)
    return {names[n] if n < len(names) else f"widget_{n}": value for n, value in enumerate(values)}


def _own_names(raw: Mapping[str, Any], values: list[Any]) -> tuple[str, ...]:
    """The names of the node's widget inputs, with the unnamed control behind a seed; () where they are not all there."""
    names: list[str] = []
    for entry in _listed(raw.get("inputs")):
        name = _object(_object(entry).get("widget")).get("name")
        if isinstance(name, str):
            names.append(name)
            if len(names) < len(values) and "seed" in name and values[len(names)] in _CONTROL:
                names.append("control_after_generate")
    return tuple(names) if len(names) >= len([value for value in values if value is not None]) else ()


def _wires(links: Any) -> Iterator[tuple[Any, Any, int, Any, int]]:
    """(number, from, slot, to, slot) of links in either spelling: six-tuples on the canvas, objects in a subgraph."""
    for link in _listed(links):
        if isinstance(link, list) and len(link) >= 3:
            found = (*link[:3], link[3] if len(link) > 3 else None, link[4] if len(link) > 4 else 0)
        elif isinstance(link, Mapping):
            found = tuple(link.get(name) for name in ("id", "origin_id", "origin_slot", "target_id", "target_slot"))
        else:
            continue
        number, at, slot, to, target = found
        if _number(number) is not None and _number(slot) is not None:
            yield number, at, slot, to, _number(target) or 0


def _quads(links: Any) -> Iterator[tuple[Any, int, Any, int]]:
    """(from, slot, to, slot) of a group's inner links."""
    for link in _listed(links):
        if isinstance(link, list) and len(link) >= 4 and _number(link[1]) is not None:
            yield link[0], link[1], link[2], _number(link[3]) or 0


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
