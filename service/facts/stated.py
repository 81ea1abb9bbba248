"""People whom an asset says it shows, and whom no appearance describes.

Where the asset is generated from beginning to end, whoever is stated to be in it was generated: the statement stands for an appearance,
about which everything else is unknown. Of one that is only in part generated that cannot be told; `areas/unnamed.py` asks.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.facts import origins
from service.facts.library import Library, View
from service.facts.world import bare, bares, part


def read(library: Library) -> None:
    """Take in one appearance for each person whom a generated asset of the lineage is stated to show and no appearance in it does."""
    origins.settle(library)
    made = [view for view in library.of("asset") if view.key in library.lineage and view.body.get("origin") == "generated"]
    for view in made:
        for person in left(library, view):
            found = _appearance(view, person)
            library.add(found)
            library.lineage.add(found.key)


def left(library: Library, view: View) -> list[str]:
    """Return the people whom an asset is stated to show, without those whom its appearances do."""
    named = bares(part(view.body, "people").get("people")) or []
    return sorted({one for one in named if (found := library.get(one)) and found.type == "person"}.difference(_shown(library, view)))


def _shown(library: Library, view: View) -> Iterator[str]:
    for one in library.about(view.id, "appearance", roles=("asset",)):
        replicas = [library.get(name) for name in (one.body.get("replica"), *(one.body.get("crowd") or ()))]
        names = [one.body.get("person"), *(found.body.get("person") for found in replicas if found)]
        yield from (name for name in map(bare, (*names, *(one.body.get("recognisable_people") or ()))) if name)


def _appearance(view: View, person: str) -> View:
    body = {
        "type": "new_performance",
        "asset": view.id,
        "person": person,
        **({"productions": view.productions} if view.productions else {}),
    }
    name = f"{view.id}/{person}"
    return View(name, name, "appearance", 0, body, (("asset", view.id), ("person", person)))
