"""DeepMotion (Animate 3D, SayMotion): a job by its `rid`. Whoever moves in the source video performs, so the video is the driving performance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Sampling, Source
from service.ingest.provider import at, listed, text

NAME = "deepmotion"


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer is a job of this service: a `rid` with a state or links."""
    if source.provider is not None:
        return source.provider == NAME
    content = (source.response or b"")[:65_536]
    return b'"rid"' in content and (b'"links"' in content or b'"status"' in content)


def read(source: Source, limits: Limits) -> Draft:
    """Return what request and job say together."""
    both = provider.exchange(source, limits)
    job = _job(both.response)
    asked = {**_parameters(job), **both.request, **_parameters(both.request)}
    rid = text(both.response, "rid") or text(job, "rid") or text(both.request, "rid")
    spoken = text(asked, "prompt", "text")
    video = tuple(_inputs(asked, job, limits))
    return Draft(
        adapter=NAME,
        tool="DeepMotion SayMotion" if spoken else "DeepMotion Animate 3D",
        provider=NAME,
        job_id=rid,
        at=provider.unix(at(job, "ctime")) or text(job, "created_at"),
        models=tuple(_models(asked, limits)),
        inputs=video,
        prompts=tuple(provider.prompts(asked, "request", ("prompt" if text(asked, "prompt") else "text", "positive"))),
        sampling=_sampling(asked, limits),
        outputs=tuple(_outputs(both.response, job, limits)),
        raw=provider.raw(source),
        contradictions=tuple(_remarks(job, both.response, moved=bool(video or spoken))),
        fields={"modalities": ["motion"], "actions": ["generate" if spoken else "transfer"]} if rid else {},
        asset={"type": "motion"} if rid else {},
    )


def _job(response: Any) -> Mapping[str, Any]:
    """The one job of an answer, wherever the call puts it."""
    for path in (("status", 0), ("links", 0), ("list", 0)):
        found = at(response, *path)
        if isinstance(found, Mapping):
            return found
    return response if isinstance(response, Mapping) else {}


def _parameters(value: Any) -> dict[str, Any]:
    """Parameters are sent as a list of `name=value` texts."""
    found = at(value, "params") or at(value, "parameters")
    if isinstance(found, Mapping):
        return dict(found)
    pairs = [entry.partition("=") for entry in found if isinstance(entry, str)] if isinstance(found, list) else []
    return {name.strip(): word.strip() for name, sign, word in pairs if sign}


def _models(asked: Any, limits: Limits) -> Iterator[Model]:
    character = text(asked, "model")
    if character:
        yield Model(character[: limits.name], "motion", "request.model", settings={"what": "the character that the motion is put on"})


def _inputs(asked: Any, job: Any, limits: Limits) -> Iterator[Input]:
    for key in ("url", "video", "video_url"):
        if text(asked, key):
            yield from provider.media(at(asked, key), "driving_performance", f"request.{key}", limits)
            return
    name = text(job, "fileName", "file_name", "input") or text(asked, "filename", "name")
    if name:
        yield Input(name[: limits.name], "driving_performance", "response.fileName")


def _sampling(asked: Any, limits: Limits) -> tuple[Sampling, ...]:
    left = frozenset({"url", "video", "video_url", "rid", "prompt", "text", "model", "seed", "filename", "name"})
    settings = provider.plain(asked, limits, leave_out=left)
    return (Sampling("request.params", provider.whole(asked, "seed"), settings),) if settings else ()


def _outputs(response: Any, job: Any, limits: Limits) -> Iterator[Output]:
    for link in (*listed(at(response, "links")), *listed(at(job, "links")))[:100]:
        for part in listed(at(link, "urls")):
            for entry in listed(at(part, "files")):
                for kind, url in entry.items() if isinstance(entry, Mapping) else ():
                    if isinstance(url, str):
                        yield Output(url[: limits.name], f"links.{kind}"[:200], preview=kind in {"png", "jpg", "mp4"})


def _remarks(job: Any, response: Any, *, moved: bool) -> Iterator[Contradiction]:
    state = text(job, "status")
    if state and state.upper() != "SUCCESS":
        yield Contradiction("not_finished", "The job had not succeeded when this answer was taken.")
    if response and not moved:
        yield Contradiction("driver_unknown", "Nothing says who or what moved: hand over the request with the source video.")
