"""SwarmUI: `sui_image_params` in a JSON object under `parameters`.

The hashes that stand beside it leave the head of a file out, so they are no digest of any file and stay in the raw text.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from service.ingest import jsontext, provider
from service.ingest.draft import Draft, Input, Limits, Model, ModelType, Raw, Source
from service.ingest.provider import at, text

NAME = "swarmui"
_MODELS: Final[tuple[tuple[str, ModelType], ...]] = (
    ("model", "checkpoint"), ("refinermodel", "checkpoint"), ("videomodel", "checkpoint"), ("vae", "vae"), ("controlnetmodel", "control"),
    ("clipgmodel", "text_encoder"), ("cliplmodel", "text_encoder"), ("t5xxlmodel", "text_encoder"),
)  # fmt: skip


def detect(source: Source) -> bool:
    """Tell whether the object is there."""
    words = source.texts.get("parameters", "").lstrip()
    return words.startswith("{") and '"sui_image_params"' in words[:65_536]


def read(source: Source, limits: Limits) -> Draft:
    """Return what the object says."""
    whole = source.texts["parameters"]
    told = jsontext.parse(whole, "/parameters", limits.text)
    given = at(told, "sui_image_params")
    return Draft(
        adapter=NAME,
        tool="SwarmUI",
        tool_version=text(given, "swarm_version"),
        models=tuple(_models(given, limits)),
        inputs=tuple(_inputs(given, limits)),
        prompts=tuple(provider.prompts(given, "parameters", ("prompt", "positive"), ("negativeprompt", "negative"))),
        sampling=provider.sampled("parameters", given, limits, leave_out=("prompt", "negativeprompt", "swarm_version", *dict(_MODELS))),
        raw=(Raw("parameters", "application/json", whole.encode()),),
    )


def _models(given: Any, limits: Limits) -> Iterator[Model]:
    for key, kind in _MODELS:
        name = text(given, key)
        if name and name.lower() not in {"none", "automatic"}:
            yield Model(name[: limits.name], kind, f"parameters.{key}")
    names, weights = at(given, "loras"), at(given, "loraweights")
    for number, name in enumerate(names[: limits.found] if isinstance(names, list) else ()):
        if isinstance(name, str) and name:
            yield Model(name[: limits.name], "lora", "parameters.loras", _strength(at(weights, number)))


def _strength(value: Any) -> dict[str, Any]:
    try:
        return {"strength": Decimal(str(value))} if value is not None else {}
    except InvalidOperation:
        return {}


def _inputs(given: Any, limits: Limits) -> Iterator[Input]:
    if at(given, "initimage"):
        yield from provider.media(at(given, "initimage"), "initial_image", "parameters.initimage", limits)
