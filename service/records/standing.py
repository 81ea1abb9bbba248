"""What events have done to licences: nothing may rest on, and no document may tell, terms that somebody has taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from schemas import dates

_ENDS: Final = frozenset({"revoked", "terminated", "withdrawn", "expired", "superseded", "suspended"})
_REVIVES: Final[Mapping[str, frozenset[str]]] = {
    "reinstated": _ENDS,
    "extended": frozenset({"expired"}),
    "resumed": frozenset({"suspended"}),
}
"""What each event undoes: an extension of what has run out does not give back what was revoked."""
_HARMLESS: Final = frozenset({"confirmed"})
_PARTS: Final = frozenset({"items", "item_identifiers"})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a licence stands: what ended or suspended it (type and event, the newest last), and what took something of it or changed it.

    Of the latter `narrowed_by` are those that speak of its terms; the rest took back single items, which is for the dataset to hold.
    """

    ends: tuple[tuple[str, str], ...] = ()
    affected_by: tuple[str, ...] = ()
    narrowed_by: tuple[str, ...] = ()

    @property
    def ended_by(self) -> str | None:
        """The newest event that ended or suspended it; None while it runs."""
        return self.ends[-1][1] if self.ends else None


WHOLE: Final = Standing()

Date = str | Mapping[str, Any]


def of_licences(events: Iterable[tuple[str, Mapping[str, Any]]], at: str) -> dict[str, Standing]:
    """Fold events (id, body) that had happened by an instant, in the order in which they took effect.

    In doubt about a date, what takes something away has happened, and what gives it back has not.
    """
    found: dict[str, Standing] = {}
    for event, body in sorted(events, key=lambda each: (effective(each[1]["effective_at"]), each[0])):
        if not happened(body["type"], body["effective_at"], at) or body["type"] in _HARMLESS:
            continue
        for target in body.get("targets") or ():
            licence = target.partition("@")[0]
            found[licence] = _after(found.get(licence, WHOLE), event, body)
    return found


def after(ends: tuple[tuple[str, str], ...], type_: str, event: str) -> tuple[tuple[str, str], ...]:
    """What still ends or suspends a licence after one more event: each end stands until an event gives back its own kind."""
    if type_ in _REVIVES:
        return tuple(each for each in ends if each[0] not in _REVIVES[type_])
    return (*ends, (type_, event)) if type_ in _ENDS else ends


def _after(before: Standing, event: str, body: Mapping[str, Any]) -> Standing:
    """How a licence stands after one more event."""
    type_ = body["type"]
    if type_ in _REVIVES or (type_ in _ENDS and not body.keys() & {"scope", *_PARTS}):
        return replace(before, ends=after(before.ends, type_, event))
    terms = () if body.keys() & _PARTS else (event,)
    return replace(before, affected_by=(*before.affected_by, event), narrowed_by=(*before.narrowed_by, *terms))


def happened(type_: str, effective_at: Date, at: str) -> bool:
    """Whether an event counts at an instant: one that gives back only once its month or year is over, any other from when it may have been."""
    return effective(effective_at) <= dates.interval(at)[0] if type_ in _REVIVES else not dates.surely_before(at, effective_at)


def effective(effective_at: Date) -> datetime:
    """The instant from which an event counts beside others: a day from its morning on, of a month or year the end."""
    first, last = dates.interval(effective_at)
    return last if dates.precision(effective_at) in ("year", "month") else first
