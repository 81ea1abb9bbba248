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

from psycopg import Connection
from psycopg.rows import class_row

from schemas.prefixes import PREFIXES
from service import errors, projections
from service.context import Context
from service.records import edges, read
from service.records.edges import BACKWARD, CARRIES, FORWARD

WORKLIST = 200
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

HOLDING = ("released", "released_delivery", "delivered", "cut_item")
"""The roles by which a release holds what it lets go: its assets and deliveries, and what cuts consist of."""

# Everything younger than the seeds, record by record through the indexes, which costs what is reached; how much that is stands in the row without a kind.
_NEAR = """
WITH RECURSIVE walked (id) AS (
    SELECT unnest(%(seeds)s::text[])
    UNION
    SELECT next.id FROM walked CROSS JOIN LATERAL (
        SELECT reference.source AS id FROM reference
        JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source AND head.index = reference.index
        WHERE reference.studio_id = %(studio_id)s AND reference.target = walked.id
          AND left(reference.source, 3) || '.' || reference.role = ANY(%(forward)s)
        UNION ALL
        SELECT reference.target FROM head
        JOIN reference ON reference.studio_id = head.studio_id AND reference.index = head.index
        WHERE left(walked.id, 3) = ANY(%(carriers)s) AND head.studio_id = %(studio_id)s AND head.id = walked.id
          AND left(reference.source, 3) || '.' || reference.role = ANY(%(backward)s)
    ) AS next
), reach (id) AS MATERIALIZED (SELECT id FROM walked LIMIT %(near)s)
, let_go (id) AS (
    SELECT id FROM reach WHERE left(id, 3) = 'rel'
    UNION
    SELECT reference.target FROM let_go
    JOIN head ON head.studio_id = %(studio_id)s AND head.id = let_go.id
    JOIN reference ON reference.studio_id = %(studio_id)s AND reference.index = head.index
    WHERE reference.role = ANY(%(holding)s)
), found AS MATERIALIZED (
    SELECT head.id, head.kind, head.label, head.productions, head.id IN (SELECT id FROM let_go) AS released
    FROM reach JOIN head ON head.studio_id = %(studio_id)s AND head.id = reach.id
    WHERE head.kind = ANY(%(kinds)s) AND NOT head.id = ANY(%(apart)s)
      AND (%(within)s::text[] IS NULL OR head.productions = '{}' OR head.productions && %(within)s::text[])
)
(SELECT kind, released, productions, count(*) AS number, NULL AS id, NULL AS label FROM found GROUP BY kind, released, productions)
UNION ALL
(SELECT '', false, '{}', count(*), NULL, NULL FROM reach)
UNION ALL
(SELECT kind, released, productions, 0, id, NULL FROM found WHERE kind = 'release')
UNION ALL
(SELECT kind, released, productions, NULL, id, label FROM found
 WHERE (%(after)s::text IS NULL OR (NOT released, kind, id) > (%(after_unreleased)s, %(after_kind)s, %(after)s))
 ORDER BY released DESC, kind, id LIMIT %(limit)s)
"""
_NEAR_MOST = 2_000
# Where more is reached, over all edges of the studio at once, which costs what there is: `reach` and `let_go` hold a byte for each place in the log.
_FOUND = """
FROM (
    SELECT id, kind, label, productions, get_byte(%(let_go)s::bytea, first_index::integer) = 1 AS released FROM head
    WHERE studio_id = %(studio_id)s AND kind = ANY(%(kinds)s)
      AND CASE WHEN first_index < %(size)s THEN get_byte(%(reach)s::bytea, first_index::integer) = 1 ELSE false END
      AND NOT id = ANY(%(apart)s) AND (%(within)s::text[] IS NULL OR productions = '{}' OR productions && %(within)s::text[])
) AS found
"""
_AFTER = "(%(after)s::text IS NULL OR (NOT released, kind, id) > (%(after_unreleased)s, %(after_kind)s, %(after)s))"
_COUNTED = (
    f"SELECT kind, released, productions, count(*) AS number, NULL AS id, NULL AS label {_FOUND} GROUP BY kind, released, productions"
)
_RELEASED = f"SELECT kind, released, productions, 0 AS number, id, NULL AS label {_FOUND} WHERE kind = 'release'"
_LISTED = f"SELECT kind, released, productions, NULL AS number, id, label {_FOUND} WHERE {_AFTER} ORDER BY released DESC, kind, id LIMIT %(limit)s"


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    released: bool
    productions: list[str]
    number: int | None
    id: str | None
    label: str | None


def _owner(kind: str, *, released: bool) -> str:
    return "legal" if released and kind == "asset" else OWNERS[kind]


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
        return _owner(self.kind, released=self.released)

    def document(self) -> dict[str, Any]:
        """The item as the API answers it."""
        told: dict[str, Any] = {"id": self.id, "kind": self.kind, "becomes": self.becomes, "released": self.released, "owner": self.owner}
        return told | ({"label": self.label} if self.label else {}) | ({"productions": list(self.productions)} if self.productions else {})


@dataclass(frozen=True, slots=True)
class Impact:
    """What an end of the grant `root` reaches. Counts are complete; `items` is a page of the worklist, released first; `cursor` leads on.

    `within` are the productions that the question is limited to, if it is.
    """

    root: str
    counts: Mapping[tuple[str, bool], int]
    by_production: Mapping[str, Mapping[str, int]]
    by_territory: Mapping[str, int]
    items: tuple[Item, ...]
    cursor: str | None = None
    within: tuple[str, ...] | None = None

    @property
    def total(self) -> int:
        """How many records are reached."""
        return sum(self.counts.values())

    def _owners(self) -> dict[str, int]:
        """How much each department has to look at, of all that is reached."""
        found: Counter[str] = Counter()
        for (kind, released), number in sorted(self.counts.items()):
            found[_owner(kind, released=released)] += number
        return dict(found)

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
            "owners": self._owners(),
            "items": [item.document() for item in self.items],
            "truncated": len(self.items) < self.total,
        } | ({"next": self.cursor} if self.cursor else {})


def of(
    context: Context, record_id: str, *, scope: Mapping[str, Any] | None = None, limit: int = WORKLIST, cursor: str | None = None
) -> Impact:
    """What rests on the record; `scope` is the part of a consent that ends, where an event names one. `NotFound` for a foreign id."""
    root = read.get(context, None, record_id)
    within = _within(context, root.body.get("scope") if root.kind == "consent" else None, scope)
    return _impact(context, root.id, {"seeds": [root.id], "apart": [root.id], "within": within}, limit, cursor)


def of_all(context: Context, root: str, seeds: Sequence[str], *, limit: int = WORKLIST, cursor: str | None = None) -> Impact:
    """What is reached from several records that something outside the log bears on (`root` names it), these records themselves among it."""
    return _impact(context, root, {"seeds": list(seeds), "apart": [], "within": _within(context)}, limit, cursor)


def _impact(context: Context, root: str, asked: Mapping[str, Any], limit: int, cursor: str | None) -> Impact:
    values = {
        "studio_id": context.studio_id,
        **asked,
        "forward": FORWARD,
        "backward": BACKWARD,
        "carriers": [PREFIXES[kind] for kind in CARRIES],
        "kinds": list(_REACHED),
        "holding": list(HOLDING),
        "near": _NEAR_MOST + 1,
        "limit": limit + 1,
        **_place(cursor),
    }
    rows = _rows(context.conn, values)
    found = [Item(row.id, row.kind, row.label, tuple(row.productions), row.released) for row in rows if row.id and row.number is None]
    items = tuple(found[:limit])
    return Impact(
        root,
        _by_kind(rows),
        _by_production(rows),
        _territories(context, [row.id for row in rows if row.id and row.number == 0]),
        items,
        f"{'released' if items[-1].released else 'unreleased'}.{items[-1].kind}.{items[-1].id}" if len(found) > limit else None,
        None if values["within"] is None else tuple(values["within"]),
    )


def _place(cursor: str | None) -> dict[str, Any]:
    """Where a page begins: after the record that the cursor names."""
    released, _, rest = (cursor or "").partition(".")
    kind, _, last = rest.partition(".")
    if cursor and not (released in ("released", "unreleased") and kind in _REACHED and last):
        raise errors.invalid("/cursor", "This is no place in the worklist; send the cursor of the page before.")
    return {"after": last or None, "after_kind": kind, "after_unreleased": released == "unreleased"}


def _rows(conn: Connection[Any], values: Mapping[str, Any]) -> list[_Row]:
    """The counts and the worklist, walked near by, or over all edges where more than a little is reached."""
    with conn.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(_NEAR, values).fetchall()
        if sum(row.number or 0 for row in rows if not row.kind) > _NEAR_MOST:
            marked = {**values, **_marked(conn, values["studio_id"], values["seeds"])}
            rows = [row for query in (_COUNTED, _RELEASED, _LISTED) for row in cursor.execute(query, marked).fetchall()]
    return [row for row in rows if row.kind]


def _marked(conn: Connection[Any], studio_id: str, seeds: Sequence[str]) -> dict[str, Any]:
    """What the seeds reach, and what the releases among it hold."""
    size = projections.catch_up(conn, studio_id, "edge")
    every, holding = edges.all_of(conn, studio_id, size, HOLDING)
    reach, let_go = bytearray(size), bytearray(size)
    for (number,) in conn.execute("SELECT first_index FROM head WHERE studio_id = %s AND id = ANY(%s)", (studio_id, list(seeds))):
        reach[number] = 1
    edges.reach(reach, every.older, every.younger)
    for (number,) in conn.execute(
        "SELECT first_index FROM head WHERE studio_id = %s AND kind = 'release' AND first_index < %s", (studio_id, size)
    ):
        let_go[number] = reach[number]
    edges.reach(let_go, holding.younger, holding.older)
    return {"size": size, "reach": bytes(reach), "let_go": bytes(let_go)}


def _within(context: Context, *scopes: Mapping[str, Any] | None) -> list[str] | None:
    """The productions that the question is limited to: by the scopes that name some, and by what the actor may see."""
    limits = [set(scope["productions"]) for scope in scopes if scope and scope.get("productions") not in (None, ["*"])]
    if context.actor.productions is not None:
        limits.append(set(context.actor.productions))
    return sorted(set.intersection(*limits)) if limits else None


def _by_kind(rows: Sequence[_Row]) -> dict[tuple[str, bool], int]:
    found: Counter[tuple[str, bool]] = Counter()
    for row in rows:
        found[row.kind, row.released] += row.number or 0
    return dict(found)


def _by_production(rows: Sequence[_Row]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for row in rows:
        for production in set(row.productions) if row.number else ():
            found.setdefault(production, Counter())[f"{row.kind}.{'released' if row.released else 'unreleased'}"] += row.number or 0
    return {production: dict(counts) for production, counts in found.items()}


def _territories(context: Context, releases: Sequence[str]) -> dict[str, int]:
    """Where the reached releases went, from their intents: territory → number of releases."""
    bodies = read.current(context.conn, context.studio_id, releases)
    found: Counter[str] = Counter()
    for recorded in bodies.values():
        found.update((recorded.body.get("intent") or {}).get("territories") or ())
    return dict(found)
