"""The fewest edges that would free everything from what ends: which parts, trainings or uses to replace, and no more than these.

Edges between papers, datasets, models and replicas weigh one each: a part is taken out, a model trained again. What a paper says of
itself (the sources of a licence, the person of a consent) cannot be replaced. The works at the end (runs, assets, appearances,
deliveries) count as one sink, and each use of a record in a work weighs one: it is made again or taken out. The fewest are a minimum cut (Ford and Fulkerson 1956), found by shortest augmenting ways (Edmonds and Karp 1972), the one
nearest to what ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from psycopg import Connection

from schemas.prefixes import PREFIXES
from service.records.edges import BACKWARD, FORWARD

MOST_RECORDS: Final = 2_000
"""More papers, datasets and models than this are not weighed against one another."""
MOST_USES: Final = 1_000
"""Uses of one record are counted up to here; more are never the fewest but where nothing else is left."""

_WORKS: Final = [PREFIXES[kind] for kind in ("asset", "generation", "appearance", "delivery", "release")]
_SINK: Final = ""
_FIXED: Final = 1 << 40
"""The weight of an edge that cannot be replaced: more than all uses together."""

Edge = tuple[str, str]
"""Older and younger record; the younger is empty for the uses in works."""

_HELD = """
WITH RECURSIVE held (id) AS (
    SELECT unnest(%(seeds)s::text[])
    UNION
    SELECT next.id FROM held CROSS JOIN LATERAL (
        SELECT reference.source AS id FROM reference
        JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source AND head.index = reference.index
        WHERE reference.studio_id = %(studio_id)s AND reference.target = held.id AND reference.source_kind = ANY(%(holders)s)
          AND reference.source_kind || '.' || reference.role = ANY(%(forward)s)
        UNION ALL
        SELECT reference.target FROM head
        JOIN reference ON reference.studio_id = head.studio_id AND reference.index = head.index
        WHERE head.studio_id = %(studio_id)s AND head.id = held.id AND NOT left(reference.target, 3) = ANY(%(works)s)
          AND reference.source_kind || '.' || reference.role = ANY(%(backward)s)
    ) AS next
)
SELECT id FROM held LIMIT %(most)s
"""

_BETWEEN = """
SELECT DISTINCT reference.target, reference.source, false FROM reference
JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source AND head.index = reference.index
WHERE reference.studio_id = %(studio_id)s AND reference.target = ANY(%(ids)s) AND reference.source_kind = ANY(%(holders)s)
  AND reference.source_kind || '.' || reference.role = ANY(%(forward)s)
UNION
SELECT reference.source, reference.target, true FROM head
JOIN reference ON reference.studio_id = head.studio_id AND reference.index = head.index
WHERE head.studio_id = %(studio_id)s AND head.id = ANY(%(ids)s) AND NOT left(reference.target, 3) = ANY(%(works)s)
  AND reference.source_kind || '.' || reference.role = ANY(%(backward)s)
"""

_USES = """
SELECT held.id, count(*) FROM unnest(%(ids)s::text[]) AS held (id) CROSS JOIN LATERAL (
    SELECT reference.source FROM reference
    JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source AND head.index = reference.index
    WHERE reference.studio_id = %(studio_id)s AND reference.target = held.id AND reference.source_kind = ANY(%(works)s)
      AND reference.source_kind || '.' || reference.role = ANY(%(forward)s)
      AND (%(within)s::text[] IS NULL OR head.productions = '{}' OR head.productions && %(within)s::text[])
    UNION ALL
    SELECT reference.target FROM head
    JOIN reference ON reference.studio_id = head.studio_id AND reference.index = head.index
    JOIN head AS work ON work.studio_id = reference.studio_id AND work.id = reference.target
    WHERE head.studio_id = %(studio_id)s AND head.id = held.id AND left(reference.target, 3) = ANY(%(works)s)
      AND reference.source_kind || '.' || reference.role = ANY(%(backward)s)
      AND (%(within)s::text[] IS NULL OR work.productions = '{}' OR work.productions && %(within)s::text[])
    LIMIT %(uses)s
) AS used GROUP BY held.id
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """The fewest edges, or why they are not told: `reason` where there is more than is weighed."""

    edges: tuple[tuple[Edge, int], ...] = ()
    reason: str | None = None

    def document(self) -> dict[str, Any]:
        """As the API answers it: how many, and each edge, with the number of uses where it leads into works."""
        if self.reason:
            return {"complete": False, "reason": self.reason}
        told = [
            {"older": older, "younger": younger} if younger else {"older": older, "uses": weight, "more": weight > MOST_USES}
            for (older, younger), weight in self.edges
        ]
        return {"complete": True, "number": sum(weight for _, weight in self.edges), "edges": told}


def of(conn: Connection[Any], studio_id: str, record_id: str, within: Sequence[str] | None = None) -> Cut:
    """Return the fewest edges that part the works (of some productions) from a record that ends."""
    values = {
        "studio_id": studio_id, "seeds": [record_id], "forward": FORWARD, "backward": BACKWARD, "works": _WORKS,
        "holders": [prefix for prefix in PREFIXES.values() if prefix not in _WORKS], "most": MOST_RECORDS + 1, "uses": MOST_USES + 1,
        "within": None if within is None else list(within),
    }  # fmt: skip
    held = [str(found) for (found,) in conn.execute(_HELD, values).fetchall()]
    if len(held) > MOST_RECORDS:
        return Cut(reason=f"More than {MOST_RECORDS} papers, datasets and models rest on this.")
    values["ids"] = held
    between = {(str(older), str(younger)): fixed for older, younger, fixed in sorted(conn.execute(_BETWEEN, values).fetchall())}
    uses = {str(found): int(number) for found, number in conn.execute(_USES, values).fetchall()}
    return Cut(tuple(smallest(record_id, between, uses)))


def smallest(root: str, edges: Mapping[Edge, bool], uses: Mapping[str, int]) -> list[tuple[Edge, int]]:
    """Return the minimum cut between `root` and all uses, nearest to the root, each edge with its weight.

    `edges` says of each whether it is fixed; `uses` how many works use a record.
    """
    weights: dict[Edge, int] = {edge: _FIXED if fixed else 1 for edge, fixed in edges.items()}
    weights |= {(older, _SINK): number for older, number in uses.items() if number}
    room: dict[str, dict[str, int]] = {}
    for (older, younger), weight in weights.items():
        room.setdefault(older, {})[younger] = room.get(older, {}).get(younger, 0) + weight
        room.setdefault(younger, {}).setdefault(older, 0)
    came = _ways(root, room)
    while _SINK in came:
        _fill(came, room)
        came = _ways(root, room)
    return sorted((edge, weight) for edge, weight in weights.items() if edge[0] in came and edge[1] not in came)


def _ways(root: str, room: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """Everything that can be reached while there is room, each with where it was come from; the root with itself."""
    came = {root: root}
    waiting = deque([root])
    while waiting and _SINK not in came:
        at = waiting.popleft()
        for following, left in room.get(at, {}).items():
            if left and following not in came:
                came[following] = at
                waiting.append(following)
    return came


def _fill(came: Mapping[str, str], room: dict[str, dict[str, int]]) -> None:
    """Use up the way to the sink as far as its narrowest edge allows."""
    way = [_SINK]
    while came[way[-1]] != way[-1]:
        way.append(came[way[-1]])
    steps = [(older, younger) for younger, older in pairwise(way)]
    narrow = min(room[older][younger] for older, younger in steps)
    for older, younger in steps:
        room[older][younger] -= narrow
        room[younger][older] += narrow
