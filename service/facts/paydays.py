"""Ordinary paydays: of an engagement, else of the title, else of what the title is part of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from service.facts import people, times
from service.facts.world import World, bare

_DAYS: Final = {"week": 7, "two_weeks": 14}
_DAY: Final = 10
"""So long is a date that is known to the day."""


def of_session(world: World, person: str | None, production: str | None, starts: str | None) -> str | None:
    """Return the payday on which a day's work is paid, where paydays are stated."""
    if starts is None or len(starts) < _DAY:
        return None
    found = after(_paying(world, person, production), date.fromisoformat(starts[:_DAY]))
    return found.isoformat() if found else None


def _paying(world: World, person: str | None, production: str | None) -> Iterator[Mapping[str, Any]]:
    yield from (view.body for view in people.engagements(world, person, production))
    passed: set[str] = set()
    while production is not None and production not in passed:
        passed.add(production)
        title = world.library.get(production)
        production = bare(title.body.get("parent")) if title else None
        yield from [title.body] if title else []


def after(bodies: Iterable[Mapping[str, Any]], day: date) -> date | None:
    """Return the payday for a day by the first of some engagements or titles that states its paydays; None where none does."""
    stated = next((body["paydays"] for body in bodies if isinstance(body.get("paydays"), Mapping)), None)
    return _next(stated, day + timedelta(days=stated.get("days_after", 0))) if stated else None


def _next(stated: Mapping[str, Any], day: date) -> date:
    first = date.fromisoformat(str(times.text(stated["first"]))[:_DAY])
    if stated["every"] in _DAYS:
        step = _DAYS[stated["every"]]
        return day + timedelta(days=(first - day).days % step)
    this = _of_month(day.year, day.month, first.day)
    return this if this >= day else _of_month(day.year + day.month // 12, day.month % 12 + 1, first.day)


def _of_month(year: int, month: int, day: int) -> date:
    """That day of a month, the last one where the month has fewer days."""
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last.replace(day=min(day, last.day))
