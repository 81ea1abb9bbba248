"""Deepdub: a line of speech or a dubbing job by the server's id; the voice prompt is a model, so that a consent can be tied to it.

A voice prompt that its owner has published can be used by others: that word is kept and remarked upon, since it decides who may make the voice speak.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.ingest import provider, speech
from service.ingest.draft import Contradiction, Draft, Limits, Model, Output, Source
from service.ingest.provider import at, text

NAME = "deepdub"
_RECORDINGS = (("voiceReference", "voice"), ("voice_reference", "voice"), ("mediaUrl", "source_video"), ("media_url", "source_video"),
               ("sourceUrl", "source_video"), ("audioUrl", "source_audio"), ("performanceReferencePromptId", "driving_performance"))  # fmt: skip
_TEXTS = ("targetText", "text", "model", "voicePromptId", "voice_prompt_id", *(key for key, _ in _RECORDINGS))


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or request or answer speak of a voice prompt in Deepdub's words."""
    if source.provider is not None:
        return source.provider == NAME
    return any(b'"voicePromptId"' in (side or b"")[:65_536] for side in (source.request, source.response))


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and job say together; what the job repeats goes before what was asked."""
    both = provider.exchange(source, limits)
    asked, told = both.request, both.response
    merged = {**asked, **{key: value for key, value in told.items() if value is not None}}
    model = text(merged, "model", "modelId")
    languages = [word for key in ("targetLanguage", "target_language", "targetLocale", "locale") if (word := text(merged, key))]
    return Draft(
        adapter=NAME,
        tool="Deepdub",
        provider=NAME,
        job_id=text(told, "generationId", "requestId", "jobId", "id"),
        at=text(told, "completedAt", "createdAt", "created_at"),
        models=(
            *((Model(model[: limits.name], "hosted", "model"),) if model else ()),
            *speech.voice(merged, "request", limits, "voicePromptId", "voice_prompt_id", "voiceProfile"),
        ),
        inputs=tuple(speech.recordings(_packed(merged), "request", limits, *_RECORDINGS)),  # type: ignore[arg-type]  # roles of the schema
        prompts=tuple(provider.prompts(merged, "request", ("targetText" if text(merged, "targetText") else "text", "speech"))),
        sampling=provider.sampled("request", asked, limits, leave_out=_TEXTS),
        outputs=tuple(Output(url[: limits.name], "response") for url in (text(told, "outputUrl", "url", "audioUrl"),) if url),
        raw=provider.raw(source),
        contradictions=tuple(_remarks(asked, told)),
        fields={"actions": ["dub"]} if languages else {},
    )


def _packed(merged: dict[str, Any]) -> dict[str, Any]:
    """The same with the recording of a voice as what it is: its bytes, unless it is an address."""
    spoken = {key: merged[key] for key in ("voiceReference", "voice_reference") if isinstance(merged.get(key), str)}
    return {**merged, **{key: {"data": value} for key, value in spoken.items() if "://" not in value and not value.startswith("data:")}}


def _remarks(asked: Any, told: Any) -> Iterator[Contradiction]:
    status = text(told, "status", "state")
    if status and status.lower() not in {"completed", "complete", "succeeded", "success", "done", "ok"}:
        yield Contradiction("not_finished", "The job had not succeeded when this answer was taken.")
    if any(at(side, *path) is True for side in (asked, told) for path in (("publish",), ("voiceProfile", "publish"))):
        yield Contradiction(
            "voice_published", "The voice profile is published, so that others can use it; ask whether the consent allows that."
        )
