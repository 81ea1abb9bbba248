"""Content that stands in a dataset and elsewhere: in other datasets and sources, under other licences, or taken back.

Every list that a record names is read once, line by line, into an index over the content's SHA-256; a dataset is then met with all
lists at once. What is found is told by pairs of papers, with how many items they have in common and one of them by name.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from psycopg.rows import class_row

from service import projections
from service.context import Context
from service.db import transaction
from service.records import named_lists, read
from service.records.listed import plain
from service.records.model import Recorded, instant
from service.records.standing import of_licences

SHOWN: Final = 200
_CHUNK: Final = 20_000
_LONGEST: Final = 1 << 20

# Lists of current versions that nobody has read yet.
_UNREAD = """
SELECT DISTINCT item_list.sha256 FROM item_list
JOIN head ON head.studio_id = item_list.studio_id AND head.id = item_list.id AND head.index = item_list.index
WHERE item_list.studio_id = %(studio_id)s
  AND NOT EXISTS (SELECT FROM item_papers WHERE item_papers.studio_id = %(studio_id)s AND item_papers.list = ('x' || left(item_list.sha256, 16))::bit(64)::bigint)
ORDER BY item_list.sha256
"""
_PUT = """
INSERT INTO item (studio_id, sha256, list, place, papers)
SELECT %(studio_id)s, substring(%(values)b FROM (number::integer - 1) * 32 + 1 FOR 32), %(list)s, place, papers
FROM unnest(%(places)s::bigint[], %(papers)s::integer[]) WITH ORDINALITY AS line (place, papers, number)
ORDER BY 2 ON CONFLICT DO NOTHING
"""
_SAME = """
SELECT mine.papers AS mine, theirs.list, theirs.papers AS theirs, count(DISTINCT mine.place) AS items, min(mine.place) AS place, min(theirs.place) AS other
FROM item AS mine JOIN item AS theirs ON theirs.studio_id = mine.studio_id AND theirs.sha256 = mine.sha256
WHERE mine.studio_id = %(studio_id)s AND mine.list = %(list)s AND (theirs.list <> mine.list OR theirs.place < mine.place)
GROUP BY mine.papers, theirs.list, theirs.papers
"""
_UNHURRIED = "SELECT set_config('statement_timeout', '600s', true)"
_USES = """
SELECT item_list.id, item_list.sha256, item_list.pointer FROM item_list
JOIN head ON head.studio_id = item_list.studio_id AND head.id = item_list.id AND head.index = item_list.index
WHERE item_list.studio_id = %(studio_id)s AND ('x' || left(item_list.sha256, 16))::bit(64)::bigint = ANY(%(lists)s)
ORDER BY item_list.id, item_list.pointer
"""
_EVENTS = """
SELECT DISTINCT event.id FROM reference
JOIN head AS event ON event.studio_id = reference.studio_id AND event.id = reference.source AND event.index = reference.index
WHERE reference.studio_id = %(studio_id)s AND reference.target = ANY(%(licences)s) AND reference.affects
  AND event.kind = 'event'
"""


@dataclass(frozen=True, slots=True)
class _Row:
    mine: int
    list: int
    theirs: int
    items: int
    place: int
    other: int


@dataclass(frozen=True, slots=True)
class _Use:
    """A list as a record names it."""

    id: str
    sha256: str
    pointer: str


def of(context: Context, dataset: Recorded) -> dict[str, Any]:
    """What of a dataset stands elsewhere too, what stands under another licence first. Reads every list that has not been read yet."""
    bring_up(context)
    uses = [_Use(dataset.id, sha256, at) for sha256, at in named_lists.named(dataset.body) if context.blobs.stat(sha256) is not None]
    found = [one for use in uses for one in _overlaps(context, dataset, use)]
    found.sort(key=lambda one: (not one.get("withdrawn_by"), one["same_licence"], -one["items"]))
    told = {
        "dataset": dataset.id,
        "version": dataset.version,
        "other_licence": sum(one["items"] for one in found if not one["same_licence"]),
        "withdrawn": sum(one["items"] for one in found if one.get("withdrawn_by")),
        "same_licence": sum(one["items"] for one in found if one["same_licence"]),
        "overlaps": found[:SHOWN],
    }
    return told | {"truncated": len(found) > SHOWN}


def bring_up(context: Context) -> None:
    """Read the lists that records name and that have not been read."""
    projections.catch_up(context.conn, context.studio_id, "item_list")
    for (sha256,) in context.conn.execute(_UNREAD, {"studio_id": context.studio_id}).fetchall():
        if context.blobs.stat(sha256) is not None:
            _read(context, sha256)


def _read(context: Context, sha256: str) -> None:
    """Read one list whole, or nothing of it."""
    papers: dict[tuple[str | None, str | None], int] = {}
    with transaction(context.conn):
        for values, places, of_line in _chunks(context, sha256, papers):
            given = {
                "studio_id": context.studio_id,
                "list": number(sha256),
                "values": values,
                "places": list(places),
                "papers": list(of_line),
            }
            context.conn.execute(_PUT, given)
        pairs = list(papers) or [(None, None)]
        context.conn.execute(
            "INSERT INTO item_papers (studio_id, list, papers, source, licence)"
            " SELECT %s, %s, pair.number - 1, source, licence"
            " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS pair (source, licence, number) ON CONFLICT DO NOTHING",
            (context.studio_id, number(sha256), [source for source, _ in pairs], [licence for _, licence in pairs]),
        )


def _chunks(
    context: Context, sha256: str, papers: dict[tuple[str | None, str | None], int]
) -> Iterator[tuple[bytes, array[int], array[int]]]:
    values, places, of_line, place = bytearray(), array("q"), array("i"), 0
    with context.blobs.open(sha256) as file:
        while raw := file.readline(_LONGEST):
            line, digest = _line(raw)
            if line is None:
                break  # a record may name any content as its list: what is none holds no items
            if digest is not None:
                values += digest
                places.append(place)
                of_line.append(papers.setdefault((plain(line.get("source")), plain(line.get("licence"))), len(papers)))
            place += len(raw)
            if len(places) == _CHUNK:
                yield bytes(values), places, of_line
                values, places, of_line = bytearray(), array("q"), array("i")
    if places:
        yield bytes(values), places, of_line


def _line(raw: bytes) -> tuple[dict[str, Any] | None, bytes | None]:
    """A line of a list and the SHA-256 that it has; None for what is no line."""
    try:
        line = orjson.loads(raw)
        found = [bytes.fromhex(one["value"]) for one in line.get("digests") or () if one["algorithm"] == "sha256"]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None, None
    return line, next((one for one in found if len(one) == 32), None)


def number(sha256: str) -> int:
    """The number that a list goes by in the index."""
    return int.from_bytes(bytes.fromhex(sha256[:16]), signed=True)


def _overlaps(context: Context, dataset: Recorded, use: _Use) -> list[dict[str, Any]]:
    """What a list of the dataset has in common with others, by papers on either side."""
    with transaction(context.conn), context.conn.cursor(row_factory=class_row(_Row)) as cursor:
        cursor.execute(_UNHURRIED)  # a list of a million may take longer than other questions may
        rows = cursor.execute(_SAME, {"studio_id": context.studio_id, "list": number(use.sha256)}).fetchall()
    others = _uses(context, {row.list for row in rows})
    bodies = read.current(context.conn, context.studio_id, [one.id for uses in others.values() for one in uses])
    papers = _papers(context, {number(use.sha256), *(row.list for row in rows)})
    found = []
    for row in rows:
        for other in others.get(row.list, ()):
            if (other.id, other.sha256) == (dataset.id, use.sha256) and row.list != number(use.sha256):
                continue
            mine = _stated(papers.get((number(use.sha256), row.mine)), dataset.body, use)
            found.append(_told(context, mine, row, use, other, bodies.get(other.id), papers.get((row.list, row.theirs))))
    return _ended(context, [one for one in found if one])


def _uses(context: Context, lists: Iterable[int]) -> dict[int, list[_Use]]:
    found: dict[int, list[_Use]] = {}
    with context.conn.cursor(row_factory=class_row(_Use)) as cursor:
        for use in cursor.execute(_USES, {"studio_id": context.studio_id, "lists": sorted(lists)}):
            found.setdefault(number(use.sha256), []).append(use)
    return found


def _papers(context: Context, lists: Iterable[int]) -> dict[tuple[int, int], dict[str, str]]:
    rows = context.conn.execute(
        "SELECT list, papers, source, licence FROM item_papers WHERE studio_id = %s AND list = ANY(%s)", (context.studio_id, sorted(lists))
    )
    return {(list_, one): {"source": source, "licence": licence} for list_, one, source, licence in rows}


def _stated(papers: Mapping[str, str] | None, body: Mapping[str, Any], use: _Use) -> dict[str, str]:
    """Source and licence of a line: as it says itself, else as the part whose list it stands in."""
    said = {name: value for name, value in (papers or {}).items() if value}
    words = use.pointer.split("/")
    part = body["parts"][int(words[2])] if words[1] == "parts" else {}
    return {name: str(plain(part[name])) for name in ("source", "licence") if part.get(name)} | said


def _told(
    context: Context, mine: dict[str, str], row: _Row, use: _Use, other: _Use, recorded: Recorded | None, papers: Mapping[str, str] | None
) -> dict[str, Any] | None:
    if recorded is None or not read.visible(context.actor, recorded):
        return None
    theirs = _stated(papers, recorded.body, other)
    if recorded.kind in ("licence", "source"):
        theirs[recorded.kind] = recorded.id
    told: dict[str, Any] = {"items": row.items, **mine, "name": _name(context, use.sha256, row.place)}
    told["with"] = {"record": recorded.id, "kind": recorded.kind, **theirs, "name": _name(context, other.sha256, row.other)}
    told["same_licence"] = recorded.kind != "event" and (
        mine.get("licence") == theirs.get("licence") or theirs.get("source") == mine.get("source") is not None
    )
    if recorded.kind == "event":
        told["withdrawn_by"] = recorded.id
    return told


def _name(context: Context, sha256: str, place: int) -> str | None:
    with context.blobs.open(sha256) as file:
        file.seek(place)
        name: str | None = orjson.loads(file.readline()).get("name")
        return name


def _ended(context: Context, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say of what stands under a licence elsewhere that has been taken back by which event."""
    licences = sorted({one["with"]["licence"] for one in found if "licence" in one["with"]})
    rows = context.conn.execute(_EVENTS, {"studio_id": context.studio_id, "licences": licences}).fetchall()
    events = read.current(context.conn, context.studio_id, [event for (event,) in rows])
    stands = of_licences([(each.id, each.body) for each in events.values()], instant(context.now))
    ended = {licence: one.ended_by for licence, one in stands.items()}
    return [
        one | ({"withdrawn_by": event} if (event := ended.get(one["with"].get("licence"))) and "withdrawn_by" not in one else {})
        for one in found
    ]
