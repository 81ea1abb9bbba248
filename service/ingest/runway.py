"""Runway: a task does not echo what was asked, so the request must come along; its moderation threshold is kept, it says who relaxed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Role, Source
from service.ingest.luma import listed_texts
from service.ingest.provider import at, listed, text

NAME = "runway"
_STATUS = (b'"SUCCEEDED"', b'"THROTTLED"', b'"RUNNING"', b'"PENDING"', b'"FAILED"', b'"CANCELLED"')
_WORDS = (
    b'"promptText"',
    b'"promptImage"',
    b'"videoUri"',
    b'"act_two"',
    b'"gen4',
    b'"gen3',
    b'"runway-preset"',
    b'"publicFigureThreshold"',
)
_PLACES: tuple[tuple[str, Role], ...] = (
    ("videoUri", "source_video"),
    ("audioUri", "source_audio"),
    ("media", "driving_performance"),
    ("character", "character_reference"),
    ("reference", "driving_performance"),
    ("referenceImages", "reference"),
    ("references", "reference"),
)


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the request has Runway's words and the answer its states."""
    if source.provider is not None:
        return source.provider == NAME
    request, response = source.request or b"", source.response or b""
    return any(word in request for word in _WORDS) and any(state in response for state in _STATUS)


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and task say together."""
    both = provider.exchange(source, limits)
    asked, task = both.request, both.response
    model, voice = text(asked, "model"), text(at(asked, "voice"), "presetId", "id", "uri")
    remarks = []
    if not asked:
        remarks.append(Contradiction("no_request", "The task does not say what was asked for; hand over the request too."))
    if text(task, "status") not in {None, "SUCCEEDED"}:
        remarks.append(Contradiction("not_finished", "The task had not succeeded when this answer was taken."))
    threshold = text(at(asked, "contentModeration"), "publicFigureThreshold")
    if threshold == "low":
        remarks.append(Contradiction("public_figures_allowed", "The request relaxed the filter against public figures."))
    return Draft(
        adapter=NAME,
        tool="Runway",
        provider=NAME,
        job_id=text(task, "id"),
        at=text(task, "createdAt"),
        models=(
            *((Model(model[: limits.name], "hosted", "request.model"),) if model else ()),
            *((Model(voice[: limits.name], "voice", "request.voice"),) if voice else ()),
        ),
        inputs=tuple(_inputs(asked, limits)),
        prompts=tuple(provider.prompts(asked, "request", ("promptText", "positive"), ("negativePrompt", "negative"))),
        sampling=provider.sampled("request", asked, limits, leave_out=("promptText", "negativePrompt", "promptImage", "model")),
        outputs=tuple(Output(url[: limits.name], "response.output") for url in listed_texts(at(task, "output"))[: limits.found]),
        raw=provider.raw(source),
        contradictions=tuple(remarks),
    )


def _inputs(asked: Any, limits: Limits) -> Iterator[Input]:
    images = at(asked, "promptImage")
    for entry in [images] if isinstance(images, str) else listed(images)[: limits.found]:
        role: Role = "last_frame" if text(entry, "position") == "last" else "first_frame"
        yield from provider.media(entry, role, "request.promptImage", limits)
    for key, role in _PLACES:
        value = at(asked, key)
        for entry in [value] if isinstance(value, str) else listed(value)[: limits.found]:
            yield from provider.media(entry, role, f"request.{key}", limits)
