"""What is owed about the subjects and not yet proved: whether its day has come."""

from __future__ import annotations

from collections.abc import Sequence

from service.facts import times
from service.facts.library import View
from service.facts.world import Fact, World, bares, compact, ref


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:  # what is owed does not follow from appearances
    """Return the obligations that lie on the lineage."""
    return {"obligations": [duty(world, view) for view in world.library.of("obligation")]}


def duty(world: World, view: View) -> Fact:
    """Return one obligation; without a date nobody can say that it is late."""
    body, due = view.body, times.text(view.body.get("due_at"))
    return compact(
        {
            "id": view.id,
            "type": body.get("type"),
            "rule": body.get("rule"),
            "to": ref(body.get("owed_to")),
            "production": ref(body.get("production")),
            "subjects": bares(body.get("subjects")),
            "due": due,
            "settled": body.get("state") in ("done", "cancelled"),
            "overdue": False if due is None else times.before(due, world.at) is True,
        }
    )
