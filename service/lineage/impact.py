"""What the end of a grant reaches: every record that rests on it, released or not, by production and territory, with owners.

The answer is complete whatever its size: counting happens in the database, only the worklist is cut to a length. The same question before an
event is recorded (a dry run) and after it gives the same records. A consent reaches what names it and, through its person, what shows or
sounds like them; where its scope names productions, only what belongs to one of these, or to none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from schemas.prefixes import PREFIXES
from service.context import Context
from service.lineage.graph import BACKWARD, CARRIES, FORWARD
from service.records import read

WORKLIST = 200
_RELEASES = 1_000
_REACHED = ("asset", "generation", "model", "dataset", "replica", "appearance", "delivery", "release")
OWNERS: Mapping[str, str] = {
    "asset": "post",
    "generation": "vfx",
    "model": "rights",
    "dataset": "rights",
    "source": "rights",
    "replica": "business_affairs",
    "appearance": "business_affairs",
    "delivery": "post",
    "release": "legal",
}
"""Which department has to act on what is reached, by kind; what is released is counsel's."""

# `reach` is everything younger; `let_go` what the releases among it hold: their assets and deliveries, and what cuts consist of.
_FOUND = """
WITH RECURSIVE reach (id) AS (
    SELECT unnest(%(seeds)s::text[])
    UNION
    SELECT next.id FROM reach CROSS JOIN LATERAL (
        SELECT reference.source AS id FROM reference
        JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source AND head.index = reference.index
        WHERE reference.studio_id = %(studio_id)s AND reference.target = reach.id
          AND left(reference.source, 3) || '.' || reference.role = ANY(%(forward)s)
        UNION ALL
        SELECT reference.target FROM head
        JOIN reference ON reference.studio_id = head.studio_id AND reference.index = head.index
        WHERE left(reach.id, 3) = ANY(%(carriers)s) AND head.studio_id = %(studio_id)s AND head.id = reach.id
          AND left(reference.source, 3) || '.' || reference.role = ANY(%(backward)s)
    ) AS next
), let_go (id) AS (
    SELECT id FROM reach WHERE left(id, 3) = 'rel'
    UNION
    SELECT reference.target FROM let_go
    JOIN head ON head.studio_id = %(studio_id)s AND head.id = let_go.id
    JOIN reference ON reference.studio_id = head.studio_id AND reference.index = head.index
    WHERE reference.role IN ('released', 'released_delivery', 'delivered', 'cut_item')
), found AS MATERIALIZED (
    SELECT head.id, head.kind, head.label, head.productions, EXISTS (SELECT FROM let_go WHERE let_go.id = head.id) AS released
    FROM reach JOIN head ON head.studio_id = %(studio_id)s AND head.id = reach.id
    WHERE head.kind = ANY(%(kinds)s) AND NOT head.id = ANY(%(seeds)s)
      AND (%(within)s::text[] IS NULL OR head.productions = '{}' OR head.productions && %(within)s::text[])
)
"""
_COUNTED = """
(SELECT kind, released, production, count(*) AS number, NULL AS id, NULL AS label, NULL::text[] AS productions
 FROM found LEFT JOIN LATERAL unnest(productions) AS belongs (production) ON true GROUP BY kind, released, production)
UNION ALL
(SELECT kind, released, '*', count(*), NULL, NULL, NULL FROM found GROUP BY kind, released)
UNION ALL
(SELECT kind, released, NULL, NULL, id, label, productions FROM found ORDER BY released DESC, kind, id LIMIT %(limit)s)
"""


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    released: bool
    production: str | None
    number: int | None
    id: str | None
    label: str | None
    productions: list[str] | None


@dataclass(frozen=True, slots=True)
class Item:
    """One record of the worklist: what it becomes (`review`, `at_risk`), and who has to act."""

    id: str
    kind: str
    label: str | None
    productions: tuple[str, ...]
    released: bool

    @property
    def becomes(self) -> str:
        """What is released becomes a risk to be managed; everything else needs a look before it goes on."""
        return "at_risk" if self.released else "review"

    @property
    def owner(self) -> str:
        """The department that has to act."""
        return "legal" if self.released and self.kind == "asset" else OWNERS[self.kind]

    def document(self) -> dict[str, Any]:
        """The item as the API answers it."""
        told: dict[str, Any] = {"id": self.id, "kind": self.kind, "becomes": self.becomes, "released": self.released, "owner": self.owner}
        return told | ({"label": self.label} if self.label else {}) | ({"productions": list(self.productions)} if self.productions else {})


@dataclass(frozen=True, slots=True)
class Impact:
    """What an end of the grant `root` reaches. Counts are complete; `items` is the worklist, released first, cut at its limit."""

    root: str
    counts: Mapping[tuple[str, bool], int]
    by_production: Mapping[str, Mapping[str, int]]
    by_territory: Mapping[str, int]
    items: tuple[Item, ...]

    @property
    def total(self) -> int:
        """How many records are reached."""
        return sum(self.counts.values())

    def document(self) -> dict[str, Any]:
        """The impact as the API answers it. `new_use` is what becomes of anything not yet made."""
        kinds: dict[str, dict[str, int]] = {}
        for (kind, released), number in sorted(self.counts.items()):
            kinds.setdefault(kind, {"unreleased": 0, "released": 0})["released" if released else "unreleased"] = number
        return {
            "root": self.root,
            "total": self.total,
            "new_use": "blocked",
            "by_kind": kinds,
            "by_production": {production: dict(sorted(numbers.items())) for production, numbers in sorted(self.by_production.items())},
            "by_territory": dict(sorted(self.by_territory.items())),
            "owners": dict(Counter(item.owner for item in self.items)),
            "items": [item.document() for item in self.items],
            "truncated": len(self.items) < self.total,
        }


def of(context: Context, record_id: str, *, scope: Mapping[str, Any] | None = None, limit: int = WORKLIST) -> Impact:
    """What rests on the record; `scope` is the part of a consent that ends, where an event names one. `NotFound` for a foreign id."""
    root = read.get(context, None, record_id)
    within = _within(context, root.body.get("scope") if root.kind == "consent" else None, scope)
    values = {
        "studio_id": context.studio_id,
        "seeds": [root.id],
        "forward": FORWARD,
        "backward": BACKWARD,
        "carriers": [PREFIXES[kind] for kind in CARRIES],
        "kinds": list(_REACHED),
        "within": within,
        "limit": limit,
    }
    with context.conn.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(_FOUND + _COUNTED, values).fetchall()
    items = tuple(Item(row.id, row.kind, row.label, tuple(row.productions or ()), row.released) for row in rows if row.id)
    return Impact(
        root.id,
        {(row.kind, row.released): row.number or 0 for row in rows if row.production == "*"},
        _by_production(rows),
        _territories(context, [item.id for item in items if item.kind == "release"][:_RELEASES]),
        items,
    )


def _within(context: Context, *scopes: Mapping[str, Any] | None) -> list[str] | None:
    """The productions that the question is limited to: by the scopes that name some, and by what the actor may see."""
    limits = [set(scope["productions"]) for scope in scopes if scope and scope.get("productions") not in (None, ["*"])]
    if context.actor.productions is not None:
        limits.append(set(context.actor.productions))
    return sorted(set.intersection(*limits)) if limits else None


def _by_production(rows: Sequence[_Row]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.number and row.production not in (None, "*"):
            counts = found.setdefault(str(row.production), {})
            name = f"{row.kind}.{'released' if row.released else 'unreleased'}"
            counts[name] = counts.get(name, 0) + row.number
    return found


def _territories(context: Context, releases: Sequence[str]) -> dict[str, int]:
    """Where the reached releases went, from their intents: territory → number of releases."""
    bodies = read.current(context.conn, context.studio_id, releases)
    found: Counter[str] = Counter()
    for recorded in bodies.values():
        found.update((recorded.body.get("intent") or {}).get("territories") or ())
    return dict(found)
