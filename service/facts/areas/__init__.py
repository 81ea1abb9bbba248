"""Facts that one craft, trade or body of law asks for, an area a module.

An area may bring collections of its own and may add to the facts of a use. It reads the world and the papers like every other
derivation, and knows nothing of the other areas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from service.facts.areas import directors, laws, writers
from service.facts.library import View
from service.facts.world import Fact, World

Collect = Callable[[World, Sequence[View]], dict[str, list[Fact]]]
Extend = Callable[[World, View, str, Sequence[View]], Fact]

#: What gives collections, from the appearances in the lineage.
COLLECT: Final[tuple[Collect, ...]] = (
    laws.collections,
    writers.collections,
    directors.collections,
)
#: What adds to a use: the appearance, the person used, and the person's engagements on the title.
EXTEND: Final[tuple[Extend, ...]] = (
    laws.use_facts,
)


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return the collections of every area."""
    return {name: elements for collect in COLLECT for name, elements in collect(world, shown).items()}


def of_use(world: World, view: View, person: str, held: Sequence[View]) -> Fact:
    """Return what the areas add to one use of one person."""
    return {name: value for extend in EXTEND for name, value in extend(world, view, person, held).items()}
