"""Facts that one craft, trade or body of law asks for, an area a module.

An area may bring collections of its own and may add to the facts of a use. It reads the world and the papers like every other
derivation, and knows nothing of the other areas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from service.facts.areas import (
    animation,
    animators,
    awards,
    britain,
    canada,
    commercial_periods,
    commercials,
    credentials,
    crew,
    directors,
    duties,
    games,
    house,
    laws,
    music,
    network,
    platforms,
    recordings,
    training_contents,
    voices,
    writers,
)
from service.facts.library import View
from service.facts.world import Fact, World

Collect = Callable[[World, Sequence[View]], dict[str, list[Fact]]]
Extend = Callable[[World, View, str, Sequence[View]], Fact]

#: What gives collections, from the appearances in the lineage.
COLLECT: Final[tuple[Collect, ...]] = (
    animation.collections,
    canada.collections,
    britain.collections,
    games.collections,
    network.collections,
    duties.collections,
    platforms.collections,
    awards.collections,
    house.collections,
    credentials.collections,
    crew.collections,
    animators.collections,
    music.collections,
    laws.collections,
    writers.collections,
    directors.collections,
    commercials.collections,
    commercial_periods.collections,
    recordings.collections,
    training_contents.collections,
    voices.collections,
)
#: What adds to a use: the appearance, the person used, and the person's engagements on the title.
EXTEND: Final[tuple[Extend, ...]] = (
    canada.use_facts,
    games.of_use,
    network.of_use,
    platforms.of_use,
    house.of_use,
    laws.use_facts,
)


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return the collections of every area."""
    return {name: elements for collect in COLLECT for name, elements in collect(world, shown).items()}


def of_use(world: World, view: View, person: str, held: Sequence[View]) -> Fact:
    """Return what the areas add to one use of one person."""
    return {name: value for extend in EXTEND for name, value in extend(world, view, person, held).items()}
