"""ComfyUI: the node graph inside the pictures, films and sounds it saves.

The text is written by the tool and editable by anybody: everything found is graded `imported`. The graph names files, not
contents: a model's hash is unknown. An input picture's SHA-256 is known where the tool noted it (`is_changed`). The walk starts
at each save node; what no save node reaches did not take part. Where several nodes save and nothing tells which of them wrote this
file, the draft holds what any of them rests on and says so.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from service import errors
from service.ingest import comfy_inputs, comfy_models, jsontext
from service.ingest.draft import Contradiction, Draft, Limits, Output, Prompt, Raw, Sampling, Source
from service.ingest.graph import Graph, Link, Node, circular, from_prompt, from_workflow, sinks, upstream

NAME = "comfyui"
_SAVES = re.compile(r"save|export|videocombine|imagewrite|writeimage", re.IGNORECASE)
_PREVIEWS = re.compile(r"preview", re.IGNORECASE)
_UNDERSTOOD = re.compile(
    r"KSampler|SamplerCustom|Loader|CLIPTextEncode|\ASave|\APreviewImage|VAE(En|De)code|\AEmpty\w*Latent|LatentUpscale"
    r"|ImageScale|ControlNetApply|LoadImage|Scheduler|Conditioning|CLIPSetLastLayer|Guider|RandomNoise|ModelSampling"
)
_ALWAYS_TEXT = {"prompt", "positive_prompt", "negative_prompt", "wildcard_text", "populated_text", "text_g", "text_l", "t5xxl", "clip_l"}
_SOMETIMES_TEXT = {"text", "string", "value", "positive", "negative"}
_TEXT_NODES = re.compile(r"TextEncode|Prompt", re.IGNORECASE)
_NOT_CONDITIONING = re.compile(
    r"\A(model|clip\w*|vae|images?|pixels|mask|control_net|latent\w*|samples|style_model|sampler|sigmas|noise)\Z"
)
_SEEDS = ("seed", "noise_seed")
_SEED_SOURCES = ("noise", *_SEEDS)
_SAMPLER_PARTS = ("sampler", "sigmas", "guider", *_SEED_SOURCES)

T = TypeVar("T")


def detect(source: Source) -> bool:
    """Tell whether the texts hold a graph: a `prompt` or `workflow` that is an object."""
    return any(source.texts.get(key, "").lstrip().startswith("{") for key in ("prompt", "workflow"))


def read(source: Source, limits: Limits) -> Draft:
    """Return what the graph in `source` says; `errors.Invalid` or `TooLarge` where it cannot be read."""
    graph = _graph(source.texts, limits)
    outputs = _outputs(graph, source.name)
    part = _taking_part(graph, outputs)
    prompts = _capped(_prompts(part), limits)
    return Draft(
        adapter=NAME,
        tool="ComfyUI",
        models=_capped(comfy_models.find(part, [prompt.text for prompt in prompts], limits), limits),
        inputs=_capped(comfy_inputs.find(part, limits), limits),
        prompts=prompts,
        sampling=_capped(_sampling(part, limits), limits),
        outputs=tuple(_output(node) for node in outputs),
        raw=tuple(Raw(key, "application/json", source.texts[key].encode()) for key in ("prompt", "workflow") if key in source.texts),
        contradictions=tuple(_remarks(graph, outputs, editor_only="prompt" not in source.texts)),
        unread=tuple(sorted({node.kind for node in part.values() if not _UNDERSTOOD.search(node.kind)})),
    )


def _graph(texts: Mapping[str, str], limits: Limits) -> Graph:
    if texts.get("prompt", "").lstrip().startswith("{"):
        return from_prompt(jsontext.parse(texts["prompt"], "/prompt", limits.text), limits)
    return from_workflow(jsontext.parse(texts["workflow"], "/workflow", limits.text), limits)


def _capped(found: Iterable[T], limits: Limits) -> tuple[T, ...]:
    items: list[T] = []
    for item in found:
        if len(items) == limits.found:
            raise errors.TooLarge(f"The graph names more than {limits.found} things of one sort.", code="graph_too_large")
        items.append(item)
    return tuple(items)


def _outputs(graph: Graph, name: str | None) -> list[Node]:
    """The save nodes, narrowed by the file's name where its prefix tells them apart; else previews; else whatever ends a chain."""
    saves = [node for node in graph.values() if _SAVES.search(node.kind)]
    if len(saves) > 1 and name:
        fitting = [node for node in saves if name.startswith(_prefix(node) + "_")]
        longest = max((len(_prefix(node)) for node in fitting), default=0)
        saves = [node for node in fitting if len(_prefix(node)) == longest] or saves
    ends = sinks(graph)
    return saves or [node for node in ends if _PREVIEWS.search(node.kind)] or ends


def _prefix(node: Node) -> str:
    """The file name part of a save node's prefix (it may hold folders)."""
    value = node.values.get("filename_prefix")
    return value.rsplit("/", 1)[-1] if isinstance(value, str) and "%" not in value else ""


def _output(node: Node) -> Output:
    value = node.values.get("filename_prefix")
    return Output(value[:200] if isinstance(value, str) else node.kind, node.id, preview=bool(_PREVIEWS.search(node.kind)))


def _taking_part(graph: Graph, outputs: Iterable[Node]) -> Graph:
    """The nodes that at least one of the outputs rests on, in the order of the file."""
    reached = {node.id for node in upstream(graph, [output.id for output in outputs])}
    return {key: node for key, node in graph.items() if key in reached}


def _remarks(graph: Graph, outputs: list[Node], *, editor_only: bool) -> Iterator[Contradiction]:
    if len(outputs) > 1:
        names = ", ".join(f"{node.kind} {node.id}" for node in outputs[:10])
        yield Contradiction(
            "several_outputs",
            f"The graph saves at {len(outputs)} nodes ({names}); nothing says which of them wrote this file, so all are taken.",
        )
    if not any(_SAVES.search(node.kind) for node in outputs):
        yield Contradiction("no_save_node", "The graph has no save node; lineage is taken from the nodes where it ends.")
    if editor_only:
        yield Contradiction("editor_only", "Only the editor's workflow is embedded: its seeds and settings may have changed after the run.")
    if any(link.source not in graph for node in graph.values() for link in node.links.values()):
        yield Contradiction("broken_link", "The graph links to nodes that it does not hold; what they stood for is unknown.")
    if circular(graph):
        yield Contradiction("circular_graph", "The graph runs in a circle, so it was not executed as it stands here.")


def _prompts(part: Graph) -> Iterator[Prompt]:
    labels = _labels(part)
    for node in part.values():
        uses = labels.get(node.id, set())
        keys = _ALWAYS_TEXT | _SOMETIMES_TEXT if uses or _TEXT_NODES.search(node.kind) else _ALWAYS_TEXT
        for key, value in node.values.items():
            if key in keys and isinstance(value, str) and value.strip():
                for use in sorted(_use(key) or uses or {"unspecified"}):
                    yield Prompt(value, use, f"{node.id}.{key}")  # type: ignore[arg-type]  # one of its three words


def _use(key: str) -> set[str]:
    return {word for word in ("positive", "negative") if key.startswith(word)}


def _labels(part: Graph) -> dict[str, set[str]]:
    """Node → how the final consumer of its conditioning uses it: `positive`, `negative` or both."""
    passing = {
        link.source for node in part.values() for name, link in node.links.items() if name in {"positive", "negative", "conditioning"}
    }
    labels: dict[str, set[str]] = {}
    seen: set[tuple[Link, str]] = set()
    for node in part.values():
        if node.id not in passing:
            for name, word in (("positive", "positive"), ("negative", "negative"), ("conditioning", "positive")):
                if name in node.links:
                    _spread(part, node.links[name], word, labels, seen)
    return labels


def _spread(part: Graph, start: Link, word: str, labels: dict[str, set[str]], seen: set[tuple[Link, str]]) -> None:
    """Carry `word` up every conditioning link; a node with both sides passes slot 0 to its positive, slot 1 to its negative."""
    waiting = [start]
    while waiting:
        link = waiting.pop()
        node = part.get(link.source)
        if node is not None and (link, word) not in seen:
            seen.add((link, word))
            labels.setdefault(node.id, set()).add(word)
            waiting.extend(_conditioning(node, link.slot))


def _conditioning(node: Node, slot: int) -> list[Link]:
    if {"positive", "negative"} <= node.links.keys():
        return [node.links["negative" if slot == 1 else "positive"]]
    return [link for name, link in node.links.items() if not _NOT_CONDITIONING.match(name)]


def _sampling(part: Graph, limits: Limits) -> Iterator[Sampling]:
    """Every node with a seed, with the settings of the parts that feed it (sampler, schedule, noise, guider)."""
    samplers = [n for n in part.values() if any(key in n.values or key in n.links for key in _SEED_SOURCES)]
    feeding = {node.links[name].source for node in samplers for name in _SEED_SOURCES if name in node.links}
    for node in samplers:
        if node.id in feeding:
            continue
        parts = [part[node.links[name].source] for name in _SAMPLER_PARTS if name in node.links and node.links[name].source in part]
        settings = {key: value for source in (*reversed(parts), node) for key, value in comfy_models.scalars(source, limits).items()}
        yield Sampling(node.id, _seed(node, part), {key: value for key, value in settings.items() if key not in _SEEDS})


def _seed(node: Node, part: Graph) -> int | None:
    for key in _SEEDS:
        value = node.values.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    for key in _SEED_SOURCES:
        source = part.get(node.links[key].source) if key in node.links else None
        values = source.values if source else {}
        number = next((v for k in (*_SEEDS, "value", "int", "number") if isinstance(v := values.get(k), int)), None)
        if number is not None:
            return number
    return None
