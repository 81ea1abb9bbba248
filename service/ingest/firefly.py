"""Adobe Firefly: a job by its urn, its outputs with a seed each, and the pictures that set structure, style or composition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Role, Sampling, Source
from service.ingest.provider import at, listed, text

NAME = "firefly"
_PLACES: Final[tuple[tuple[tuple[str, ...], Role], ...]] = (
    (("structure", "imageReference"), "control"),
    (("style", "imageReference"), "style_reference"),
    (("image",), "initial_image"),
    (("image", "mask"), "mask"),
    (("mask",), "mask"),
    (("source",), "initial_image"),
)
_TEXTS = ("prompt", "negativePrompt", "customModelId", "seeds")


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer is a Firefly job: a urn of that service, or its address."""
    if source.provider is not None:
        return source.provider in {NAME, "adobe", "adobe_firefly"}
    content = (source.response or b"")[:65_536]
    return (b'"jobId"' in content and (b"urn:ff:" in content or b"firefly" in content)) or (
        b'"contentClass"' in content and b'"outputs"' in content
    )


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and finished job say together."""
    both = provider.exchange(source, limits)
    asked = both.request
    inner = at(both.response, "result")
    job = inner if isinstance(inner, dict) else both.response
    outputs = listed(at(job, "outputs"))[: limits.found]
    return Draft(
        adapter=NAME,
        tool="Adobe Firefly",
        provider=NAME,
        job_id=text(both.response, "jobId") or text(job, "jobId"),
        at=text(job, "completedAt", "createdAt"),
        models=tuple(_models(asked, job, limits)),
        inputs=tuple(_inputs(asked, limits)),
        prompts=tuple(provider.prompts(asked, "request", ("prompt", "positive"), ("negativePrompt", "negative"))),
        sampling=tuple(_sampling(asked, outputs, limits)),
        outputs=tuple(_outputs(outputs, limits)),
        raw=provider.raw(source),
        contradictions=tuple(_remarks(both.response, job, asked)),
    )


def _models(asked: Any, job: Any, limits: Limits) -> Iterator[Model]:
    version = text(asked, "modelVersion") or text(job, "modelVersion", "version")
    if version:
        yield Model(f"firefly {version}"[: limits.name], "hosted", "modelVersion", version=version)
    own = text(asked, "customModelId")
    if own:
        yield Model(own[: limits.name], "adapter", "request.customModelId")


def _inputs(asked: Any, limits: Limits) -> Iterator[Input]:
    for path, role in _PLACES:
        place = at(asked, *path)
        where = f"request.{'.'.join(path)}"
        for value in (at(place, "source"), place):
            upload = text(value, "uploadId", "creativeCloudFileId")
            if upload:
                yield Input(upload[: limits.name], role, where, identifiers=(("firefly.upload", upload[: limits.name]),))
            elif text(value, "url"):
                yield from provider.media(value, role, where, limits)
    for number, entry in enumerate(listed(at(asked, "image", "conditions"))[: limits.found]):
        place = at(entry, "placement", "position")
        frame: Role = "first_frame" if place == 0 else "last_frame" if place == 1 else "keyframe"
        yield from provider.media(at(entry, "source"), frame, f"request.image.conditions.{number}", limits)


def _sampling(asked: Any, outputs: list[Any], limits: Limits) -> Iterator[Sampling]:
    """A seed for each output; the request's seeds only where the job names none."""
    settings = provider.plain(asked, limits, leave_out=frozenset(_TEXTS))
    seeds = [seed for entry in outputs if (seed := provider.whole(entry, "seed")) is not None]
    asked_for = at(asked, "seeds")
    seeds = seeds or [
        each for each in (asked_for if isinstance(asked_for, list) else []) if isinstance(each, int) and not isinstance(each, bool)
    ]
    for number, seed in enumerate(seeds[:100]):
        yield Sampling(f"outputs.{number}", seed, settings)
    if not seeds and settings:
        yield Sampling("request", None, settings)


def _outputs(outputs: list[Any], limits: Limits) -> Iterator[Output]:
    for number, entry in enumerate(outputs):
        for kind in ("image", "video", "audio"):
            url = text(at(entry, kind), "url", "presignedUrl")
            if url:
                yield Output(url[: limits.name], f"outputs.{number}.{kind}")


def _remarks(response: Any, job: Any, asked: Any) -> Iterator[Contradiction]:
    status = text(response, "status") or text(job, "status")
    if status and status.lower() not in {"succeeded", "completed"}:
        yield Contradiction("not_finished", "The job had not succeeded when this answer was taken.")
    if response and not asked:
        yield Contradiction("no_request", "The job does not repeat what was asked; hand over the request as well.")
    if text(job, "promptHasDeniedWords", "promptHasBlockedArtists") or at(job, "promptHasBlockedArtists") is True:
        yield Contradiction("artist_named", "The service found a blocked artist or denied words in the prompt.")
