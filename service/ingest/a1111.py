"""A1111 and Forge: the `parameters` text that the web UI writes under every picture it saves.

First the prompt, then `Negative prompt: …`, then one line of `Key: value, …`. Hashes in it are the first ten digits of a SHA-256: they suggest a
model and prove nothing. LoRAs stand in the prompt as `<lora:name:strength>`, their short hashes on the last line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from service import errors
from service.ingest.draft import Digest, Draft, Limits, Model, ModelType, Prompt, Raw, Sampling, Scalar, Source

NAME = "a1111"
_PAIR = re.compile(r'\s*(\w[\w \-/]{0,60}):\s*("(?:\\.|[^"\\]){0,4000}"|[^,]{0,1000})(?:,|\Z)')
_LORA = re.compile(r"<(lora|lyco|hypernet):([^:<>]{1,300})(?::([-+0-9.]{1,12}))?[^<>]{0,40}>")
_HASH = re.compile(r"[0-9a-f]{8,64}")
_NEGATIVE = "Negative prompt: "
_MODELS: tuple[tuple[str, str, ModelType], ...] = (
    ("Model", "Model hash", "checkpoint"),
    ("VAE", "VAE hash", "vae"),
    ("Refiner", "Refiner hash", "checkpoint"),
    ("Hires upscaler", "", "upscaler"),
)


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
        tool="Forge" if (version or "").startswith("f") else "Stable Diffusion web UI",
        tool_version=version,
        models=tuple(_models(positive + negative, values, limits)),
        prompts=tuple(_prompts(positive, negative)),
        sampling=(_sampling(values),),
        raw=(Raw("parameters", "text/plain", whole.encode()),),
    )


def _prompts(positive: str, negative: str) -> Iterator[Prompt]:
    if positive:
        yield Prompt(positive, "positive", "parameters")
    if negative:
        yield Prompt(negative, "negative", "parameters")


def split(whole: str) -> tuple[str, str, dict[str, str]]:
    """Prompt, negative prompt, and the settings of the last line."""
    lines = whole.strip().split("\n")
    last = next((place for place in range(len(lines) - 1, -1, -1) if lines[place].startswith("Steps: ")), len(lines))
    values = {key.strip(): value.strip().strip('"') for key, value in _PAIR.findall("\n".join(lines[last:]))}
    start = next((place for place in range(last) if lines[place].startswith(_NEGATIVE)), last)
    negative = "\n".join(lines[start:last]).removeprefix(_NEGATIVE)
    return "\n".join(lines[:start]).strip(), negative.strip(), values


def _models(prompts: str, values: Mapping[str, str], limits: Limits) -> Iterator[Model]:
    for name, hashed, kind in _MODELS:
        if values.get(name) and values[name] != "None":
            yield Model(values[name][: limits.name], kind, f"parameters.{name}", digests=_digest(values.get(hashed, "")))
    hashes = dict(_short(values.get("Lora hashes", "")))
    for kind, name, strength in _LORA.findall(prompts)[: limits.found]:
        type_: ModelType = "adapter" if kind == "hypernet" else "lora"
        yield Model(name, type_, f"prompt.{kind}", _strength(strength), digests=_digest(hashes.get(name, "")))


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
    known = {name for pair in _MODELS for name in pair[:2]} | {"Seed", "Lora hashes", "Version", "User"}
    return Sampling(
        "parameters", int(seed) if seed.isdecimal() and len(seed) < 20 else None, {k: v for k, v in values.items() if k not in known}
    )
