"""Dates of the wire format as facts, and what can be told about them: true, false, or None for unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from service.rules import moments
from service.rules.moments import Moment, moment

#: Three-valued truth.
Tri = bool | None

MAJORITY: Final = 18


def text(value: Any) -> str | None:
    """Return a wire date (`2026-08`, an instant, or `{value, source}`) as a fact; None for what is missing or erased."""
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, Mapping):
        value = value.get("value")
    return value if isinstance(value, str) else None


def instant(value: datetime) -> str:
    """Return an aware datetime as an instant in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def before(first: Any, second: Any) -> Tri:
    """Tell whether `first` lies wholly before `second`."""
    return moments.before(moment(first), moment(second))


def not_after(first: Any, second: Any) -> Tri:
    """Tell whether `first` is no later than `second`."""
    return moments.not_after(moment(first), moment(second))


def begun(start: Any, when: Any) -> bool:
    """Tell whether something adverse that starts at `start` may have begun by `when`: in doubt it has."""
    first, at = moment(start), moment(when)
    return first is None or at is None or first[0] <= at[1]


def within(when: Any, window: Mapping[str, Any] | None) -> Tri:
    """Tell whether `when` lies in a window; a missing start is open, a missing end unknown unless it is perpetual."""
    if window is None:
        return None
    start, end = text(window.get("start")), text(window.get("end"))
    last = moment("*") if end is None and window.get("perpetual") else moment(end)
    return moments.inside(moment(when), moment(start or "*"), last)


def end_of(window: Mapping[str, Any] | None) -> str | None:
    """Return the day a window ends, `*` for never, None when that is not known."""
    if not window:
        return None
    return text(window.get("end")) or ("*" if window.get("perpetual") else None)


def minor(birth: Any, when: Any) -> Tri:
    """Tell whether somebody born at `birth` was under eighteen at `when`."""
    born, at = moment(birth), moment(when)
    if born is None or at is None:
        return None
    youngest, oldest = _grown(born[0]), _grown(_morning(born[1]))
    if at[1] < youngest:
        return True
    return False if at[0] >= oldest else None


def _morning(micros: int) -> int:
    """The start of a day: whoever is born on it is of age from the morning of that birthday."""
    return moments.micros(datetime.fromisoformat(moments.iso(micros - 1)).replace(hour=0, minute=0, second=0, microsecond=0))


def _grown(micros: int) -> int:
    day = datetime.fromisoformat(moments.iso(micros))
    leap = (day.month, day.day) == (2, 29)
    return moments.micros(day.replace(year=day.year + MAJORITY, month=3 if leap else day.month, day=1 if leap else day.day))


def earliest(values: list[Any]) -> str | None:
    """Return the earliest of some dates, ignoring unknown ones."""
    known: list[tuple[Moment, str]] = [(found, value) for value in values if isinstance(value, str) and (found := moment(value))]
    return min(known)[1] if known else None


def latest(values: list[Any]) -> str | None:
    """Return the latest of some dates, ignoring unknown ones."""
    known: list[tuple[Moment, str]] = [(found, value) for value in values if isinstance(value, str) and (found := moment(value))]
    return max(known)[1] if known else None
