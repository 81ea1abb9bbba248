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
    found = {one["id"]: one for view in reports if (one := _from_report(world, view, done))}
    for view in shown:
        if (one := _from_appearance(world, view, done)) and one["id"] not in found:
            found[one["id"]] = one
    return list(found.values())


def _reports(world: World, shown: Sequence[View]) -> list[View]:
    """The usage reports about the people and replicas in question."""
    who = {name for view in shown for name in _who(world, view)}
    found = world.library.of("evidence", "usage_report")
    return [view for view in found if who & {_reported(view, "person"), _reported(view, "replica")}]


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


def _from_report(world: World, view: View, done: Iterable[View]) -> Fact | None:
    """What a usage report counts: an update that shipped, or a period that has ended."""
    details = view.details
    shipped = times.text(details.get("shipped_at")) or times.text(part(details, "period").get("end"))
    if not (shipped and world.past(shipped)):
        return None
    titles = bares(details.get("titles")) or view.productions
    production = titles[0] if titles else world.production_of(view)
    replica = _reported(view, "replica")
    person = _reported(view, "person") or _person_of(world, replica)
    covering = [view] if view in done else [one for one in done if _covers(world, one, person, replica, production, shipped)]
    return _shipped(world, view.id, view, person, replica, production, shipped, covering)


def _from_appearance(world: World, view: View, done: Iterable[View]) -> Fact | None:
    """An appearance that says when it was first used; one that is generated live goes on, and is due again."""
    shipped = times.text(view.body.get("first_use_at"))
    person = appearances.person_of(world, view)
    if not (shipped and world.past(shipped) and person and _who(world, view)):
        return None
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
    return {**fact, "days": max(0, fact["days"] - QUARTER)} if on and fact["shipped_at"] != times.text(view.body["first_use_at"]) else fact


def _reported_to(report: View) -> str | None:
    return times.text(part(report.details, "period").get("end")) or times.text(report.details.get("delivered_at"))


def _covers(world: World, report: View, person: str | None, replica: str | None, production: str | None, shipped: str) -> bool:
    """Tell whether a delivered report speaks of what shipped on a day: of the same replica or person, on the title, in its period."""
    details = report.details
    about = _reported(report, "replica")
    if not ({about, _reported(report, "person")} - {None}) & {replica, person} or (about and replica and about != replica):
        return False
    titles = bares(details.get("titles")) or report.productions
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
    """Tell whether a report says for which period, how much, and to whom it went."""
    details = report.details
    counted = not details.keys().isdisjoint({"lines", "words", "days"})
    return bool(counted and (details.get("period") or details.get("shipped_at")) and details.get("recipient"))


def _person_of(world: World, replica: str | None) -> str | None:
    view = world.library.get(replica)
    return bare(view.body.get("person")) if view else None


def _days(first: str | None, last: str) -> int | None:
    """Whole calendar days between two dates."""
    start, end = moment(first), moment(last)
    return (day_of(end[0]) - day_of(start[0])).days if start and end else None
