"""The models of a ComfyUI graph: by the names of the inputs that choose them, and by what looks like a file of weights.

Custom nodes use many names; those known here come from the core nodes and the common packs. A value that ends like a weights
file is a model whatever its input is called: a model overlooked would be a licence overlooked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from service.ingest.draft import Limits, Model, ModelType, Scalar
from service.ingest.graph import Graph, Node

_WEIGHTS = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)\Z", re.IGNORECASE)
_EMBEDDING = re.compile(r"embedding:([^\s,():]+)")
_STRENGTH = re.compile(r"strength|_str(_|\Z)|_wt(_|\Z)|weight\Z")
_NUMBER = re.compile(r"\d+")
_NAMES: tuple[tuple[re.Pattern[str], ModelType], ...] = (
    (re.compile(r"(\w+_)?ckpt_name\d*"), "checkpoint"),
    (re.compile(r"(unet|diffusion_model)(_name)?"), "checkpoint"),
    (re.compile(r"lora(_name)?(_?\d+)?|lora_\d+_name"), "lora"),
    (re.compile(r"hypernetwork_name"), "adapter"),
    (re.compile(r"vae_name"), "vae"),
    (re.compile(r"control_?net(_name)?|ipadapter_file|style_model_name|gligen_name"), "control"),
    (re.compile(r"(clip|text_encoder)_name\d*|t5_name"), "text_encoder"),
    (re.compile(r"clip_vision(_name)?"), "vision_encoder"),
)
_CHOICES = {"model", "model_name", "model_id", "repo_id"}


def find(part: Graph, texts: Iterable[str], limits: Limits) -> Iterator[Model]:
    """Yield every model that the nodes of `part` load or call, and the embeddings that prompt texts name."""
    for node in part.values():
        for key, value in node.values.items():
            if isinstance(value, str):
                yield from _named(node, key, value, limits)
            elif isinstance(value, Mapping):
                yield from _switched(node, key, value, limits)
    names = {name for text in texts for name in _EMBEDDING.findall(text)}
    for name in sorted(names):
        yield Model(name[: limits.name], "embedding", "prompt")


def _named(node: Node, key: str, value: str, limits: Limits) -> Iterator[Model]:
    kind = _type(node, key, value)
    if kind and 0 < len(value) <= limits.name and value.lower() != "none":
        settings = _strengths(node, key) if kind in {"lora", "adapter", "control"} else {}
        yield Model(value, kind, f"{node.id}.{key}", settings)


def _type(node: Node, key: str, value: str) -> ModelType | None:
    if key.startswith("clip_name") and "Vision" in node.kind:
        return "vision_encoder"
    for pattern, kind in _NAMES:
        if pattern.fullmatch(key):
            return kind
    if key in _CHOICES or _WEIGHTS.search(value):
        return _chosen(node, value)
    return None


def _chosen(node: Node, value: str) -> ModelType | None:
    """A model under a general name: an upscaler, other weights, or a hosted one that an API node calls."""
    if "Upscale" in node.kind and "Load" in node.kind:
        return "upscaler"
    if _WEIGHTS.search(value) or "load" in node.kind.lower():
        return "other"
    return "hosted"


def _switched(node: Node, key: str, value: Mapping[str, Any], limits: Limits) -> Iterator[Model]:
    """Rows of a LoRA list node: `{"on": true, "lora": name, "strength": n}`; a row switched off took no part."""
    name = value.get("lora")
    if isinstance(name, str) and 0 < len(name) <= limits.name and value.get("on") is not False and name.lower() != "none":
        settings = {k: v for k, v in value.items() if _STRENGTH.search(k.lower()) and isinstance(v, (int, Decimal))}
        yield Model(name, "lora", f"{node.id}.{key}", settings)


def _strengths(node: Node, key: str) -> dict[str, Scalar]:
    """The numbers beside a name: those that carry the same number as the name's input, or none as it."""
    number = _NUMBER.findall(key)
    return {
        name: value
        for name, value in node.values.items()
        if _STRENGTH.search(name) and _NUMBER.findall(name) == number and isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    }


def scalars(node: Node, limits: Limits) -> dict[str, Scalar]:
    """The node's own plain values; long texts and structures stay in the raw graph."""
    return {
        key[:100]: value
        for key, value in node.values.items()
        if isinstance(value, (int, Decimal)) or (isinstance(value, str) and len(value) <= limits.name and key != "control_after_generate")
    }
