"""Uses of people that nobody has recorded as appearances, and that a run shows all the same.

A run that was given somebody's replica, or a model trained to show somebody, uses that person, whether or not anybody has described the
result. Where no appearance in what is asked about shows the person, the run stands for one: everything else about it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.facts.library import Library, View
from service.facts.world import bare


def read(library: Library) -> None:
    """Take in one appearance for each replica, and each person of a model, that a run of the lineage used and no appearance shows."""
    runs = [view for view in library.of("generation") if view.key in library.lineage]
    if not runs:
        return
    shown = set(_shown(library))
    for run in runs:
        for person, replica in _used(library, run):
            if person not in shown:
                shown.add(person)
                view = _appearance(library, run, person, replica)
                library.add(view)
                library.lineage.add(view.key)


def _shown(library: Library) -> Iterator[str]:
    """The people whom the recorded appearances show, or whose replicas they do."""
    for view in library.of("appearance"):
        yield from (name for name in (bare(view.body.get("person")), *_people_of(library, view)) if name)


def _people_of(library: Library, view: View) -> Iterator[str | None]:
    for name in (view.body.get("replica"), *(view.body.get("crowd") or ())):
        replica = library.get(name)
        yield bare(replica.body.get("person")) if replica else None


def _used(library: Library, run: View) -> Iterator[tuple[str, View | None]]:
    """The people whom a run used, each with the replica where one is named."""
    models = [model for one in run.body.get("models") or () if (model := library.get(one.get("model")))]
    named = [*(run.body.get("replicas") or ()), *(one.get("replica") for one in run.body.get("inputs") or ())]
    named += [name for model in models for name in model.body.get("replicas") or ()]
    for replica in (found for name in named if (found := library.get(name))):
        person = bare(replica.body.get("person"))
        if person:
            yield person, replica
    for model in models:
        for name in _persons(library, model.body.get("people") or ()):
            yield name, None


def _persons(library: Library, named: Iterable[object]) -> list[str]:
    return [found.id for one in named if (found := library.get(one)) and found.type == "person"]


def _appearance(library: Library, run: View, person: str, replica: View | None) -> View:
    outputs = [name for one in run.body.get("outputs") or () if (name := bare(one.get("asset"))) and library.get(name)]
    body = {
        "type": "new_performance",
        "generation": run.id,
        "person": person,
        **({"replica": replica.id} if replica else {}),
        **({"asset": outputs[0]} if outputs else {}),
        **({"productions": run.productions} if run.productions else {}),
    }
    links = [("generated_in", run.id), ("person", person)]
    links += [("replica", replica.id)] if replica else []
    links += [("asset", outputs[0])] if outputs else []
    name = f"{run.id}/{replica.id if replica else person}"
    return View(name, name, "appearance", 0, body, tuple(links))
