"""Luma (Ray, Dream Machine): the `Generation` object echoes model and request, so its answer alone tells the lineage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Role, Source
from service.ingest.provider import at, listed, text

NAME = "luma"
_STATES = {"queued", "dreaming", "completed", "failed"}
_MODEL = re.compile(rb'"model"\s*:\s*"(ray|photon|uni)-')
_REFERENCES: tuple[tuple[str, Role], ...] = (
    ("image_ref", "reference"), ("style_ref", "style_reference"), ("modify_image_ref", "initial_image"), ("media", "source_video"),
    ("source", "source_video"), ("source_video", "source_video"), ("first_frame", "first_frame"), ("start_frame", "first_frame"),
    ("end_frame", "last_frame"), ("last_frame", "last_frame"), ("images", "reference"),
)  # fmt: skip


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer has the states of a Luma generation and what it was asked for."""
    if source.provider is not None:
        return source.provider == NAME
    content = source.response or b""
    known = b'"generation_type"' in content[:65_536] or _MODEL.search(content[:65_536]) is not None
    return known and any(f'"{state}"'.encode() in content for state in _STATES)


def read(source: Source, limits: Limits) -> Draft:
    """Return what the generation says; the request that was sent only fills what the answer does not echo."""
    both = provider.exchange(source, limits)
    asked = at(both.response, "request") or both.request
    model = text(both.response, "model") or text(asked, "model")
    sent = text(both.request, "model")
    remarks = []
    if sent and model and sent != model:
        says = f"The request names {sent}, the answer {model}. What ran is taken."
        remarks.append(Contradiction("model_differs", says, (f"request: {sent}", f"answer: {model}")))
    if text(both.response, "state") not in {None, "completed"}:
        remarks.append(Contradiction("not_finished", "The generation was not completed when this answer was taken."))
    return Draft(
        adapter=NAME,
        tool="Luma",
        provider=NAME,
        job_id=text(both.response, "id"),
        at=text(both.response, "created_at"),
        models=(Model(model[: limits.name], "hosted", "response.model"),) if model else (),
        inputs=tuple(_inputs(asked, limits)),
        prompts=tuple(provider.prompts(asked, "request", ("prompt", "positive"))),
        sampling=provider.sampled("request", asked, limits, leave_out=("prompt", "model", "callback_url")),
        outputs=tuple(Output(url[: limits.name], f"assets.{key}") for key, url in _assets(both.response)),
        raw=provider.raw(source),
        contradictions=tuple(remarks),
        asset=provider.known_as("luma.generation", text(both.response, "id")),
    )


def _assets(response: Any) -> Iterator[tuple[str, str]]:
    for key in ("video", "image"):
        url = text(at(response, "assets"), key)
        if url:
            yield key, url
    for entry in listed(at(response, "output"))[:100]:
        url = text(entry, "url")
        if url:
            yield text(entry, "type") or "output", url


def _inputs(asked: Any, limits: Limits) -> Iterator[Input]:
    """Key frames are pictures or earlier generations; references are pictures, of a character or of a style."""
    for key, role in (("frame0", "first_frame"), ("frame1", "last_frame")):
        frame = at(asked, "keyframes", key)
        where = f"request.keyframes.{key}"
        if text(frame, "type") == "generation" and text(frame, "id"):
            name = str(text(frame, "id"))[: limits.name]
            yield Input(name, _role(role), where, identifiers=(("luma.generation", name),))
        else:
            yield from provider.media(frame, _role(role), where, limits)
    for key, reference in _REFERENCES:
        for entry in (*listed(at(asked, key)), *listed(at(asked, "video", key)))[: limits.found]:
            yield from provider.media(entry, reference, f"request.{key}", limits)
    for identity in (
        list((at(asked, "character_ref") or {}).values())[: limits.found] if isinstance(at(asked, "character_ref"), dict) else ()
    ):
        for image in listed_texts(at(identity, "images"))[: limits.found]:
            yield from provider.media(image, "character_reference", "request.character_ref", limits)


def _role(word: str) -> Role:
    return "first_frame" if word == "first_frame" else "last_frame"


def listed_texts(value: Any) -> list[str]:
    """The texts of a list."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
