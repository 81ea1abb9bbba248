"""Strikes as facts: of which union, under which agreements, against whom, from and to; and whom they reach."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service.facts import papers, people, times, titles
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part


def every(world: World) -> list[Fact]:
    """Return every strike in the library: agreements, employers, titles, from and to."""
    return world.once("strikes", None, lambda: [_strike(world, view) for view in world.library.of("event", "strike_called")])


def _strike(world: World, view: View) -> Fact:
    strike = part(view.body, "strike")
    ended = [times.text(end.body.get("effective_at")) for end in world.library.of("event", "strike_ended") if _ends(end, view)]
    targets = [str(bare(one)) for one in view.body.get("targets") or ()]
    named = [*(str(bare(one)) for one in strike.get("agreements") or ()), *(one for one in targets if one.startswith("agr_"))]
    shows = [*(str(bare(one)) for one in strike.get("productions") or ()), *(one for one in targets if one.startswith("prd_"))]
    employers = [*(str(bare(one)) for one in strike.get("employers") or ()), *(one for one in targets if one.startswith("pty_"))]
    return compact(
        {
            "id": view.id,
            "from": times.text(view.body.get("effective_at")),
            "to": times.earliest(ended) or "*",
            "agreements": named or ([] if shows else _of_union(world, strike.get("union"))),
            "employers": employers or None,
            "productions": shows,
        }
    )


def _ends(end: View, called: View) -> bool:
    if end.body.get("ends"):
        return bare(end.body["ends"]) == called.id
    first, second = part(end.body, "strike"), part(called.body, "strike")
    return first.get("union") == second.get("union") and not set(first.get("agreements") or ()).isdisjoint(
        second.get("agreements") or ("",)
    )


def _of_union(world: World, union: Any) -> list[str]:
    """The agreements of a union that calls a strike without saying under which; one of whose union nobody has said counts too."""
    known, called = bare(union), papers.union_name(world, bare(union))
    found = []
    for view in world.library.of("agreement"):
        party, name = bare(view.body.get("union")), view.body.get("union_name")
        theirs = papers.union_name(world, party) if party else papers.short_name(name) if isinstance(name, str) else None
        if party == known or theirs is None or theirs == called:
            found.append(view.id)
    return sorted(set(found))


def struck(world: World, production: str | None, employers: Iterable[str | None], when: Any) -> bool:
    """Tell whether a strike reaches a title at `when`. Adverse: what a strike does not say, it covers; the editions of an agreement are one."""
    if not every(world):
        return False
    bound = _lines(world, people.agreements_of(world, production))
    ours = {one for one in employers if one} | people.signatories(world, production)
    for strike in every(world):
        if not times.begun(strike.get("from"), when) or times.before(strike["to"], when) is True:
            continue
        named = strike.get("employers")
        reaches = named is None or "*" in named or not ours or bool(ours & set(named))
        here = not world.titles(production).isdisjoint(strike["productions"]) or "*" in strike["productions"]
        if here or (reaches and ("*" in strike["agreements"] or bound & _lines(world, strike["agreements"]))):
            return True
    return False


def _lines(world: World, agreements: Iterable[str]) -> set[str]:
    """Agreements by what their editions have in common; one without a pack stands for itself."""
    packs = world.once("packs of agreements", None, lambda: {view.id: view.body.get("pack") for view in world.library.of("agreement")})
    return {str(titles.line(packs.get(name)) or name) for name in agreements}
