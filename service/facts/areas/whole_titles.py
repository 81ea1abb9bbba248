"""Titles that are asked about as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from service.facts import whole
from service.facts.library import View
from service.facts.world import Fact, World


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `whole_titles`."""
    return {"whole_titles": whole.titles(world)}
