"""A performer's own suspension of a replica during a strike, as the games agreement has it.

It is filed, never automatic; it reaches new material only, and lapses when it is resumed or the strike ends. Under every other
agreement a suspension of a consent is a suspension like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from service.facts import people, strikes, times, titles
from service.facts.library import View
from service.facts.world import World, bare

#: Agreements under which a suspension in a strike is aimed at new material.
LINES: Final = frozenset({"sagaftra-ima"})

#: Reasons that may stand behind a suspension in a strike; another stated reason is another matter.
_IN_A_STRIKE: Final = frozenset({None, "strike", "agreement", "contract_clause"})


def bound(world: World, production: str | None) -> bool:
    """Tell whether an agreement binds a title under which performers suspend by themselves."""
    return production is not None and world.once("performers_suspend", production, lambda: _bound(world, production))


def _bound(world: World, production: str) -> bool:
    return any(
        entry.get("agreement") in LINES and entry["determination"] == "bound"
        for title in world.titles(production)
        for entry in titles.bindings(world, title)
    )


def spent(world: World, event: View, person: str | None, production: str | None, when: str, made: str | None) -> bool:
    """Tell whether a suspension says nothing at `when` of what was `made` at an earlier time: it was made before, or the strike is over.

    Favourable, so only where the records say that the performer suspended because of a strike.
    """
    if event.type != "suspended" or event.body.get("basis") != "strike" or not filed(world, event, person) or not bound(world, production):
        return False
    start = times.text(event.body.get("effective_at"))
    if made is not None and times.before(made, start) is True:
        return True
    employers = employers_of(world, person, production)
    return strikes.struck(world, production, employers, start) and not strikes.struck(world, production, employers, when)


def filed(world: World, event: View, person: str | None) -> bool:
    """Tell whether the performer, or whoever may speak for the performer, is the one who suspended; where nobody is named, it counts."""
    by = bare(event.body.get("by"))
    view = world.library.get(person)
    speaking = {bare(one.get("party")) for one in (view.body.get("representatives") or ())} if view else set()
    return by is None or by == person or by in speaking


def employers_of(world: World, person: str | None, production: str | None) -> list[str | None]:
    """Return who employs a person on a title."""
    return [bare(one.body.get("employer")) for one in people.engagements(world, person, production)]


def suspended(events: Iterable[View], when: str) -> View | None:
    """Return the suspension that is in force at `when` among the events about one record; in doubt it is."""
    state = None
    begun = [event for event in events if times.begun(times.text(event.body.get("effective_at")), when)]
    for event in sorted(begun, key=lambda one: (str(times.text(one.body.get("effective_at"))), one.id)):
        if event.type == "suspended" and event.body.get("basis") in _IN_A_STRIKE:
            state = event
        elif event.type in ("resumed", "confirmed"):
            state = None
    return state
