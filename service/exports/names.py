"""How the exported documents call things: a record by its URN, what a standard has no word for by a term of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

URN: Final = "urn:clearance:"
TERMS: Final = "urn:clearance:terms:"
JSON_LD: Final = "application/ld+json"
_RECORD: Final = re.compile(r"urn:clearance:([a-z]{3}_[0-9a-z]{26})(?::([1-9][0-9]*))?")
_PROVING: Final = ("sha256", "sha512", "blake3")


def urn(reference: str, version: int | None = None) -> str:
    """The URN of a record, as of a pinned version where the reference has one (`mdl_…@3`)."""
    record, _, pinned = reference.partition("@")
    number = version or pinned
    return f"{URN}{record}:{number}" if number else f"{URN}{record}"


def reference(text: str) -> str | None:
    """The reference that a URN of ours stands for; None for any other text."""
    match = _RECORD.fullmatch(text)
    return None if match is None else f"{match[1]}@{match[2]}" if match[2] else match[1]


def plain(value: Any) -> str | None:
    """The id in a reference without its version; None where there is none."""
    return value.partition("@")[0] if isinstance(value, str) else None


def stated(**values: Any) -> dict[str, Any]:
    """An object of those values that say something: absent, withheld and erased ones are left out, and so are empty lists."""
    return {name: value for name, value in values.items() if value is not None and value != []}


def words(value: Any) -> str | None:
    """The text, where it stands in the clear."""
    return value if isinstance(value, str) else None


def date(value: Any) -> str | None:
    """The text of a date, with or without its source."""
    found = value.get("value") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else None


def day(value: Any) -> str | None:
    """The date where it is known to the day; an instant's day."""
    found = date(value)
    return found[:10] if found and len(found) >= 10 else None


def instant(value: Any) -> str | None:
    """The instant, where the date is known as exactly as that."""
    found = date(value)
    return found if found and "T" in found else None


def sha256(body: Mapping[str, Any], field: str = "digests") -> str | None:
    """The SHA-256 among the digests of a record."""
    return next((each["value"] for each in body.get(field) or () if each["algorithm"] == "sha256"), None)


def proving(digests: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those digests that prove identity and that other tools know."""
    return [each for each in digests if each["algorithm"] in _PROVING]


def people(body: Mapping[str, Any]) -> str | None:
    """Who can be seen or heard in a dataset or work, by number; "none" where somebody says so of all of it, None where nobody has said."""
    reading = body.get("list_reading") or {}
    parts = [part for name in ("parts", "members") for part in body.get(name) or ()]
    named = {plain(each) for part in (body, *parts) for each in part.get("people") or ()} | {
        each["person"] for each in reading.get("people") or ()
    }
    if "*" in named:
        return "the faces or voices of people who are not named"
    if named:
        return f"the faces or voices of {len(named)} {'person' if len(named) == 1 else 'people'}"
    said = "people" in body or (bool(parts) and all("people" in part for part in parts))
    return "none" if said and "people_not_stated" not in reading else None
