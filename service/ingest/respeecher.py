"""Respeecher: a converted recording. Two people are in it: whose performance drives it, and whose voice is heard.

There is a project, in it phrases, under them recordings; a conversion is an order with the original recording and the target voice. Studios whose
work is done by hand write the same down themselves: contract, project, session, source actor and target voice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.ingest import provider, speech
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Source
from service.ingest.provider import at, text

NAME = "respeecher"
_DRIVERS = (("original", "driving_performance"), ("original_recording", "driving_performance"), ("source_recording", "driving_performance"))
_TEXTS = (
    "text",
    "transcript",
    "request_id",
    "phrase_id",
    "project_id",
    "original_id",
    "voice_id",
    "target_voice",
    "source_actor",
    "session",
    "contract",
    "id",
    "url",
)


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer is a converted recording in Respeecher's words."""
    if source.provider is not None:
        return source.provider == NAME
    content = (source.response or b"")[:65_536]
    return b'"phrase_id"' in content and (b'"original_id"' in content or b'"narration_style' in content)


def read(source: Source, limits: Limits) -> Draft:
    """Return what order and recording say together."""
    both = provider.exchange(source, limits)
    merged = {**both.request, **{key: value for key, value in both.response.items() if value is not None}}
    contract = text(merged, "contract")
    job = (
        text(merged, "id", "recording_id", "request_id")
        or "/".join(filter(None, (text(merged, "project_id"), text(merged, "session"))))
        or None
    )
    return Draft(
        adapter=NAME,
        tool="Respeecher",
        provider=NAME,
        job_id=job,
        at=text(merged, "created_at", "converted_at"),
        models=tuple(_models(merged, limits)),
        inputs=tuple(_inputs(merged, limits)),
        prompts=tuple(provider.prompts(merged, "request", ("text", "speech"), ("transcript", "speech"))),
        sampling=provider.sampled("request", {**merged, **_voice_settings(merged)}, limits, leave_out=_TEXTS),
        outputs=tuple(Output(url[: limits.name], "response.url") for url in (text(both.response, "url"),) if url),
        raw=provider.raw(source),
        contradictions=tuple(_remarks(merged)),
        fields={"terms": {"contract": contract[:200]}} if contract else {},
        asset=provider.known_as("respeecher.recording", text(both.response, "id", "recording_id")),
    )


def _voice_settings(merged: Any) -> dict[str, Any]:
    found = at(merged, "voice", "sampling_params")
    return found if isinstance(found, dict) else {}


def _models(merged: Any, limits: Limits) -> Iterator[Model]:
    yield from speech.voice(merged, "response", limits, "voice_id", "target_voice", "voice")
    style = at(merged, "narration_style")
    version = text(merged, "model", "model_version") or text(at(style, "model"), "name")
    if version:
        yield Model(version[: limits.name], "hosted", "model")


def _inputs(merged: Any, limits: Limits) -> Iterator[Input]:
    yield from speech.recordings(merged, NAME, limits, *_DRIVERS)  # type: ignore[arg-type]  # roles of the schema
    original = text(merged, "original_id")
    if original:
        yield Input(
            original[: limits.name], "driving_performance", "original_id", identifiers=(("respeecher.recording", original[: limits.name]),)
        )
    if text(merged, "source_actor"):  # the name itself stays in the raw source, which is encrypted
        session = text(merged, "session") or "a session not named"
        yield Input(f"source actor in {session}"[: limits.name], "driving_performance", "source_actor")


def _remarks(merged: Any) -> Iterator[Contradiction]:
    state = text(merged, "state", "status")
    if state and state.lower() not in {"ready", "done", "completed", "success"}:
        yield Contradiction("not_finished", "The conversion was not done when this answer was taken.")
    if text(merged, "source_actor"):
        yield Contradiction("driver_named", "The source names the performer whose performance drives the voice; state who it is.")
    if merged and not text(merged, "original_id", "source_actor", "text", "transcript") and not any(at(merged, key) for key, _ in _DRIVERS):
        yield Contradiction("driver_unknown", "Nothing says whose performance drives the voice; state the source actor or the recording.")
