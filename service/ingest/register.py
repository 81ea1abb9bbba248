"""The adapters, and what several of them say about one file put side by side.

A new generator is one file with `NAME`, `detect` and `read`, and one line here. Detection looks at content only.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, permutations
from typing import TypeVar

from service.ingest import (
    a1111,
    aigc,
    c2pa,
    comfyui,
    declared,
    deepdub,
    deepmotion,
    elevenlabs,
    firefly,
    fooocus,
    gemini,
    google,
    invokeai,
    iptc,
    kling,
    luma,
    novelai,
    openai_media,
    respeecher,
    runway,
    stability,
    swarmui,
)
from service.ingest.declared_tools import known
from service.ingest.draft import GRADES, Contradiction, Draft, Limits, Source

T = TypeVar("T")

_LABELS = {c2pa.NAME: "The credentials", iptc.NAME: "The XMP fields", aigc.NAME: "The labels"}
"""Adapters that read what a file says about itself, rather than what made it."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """One generator's reader: `detect` is cheap and looks at content; `read` gives a draft or raises a problem."""

    name: str
    detect: Callable[[Source], bool]
    read: Callable[[Source, Limits], Draft]


ADAPTERS: tuple[Adapter, ...] = tuple(
    Adapter(module.NAME, module.detect, module.read)
    for module in (
        gemini,
        google,
        luma,
        runway,
        kling,
        openai_media,
        stability,
        firefly,
        elevenlabs,
        deepdub,
        respeecher,
        deepmotion,
        comfyui,
        invokeai,
        a1111,
        fooocus,
        swarmui,
        novelai,
        declared,
        c2pa,
        iptc,
        aigc,
    )
)
"""In order of worth: whoever comes first wins where two say different things; all that both say is kept."""


_ALSO: Mapping[str, str] = {
    "sora": "openai", "gptimage": "openai", "dalle": "openai", "vertexai": "vertex", "googlevertexai": "vertex", "googleveo": "veo",
    "googleimagen": "imagen", "googlegemini": "gemini", "nanobanana": "gemini", "lumaai": "luma", "lumalabs": "luma", "dreammachine": "luma",
    "runwayml": "runway", "klingai": "kling", "kuaishou": "kling", "stabilityai": "stability", "adobefirefly": "firefly", "adobe": "firefly",
    "eleven": "elevenlabs", "11labs": "elevenlabs", "comfy": "comfyui", "animate3d": "deepmotion", "saymotion": "deepmotion",
}  # fmt: skip
PROVIDERS = (
    "comfyui", "deepdub", "deepmotion", "elevenlabs", "firefly", "gemini", "google", "imagen", "kling", "luma", "openai", "respeecher", "runway",
    "stability", "veo", "vertex",
)  # fmt: skip
"""Whose requests and answers are read."""


def provider_named(word: str) -> str:
    """The provider that a caller means, however it is spelt; an unknown one as it stands."""
    plain = re.sub(r"[^a-z0-9]", "", word.lower())
    found = _ALSO.get(plain, plain)
    return found if knows(found) else word


def knows(provider: str) -> bool:
    """Tell whether anything here reads what comes from `provider`: an adapter, or the sheet of a tool that leaves nothing else."""
    return provider in PROVIDERS or provider == declared.NAME or known(provider) is not None


def read(source: Source, limits: Limits | None = None, *, only: str | None = None) -> tuple[Draft, ...]:
    """Return the draft of every adapter that knows something in `source` (or of the one named `only`); () when none does."""
    bounds = limits or Limits()
    chosen = [adapter for adapter in ADAPTERS if only in {None, adapter.name}]
    return tuple(adapter.read(source, bounds) for adapter in chosen if adapter.detect(source))


def merge(drafts: Iterable[Draft]) -> Draft:
    """Return one draft of several about the same file: first come, first believed; disagreement is listed.

    The grade of the whole is the best that any of them has, since each found thing keeps its own.
    """
    several = list(drafts)
    return Draft(
        adapter="+".join(draft.adapter for draft in several)[:100],
        tool=_first(draft.tool for draft in several),
        tool_version=_first(draft.tool_version for draft in several),
        provider=_first(draft.provider for draft in several),
        job_id=_first(draft.job_id for draft in several),
        at=_first(draft.at for draft in several),
        origin=_first(draft.origin for draft in several),
        digital_source_type=_first(draft.digital_source_type for draft in several),
        models=_together(draft.models for draft in several),
        inputs=_together(draft.inputs for draft in several),
        prompts=_together(draft.prompts for draft in several),
        sampling=_together(draft.sampling for draft in several),
        outputs=_together(draft.outputs for draft in several),
        raw=_together(draft.raw for draft in several),
        unread=_together(draft.unread for draft in several),
        contradictions=(*_together(draft.contradictions for draft in several), *_disagreements(several)),
        tool_class=next((draft.tool_class for draft in several if draft.tool), several[0].tool_class if several else None),
        fields={name: value for draft in reversed(several) for name, value in draft.fields.items()},
        asset={name: value for draft in reversed(several) for name, value in draft.asset.items()},
        grade=max((draft.grade for draft in several), key=GRADES.index),
    )


def _first(told: Iterable[str | None]) -> str | None:
    return next((value for value in told if value is not None), None)


def _together(found: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(chain.from_iterable(found))


def _disagreements(drafts: list[Draft]) -> list[Contradiction]:
    """Where a manifest and a tool's own record cannot both be right."""
    found = []
    makers = [draft for draft in drafts if draft.adapter not in _LABELS and (draft.models or draft.sampling)]
    labelled = [draft for draft in drafts if draft.adapter in _LABELS and draft.origin]
    for draft in labelled:
        if makers and draft.origin in {"camera", "hand_made"}:
            says = f"{_LABELS[draft.adapter]} say {draft.digital_source_type}, but the {makers[0].adapter} metadata shows a generation."
            told_apart = (f"{draft.adapter}: {draft.digital_source_type or draft.origin}", f"{makers[0].adapter}: generated")
            found.append(Contradiction("origin_differs", says, told_apart))
    if len({draft.origin for draft in labelled}) > 1:
        told = ", ".join(f"{draft.adapter} {draft.origin}" for draft in labelled)
        sides = tuple(f"{draft.adapter}: {draft.origin}" for draft in labelled)
        found.append(Contradiction("origin_differs", f"What the file says of its origin differs: {told}.", sides))
    days = {draft.adapter: day for draft in drafts if (day := _day(draft.at))}
    if any(_apart(*pair) for pair in permutations(days.items(), 2)):
        told = ", ".join(f"{adapter} {day}" for adapter, day in days.items())
        sides = tuple(f"{adapter}: {day}" for adapter, day in days.items())
        found.append(Contradiction("time_differs", f"The sources name days that cannot all be right: {told}.", sides))
    return found


def _day(at: str | None) -> date | None:
    try:
        return date.fromisoformat((at or "")[:10].replace(":", "-"))
    except ValueError:
        return None


def _apart(one: tuple[str, date], other: tuple[str, date]) -> bool:
    """Whether the first lies before the second by more than clocks and places of the world may differ, and should not.

    The time of credentials is that of their signature, which comes after the making and may come long after; never before.
    """
    return other[0] != c2pa.NAME and one[1] + timedelta(days=1) < other[1]
