"""OpenAI's videos, images and speech. Images have no id of their own, so only their bytes and the request tell them apart.

A picture may also come out of a response, as a call of its image tool: then the response is the job, and its own model stands beside the tool's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Prompt, Role, Source
from service.ingest.provider import at, listed, text

NAME = "openai"
_VIDEO: Final = ("video", "video_edit", "video_remix")
_LEFT_OUT: Final = ("prompt", "model", "input", "instructions", "voice", "input_reference", "user")


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer is a video object, a call of the image tool, or images asked of one of its image models."""
    if source.provider is not None:
        return source.provider == NAME
    request, response = (source.request or b"")[:65_536], (source.response or b"")[:65_536]
    video = b'"object"' in response and b'"video"' in response and b'"video_' in response
    called = b'"image_generation_call"' in (source.response or b"")
    return video or called or (b'"created"' in response and any(name in request for name in (b'"gpt-image', b'"dall-e', b'"chatgpt-image')))


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and answer say together."""
    both = provider.exchange(source, limits)
    asked, answer = both.request, both.response
    video = text(answer, "object") in _VIDEO
    remarks = []
    if text(answer, "status") not in {None, "completed"}:
        remarks.append(Contradiction("not_finished", "The job was not completed when this answer was taken."))
    given = {**asked, **{key: answer[key] for key in ("seconds", "size", "quality") if key in answer}}
    return Draft(
        adapter=NAME,
        tool="OpenAI",
        provider=NAME,
        job_id=text(answer, "id") or text(at(answer, "headers") or answer, "x-request-id", "request_id"),
        at=provider.unix(at(answer, "completed_at") or at(answer, "created_at") or at(answer, "created")),
        models=tuple(_models(asked, answer, limits)),
        inputs=tuple(_inputs(asked, answer, limits, video=video)),
        prompts=tuple(_prompts(asked, answer)),
        sampling=provider.sampled("request", given, limits, leave_out=_LEFT_OUT),
        outputs=tuple(Output(url[: limits.name], "response.data") for entry in listed(at(answer, "data")) if (url := text(entry, "url"))),
        raw=provider.raw(source),
        contradictions=tuple(remarks),
        asset=provider.known_as("openai.video", text(answer, "id") if video else None),
    )


def _models(asked: Any, answer: Any, limits: Limits) -> Iterator[Model]:
    model = text(answer, "model") or text(asked, "model")
    if model:
        yield Model(model[: limits.name], "hosted", "response.model" if text(answer, "model") else "request.model")
    for tool in listed(at(asked, "tools"))[:100]:
        name = text(tool, "model") if text(tool, "type") == "image_generation" else None
        if name:
            yield Model(name[: limits.name], "hosted", "request.tools.model")
    voice = text(asked, "voice") or text(at(asked, "voice"), "id")
    if voice:
        yield Model(voice[: limits.name], "voice", "request.voice")


def _parts(asked: Any) -> list[Any]:
    """The parts of what the user said in a response's input."""
    turns = [turn for turn in listed(at(asked, "input"))[:1000] if text(turn, "role") != "assistant"]
    return [part for turn in turns for part in (listed(at(turn, "content")) or [turn])][:1000]


def _prompts(asked: Any, answer: Any) -> Iterator[Prompt]:
    typed = text(asked, "prompt") or text(answer, "prompt")
    if typed:
        yield Prompt(typed, "positive", "request.prompt")
    spoken = "voice" in asked
    words = text(asked, "input")
    if words:
        yield Prompt(words, "speech" if spoken else "positive", "request.input")
    yield from provider.prompts(asked, "request", ("instructions", "positive"))
    for part in _parts(asked):
        said = text(part, "text", "content")
        if said:
            yield Prompt(said, "positive", "request.input")
    for entry in (*listed(at(answer, "data")), *listed(at(answer, "output")))[:1000]:
        revised = text(entry, "revised_prompt")
        if revised and revised != typed:
            yield Prompt(revised, "enhanced", "response.revised_prompt")


def _inputs(asked: Any, answer: Any, limits: Limits, *, video: bool) -> Iterator[Input]:
    """Files by address, bytes or the service's own id; earlier videos and characters by theirs."""
    for name, role, where, scope in (
        (text(answer, "remixed_from_video_id"), "source_video", "response.remixed_from_video_id", "openai.video"),
        (text(at(asked, "video"), "id"), "source_video", "request.video", "openai.video"),
        *(
            (text(entry, "id"), "character_reference", "request.characters", "openai.character")
            for entry in listed(at(asked, "characters"))[:100]
        ),
    ):
        if name:
            yield _known(name, role, where, scope, limits)  # type: ignore[arg-type]  # words of the list
    places: tuple[tuple[str, Role], ...] = (
        ("input_reference", "first_frame" if video else "reference"), ("image", "reference"), ("images", "reference"), ("image[]", "reference"),
        ("mask", "mask"),
    )  # fmt: skip
    for key, role in places:
        value = at(asked, key)
        for entry in value[: limits.found] if isinstance(value, list) else [value]:
            yield from _file(entry, role, f"request.{key}", limits)
    for part in _parts(asked):
        yield from _file(part, "reference", "request.input", limits)


def _file(entry: Any, role: Role, where: str, limits: Limits) -> Iterator[Input]:
    own = text(entry, "file_id")
    address = at(entry, "image_url")
    if own:
        yield _known(own, role, where, "openai.file", limits)
    elif address is not None:
        yield from provider.media(address, role, where, limits)
    elif isinstance(entry, (str, Mapping)):
        yield from provider.media(entry, role, where, limits)


def _known(name: str, role: Role, where: str, scope: str, limits: Limits) -> Input:
    return Input(name[: limits.name], role, where, identifiers=((scope, name[: limits.name]),))
