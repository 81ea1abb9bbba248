"""The same question again: what was worked out stands while nothing that it looked at has changed.

A pipeline asks about one shot many times. Facts follow from records and the question, findings from facts and packs; so both are
kept for a while with the records they were read from, and one look at the entries since says whether any of them, or anything that
newly refers to them, could make a difference. In doubt it is worked out anew. Nothing secret is kept: facts hold none.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Final

from service.context import Context
from service.decisions.question import Asked
from service.rules.findings import Evaluation

KEPT: Final = 256
"""So many answers are kept."""
LARGE: Final = 5_000
"""An answer from more records than this is not kept, and one older than so many entries is not compared."""

_CHANGED: Final = """
SELECT EXISTS (
    SELECT FROM entry LEFT JOIN head ON head.studio_id = entry.studio_id AND head.id = entry.id
    WHERE entry.studio_id = %(studio)s AND entry.index >= %(size)s AND entry.index < %(now)s
      AND (entry.id = ANY(%(ids)s) OR entry.kind = ANY(ARRAY['agreement', 'binding', 'event'])
           OR head.type = ANY(ARRAY['assignment_terms', 'consultation', 'employment_programme', 'job_impact', 'meeting', 'policy_delivery',
                                    'rate_table', 'tool_permission', 'tool_terms'])
           OR head.label = ANY(ARRAY['notice: generative_tool', 'notice: employees']))
) OR EXISTS (
    SELECT FROM reference
    WHERE studio_id = %(studio)s AND index >= %(size)s AND index < %(now)s AND target = ANY(%(ids)s)
      AND NOT source_kind = ANY(ARRAY['dec', 'rev', 'rel', 'wvr', 'exc', 'adp'])
      AND NOT (role = 'production' AND source_kind = ANY(ARRAY['app', 'ast', 'gen', 'obl']))
)
"""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Worked:
    """What was worked out at a size of the log: facts, the records they were read from, and the findings with their bytes."""

    size: int
    document: Mapping[str, Any]
    read: Mapping[str, int]
    ids: tuple[str, ...]
    governed: bytes
    evaluation: Evaluation
    findings: bytes
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What of it is content already, and how a record names that: the same answer is not written twice."""


_WORKED: Final[OrderedDict[Key, Worked]] = OrderedDict()
_LOCK: Final = Lock()


def key_of(context: Context, asked: Asked, intent: bytes) -> Key | None:
    """What makes two questions one; None for a question that is not kept (planned, hypothetical, of the past, or without an instant)."""
    question = asked.question
    if question.hypothetical or question.planned is not None or question.known_at is not None or question.at is None:
        return None
    return (context.studio_id, asked.subjects, question.act, asked.at, asked.production, question.ahead, intent)


def known(context: Context, key: Key | None, asked: Asked, governed: bytes) -> Worked | None:
    """What was worked out for the question, if it still stands at the present size of the log."""
    if key is None:
        return None
    with _LOCK:
        found = _WORKED.get(key)
    if found is None or found.governed != governed or not 0 <= asked.known_at - found.size <= LARGE:
        return None
    if _changed(context, found, asked.known_at):
        return None
    return keep(key, replace(found, size=asked.known_at))


def _changed(context: Context, found: Worked, now: int) -> bool:
    values = {"studio": context.studio_id, "size": found.size, "now": now, "ids": list(found.ids)}
    row = context.conn.execute(_CHANGED, values).fetchone()
    return row is None or bool(row[0])


def keep(key: Key | None, worked: Worked) -> Worked:
    """Keep what was worked out, unless it is too large."""
    if key is not None and len(worked.ids) <= LARGE:
        with _LOCK:
            _WORKED[key] = worked
            _WORKED.move_to_end(key)
            while len(_WORKED) > KEPT:
                _WORKED.popitem(last=False)
    return worked
