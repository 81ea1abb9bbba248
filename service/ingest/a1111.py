"""A1111, Forge and their kin: the `parameters` text that the web UI writes under every picture it saves.

First the prompt, then `Negative prompt: …`, then one line of `Key: value, …`, where a value may be quoted or JSON. Hashes in it are the first ten digits of
a SHA-256: they suggest a model and prove nothing. LoRAs stand in the prompt as `<lora:name:strength>`, their short hashes on the last line.
Which picture went into an image-to-image run or a ControlNet unit is never said: that is remarked upon.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from service import errors
from service.ingest import jsontext
from service.ingest.draft import Contradiction, Digest, Draft, Limits, Model, ModelType, Prompt, Raw, Sampling, Scalar, Source
from service.ingest.provider import at, listed, text

NAME = "a1111"
_KEY = re.compile(r"\s*(\w[\w \-/]{0,60}):\s*")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_PLAIN = re.compile(r"[^,\n]*")
_LORA = re.compile(r"<(lora|lyco|hypernet):([^:<>]{1,300})(?::([-+0-9.]{1,12}))?[^<>]{0,40}>")
_HASH = re.compile(r"[0-9a-f]{8,64}")
_NAMED = re.compile(r"([0-9a-fA-F]{6,64})\]")
_NOTHING = {"", "None", "Use same choices", "Automatic"}
_NEGATIVE = "Negative prompt: "
_STEPS = re.compile(r"Steps: \d")
_UNIT = re.compile(r"ControlNet(?: \d+)?")
_MODELS: tuple[tuple[re.Pattern[str], str, ModelType], ...] = (
    (re.compile(r"Model"), "Model hash", "checkpoint"),
    (re.compile(r"VAE"), "VAE hash", "vae"),
    (re.compile(r"Refiner"), "Refiner hash", "checkpoint"),
    (re.compile(r"Hires checkpoint"), "", "checkpoint"),
    (re.compile(r"(?:Hires|Postprocess|Ultimate SD upscale) upscaler(?: 2)?"), "", "upscaler"),
    (re.compile(r"ADetailer model(?: \d\w\w)?|(?:Hires )?Module \d+|Face restoration"), "", "other"),
)
_PROMPTS = re.compile(r"(?:ADetailer|Hires) (negative )?prompt(?: \d\w\w)?")
_LEFT_OUT = re.compile(r"Seed|Version|User|App|(Lora |TI )?[Hh]ashes|Civitai \w+|(Model|VAE|Refiner) hash")
_KINDS: Mapping[str, ModelType] = {"checkpoint": "checkpoint", "lora": "lora", "embed": "embedding", "embedding": "embedding", "vae": "vae"}


def detect(source: Source) -> bool:
    """Tell whether there is a `parameters` text with the line of settings that the web UI always writes."""
    return re.search(r"^Steps: \d", source.texts.get("parameters", ""), re.MULTILINE) is not None


def read(source: Source, limits: Limits) -> Draft:
    """Return what the text says; `TooLarge` when it is longer than any prompt."""
    whole = source.texts["parameters"]
    if len(whole) > limits.text // 16:
        raise errors.TooLarge("The parameters text is longer than any prompt.", code="metadata_too_large")
    positive, negative, values = split(whole)
    version = values.get("Version")
    return Draft(
        adapter=NAME,
        tool=_tool(values),
        tool_version=version,
        models=tuple(_models(positive + negative, values, limits)),
        prompts=tuple(_prompts(positive, negative, values)),
        sampling=(_sampling(values),),
        raw=(Raw("parameters", "text/plain", whole.encode()),),
        contradictions=tuple(_remarks(values)),
    )


def _tool(values: Mapping[str, str]) -> str:
    version = values.get("Version", "")
    if values.get("App") or version == "ComfyUI":
        return (values.get("App") or version)[:100]
    return "Forge" if version.startswith(("f", "neo")) else "Stable Diffusion web UI"


def _prompts(positive: str, negative: str, values: Mapping[str, str]) -> Iterator[Prompt]:
    texts: list[tuple[str, Literal["positive", "negative"], str]] = [
        (positive, "positive", "parameters"),
        (negative, "negative", "parameters"),
    ]
    for key, value in values.items():
        found = _PROMPTS.fullmatch(key)
        if found:
            texts.append((value, "negative" if found[1] else "positive", f"parameters.{key}"))
    yield from (Prompt(words, use, where) for words, use, where in texts if words)


def split(whole: str) -> tuple[str, str, dict[str, str]]:
    """Prompt, negative prompt, and the settings of the last line."""
    lines = whole.strip().split("\n")
    last = next((place for place in range(len(lines) - 1, -1, -1) if _STEPS.match(lines[place])), len(lines))
    start = next((place for place in range(last) if lines[place].startswith(_NEGATIVE)), last)
    negative = "\n".join(lines[start:last]).removeprefix(_NEGATIVE)
    return "\n".join(lines[:start]).strip(), negative.strip(), dict(_pairs("\n".join(lines[last:])))


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    """The settings of a line; a quoted value comes without its quotes, JSON as it stands."""
    place = 0
    while found := _KEY.match(line, place):
        place = found.end()
        value = _QUOTED.match(line, place)
        if value:
            yield found[1].strip(), _unquoted(value[0])
            place = value.end()
        else:
            place = _end_of_json(line, place)
            plain = line[found.end() : place] if place > found.end() else ""
            if not plain:
                rest = _PLAIN.match(line, place)
                plain, place = (rest[0], rest.end()) if rest else ("", place)
            yield found[1].strip(), plain.strip()
        rest = _PLAIN.match(line, place)
        place = (rest.end() if rest else place) + 1


def _unquoted(value: str) -> str:
    try:
        return str(json.loads(value, strict=False))
    except ValueError:
        return value.strip('"')


def _end_of_json(line: str, place: int) -> int:
    """Where the object or list that begins at `place` ends; `place` itself where there is none."""
    if line[place : place + 1] not in {"{", "["}:
        return place
    try:
        return json.JSONDecoder().raw_decode(line, place)[1]
    except (ValueError, RecursionError):
        return place


def _json(values: Mapping[str, str], name: str, limits: Limits) -> Any:
    try:
        return jsontext.parse(values.get(name, "null"), f"/{name}", limits.text)
    except errors.Problem:
        return None


def _models(prompts: str, values: Mapping[str, str], limits: Limits) -> Iterator[Model]:
    hashes = {**dict(_short(values.get("Lora hashes", ""))), **dict(_short(values.get("TI hashes", "")))}
    told = _json(values, "Hashes", limits)
    named = {key: value for key, value in told.items() if isinstance(value, str)} if isinstance(told, dict) else {}
    for key, value in values.items():
        for pattern, hashed, kind in _MODELS:
            if pattern.fullmatch(key) and value not in _NOTHING:
                name, short = _split_hash(value)
                digest = short or values.get(hashed, "") or (named.get(key.lower(), "") if hashed else "")
                yield Model(name[: limits.name], kind, f"parameters.{key}", digests=_digest(digest))
        if _UNIT.fullmatch(key) or key == "AnimateDiff":
            yield from _unit(key, dict(_pairs(value)), limits)
    for kind_, name, strength in _LORA.findall(prompts)[: limits.found]:
        type_: ModelType = "adapter" if kind_ == "hypernet" else "lora"
        yield Model(name, type_, f"prompt.{kind_}", _strength(strength), digests=_digest(hashes.get(name) or named.get(f"lora:{name}", "")))
    embeddings = {**dict(_short(values.get("TI hashes", ""))), **{k[6:]: v for k, v in named.items() if k.startswith("embed:")}}
    for name, digest in list(embeddings.items())[: limits.found]:
        yield Model(name[: limits.name], "embedding", "parameters.TI hashes", digests=_digest(digest))
    yield from _resources(_json(values, "Civitai resources", limits), limits)


def _split_hash(value: str) -> tuple[str, str]:
    """A name and the hash that stands behind it in brackets."""
    name, _, behind = value.rpartition("[")
    found = _NAMED.fullmatch(behind)
    return (name.rstrip(), found[1].lower()) if found and "[" in value else (value, "")


def _unit(key: str, unit: Mapping[str, str], limits: Limits) -> Iterator[Model]:
    """One ControlNet unit or the motion module: its model with hash and weight, whatever the case of its words."""
    small = {name.lower(): value for name, value in unit.items()}
    name, digest = _split_hash(small.get("model", "None"))
    if name.lower() not in {"", "none"} and small.get("enable", "True") != "False":
        kind: ModelType = "motion" if key == "AnimateDiff" else "control"
        yield Model(name[: limits.name], kind, f"parameters.{key}", _strength(small.get("weight", "")), digests=_digest(digest))


def _resources(told: Any, limits: Limits) -> Iterator[Model]:
    """What a hosted front end lists of the models it used, by its own numbers."""
    for entry in listed(told)[: limits.found]:
        name = text(entry, "modelName", "air", "urn")
        kind = _KINDS.get((text(entry, "type") or "").lower(), "other")
        weight, number = at(entry, "weight"), at(entry, "modelVersionId")
        if name:
            settings = {
                key: value for key, value in (("strength", weight), ("modelVersionId", number)) if isinstance(value, (int, Decimal))
            }
            yield Model(name[: limits.name], kind, "parameters.Civitai resources", settings, version=text(entry, "modelVersionName"))


def _short(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(","):
        name, separator, value = part.rpartition(":")
        if separator:
            yield name.strip(), value.strip()


def _strength(text: str) -> dict[str, Scalar]:
    try:
        return {"strength": Decimal(text)} if text else {}
    except InvalidOperation:
        return {}


def _digest(text: str) -> tuple[Digest, ...]:
    value = text.lower()
    if not _HASH.fullmatch(value):
        return ()
    return (Digest("sha256", value),) if len(value) == 64 else (Digest("sha256_prefix", value[:16]),)


def _sampling(values: Mapping[str, str]) -> Sampling:
    seed = values.get("Seed", "")
    taken = [pattern for pattern, _, _ in _MODELS] + [_PROMPTS, _LEFT_OUT]
    left = {key: value for key, value in values.items() if not any(pattern.fullmatch(key) for pattern in taken)}
    return Sampling("parameters", int(seed) if seed.isdecimal() and len(seed) < 21 else None, left)


def _remarks(values: Mapping[str, str]) -> Iterator[Contradiction]:
    units = [key for key in values if _UNIT.fullmatch(key)]
    begun = [key for key in ("Init image hash", "Mask blur", "Inpaint area", "Masked content") if key in values]
    if units or begun:
        says = f"A picture went in ({', '.join((units + begun)[:10])}), and the text does not say which; state it as an input."
        yield Contradiction("input_not_named", says)
