"""Facts that one craft, trade or body of law asks for, an area a module.

An area may bring collections of its own and may add to the facts of a use. It reads the world and the papers like every other
derivation, and knows nothing of the other areas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from service.facts.areas import (
    animation,
    animators,
    awards,
    britain,
    canada,
    commercial_periods,
    commercials,
    contradictions,
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
    taints,
    training_contents,
    unnamed,
    voices,
    whole_titles,
    writers,
)
from service.facts.library import View
from service.facts.world import Fact, World

Collect = Callable[[World, Sequence[View]], dict[str, list[Fact]]]
Extend = Callable[[World, View, str, Sequence[View]], Fact]

#: What gives collections, from the appearances in the lineage, and which: what no rule in force reads is not gathered.
COLLECT: Final[Mapping[Collect, frozenset[str]]] = {
    animation.collections: frozenset(
        {"foreign_versions", "named_prompts", "regular_meetings", "synthetic_voices", "voice_credits", "voice_origins"}
    ),
    canada.collections: frozenset({"ai_plans", "recastings", "replications"}),
    britain.collections: frozenset({"pact_work", "training_claims"}),
    games.collections: frozenset({"games", "processings", "recreations", "reuses", "shipped_uses"}),
    network.collections: frozenset({"network_synthetics"}),
    duties.collections: frozenset({"obligations"}),
    platforms.collections: frozenset({"ai_uses"}),
    awards.collections: frozenset({"award_entries", "performances", "screenplays"}),
    house.collections: frozenset({"borrowings", "commercials", "licence_terms", "model_chains", "overrides", "recordings"}),
    contradictions.collections: frozenset({"contradictions", "unread_signals"}),
    taints.collections: frozenset({"taints"}),
    credentials.collections: frozenset({"credentials"}),
    crew.collections: frozenset({"assignments", "consultations", "crew_scans", "impacts", "tool_uses"}),
    animators.collections: frozenset({"credits"}),
    music.collections: frozenset({"prompt_recordings", "scores"}),
    whole_titles.collections: frozenset({"whole_titles"}),
    unnamed.collections: frozenset({"unnamed"}),
    laws.collections: frozenset({"exposures", "offered_models", "registrations", "web_sources"}),
    writers.collections: frozenset(
        {
            "furnishings",
            "guild_licences",
            "guild_reviews",
            "rights_determinations",
            "script_trainings",
            "writer_mandates",
            "writer_papers",
            "writer_runs",
            "writings",
        }
    ),
    directors.collections: frozenset({"creative_uses", "directed_duties", "guild_meetings", "training_programmes"}),
    commercials.collections: frozenset({"commercial_services", "commercial_synthetics"}),
    commercial_periods.collections: frozenset({"commercial_periods"}),
    recordings.collections: frozenset({"recording_credits", "recording_sessions", "recording_uses", "recording_voices"}),
    training_contents.collections: frozenset({"commercial_trainings", "recording_trainings"}),
    voices.collections: frozenset({"platform_voices"}),
}
#: What adds to a use: the appearance, the person used, and the person's engagements on the title.
EXTEND: Final[tuple[Extend, ...]] = (
    canada.use_facts,
    games.of_use,
    network.of_use,
    platforms.of_use,
    house.of_use,
    laws.use_facts,
)


def collections(world: World, shown: Sequence[View], wanted: frozenset[str] | None = None) -> dict[str, list[Fact]]:
    """Return the collections of every area, or of those that have any of the wanted ones."""
    asked = [collect for collect, names in COLLECT.items() if wanted is None or not names.isdisjoint(wanted)]
    return {name: elements for collect in asked for name, elements in collect(world, shown).items()}


def of_use(world: World, view: View, person: str, held: Sequence[View]) -> Fact:
    """Return what the areas add to one use of one person."""
    return {name: value for extend in EXTEND for name, value in extend(world, view, person, held).items()}
