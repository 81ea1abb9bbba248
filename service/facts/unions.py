"""Whose agreement may govern a piece of work, and which papers have reached the union that it is made with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from service.facts import papers, people, times, titles
from service.facts.world import Fact, World, bare, compact

#: Film and television under the performers' union in the United States.
SAGAFTRA: Final = frozenset({"sagaftra-tvt"})


def may_govern(world: World, production: str | None, lines: frozenset[str], own: Sequence[str] | None = None) -> bool:
    """Tell whether one of some agreements may govern a person's work on a title.

    The agreements that the engagements name (`own`) decide, else the title's bindings; only bindings that all lead elsewhere
    rule it out.
    """
    return governs(world, production, lines, own) is not False


def governs(world: World, production: str | None, lines: frozenset[str], own: Sequence[str] | None = None) -> times.Tri:
    """Tell whether one of some agreements governs: None where neither an engagement nor a binding says so."""
    if own is not None:
        return not lines.isdisjoint(own)
    bound = bound_lines(world, production)
    if not lines.isdisjoint(str(one) for one in bound):
        return True
    return None if not bound or None in bound else False


def touches(world: World, lines: frozenset[str]) -> bool:
    """Tell whether one of some agreements may bear on the question at all: a paper names it, or a title is bound to none."""
    if any(titles.line(view.body.get("pack")) in lines for view in world.library.of("agreement")):
        return True
    return any(may_govern(world, one, lines) for one in {view.id for view in world.library.of("production")} | {world.production})


def bound_lines(world: World, production: str | None) -> set[str | None]:
    """Return the agreements that bind the performers of a title; None among them where a binding names no pack."""
    return world.once("bound lines", production, lambda: _bound_lines(world, production))


def _bound_lines(world: World, production: str | None) -> set[str | None]:
    if production is None:
        return set()
    held = titles.bindings(world, production)
    return {
        one.get("agreement")
        for one in held
        if one["craft"] in ("performer", "*") and one["determination"] == "bound" and one.get("in_window") is not False
    }


def unions_of(world: World, production: str | None, lines: frozenset[str]) -> set[str]:
    """Return the parties that are the unions of some agreements of a title."""
    agreements = [world.library.get(view.body.get("agreement")) for view in people.bindings(world, production)]
    named = [bare(view.body.get("union")) for view in agreements if view and titles.line(view.body.get("pack")) in lines]
    return {one for one in named if one}


def told(
    world: World, targets: Iterable[str | None], kinds: Iterable[str], production: str | None, lines: frozenset[str], names: Sequence[str]
) -> list[Fact]:
    """Return the notices about any of the targets that went to the union, each with whether it had arrived by now."""
    found = papers.notices(world, targets, kinds, ("subject", "notice", "production", "announced_session"))
    return [reached(world, one) for one in found if to_union(world, one, production, lines, names)]


def to_sagaftra(world: World, notice: Fact, production: str | None) -> bool:
    """Tell whether a notice went to the performers' union in the United States: to its party, or to a union that is no other we know."""
    if to_union(world, notice, production, SAGAFTRA, ("sagaftra",)):
        return True
    return notice.get("recipient_kind") in ("union", "guild") and papers.SHORT_NAMES.isdisjoint(notice.get("unions") or ())


def reached(world: World, notice: Fact) -> Fact:
    """Return a notice with whether it had arrived by the instant asked for, and whether it says what it is about."""
    view = world.library.get(notice["id"])
    details = view.details if view else {}
    told_of = any(details.get(name) for name in ("description", "document", "content")) or bool(view and view.body.get("documents"))
    return compact({**notice, "arrived": world.past(notice.get("delivered_at")), "described": told_of})


def to_union(world: World, notice: Fact, production: str | None, lines: frozenset[str], names: Sequence[str]) -> bool:
    """Tell whether a notice went to the union: by its party, by its name, or because it says so and names nobody."""
    recipients = notice.get("recipients") or []
    if not unions_of(world, production, lines).isdisjoint(recipients):
        return True
    if any(name.startswith(tuple(names)) for name in notice.get("unions") or ()):
        return True
    return not recipients and notice.get("recipient_kind") in ("union", "guild")
