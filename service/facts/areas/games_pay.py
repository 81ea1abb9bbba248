"""Games, what is owed: for lines and days of a replica, and for generating in real time. Amounts never become facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from service.facts import appearances, papers, people, times
from service.facts.areas.games_basics import modalities, processed, replica_of
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact

WORDS_A_LINE: Final = 10

#: Under which keys the union's tables list scale and the fee for a line, where a paper names no key.
SCALE: Final = "session_fee"
LINE_RATE: Final = "line"

_LIVE_DEALS: Final = frozenset({"real_time", "replica_use"})


def lines(world: World, view: View, person: str, production: str | None) -> Fact:
    """Return what the lines of a person's replica on a title come to, over all that is asked about, and what was paid for them."""
    account = world.once("lines", (person, production), lambda: _account(world, person, production))
    return {**account.fact, "first_of_lines": account.views[:1] == (view.id,) or view.id not in account.views}


@dataclass(frozen=True, slots=True)
class _Account:
    views: tuple[str, ...]
    fact: Fact


def _account(world: World, person: str, production: str | None) -> _Account:
    spoken = [view for view in appearances.every(world) if _speaks(world, view, person, production)]
    counted = [_units(world, view, person) for view in spoken]
    targets = {name for view in spoken for name in _targets(world, view, person)}
    found = [_line_payment(world, one) for one in papers.payments(world, person, production, sorted(targets), ("line",))]
    known = sum((one for one in counted if one is not None), Decimal(0))
    fact: Fact = {
        "line_units": None if None in counted or not counted else _plain(known),
        "line_units_known": _plain(known),
        "line_units_paid": papers.paid_units(found, "line"),
        "line_payments": found,
        "lines_overdue": any(one["overdue"] for one in found),
    }
    return _Account(tuple(view.id for view in spoken), compact(fact))


def _speaks(world: World, view: View, person: str, production: str | None) -> bool:
    """Tell whether a replica of a person may speak in an appearance on a title."""
    if appearances.person_of(world, view) != person or world.production_of(view) != production or processed(world, view):
        return False
    vocal = modalities(world, view, replica_of(world, view, person)).get("vocal")
    return vocal is not False and appearances.replicates(world, view, person) is not False


def _targets(world: World, view: View, person: str) -> list[str]:
    replica, run = replica_of(world, view, person), appearances.generation_of(world, view)
    named = (view.id, bare(view.body.get("asset")), replica.id if replica else None, run.id if run else None)
    held = people.engagements(world, person, world.production_of(view))
    return [name for name in (*named, *(one.id for one in held)) if name]


def _units(world: World, view: View, person: str) -> Decimal | None:
    """The lines of an appearance, by count or by words, whichever is more; else those that a usage report about it counts."""
    counts = [_counted(view.body)]
    if counts == [None]:
        reports = {
            one.key: one
            for target in (view.id, bare(view.body.get("asset")))
            if target
            for one in world.library.about(target, "evidence", "usage_report")
        }
        mine = [one for one in reports.values() if bare(one.details.get("person")) in (None, person)]
        counts = [found for one in mine if (found := _counted(one.details)) is not None]
    return max((one for one in counts if one is not None), default=None)


def _counted(body: Mapping[str, Any]) -> Decimal | None:
    found = [Decimal(body["lines"])] if "lines" in body else []
    if "words" in body:
        found.append((Decimal(body["words"]) / WORDS_A_LINE).to_integral_value(ROUND_CEILING))
    return max(found, default=None)


def _line_payment(world: World, fact: Fact) -> Fact:
    view = world.library.get(fact["id"])
    details = view.details if view else {}
    meets = _meets_rate(world, details, LINE_RATE, Decimal(1))
    return compact({**fact, "meets_rate": meets, "under_rate": fact["paid"] is True and meets is False})


def _meets_rate(world: World, details: Mapping[str, Any], key: str, multiple: Decimal) -> times.Tri:
    """Tell whether a rate reaches a multiple of a published one; else what business affairs has stated."""
    share = papers.share_of_rate(world, details, key)
    if share is not None:
        return share >= multiple
    stated = details.get("at_least_minimum")
    return stated if isinstance(stated, bool) else None


def days(world: World, view: View, person: str, production: str | None, replica: View | None, held: Sequence[View]) -> Fact:
    """Return the days of a visual replica: as recorded beside the estimate that people sign, what was paid, and what is late."""
    targets = (view.id, replica.id if replica else None, bare(view.body.get("asset")), *(one.id for one in held))
    found = papers.payments(world, person, production, targets, ("day", "use_days"))
    paid = sum(Decimal(papers.paid_units(found, basis)) for basis in ("day", "use_days"))
    return {
        "days_recorded": view.body.get("estimated_days"),
        "visual_days_paid": _plain(Decimal(paid)),
        "visual_days_overdue": any(one["overdue"] for one in found),
    }


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def live_fees(world: World, view: View, person: str, production: str | None, replica: View | None, held: Sequence[View]) -> list[Fact]:
    """Return the fees agreed for real-time generation, each as a multiple of scale."""
    targets = (view.id, replica.id if replica else None, bare(view.body.get("asset")), *(one.id for one in held))
    launched = times.text(view.body.get("first_use_at")) or times.text(view.body.get("generated_at")) or world.at
    names = {one["id"] for one in papers.payments(world, person, production, targets, ("real_time", "session_multiple"))}
    for one in papers.deals(world, person, production, targets, launched):
        paper = world.library.get(one["id"])
        if paper and paper.type == "bargaining" and paper.details.get("kind") in _LIVE_DEALS and one.get("agreed") is True:
            names.add(one["id"])
    return [_live_fee(world, paper, launched) for name in sorted(names) if (paper := world.library.get(name))]


def _live_fee(world: World, view: View, launched: str) -> Fact:
    details = view.details
    agreed_at = times.text(details.get("closed_at") if view.type == "bargaining" else details.get("agreed_at"))
    share = papers.share_of_rate(world, details, SCALE)
    return compact(
        {
            "id": view.id,
            "agreed": agreed_at is None or world.past(agreed_at),
            "before_launch": times.not_after(agreed_at, launched),
            "multiple": None if share is None else _plain((share * 2).to_integral_value(ROUND_FLOOR) / 2),
            "stated_minimum": details.get("at_least_minimum") if share is None else None,
        }
    )
