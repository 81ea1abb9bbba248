"""Veo and Imagen, by their requests and answers: the REST shapes of Vertex AI and the Gemini API, and the SDK's snake case.

The request is {"model", "body": {"instances", "parameters"}}, that body alone, or the SDK's {"model", "prompt", "config"}. The answer is the
long-running operation of a video, or the predictions of an image. The provider may rewrite the prompt; both texts are kept.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from service.ingest import gemini, provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Output, Prompt, Role, Sampling, Source
from service.ingest.provider import Exchange, at, listed, text, whole

NAME = "google"
_MODEL = re.compile(r"(?:models/|\A)((?:veo|imagen|gemini)[A-Za-z0-9.\-]*)")
_OPERATION = re.compile(r"(\A|/)operations/[A-Za-z0-9_\-]+\Z")
_PROMPTS = frozenset({"prompt", "negativePrompt", "negative_prompt", "seed"})
_ROLES: tuple[tuple[tuple[str, ...], Role], ...] = (
    (("image",), "first_frame"),
    (("video",), "source_video"),
    (("lastFrame", "last_frame"), "last_frame"),
    (("mask",), "mask"),
)
_REFERENCES: Mapping[str, Role] = {
    "MASK": "mask", "CONTROL": "control", "RAW": "initial_image", "SUBJECT": "character_reference", "STYLE": "style_reference",
}  # fmt: skip


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or an operation's name or a model's name does; conversations are Gemini's."""
    if gemini.detect(source):
        return False
    if source.provider is not None:
        return source.provider in {NAME, "veo", "imagen", "vertex"}
    sides = [side[:65_536].decode("utf-8", "replace") for side in (source.request, source.response) if side]
    return any(re.search(r'"(?:[^"]*models/|)(?:veo|imagen)-[0-9]', side) for side in sides)


def read(source: Source, limits: Limits) -> Draft:
    """Return what the exchange in `source` says about one run."""
    both = provider.exchange(source, limits)
    inner = both.request.get("body")
    body = inner if isinstance(inner, Mapping) else both.request
    given = at(body, "parameters") or at(body, "config") or {}
    instances = [entry for entry in listed(at(body, "instances")) if isinstance(entry, Mapping)] or [body]
    models = _models(both, body)
    return Draft(
        adapter=NAME,
        tool=_tool(models) or _SAID.get(source.provider or ""),
        provider=NAME,
        job_id=text(both.response, "name"),
        at=text(at(both.response, "metadata"), "createTime", "create_time"),
        models=tuple(Model(name, "hosted", where) for name, where in list(models.items())[:1]),
        inputs=tuple(_inputs(instances, given, limits)),
        prompts=tuple(_prompts(instances, given, both.response)),
        sampling=(Sampling("request", whole(given, "seed"), provider.plain(given, limits, leave_out=_PROMPTS)),),
        outputs=tuple(_outputs(both.response, limits)),
        raw=provider.raw(source),
        contradictions=tuple(_remarks(both, models)),
    )


_SAID = {"veo": "Veo", "imagen": "Imagen"}


def _models(both: Exchange, body: Any) -> dict[str, str]:
    """Model name → where it stood, in order of worth: what ran (the operation's name) before what was asked for."""
    places = (
        ("response.name", text(both.response, "name")),
        ("request.model", text(both.request, "model") or text(body, "model")),
        ("request.url", text(both.request, "url")),
    )
    found: dict[str, str] = {}
    for where, value in places:
        match = _MODEL.search(value or "")
        if match:
            found.setdefault(match[1], where)
    return found


def _tool(models: Mapping[str, str]) -> str | None:
    name = next(iter(models), "")
    return {"veo": "Veo", "imagen": "Imagen", "gemini": "Gemini"}.get(re.split(r"[-.]", name)[0])


def _inputs(instances: list[Any], given: Any, limits: Limits) -> Iterator[Input]:
    for number, instance in enumerate(instances):
        for keys, role in _ROLES:
            for key in keys:
                for holder in (instance, given):
                    yield from provider.media(at(holder, key), role, f"request.{number}.{key}", limits)
        references = at(instance, "referenceImages") or at(given, "referenceImages") or at(given, "reference_images")
        for entry in listed(references)[: limits.found]:
            kind = (text(entry, "referenceType", "reference_type") or "").upper().removeprefix("REFERENCE_TYPE_")
            image = at(entry, "image") or at(entry, "referenceImage") or at(entry, "reference_image")
            yield from provider.media(image, _REFERENCES.get(kind, "reference"), f"request.{number}.referenceImages", limits)


def _prompts(instances: list[Any], given: Any, response: Mapping[str, Any]) -> Iterator[Prompt]:
    typed = [(number, text(instance, "prompt")) for number, instance in enumerate(instances)]
    for number, words in typed:
        if words:
            yield Prompt(words, "positive", f"request.{number}.prompt")
    negative = text(given, "negativePrompt", "negative_prompt")
    if negative:
        yield Prompt(negative, "negative", "request.negativePrompt")
    for number, entry in enumerate(_samples(response)):
        words = text(entry, "prompt", "enhancedPrompt", "enhanced_prompt")
        if words and words not in {known for _, known in typed}:
            yield Prompt(words, "enhanced", f"response.{number}.prompt")


def _samples(response: Mapping[str, Any]) -> list[Any]:
    """The generated files of any of the shapes."""
    inner = at(response, "response") or at(response, "result") or response
    for path in (
        ("videos",),
        ("generateVideoResponse", "generatedSamples"),
        ("generatedVideos",),
        ("generated_videos",),
        ("generatedImages",),
        ("generated_images",),
        ("predictions",),
    ):
        found = at(inner, *path)
        if isinstance(found, list):
            return found
    return []


def _outputs(response: Mapping[str, Any], limits: Limits) -> Iterator[Output]:
    for number, entry in enumerate(_samples(response)[: limits.found]):
        holder = at(entry, "video") or at(entry, "image") or entry
        address = text(holder, "gcsUri", "gcs_uri", "uri", "url")
        yield Output((address or f"sample {number}")[: limits.name], f"response.{number}")


def _remarks(both: Exchange, models: Mapping[str, str]) -> Iterator[Contradiction]:
    if len(models) > 1:
        names = ", ".join(f"{name} ({where})" for name, where in models.items())
        sides = tuple(f"{where}: {name}" for name, where in models.items())
        yield Contradiction("model_differs", f"Request and answer name different models: {names}. What ran is taken.", sides)
    if both.response and not models:
        yield Contradiction(
            "model_unnamed", "Neither request nor answer names the model; add its name or the address that was called to the request."
        )
    if both.response.get("done") is False:
        yield Contradiction("not_finished", "The operation was not done when this answer was taken; its files may be incomplete.")
    if both.response.get("error"):
        yield Contradiction("provider_error", "The provider reports an error for this operation; the file may come from another one.")
    name = text(both.response, "name")
    if name and not _OPERATION.search(name):
        yield Contradiction("odd_operation_name", "The answer's name is not that of an operation, so the job cannot be looked up by it.")
    if (whole(at(both.response, "response"), "raiMediaFilteredCount", "rai_media_filtered_count") or 0) > 0:
        yield Contradiction("filtered", "The provider filtered part of the result; read its reasons in the raw answer.")
