"""Who stands as a voice in credits and engagements of animation, and the regular meetings about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from service.facts import unions
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, ref

LINES: Final = frozenset({"sagaftra-tvanim"})

_CATEGORIES: Final = frozenset({"voice", "narrator", "dubbing"})
_VOICE_CREDIT: Final = re.compile(
    r"\b(voices?|voiced|voice-?over|narrat\w*)\b(?!\s+(direct|coach|cast|record|edit|engineer|supervis|produc))"
)


def voice_credits(world: World, shown: Sequence[View]) -> list[Fact]:
    """Return the credits and engagements as a voice on the titles in question, with whether they name a human being."""
    asked = {world.production, *(world.production_of(view) for view in shown)} - {None}
    wanted = {title for one in asked if unions.may_govern(world, one, LINES) for title in world.titles(one)}
    about = wanted | ({*(view.id for view in shown), *world.library.lineage} if wanted else set())
    credits_ = [view for view in world.library.of("evidence", "credit") if about & {view.id, *_titles_of(view)} and _voice_credit(view)]
    engaged = [view for view in world.library.of("engagement") if wanted & _titles_of(view) and view.body.get("category") in _CATEGORIES]
    return [_credit(world, view, view.details.get("person")) for view in credits_] + [
        _credit(world, view, view.body.get("person")) for view in engaged
    ]


def _titles_of(view: View) -> set[str]:
    subjects = {str(bare(one)) for one in view.body.get("subjects") or ()}
    return {*view.productions, *subjects, str(bare(view.body.get("production")))}


def _voice_credit(view: View) -> bool:
    details = view.details
    gone = "before" in details and not details.keys() & {"person", "system", "after"}
    craft = details.get("craft")
    voice = craft in ("voice", "performer") or (craft is None and _VOICE_CREDIT.search(str(details.get("role", "")).lower()) is not None)
    return voice and not gone


def _credit(world: World, view: View, person: Any) -> Fact:
    named = world.library.get(person)
    production = world.production_of(view)
    return {
        "id": view.id,
        "human": bool(named and named.type == "person"),
        "production": ref(production),
        "dates": {"use": world.at, "release": world.at},
    }


def regular_meetings(world: World) -> list[Fact]:
    """Return the meetings with the union about generative AI, as one element also when none is on record."""
    if world.production is None or not unions.may_govern(world, world.production, LINES):
        return []
    ours = unions.unions_of(world, world.production, LINES)
    held = [one for one in world.gathered.get("meetings", ()) if one.get("union") == "sagaftra" or one["id"].partition("/")[0] in ours]
    days = [one["days_since_last"] for one in held if one.get("days_since_last", 9_999) < 9_999]
    agendas = [one["last_agenda"] for one in held if one.get("last_agenda") is not None]
    element = {
        "id": f"{world.production}/meetings",
        "production": ref(world.production),
        "request_open": any(one.get("request_open") for one in held),
        "held": bool(days),
        "days_since_last": min(days, default=None),
        "agenda_stated": bool(agendas),
        "agenda": sorted({item for agenda in agendas for item in agenda}),
        "dates": {"request": world.at, "use": world.at},
    }
    return [compact(element)]
