"""The same question again: what was worked out stands while nothing that it looked at has changed.

A pipeline asks about one shot many times, and often several of its machines at once. Facts follow from records and the question,
findings from facts and packs; so both are kept for a while with the records they were read from, and one look at the entries since
says whether any of them, or anything that newly refers to them, could make a difference. In doubt it is worked out anew. Facts hold
nothing secret; the names in the sentences are kept with them. What is older than `SECONDS` is never told again, and goes at the next
question that is worked out.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Final

from service.context import Context
from service.decisions.question import Asked
from service.facts.since import changed
from service.rules.findings import Evaluation

KEPT: Final = 40_000
"""Answers are kept until so many records were looked at for them, the longest unasked going first."""
LARGE: Final = 5_000
"""An answer from more records than this is not kept."""
SECONDS: Final = 300.0
"""No answer is kept for longer."""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Findings in the words of an answer, and the people (id and version of the record) who are called by name in it."""

    words: dict[str, Any]
    opened: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Worked:
    """What was worked out at a size of the log: facts, the records they were read from, and the findings with their bytes."""

    size: int
    document: Mapping[str, Any]
    read: Mapping[str, int]
    ids: frozenset[str]
    governed: bytes
    evaluation: Evaluation
    findings: bytes
    since: float = field(default_factory=time.monotonic)
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What of it is content already, and how a record names that: the same answer is not written twice."""
    told: dict[Key, Told] = field(default_factory=dict)
    """The findings in words, by what a reader may see."""


_WORKED: Final[OrderedDict[Key, Worked]] = OrderedDict()
_LOCK: Final = Lock()
_AT_WORK: Final[dict[Key, tuple[Lock, int]]] = {}


def worked(context: Context, asked: Asked, intent: bytes, governed: bytes, work: Callable[[], Worked]) -> Worked:
    """Return what was worked out for the question and still stands, else what `work` gives.

    Of several who ask the same at once one works it out and the others wait for it.
    """
    key = _key(context, asked, intent)
    if key is None:
        return work()
    found = _known(context, key, asked, governed)
    if found is None:
        with _alone(key):
            found = _known(context, key, asked, governed) or _keep(key, work())
    return found


def comparable(asked: Asked) -> bool:
    """Tell whether entries since can be compared with what the question looked at.

    Not for one that is planned, hypothetical or of the past, nor for a whole title, whose content is not looked at one by one.
    """
    question = asked.question
    beyond = question.hypothetical or question.planned is not None or question.known_at is not None
    return not beyond and not any(name.startswith("prd_") for name in asked.subjects)


def _key(context: Context, asked: Asked, intent: bytes) -> Key | None:
    """What makes two questions one; None for a question that is not kept."""
    if not comparable(asked):
        return None
    question = asked.question
    return (context.studio_id, asked.subjects, question.act, asked.at, asked.production, question.ahead, intent)


def _known(context: Context, key: Key, asked: Asked, governed: bytes) -> Worked | None:
    with _LOCK:
        found = _WORKED.get(key)
    if found is None or found.governed != governed:
        return None
    now = max(asked.known_at, found.size)  # somebody who asked a moment later may have worked it out meanwhile
    if time.monotonic() - found.since > SECONDS or changed(context, found.ids, found.size, now):
        with _LOCK:
            _WORKED.pop(key, None)
        return None
    return _keep(key, replace(found, size=now))


def _keep(key: Key, made: Worked) -> Worked:
    with _LOCK:
        if len(made.ids) <= LARGE:
            _WORKED[key] = made
            _WORKED.move_to_end(key)
        _drop(time.monotonic() - SECONDS)
    return made


def _drop(before: float) -> None:
    """Let go of what is too old, and of the longest unasked where there is too much."""
    for key in [name for name, one in _WORKED.items() if one.since < before]:
        del _WORKED[key]
    held = sum(len(one.ids) for one in _WORKED.values())
    while held > KEPT:
        held -= len(_WORKED.popitem(last=False)[1].ids)


@contextmanager
def _alone(key: Key) -> Iterator[None]:
    """Hold the one place there is for working out a question."""
    with _LOCK:
        lock, waiting = _AT_WORK.get(key) or (Lock(), 0)
        _AT_WORK[key] = (lock, waiting + 1)
    try:
        with lock:
            yield
    finally:
        with _LOCK:
            waiting = _AT_WORK[key][1] - 1
            if waiting:
                _AT_WORK[key] = (lock, waiting)
            else:
                del _AT_WORK[key]
