"""Areas of facts: what each says that it gathers is what it gathers, so that nothing is left out that a rule reads."""

from __future__ import annotations

import pytest

from service.facts import areas
from service.facts.library import Library
from service.facts.world import World
from service.rules.load import load_packs
from service.rules.names import ADVERSE, COLLECTIONS


@pytest.mark.parametrize("collect", areas.COLLECT, ids=lambda one: one.__module__.rpartition(".")[2])
def test_an_area_names_what_it_gathers(collect: areas.Collect) -> None:
    world = World(Library(), "release", "2026-10-01T00:00:00Z", {})
    assert collect(world, []).keys() == areas.COLLECT[collect] - ADVERSE
    assert areas.COLLECT[collect] <= COLLECTIONS.keys()


def test_only_the_areas_that_somebody_reads_are_gathered() -> None:
    world = World(Library(), "release", "2026-10-01T00:00:00Z", {})
    assert areas.collections(world, [], frozenset({"scores"})).keys() == {"scores", "prompt_recordings"}
    assert areas.collections(world, []).keys() > {"scores", "exposures", "ai_uses"}


def test_a_pack_reads_what_its_rules_are_about() -> None:
    for pack in load_packs().values():
        assert {rule["each"] for rule in pack.rules if "each" in rule} <= pack.collections
