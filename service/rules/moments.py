"""Dates with precision, compared as intervals; business days on named calendars.

A moment is a closed interval of whole microseconds since 1970-01-01T00:00:00Z. An instant is an interval
of one microsecond, a day one of a day (in UTC). Whether one moment lies before another is unknown when the
intervals overlap: a rider and a session of the same day, both known to the day, prove no order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

#: A closed interval in microseconds.
Moment = tuple[int, int]

SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
DAY: Final = 24 * HOUR

#: Beyond every date: the end of what has no end.
NEVER: Final = 10**18

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z")


def micros(instant: datetime) -> int:
    """Whole microseconds since the epoch of an aware datetime."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def iso(instant: int) -> str:
    """The instant as RFC 3339 in UTC, without a fraction when it has none."""
    text = (_EPOCH + timedelta(microseconds=instant)).isoformat()
    return text.replace("+00:00", "Z")


@lru_cache(maxsize=65_536)
def _parse(text: str) -> Moment | None:
    if text == "*":
        return NEVER, NEVER
    partial = _PARTIAL.match(text)
    try:
        if partial:
            return _span(*(int(part) if part else None for part in partial.groups()))
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    if instant.tzinfo is None:
        return None
    return micros(instant), micros(instant)


def _span(year: int | None, month: int | None, day: int | None) -> Moment:
    """All microseconds of a year, month or day."""
    first = datetime(year or 1, month or 1, day or 1, tzinfo=UTC)
    if day:
        after = micros(first) + DAY
    elif month:
        after = micros(datetime(first.year + month // 12, month % 12 + 1, 1, tzinfo=UTC))
    else:
        after = micros(datetime(first.year + 1, 1, 1, tzinfo=UTC))
    return micros(first), after - 1


def moment(value: Any) -> Moment | None:
    """The interval a fact stands for; None when it is unknown or no date.

    Accepts RFC 3339 instants, `YYYY[-MM[-DD]]`, `{"from", "to"}`, `{"value", "source"}` and moments themselves.
    """
    if value.__class__ is str:
        return _parse(value)
    if value.__class__ is tuple:
        return value
    if isinstance(value, Mapping):
        if "value" in value:  # a date with its source
            return moment(value["value"])
        first, last = moment(value.get("from")), moment(value.get("to"))
        return (first[0], last[1]) if first and last else None
    return None


def before(left: Moment | None, right: Moment | None) -> bool | None:
    """Whether `left` lies wholly before `right`; None when they overlap or one is unknown."""
    if left is None or right is None:
        return None
    if left[1] < right[0]:
        return True
    return False if left[0] >= right[1] else None


def not_after(left: Moment | None, right: Moment | None) -> bool | None:
    """Whether `left` ends no later than `right` begins; None when that cannot be told."""
    if left is None or right is None:
        return None
    if left[1] <= right[0]:
        return True
    return False if left[0] > right[1] else None


def inside(moment_: Moment | None, start: Moment | None, end: Moment | None) -> bool | None:
    """Whether a moment lies in a window whose bounds are included."""
    if moment_ is None:
        return None
    early = None if start is None else _not_earlier(moment_, start)
    late = None if end is None else _not_later(moment_, end)
    if early is False or late is False:
        return False
    return True if early and late else None


def _not_earlier(moment_: Moment, start: Moment) -> bool | None:
    first, last = start
    opens = first if last - first < DAY else last  # a bound known only to the month opens for sure at its end
    if first == NEVER or moment_[0] >= opens:
        return True
    return False if moment_[1] < first else None


def _not_later(moment_: Moment, end: Moment) -> bool | None:
    first, last = end
    closes = last if last - first < DAY else first
    if moment_[1] <= closes:
        return True
    return False if moment_[0] > last else None


class Calendar:
    """Working days: a weekend as ISO weekdays (1 = Monday) and named holidays, as data."""

    __slots__ = ("first", "holidays", "last", "weekend")

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Read `{weekend: [6, 7], holidays: [dates], covers: {from, to}}`; raises `ValueError` for a day that is none."""
        self.weekend = frozenset(document.get("weekend", (6, 7)))
        self.holidays = frozenset(date.fromisoformat(day) for day in document.get("holidays", ()))
        covers = document.get("covers") or {}
        self.first, self.last = (date.fromisoformat(covers[key]) if key in covers else None for key in ("from", "to"))

    def covers(self, first: date, last: date) -> bool:
        """Whether it lists the holidays of the whole time: beyond that nobody knows which days are worked."""
        return (self.first is None or first >= self.first) and (self.last is None or last <= self.last)

    def works(self, day: date) -> bool:
        """Whether `day` is a business day."""
        return day.isoweekday() not in self.weekend and day not in self.holidays

    def after(self, start: date, count: int) -> date:
        """The `count`-th business day after `start`, which itself is not counted."""
        day = start
        while count > 0:
            day += timedelta(days=1)
            count -= self.works(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Business days after `start` up to and including `end`; negative when `end` is earlier."""
        if end < start:
            return -self.between(end, start)
        days = (start + timedelta(days=step) for step in range(1, (end - start).days + 1))
        return sum(map(self.works, days))


def day_of(instant: int) -> date:
    """The UTC day an instant falls on."""
    return (_EPOCH + timedelta(microseconds=instant)).date()
