"""InvokeAI: `invokeai_metadata` in its pictures. It states whole BLAKE3 hashes of its models: the best lineage of any open tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service.ingest import jsontext, provider
from service.ingest.draft import Digest, Draft, Input, Limits, Model, ModelType, Raw, Role, Source
from service.ingest.provider import at, listed, text

NAME = "invokeai"
_KEY = "invokeai_metadata"
_LISTS: tuple[tuple[str, tuple[str, ...], ModelType, Role], ...] = (
    ("controlnets", ("control_model",), "control", "control"),
    ("ipAdapters", ("ip_adapter_model",), "control", "reference"),
    ("t2iAdapters", ("t2i_adapter_model",), "control", "control"),
)
_PROMPTS = ("positive_prompt", "negative_prompt", "positive_style_prompt", "negative_style_prompt")


def detect(source: Source) -> bool:
    """Tell whether the metadata is there and looks like an object."""
    return source.texts.get(_KEY, "").lstrip().startswith("{")


def read(source: Source, limits: Limits) -> Draft:
    """Return what the metadata says."""
    told = jsontext.parse(source.texts[_KEY], f"/{_KEY}", limits.text)
    version = text(told, "app_version")
    return Draft(
        adapter=NAME,
        tool="InvokeAI",
        tool_version=version[:100] if version else None,
        models=tuple(_models(told, limits)),
        inputs=tuple(_inputs(told, limits)),
        prompts=tuple(
            provider.prompts(
                told,
                _KEY,
                ("positive_prompt", "positive"),
                ("positive_style_prompt", "positive"),
                ("negative_prompt", "negative"),
                ("negative_style_prompt", "negative"),
            )
        ),
        sampling=provider.sampled(_KEY, told, limits, leave_out=(*_PROMPTS, "app_version")),
        raw=tuple(
            Raw(key, "application/json", source.texts[key].encode())
            for key in (_KEY, "invokeai_workflow", "invokeai_graph")
            if key in source.texts
        ),
    )


def _models(told: Any, limits: Limits) -> Iterator[Model]:
    for key, kind in (("model", "checkpoint"), ("refiner_model", "checkpoint"), ("vae", "vae"), ("t5_encoder", "text_encoder")):
        yield from _model(at(told, key), _type(kind), key, {}, limits)
    for entry in listed(at(told, "loras"))[: limits.found]:
        weight = at(entry, "weight")
        settings = {"strength": weight} if weight is not None and not isinstance(weight, (str, list, dict)) else {}
        yield from _model(at(entry, "model") or at(entry, "lora"), "lora", "loras", settings, limits)
    for key, names, kind_, _ in _LISTS:
        for entry in listed(at(told, key))[: limits.found]:
            for name in names:
                yield from _model(at(entry, name), kind_, key, {}, limits)


def _type(kind: str) -> ModelType:
    return {"vae": "vae", "text_encoder": "text_encoder"}.get(kind, "checkpoint")  # type: ignore[return-value]  # words of the list


def _model(found: Any, kind: ModelType, where: str, settings: Mapping[str, Any], limits: Limits) -> Iterator[Model]:
    name = text(found, "name", "model_name", "key")
    if name:
        hashed = text(found, "hash") or ""
        algorithm, separator, value = hashed.partition(":")
        digests = (Digest(algorithm.removesuffix("_single").lower(), value),) if separator else ()
        yield Model(name[: limits.name], kind, f"{_KEY}.{where}", settings, digests, version=text(found, "base"))


def _inputs(told: Any, limits: Limits) -> Iterator[Input]:
    """Pictures by the name that InvokeAI gave them (a UUID), so the name serves as an outside id."""
    initial = at(told, "init_image")
    name = initial if isinstance(initial, str) else text(initial, "image_name")
    if name:
        yield _picture(name, "initial_image", "init_image", limits)
    for key, _, _, role in _LISTS:
        for entry in listed(at(told, key))[: limits.found]:
            name = text(at(entry, "image"), "image_name")
            if name:
                yield _picture(name, role, key, limits)


def _picture(name: str, role: Role, where: str, limits: Limits) -> Input:
    return Input(name[: limits.name], role, f"{_KEY}.{where}", identifiers=(("invokeai.image", name[: limits.name]),))
