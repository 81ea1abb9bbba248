"""Commercials as facts: whether a title is one, for whom, since when, and how long it may run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from service.facts import people, times
from service.facts.library import View
from service.facts.world import World, bare, part
from service.rules.moments import iso, moment

FORMATS: Final = frozenset({"commercial", "campaign"})
_LINE: Final = "sagaftra-commercials"
#: The longest maximum period of use, in months.
CAP: Final = 24


def commercial(world: World, production: str | None) -> times.Tri:
    """Tell whether a title is a commercial: by its format, its papers, or the agreement that binds it; None where nobody has said."""
    return world.once("is_commercial", production, lambda: _commercial(world, production))


def _commercial(world: World, production: str | None) -> times.Tri:
    view = world.library.get(production)
    if view is None or view.kind != "production":
        return None
    held = [title for name in world.titles(production) if (title := world.library.get(name))]
    if any(title.body.get("format") in FORMATS for title in held) or papers(world, view.id):
        return True
    return any(_bound_here(world, binding) for binding in people.bindings(world, view.id))


def _bound_here(world: World, binding: View) -> bool:
    agreement = world.library.get(binding.body.get("agreement"))
    return bool(agreement and str(agreement.body.get("pack", "")).startswith(_LINE))


def papers(world: World, production: str | None) -> list[View]:
    """Return the commercial records of a title, or of the campaign it is part of, without those that are about single files."""
    return [
        view for view in every_paper(world, production) if not any(str(one).startswith("ast_") for one in view.body.get("subjects") or ())
    ]


def every_paper(world: World, production: str | None) -> list[View]:
    """Return the commercial records of a title, or of the campaign it is part of, also those that are about its single files."""
    found = {view.key: view for title in world.titles(production) for view in world.library.about(title, "evidence", "commercial")}
    return [view for _, view in sorted(found.items())]


def spoken_for(world: World, production: str | None) -> list[View]:
    """Return the commercial records that speak for a title: those about it as a whole, else those about its files."""
    return papers(world, production) or every_paper(world, production)


def sold(world: World, production: str | None) -> tuple[str | None, str | None]:
    """Return advertiser and product line of a title, in the words that it is compared by."""
    own = world.library.get(production)
    bodies: list[Mapping[str, Any]] = [own.body] if own else []
    bodies += [paper.details for paper in spoken_for(world, production)]
    bodies += [view.body for name in sorted(world.titles(production)) if name != production and (view := world.library.get(name))]
    advertiser = next((found for one in bodies if (found := bare(one.get("advertiser")))), None)
    line = next((found for one in bodies if (found := word(one.get("product_line")))), None)
    return advertiser, line


def word(text: Any) -> str | None:
    """Return a name as it is compared: case and spaces do not tell two apart."""
    return " ".join(text.casefold().split()) if isinstance(text, str) else None


def started(world: World, production: str | None) -> str | None:
    """Return when the production of a commercial began."""
    named = [times.text(paper.details.get("production_start")) for paper in spoken_for(world, production)]
    view = world.library.get(production)
    body = view.body if view else {}
    return times.earliest(named) or times.text(body.get("production_commenced")) or times.text(body.get("photography_start"))


def running(when: str | None, window: Mapping[str, Any]) -> times.Tri:
    """Tell whether a maximum period of use holds a date; one without an end ends at the latest when the longest would."""
    found = times.within(when, window)
    capped = longest(window)
    if found is None and capped and times.before(capped, when):
        return False
    return found


def longest(window: Mapping[str, Any]) -> str | None:
    """Return the day on which the longest period that began with a window is over."""
    first = moment(times.text(window.get("start")))
    if first is None:
        return None
    start = datetime.fromisoformat(iso(first[1]))
    years, day = CAP // 12, 28 if (start.month, start.day) == (2, 29) else start.day
    return start.replace(year=start.year + years, day=day).date().isoformat()


def first_period(paper: View) -> Mapping[str, Any]:
    """Return the maximum period of use that was agreed first."""
    return part(paper.details, "maximum_use")
