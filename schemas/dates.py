"""Times as the world knows them: instants in UTC, and dates known only to the day, the month or the year.

Wire forms, one for each amount of knowledge:

- an instant is `2026-08-10T09:00:00.000000Z`: always UTC, always microseconds, so that text order is time order;
- a date of lesser precision is `2026-08-10`, `2026-08` or `2026`; its length says how precise it is;
- where the source of a date is known, the value is `{"value": <one of the above>, "source": "document|system|trusted"}`.

Dates are compared as intervals: `interval` gives the half-open span of UTC time that a value may stand for. What two
overlapping intervals mean is for the rules to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

SOURCES: Final = ("document", "system", "trusted")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")
_LENGTHS: Final = {4: "year", 7: "month", 10: "day", 27: "instant"}
INSTANT_FORM: Final = "Write an instant as 2026-08-10T09:00:00Z or with an offset, as in 2026-08-10T11:00:00+02:00."
PARTIAL_FORM: Final = f"Write a date as 2026, 2026-08 or 2026-08-10, or as an instant. {INSTANT_FORM}"


def instant(value: object) -> str:
    """Return `value` (RFC 3339 with a zone, or an aware datetime) in the one wire form; ValueError names the remedy."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"An instant needs a zone. {INSTANT_FORM}")
        return _utc(value)
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        naive = isinstance(value, str) and _INSTANT.fullmatch(f"{value}Z")
        raise ValueError(f"An instant needs a zone. {INSTANT_FORM}" if naive else INSTANT_FORM)
    try:
        return _utc(datetime.fromisoformat(value.upper()))
    except (ValueError, OverflowError):
        raise ValueError(f"There is no such time. {INSTANT_FORM}") from None


def partial(value: object) -> str:
    """Return a date of any precision in its one wire form, `2026`, `2026-08`, `2026-08-10` or an instant."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", value):
        try:
            date.fromisoformat((value + "-01-01")[:10])
        except ValueError:
            raise ValueError(f"There is no such date. {PARTIAL_FORM}") from None
        return value
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\dT", value.upper()):
        raise ValueError(PARTIAL_FORM)
    return instant(value)


def precision(value: str | Mapping[str, Any]) -> str:
    """Return `year`, `month`, `day` or `instant` of a value in its wire form."""
    return _LENGTHS[len(_text(value))]


def source(value: str | Mapping[str, Any]) -> str | None:
    """Return where a date comes from (`document`, `system`, `trusted`), or None where that was not said."""
    return None if isinstance(value, str) else value.get("source")


def interval(value: str | Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return the half-open span `[from, to)` in UTC that a value in its wire form may stand for.

    An instant spans one microsecond, so that two instants compare as points do.
    """
    text = _text(value)
    if len(text) == 27:
        start = datetime.fromisoformat(text)
        return start, _later(start, timedelta(microseconds=1))
    start = datetime.fromisoformat((text + "-01-01")[:10]).replace(tzinfo=UTC)
    if len(text) == 10:
        return start, _later(start, timedelta(days=1))
    year, month = (start.year + 1, 1) if len(text) == 4 or start.month == 12 else (start.year, start.month + 1)
    return start, start.replace(year=year, month=month) if year <= 9999 else datetime.max.replace(tzinfo=UTC)


def surely_before(first: str | Mapping[str, Any], second: str | Mapping[str, Any]) -> bool:
    """Tell whether every reading of `first` lies before every reading of `second`."""
    return interval(first)[1] <= interval(second)[0]


def _text(value: str | Mapping[str, Any]) -> str:
    return value if isinstance(value, str) else str(value["value"])


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _later(start: datetime, step: timedelta) -> datetime:
    try:
        return start + step
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
