"""Releases whose ground has gone: what their decision rests on has ended by the clock, and they are still out.

A withdrawal tells its consequences when it is recorded. Nobody records that a consent or an attestation ends, so the clock looks:
each release is read once, and its end kept until it comes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from service.records import read
from service.records.model import Recorded
from service.rules.moments import micros, moment

_PAGE = 500
_NEW = "SELECT id FROM head WHERE studio_id = %s AND kind = 'release' AND first_index >= %s AND first_index < %s ORDER BY first_index"
_SIZE = "SELECT coalesce(max(size), 0) FROM tree_head WHERE studio_id = %s"
_REPLACED = """
    SELECT count(*) > 0 AND bool_and(EXISTS (
        SELECT FROM reference AS newer WHERE newer.studio_id = let_go.studio_id AND newer.target = let_go.target
            AND newer.role = let_go.role AND newer.index > let_go.index AND newer.source <> let_go.source
    )) FROM reference AS let_go
    WHERE studio_id = %s AND source = %s AND role IN ('released', 'released_delivery')
"""


def ended(release: Recorded, decision: Recorded | None, now: datetime) -> bool:
    """Whether what a release rests on is over while the release is not."""
    end = ends(release, decision)
    return end is not None and end < micros(now)


def ends(release: Recorded, decision: Recorded | None) -> int | None:
    """When a release begins to rest on nothing; none where that has no end, or the release itself ends before."""
    until = moment(decision.body.get("valid_until")) if decision else None
    over = moment((release.body.get("intent") or {}).get("window", {}).get("end"))
    if until is None or (over is not None and over[1] <= until[1]):
        return None
    return until[1]


@dataclass(order=True, slots=True)
class Waiting:
    """A release, and when its ground ends."""

    micros: int
    release: str
    decision: str

    @property
    def end(self) -> datetime:
        """That moment."""
        return datetime.fromtimestamp(self.micros // 1_000_000, UTC)


@dataclass(slots=True)
class Watch:
    """What this process has read: by studio how far, and the ends that are still to come, the next one first."""

    _read_to: dict[str, int] = field(default_factory=dict)
    _waiting: dict[str, list[Waiting]] = field(default_factory=dict)

    def ended(self, conn: Connection[Any], studio_id: str, now: datetime) -> Iterator[Waiting]:
        """Yield the releases whose ground has ended, each once, unless all of it was released anew meanwhile."""
        waiting = self._waiting.setdefault(studio_id, [])
        for each in self._fresh(conn, studio_id):
            heapq.heappush(waiting, each)
        while waiting and waiting[0].micros < micros(now):
            each = heapq.heappop(waiting)
            if not conn.execute(_REPLACED, (studio_id, each.release)).fetchall()[0][0]:
                yield each

    def _fresh(self, conn: Connection[Any], studio_id: str) -> Iterator[Waiting]:
        begin = self._read_to.get(studio_id, 0)
        ((size,),) = conn.execute(_SIZE, (studio_id,)).fetchall()
        ids = [name for (name,) in conn.execute(_NEW, (studio_id, begin, size))] if size > begin else []
        for start in range(0, len(ids), _PAGE):
            yield from _of(conn, studio_id, ids[start : start + _PAGE])
        self._read_to[studio_id] = size


def _of(conn: Connection[Any], studio_id: str, ids: Sequence[str]) -> Iterator[Waiting]:
    releases = read.current(conn, studio_id, ids)
    named = {each.id: str(each.body["decision"]).partition("@")[0] for each in releases.values()}
    decisions = read.current(conn, studio_id, list(named.values()))
    for release in releases.values():
        end = ends(release, decisions.get(named[release.id]))
        if end is not None:
            yield Waiting(end, release.id, named[release.id])
