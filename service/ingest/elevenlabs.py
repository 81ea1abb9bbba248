"""ElevenLabs: a line of speech by its history item. The voice is a model of its own, so that a consent can be tied to it."""

from __future__ import annotations

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Limits, Model, Source
from service.ingest.provider import at, text

NAME = "elevenlabs"
_TEXTS = ("text", "voice_id", "voice_name", "model_id", "history_item_id", "request_id")


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer is a history item."""
    if source.provider is not None:
        return source.provider == NAME
    return b'"history_item_id"' in (source.response or b"")[:65_536]


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and history item say together."""
    both = provider.exchange(source, limits)
    item, asked = both.response, both.request
    voice = text(item, "voice_id") or text(asked, "voice_id")
    model = text(item, "model_id") or text(asked, "model_id")
    spoken = item if text(item, "text") else asked
    verification = at(item, "voice", "voice_verification")
    remarks = []
    if at(verification, "requires_verification") is True and at(verification, "is_verified") is not True:
        remarks.append(Contradiction("voice_not_verified", "The provider asks for a verification of this voice, and there is none."))
    models = [Model(model[: limits.name], "hosted", "model_id")] if model else []
    if voice:
        models.append(Model(voice[: limits.name], "voice", "voice_id", version=text(item, "voice_name")))
    return Draft(
        adapter=NAME,
        tool="ElevenLabs",
        provider=NAME,
        job_id=text(item, "history_item_id", "request_id"),
        at=provider.unix(at(item, "date_unix")),
        models=tuple(models),
        prompts=tuple(provider.prompts(spoken, "request", ("text", "speech"))),
        sampling=provider.sampled("settings", at(item, "settings") or at(asked, "voice_settings"), limits, leave_out=_TEXTS),
        raw=provider.raw(source),
        contradictions=tuple(remarks),
    )
