"""A whole title as the question: its papers are weighed, its content is not, since content is found by what is handed out.

So that nobody takes the answer about the papers for one about the pictures, a title none of whose content the question reaches is told
apart: one that holds content, by itself or in an episode, and one of which nothing is on record, about which nothing can be said. That
costs one bounded query, and only where a title is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from service.facts.library import Library
from service.facts.reader import Reader
from service.facts.world import Fact, World, bare, ref

_HOLDING: Final = """
WITH RECURSIVE part(root, id) AS (
    SELECT named.id, named.id FROM unnest(%(targets)s::text[]) AS named(id)
    UNION
    SELECT part.root, reference.source FROM part JOIN reference ON reference.studio_id = %(studio)s
        AND reference.target = part.id AND reference.source_kind = 'prd' AND reference.role = 'parent' AND reference.index < %(known_at)s
)
SELECT DISTINCT part.root FROM part
WHERE EXISTS (
    SELECT FROM reference
    WHERE studio_id = %(studio)s AND target = part.id AND source_kind = 'ast' AND index < %(known_at)s
)
"""


def read(reader: Reader, library: Library, roots: Iterable[str]) -> None:
    """Note of which titles among the subjects the question reaches no content, and which of those hold some."""
    asked = sorted(name for root in roots if (name := root.partition("@")[0]).startswith("prd_"))
    reached = {
        part for view in library.of("asset") if view.key in library.lineage for title in view.productions for part in _up(library, title)
    }
    left = [name for name in asked if name not in reached]
    holding = set(reader.holding(left, _HOLDING)) if left else set()
    library.unreached = {name: name in holding for name in left}


def _up(library: Library, title: str | None) -> set[str]:
    """A title with the season, series or campaign that it is part of."""
    found: set[str] = set()
    while title and title not in found:
        found.add(title)
        view = library.get(title)
        title = bare(view.body.get("parent")) if view else None
    return found


def titles(world: World) -> list[Fact]:
    """Return each title that is asked about as a whole, and whether any of its content is weighed with it."""
    asked = [
        view for view in world.library.of("production") if world.library.paths.get(view.key) and len(world.library.paths[view.key]) == 1
    ]
    return [
        {
            "id": view.id,
            "record": view.id,
            "production": ref(view),
            "reached": view.id not in world.library.unreached,
            "holds": world.library.unreached.get(view.id, True),
            "dates": {"release": world.at},
        }
        for view in asked
    ]
