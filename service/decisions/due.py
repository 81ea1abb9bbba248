"""What is owed as a calendar (RFC 5545) and as a table (RFC 4180), for the tools in which people keep their days."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from icalendar import Calendar, Event

from service import docket
from service.context import Context
from service.records import read
from service.records.model import Recorded

COLUMNS: Final = (
    "id", "type", "production", "production_id", "due_at", "due_basis", "owed_by", "owed_to", "quantity", "unit", "owner", "rule",
    "text", "state",
)  # fmt: skip
_PARTIES: Final = ("owed_by", "owed_to", "production")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def lines(context: Context, found: Sequence[Recorded]) -> list[dict[str, str]]:
    """One line for each obligation, with the names that whoever asks may read."""
    shown = read.disclose(context, found)
    wanted = {str(one.body[field]).partition("@")[0] for one in shown for field in _PARTIES if one.body.get(field)}
    names = {name: known.label for name, known in docket.names(context, wanted).items()}
    return [_line(one, names) for one in shown]


def _line(one: Recorded, names: Mapping[str, str]) -> dict[str, str]:
    body: Mapping[str, Any] = one.body
    told = {field: _text(body.get(field)) for field in COLUMNS} | {"id": one.id}
    for field in _PARTIES:
        reference = _text(body.get(field)).partition("@")[0]
        told[field] = names.get(reference, reference)
    return told | {"production_id": _text(body.get("production")).partition("@")[0]}


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("value")
    return "" if value is None else str(value)


def table(rows: Iterable[Mapping[str, str]]) -> bytes:
    """The lines as CSV in UTF-8; a cell that a spreadsheet would run as a formula is written as text."""
    held = io.StringIO(newline="")
    writer = csv.DictWriter(held, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: f"'{value}" if value.startswith(_FORMULA) else value for name, value in row.items()})
    return held.getvalue().encode()


def calendar(rows: Iterable[Mapping[str, str]], made_at: datetime) -> bytes:
    """Every line with a date as a whole-day event; what is due in a month or a year stands on its last day."""
    found = Calendar()
    found.add("prodid", "-//Clearance//Obligations//EN")
    found.add("version", "2.0")
    found.add("x-wr-calname", "Obligations")
    for row in rows:
        day = _last_day(row["due_at"])
        if day is not None:
            found.add_component(_event(row, day, made_at))
    return bytes(found.to_ical())


def _event(row: Mapping[str, str], day: date, made_at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{row['id']}@clearance")
    event.add("dtstamp", made_at.astimezone(UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    what = " ".join(part for part in (row["type"], row["quantity"], row["unit"]) if part)
    event.add(
        "summary", f"{what}{' to ' + row['owed_to'] if row['owed_to'] else ''}{': ' + row['production'] if row['production'] else ''}"
    )
    event.add("description", f"{row['text']}\n{row['rule']}\n{row['id']}")
    event.add("transp", "TRANSPARENT")
    return event


def _last_day(due: str) -> date | None:
    """The last day of a date that may be a year, a month, a day or an instant."""
    parts = due[:10].split("-")
    if not parts[0].isdigit():
        return None
    if len(parts) == 3:
        return date.fromisoformat(due[:10])
    year, month = int(parts[0]), int(parts[1]) if len(parts) == 2 else 12
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
