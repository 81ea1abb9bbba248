"""Assets and the runs that made them: what owes an account of how it was made, and what is known of that."""

from __future__ import annotations

from typing import Final

from service.facts import appearances, papers, times
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part, ref

MADE: Final = frozenset({"generated", "mixed"})
"""Origins of which an account is owed."""


def asset(world: World, view: View) -> Fact:
    """Return an asset of the lineage: whether it owes an account of how it was made, and what is known of that."""
    body = view.body
    runs = _runs(world, view)
    shown = appearances.of_asset(world, view.id)
    return compact(
        {
            "id": view.id,
            "type": body.get("type"),
            "origin": _origin(world, view),
            "needs_lineage": _needs_lineage(world, view, runs),
            "generations": [{"$ref": run.id} for run in runs],
            "person_bearing": _person_bearing(world, view, shown),
            "evidence_grade": body.get("grade"),
            "production": ref(world.production_of(view)),
            "path": world.path(view),
            "stage": body.get("stage"),
            "version_state": body.get("version_state"),
            "because": {"needs_lineage": "origin", "person_bearing": "people"},
        }
    )


def _runs(world: World, view: View) -> list[View]:
    """The runs that made an asset: those that put it out, those it names as parents."""
    made = world.library.about(view.id, "generation", roles=("output",))
    named = [
        found for one in view.body.get("parents") or () if (found := world.library.get(one.get("record"))) and found.kind == "generation"
    ]
    return [run for _, run in sorted({run.key: run for run in (*made, *named)}.items())]


def _origin(world: World, view: View) -> str | None:
    """The origin an asset states, else the one that a bulk attestation settles."""
    settled = world.library.get(view.body.get("origin_evidence"))
    found = view.body.get("origin") or (settled.details.get("origin") if settled else None)
    return str(found) if found else None


def _needs_lineage(world: World, view: View, runs: list[View]) -> times.Tri:
    """Generated and altered assets owe an account; camera originals and cuts, which are made of others, do not."""
    if runs:
        return True
    origin = _origin(world, view)
    made_of = [str(one.get("record")) for one in view.body.get("parents") or ()]
    owed = _machine_made(view, origin)
    if any(one.startswith(("ast_", "planned_")) for one in made_of):
        # what it was made of owes the account, unless that was only shot and the asset says that it was altered by a machine
        return owed is True and view.body.get("ai") == "generative" and all(_plainly_shot(world, one) for one in made_of)
    if owed is not None:
        return owed
    return False if view.type in ("cut", "timeline", "mix") and view.body.get("ranges") else None


def _machine_made(view: View, origin: str | None) -> times.Tri:
    """Tell whether an asset says that it was generated or altered with generative tools; a cut is as mixed as what it shows."""
    if view.type in ("cut", "timeline", "mix") and origin != "generated":
        return None if origin is None else False
    if view.body.get("ai") == "generative":
        return True
    return None if origin is None else origin in MADE


def _plainly_shot(world: World, name: str) -> bool:
    """Tell whether what an asset was made of is an asset that was not made with generative tools, and says so."""
    parent = world.library.get(name)
    return (
        parent is not None
        and parent.kind == "asset"
        and not _runs(world, parent)
        and _machine_made(parent, _origin(world, parent)) is False
    )


def _person_bearing(world: World, view: View, shown: list[View]) -> times.Tri:
    """Whether a person, a replica or a synthetic performer appears: as recorded, or as somebody has stated; else unknown."""
    if any(one.body["type"] not in ("score", "text") for one in shown):
        return True
    stated = part(view.body, "people")
    if stated:
        return bool(stated.get("people")) or (None if stated.get("complete") is False else False)
    nobody = papers.confirmed(papers.attestations(world, (view.id,), ("nobody_appears",)), "nobody_appears")
    return False if nobody else None


def generation(world: World, view: View) -> Fact:
    """Return a run: whether model, inputs and prompt are on record."""
    body = view.body
    inputs = body.get("inputs")
    told = bool(body.get("prompts")) or body.get("prompt_entities") is not None or bool(inputs)
    named = [str(bare(one["model"])) for one in body.get("models") or () if one.get("model")]
    made = times.text(body.get("generated_at"))
    return compact(
        {
            "id": view.id,
            "tool_class": part(body, "tool").get("tool_class"),
            "models": named or None,
            "inputs_stated": inputs is not None,
            "prompt_recorded": told,
            "entities_stated": body.get("prompt_entities") is not None,
            "generated_at": made,
            "dates": compact({"generation": made, "use": made}),
            "production": ref(world.production_of(view)),
            "path": world.path(view),
            "because": {"models": "models"},
        }
    )
