"""Maximum periods of use of commercials: how long each may run, what was renegotiated, what the air log shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from service.facts import advertising, times
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, compact, part, ref
from service.rules.moments import NEVER, moment

#: Appearances that show no performer.
_UNSEEN: Final = frozenset({"score", "text", "synthetic"})


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `commercial_periods`."""
    return {"commercial_periods": _periods(world, shown)}


def _periods(world: World, shown: Sequence[View]) -> list[Fact]:
    """The maximum periods of use of the commercials in question, one for each record; one without dates where there is none."""
    assets = {view.id: view for view in lineage_of(world, "asset")}
    named = {world.production, *(world.production_of(view) for view in (*shown, *assets.values()))}
    found: dict[str, tuple[View, str | None]] = {}
    for title in sorted((title for title in named if title), key=lambda title: (len(world.titles(title)), title), reverse=True):
        for paper in advertising.papers(world, title):
            found.setdefault(paper.key, (paper, title))
    for asset in assets.values():
        for paper in world.library.about(asset.id, "evidence", "commercial"):
            found.setdefault(paper.key, (paper, world.production_of(asset)))
    elements = [_period(world, paper, title, shown, assets) for _, (paper, title) in sorted(found.items())]
    told = {name for _, title in found.values() for name in world.titles(title)}
    bare_titles = sorted(title for title in named - told if title and advertising.commercial(world, title))
    return elements + [
        {
            "id": title, "record": title, "production": ref(title), "carries_people": _carries(world, title, shown, assets),
            "because": {"ends": "commercial.maximum_use", "carries_people": "asset.people"},
        }
        for title in bare_titles
    ]  # fmt: skip


def _carries(world: World, title: str | None, shown: Sequence[View], assets: Mapping[str, View]) -> times.Tri:
    """Tell whether a performer or a replica is in a commercial: somebody appears, or it is stated that nobody does."""
    if any(view.body["type"] not in _UNSEEN for view in shown if title in world.titles(world.production_of(view))):
        return True
    stated = [part(view.body, "people") for view in assets.values() if title in world.titles(world.production_of(view))]
    if any(one.get("people") for one in stated):
        return True
    return False if stated and all(one.get("people") == [] and one.get("complete") is not False for one in stated) else None


def _period(world: World, paper: View, title: str | None, shown: Sequence[View], assets: Mapping[str, View]) -> Fact:
    first = advertising.first_period(paper)
    windows = [first, *(one["window"] for one in paper.details.get("renewals") or () if _agreed(world, one))]
    known = [window for window in windows if window]
    ends = [_end(world, window) for window in known]
    end = "*" if "*" in ends else (None if None in ends else times.latest(ends))
    wanted = part(world.intent, "window")
    start = times.text(paper.details.get("production_start")) or advertising.started(world, title)
    return compact(
        {
            "id": paper.id,
            "record": paper.id,
            "production": ref(title),
            "carries_people": _carries(world, title, shown, assets),
            "ends": end,
            "over": _over(world.at, known),
            "wanted_over": _over(wanted["from"], known) if wanted.get("from") else False,
            "runs_beyond": times.before(end, wanted["to"]) if wanted.get("to") and end else False,
            "too_long": _too_long(first),
            "aired_after": [day for day in _aired(world, paper) if _over(day, known) is True],
            "dates": compact({"commencement": start, "release": world.at if world.outward else None}),
            "path": world.path(paper),
            "because": {"ends": "maximum_use", "over": "maximum_use", "carries_people": "asset.people"},
        }
    )


def _end(world: World, window: Mapping[str, Any]) -> str | None:
    """Return when a period ends: as stated, else when even the longest would have ended."""
    longest = advertising.longest(window)
    return times.end_of(window) or (longest if longest and times.before(longest, world.at) else None)


def _agreed(world: World, renewal: Mapping[str, Any]) -> bool:
    """A renewal counts from the day it was agreed."""
    return bool(world.past(times.text(renewal.get("agreed_at"))))


def _over(when: str, windows: Sequence[Mapping[str, Any]]) -> times.Tri:
    """Tell whether a date lies after a period of use and in no other."""
    held = [advertising.running(when, window) for window in windows]
    if True in held or not windows:
        return False if windows else None
    passed = [times.before(times.end_of(window) or advertising.longest(window), when) for window in windows]
    if True in passed:
        return None if None in held else True
    return None if None in (*held, *passed) else False


def _too_long(window: Mapping[str, Any]) -> times.Tri:
    end, limit = times.end_of(window), advertising.longest(window)
    if end is None or limit is None:
        return False
    if end == "*":
        return True
    stated, last = moment(end), moment(limit)
    return bool(stated and last and stated[1] > last[1] and last[1] != NEVER)


def _aired(world: World, paper: View) -> list[str]:
    days = [times.text(day) for day in paper.details.get("exhibitions") or ()]
    return [day for day in days if day and world.past(day)]
