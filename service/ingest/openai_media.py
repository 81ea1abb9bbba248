"""OpenAI's video and image answers. Images have no id of their own, so only their bytes and the request tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Prompt, Source
from service.ingest.provider import at, listed, text

NAME = "openai"


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer is a video object, or images asked of one of its image models."""
    if source.provider is not None:
        return source.provider == NAME
    request, response = (source.request or b"")[:65_536], (source.response or b"")[:65_536]
    video = b'"object"' in response and b'"video"' in response and b'"video_' in response
    return video or (b'"created"' in response and (b'"gpt-image' in request or b'"dall-e' in request))


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and answer say together."""
    both = provider.exchange(source, limits)
    asked, answer = both.request, both.response
    model = text(answer, "model") or text(asked, "model")
    remarks = []
    if text(answer, "status") not in {None, "completed"}:
        remarks.append(Contradiction("not_finished", "The video was not completed when this answer was taken."))
    given = {**asked, **{key: answer[key] for key in ("seconds", "size", "quality") if key in answer}}
    return Draft(
        adapter=NAME,
        tool="OpenAI",
        provider=NAME,
        job_id=text(answer, "id"),
        at=provider.unix(at(answer, "completed_at") or at(answer, "created_at") or at(answer, "created")),
        models=(Model(model[: limits.name], "hosted", "response.model" if text(answer, "model") else "request.model"),) if model else (),
        inputs=tuple(_inputs(asked, answer, limits)),
        prompts=tuple(_prompts(asked, answer)),
        sampling=provider.sampled("request", given, limits, leave_out=("prompt", "model", "input_reference", "user")),
        outputs=tuple(Output(url[: limits.name], "response.data") for entry in listed(at(answer, "data")) if (url := text(entry, "url"))),
        raw=provider.raw(source),
        contradictions=tuple(remarks),
    )


def _prompts(asked: Any, answer: Any) -> Iterator[Prompt]:
    typed = text(asked, "prompt") or text(answer, "prompt")
    if typed:
        yield Prompt(typed, "positive", "request.prompt")
    for entry in listed(at(answer, "data")):
        revised = text(entry, "revised_prompt")
        if revised and revised != typed:
            yield Prompt(revised, "enhanced", "response.data.revised_prompt")


def _inputs(asked: Any, answer: Any, limits: Limits) -> Iterator[Input]:
    earlier = text(answer, "remixed_from_video_id")
    if earlier:
        name = earlier[: limits.name]
        yield Input(name, "source_video", "response.remixed_from_video_id", identifiers=(("openai.video", name),))
    for key in ("input_reference", "image"):
        value = at(asked, key)
        for entry in [value] if isinstance(value, str) else listed(value)[: limits.found]:
            yield from provider.media(entry, "reference", f"request.{key}", limits)
    mask = at(asked, "mask")
    if mask:
        yield from provider.media(mask, "mask", "request.mask", limits)
