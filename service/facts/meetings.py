"""Meetings with unions: the last one held with each, and whether a request is open."""

from __future__ import annotations

from service.facts import papers, times
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, ref
from service.rules.moments import moment

_MICROSECONDS = 86_400_000_000


def meetings(world: World) -> list[Fact]:
    """Return the meetings with each union and company: the last one held, and whether a request is open."""
    pairs: dict[tuple[str | None, str | None], list[View]] = {}
    for view in world.library.of("evidence", "meeting"):
        pairs.setdefault((bare(view.details.get("union")), bare(view.details.get("company"))), []).append(view)
    return [_meetings(world, union, company, held) for (union, company), held in sorted(pairs.items(), key=str)]


def _meetings(world: World, union: str | None, company: str | None, found: list[View]) -> Fact:
    held = [view for view in found if world.past(times.text(view.details.get("held_at")))]
    last = times.latest([times.text(view.details.get("held_at")) for view in held])
    open_ = [
        view
        for view in found
        if view.details.get("requested_at")
        and not world.past(times.text(view.details.get("held_at")))
        and world.past(times.text(view.details["requested_at"]))
    ]
    agenda = next((view.details.get("agenda") for view in held if times.text(view.details.get("held_at")) == last), None)
    since = _days_since(world, last or times.earliest([times.text(view.details.get("requested_at")) for view in open_]))
    return compact(
        {
            "id": f"{union or 'union'}/{company or 'company'}",
            "record": found[0].id,
            "union": papers.union_name(world, union),
            "company": company,
            "request_open": bool(open_),
            "days_since_last": since if last else (9_999 if open_ else None),
            "last_agenda": agenda,
            "ever_held": bool(held),
            "production": ref(world.production),
            "dates": {"request": world.at},
        }
    )


def _days_since(world: World, date: str | None) -> int | None:
    first, now = moment(date), moment(world.at)
    return (now[0] - first[0]) // _MICROSECONDS if first and now else None
