"""What the Canadian performers' agreements ask about: replicas as made and used, notice before filming, what a refusal cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from service.facts import appearances, classify, papers, replications, times, titles, unions
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, bare, bares, compact, part, present, ref

IPA: Final = frozenset({"actra-ipa"})
BRITISH_COLUMBIA: Final = frozenset({"actra-bcmpa"})
LINES: Final = IPA | BRITISH_COLUMBIA
UNION: Final = ("actra", "ubcp", "unionofbcperformers", "unionofbritishcolumbiaperformers", "allianceofcanadiancinema")

_NOT_GENERATIVE: Final = frozenset({"traditional", "processing", "analysis"})
_BY_HAND: Final = frozenset({"camera", "hand_made", "licensed_stock", "recorded"})
_LOST: Final = frozenset({"recast", "terminated"})
_HELD: Final = frozenset({"booked", "engaged", "completed"})


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return what the agreements ask about, of work that they may govern."""
    if not unions.touches(world, LINES):
        return {"replications": [], "ai_plans": [], "recastings": []}
    found = [_replication(world, one) for one in replications.replications(world, LINES)]
    return {"replications": found, "ai_plans": ai_plans(world, shown, found), "recastings": recastings(world, shown)}


def use_facts(world: World, view: View, _person: str, _held: Sequence[View]) -> Fact:
    """Return whether the union's branch has cleared a change made after filming."""
    if view.body["type"] != "alteration":
        return {}
    approved = papers.approvals(world, (view.id, bare(view.body.get("asset"))), world.production_of(view))
    return {"branch_cleared": any(one.get("of") == "union" and one.get("approved") for one in approved)}


def _replication(world: World, element: Fact) -> Fact:
    production = (element.get("production") or {}).get("$ref")
    read = replications.read_by_counsel(world, production, BRITISH_COLUMBIA)
    if element["step"] == "synthetic":
        told = replications.notices_to_union(world, element, ("synthetic",), LINES, UNION)
        return {**element, "article_read": read, "notices": told}
    return {**element, "article_read": read}


# --- notice before filming --------------------------------------------------------------------------------------


def ai_plans(world: World, shown: Sequence[View], found: Iterable[Fact]) -> list[Fact]:
    """Return each title in question with whether generative AI is planned on it, and what the branch was told."""
    replicated = {(one.get("production") or {}).get("$ref") for one in found if one["step"] != "synthetic"}
    named = {world.production, *(world.production_of(view) for view in shown), *replicated} - {None}
    return [_plan(world, str(one), shown, one in replicated) for one in sorted(map(str, named)) if unions.may_govern(world, one, IPA)]


def _plan(world: World, production: str, shown: Sequence[View], replicated: bool) -> Fact:  # noqa: FBT001
    view = world.library.get(production)
    body: Mapping[str, Any] = view.body if view else {}
    begins = times.text(body.get("photography_start")) or times.text(body.get("production_commenced"))
    return compact(
        {
            "id": f"{production}/plan",
            "record": production,
            "production": ref(production),
            "planned": True if replicated or _at_work(world, production, shown) else _stated(world, body),
            "replica_work": replicated,
            "begins": begins,
            "begun": None if begins is None else world.past(begins),
            "notices": unions.told(world, sorted(world.titles(production)), ("pre_production",), production, IPA, UNION),
            "dates": compact({"photography": begins}),
            "because": {"planned": "generative_ai_planned", "begins": "photography_start"},
        }
    )


def _at_work(world: World, production: str, shown: Sequence[View]) -> bool:
    """Tell whether work with generative tools is on record for a title."""
    runs = [view for view in lineage_of(world, "generation") if world.production_of(view) in (production, None)]
    used = any(part(view.body, "tool").get("tool_class") not in _NOT_GENERATIVE for view in runs)
    return used or any(world.production_of(view) == production and classify.digital(world, view) is True for view in shown)


def _stated(world: World, body: Mapping[str, Any]) -> times.Tri:
    """Tell whether it is planned, as stated; material that was all made by hand or camera says no."""
    stated = body.get("generative_ai_planned")
    if isinstance(stated, bool):
        return stated
    origins = {one.get("origin") for one in world.gathered.get("assets", ())}
    return False if origins and origins <= _BY_HAND else None


# --- refusal, and the part lost ---------------------------------------------------------------------------------


def recastings(world: World, shown: Sequence[View]) -> list[Fact]:
    """Return each refusal on a title, with whether the part was lost afterwards, why, and what is to stand in."""
    asked = {world.production, *(world.production_of(view) for view in shown)} - {None}
    covered = [str(one) for one in sorted(map(str, asked)) if unions.may_govern(world, one, IPA)]
    found: dict[tuple[str, str], Fact] = {}
    for production in covered:
        for person, when, record in sorted(_refusals(world, production), key=lambda one: (one[0], one[1] or "", one[2])):
            found.setdefault((person, production), _recasting(world, shown, person, production, when, record))
    return list(found.values())


def _refusals(world: World, production: str) -> list[tuple[str, str | None, str]]:
    """Who refused a replica on a title, when, and the record that says so."""
    found = []
    for view in world.library.of("consent"):
        person = bare(view.body.get("person") or view.body.get("grantor"))
        ended = world.library.about(view.id, "event", "refused", ("target",))
        when = [times.text(one.body.get("effective_at")) for one in ended]
        if view.body.get("answer") == "refused":
            when.append(times.text(view.body.get("signed_at")) or times.text(view.body.get("requested_at")))
        if person and when and _on_title(world, view, production):
            found.append((person, times.earliest(when), view.id))
    for log in _logs(world, production):
        steps = [one for one in log.details.get("events") or () if one.get("type") == "refused_replica" and one.get("person")]
        found += [(str(bare(one["person"])), times.text(one.get("at")), log.id) for one in steps]
    return [one for one in found if times.begun(one[1], world.at)]


def _on_title(world: World, view: View, production: str) -> bool:
    named = bares(part(view.body, "scope").get("productions")) or view.productions
    return not named or "*" in named or not world.titles(production).isdisjoint(named)


def _logs(world: World, production: str) -> list[View]:
    found = []
    for view in world.library.of("evidence", "casting_log"):
        role = world.library.get(view.details.get("role"))
        title = bare(role.body.get("production")) if role else None
        if not world.titles(production).isdisjoint(view.productions or [str(title)]):
            found.append(view)
    return found


def _recasting(world: World, shown: Sequence[View], person: str, production: str, when: str | None, record: str) -> Fact:
    held = [
        view
        for view in world.library.about(person, "engagement", roles=("person",))
        if world.same_title(bare(view.body.get("production")), production)
    ]
    named = {bare(view.body.get("role")) for view in held}
    logs = [log for log in _logs(world, production) if bare(log.details.get("role")) in named or _mentions(log, person)]
    roles = {str(one) for one in (*named, *(bare(log.details.get("role")) for log in logs)) if one}
    losses = [step for log in logs for step in _losses(log, person, when) if times.begun(times.text(step.get("at")), world.at)]
    kept = any(_kept(log, person) for log in logs)
    about = (record, person, *sorted(roles), *(view.id for view in (*held, *logs)))
    return compact(
        {
            "id": record,
            "record": record,
            "person": ref(person),
            "production": ref(production),
            "refused_at": when,
            "lost": _lost(held, losses),
            "reinstated": kept or _engaged_again(held, losses),
            "reason_documented": (bool(losses) and all(present(one.get("reason")) for one in losses)) or _reasoned(world, about),
            "stated_by_human_resources": _vouched(world, about),
            "related_use": _related(world, shown, person, roles),
            "lines": titles.lines(world, held),
            "dates": compact({"use": when, "generation": when}),
            "because": {"lost": "engagement.status"},
        }
    )


def _mentions(log: View, person: str) -> bool:
    return any(bare(one.get("person")) == person for one in log.details.get("events") or ())


def _losses(log: View, person: str, when: str | None) -> list[Mapping[str, Any]]:
    """The steps by which a part went from a person after the refusal; in doubt a step came after it."""
    found = []
    for one in log.details.get("events") or ():
        other = bare(one.get("person")) not in (person, None)
        gone = one.get("type") == "recast" or (one.get("type") == "released" and not other) or (one.get("type") == "accepted" and other)
        if gone and times.before(times.text(one.get("at")), when) is not True:
            found.append(one)
    return found if any(one["type"] != "accepted" for one in found) or _mentions(log, person) else []


def _kept(log: View, person: str) -> bool:
    """Tell whether the part came back to the person last."""
    steps = [one for one in log.details.get("events") or () if one.get("type") in ("recast", "released", "accepted")]
    dated = [one for one in steps if times.text(one.get("at"))]
    last = max(dated, key=lambda one: str(times.text(one["at"])), default=None)
    lost = any(one["type"] in ("recast", "released") for one in steps)
    return bool(lost and last and last["type"] == "accepted" and bare(last.get("person")) == person)


def _engaged_again(held: Iterable[View], losses: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether a later engagement gave the part back."""
    last = times.latest([times.text(one.get("at")) for one in losses])
    begun = [times.text(view.body.get("engaged_at")) for view in held if view.body.get("status") in _HELD]
    return any(times.before(last, one) is True for one in begun)


def _let_go(held: Iterable[View]) -> bool:
    return any(view.body.get("status") in _LOST for view in held)


def _lost(held: Sequence[View], losses: Sequence[Any]) -> times.Tri:
    if losses or _let_go(held):
        return True
    stated = [view.body.get("status") for view in held]
    return False if stated and None not in stated else None


def _vouched(world: World, about: Iterable[str]) -> bool:
    return papers.confirmed(_statements(world, about), "recast_for_other_reason") is True


def _statements(world: World, about: Iterable[str]) -> list[Fact]:
    found = papers.attestations(world, about, ("recast_for_other_reason",))
    return [one for one in found if one.get("role") == "human_resources"]


def _reasoned(world: World, about: Iterable[str]) -> bool:
    """Tell whether human resources' statement gives the other reason itself."""
    views = [view for one in _statements(world, about) if one.get("accepted") is True and (view := world.library.get(one["id"]))]
    return any(present(view.details.get(name)) for view in views for name in ("reasons", "statement"))


def _related(world: World, shown: Sequence[View], person: str, roles: set[str]) -> bool:
    """Tell whether what is asked about is known to put a replica or a synthetic performer into the part, or to replicate the person.

    Where nobody has stated the part, the recasting is looked at all the same.
    """
    made = [view for view in shown if classify.digital(world, view) is not False]
    own = [one for one in world.gathered.get("sessions", ()) if (one.get("person") or {}).get("$ref") == person]
    return bool(own) or any(appearances.person_of(world, view) == person or bare(view.body.get("role")) in roles for view in made)
