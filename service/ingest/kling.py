"""Kling: a task by its id, with our own id where we set one; files come clean and watermarked, and both are outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Role, Source
from service.ingest.provider import at, listed, text

NAME = "kling"
_PLACES: tuple[tuple[str, Role], ...] = (
    ("image", "first_frame"),
    ("image_tail", "last_frame"),
    ("static_mask", "mask"),
    ("video_url", "source_video"),
    ("audio_url", "voice"),
    ("subject_image_list", "reference"),
    ("image_list", "reference"),
)


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer is a task in Kling's words."""
    if source.provider is not None:
        return source.provider == NAME
    content = (source.response or b"")[:65_536]
    return b'"task_id"' in content and b'"task_status"' in content


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and task say together."""
    both = provider.exchange(source, limits)
    asked, inner = both.request, at(both.response, "data")
    task = inner if isinstance(inner, dict) else both.response
    model = text(asked, "model_name", "model")
    remarks = []
    if text(task, "task_status") not in {None, "succeed"}:
        remarks.append(Contradiction("not_finished", "The task had not succeeded when this answer was taken."))
    return Draft(
        adapter=NAME,
        tool="Kling",
        provider=NAME,
        job_id=text(task, "task_id"),
        at=provider.unix(at(task, "created_at")),
        models=(Model(model[: limits.name], "hosted", "request.model_name"),) if model else (),
        inputs=tuple(_inputs(asked, limits)),
        prompts=tuple(provider.prompts(asked, "request", ("prompt", "positive"), ("negative_prompt", "negative"))),
        sampling=provider.sampled("request", asked, limits, leave_out=("prompt", "negative_prompt", "image", "image_tail", "model_name")),
        outputs=tuple(_outputs(task, limits)),
        raw=provider.raw(source),
        contradictions=tuple(remarks),
    )


def _inputs(asked: Any, limits: Limits) -> Iterator[Input]:
    for key, role in _PLACES:
        value = at(asked, key)
        for entry in [value] if isinstance(value, str) else listed(value)[: limits.found]:
            inner = at(entry, "image")
            packed = inner if isinstance(inner, str) else entry
            bare = isinstance(packed, str) and "://" not in packed and not packed.startswith("data:")
            yield from provider.media({"data": packed} if bare else packed, role, f"request.{key}", limits)


def _outputs(task: Any, limits: Limits) -> Iterator[Output]:
    for kind in ("videos", "images"):
        for entry in listed(at(task, "task_result", kind))[: limits.found]:
            url = text(entry, "url")
            if url:
                yield Output(url[: limits.name], f"task_result.{kind}")
            marked = text(entry, "watermark_url")
            if marked:
                yield Output(marked[: limits.name], f"task_result.{kind}.watermark", preview=True)
