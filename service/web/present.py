"""Saying things so that people read them: words for states and fields, dates, sizes, and bodies as a tree of plain parts.

Pure; what comes out is text and small values, and the templates escape it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape
from marshmallow import Schema, fields

from schemas.fields import Choice, Variant
from schemas.prefixes import KIND_OF

_ID = re.compile(r"([a-z]{3})_[0-7][0-9a-hjkmnp-tv-z]{25}(?:@([1-9]\d{0,8}))?(?:/[\w.:/-]{1,200})?")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z)?)?)?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CAPITALS = {
    "ai": "AI",
    "id": "ID",
    "ids": "IDs",
    "url": "URL",
    "sha256": "SHA-256",
    "sha1": "SHA-1",
    "md5": "MD5",
    "c4": "C4",
    "xxh128": "xxHash 128",
    "us": "US",
}
LIST_LIMIT = 60
DEPTH_LIMIT = 12


@dataclass(frozen=True, slots=True)
class State:
    """A state as it is shown: a word, a tone for its colour, and a shape, so that colour never stands alone."""

    word: str
    tone: str
    shape: str


_STATES = {
    "blocked": State("Blocked", "stop", "■"),
    "review": State("In review", "wait", "◆"),
    "cleared_with_obligations": State("Cleared with obligations", "owe", "◐"),
    "cleared": State("Cleared", "go", "●"),
    "released": State("Released", "go", "✓"),
    "at_risk": State("At risk", "stop", "▲"),
    "undecided": State("Not decided", "none", "○"),
    "block": State("Blocks", "stop", "■"),
    "obligation": State("Owed", "owe", "◐"),
    "warn": State("Note", "none", "△"),
    "exempt": State("Exempt", "none", "○"),
    "pass": State("Holds", "go", "●"),
    "open": State("Open", "wait", "◆"),
    "confirmed": State("Confirmed", "go", "●"),
    "rejected": State("Rejected", "stop", "■"),
    "done": State("Done", "go", "●"),
    "cancelled": State("Cancelled", "none", "○"),
    "trusted": State("Trusted", "go", "●"),
    "valid": State("Valid, signer not trusted", "wait", "◆"),
    "invalid": State("Invalid", "stop", "■"),
    "none": State("None", "none", "○"),
    "unreadable": State("Unreadable", "wait", "◆"),
    "withdrawn": State("Withdrawn", "stop", "■"),
    "adopted": State("Adopted", "go", "●"),
    "proposed": State("Proposed", "wait", "◆"),
    "approved": State("Approved", "go", "●"),
    "requested": State("Waits for a second person", "wait", "◆"),
    "refused": State("Refused", "stop", "■"),
    "revoked": State("Revoked", "none", "○"),
    "expired": State("Expired", "none", "○"),
    "overdue": State("Overdue", "stop", "■"),
    "draft": State("Draft", "wait", "◆"),
    "signed_off": State("Signed off", "go", "●"),
    "published": State("Published", "go", "●"),
    "superseded": State("Superseded", "none", "○"),
    "true": State("Yes", "go", "●"),
    "false": State("No", "stop", "■"),
    "unknown": State("Unknown", "wait", "◆"),
}


def state(word: object) -> State:
    """Return how a state is shown; an unknown word shows as itself."""
    key = "unknown" if word is None else str(word).lower()
    return _STATES.get(key) or State(words(key), "none", "○")


RESULTS = {"block": "Blocks", "review": "A person settles", "obligation": "Owed", "warn": "Note"}
"""What a cause does, in words; an outcome of the same name is a state of the whole."""


def words(name: str) -> str:
    """Return a field name or code as words: `photography_start` → `Photography start`."""
    parts = re.split(r"[_\s]+", str(name).strip("_ "))
    text = " ".join(_CAPITALS.get(part.lower(), part) for part in parts)
    return text if parts[0].lower() in _CAPITALS else text[:1].upper() + text[1:]


def when(value: object) -> str:
    """Return a date of any precision in words, `10 Aug 2026, 09:00 UTC`; anything else as it is."""
    if isinstance(value, datetime):
        value = value.strftime("%Y-%m-%dT%H:%M:%SZ")
    match = _DATE.fullmatch(str(value))
    if not match or not _sensible(match):
        return str(value)
    year, month, day, clock = match.groups()
    date = " ".join(part for part in (day and str(int(day)), month and _MONTHS[int(month) - 1], year) if part)
    return f"{date}, {clock} UTC" if clock else date


def _sensible(match: re.Match[str]) -> bool:
    return match[2] is None or (1 <= int(match[2]) <= 12 and (match[3] is None or 1 <= int(match[3]) <= 31))


def moment(value: object) -> Markup:
    """Return a `<time>` element that reads well and still says the exact instant."""
    exact = value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact, when(value))


def size(number: int) -> str:
    """Return a number of bytes as people say it."""
    amount, unit = float(number), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{number} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"


def count(counted: int | Sized, one: str, many: str | None = None) -> str:
    """Return a number, or how many there are, with its noun: `1 cause`, `3 causes`."""
    number = counted if isinstance(counted, int) else len(counted)
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def quantity(number: str | None, unit: str | None) -> str:
    """Return how much, with its unit where there is one: `1 day`, `1.5 days`."""
    noun = words(unit).lower() if unit else ""
    return " ".join(part for part in (number, noun + "s" if noun and number not in (None, "1") else noun) if part)


def listed(values: object, most: int = 8) -> str:
    """Return values as a phrase: `US, Canada and 3 more`; `["*"]` is anything, `[]` is none."""
    if not isinstance(values, list | tuple):
        return str(values)
    if list(values) == ["*"]:
        return "any"
    shown = [words(str(value)).lower() if "_" in str(value) else str(value) for value in values[:most]]
    if len(values) > most:
        return f"{', '.join(shown)} and {len(values) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else (shown[0] if shown else "none")


def clip(text: object, most: int = 30) -> str:
    """Return at most so many characters, with an ellipsis where something is missing."""
    plain = str(text)
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def is_id(value: object) -> bool:
    """Tell whether a value has the form of one of our ids, pinned (`…@2`) or with a part of the record named (`…/0`)."""
    match = _ID.fullmatch(value) if isinstance(value, str) else None
    return match is not None and match[1] in KIND_OF


def bare(value: str) -> str:
    """Return an id without the version it pins and without the part it names."""
    return value.partition("/")[0].partition("@")[0]


def ids_in(value: Any) -> Iterator[str]:
    """Yield every record id in a JSON value, without pinned versions."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from ids_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from ids_in(inner)
    elif is_id(value):
        yield bare(value)


@dataclass(frozen=True, slots=True)
class Part:
    """One readable value: `form` is text, id, date, hash, withheld, erased, empty, any, list or group; `rest` was left out."""

    form: str
    value: Any = None
    rest: int = 0


def readable(value: Any, depth: int = 0) -> Part:
    """Return a JSON value of a body as parts that a template can lay out; long lists end with how much was left out."""
    if isinstance(value, Mapping):
        return _object(value, depth)
    if isinstance(value, list | tuple):
        return _list(value, depth)
    if isinstance(value, bool):
        return Part("text", "Yes" if value else "No")
    if not isinstance(value, str):
        return Part("text", str(value))
    if is_id(value):
        return Part("id", value)
    if re.fullmatch(r"[0-9a-f]{32,128}|c4[0-9A-Za-z]{88}", value):
        return Part("hash", value)
    if (match := _DATE.fullmatch(value)) and match[2] and _sensible(match):
        return Part("date", value)
    return Part("text", value)


def _object(value: Mapping[str, Any], depth: int) -> Part:
    for marker in ("withheld", "erased"):
        if set(value) == {marker}:
            return Part(marker)
    if set(value) == {"commitment"}:
        return Part("withheld")
    if set(value) in ({"algorithm", "value"}, {"scope", "value"}):
        return Part("pair", (words(value.get("algorithm") or value["scope"]), value["value"]))
    if set(value) == {"amount", "currency"}:
        return Part("text", f"{value['amount']} {value['currency']}")
    if not value:
        return Part("empty")
    if depth >= DEPTH_LIMIT:
        return Part("text", "(nested deeper than this page shows)")
    return Part("group", [(words(name), _named(name, inner, depth + 1)) for name, inner in value.items()])


def _named(name: str, value: Any, depth: int) -> Part:
    """Return a field's value; a number of bytes is said as people say it, too."""
    if name == "bytes" and isinstance(value, int):
        return Part("text", size(value) if value < 1000 else f"{size(value)} ({value:,} bytes)")
    return readable(value, depth)


def _list(value: list[Any] | tuple[Any, ...], depth: int) -> Part:
    if not value:
        return Part("empty")
    if list(value) == ["*"]:
        return Part("any")
    if depth >= DEPTH_LIMIT:
        return Part("text", "(nested deeper than this page shows)")
    shown = [readable(inner, depth + 1) for inner in value[:LIST_LIMIT]]
    return Part("list", shown, max(0, len(value) - LIST_LIMIT))


def sentence(template: object, values: Mapping[str, Any], naming: Mapping[str, str]) -> Markup:
    """Fill a rule's `{path}` places, ids by the names of their records (which may be links); the rest is escaped."""
    out = Markup()
    for literal, name in re.findall(r"([^{}]*)(?:\{([^{}]*)\}|[{}]|$)", str(template)):
        out += escape(literal)
        if name:
            out += _filled(values.get(name, f"{{{name}}}"), naming)
    return out


def _filled(value: object, naming: Mapping[str, str]) -> Markup:
    if isinstance(value, list | tuple):
        return Markup(", ").join(_filled(each, naming) for each in value)
    if isinstance(value, Mapping):
        value = value.get("id", value)
    if is_id(value):
        key = bare(str(value))
        if key in naming:
            return Markup('<a href="/records/{}">{}</a>').format(key, naming[key])
        return Markup('<span class="id">{}</span>').format(value)
    if isinstance(value, bool):
        return escape("yes" if value else "no")
    if str(value).startswith("planned_"):
        return escape(f"the {str(value).replace('_', ' ')}")
    return escape(when(value) if isinstance(value, str) and "-" in value else value)


def in_order(schema: Schema, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with its fields in the order of its schema (the canonical bytes order them by letter), its codes as words."""
    placed = {name: _in_order(field, body[name], body) for name, field in schema.fields.items() if name in body}
    return placed | {name: value for name, value in body.items() if name not in placed}


def _in_order(field: fields.Field[Any], value: Any, around: Mapping[str, Any]) -> Any:
    if isinstance(field, fields.Nested) and isinstance(value, Mapping):
        return in_order(field.schema, value)
    if isinstance(field, Variant) and isinstance(value, Mapping) and around.get(field.by) in field.options:
        return in_order(field.options[around[field.by]], value)
    if isinstance(field, fields.List) and isinstance(value, list):
        return [_in_order(field.inner, each, around) for each in value]
    return value.replace("_", " ") if isinstance(field, Choice) and isinstance(value, str) else value


FILTERS = {
    "when": when,
    "moment": moment,
    "words": words,
    "size": size,
    "count": count,
    "listed": listed,
    "clip": clip,
    "readable": readable,
    "bare": bare,
}
