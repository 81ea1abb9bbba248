"""Who was asked to prompt or to use a generative tool, what came of it for others' jobs, and who asked to be heard about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.facts import crafts, papers, people, times
from service.facts.library import View
from service.facts.tool_uses import Use, uses
from service.facts.world import Fact, World, bares, compact, ref
from service.rules.moments import DAY, moment

_NOTICES: Final = ("generative_tool", "employees")


def assignments(world: World) -> list[Fact]:
    """Return the assignments that bear on the question, and one for each user of a tool whose assignment nobody recorded."""
    used = uses(world)
    found = [view for view in world.library.of("evidence", "assignment_terms") if _bears(world, view, used)]
    loose = [use for use in used if use.operator and not any(_reaches(view, use) for view in found)]
    return [_assignment(world, view, used) for view in found] + _unrecorded(world, loose)


def _bears(world: World, view: View, used: list[Use]) -> bool:
    """An assignment bears on the question when it is asked about, or when its people made something that is; in doubt it does."""
    if view.key in world.library.lineage or world.production in world.library.lineage:
        return True
    if not crafts.concerns(world, view):
        return False
    if crafts.subjects(view) & {world.library.views[key].id for key in world.library.lineage}:
        return True
    return any(use.operator is None or _reaches(view, use) for use in used)


def _reaches(view: View, use: Use) -> bool:
    staff = bares(view.details.get("people"))
    if staff is None:
        return use.operator is None
    if "*" in staff:
        named = crafts.stated(view.details.get("crafts"))
        return named is None or use.crafts is None or not set(named).isdisjoint(use.crafts)
    return use.operator in staff


def _assignment(world: World, view: View, used: list[Use]) -> Fact:
    details = view.details
    production = world.production_of(view)
    staff = bares(details.get("people"))
    mine = [use for use in used if use.operator and _reaches(view, use)]
    begun = times.text(details.get("at"))
    asked = _any(details.get("requires_generative_tool"), details.get("prompting_required"), True if _generative(mine) else None)
    named = crafts.stated(details.get("crafts"))
    persons = [one for one in staff or () if one != "*"] or [str(use.operator) for use in mine]
    first = times.earliest([use.first for use in mine if use.generative is not False]) or begun
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "production": ref(production),
            "crafts": named or crafts.of_people(world, persons, production),
            "person": ref(persons[0]) if len(persons) == 1 else None,
            "prompting": details.get("prompting_required", _engaged_to_prompt(world, persons, production) or None),
            "asked": asked,
            "withdrawn": bool(details.get("withdrawn_at") and world.past(times.text(details["withdrawn_at"]))),
            "feeds_automation": details.get("feeds_automation"),
            "needs_attestation": details.get("feeds_automation") is not False,
            **_effect(world, view.id, persons, conceded=_conceded(details)),
            **_told(world, persons, first, everyone=staff is not None and "*" in staff),
            "assigned_at": begun or first or world.at,
            "dates": compact({"use": first or begun, "request": begun}),
            "path": world.path(view),
            "because": {"prompting": "prompting_required", "asked": "requires_generative_tool", "crafts": "crafts"},
        }
    )


def _any(*stated: object) -> times.Tri:
    """Whether one of some statements is true; false only where one is denied and none is true."""
    return True if True in stated else False if False in stated else None


def _engaged_to_prompt(world: World, persons: Iterable[str], production: str | None) -> bool:
    """Whether an engagement of one of the people makes prompting a condition of the job."""
    held = [view for one in persons for view in people.engagements(world, one, production)]
    return any(condition.get("type") == "prompting" for view in held for condition in view.body.get("conditions") or ())


def _conceded(details: Mapping[str, Any]) -> bool:
    """Whether terms concede that jobs are lost: they say so, or name the jobs."""
    return details.get("displaces", bool(details.get("displaced_jobs"))) is True


def _generative(used: Iterable[Use]) -> bool:
    return any(use.generative is True for use in used)


def _effect(world: World, paper: str | None, persons: Iterable[str], *, conceded: bool = False) -> Fact:
    """What labour relations found about displacement by an assignment or its runs, what is conceded, whether it was bargained over."""
    named = sorted(set(persons))
    runs = crafts.runs_of(world, named)
    files = crafts.files_of(view for one in runs if (view := world.library.get(one)))
    jobs = [view.id for one in named for view in people.engagements(world, one, world.production)]
    about = [one for one in (paper, *runs, *files, *jobs) if one]
    signed = crafts.attested(world, (*about, *named, world.production), ("no_displacement",))
    found = papers.confirmed(signed, "no_displacement")
    return {
        "displacing": conceded or found is False,
        "attested": found is True,
        "attestations": signed,
        "complaint_open": any(_open(world, one, {*about, *named}) for one in world.library.of("evidence", "complaint")),
        "bargained": any(one.get("agreed") for one in impact_bargaining(world, about)),
    }


def _open(world: World, complaint: View, about: set[str]) -> bool:
    """Whether a complaint of displacement is open: adverse, so one that speaks of the title and of nothing else is about all its work."""
    details = complaint.details
    narrow = {one for one in crafts.subjects(complaint) if not one.startswith("prd_")}
    if details.get("topic") != "displacement" or details.get("state", "open") != "open":
        return False
    return times.begun(times.text(details.get("at")), world.at) and (
        not narrow.isdisjoint(about) if narrow else crafts.concerns(world, complaint)
    )


def impact_bargaining(world: World, targets: Iterable[str]) -> list[Fact]:
    """Return the bargaining over the impact of something on jobs."""
    views = {view.key: view for target in targets for view in world.library.about(target, "evidence", "bargaining", ("subject",))}
    return [_bargaining(world, view) for _, view in sorted(views.items()) if view.details.get("kind") in ("impact", None)]


def _bargaining(world: World, view: View) -> Fact:
    details = view.details
    closed = times.text(details.get("closed_at"))
    ended = details.get("outcome") in ("agreed", "waived") and (closed is None or world.past(closed) is True)
    opened = times.text(details.get("opened_at"))
    return compact({"id": view.id, "opened": world.past(opened) if opened else None, "outcome": details.get("outcome"), "agreed": ended})


def _told(world: World, persons: list[str], first: str | None, *, everyone: bool) -> Fact:
    """The written notices of a generative tool that reach everybody who is asked, and whether their first use is still to come."""
    found = world.once("tool_notices", None, lambda: _notices(world))
    told = [{**papers.notice(world, view), "reaches": _notice_reaches(world, view, persons, everyone=everyone)} for view in found]
    begun = first is not None and times.not_after(first, world.at) is not False
    return {"notices": told, "first_use": first or world.at, "use_ahead": not begun}


def _notices(world: World) -> list[View]:
    """The notices of generative tools on the title."""
    return [
        view for view in world.library.of("evidence", "notice") if view.details.get("kind") in _NOTICES and crafts.concerns(world, view)
    ]


def _notice_reaches(world: World, view: View, persons: list[str], *, everyone: bool) -> times.Tri:
    """To all employees, where it names none of them, or to each of the people; None where nobody has said to whom."""
    recipients = {*(bares(view.details.get("recipients")) or ()), *(one for one in crafts.subjects(view) if one.startswith("pty_"))}
    if view.details.get("recipient_kind") == "employees" and not any(people.human(world, one) for one in recipients):
        return True
    if not recipients:
        return None
    return bool(persons) and not everyone and recipients.issuperset(persons)


def _unrecorded(world: World, used: list[Use]) -> list[Fact]:
    """Whoever used a tool without an assignment on record: whether they were asked to prompt is not known."""
    groups: dict[tuple[str, str], list[Use]] = {}
    for use in used:
        groups.setdefault((str(use.operator), str(use.crafts)), []).append(use)
    return [_loose(world, mine) for _, mine in sorted(groups.items())]


def _loose(world: World, mine: list[Use]) -> Fact:
    use, person = mine[0], str(mine[0].operator)
    first = times.earliest([one.first for one in mine if one.generative is not False])
    effect = _effect(world, None, [person])
    return compact(
        {
            "id": f"{use.run.id}/assignment",
            "record": use.run.id,
            "production": ref(use.production),
            "crafts": use.crafts,
            "person": ref(person),
            "asked": _any(*(one.generative for one in mine)),
            "withdrawn": False,
            "prompting": True if effect["attestations"] or _engaged_to_prompt(world, [person], use.production) else None,
            "needs_attestation": True,
            **effect,
            "assigned_at": first or world.at,
            **_told(world, [person], first, everyone=False),
            "dates": compact({"use": first}),
            "path": world.path(use.run),
            "because": {"prompting": "assignment_terms.prompting_required", "crafts": "craft", "asked": "tool.tool_class"},
        }
    )


def consultations(world: World) -> list[Fact]:
    """Return the consultations about generative tools on the title: asked for, held, refused, what was weighed."""
    return [_consultation(world, view) for view in world.library.of("evidence", "consultation") if crafts.concerns(world, view)]


def _consultation(world: World, view: View) -> Fact:
    details = view.details
    requested, held = times.text(details.get("requested_at")), times.text(details.get("held_at"))
    is_held = bool(held and world.past(held))
    heard = bares(details.get("people"))
    asked = world.past(requested) if requested else (False if is_held or details.get("proposed_at") else None)
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "production": ref(world.production_of(view)),
            "crafts": _craft_of_guild(details.get("guild")) or crafts.of_people(world, heard, world.production),
            "requested": asked,
            "requested_at": requested,
            "held": is_held,
            "refused": details.get("outcome") == "refused",
            "alternatives": details.get("alternatives_considered") if is_held else None,
            "days_open": None if is_held else _days(requested, world.at),
            "dates": compact({"request": requested or world.at}),
            "because": {"requested": "requested_at", "crafts": "guild", "alternatives": "alternatives_considered"},
        }
    )


def _craft_of_guild(name: Any) -> list[str] | None:
    """The craft of a guild by any of its names; None for one that is not known."""
    short = papers.short_name(name) if isinstance(name, str) else ""
    found = {"iatse": "crew", "tag": "animator", "afm": "musician", "dga": "director", "wga": "writer", "sagaftra": "performer"}.get(short)
    return [found] if found else None


def _days(start: str | None, end: str) -> int | None:
    first, last = moment(start), moment(end)
    return (last[0] - first[0]) // DAY if first and last else None
