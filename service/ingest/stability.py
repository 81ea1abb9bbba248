"""Stability AI: the answer is bytes, so what tells of the run is the request and the headers that came with the file.

A caller hands over as `response` either the JSON answer or an object of the headers (`seed`, `finish-reason`, `x-request-id`). There is no job id
but for the results fetched later (`id`); the request id stands in, and names the run as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Role, Sampling, Source
from service.ingest.provider import at, listed, text

NAME = "stability"
_PLACES: Final[tuple[tuple[str, Role], ...]] = (
    ("image", "initial_image"), ("init_image", "initial_image"), ("mask", "mask"), ("mask_image", "mask"), ("style_image", "style_reference"),
    ("subject_image", "reference"), ("background_reference", "reference"), ("light_reference", "reference"), ("audio", "source_audio"),
)  # fmt: skip
_ADDRESS = re.compile(r"(?:/v\d\w*/|\A)((?:stable-image|image-to-video|stable-audio|3d|audio)[\w/\-]{0,80})")
_DONE = {"SUCCESS", "COMPLETE"}
_TEXTS = ("url", "endpoint", "path", "prompt", "negative_prompt", "model", "text_prompts", *(key for key, _ in _PLACES))


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer bears the headers or the artifacts that this service alone sends."""
    if source.provider is not None:
        return source.provider in {NAME, "stability.ai", "stabilityai"}
    content = (source.response or b"")[:65_536].lower()
    return (b'"finish-reason"' in content or b'"finishreason"' in content or b'"finish_reason"' in content) and (
        b'"artifacts"' in content or (b'"seed"' in content and b'"x-request-id"' in content)
    )


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and headers say together."""
    both = provider.exchange(source, limits)
    asked, told = both.request, _flat(both.response)
    called = _ADDRESS.search(text(asked, "url", "endpoint", "path") or "")
    model = text(asked, "model", "engine_id") or text(told, "model") or (called[1] if called else None)
    return Draft(
        adapter=NAME,
        tool="Stability AI",
        provider=NAME,
        job_id=text(told, "id", "x-request-id", "request-id"),
        at=text(told, "date_iso", "created_at"),
        models=(Model(model[: limits.name], "hosted", "request.model"),) if model else (),
        inputs=tuple(_inputs(asked, called[1] if called else "", limits)),
        prompts=(
            *provider.prompts(asked, "request", ("prompt", "positive"), ("negative_prompt", "negative")),
            *(prompt for entry in listed(at(asked, "text_prompts"))[:100] for prompt in _weighted(entry)),
        ),
        sampling=_sampling(asked, told, limits),
        raw=provider.raw(source),
        contradictions=tuple(_remarks(asked, told)),
    )


def _flat(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """Headers and the first artifact as one object, whatever the spelling of header names."""
    inner = at(response, "headers")
    first = at(response, "artifacts", 0)
    parts = [part for part in (response, inner, first) if isinstance(part, Mapping)]
    return {key.lower(): value for part in parts for key, value in part.items()}


def _weighted(entry: Any) -> Iterator[Any]:
    weight = at(entry, "weight")
    negative = isinstance(weight, (int, Decimal)) and not isinstance(weight, bool) and weight < 0
    yield from provider.prompts(entry, "request.text_prompts", ("text", "negative" if negative else "positive"))


def _inputs(asked: Any, called: str, limits: Limits) -> Iterator[Input]:
    """What the picture is for depends on the call: a control service takes its structure, and leaves the picture behind."""
    for key, place in _PLACES:
        value = at(asked, key)
        role: Role = "control" if key == "image" and "/control/" in called and not called.endswith("/style") else place
        if key == "image" and called.endswith("/style"):
            role = "style_reference"
        if value is not None:
            yield from provider.media(value, role, f"request.{key}", limits)


def _seed(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _sampling(asked: Any, told: Any, limits: Limits) -> tuple[Sampling, ...]:
    """The seed that ran is the answer's; a request's 0 asks for any."""
    settings = provider.plain(asked, limits, leave_out=frozenset({"seed", *_TEXTS}))
    seed = _seed(at(told, "seed"))
    if seed is None:
        seed = _seed(at(asked, "seed")) or None
    return (Sampling("request", seed, settings),) if settings or seed is not None else ()


def _remarks(asked: Any, told: Any) -> Iterator[Contradiction]:
    finish = text(told, "finish-reason", "finishreason", "finish_reason")
    if finish and finish.upper() not in _DONE:
        yield Contradiction("filtered", f"The answer ended with {finish[:60]}; what came out was filtered or is not whole.")
    if told and not asked:
        yield Contradiction("no_request", "The answer does not repeat what was asked; hand over the request as well.")
    sent, ran = _seed(at(asked, "seed")), _seed(at(told, "seed"))
    if sent and ran is not None and sent != ran:
        says = "The request asks for another seed than the answer names. What ran is taken."
        yield Contradiction("seed_differs", says, (f"request: seed {sent}", f"answer: seed {ran}"))
