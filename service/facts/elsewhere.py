"""Uses that lie outside the lineage of a question and bear on it all the same.

Two things about a person's replica cannot be told from one shot: whether it has shipped in a build of the same game before, and how
much of what a consent allows has been used up. Both are looked up only where they matter, and never more than a bounded number of uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from service.facts.library import Library, View, view_of
from service.facts.reader import Reader
from service.records.model import Recorded

#: More uses than this are not counted; what a consent allows then counts as open.
MOST: Final = 2_000

#: Names under which an agreement for games is known, where the title does not say that it is a game.
_GAMES: Final = "sagaftra-ima"

_SPOKEN_OF: Final = ("agreement", "binding", "engagement", "party", "production", "replica", "role")

_APPEARING: Final = """
WITH found AS MATERIALIZED (
    SELECT source AS id, target, index FROM reference
    WHERE studio_id = %(studio)s AND target = ANY(%(targets)s) AND source_kind = 'app' AND role = ANY(ARRAY['replica', 'person']) AND index < %(known_at)s
), appearing AS MATERIALIZED (
    SELECT found.id, found.target, found.index, head.state FROM found
    JOIN head ON head.studio_id = %(studio)s AND head.id = found.id AND head.index = found.index
)
"""

#: Of each replica and person: one use for every day on which any was first shown, and the first that were recorded.
_SHIPPED: Final = f"""
{_APPEARING}
(SELECT DISTINCT ON (target, state) id FROM appearing WHERE state IS NOT NULL ORDER BY target, state, index LIMIT 400)
UNION
(SELECT id FROM appearing ORDER BY index LIMIT 40)
"""  # noqa: S608  # nothing but the literals of this file

_ALL: Final = f"{_APPEARING} SELECT DISTINCT id FROM appearing LIMIT %(limit)s"  # noqa: S608  # nothing but the literals of this file

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
    shown = _shown(library)
    counted = {name for consent in library.of("consent") if _limits(consent) for name in _of_person(library, shown, consent)}
    others = shown - counted if _games(library) else set()
    if not counted and not others:
        return
    found = _ids(reader, _ALL, targets=sorted(counted), limit=MOST + 1) if counted else []
    library.beside = Library(truncated=len(found) > MOST)
    found = found[:MOST] + (_ids(reader, _SHIPPED, targets=sorted(others)) if others else [])
    _add(reader, library, library.beside, sorted(set(found)))


def _limits(consent: View) -> bool:
    scope = consent.body.get("scope")
    return isinstance(scope, dict) and bool(scope.get("limits"))


def _games(library: Library) -> bool:
    formats = {view.body.get("format") for view in library.of("production")}
    return "game" in formats or any(str(view.body.get("pack", "")).startswith(_GAMES) for view in library.of("agreement"))


def _shown(library: Library) -> set[str]:
    """The people who appear in what is asked about, and the replicas that do."""
    replicas = {_bare(view.body.get("replica")) for view in library.of("appearance")}
    replicas |= {view.id for view in library.of("replica") if view.key in library.lineage}
    built = [library.get(name) for name in replicas]
    people = {_bare(view.body.get("person")) for view in (*library.of("appearance"), *built) if view}
    return {name for name in replicas | people if name}


def _of_person(library: Library, shown: Iterable[str], consent: View) -> list[str]:
    """The person of a consent and that person's replicas, of those that are shown."""
    person = _bare(consent.body.get("person") or consent.body.get("grantor"))
    return [name for name in shown if name == person or ((view := library.get(name)) and _bare(view.body.get("person")) == person)]


def _bare(reference: Any) -> str | None:
    return reference.partition("@")[0] if isinstance(reference, str) else None


def _ids(reader: Reader, statement: str, **values: Any) -> list[str]:
    wanted = {"studio": reader.context.studio_id, "known_at": reader.known_at, **values}
    return sorted(str(found) for (found,) in reader.conn.execute(statement, wanted).fetchall())


def _add(reader: Reader, library: Library, beside: Library, found: Sequence[str]) -> None:
    """Take in the uses with their assets, runs and releases, and whom and what they speak of."""
    uses = _views(reader, library, found)
    assets = sorted({str(_bare(view.body["asset"])) for view in uses if isinstance(view.body.get("asset"), str)})
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
