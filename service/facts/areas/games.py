"""Games: what the interactive agreement asks of one use of a replica, and what it asks of builds, recreations, reuses and titles."""

from __future__ import annotations

from collections.abc import Sequence

from service.facts import appearances, consents, exemptions, people, strikes, suspensions, times
from service.facts.areas import games_pay, games_shipped, recreated
from service.facts.areas.games_basics import identifiable, is_game, live, modalities, processed, processing, replica_of
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part, ref


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return everything about games that is a list of its own; empty where no title in question is a game."""
    ours = [view for view in shown if is_game(world, world.production_of(view)) is not False]
    return {
        "games": recreated.titles_in_question(world, ours),
        "processings": processings(world, ours),
        "recreations": recreated.recreations(world, ours),
        "reuses": [found for view in ours if (found := recreated.reuse(world, view))],
        "shipped_uses": games_shipped.shipped_uses(world, ours),
    }


def of_use(world: World, view: View, person: str, held: Sequence[View]) -> Fact:
    """Return what the agreement for games asks of one use of one person; of other titles only that they are no games."""
    production = world.production_of(view)
    game = is_game(world, production)
    if game is False:
        return {"game": False}
    replica = replica_of(world, view, person)
    created = created_at(world, view, replica)
    outside = processed(world, view) is True
    found = {
        "game": game,
        "identifiable": identifiable(world, view, person),
        "processing": outside,
        **({"consent_needed": False} if game and outside else {}),  # the article leaves listed processing out
        "background_part": _background(world, view, person, replica, held),
        "live": live(world, view),
        **modalities(world, view, replica),
        "created_at": created,
        "creation_ahead": _creation_ahead(world, view, created),
        **_suspended(world, view, person, replica, held),
        **games_pay.lines(world, view, person, production),
        **games_pay.days(world, view, person, production, replica, held),
        "live_fees": games_pay.live_fees(world, view, person, production, replica, held),
    }
    return compact(found)


def _background(world: World, view: View, person: str, replica: View | None, held: Sequence[View]) -> bool:
    """Tell whether it is the replica of a background actor in a background part, which no rule for principals reaches."""
    origin = bare(replica.body.get("origin_production")) if replica else None
    working = held or people.engagements(world, person, origin)
    role = world.library.get(view.body.get("role"))
    category = view.body.get("role_category") or (role.body.get("category") if role else None)
    return people.background(working) is True and category in (None, "background", "stand_in")


def created_at(world: World, view: View, replica: View | None) -> str | None:
    """Return when the replica was made, at the earliest that is recorded; without a replica of its own, when the use was."""
    if replica is None:
        return appearances.generated_at(world, view)
    sessions = [found for one in replica.body.get("sessions") or () if (found := world.library.get(one))]
    return times.earliest([times.text(replica.body.get("created_at")), *(times.text(one.details.get("starts_at")) for one in sessions)])


def _creation_ahead(world: World, view: View, created: str | None) -> times.Tri:
    """Tell whether the replica is still to be made; what has been used has been made."""
    if created is not None:
        return times.not_after(created, world.at) is False
    made = times.text(view.body.get("generated_at")) or appearances.generated_at(world, view)
    return False if made and world.past(made) else None


def _suspended(world: World, view: View, person: str, replica: View | None, held: Sequence[View]) -> Fact:
    """Return whether the performer had suspended in a strike when the use was made, and has at the instant asked for."""
    production = world.production_of(view)
    use = appearances.use_of(world, view, person, production)
    performer = world.library.get(person)
    about = [*_granted_here(world, person, production), *([replica] if replica else []), *([performer] if performer else []), *held]
    filed = [
        [
            event
            for event in world.library.about(one.id, "event", roles=("target",))
            if (event.type != "suspended" or suspensions.filed(world, event, person)) and consents.reaches(world, event, use)
        ]
        for one in about
    ]
    employers = [bare(one.body.get("employer")) for one in held]

    def rests(when: str) -> bool:
        return any(suspensions.suspended(events, when) for events in filed) and strikes.struck(world, production, employers, when)

    last = next((found for events in filed if (found := suspensions.suspended(events, world.at))), None)
    unexplained = last is not None and (last.body.get("basis") == "strike") and not _any_strike(world, production, employers, last)
    return {
        "suspended_at_use": rests(appearances.generated_at(world, view) or world.at),
        "suspended_now": rests(world.at),
        "suspended_without_strike": unexplained,
    }


def _granted_here(world: World, person: str, production: str | None) -> list[View]:
    """The consents of a person that are not limited to other titles."""
    granted = [one for one in consents.of_person(world, person) if one.body.get("answer") == "granted"]
    titles = {one.key: bares(part(one.body, "scope").get("productions")) for one in granted}
    ours = world.titles(production) | {"*"}
    return [one for one in granted if titles[one.key] is None or not ours.isdisjoint(titles[one.key] or ())]


def _any_strike(world: World, production: str | None, employers: list[str | None], event: View) -> bool:
    """Tell whether a strike that reaches the title is on record, at the suspension or since."""
    dates = [times.text(event.body.get("effective_at")), world.at, *(one.get("from") for one in strikes.every(world))]
    return any(strikes.struck(world, production, employers, when) for when in dates if when)


def processings(world: World, shown: Sequence[View]) -> list[Fact]:
    """Return each appearance that is said to be mere processing, with its tools and its claims."""
    found = [(view, one) for view in shown if is_game(world, world.production_of(view)) is not False and (one := processing(world, view))]
    return [
        compact(
            {
                "id": view.id,
                "game": is_game(world, world.production_of(view)),
                "person": ref(appearances.person_of(world, view)),
                "asset": ref(bare(view.body.get("asset"))),
                "production": ref(world.production_of(view)),
                "tool_classes": sorted(one.classes),
                "listed": one.listed,
                "exemptions": exemptions.of_appearance(world, view),
                "dates": compact({"use": appearances.generated_at(world, view), "generation": appearances.generated_at(world, view)}),
                "because": {"listed": "tool_class"} if one.listed is None else None,
            }
        )
        for view, one in found
    ]
