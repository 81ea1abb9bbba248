"""Whose work it is: the craft of a person or a run, and whether covered staff of a bound employer did it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from service.facts import papers, people, times, titles
from service.facts.library import View
from service.facts.world import Fact, World, bare, part

#: The craft that a category of engagement works in; `other` and prompt artists may work in any.
CRAFT_OF_CATEGORY: Final = {
    "principal": "performer", "background": "performer", "stunt": "performer", "stunt_coordinator": "performer", "voice": "performer",
    "narrator": "performer", "dubbing": "performer", "singer": "performer", "dancer": "performer", "puppeteer": "performer",
    "motion_capture": "performer", "stand_in": "performer", "double": "performer", "visual_effects_artist": "visual_effects",
    "other": None, "prompt_artist": None,
}  # fmt: skip
#: Tools that are no AI at work: their runs are nobody's question here.
NOT_AI: Final = frozenset({"traditional", "processing", "analysis"})
#: The craft of those whose work a department's files are.
_OF_DEPARTMENT: Final = {"animation": "animator", "music": "musician", "script": "writer", "art": "crew", "camera": "crew", "edit": "crew"}
#: The union that speaks for a craft, whatever binding is on record.
UNION_OF_CRAFT: Final = {"crew": "iatse", "animator": "tag", "musician": "afm"}
#: The crafts that work on a title without being seen or heard in it.
AT_WORK: Final = frozenset({"crew", "animator", "musician", "basic_crafts", "writer", "director"})
#: The collections that tell which crafts have worked on something, whatever rules ask.
TOLD_BY: Final = frozenset({"crew_scans", "scores", "writings", "directed_duties"})
_OF_TRAINING: Final = frozenset({"training_job", "training_licence"})
#: Papers that speak of the work of a craft: of the one they state, or always of the same.
_OF_WORK: Final = {
    "assignment_terms": "other", "job_impact": "other", "credit": "other", "furnishing": "writer", "writer_deal": "writer",
    "credit_notice": "writer", "separated_rights": "writer",
}  # fmt: skip


def of_engagement(world: World, view: View) -> str | None:
    """Return the craft of an engagement: by the agreement it names, else by its category."""
    agreement = world.library.get(view.body.get("agreement"))
    union = titles.craft_of_pack(str(agreement.body.get("pack", ""))) if agreement else None
    category = str(view.body.get("category"))
    return union or titles.craft(found) if (found := union or CRAFT_OF_CATEGORY.get(category, category)) else None


def of_person(world: World, person: str | None, production: str | None) -> list[str] | None:
    """Return the crafts a person is engaged in on a title; None where that is not known."""
    return of_engagements(world, people.engagements(world, person, production))


def of_engagements(world: World, held: Iterable[View]) -> list[str] | None:
    """Return the crafts of engagements; None where there is none, or one whose craft is not known."""
    found = [of_engagement(world, view) for view in held]
    return sorted({str(one) for one in found}) if found and None not in found else None


def of_people(world: World, persons: Iterable[str] | None, production: str | None) -> list[str] | None:
    """Return the crafts that some people are engaged in between them; None where that of one is not known."""
    found = [of_person(world, person, production) for person in persons or ()]
    if not found or None in found:
        return None
    return sorted({name for crafts in found for name in crafts or ()})


def stated(names: Iterable[str] | None) -> list[str] | None:
    """Return the crafts that a paper states; `other` and `*` say nothing."""
    found = {titles.craft(str(one)) for one in names or ()} - {"other", "*"}
    return sorted(found) or None


def held_by(world: World, run: View) -> list[View]:
    """Return the engagements under which a run's operator worked."""
    named = world.library.get(run.body.get("operator_engagement"))
    return [named] if named else people.engagements(world, bare(run.body.get("operator")), world.production_of(run))


def of_run(world: World, run: View) -> list[str] | None:
    """Return the crafts whose work a run is: as stated, else those of its operator, else of the departments that its files are for."""
    body = run.body
    worker = (bare(body.get("operator")), bare(body.get("operator_engagement")), world.production_of(run))
    named = stated([body["craft"]] if "craft" in body else None) or world.once(
        "worker", worker, lambda: of_engagements(world, held_by(world, run))
    )
    return named or _of_files(world, run)


def _of_files(world: World, run: View) -> list[str] | None:
    """The crafts whose work the files of a run are, where each says so; what makes nothing but music is musicians' work."""
    if run.body.get("modalities") == ["music"]:
        return ["musician"]
    made = [world.library.get(one) for one in files_of([run])]
    found = {
        _OF_DEPARTMENT.get(str(view.body.get("department"))) or ("musician" if view.type == "music" else None) for view in made if view
    }
    return sorted(str(one) for one in found) if found and None not in found and None not in made else None


def files_of(runs: Iterable[View]) -> list[str]:
    """Return the files that some runs put out."""
    return sorted({str(bare(one["asset"])) for run in runs for one in run.body.get("outputs") or () if one.get("asset")})


def at_work(world: World) -> list[View]:
    """Return the runs of the lineage in which AI was at work, or may have been."""
    return world.once("at_work", None, lambda: _at_work(world))


def _at_work(world: World) -> list[View]:
    return [
        view
        for view in world.library.of("generation")
        if view.key in world.library.lineage and part(view.body, "tool").get("tool_class") not in NOT_AI
    ]


def runs_of(world: World, persons: Iterable[str]) -> list[str]:
    """Return the runs of the lineage that some people operated."""
    by = world.once("runs_by_operator", None, lambda: _by_operator(world))
    return [run for person in sorted(set(persons)) for run in by.get(person, ())]


def _by_operator(world: World) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for run in at_work(world):
        found.setdefault(str(bare(run.body.get("operator"))), []).append(run.id)
    return found


def tasks(world: World) -> list[View]:
    """Return the duties of the title that a system carries out."""
    return [view for view in world.library.of("evidence", "duty_assignment") if view.details.get("system") and concerns(world, view)]


def concerns(world: World, view: View, production: str | None = None) -> bool:
    """Tell whether a paper is one of this title: it names it, is in the lineage, or names no title at all."""
    title = production or world.production
    named = {*view.productions, *(one for one in subjects(view) if one.startswith("prd_")), bare(view.details.get("production"))} - {None}
    if view.key in world.library.lineage or not named:
        return True
    return bool(world.titles(title) & named)


def subjects(view: View) -> set[str]:
    """Return the ids of what a paper is about."""
    return {str(bare(one)) for one in view.body.get("subjects") or ()}


def touched(world: World, found: Mapping[str, list[Fact]]) -> set[str]:
    """Return the crafts of those who made what a question is about, as far as records say so: runs, duties, terms, scans, music, writing."""
    named = {name for run in at_work(world) for name in of_run(world, run) or ()}
    named |= {name for view in (*tasks(world), *_spoken_of(world)) for name in _stated_by(view)}
    named |= {name for one in found["crew_scans"] for name in {*(one.get("crafts") or ())} & AT_WORK or {"crew"}}
    named |= {"musician"} if found["scores"] else set()
    named |= {"writer"} if any(one["sort"] == "material" for one in found["writings"]) else set()
    named |= {"director"} if any(one.get("directing") and one.get("by_system") for one in found["directed_duties"]) else set()
    return (named | _trained_on(world)) & AT_WORK


def _trained_on(world: World) -> set[str]:
    """The crafts whose work somebody asks to train on or to license for it, of those that an agreement binds on the title."""
    asked = [view for view in world.library.of("evidence") if view.type in _OF_TRAINING and view.key in world.library.lineage]
    if not asked or world.production is None:
        return set()
    works = [view for view in world.library.of("source") if view.key in world.library.lineage]
    named = {name for view in asked for name in stated(view.details.get("crafts")) or ()}
    named |= {name for view in works for name in stated(view.body.get("covered_by")) or ()}
    return named & {one["craft"] for one in titles.bindings(world, world.production) if one["determination"] == "bound"}


def _spoken_of(world: World) -> list[View]:
    """The papers about people's work that are asked about, or are of a title that is asked about as a whole."""
    lineage = world.library.lineage
    papers_ = [view for view in world.library.of("evidence") if view.type in _OF_WORK]
    if world.production in lineage:
        return [view for view in papers_ if concerns(world, view)]
    return [view for view in papers_ if view.key in lineage]


def _stated_by(view: View) -> list[str]:
    details = view.details
    return stated([*(details.get("crafts") or ()), str(details.get("craft", "other")), _OF_WORK.get(view.type, "other")]) or []


def covered(world: World, person: str | None, held: Iterable[View], unions: Iterable[str], when: str | None) -> times.Tri:
    """Tell whether somebody works under an agreement: by the engagement, else by a membership in one of `unions` that runs on the day."""
    for view in held:
        if isinstance(view.body.get("covered"), bool):
            return bool(view.body["covered"])
        if view.body.get("agreement"):
            return True
    party = world.library.get(person)
    memberships = party.body.get("memberships") if party else None
    if memberships is None:
        return None
    wanted = set(unions)
    mine = [one for one in memberships if _guild(world, one) in wanted]
    running = [
        times.within(when or world.at, {"perpetual": True, **part(one, "window")}) for one in mine if one.get("status") != "resigned"
    ]
    return True if True in running else None if None in running else False


def _guild(world: World, membership: object) -> str | None:
    found = membership if isinstance(membership, dict) else {}
    return papers.union_name(world, bare(found.get("union"))) or (papers.short_name(found["name"]) if found.get("name") else None)


def attested(world: World, targets: Iterable[str | None], kinds: Iterable[str] | None = None) -> list[Fact]:
    """Return what labour relations has signed about some records by the day of the question."""
    found = papers.attestations(world, targets, kinds)
    return [one for one in found if one.get("role") == "labour_relations" and world.past(one.get("signed_at")) is not False]


def unions_of(world: World, production: str | None, crafts: Iterable[str]) -> set[str]:
    """Return the short names of the unions that speak for some crafts, or whose agreements bind them on a title."""
    found: set[str | None] = {UNION_OF_CRAFT.get(name) for name in crafts}
    for view in people.bindings(world, production):
        agreement = world.library.get(view.body.get("agreement"))
        body = agreement.body if agreement else {}
        if set(titles.crafts_of(view, agreement)).isdisjoint({*crafts, "*"}):
            continue
        found.add(papers.union_name(world, bare(body.get("union"))))
        found.add(papers.short_name(body["union_name"]) if body.get("union_name") else None)
        found.add(titles.union_of_pack(str(body.get("pack", ""))))
    return {name for name in found if name}


def outside(world: World, employer: str | None, production: str | None) -> times.Tri:
    """Tell whether an employer stands outside the companies that signed for a title; None where either is not known."""
    view = world.library.get(production)
    ours = {str(bare(one)) for one in (view.body.get("signatories") or ())} if view else set()
    ours |= {str(bare(one.body["signatory"])) for one in people.bindings(world, production) if one.body.get("signatory")}
    return None if employer is None or not ours else employer not in ours


def of_others(world: World, view: View, production: str | None) -> bool:
    """Tell whether a paper is one of other companies: it names some, and none of them signed for the title or produces it."""
    title = world.library.get(production)
    ours = {str(bare(one)) for one in (title.body.get("producers") or ())} if title else set()
    employer = bare(view.details.get("employer"))
    named = {employer} if employer else subjects(view)
    firms = {one for one in named if one.startswith("pty_") and people.human(world, one) is None}
    return bool(firms) and firms.isdisjoint(ours) and all(outside(world, one, production) for one in firms)
