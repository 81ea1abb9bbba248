"""Uses that lie outside the lineage of a question and bear on it all the same.

Two things about a person's replica cannot be told from one shot: whether it has shipped in a build of the same game before, and how
much of what a consent allows has been used up. Both are looked up only where they matter, and never more than a bounded number of uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from service.facts.library import Library, Reader, View, view_of
from service.records.model import Recorded

#: More uses than this are not counted; what a consent allows then counts as open.
MOST: Final = 5_000

#: Names under which an agreement for games is known, where the title does not say that it is a game.
_GAMES: Final = "sagaftra-ima"

_SPOKEN_OF: Final = ("agreement", "binding", "engagement", "party", "production", "replica", "role")

_APPEARING: Final = """
SELECT reference.source AS id, head.state, reference.index FROM reference
JOIN head ON head.studio_id = %(studio)s AND head.id = reference.source AND head.index = reference.index
WHERE reference.studio_id = %(studio)s AND reference.target = wanted.target AND reference.source_kind = 'app'
  AND reference.role = ANY(ARRAY['replica', 'person']) AND reference.index < %(known_at)s
"""

#: Of each replica and person: one use for every day on which any was first shown, and the first that were recorded.
_SHIPPED: Final = f"""
SELECT DISTINCT found.id FROM unnest(%(targets)s::text[]) AS wanted(target) CROSS JOIN LATERAL (
    (SELECT DISTINCT ON (dated.state) dated.id FROM ({_APPEARING}) AS dated WHERE dated.state IS NOT NULL ORDER BY dated.state DESC LIMIT 200)
    UNION ALL
    (SELECT early.id FROM ({_APPEARING}) AS early ORDER BY early.index LIMIT 20)
) AS found
"""  # noqa: S608  # nothing but the literals of this file

_ALL: Final = f"""
SELECT DISTINCT found.id FROM unnest(%(targets)s::text[]) AS wanted(target) CROSS JOIN LATERAL ({_APPEARING}) AS found LIMIT %(limit)s
"""  # noqa: S608  # nothing but the literals of this file

_RUNS: Final = """
SELECT source FROM reference
WHERE studio_id = %(studio)s AND target = ANY(%(targets)s) AND source_kind = 'gen' AND role = 'output' AND index < %(known_at)s
"""

_RELEASES: Final = """
SELECT source FROM reference
WHERE studio_id = %(studio)s AND target = ANY(%(targets)s) AND source_kind = 'rel' AND role = 'released' AND index < %(known_at)s
"""


def read(reader: Reader, library: Library) -> None:
    """Read the uses of the same people and replicas that lie beside the lineage, where something depends on them."""
    limited = any(_limits(view) for view in library.of("consent"))
    games = _games(library)
    shown = [view.id for view in library.of("replica")] + _people(library)
    if not shown or not (limited or games):
        return
    found = _ids(reader, _ALL, targets=shown, limit=MOST + 1) if limited else _ids(reader, _SHIPPED, targets=shown)
    library.beside = Library(truncated=len(found) > MOST)
    _add(reader, library, library.beside, found[:MOST])


def _limits(consent: View) -> bool:
    scope = consent.body.get("scope")
    return isinstance(scope, dict) and bool(scope.get("limits"))


def _games(library: Library) -> bool:
    formats = {view.body.get("format") for view in library.of("production")}
    return "game" in formats or any(str(view.body.get("pack", "")).startswith(_GAMES) for view in library.of("agreement"))


def _people(library: Library) -> list[str]:
    """Those who appear, by themselves or through a replica."""
    named = [view.body.get("person") for kind in ("appearance", "replica") for view in library.of(kind)]
    return sorted({str(one).partition("@")[0] for one in named if one})


def _ids(reader: Reader, statement: str, **values: Any) -> list[str]:
    wanted = {"studio": reader.context.studio_id, "known_at": reader.known_at, **values}
    return sorted(str(found) for (found,) in reader.conn.execute(statement, wanted).fetchall())


def _add(reader: Reader, library: Library, beside: Library, found: Sequence[str]) -> None:
    """Take in the uses with their assets, runs and releases, and whom and what they speak of."""
    uses = _views(reader, library, found)
    assets = sorted({str(view.body["asset"]).partition("@")[0] for view in uses if isinstance(view.body.get("asset"), str)})
    near = [*_views(reader, library, assets), *_views(reader, library, _ids(reader, _RUNS, targets=assets))]
    near += _views(reader, library, _ids(reader, _RELEASES, targets=[*assets, *(view.id for view in library.of("asset"))]))
    for view in (*uses, *near, *(one for kind in _SPOKEN_OF for one in library.of(kind))):
        beside.add(view)


def _views(reader: Reader, library: Library, wanted: Iterable[str]) -> list[View]:
    """Return records as views: those that are there already as they are, the others read."""
    names = list(wanted)
    there = [library.views[name] for name in names if name in library.views]
    fresh: list[Recorded] = reader.current([name for name in names if name not in library.views])
    library.read.update({recorded.id: recorded.version for recorded in fresh if recorded.kind != "release"})
    return [*there, *(view_of(recorded) for recorded in fresh)]
