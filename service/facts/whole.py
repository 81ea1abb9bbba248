"""A whole title as the question: its papers are weighed, its content is not, since content is found by what is handed out.

So that nobody takes the answer about the papers for one about the pictures, it is looked up whether the title holds content that
the question does not reach. That costs one bounded query, and only where a title is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from service.facts.library import Library, Reader
from service.facts.world import Fact, World, ref

_HOLDING: Final = """
SELECT named.id FROM unnest(%(targets)s::text[]) AS named(id)
WHERE EXISTS (
    SELECT FROM reference
    WHERE studio_id = %(studio)s AND target = named.id AND source_kind = 'ast' AND index < %(known_at)s
)
"""


def read(reader: Reader, library: Library, roots: Iterable[str]) -> None:
    """Note which titles among the subjects hold content, none of which the question reaches."""
    asked = sorted(name for root in roots if (name := root.partition("@")[0]).startswith("prd_"))
    reached = {title for view in library.of("asset") if view.key in library.lineage for title in view.productions}
    left = [name for name in asked if name not in reached]
    library.unreached = frozenset(reader.holding(left, _HOLDING)) if left else frozenset()


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
            "dates": {"release": world.at},
        }
        for view in asked
    ]
