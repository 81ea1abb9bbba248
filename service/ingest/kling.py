"""Kling: a task by its id, with our own id where we set one; files come clean and watermarked, and both are outputs.

Each of its calls has words of its own for what goes in, and some hand them over in a part called `input`: both places are read alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Prompt, Role, Source
from service.ingest.provider import at, listed, text

NAME = "kling"
_PLACES: Final[tuple[tuple[str, Role], ...]] = (
    ("image", "first_frame"), ("image_tail", "last_frame"), ("static_mask", "mask"), ("video_url", "source_video"), ("audio_url", "voice"),
    ("audio_file", "voice"), ("sound_file", "voice"), ("subject_image_list", "reference"), ("image_list", "reference"), ("images", "reference"),
    ("image_url", "reference"), ("video_list", "reference"), ("human_image", "character_reference"), ("cloth_image", "reference"),
    ("dynamic_masks", "mask"),
)  # fmt: skip
_BY_TYPE: Final[Mapping[str, Role]] = {"first_frame": "first_frame", "end_frame": "last_frame", "base": "source_video"}
_INNER: Final = ("image", "image_url", "video_url", "subject_image", "mask")
_TEXTS: Final = ("prompt", "negative_prompt", "text", "model_name", "model", "voice_id", "video_id", *(key for key, _ in _PLACES))


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer is a task in Kling's words."""
    if source.provider is not None:
        return source.provider == NAME
    content = (source.response or b"")[:65_536]
    return b'"task_id"' in content and b'"task_status"' in content


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and task say together."""
    both = provider.exchange(source, limits)
    inner, part = at(both.response, "data"), at(both.request, "input")
    asked = {**both.request, **(part if isinstance(part, Mapping) else {})}
    task = inner if isinstance(inner, dict) else both.response
    remarks = []
    if text(task, "task_status") not in {None, "succeed"}:
        remarks.append(Contradiction("not_finished", "The task had not succeeded when this answer was taken."))
    if both.response and not both.request:
        remarks.append(Contradiction("no_request", "The task does not repeat what was asked; hand over the request as well."))
    return Draft(
        adapter=NAME,
        tool="Kling",
        provider=NAME,
        job_id=text(task, "task_id"),
        at=provider.unix(at(task, "created_at")),
        models=tuple(_models(asked, limits)),
        inputs=tuple(_inputs(asked, task, limits)),
        prompts=tuple(_prompts(asked)),
        sampling=provider.sampled("request", asked, limits, leave_out=_TEXTS),
        outputs=tuple(_outputs(task, limits)),
        raw=provider.raw(source),
        contradictions=tuple(remarks),
        asset=provider.known_as("kling.video", _only_video(task)),
    )


def _only_video(task: Any) -> str | None:
    """The id of the one video of the task; of several, nothing tells which one the file is."""
    videos = listed(at(task, "task_result", "videos"))
    return text(videos[0], "id") if len(videos) == 1 else None


def _models(asked: Any, limits: Limits) -> Iterator[Model]:
    model = text(asked, "model_name", "model")
    if model:
        yield Model(model[: limits.name], "hosted", "request.model_name")
    voices = [text(asked, "voice_id"), *(text(entry, "voice_id") for entry in listed(at(asked, "voice_list"))[:100])]
    for voice in voices:
        if voice:
            yield Model(voice[: limits.name], "voice", "request.voice_id")


def _prompts(asked: Any) -> Iterator[Prompt]:
    yield from provider.prompts(asked, "request", ("prompt", "positive"), ("negative_prompt", "negative"), ("text", "speech"))
    for number, entry in enumerate(listed(at(asked, "multi_prompt"))[:100]):
        yield from provider.prompts(entry, f"request.multi_prompt.{number}", ("prompt", "positive"))


def _inputs(asked: Any, task: Any, limits: Limits) -> Iterator[Input]:
    for key, place in _PLACES:
        value = at(asked, key)
        for entry in [value] if isinstance(value, str) else value[: limits.found] if isinstance(value, list) else listed(value):
            yield from _file(entry, _role(key, place, entry, asked, task), f"request.{key}", limits)
    video = text(asked, "video_id")
    if video:
        yield Input(video[: limits.name], "source_video", "request.video_id", identifiers=(("kling.video", video[: limits.name]),))
    for element in listed(at(asked, "element_list"))[: limits.found]:
        number = at(element, "element_id")
        if isinstance(number, (int, str)) and not isinstance(number, bool):
            name = str(number)[: limits.name]
            yield Input(name, "character_reference", "request.element_list", identifiers=(("kling.element", name),))


def _role(key: str, place: Role, entry: Any, asked: Any, task: Any) -> Role:
    """What a file is for: said by its own type, else by the call that it is part of."""
    said = _BY_TYPE.get(text(entry, "type", "refer_type") or "")
    if said:
        return said
    if key == "video_url" and "character_orientation" in asked:
        return "driving_performance"
    if key == "image" and text(asked, "image_reference"):
        return "character_reference"
    return "reference" if key == "image" and at(task, "task_result", "images") is not None else place


def _file(entry: Any, role: Role, where: str, limits: Limits) -> Iterator[Input]:
    """An address, or bytes in base64 without anything before them."""
    held = text(entry, *_INNER) if isinstance(entry, Mapping) else entry
    packed = held if held is not None else entry
    bare = isinstance(packed, str) and "://" not in packed and not packed.startswith("data:")
    yield from provider.media({"data": packed} if bare else packed, role, where, limits)


def _outputs(task: Any, limits: Limits) -> Iterator[Output]:
    for kind in ("videos", "images"):
        for entry in listed(at(task, "task_result", kind))[: limits.found]:
            url = text(entry, "url")
            if url:
                yield Output(url[: limits.name], f"task_result.{kind}")
            marked = text(entry, "watermark_url")
            if marked:
                yield Output(marked[: limits.name], f"task_result.{kind}.watermark", preview=True)
