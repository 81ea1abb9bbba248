"""ElevenLabs: speech, dialogue, a changed voice, dubbing, music and sounds, by history item, request or job.

Each voice is a model of its own, so that a consent can be tied to it; what the service says of the voice's verification is kept beside it, as
evidence and not as a consent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Prompt, Sampling, Scalar, Source
from service.ingest.provider import at, listed, text

NAME = "elevenlabs"
_TEXTS = ("text", "prompt", "voice_id", "voice_name", "model_id", "history_item_id", "request_id", "audio", "source_url", "target_lang")
_NO_VOICE = {"sound-effects", "sound_effects", "SFX", "music"}


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer is a history item or a dubbing job."""
    if source.provider is not None:
        return source.provider == NAME
    content = (source.response or b"")[:65_536]
    return b'"history_item_id"' in content or b'"dubbing_id"' in content


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and history item say together."""
    both = provider.exchange(source, limits)
    item, asked = both.response, both.request
    model = text(item, "model_id") or text(asked, "model_id")
    inputs = tuple(_inputs(asked, limits))
    dubbed = text(item, "dubbing_id") or text(asked, "target_lang")
    return Draft(
        adapter=NAME,
        tool="ElevenLabs",
        provider=NAME,
        job_id=text(item, "history_item_id", "dubbing_id", "song_id", "song-id", "request_id", "request-id"),
        at=provider.unix(at(item, "date_unix")),
        models=(*((Model(model[: limits.name], "hosted", "model_id"),) if model else ()), *_voices(item, asked, limits)),
        inputs=inputs,
        prompts=tuple(_prompts(item, asked)),
        sampling=_sampling(item, asked, limits),
        raw=provider.raw(source),
        contradictions=tuple(_remarks(item, driven=bool(inputs))),
        fields={"actions": ["dub"]} if dubbed else {},
    )


def _lines(item: Any, asked: Any) -> list[Any]:
    """The lines of a dialogue, each with its voice."""
    return (listed(at(item, "dialogue")) or listed(at(asked, "inputs")))[:1000]


def _voices(item: Any, asked: Any, limits: Limits) -> Iterator[Model]:
    voice = text(item, "voice_id") or text(item, "voice") or text(asked, "voice_id")
    if voice:
        yield Model(
            voice[: limits.name], "voice", "voice_id", _verified(at(item, "voice", "voice_verification")), version=text(item, "voice_name")
        )
    seen = {voice}
    for line in _lines(item, asked):
        name = text(line, "voice_id")
        if name and name not in seen:
            seen.add(name)
            yield Model(name[: limits.name], "voice", "dialogue.voice_id", version=text(line, "voice_name"))


def _verified(verification: Any) -> dict[str, Scalar]:
    """What the service found when it asked the speaker to prove who is speaking: the accepted attempt, else how many failed."""
    found: dict[str, Scalar] = {
        f"verification.{key}": value for key in ("requires_verification", "is_verified") if isinstance(value := at(verification, key), bool)
    }
    attempts = listed(at(verification, "verification_attempts"))[:100]
    accepted = next((entry for entry in attempts if at(entry, "accepted") is True), None)
    if attempts:
        found["verification.attempts"] = len(attempts)
    for key in ("similarity", "levenshtein_distance", "date_unix"):
        value = at(accepted, key)
        if value is not None and not isinstance(value, (dict, list)):
            found[f"verification.{key}"] = value
    recording = text(at(accepted, "recording"), "recording_id")
    return {**found, "verification.recording_id": recording} if recording else found


def _prompts(item: Any, asked: Any) -> Iterator[Prompt]:
    """What is spoken, or what is asked for where nobody speaks."""
    source, model = text(item, "source") or "", text(item, "model_id") or text(asked, "model_id") or ""
    use: Literal["positive", "speech"] = "positive" if source in _NO_VOICE or "sound" in model or "music" in model else "speech"
    spoken = item if text(item, "text") else asked
    yield from provider.prompts(spoken, "request", ("text", use))
    yield from provider.prompts(asked, "request", ("prompt", "positive"))
    for line in _lines(item, asked):
        yield from provider.prompts(line, "dialogue", ("text", "speech"))


def _inputs(asked: Any, limits: Limits) -> Iterator[Input]:
    """A voice is changed from somebody's performance; a dub is made from a film or its sound."""
    yield from provider.media(at(asked, "audio"), "driving_performance", "request.audio", limits)
    for key in ("source_url", "file"):
        yield from provider.media(at(asked, key), "source_video", f"request.{key}", limits)


def _sampling(item: Any, asked: Any, limits: Limits) -> tuple[Sampling, ...]:
    given = at(item, "settings") or at(asked, "voice_settings")
    settings = {**provider.plain(given, limits), **provider.plain(asked, limits, leave_out=frozenset({"seed", *_TEXTS}))}
    seed = provider.whole(asked, "seed")
    return (Sampling("settings", seed, settings),) if settings or seed is not None else ()


def _remarks(item: Any, *, driven: bool) -> Iterator[Contradiction]:
    verification = at(item, "voice", "voice_verification")
    if at(verification, "requires_verification") is True and at(verification, "is_verified") is not True:
        yield Contradiction("voice_not_verified", "The provider asks for a verification of this voice, and there is none.")
    if text(item, "source") == "STS" and not driven:
        yield Contradiction(
            "driver_unknown", "A voice was changed, and nothing says whose performance it was; state the recording as an input."
        )
