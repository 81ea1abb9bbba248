"""Consents as papers of their own: whether somebody under age signed, with whom, and what happened when that person came of age."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service.facts import consents, papers, times
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact


def element(world: World, view: View) -> Fact:
    """Return a consent as an element of its own, for what concerns the paper and not a use."""
    person = bare(view.body.get("person") or view.body.get("grantor"))
    born = world.library.get(person)
    birth = times.text(born.body.get("birth_date")) if born else None
    minor, grown = times.minor(birth, consents.signed_at(view)), times.minor(birth, world.at)
    others = [one for one in consents.of_person(world, person) if one.id != view.id and _stands(world, one)]
    attested = papers.attestations(world, (view.id,))
    return compact(
        {
            **consents.own_facts(world, view),
            "person": {"$ref": person} if person else None,
            "for_title": consents.for_title(world, view, world.production),
            "minor_at_signing": minor,
            "joined_by_guardian": any(one.body.get("capacity") == "guardian" and _as_wide(one, view) for one in others),
            "majority_since": None if grown is None else not grown,
            "majority_settled": _settled(world, view, birth, others, attested),
            "attestations": attested,
            "because": {"minor_at_signing": "person.birth_date"} if minor is None else None,
        }
    )


def _stands(world: World, view: View) -> bool:
    """Tell whether a paper grants, and stands now."""
    return consents.grants(world, view) and consents.state_at(world, view, world.at)[0] == "live"


def _as_wide(other: View, view: View) -> bool:
    """Tell whether another paper speaks of the same titles and purposes, or of more."""
    return all(_holds(_scope(other).get(name), _scope(view).get(name)) for name in ("productions", "purposes"))


def _scope(view: View) -> Any:
    return view.body.get("scope") or {}


def _holds(wide: list[Any] | None, narrow: list[Any] | None) -> bool:
    return wide is not None and narrow is not None and ("*" in wide or set(narrow) <= set(wide))


def _settled(world: World, view: View, birth: str | None, others: Iterable[View], attested: Iterable[Fact]) -> bool:
    """Tell whether the paper was confirmed after majority: by the person, in a paper of that person's own, or by counsel."""
    confirmed = [times.text(one.body.get("effective_at")) for one in world.library.about(view.id, "event", "confirmed", ("target",))]
    own = [consents.signed_at(one) for one in others if one.body.get("capacity") == "self" and _as_wide(one, view)]
    counsel = [one.get("signed_at") for one in attested if one.get("kind") == "minor_counsel" and one.get("accepted") is True]
    dates = [*(one for one in confirmed if world.past(one)), *own, *counsel]
    return any(one is not None and times.minor(birth, one) is False for one in dates)
