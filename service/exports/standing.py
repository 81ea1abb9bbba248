"""What events have done to licences: an export must not tell terms that somebody has taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas import dates
from service.exports.names import plain

_ENDS: Final = frozenset({"revoked", "terminated", "withdrawn", "expired", "superseded"})
_RESUMES: Final = frozenset({"reinstated", "extended", "resumed"})
_HARMLESS: Final = frozenset({"confirmed"})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a licence stands: the event that ended it, and those that took something of it or changed it."""

    ended_by: str | None = None
    affected_by: tuple[str, ...] = ()


WHOLE: Final = Standing()


def of_licences(events: Iterable[tuple[str, Mapping[str, Any]]], at: str) -> dict[str, Standing]:
    """Fold events (id, body; in the order of the log) that had happened by an instant; what may have happened counts."""
    found: dict[str, Standing] = {}
    for event, body in events:
        if dates.surely_before(at, body["effective_at"]) or body["type"] in _HARMLESS:
            continue
        for target in filter(None, map(plain, body.get("targets") or ())):
            before = found.get(target, WHOLE)
            if body["type"] in _RESUMES:
                found[target] = Standing(None, before.affected_by)
            elif body["type"] in _ENDS and not body.keys() & {"scope", "items", "item_identifiers"}:
                found[target] = Standing(event, before.affected_by)
            else:
                found[target] = Standing(before.ended_by, (*before.affected_by, event))
    return found
