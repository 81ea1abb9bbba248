"""InvokeAI: `invokeai_metadata` in its pictures. It states whole BLAKE3 hashes of its models: the best lineage of any open tool.

Since its fifth edition the canvas is described layer by layer, since the sixth the reference pictures stand in a list of their own; what is
switched off took no part. Its first editions wrote `sd-metadata`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from service.ingest import jsontext, provider
from service.ingest.draft import Digest, Draft, Input, Limits, Model, ModelType, Prompt, Raw, Role, Source
from service.ingest.provider import at, listed, text

NAME = "invokeai"
_KEY, _FIRST = "invokeai_metadata", "sd-metadata"
_LISTS: tuple[tuple[str, tuple[str, ...], ModelType, Role], ...] = (
    ("controlnets", ("control_model",), "control", "control"),
    ("ipAdapters", ("ip_adapter_model",), "control", "reference"),
    ("t2iAdapters", ("t2i_adapter_model",), "control", "control"),
)
_SINGLE: tuple[tuple[str, ModelType], ...] = (
    ("model", "checkpoint"), ("refiner_model", "checkpoint"), ("vae", "vae"), ("t5_encoder", "text_encoder"), ("clip_embed_model", "text_encoder"),
    ("clip_l_embed_model", "text_encoder"), ("clip_g_embed_model", "text_encoder"), ("qwen3_encoder", "text_encoder"),
    ("control_lora", "lora"), ("upscale_model", "upscaler"),
)  # fmt: skip
_PROMPTS = ("positive_prompt", "negative_prompt", "positive_style_prompt", "negative_style_prompt")


def detect(source: Source) -> bool:
    """Tell whether the metadata is there and looks like an object, in today's or the first shape."""
    return any(source.texts.get(key, "").lstrip().startswith("{") for key in (_KEY, _FIRST))


def read(source: Source, limits: Limits) -> Draft:
    """Return what the metadata says."""
    if _KEY not in source.texts:
        return _first(source, limits)
    told = jsontext.parse(source.texts[_KEY], f"/{_KEY}", limits.text)
    version = text(told, "app_version")
    return Draft(
        adapter=NAME,
        tool="InvokeAI",
        tool_version=version[:100] if version else None,
        models=(*_models(told, limits), *(model for each in _references(told, limits) for model in _referred(each, limits))),
        inputs=(*_inputs(told, limits), *_pictures(told, limits)),
        prompts=(
            *provider.prompts(
                told,
                _KEY,
                ("positive_prompt", "positive"),
                ("positive_style_prompt", "positive"),
                ("negative_prompt", "negative"),
                ("negative_style_prompt", "negative"),
            ),
            *(
                prompt
                for entry in _layers(told, "regionalGuidance", limits)
                for prompt in provider.prompts(
                    entry, f"{_KEY}.regionalGuidance", ("positivePrompt", "positive"), ("negativePrompt", "negative")
                )
            ),
        ),
        sampling=provider.sampled(_KEY, told, limits, leave_out=(*_PROMPTS, "app_version")),
        raw=tuple(
            Raw(key, "application/json", source.texts[key].encode())
            for key in (_KEY, "invokeai_workflow", "invokeai_graph")
            if key in source.texts
        ),
    )


def _models(told: Any, limits: Limits) -> Iterator[Model]:
    for key, kind in _SINGLE:
        yield from _model(at(told, key), kind, key, {}, limits)
    for entry in listed(at(told, "loras"))[: limits.found]:
        weight = at(entry, "weight")
        settings = {"strength": weight} if weight is not None and not isinstance(weight, (str, list, dict)) else {}
        yield from _model(at(entry, "model") or at(entry, "lora"), "lora", "loras", settings, limits)
    for key, names, kind_, _ in _LISTS:
        for entry in listed(at(told, key))[: limits.found]:
            for name in names:
                yield from _model(at(entry, name), kind_, key, {}, limits)
    for entry in _layers(told, "controlLayers", limits):
        weight = at(entry, "controlAdapter", "weight")
        settings = {"strength": weight} if isinstance(weight, (int, Decimal)) else {}
        yield from _model(at(entry, "controlAdapter", "model"), "control", "controlLayers", settings, limits)


def _layers(told: Any, kind: str, limits: Limits) -> list[Any]:
    """The layers of one kind that were switched on."""
    found = listed(at(told, "canvas_v2_metadata", kind))[: limits.found]
    return [entry for entry in found if at(entry, "isEnabled") is not False and at(entry, "isHidden") is not True]


def _references(told: Any, limits: Limits) -> list[Any]:
    """What stands for a reference picture, whichever edition wrote it: of the whole picture or of a region."""
    regional = [each for entry in _layers(told, "regionalGuidance", limits) for each in listed(at(entry, "referenceImages"))]
    whole = [*listed(at(told, "ref_images")), *listed(at(told, "canvas_v2_metadata", "referenceImages")), *regional]
    kept = [each for each in whole[: limits.found] if at(each, "isEnabled") is not False]
    return [at(each, "config") or at(each, "ipAdapter") or each for each in kept]


def _referred(entry: Any, limits: Limits) -> Iterator[Model]:
    yield from _model(at(entry, "model"), "control", "ref_images", {}, limits)


def _pictures(told: Any, limits: Limits) -> Iterator[Input]:
    """Pictures of the canvas and of references."""
    kinds: tuple[tuple[str, Role], ...] = (("rasterLayers", "initial_image"), ("controlLayers", "control"), ("inpaintMasks", "mask"))
    for kind, role in kinds:
        for entry in _layers(told, kind, limits):
            for thing in listed(at(entry, "objects"))[: limits.found]:
                name = text(at(thing, "image"), "image_name")
                if name:
                    yield _picture(name, role, kind, limits)
    for entry in _references(told, limits):
        image = at(entry, "image")
        name = text(image, "image_name") or text(at(image, "original", "image"), "image_name")
        if name:
            yield _picture(name, "reference", "ref_images", limits)


def _first(source: Source, limits: Limits) -> Draft:
    """The shape of the first editions: one model by name and SHA-256, the prompt as text or in weighted parts."""
    told = jsontext.parse(source.texts[_FIRST], f"/{_FIRST}", limits.text)
    image = at(told, "image")
    parts = at(image, "prompt")
    words = parts if isinstance(parts, str) else " ".join(filter(None, (text(part, "prompt") for part in listed(parts)[:100])))
    name, hashed, initial = text(told, "model_weights", "model"), text(told, "model_hash"), text(image, "init_image", "init_image_path")
    digests = (Digest("sha256", hashed),) if hashed else ()
    return Draft(
        adapter=NAME,
        tool="InvokeAI",
        tool_version=(text(told, "app_version") or "")[:100] or None,
        models=(Model(name[: limits.name], "checkpoint", f"{_FIRST}.model_weights", digests=digests),) if name else (),
        inputs=(Input(initial[: limits.name], "initial_image", f"{_FIRST}.init_image"),) if initial else (),
        prompts=(Prompt(words, "positive", f"{_FIRST}.prompt"),) if words.strip() else (),
        sampling=provider.sampled(_FIRST, image, limits, leave_out=("prompt",)),
        raw=(Raw(_FIRST, "application/json", source.texts[_FIRST].encode()),),
    )


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
