"""Games: the builds and updates that shipped with a replica, and whether the union's usage report followed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from service.facts import appearances, times
from service.facts.areas import games_basics as games
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part, ref
from service.rules.moments import day_of, moment

#: A use that goes on is reported at least this often, until the cadence has been read in the agreement.
QUARTER: Final = 92

_PREFIXES: Final = {"person": "pty_", "replica": "rep_"}


def shipped_uses(world: World, shown: Sequence[View]) -> list[Fact]:
    """Return the builds and updates that have shipped with a replica in question, each with whether it was reported."""
    reports = _reports(world, shown)
    done = [view for view in reports if world.past(times.text(view.details.get("delivered_at")))]
    found = {one["id"]: one for view in reports for one in _from_report(world, view, done, shown)}
    here = [(world, view) for view in shown]
    for near, view in [*here, *_others(world, shown)]:
        if (one := _from_appearance(near, view, done)) and one["id"] not in found:
            found[one["id"]] = one
    return list(found.values())


def _others(world: World, shown: Sequence[View]) -> list[tuple[World, View]]:
    """Uses of the replicas and people in question in other builds of the same titles."""
    near = world.beside
    if near is None:
        return []
    who = {name for view in shown for name in _who(world, view)}
    titles = {title for view in shown for title in world.titles(world.production_of(view))}
    there = {view.id for view in shown}
    found: dict[tuple[str | None, ...], View] = {}
    for view in near.library.of("appearance"):
        title = near.production_of(view)
        if view.id in there or titles.isdisjoint(near.titles(title)) or not near.library.get(view.body.get("asset")):
            continue
        alike = (bare(view.body.get("person")), bare(view.body.get("replica")), title, _went_out(near, view))
        if alike not in found and who & _who(near, view):
            found[alike] = view
    return [(near, view) for view in found.values()]


def _reports(world: World, shown: Sequence[View]) -> list[View]:
    """The usage reports about the people and replicas in question, or about their titles as a whole."""
    who = {name for view in shown for name in _who(world, view)}
    titles = {title for view in shown for title in world.titles(world.production_of(view))} if who else set()
    found = world.library.of("evidence", "usage_report")
    return [view for view in found if who & _about(view) or (not _about(view) and titles & set(_titles(view)))]


def _about(report: View) -> set[str]:
    """The person and the replica that a report is about; nobody where it speaks of a title as a whole."""
    return {name for name in (_reported(report, "person"), _reported(report, "replica")) if name}


def _titles(report: View) -> list[str]:
    return bares(report.details.get("titles")) or report.productions


def _reported(report: View, kind: str) -> str | None:
    """The person or the replica that a report is about: in its field, else among its subjects."""
    subjects = bares(report.body.get("subjects")) or ()
    return bare(report.details.get(kind)) or next((one for one in subjects if one.startswith(_PREFIXES[kind])), None)


def _who(world: World, view: View) -> set[str]:
    person = appearances.person_of(world, view)
    if person is None or appearances.replicates(world, view, person) is False or games.processed(world, view):
        return set()
    replica = games.replica_of(world, view, person)
    return {person, replica.id} if replica else {person}


def _from_report(world: World, view: View, done: Iterable[View], shown: Sequence[View]) -> list[Fact]:
    """What a usage report counts, an update that shipped or a period that has ended; of everybody where it names nobody."""
    details = view.details
    shipped = times.text(details.get("shipped_at")) or times.text(part(details, "period").get("end"))
    if not (shipped and world.past(shipped)):
        return []
    production = next(iter(_titles(view)), None) or world.production_of(view)
    replica = _reported(view, "replica")
    person = _reported(view, "person") or _person_of(world, replica)
    people = [(view.id, person, replica)] if person else sorted(_everybody(world, view, shown))
    found = []
    for name, whom, which in people:
        covering = [view] if view in done else [one for one in done if _covers(world, one, whom, which, production, shipped)]
        found.append(_shipped(world, name, view, whom, which, production, shipped, covering))
    return found


def _everybody(world: World, report: View, shown: Sequence[View]) -> set[tuple[str, str, str | None]]:
    """Each person whose replica is in question on a title that a report counts as a whole."""
    found: set[tuple[str, str, str | None]] = set()
    for view in shown:
        person = appearances.person_of(world, view)
        if person and _who(world, view) and not world.titles(world.production_of(view)).isdisjoint(_titles(report)):
            found.add((f"{report.id}/{person}", person, None))
    return found


def _from_appearance(world: World, view: View, done: Iterable[View]) -> Fact | None:
    """An appearance that says when it was first used, or whose file or title has gone out since; what is live goes on, and is due again."""
    person = appearances.person_of(world, view)
    if not (person and _who(world, view)):
        return None
    stated = _went_out(world, view)
    if not (stated and world.past(stated)):
        return None
    shipped = stated
    found, production = games.replica_of(world, view, person), world.production_of(view)
    replica = found.id if found else None
    on = games.live(world, view) is True
    covering = [one for one in done if _covers(world, one, person, replica, production, shipped)]
    if on and covering:
        last = times.latest([_reported_to(one) for one in covering])
        since = _days(last, world.at)
        if since is not None and since > QUARTER:
            shipped, covering = last or shipped, []
    fact = _shipped(world, f"{replica or person}/{production}/{shipped}", view, person, replica, production, shipped, covering)
    return {**fact, "days": max(0, fact["days"] - QUARTER)} if on and shipped != stated else fact


def _went_out(world: World, view: View) -> str | None:
    """When a use first went out: as stated, else with its file, else with the first release of its title after it was made."""
    stated = times.text(view.body.get("first_use_at"))
    if stated or view.body.get("in_final_cut") is False:
        return stated
    title = world.library.get(world.production_of(view))
    asset = bare(view.body.get("asset"))
    near = world.beside or world
    let_go = [
        times.text(one.body.get("released_at")) for one in (near.library.about(asset, "release", roles=("released",)) if asset else ())
    ]
    dates = [one for one in (title.body.get("release_dates") or () if title else ()) if one.get("planned") is not True]
    made = times.text(view.body.get("generated_at")) or _run_at(world, view)
    since = [day for one in dates if (day := times.text(one.get("date"))) and made and times.before(day, made) is False]
    return times.earliest([*let_go, *since])


def _run_at(world: World, view: View) -> str | None:
    run = appearances.generation_of(world, view)
    return times.text(run.body.get("generated_at")) if run else None


def _reported_to(report: View) -> str | None:
    return times.text(part(report.details, "period").get("end")) or times.text(report.details.get("delivered_at"))


def _covers(world: World, report: View, person: str | None, replica: str | None, production: str | None, shipped: str) -> bool:
    """Tell whether a delivered report speaks of what shipped on a day: of the same replica or person, on the title, in its period."""
    details = report.details
    about = _reported(report, "replica")
    if _about(report) and (not _about(report) & {replica, person} or (about and replica and about != replica)):
        return False
    titles = _titles(report)
    period = part(details, "period")
    inside = times.within(shipped, period) if period else True
    titled = not titles or not world.titles(production).isdisjoint(titles)
    return titled and inside is True and times.before(times.text(details.get("delivered_at")), shipped) is not True


def _shipped(
    world: World, name: str, record: View, person: str | None, replica: str | None, production: str | None, shipped: str,
    covering: Sequence[View],
) -> Fact:  # fmt: skip
    return compact(
        {
            "id": name,
            "record": record.id,
            "game": games.is_game(world, production),
            "person": ref(person),
            "replica": ref(replica),
            "production": ref(production),
            "shipped_at": shipped,
            "days": _days(shipped, world.at),
            "reported": bool(covering),
            "complete": any(_complete(one) for one in covering),
            "dates": {"release": shipped, "use": shipped},
        }
    )


def _complete(report: View) -> bool:
    """Tell whether a report says of whom, for which period, how much, and to whom it went."""
    details = report.details
    counted = not details.keys().isdisjoint({"lines", "words", "days"})
    return bool(_about(report) and counted and (details.get("period") or details.get("shipped_at")) and details.get("recipient"))


def _person_of(world: World, replica: str | None) -> str | None:
    view = world.library.get(replica)
    return bare(view.body.get("person")) if view else None


def _days(first: str | None, last: str) -> int | None:
    """Whole calendar days between two dates."""
    start, end = moment(first), moment(last)
    return (day_of(end[0]) - day_of(start[0])).days if start and end else None
