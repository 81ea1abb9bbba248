"""Biometric data: what was taken in the sessions in question, and each use of it."""

from __future__ import annotations

from typing import Any

from service.facts import custody, times, titles
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part, ref


def biometrics(world: World) -> list[Fact]:
    """Return what biometric data were taken in the sessions in question, or else on the title, and each use of them."""
    held = world.library.of("evidence", "capture_session")
    asked = [view for view in held if custody.in_question(world, view)] or [view for view in held if _on_title(world, view)]
    taken = [_taken(world, view) for view in asked if view.details.get("biometrics")]
    sessions_ = {view.id for view in asked}
    used = [view for view in world.library.of("evidence", "biometric_use") if _used_of(world, view, sessions_)]
    return taken + [_biometric_use(world, view) for view in used]


def _on_title(world: World, view: View) -> bool:
    return world.same_title(world.production_of(view), world.production) is not False


def _used_of(world: World, view: View, asked: set[str]) -> bool:
    """Tell whether a use of biometric data is asked about, or of what one of the sessions took; one that names none, of the title's."""
    named = {str(bare(one)) for one in (view.details.get("session"), *(view.body.get("subjects") or ())) if str(one).startswith("evd_")}
    return view.key in world.library.lineage or (bool(named & asked) if named else _on_title(world, view))


def _taken(world: World, view: View) -> Fact:
    details = view.details
    used = bool(world.library.about(view.id, "evidence", "biometric_use"))
    element = {
        "id": f"{view.id}/biometrics",
        "record": view.id,
        "person": ref(bare(details.get("person"))),
        "production": ref(world.production_of(view)),
        "types": details["biometrics"],
        "purpose_stated": used or bool(details.get("biometric_purpose")),
        "related_to_picture": True if used else None,
        "set_security": False,
        "dates": _day(details.get("starts_at")),
        "lines": titles.lines(world, custody.engagements(world, view)),
    }
    return compact(element)


def _biometric_use(world: World, view: View) -> Fact:
    details = view.details
    element = {
        "id": view.id,
        "record": view.id,
        "person": ref(bare(details.get("person"))),
        "production": ref(world.production_of(view)),
        "types": [details["type"]],
        "purpose_stated": bool(details.get("purpose")),
        "related_to_picture": details.get("related_to_picture"),
        "set_security": details.get("set_security"),
        "dates": _day(part(details, "window").get("start")),
        "lines": titles.lines(world, custody.engagements(world, world.library.get(details.get("session")) or view)),
    }
    return compact(element)


def _day(value: Any) -> Fact:
    day = times.text(value)
    return compact({"session": day, "use": day})
