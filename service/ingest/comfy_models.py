"""The models of a ComfyUI graph: by the names of the inputs that choose them, and by what looks like a file of weights.

Custom nodes use many names; those known here come from the core nodes and the common packs. A value that ends like a weights
file is a model whatever its input is called: a model overlooked would be a licence overlooked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from service.ingest.draft import Limits, Model, ModelType, Scalar
from service.ingest.graph import Graph, Node, Takers, consumers

_WEIGHTS = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)\Z", re.IGNORECASE)
_EMBEDDING = re.compile(r"embedding:([^\s,():]+)")
_STRENGTH = re.compile(r"strength|_str(_|\Z)|_wt(_|\Z)|weight(_\d+)?\Z")
_NUMBER = re.compile(r"\d+")
_TAG = re.compile(r"<lora:([^:<>]{1,300})(?::([-+0-9.]{1,12}))?[^<>]{0,40}>")
_READS_TAGS = re.compile(r"lora|wildcard|prompt ?control|lazy", re.IGNORECASE)
_NOTHING = {"none", "baked vae", "", "[none]", "disabled"}
_OFF = {"off", "false", "disabled", "no"}
_NAMES: tuple[tuple[re.Pattern[str], ModelType], ...] = (
    (re.compile(r"(\w+_)?ckpt_name\d*"), "checkpoint"),
    (re.compile(r"(unet|diffusion_model)(_name)?"), "checkpoint"),
    (re.compile(r"lora(_name)?(_?\d+)?|lora_?\d+_name"), "lora"),
    (re.compile(r"hypernetwork_name"), "adapter"),
    (re.compile(r"vae_name"), "vae"),
    (re.compile(r"control_?net(_name)?|ipadapter_file|instantid_file|pulid_file|style_model_name|gligen_name"), "control"),
    (re.compile(r"(clip|text_encoder)_name\d*|t5_name"), "text_encoder"),
    (re.compile(r"clip_vision(_name)?"), "vision_encoder"),
)
_CHOICES = {"model", "model_name", "model_id", "repo_id", "model_path", "model_repo"}
_BY_CLASS: tuple[tuple[re.Pattern[str], ModelType], ...] = (
    (re.compile(r"Detector|SAM|Segm|Florence|Depth|Caption"), "other"),
    (re.compile(r"Vision"), "vision_encoder"),
    (re.compile(r"T5|TextEncoder|CLIP|Gemma"), "text_encoder"),
    (re.compile(r"VAE"), "vae"),
    (re.compile(r"Upscale"), "upscaler"),
    (re.compile(r"AnimateDiff|MotionModel"), "motion"),
    (re.compile(r"InstantID|PuLID|IPAdapter|PhotoMaker|ControlNet|T2I", re.IGNORECASE), "control"),
    (re.compile(r"ModelPatch|Hypernetwork"), "adapter"),
    (
        re.compile(r"(VideoModel|DiT|Diffus\w+|Unet|UNET|Checkpoint|FluxModel)\w*Loader|Load\w*(Diffusion|Checkpoint|Video\w*Model)"),
        "checkpoint",
    ),
)
_PROVIDERS = re.compile(
    r"\A(Kling|Luma|Runway|OpenAI|Gemini|Veo\d?|Flux2?(Pro|Max|KontextPro|KontextMax)|BFL|Stability|Recraft|Ideogram|Mini[mM]ax|Pix[vV]erse|Pika|Vidu"
    r"|Rodin|Tripo|Moonvalley|ByteDance|Sora|ElevenLabs|Topaz|LtxvApi|Bria|Meshy|Magnific|Hailuo|Grok)(?=[A-Z0-9_])"
)
_ASKED = {"prompt", "prompt_text", "image", "images", "video", "start_frame", "first_frame", "audio", "text"}


def calls_provider(node: Node) -> bool:
    """Tell whether the node hands its inputs to a hosted service: named after one, with something to ask of it."""
    return (
        _PROVIDERS.match(node.kind) is not None
        and bool(_ASKED & (node.values.keys() | node.links.keys()))
        and "filename_prefix" not in node.values
    )


def find(part: Graph, texts: Iterable[str], limits: Limits) -> Iterator[Model]:
    """Yield every model that the nodes of `part` load or call, and the embeddings that prompt texts name."""
    takers = consumers(part)
    for node in part.values():
        found = list(_of_node(node, limits))
        yield from (_applied(model, node, takers) for model in found)
        if calls_provider(node) and not any(model.type == "hosted" for model in found):
            yield Model(node.kind[: limits.name], "hosted", node.id)
    names = {name for text in texts for name in _EMBEDDING.findall(text)}
    for name in sorted(names):
        yield Model(name[: limits.name], "embedding", "prompt")


def _of_node(node: Node, limits: Limits) -> Iterator[Model]:
    for key, value in node.values.items():
        if isinstance(value, str):
            if not _switched_off(node, key):
                yield from _named(node, key, value, limits)
        elif isinstance(value, (Mapping, list)):
            yield from _rows(node, key, value, limits)
    if _READS_TAGS.search(node.kind) and "loras" not in node.values:
        tags = {name: strength for value in node.values.values() if isinstance(value, str) for name, strength in _TAG.findall(value)}
        for name, strength in tags.items():
            yield Model(name, "lora", f"{node.id}.text", {"strength": strength} if strength else {})


def _switched_off(node: Node, key: str) -> bool:
    """Whether a numbered row took no part: behind the node's count of rows, or switched off; LoRA stacks keep what was chosen before."""
    if node.values.get("toggle") is False and "lora" in key:
        return True
    number = next(iter(_NUMBER.findall(key)), None)
    if number is None:
        return False
    count = next((value for name in ("lora_count", "num_loras") if isinstance(value := node.values.get(name), int)), None)
    switch = next((node.values[name] for name in (f"switch_{number}", f"enabled_{number}", f"on_{number}") if name in node.values), True)
    return (count is not None and int(number) > count) or switch is False or (isinstance(switch, str) and switch.lower() in _OFF)


def _applied(model: Model, node: Node, takers: Takers) -> Model:
    """A control model with the strength of the node that applies it, which is another than the one that loads it."""
    waiting, seen = [node.id], {node.id}
    while model.type == "control" and not model.settings and waiting:
        for _, taker, name in takers.get(waiting.pop(), ()):
            settings = {key: value for key, value in taker.values.items() if _STRENGTH.search(key) and _numeric(value)}
            if settings and name in _CONTROL_INPUTS:
                return replace(model, settings=settings)
            if name in _CONTROL_INPUTS and taker.id not in seen:
                seen.add(taker.id)
                waiting.append(taker.id)
    return model


_CONTROL_INPUTS = {"control_net", "ipadapter", "instantid", "style_model", "pulid"}


def _named(node: Node, key: str, value: str, limits: Limits) -> Iterator[Model]:
    kind = _type(node, key, value)
    if kind and len(value) <= limits.name and value.lower() not in _NOTHING:
        settings = _strengths(node, key) if kind in {"lora", "adapter", "control"} else {}
        yield Model(value, kind, f"{node.id}.{key}", settings)


def _type(node: Node, key: str, value: str) -> ModelType | None:
    if key.startswith("clip_name") and "Vision" in node.kind:
        return "vision_encoder"
    for pattern, kind in _NAMES:
        if pattern.fullmatch(key):
            return kind
    loaded = key.endswith("_model") and "load" in node.kind.lower()
    if key in _CHOICES or loaded or _WEIGHTS.search(value):
        return _chosen(node, value)
    return None


def _chosen(node: Node, value: str) -> ModelType | None:
    """A model under a general name: told by the class of its loader, else other weights, or a hosted one that an API node calls."""
    loads = _WEIGHTS.search(value) or "load" in node.kind.lower()
    if loads:
        return next((kind for pattern, kind in _BY_CLASS if pattern.search(node.kind)), "other")
    return "hosted"


def _rows(node: Node, key: str, value: Any, limits: Limits) -> Iterator[Model]:
    """Rows of LoRA lists: `{"on": true, "lora": name, "strength": n}` one by one, or `{"name": …, "active": …}` in one list."""
    if isinstance(value, Mapping) and "lora" in value:
        yield from _switched(node, key, value.get("lora"), value, limits)
        return
    inner = value.get("__value__") if isinstance(value, Mapping) else value
    for row in inner if isinstance(inner, list) and key == "loras" else ():
        if isinstance(row, Mapping):
            yield from _switched(node, key, row.get("name") or row.get("lora"), row, limits)


def _switched(node: Node, key: str, name: Any, row: Mapping[str, Any], limits: Limits) -> Iterator[Model]:
    """One row; a row switched off took no part."""
    off = row.get("on") is False or row.get("active") is False
    if isinstance(name, str) and 0 < len(name) <= limits.name and not off and name.lower() not in _NOTHING:
        settings = {k: v for k, v in row.items() if _STRENGTH.search(k.lower()) and _numeric(v)}
        yield Model(name, "lora", f"{node.id}.{key}", settings)


def _numeric(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _strengths(node: Node, key: str) -> dict[str, Scalar]:
    """The numbers beside a name: those that carry the same number as the name's input, or none as it."""
    number = _NUMBER.findall(key)
    return {
        name: value for name, value in node.values.items() if _STRENGTH.search(name) and _NUMBER.findall(name) == number and _numeric(value)
    }


def scalars(node: Node, limits: Limits) -> dict[str, Scalar]:
    """The node's own plain values; long texts and structures stay in the raw graph."""
    return {
        key[:100]: value
        for key, value in node.values.items()
        if isinstance(value, (int, Decimal)) or (isinstance(value, str) and len(value) <= limits.name and key != "control_after_generate")
    }
