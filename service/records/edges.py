"""What rests on what: the roles of references that say so, and all the edges of a studio as numbers, for a walk over everything.

Most references lead from a thing to what it was made from; some kinds state it the other way round (a run names its outputs, an
appearance its asset, a licence its sources): those are read backwards, so that an edge always runs from the younger thing to
what it rests on. References that only say who, where or under which paper are no edges.

In the table `edge`, derived from the log, a record is the place of its first version. A question about millions of them reads
the table once, as arrays, and marks what it reaches in one byte a record, which a statement over `head` then looks up by place.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any
from zlib import crc32

from psycopg import Connection

from schemas.prefixes import PREFIXES

if TYPE_CHECKING:
    from service.projections import Entry

RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "asset": ("parent", "cut_item", "licence", "origin", "take", "appearing_person"),
    "generation": (
        "model", "input", "input_source", "input_dataset", "input_replica", "replica", "relied_on_consent", "input_consent",
        "prompt_reference", "prompt_person", "shown_person",
    ),
    "model": ("base_model", "dataset", "licence", "replica", "person"),
    "dataset": ("item", "source", "licence", "person", "consent", "derived_from"),
    "replica": ("person", "capture_session", "source_media", "licence"),
    "appearance": ("person", "replica", "generated_in", "relied_on_consent", "take"),
    "source": ("person",),
    "delivery": ("delivered",),
    "release": ("released", "released_delivery"),
}  # fmt: skip
"""By kind: the roles of its references that lead to what it rests on."""

CARRIES: Mapping[str, Mapping[str, str]] = {
    "generation": {"output": "asset"},
    "appearance": {"asset": "asset"},
    "licence": {"source": "source"},
    "replica": {"replica_file": "asset", "model": "model"},
    "consent": {"person": "party"},
}
"""By kind: the roles of its references that lead to what rests on it, each with the kind of that; read backwards."""

FORWARD = sorted(f"{PREFIXES[kind]}.{role}" for kind, roles in RESTS_ON.items() for role in roles)
BACKWARD = sorted(f"{PREFIXES[kind]}.{role}" for kind, roles in CARRIES.items() for role in roles)

EDITION = f"{crc32(repr((FORWARD, BACKWARD)).encode()):08x}"
"""Other roles make other edges: with a new edition the whole log is read again."""

STATING = frozenset({*RESTS_ON, *CARRIES})
"""The kinds of records that state edges."""

_SWEEPS = 8

_STATED = """
INSERT INTO edge (studio_id, index, older, younger, role)
SELECT DISTINCT %(studio_id)s, stated.index, CASE WHEN carries THEN source.first_index ELSE target.first_index END,
       CASE WHEN carries THEN target.first_index ELSE source.first_index END, stated.role
FROM (
    SELECT index, source, role, target, source_kind || '.' || role = ANY(%(backward)s) AS carries FROM reference
    WHERE studio_id = %(studio_id)s AND index = ANY(%(indices)s) AND source_kind || '.' || role = ANY(%(forward)s::text[] || %(backward)s::text[])
) AS stated
JOIN head AS source ON source.studio_id = %(studio_id)s AND source.id = stated.source
JOIN head AS target ON target.studio_id = %(studio_id)s AND target.id = stated.target
ON CONFLICT (studio_id, index, older, younger, role) DO UPDATE SET ended = NULL WHERE edge.ended IS NOT NULL
"""
_ENDED = """
UPDATE edge SET ended = changed.index
FROM unnest(%(ids)s::text[], %(versions)s::integer[], %(indices)s::bigint[]) AS changed (id, version, index)
JOIN entry ON entry.studio_id = %(studio_id)s AND entry.id = changed.id AND entry.version = changed.version - 1
WHERE edge.studio_id = %(studio_id)s AND edge.index = entry.index
"""
_ALL = """
SELECT string_agg(int4send(older::integer), ''), string_agg(int4send(younger::integer), ''),
       string_agg(int4send(older::integer), '') FILTER (WHERE role = ANY(%(roles)s)),
       string_agg(int4send(younger::integer), '') FILTER (WHERE role = ANY(%(roles)s))
FROM edge
WHERE studio_id = %(studio_id)s AND index < %(size)s AND (ended IS NULL OR ended >= %(size)s) AND older < %(size)s AND younger < %(size)s
"""


def write(conn: Connection[Any], studio_id: str, entries: Sequence[Entry]) -> None:
    """Write the edges that these entries state, and end those of the versions before them."""
    values = {"studio_id": studio_id, "forward": FORWARD, "backward": BACKWARD, "indices": [entry.index for entry in entries]}
    conn.execute(_STATED, values)
    changed = [entry for entry in entries if entry.version > 1]
    if changed:
        columns = {"ids": [entry.id for entry in changed], "versions": [entry.version for entry in changed]}
        conn.execute(_ENDED, {"studio_id": studio_id, **columns, "indices": [entry.index for entry in changed]})


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges by the numbers of their ends: `younger[n]` rests on `older[n]`."""

    older: array[int]
    younger: array[int]


def all_of(conn: Connection[Any], studio_id: str, size: int, roles: Sequence[str]) -> tuple[Edges, Edges]:
    """Return every edge of the studio at a log size up to which they are written, and those of some roles by themselves."""
    with conn.cursor(binary=True) as cursor:
        row = cursor.execute(_ALL, {"studio_id": studio_id, "size": size, "roles": list(roles)}).fetchone()
    older, younger, some_older, some_younger = map(_numbers, row or (None,) * 4)
    return Edges(older, younger), Edges(some_older, some_younger)


def _numbers(sent: bytes | None) -> array[int]:
    found = array("i", sent or b"")
    if sys.byteorder == "little":
        found.byteswap()  # the database sends the highest byte first
    return found


def reach(marked: bytearray, begin: Sequence[int], end: Sequence[int]) -> None:
    """Mark everything that edges from `begin[n]` to `end[n]` lead to from what is marked already.

    The edges come about as the log tells them, so a few sweeps over all of them mark nearly everything; whatever order is left is walked
    step by step, so that the time is bounded by their number.
    """
    for _ in range(_SWEEPS):
        before = marked.count(1)
        for number in compress(end, map(marked.__getitem__, begin)):
            marked[number] = 1
        if marked.count(1) == before:
            return
    beyond: dict[int, list[int]] = {}
    for first, last in zip(begin, end, strict=True):
        if not marked[last]:
            beyond.setdefault(first, []).append(last)
    waiting = [first for first in beyond if marked[first]]
    while waiting:
        for number in beyond.pop(waiting.pop(), ()):
            if not marked[number]:
                marked[number] = 1
                waiting.append(number)
