"""Licences out for training, as the writers' and the directors' guilds look at them, and training on what writers wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.facts import licensing, papers, times, titles, trainings
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part, ref

#: What may hold a writer's words, what cannot, and what is for somebody to say.
_WRITTEN: Final = frozenset({"text", "script"})
_WORDLESS: Final = frozenset(
    {"image", "painting", "photograph", "model_3d", "motion", "scan", "voice_recording", "audio", "music", "sound_recording", "code", "stock"}
)  # fmt: skip
_LINE_OF: Final = {"wga": "writer", "wgc": "writer", "dga": "director"}


def guild_licences(world: World) -> list[Fact]:
    """Return each licence for training that is asked about, with what it holds of whose work and what the guilds were told."""
    return [_guild_licence(world, view) for view in licensing.lineage_of(world, "evidence") if view.type == "training_licence"]


def _guild_licence(world: World, view: View) -> Fact:
    base = trainings.training_grant(world, view)
    consulted = [
        one
        for one in world.library.about(view.id, "evidence", "consultation")
        if world.past(times.text(one.details.get("held_at") or one.details.get("proposed_at")))
    ]
    return compact(
        {
            **base,
            "record": view.id,
            "covers_writing": _covers(world, view, "writer"),
            "covers_directing": _covers(world, view, "director"),
            "consulted": sorted({papers.short_name(str(one.details.get("guild", ""))) for one in consulted}),
            "asked_to_meet": _asked(world, view, base["notices"]),
            "met": _met(world, view),
            "because": {"covers_writing": "details.crafts", "covers_directing": "details.crafts"},
        }
    )


def _covers(world: World, view: View, craft: str) -> times.Tri:
    """Tell whether a licence holds work of a craft: by its crafts, its agreements, what its works are; else nobody has said."""
    crafts, agreements = view.details.get("crafts"), view.details.get("agreements")
    if crafts is not None:
        return "*" in crafts or craft in {titles.craft(str(one)) for one in crafts}
    if agreements is not None and "*" not in agreements:
        named = [one for reference in agreements if (one := world.library.get(reference))]
        if craft in {_LINE_OF.get(str(one.body.get("pack", "")).partition("-")[0]) for one in named}:
            return True
    if craft == "writer":
        return _any([_written(world, bare(one)) for one in view.details.get("works") or ()])
    return None


def _any(verdicts: list[times.Tri]) -> times.Tri:
    return True if True in verdicts else (None if None in verdicts or not verdicts else False)


def _written(world: World, work: str | None) -> times.Tri:
    """Tell whether a work holds what a writer wrote; a title that has not been looked into may."""
    view = world.library.get(work)
    if view is None or view.kind == "production":
        return None
    stated = view.body.get("covered_by") if view.kind == "source" else None
    if stated is not None:
        return "writer" in stated or "*" in stated
    if view.type in _WRITTEN:
        return True
    return False if view.type in _WORDLESS else None


def _asked(world: World, view: View, told: Iterable[Fact]) -> list[str]:
    """The guilds that have asked to meet about a licence; a request that names none may be of any that was told."""
    unions: set[str] = set()
    for one in told:
        paper = world.library.get(one["id"])
        if paper and paper.details.get("response") == "meeting_requested":
            unions |= set(one.get("unions") or ())
    for meeting in world.library.about(view.id, "evidence", "meeting"):
        name = papers.union_name(world, bare(meeting.details.get("union")))
        if name and world.past(times.text(meeting.details.get("requested_at"))):
            unions.add(name)
    return sorted(unions | ({"*"} if world.past(times.text(view.details.get("meeting_requested_at"))) else set()))


def _met(world: World, view: View) -> list[str]:
    """The guilds that were met about a licence."""
    held = [one for one in world.library.about(view.id, "evidence", "meeting") if world.past(times.text(one.details.get("held_at")))]
    return sorted({papers.union_name(world, bare(one.details.get("union"))) or "unnamed" for one in held})


# --- training on what writers wrote ----------------------------------------------------------------------------------


def script_trainings(world: World) -> list[Fact]:
    """Return each training that is asked about or was made, with the writers who keep rights in what is learnt from."""
    papers_ = [view for view in licensing.lineage_of(world, "evidence") if view.type in ("training_licence", "training_job")]
    made = [(view, one) for view in licensing.lineage_of(world, "model") for one in view.body.get("datasets") or ()]
    found = [_training(world, view.id, view, view.details) for view in papers_]
    found += [_training(world, f"{view.id}/{bare(one)}", view, {**part(view.body, "training"), "datasets": [one]}) for view, one in made]
    asked = {str(bare(one)) for view in papers_ for one in view.details.get("datasets") or ()}
    if world.act == "train":
        rest = [view for view in licensing.lineage_of(world, "dataset") if view.id not in asked]
        found += [_training(world, f"{view.id}/training", view, {"datasets": [view.key]}) for view in rest]
    return list({one["id"]: one for one in found}.values())


def _training(world: World, name: str, view: View, run: Mapping[str, Any]) -> Fact:
    dates = [times.text(run.get(field)) for field in ("signed_at", "finished_at", "started_at", "planned_at")]
    at = next((one for one in dates if one), None)
    works = _works(world, run)
    writers = _writers(world, view, works, run, at or world.at)
    covered = _covers(world, view, "writer") if view.type == "training_licence" else _any([_written(world, one) for one in sorted(works)])
    return compact(
        {
            "id": name,
            "record": view.id,
            "covers_writing": True if writers else (None if "*" in works else covered),
            "writers": writers,
            "unlicensed": [one["id"] for one in writers if one["reserved"] and one.get("licensed") is not True],
            "all_licensed": bool(writers) and all(one.get("licensed") is True for one in writers),
            "production": ref(world.production),
            "dates": {"licence": at or world.at},
            "path": world.path(view),
            "because": {"covers_writing": "crafts" if view.type == "training_licence" else "sources.covered_by"},
        }
    )


def _works(world: World, run: Mapping[str, Any]) -> set[str]:
    """What is learnt from: the works named, the sources and titles of the datasets' parts."""
    found = set(bares(run.get("works")) or ())
    for one in run.get("datasets") or ():
        dataset = world.library.get(one)
        for section in (dataset.body.get("parts") or ()) if dataset else ():
            source = world.library.get(section.get("source"))
            found |= {str(bare(section.get("source")))} if section.get("source") else set()
            found |= {str(bare(source.body["origin_production"]))} if source and _own_words(world, source) else set()
    return found


def _own_words(world: World, source: View) -> bool:
    """A title counts among the works where a source out of it may hold its words."""
    return bool(source.body.get("origin_production")) and _written(world, source.id) is not False


def _writers(world: World, view: View, works: set[str], run: Mapping[str, Any], when: str) -> list[Fact]:
    """The writers of the works by their deals: whether each keeps reserved rights, and has licensed training."""
    found: dict[str, Fact] = {}
    for deal in world.library.of("evidence", "writer_deal"):
        named = {*(bares(deal.details.get("works")) or deal.productions)}
        writer = bare(deal.details.get("writer"))
        if writer is None or named.isdisjoint(works):
            continue
        before = found.get(writer, {"reserved": False, "licensed": True})
        reserved = before["reserved"] or deal.details.get("reserved_rights") is True
        found[writer] = {
            "id": writer,
            "reserved": reserved,
            "licensed": before["licensed"] and _licensed(world, writer, view, named & works, run, when),
        }
    return [found[name] for name in sorted(found)]


def _licensed(world: World, writer: str, view: View, works: set[str], run: Mapping[str, Any], when: str) -> bool:
    """Tell whether a writer has allowed training, by a licence that reaches the works or by a consent, in force on the day."""
    named = {str(bare(one)) for one in (run.get("licence"), *(run.get("licences") or ())) if one}
    for licence in world.library.of("licence"):
        grant = part(licence.body, "training")
        reaches = licence.id in named or not works.isdisjoint(_reach(licence, grant))
        mine = bare(licence.body.get("grantor")) == writer and grant.get("granted") is True
        if mine and reaches and licensing.live_at(world, licence, when, part(grant, "window") or None) is True:
            return True
    titles_: list[str | None] = [one for one in sorted(works) if one.startswith("prd_")]
    return all(licensing.consented(world, writer, one, when) for one in titles_ or [world.production_of(view)])


def _reach(licence: View, grant: Mapping[str, Any]) -> set[str]:
    named = (licence.body.get("sources"), grant.get("productions"), licence.body.get("productions_allowed"))
    return {one for some in named for one in bares(some) or ()}
