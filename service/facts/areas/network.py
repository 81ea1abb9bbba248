"""Programmes under the network television code: synthetic performers and named prompts in one list, and how a replica was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from service.facts import appearances, custody, synthetics
from service.facts.library import View
from service.facts.world import Fact, World

#: What is no programme of a network, whatever else is known of it.
OTHER_FORMATS: Final = frozenset(
    {
        "feature", "short", "game", "commercial", "campaign", "sound_recording", "music_video", "podcast", "audiobook", "trailer",
        "corporate", "installation", "animation", "animated_series", "research",
    }
)  # fmt: skip


def _programme(world: World, production: str | None) -> bool:
    view = world.library.get(production)
    return view is None or view.body.get("format") not in OTHER_FORMATS


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return the synthetic performers of programmes, and each person whom a prompt aims at."""
    ours = [view for view in shown if _programme(world, world.production_of(view))]
    made = [{**one, "kind": "performer", **_origin(world, view)} for view in ours if (one := synthetics.synthetic(world, view))]
    runs = [view for view in world.library.of("generation") if view.key in world.library.lineage]
    named = [
        {**one, "kind": "prompt"} for run in runs if _programme(world, world.production_of(run)) for one in synthetics.prompts(world, run)
    ]
    return {"network_synthetics": [*made, *named]}


def _origin(world: World, view: View) -> Fact:
    """Whether a real voice or face may be the model of a character; unknown where nobody has said whom the prompt aims at."""
    run = appearances.generation_of(world, view)
    if view.body.get("voiced_by"):
        return {"references_person": True}
    if run is None or run.body.get("prompt_entities") is None:
        return {}
    return {"references_person": bool(appearances.named_people(world, view))}


def of_use(world: World, view: View, _person: str, _held: Sequence[View]) -> Fact:
    """Return how the replica of a use was made, for a programme: its sessions, each with notices, consents and pay."""
    programme = _programme(world, world.production_of(view))
    if not programme:
        return {"programme": False}
    replica = world.library.get(view.body.get("replica"))
    held = [found for one in (replica.body.get("sessions") or () if replica else ()) if (found := world.library.get(one))]
    return {"programme": programme, "captures": [custody.session(world, one) for one in held]}
