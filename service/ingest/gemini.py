"""Gemini's pictures: a conversation goes in, a candidate with parts comes out, in REST's camel case or the SDK's snake case.

A conversation may hold pictures from both sides; all of them are references. What the service refused is said, not taken for a result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from service.ingest import provider
from service.ingest.draft import Contradiction, Draft, Input, Limits, Model, Prompt, Sampling, Source
from service.ingest.provider import at, listed, text, whole

NAME = "gemini"
_MODEL = re.compile(r"(?:models/|\A)([A-Za-z][A-Za-z0-9.\-]{2,100})")
_FINE = {"STOP", "MAX_TOKENS", "FINISH_REASON_UNSPECIFIED"}


def detect(source: Source) -> bool:
    """Tell whether the exchange is a conversation: contents of parts that were sent, or candidates that came back."""
    if source.provider == NAME:
        return True
    if source.provider not in {None, "google", "imagen", "vertex"}:
        return False
    request, response = (source.request or b"")[:65_536], (source.response or b"")[:65_536]
    answered = (b'"candidates"' in response or b'"promptFeedback"' in response) and (
        b'"modelVersion"' in response or b'"model_version"' in response
    )
    return answered or (b'"contents"' in request and (b"gemini" in request or source.provider is not None))


def read(source: Source, limits: Limits) -> Draft:
    """Return what the exchange in `source` says about one run."""
    both = provider.exchange(source, limits)
    inner = both.request.get("body")
    asked = inner if isinstance(inner, Mapping) else both.request
    given = at(asked, "generationConfig") or at(asked, "generation_config") or at(asked, "config") or {}
    told = text(both.response, "modelVersion", "model_version") or text(both.request, "model") or text(both.request, "url")
    model = _MODEL.search(told or "")
    parts = list(_parts(asked, given, limits))
    seed = whole(given, "seed")
    settings = provider.plain(given, limits, leave_out=frozenset({"seed"}))
    return Draft(
        adapter=NAME,
        tool="Gemini",
        provider="google",
        job_id=text(both.response, "responseId", "response_id"),
        at=text(both.response, "createTime", "create_time"),
        models=(Model(model[1], "hosted", "response.modelVersion" if "modelVersion" in both.response else "request.model"),)
        if model
        else (),
        inputs=tuple(_inputs(parts, limits)),
        prompts=tuple(_prompts(parts)),
        sampling=(Sampling("request", seed, settings),) if settings or seed is not None else (),
        raw=provider.raw(source),
        contradictions=tuple(_remarks(both.response)),
    )


def _parts(asked: Any, given: Any, limits: Limits) -> Iterator[tuple[str, str, Any]]:
    """(where, whose, part) of the conversation and of the instruction above it."""
    contents = at(asked, "contents")
    turns = contents if isinstance(contents, list) else [contents]
    for number, turn in enumerate(turns[: limits.found]):
        parts = at(turn, "parts")
        for part in parts[: limits.found] if isinstance(parts, list) else [parts if parts is not None else turn]:
            yield f"request.contents.{number}", text(turn, "role") or "user", part
    for key in ("systemInstruction", "system_instruction"):
        for holder in (asked, given):
            instruction = at(holder, key)
            parts = at(instruction, "parts")
            for part in parts[:100] if isinstance(parts, list) else [instruction]:
                yield f"request.{key}", "user", part


def _prompts(parts: list[tuple[str, str, Any]]) -> Iterator[Prompt]:
    for where, whose, part in parts:
        words = part if isinstance(part, str) else text(part, "text")
        if words and words.strip() and whose != "model":
            yield Prompt(words, "positive", where)


def _inputs(parts: list[tuple[str, str, Any]], limits: Limits) -> Iterator[Input]:
    for where, _, part in parts:
        for key in ("inlineData", "inline_data", "fileData", "file_data"):
            if at(part, key) is not None:
                yield from provider.media(at(part, key), "reference", where, limits)


def _remarks(response: Any) -> Iterator[Contradiction]:
    blocked = text(at(response, "promptFeedback") or at(response, "prompt_feedback"), "blockReason", "block_reason")
    ended = {text(entry, "finishReason", "finish_reason") for entry in listed(at(response, "candidates"))[:100]}
    reasons = sorted(({blocked} | ended) - _FINE - {None}, key=str)
    if reasons:
        yield Contradiction(
            "filtered", f"The provider ended with {', '.join(map(str, reasons))[:200]}; what came out is filtered or not there."
        )
