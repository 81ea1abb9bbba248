"""What the Animation Guild asks for beyond what it shares with the crew: credits that change when somebody has used a tool."""

from __future__ import annotations

from collections.abc import Sequence

from service.facts import crafts, people, times
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, ref


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return the collections of this area."""
    found = [view for view in world.library.of("evidence", "credit") if crafts.concerns(world, view)]
    return {"credits": [_credit(world, view) for view in found]}


def _credit(world: World, view: View) -> Fact:
    details = view.details
    person, production = bare(details.get("person")), world.production_of(view)
    because = details.get("because_of_tool_use")
    day = times.text(details.get("at"))
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "production": ref(production),
            "person": ref(person),
            "role": details.get("role"),
            "crafts": crafts.stated([str(details.get("craft", "other"))]) or crafts.of_person(world, person, production),
            "system_named": _system_named(world, details.get("system"), person),
            "changed": _changed(view) and world.past(day) is not False,
            "because_of_ai": True if details.get("because_of_generated_material") is True else because,
            "dates": compact({"release": world.at, "use": day or world.at}),
            "because": {"because_of_ai": "because_of_tool_use", "crafts": "craft"},
        }
    )


def _system_named(world: World, system: object, person: str | None) -> times.Tri:
    """Whether a system stands in a person's place; nobody knows what an organisation is that does."""
    if person is None:
        return bool(system)
    return False if people.human(world, person) else None


def _changed(view: View) -> bool:
    """A credit that says what it was before has changed; one that was only added has not."""
    details = view.details
    if details.get("reduced") is True or details.get("entitlement_lost") is True:
        return True
    return "before" in details and details["before"] != details.get("after")
