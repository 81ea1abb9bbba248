"""Fooocus: one JSON object under `parameters`, with `fooocus_scheme` beside it. Its hashes are the first ten digits of a SHA-256."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from service.ingest import jsontext, provider
from service.ingest.draft import Digest, Draft, Limits, Model, Raw, Sampling, Source
from service.ingest.provider import at, text

NAME = "fooocus"
_LEFT_OUT = frozenset(
    {"prompt", "negative_prompt", "seed", "base_model", "refiner_model", "base_model_hash", "refiner_model_hash", "vae", "version"}
)


def detect(source: Source) -> bool:
    """Tell whether the object is there, and says by its scheme or its words whose it is."""
    words = source.texts.get("parameters", "").lstrip()
    return words.startswith("{") and ('"base_model"' in words[:65_536] or "fooocus_scheme" in source.texts) and '"prompt"' in words[:65_536]


def read(source: Source, limits: Limits) -> Draft:
    """Return what the object says."""
    whole = source.texts["parameters"]
    told = jsontext.parse(whole, "/parameters", limits.text)
    seed = text(told, "seed")
    number = int(seed) if seed and seed.isdecimal() and len(seed) < 21 else provider.whole(told, "seed")
    return Draft(
        adapter=NAME,
        tool="Fooocus",
        tool_version=text(told, "version"),
        models=tuple(_models(told, limits)),
        prompts=tuple(provider.prompts(told, "parameters", ("prompt", "positive"), ("negative_prompt", "negative"))),
        sampling=(Sampling("parameters", number, provider.plain(told, limits, leave_out=_LEFT_OUT)),),
        raw=(Raw("parameters", "application/json", whole.encode()),),
    )


def _models(told: Any, limits: Limits) -> Iterator[Model]:
    for key in ("base_model", "refiner_model", "vae"):
        name = text(told, key)
        if name and name not in {"None", "Default (model)"}:
            yield Model(
                name[: limits.name],
                "vae" if key == "vae" else "checkpoint",
                f"parameters.{key}",
                digests=_digest(text(told, f"{key}_hash")),
            )
    rows = at(told, "loras")
    for row in rows[: limits.found] if isinstance(rows, list) else ():
        name, weight = at(row, 0), at(row, 1)
        if isinstance(name, str) and name not in {"", "None"}:
            settings = {"strength": weight} if isinstance(weight, (int, Decimal)) else {}
            short = at(row, 2)
            yield Model(name[: limits.name], "lora", "parameters.loras", settings, _digest(short if isinstance(short, str) else None))


def _digest(value: str | None) -> tuple[Digest, ...]:
    return (Digest("sha256_prefix", value.lower()),) if value else ()
