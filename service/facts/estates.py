"""Who may speak for the dead: representatives, the union in their place, by what authority, after what search."""

from __future__ import annotations

from typing import Any, Final

from service.facts import papers
from service.facts.library import View
from service.facts.world import Fact, World, bare

#: Those who come before the union; it speaks only where none of them can be found.
_FIRST: Final = frozenset({"authorised_representative", "estate", "heir"})


def speaking(world: World, view: View) -> Fact:
    """Return what concerns the authority behind a consent: whether it was reviewed, who was searched for, who was passed over."""
    return {
        "authority_attested": authorised(world, view),
        "searched": searched(world, view),
        "bypasses": view.body.get("capacity") == "union" and located(world, bare(view.body.get("person"))),
    }


def authorised(world: World, view: View, use: str | None = None) -> bool:
    """Tell whether somebody has reviewed by what authority a consent was given: about the paper, who signed it, the person, or the use."""
    about = (view.id, bare(view.body.get("grantor")), bare(view.body.get("person")), use)
    return papers.confirmed(papers.attestations(world, about, ("representative_authority",)), "representative_authority") is True


def searched(world: World, view: View) -> bool:
    """Tell whether a search for the person's representative is on record: in papers, in its log, or attested."""
    person = bare(view.body.get("person"))
    logs = [one.get("search_log") for one in _representatives(world, person)]
    attested = papers.confirmed(papers.attestations(world, (view.id, person), ("diligence",)), "diligence")
    return bool(view.body.get("diligence")) or any(logs) or attested is True


def located(world: World, person: str | None) -> bool:
    """Tell whether somebody who may speak for the person is known and located."""
    return any(one.get("located") is True and one.get("capacity") in _FIRST for one in _representatives(world, person))


def _representatives(world: World, person: str | None) -> list[Any]:
    view = world.library.get(person)
    return list(view.body.get("representatives") or ()) if view else []
