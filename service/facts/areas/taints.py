"""What somebody has declared unfit on the way: a dataset tainted, a model quarantined, an asset recalled, until an event says otherwise.

The collection is adverse: it is there only where there is something in it. Consents and licences end by events of their own kind and
are judged where they are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from schemas import dates
from service.facts import times
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, ref
from service.records import standing

_DECLARED: Final = frozenset({"tainted", "quarantined", "recalled", "deleted"})
_LIFTS: Final[Mapping[str, frozenset[str]]] = {
    "reinstated": _DECLARED,
    "confirmed": _DECLARED,
    "resumed": frozenset({"quarantined"}),
    "bar_lifted": frozenset({"quarantined"}),
}
"""What each event gives back; any event may also name the one that it `ends`."""
KINDS: Final = frozenset({"asset", "dataset", "evidence", "generation", "model", "replica", "source"})


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `taints`, where there are any: each declaration about each record that the result was made from."""
    views = sorted((view for view in world.library.views.values() if _reached(world, view)), key=lambda view: view.key)
    found = {fact["id"]: fact for view in views for fact in _of(world, view)}
    return {"taints": list(found.values())} if found else {}


def _reached(world: World, view: View) -> bool:
    return view.kind in KINDS and view.key in world.library.lineage


def _of(world: World, view: View) -> Iterator[Fact]:
    events = [event for event in world.library.about(view.id, "event", roles=("target",)) if _begun(world, event)]
    for event in (one for one in events if one.type in _DECLARED):
        yield compact(
            {
                "id": f"{event.id}/{view.id}",
                "record": view.id,
                "event": event.id,
                "type": event.type,
                "lifted": any(_lifts(world, later, event) for later in _after(world, view, event)),
                "production": ref(world.production_of(view)),
                "path": world.path(view),
            }
        )


def _after(world: World, view: View, event: View) -> list[View]:
    """The events that may take the declaration back: those about the record, and those that name it as ended by them."""
    return [*world.library.about(view.id, "event", roles=("target",)), *world.library.about(event.id, "event", roles=("ends",))]


def _lifts(world: World, later: View, event: View) -> bool:
    """Whether an event takes a declaration back by now; in doubt about either date it does not."""
    at = standing.effective(later.body["effective_at"])
    named = bare(later.body.get("ends")) == event.id
    fits = named or (event.type in _LIFTS.get(later.type, frozenset()) and at >= standing.effective(event.body["effective_at"]))
    return fits and at <= dates.interval(world.at)[0]


def _begun(world: World, event: View) -> bool:
    return times.begun(times.text(event.body.get("effective_at")), world.at)
