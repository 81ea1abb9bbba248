"""What writers are given: hand-overs of material, the disclosures that went with them, the contracts that stood before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from service.facts import people, times, titles
from service.facts.areas import written
from service.facts.areas.written import Material
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, ref


def furnishings(world: World) -> list[Fact]:
    """Return each hand-over of material to a writer: those on record, and the one that is asked for without being recorded."""
    asked = [view for view in world.library.of("evidence", "furnishing") if _in_question(world, view)]
    found = [_furnishing(world, view) for view in asked]
    return found + (_unrecorded(world, found) if world.act == "hand_over" else [])


def given_to(world: World, writer: str | None) -> list[Fact]:
    """Return every hand-over of material to a writer that is on record, in question or not."""
    views = world.library.of("evidence", "furnishing")
    return [_furnishing(world, view) for view in views if writer and bare(view.details.get("to")) == writer]


def _in_question(world: World, view: View) -> bool:
    about = written.holds(world, written.material_of(world, view.details.get("material")))
    return about or written.asked_about(world, view) or written.goes_out_whole(world, view)


def _furnishing(world: World, view: View) -> Fact:
    details = view.details
    writer, production = bare(details.get("to")), world.production_of(view)
    material = written.material_of(world, details.get("material"))
    at = times.text(details.get("at"))
    held = people.engagements(world, writer, production)
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "material": material.id if material else bare(details.get("material")),
            "generated": written.generated(world, material) if material else None,
            "to_writer": _given_to_writer(world, writer, production),
            "ahead": _ahead(world, at),
            "previously_exploited": written.exploited(material) if material else None,
            "instructed_as_basis": details.get("instructed_as_basis"),
            "disclosures": _disclosures(world, material, writer, at, view.id),
            "contracts": _contracts(world, material, writer, production, at),
            **written.owner_facts(world, writer, production, titles.lines(world, held)),
            "dates": {"handover": at or world.at},
            "path": world.path(view),
            "because": {"generated": "details.material.author_kind", "ahead": "details.at"},
        }
    )


def _given_to_writer(world: World, writer: str | None, production: str | None) -> times.Tri:
    """What is recorded as given to a writer was, unless the person works on the title as something else."""
    found = written.writer_on(world, writer, production)
    return True if found is None and writer else found


def _ahead(world: World, at: str | None) -> times.Tri:
    """Whether the hand-over is still to come; one of this very day is, as long as it is what is asked for."""
    asked = world.act == "hand_over"
    if at is None:
        return True if asked else None
    done = times.not_after(at, world.at)
    return asked if done is None else not done


def _disclosures(
    world: World, material: Material | None, writer: str | None, handed_at: str | None, furnishing: str | None = None
) -> list[Fact]:
    """The disclosures to a writer about a material, or its hand-over; one whose content is other content is about something else."""
    found = []
    for view in world.library.of("evidence", "disclosure"):
        if writer is None or bare(view.details.get("to")) == writer:
            about = _speaks_of(view, material, furnishing)
            if about is not False:
                found.append(_disclosure(world, view, handed_at, about=about))
    return found


def _speaks_of(view: View, material: Material | None, furnishing: str | None) -> times.Tri:
    named = {str(bare(one)) for one in (view.details.get("material"), *(view.body.get("subjects") or ())) if one}
    named = {one for one in named if not one.startswith(("pty_", "prd_"))}
    if material is None:
        return None
    same = _same_content(view.details.get("content"), material)
    if same is False or (named and named.isdisjoint({*material.keys, furnishing})):
        return False
    return True if named or same else None


def _same_content(digest: Any, material: Material) -> times.Tri:
    """Tell whether a digest is one of the material's; None where there is nothing of its kind to compare it with."""
    if not isinstance(digest, Mapping):
        return None
    own = [*(material.asset.body.get("digests") or () if material.asset else ())]
    own += [material.paper.details["content"]] if material.paper and material.paper.details.get("content") else []
    comparable = [one["value"] for one in own if one.get("algorithm") == digest.get("algorithm")]
    return digest.get("value") in comparable if comparable else None


def _disclosure(world: World, view: View, handed_at: str | None, *, about: times.Tri) -> Fact:
    at = times.text(view.details.get("at"))
    made = world.past(at)
    in_time = made if handed_at is None or not made else written.by(at, handed_at)
    return compact(
        {
            "id": view.id,
            "at": at,
            "made": made if about else None,
            "in_time": (in_time if about else None) if in_time is not False else False,
            "acknowledged": world.past(times.text(view.details.get("acknowledged_at"))),
            "because": {"in_time": "details.at" if about else "details.material", "made": "details.at" if about else "details.material"},
        }
    )


def _contracts(world: World, material: Material | None, writer: str | None, production: str | None, handed_at: str | None) -> list[Fact]:
    """The writer's deals for a title or the material, and engagements with a contract, each with whether it was signed before the work.

    The day of an engagement's contract does not stand in for the deal that says what was agreed for it, and when.
    """
    found, dealt = [], set()
    for view in written.deals_of(world, writer):
        works = set(bares(view.details.get("works")) or ())
        narrow = {one for one in works if not one.startswith("prd_")}
        about = bool(narrow & material.keys) if narrow and material else False
        named = {*view.productions, *(works - narrow), *_engaged_for(world, view)}
        titled = bool(named & world.titles(production)) if named else production is None
        if not about and not titled:
            continue
        begun = times.text(view.details.get("work_started_at")) or handed_at or world.at
        found.append(_contract(world, view, times.text(view.details.get("signed_at")), begun))
        dealt.add(bare(view.details.get("engagement")))
    held = people.engagements(world, writer, production)
    jobs = [view for view in held if view.body.get("contract_date") and view.id not in dealt and (None not in dealt or len(held) > 1)]
    return found + [_contract(world, view, times.text(view.body["contract_date"]), handed_at or world.at) for view in jobs]


def _contract(world: World, view: View, signed: str | None, begun: str) -> Fact:
    in_force = world.past(signed)
    return compact({"id": view.id, "signed": in_force, "before_work": written.by(signed, begun) if in_force else in_force})


def _engaged_for(world: World, deal: View) -> list[str]:
    """The title of the engagement that a deal is about."""
    engagement = world.library.get(deal.details.get("engagement"))
    title = bare(engagement.body.get("production")) if engagement else None
    return [title] if title else []


def _unrecorded(world: World, recorded: Iterable[Fact]) -> list[Fact]:
    """Material that is asked to be handed over without a record to whom: nobody knows yet that it is not a writer."""
    covered = {one.get("material") for one in recorded if one.get("ahead") is not False}
    asked = [one for one in written.materials(world) if one.id not in covered and _asked_about(world, one)]
    return [
        compact(
            {
                "id": f"{one.id}/hand-over",
                "record": one.id,
                "material": one.id,
                "generated": written.generated(world, one),
                "ahead": True,
                "disclosures": _disclosures(world, one, None, None),
                "contracts": [],
                "production": ref(world.production_of(one.paper or one.asset)),
                "dates": {"handover": world.at},
                "because": {"to_writer": "furnishing.to", "generated": "author_kind"},
            }
        )
        for one in asked
    ]


def _asked_about(world: World, material: Material) -> bool:
    """Tell whether the material itself, or the paper about it, is a subject of the question."""
    views = [view for view in (material.paper, material.asset) if view]
    return any(len(world.path(view) or ()) == 1 for view in views)
