"""ComfyUI: the node graph inside the pictures, films and sounds it saves.

The text is written by the tool and editable by anybody: everything found is graded `imported`. The graph names files, not
contents: a model's hash is unknown. An input picture's SHA-256 is known where the tool noted it (`is_changed`). The walk starts
at each save node; what no save node reaches did not take part. Where several nodes save and nothing tells which of them wrote this
file, the draft holds what any of them rests on and says so.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

from service import errors
from service.ingest import comfy_inputs, comfy_models, comfy_prompts, comfy_source, jsontext
from service.ingest.draft import Contradiction, Draft, Limits, Output, Sampling, Source
from service.ingest.editor import from_workflow
from service.ingest.graph import Graph, Node, circular, from_prompt, sinks, upstream

NAME = comfy_source.NAME
_SAVES = re.compile(r"save|export|videocombine|imagewrite|writeimage", re.IGNORECASE)
_DATED = re.compile(r"%[^%]{1,100}%")
_PREVIEWS = re.compile(r"preview", re.IGNORECASE)
_UNDERSTOOD = re.compile(
    r"KSampler|SamplerCustom|Loader|CLIPTextEncode|\ASave|\APreviewImage|VAE(En|De)code|\AEmpty\w*Latent|LatentUpscale"
    r"|ImageScale|ControlNetApply|Load(Image|Video|Audio)|Scheduler|Conditioning|CLIPSetLastLayer|Guider|RandomNoise|ModelSampling"
    r"|\ACreateVideo|ImageToVideo|ImgToVideo|FluxGuidance|TextEncode|GetVideoComponents|\APrimitive|\AReroute|\AStringConcatenate|\AReferenceLatent"
)
_SEEDS = ("seed", "noise_seed")
_SEED_SOURCES = ("noise", *_SEEDS)
_SAMPLER_PARTS = ("sampler", "sigmas", "guider", *_SEED_SOURCES)

T = TypeVar("T")


def detect(source: Source) -> bool:
    """Tell whether the file's texts, or an exchange with ComfyUI's server, hold a graph."""
    return comfy_source.present(source)


def read(source: Source, limits: Limits) -> Draft:
    """Return what the graph in `source` says; `errors.Invalid` or `TooLarge` where it cannot be read."""
    found = comfy_source.find(source, limits)
    graph = _graph(found, limits)
    outputs = _outputs(graph, source.name)
    part = _taking_part(graph, outputs)
    prompts = _capped(comfy_prompts.find(part), limits)
    return Draft(
        adapter=NAME,
        tool="ComfyUI",
        provider=NAME if found.job_id else None,
        job_id=found.job_id,
        at=found.at,
        models=_capped(comfy_models.find(part, [prompt.text for prompt in prompts], limits), limits),
        inputs=_capped(comfy_inputs.find(part, limits), limits),
        prompts=prompts,
        sampling=_capped(_sampling(part, limits), limits),
        outputs=tuple(_output(node) for node in outputs),
        raw=found.raw,
        contradictions=tuple(_remarks(graph, part, outputs, editor_only=found.prompt is None)),
        unread=tuple(sorted({node.kind for node in part.values() if not _UNDERSTOOD.search(node.kind)})),
    )


def _graph(found: comfy_source.Found, limits: Limits) -> Graph:
    if found.prompt is not None:
        return from_prompt(jsontext.parse(found.prompt, "/prompt", limits.text), limits)
    return from_workflow(jsontext.parse(found.workflow or "", "/workflow", limits.text), limits)


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
        fitting = [node for node in saves if _fits(_prefix(node), name)]
        longest = max((len(_prefix(node)) for node in fitting), default=0)
        saves = [node for node in fitting if len(_prefix(node)) == longest] or saves
    ends = sinks(graph)
    return saves or [node for node in ends if _PREVIEWS.search(node.kind)] or ends


def _fits(prefix: str, name: str) -> bool:
    """Tell whether a file of this name can come from this prefix: its fixed parts in their order, and the underscore behind them."""
    first, *rest = _DATED.split(prefix + "_")
    place = len(first) if name.startswith(first) else -1
    for part in rest:
        place = -1 if place < 0 or (found := name.find(part, place)) < 0 else found + len(part)
    return place >= 0


def _prefix(node: Node) -> str:
    """The file name part of a save node's prefix (it may hold folders, and words that stand for a date or a setting)."""
    value = node.values.get("filename_prefix")
    return re.split(r"[/\\]", value)[-1][:200] if isinstance(value, str) else ""


def _output(node: Node) -> Output:
    value = node.values.get("filename_prefix")
    return Output(value[:200] if isinstance(value, str) else node.kind, node.id, preview=bool(_PREVIEWS.search(node.kind)))


def _taking_part(graph: Graph, outputs: Iterable[Node]) -> Graph:
    """The nodes that at least one of the outputs rests on, in the order of the file."""
    reached = {node.id for node in upstream(graph, [output.id for output in outputs])}
    return {key: node for key, node in graph.items() if key in reached}


def _remarks(graph: Graph, part: Graph, outputs: list[Node], *, editor_only: bool) -> Iterator[Contradiction]:
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
    called = sorted({node.kind for node in part.values() if comfy_models.calls_provider(node)})
    if called:
        says = f"The graph hands its inputs to a provider ({', '.join(called)[:300]}): that provider's terms apply, and its answer is not kept."
        yield Contradiction("provider_called", says)
    if circular(graph):
        yield Contradiction("circular_graph", "The graph runs in a circle, so it was not executed as it stands here.")


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
