"""Generated assets of which it is not told who is in them: whoever that is, a rule about the use of people may be about them.

An element has the shape of a use, of which nothing but the asset is known; a rule that says `with: [unnamed]` asks of it what it asks of a
use, and what it cannot tell without knowing whom it is about is looked at by somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from service.facts import appearances, papers, stated, times
from service.facts.areas import law_papers, laws
from service.facts.library import View
from service.facts.world import Fact, World, compact, part, ref

#: Assets in which nobody is seen or heard.
_WITHOUT_PEOPLE: Final = frozenset(
    {"text", "script", "storyboard", "caption", "lut", "document", "data", "project", "package", "game_build", "cut", "timeline", "mix"}
)
#: What nobody can tell of it before it is told who is in it; whether it is intimate is assessed.
_UNTOLD: Final = (
    "advertising", "alteration", "billed", "consent_needed", "dead_within_20", "dead_within_40", "dead_within_50", "dead_within_70", "deceased",
    "deceased_now", "died_under_ny_law", "human_generated", "may_be_montanan", "may_be_new_yorker", "person", "replicates", "significant",
    "stands_in", "voice_source",
)  # fmt: skip
_BECAUSE: Final = {**dict.fromkeys(_UNTOLD, "people"), "intimate": "authenticity_assessment.intimate"}


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `unnamed`."""
    assets = [view for view in world.library.of("asset") if view.key in world.library.lineage and view.type not in _WITHOUT_PEOPLE]
    return {"unnamed": [element for view in assets if laws.made_by_ai(world, view) for element in _elements(world, view)]}


def _elements(world: World, view: View) -> list[Fact]:
    """One for each person who is stated and not described; one for an asset of which nobody has said who is in it."""
    known = stated.left(world.library, view)
    if known:
        return [_element(world, view, f"{view.id}/{person}", person) for person in known]
    return [] if _told(world, view) else [_element(world, view, view.id, None)]


def _told(world: World, view: View) -> bool:
    """Whether somebody has recorded who is in it, or said that nobody is."""
    if any(one.body["type"] not in ("score", "text") for one in appearances.of_asset(world, view.id)):
        return True
    said = part(view.body, "people")
    nobody = papers.confirmed(papers.attestations(world, (view.id,), ("nobody_appears",)), "nobody_appears") is True
    return nobody or (bool(said) and said.get("complete") is not False)


def _element(world: World, view: View, name: str, person: str | None) -> Fact:
    runs = world.library.about(view.id, "generation", roles=("output",))
    made = times.latest([times.text(run.body.get("generated_at")) for run in runs]) or times.text(view.body.get("created_at"))
    intimate = law_papers.assessed(law_papers.stated(world, "authenticity_assessment", view.id), "intimate")
    element: dict[str, Any] = {
        "id": name,
        "record": view.id,
        "asset": ref(view),
        "person": ref(person),
        "production": ref(world.production_of(view)),
        "path": world.path(view),
        "intimate": intimate,
        "intimate_stated": intimate is True,
        "dates": compact({"release": world.at, "generation": made, "use": made, "creation": made}),
        "because": dict(_BECAUSE),
    }
    return compact(element)
