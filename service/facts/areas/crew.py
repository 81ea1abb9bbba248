"""What agreements of crews and animators ask for: tools at work, assignments, scans of the crew, consultations, impacts on jobs."""

from __future__ import annotations

from collections.abc import Sequence

from service.facts import classify, consents, crafts, custody, meetings, papers, people, times
from service.facts.assignments import assignments, consultations, impact_bargaining
from service.facts.consents import Use
from service.facts.library import View
from service.facts.tool_uses import tool_uses
from service.facts.world import Fact, World, bare, bares, compact, ref


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return the collections of this area."""
    return {
        "tool_uses": tool_uses(world),
        "assignments": assignments(world),
        "crew_scans": crew_scans(world),
        "consultations": consultations(world),
        "impacts": impacts(world),
    }


def crew_scans(world: World) -> list[Fact]:
    """Return the scans of people who are no performers, and one for each replica of such a person whose session nobody recorded."""
    held = [view for view in world.library.of("evidence", "capture_session") if view.details.get("state") != "cancelled"]
    mine = [view for view in held if custody.of_crew(world, view) and custody.in_question(world, view)]
    made = [view for view in custody.every_replica(world) if custody.of_crew(world, view) and not view.body.get("sessions")]
    loose = [view for view in made if classify.participated(view) is not False]
    found = [_scan(world, view, bare(view.details.get("person")), view.details.get("starts_at")) for view in mine]
    return found + [_scan(world, view, bare(view.body.get("person")), view.body.get("created_at")) for view in loose]


def _scan(world: World, view: View, person: str | None, day: object) -> Fact:
    starts = times.text(day)
    said = view.details if view.kind == "evidence" else view.body
    named = world.library.get(said.get("engagement"))
    production = bare(said.get("origin_production")) or world.production_of(view)
    held = [named] if named else people.engagements(world, person, production)
    when = starts or (world.at if world.act == "capture" else None)
    used = Use(view.id, person, production, when, ("scan",))
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "person": ref(person),
            "production": ref(production),
            "crafts": crafts.of_engagements(world, held),
            "starts_at": starts,
            "consents": [_scan_consent(world, one, when) for one in consents.seen_from(world, used)],
            "conditioned": _conditioned(world, person, held),
            "dates": compact({"session": starts, "creation": starts}),
            "path": world.path(view),
            "because": {"crafts": "engagement.category", "conditioned": "engagement.conditions"},
        }
    )


def _scan_consent(world: World, one: Fact, when: str | None) -> Fact:
    """A form for one scan states neither titles nor a window as a rule: it runs from the day it was signed until it is withdrawn."""
    seen = {**one, "elsewhere": one.get("covers_production") is False}
    view = world.library.get(one["id"])
    signed = times.not_after(one.get("signed_at"), when)
    if view is None or "window" in view.body or one.get("state_at_use") is not None or signed is None:
        return seen
    return {**seen, "state_at_use": "live" if signed else "late", "live_at_use": signed}


def _conditioned(world: World, person: str | None, held: Sequence[View]) -> times.Tri:
    """Tell whether consent to the scan was a condition of the job: by the engagement, or by the consent itself."""
    stated = [one.body["conditions"] for one in held if "conditions" in one.body]
    types = {one.get("type") for listed in stated for one in listed}
    said = [
        view.body.get("condition_of_employment")
        for view in consents.of_person(world, person)
        if "scan" in ((view.body.get("scope") or {}).get("purposes") or ())
    ]
    if True in said or types & {"scan_consent", "replica_consent"}:
        return True
    return False if False in said or (held and len(stated) == len(held)) else None


def impacts(world: World) -> list[Fact]:
    """Return the changes to jobs on the title that are put down to AI, and the unions that have asked to meet about technology."""
    changed = [view for view in world.library.of("evidence", "job_impact") if crafts.concerns(world, view) and _come(world, view)]
    asked = [{**one, "type": "meeting", "interval": 92 if one.get("company") else 183} for one in meetings.meetings(world)]
    return [_impact(world, view) for view in changed if view.details.get("kind") != "none"] + asked


def _come(world: World, view: View) -> bool:
    """Tell whether a change to jobs has come: it is adverse, so in doubt it has."""
    return world.past(times.text(view.details.get("at"))) is not False


def _impact(world: World, view: View) -> Fact:
    details = view.details
    production = world.production_of(view)
    hit = bares(details.get("people"))
    signed = crafts.attested(world, (view.id,))
    denied = papers.confirmed(signed, "no_displacement")
    day = times.text(details.get("at"))
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "type": "displacement",
            "production": ref(production),
            "crafts": crafts.stated([str(details.get("craft", "other"))]) or crafts.of_people(world, hit, production),
            "attributed": details.get("attributed_to_ai"),
            "layoff": details.get("kind") == "layoff",
            "decided": denied is not None or papers.confirmed(signed, "good_faith_bargaining") is True,
            "displaced": denied is not True,
            "bargaining": impact_bargaining(world, (view.id, *([production] if production else []))),
            "unhelped": None if hit is None else [one for one in hit if not _helped(world, one, production)],
            "dates": compact({"request": day, "use": day}),
            "because": {"attributed": "attributed_to_ai", "crafts": "craft", "unhelped": "people"},
        }
    )


def _helped(world: World, person: str, production: str | None) -> bool:
    """Tell whether severance or retraining is on record for a person."""
    return any(
        view.details.get("kind") in ("severance", "retraining", "training_programme") and crafts.concerns(world, view, production)
        for view in world.library.about(person, "evidence", "employment_programme")
    )
