"""People as facts: alive or not, of age or not, engaged where. Dates of birth and death stay behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from service.facts import times
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact

#: Engagements that never came to work.
_NOT_ENGAGED = frozenset({"offered", "declined"})


def human(world: World, party: str | None) -> times.Tri:
    """Tell whether a party is a person; one that is recorded as an organisation may be anything, also a system."""
    view = world.library.get(party)
    return True if party and (view is None or view.type == "person") else None


def date(world: World, person: str | None, name: str) -> str | None:
    """Return a personal date, for derivations only."""
    view = world.library.get(person)
    return times.text(view.body.get(name)) if view else None


def dead_at(world: World, person: str | None, when: Any) -> times.Tri:
    """Tell whether a person had died by `when`. Without a date of death on record a person counts as living."""
    if person is None:
        return None
    died = date(world, person, "death_date")
    if died is None:
        view = world.library.get(person)
        return False if view is not None and "death_date" not in view.body else None
    return times.before(died, when)


def minor_at(world: World, person: str | None, when: Any) -> times.Tri:
    """Tell whether a person was under eighteen at `when`."""
    return times.minor(date(world, person, "birth_date"), when)


def engagements(world: World, person: str | None, production: str | None) -> list[View]:
    """Return a person's engagements on a title or on what it is part of, the latest first."""
    if person is None or production is None:
        return []
    found = [
        view
        for view in world.library.about(person, "engagement", roles=("person",))
        if view.body.get("status") not in _NOT_ENGAGED and world.same_title(bare(view.body.get("production")), production)
    ]
    return sorted(found, key=lambda view: (times.text(view.body.get("engaged_at")) or "", view.id), reverse=True)


def engaged(world: World, person: str | None, production: str | None, when: Any) -> times.Tri:
    """Tell whether a person was employed on a title: yes if recorded, no once the cast list is complete or the person had died."""
    if person is None or production is None:
        return None
    if engagements(world, person, production):
        return True
    view = world.library.get(production)
    body: Mapping[str, Any] = view.body if view else {}
    begun = times.text(body.get("photography_start"))
    died = date(world, person, "death_date")
    if died and begun and times.before(died, begun):
        return False
    complete = times.text(body.get("cast_list_complete_as_of"))
    return False if complete and times.before(complete, begun or when) is not True else None


def background(found: Iterable[View]) -> times.Tri:
    """Tell whether the engagements are those of a background actor."""
    categories = {view.body.get("category") for view in found}
    if not categories or None in categories:
        return None
    return categories <= {"background", "stand_in"}


#: Categories that work behind the camera, at a desk or in an orchestra: who is engaged in these only is no performer.
_OFF_CAMERA = frozenset(
    {"crew", "editor", "musician", "composer", "animator", "storyboard_artist", "visual_effects_artist", "prompt_artist"}
)  # fmt: skip


def off_camera(found: Iterable[View]) -> bool:
    """Tell whether the engagements are those of somebody who is no performer; in doubt they are a performer's."""
    categories = {view.body.get("category") for view in found}
    return bool(categories) and categories <= _OFF_CAMERA


def representation(found: Iterable[View]) -> list[str] | None:
    """Return who advised the person on the contracts; None where nobody has said."""
    stated = [view.body["representation"] for view in found if "representation" in view.body]
    return sorted({one for listed in stated for one in listed}) if stated else None


def person_fact(world: World, person: str) -> Fact:
    """Return the object of a person: nothing personal, only what representatives and guardians there are."""
    view = world.library.get(person)
    representatives = view.body.get("representatives") if view else None
    return compact(
        {
            "id": person,
            "kind": "party",
            "type": view.type if view else None,
            "deceased": dead_at(world, person, world.at),
            "representatives": None
            if representatives is None
            else [
                compact(
                    {
                        "party": one.get("party"),
                        "capacity": one.get("capacity"),
                        "located": one.get("located"),
                        "searches": None if one.get("search_log") is None else len(one["search_log"]),
                    }
                )
                for one in representatives
            ],
        }
    )


def agreements_of(world: World, production: str | None) -> set[str]:
    """Return the agreements that bind a title."""
    return {str(bare(view.body["agreement"])) for view in bindings(world, production) if view.body.get("agreement")}


def bindings(world: World, production: str | None) -> list[View]:
    """Return the bindings of a title and of what it is part of."""
    return world.once("bindings", production, lambda: _bindings(world, production))


def _bindings(world: World, production: str | None) -> list[View]:
    found = {view.key: view for title in world.titles(production) for view in world.library.about(title, "binding", roles=("production",))}
    return [view for _, view in sorted(found.items()) if bare(view.body.get("production")) in world.titles(production)]


def signatories(world: World, production: str | None) -> set[str]:
    """Return who has signed for a title: as it says, and as its bindings say."""
    view = world.library.get(production)
    stated = {str(bare(one)) for one in (view.body.get("signatories") or ())} if view else set()
    return stated | {str(bare(one.body["signatory"])) for one in bindings(world, production) if one.body.get("signatory")}
