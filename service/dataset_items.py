"""The items of a dataset, found in its item lists: those of a source, under a licence, with a person in them, or without a licence.

A list is searched as it lies, by the words that are looked for, so a few lines among a million are found without parsing the rest.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from service import errors
from service.context import Context
from service.records import read
from service.records.listed import plain
from service.records.model import Recorded

_FIELDS: Final = ("source", "licence", "person", "consent")
_MANY: Final[Mapping[str, str]] = {"person": "people", "consent": "consents"}
_CURSOR: Final = re.compile(r"(\d{1,3})\.(\d{1,12})")
_NAMED: Final = 5
_DATASETS: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: each of the four holds the ways in which a record may be named; `bare` are lines that no licence stands in."""

    words: Mapping[str, frozenset[str]]
    bare: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Lines in the order of the list; `cursor` leads on, None at the end."""

    items: list[dict[str, Any]]
    cursor: str | None


def wanted(context: Context, query: Mapping[str, Any]) -> Wanted:
    """Return what a query asks for; a record is looked for under its id and its outside ids. `NotFound` for a foreign id."""
    words = {}
    for name in _FIELDS:
        if name in query:
            words[name] = _words(read.get(context, None, query[name]))
    return Wanted(words, query.get("without_licence") == "true", query.get("held") == "true")


def _words(recorded: Recorded) -> frozenset[str]:
    names = [{"scope": one["scope"], "value": one["value"]} for one in recorded.body.get("identifiers") or ()]
    return frozenset([recorded.id, *(plain(one) or "" for one in names)])


def page(context: Context, dataset: Recorded, sought: Wanted, *, cursor: str | None = None, limit: int = 100) -> Page:
    """Return the next lines that are sought; raises `NotFound` where a list is not here."""
    first, offset = _place(cursor)
    found: list[dict[str, Any]] = []
    for number, (sha256, shared) in enumerate(_lists(dataset.body, held=sought.held)):
        if number < first:
            continue
        for end, line in _matching(context, sha256, shared, sought, offset if number == first else 0):
            found.append(line)
            if len(found) == limit:
                return Page(found, f"{number}.{end}")
    return Page(found, None)


def reached(context: Context, root: str, datasets: Iterable[str]) -> list[dict[str, Any]]:
    """How many items of each dataset stand under the record whose end is asked about, and the names of some."""
    grant = read.get(context, None, root)
    field = {"licence": "licence", "source": "source", "consent": "consent"}.get(grant.kind)
    if field is None:
        return []
    words = _words(grant)
    bodies = read.current(context.conn, context.studio_id, list(datasets)[:_DATASETS])
    return [told for key in sorted(bodies) if (told := _reached(context, bodies[key], field, words))]


def _reached(context: Context, dataset: Recorded, field: str, words: frozenset[str]) -> dict[str, Any] | None:
    parts = [one for one in dataset.body.get("parts") or () if words & _named(one, field)]
    relied = field == "consent" and words & _named(dataset.body.get("list_reading") or {}, field)
    if not parts and not relied:
        return None
    told: dict[str, Any] = {"dataset": dataset.id, "version": dataset.version}
    counts = [one.get("item_count", (one.get("items") or {}).get("count")) for one in parts]
    if field != "consent" and None not in counts:
        told["items"] = sum(counts)
    try:
        named = page(context, dataset, Wanted({field: words}), limit=_NAMED).items
    except errors.NotFound:
        named = []
    return told | ({"names": [str(one["name"]) for one in named if "name" in one]} if named else {})


def _lists(body: Mapping[str, Any], *, held: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The lists of a dataset, each with what its part says of all its lines."""
    if held:
        named: list[tuple[Any, Mapping[str, Any]]] = [(body.get("held_items"), {})]
    elif body.get("items"):
        named = [(body["items"], {})]
    else:
        named = [(one.get("items"), {name: one[name] for name in ("source", "licence") if name in one}) for one in body.get("parts") or ()]
    for blob, shared in named:
        if blob:
            yield blob["sha256"], shared


def _place(cursor: str | None) -> tuple[int, int]:
    found = _CURSOR.fullmatch(cursor) if cursor else None
    if cursor and not found:
        raise errors.invalid("/cursor", "This is no place in the list; send the cursor of the page before.")
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _matching(
    context: Context, sha256: str, shared: Mapping[str, Any], sought: Wanted, offset: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the lines that are sought, with where the next one begins."""
    needles = [
        b'"' + word.encode() + b'"' if word[:1] != "{" else word.encode()
        for name, words in sought.words.items()
        if name not in shared and len(words) == 1
        for word in words
    ]
    if context.blobs.stat(sha256) == 0:
        raise _no_list(sha256)
    with context.blobs.open(sha256) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        while offset < len(content):
            if needles:
                place = content.find(needles[0], offset)
                if place < 0:
                    return
                offset = content.rfind(b"\n", 0, place) + 1
            end = content.find(b"\n", offset) + 1 or len(content)
            line = _line(content[offset:end], sha256)
            offset = end
            if _fits({**shared, **line}, sought):
                yield end, {**shared, **line}


def _line(raw: bytes, sha256: str) -> dict[str, Any]:
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError:
        line = None
    if not isinstance(line, dict):
        raise _no_list(sha256)
    return line


def _no_list(sha256: str) -> errors.NotFound:
    says = f"The content {sha256[:12]}… that the dataset names as its list is none; stage the list with POST /v1/item-lists and name that."
    return errors.NotFound(says, "no_item_list")


def _fits(line: Mapping[str, Any], sought: Wanted) -> bool:
    return all(words & _named(line, name) for name, words in sought.words.items()) and not (sought.bare and "licence" in line)


def _named(line: Mapping[str, Any], field: str) -> set[str]:
    values = line.get(_MANY[field]) or () if field in _MANY else [line.get(field)]
    return {word for one in values if (word := plain(one))}
