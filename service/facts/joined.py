"""Several papers of one person that only together reach a use: one for cinemas and one for advertising, one for the face and one for the voice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from service.facts import times
from service.facts.world import Fact, World, part
from service.rules.verdicts import held

if TYPE_CHECKING:
    from service.facts.consents import Use

#: Fields whose parts may be granted in different papers; a paper must fit in everything else.
_SHARED: Final = ("media", "territories", "modalities", "scenes", "alterations")


def together(world: World, use: Use, seen: list[Fact]) -> list[Fact]:
    """Return the papers about one use; those that reach it only together say no mismatch, and in `alone` what each lacks by itself."""
    if any(_runs(one) and not one["mismatch"] for one in seen):
        return seen
    for field in _SHARED:
        parts = [one for one in seen if _runs(one) and one["mismatch"] == [field]]
        wanted = _wanted(world, use, field)
        parts = [one for one in parts if any(held(_granted(world, one, field), each) for each in wanted or ())]
        if wanted and all(any(held(_granted(world, one, field), each) for one in parts) for each in wanted):
            return [_one_of(one, parts) if one in parts else one for one in seen]
    return seen


def _runs(one: Fact) -> bool:
    return one.get("granted") is True and one.get("live_at_use") is True and one.get("live_now") is True


def _granted(world: World, one: Fact, field: str) -> Sequence[Any]:
    view = world.library.get(one["id"])
    return part(view.body, "scope").get(field) or () if view else ()


def _wanted(world: World, use: Use, field: str) -> Sequence[Any] | None:
    return world.intent.get(field) if field in ("media", "territories") else getattr(use, field)


def _one_of(one: Fact, parts: Sequence[Fact]) -> Fact:
    """One of several papers that hold together: it counts as long as all of them run, and is confirmed once all are."""
    ends = [each.get("ends") for each in parts]
    return {
        **{name: value for name, value in one.items() if name != "ends"},
        "mismatch": [],
        "alone": one["mismatch"],
        "unstated": sorted({field for each in parts for field in each["unstated"]}),
        "description_attested": all(each["description_attested"] for each in parts),
        **({} if None in ends else {"ends": times.earliest(ends)}),
    }
