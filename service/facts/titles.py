"""The title as facts: its dates, the agreements that bind it craft by craft, counsel's rulings, its distributors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from service.facts import papers, people, times
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part, ref

PERFORMERS: Final = frozenset({"performer", "background", "stunt", "voice", "singer", "dancer"})
DIRECTORS: Final = frozenset({"director", "assistant_director", "unit_production_manager", "associate_director", "stage_manager"})
#: Trades that one agreement below the line covers together.
_TRADES: Final = {
    "editor": "crew", "art_department": "crew", "visual_effects": "crew", "storyboard_artist": "animator", "composer": "musician", "driver": "basic_crafts",
    "location": "basic_crafts", "casting": "basic_crafts", "electrician": "basic_crafts", "plasterer": "basic_crafts",
}  # fmt: skip
CRAFT_OF: Final = {"score": "musician", "text": "writer"}
#: Editions that govern what commences production in their term, and from when, where the agreement's record does not say.
_COMMENCES: Final = {"sagaftra-netcode-2024": "2024-07-01"}
#: Whose agreement a pack is, by the name of the union that its id begins with, where nobody has said which crafts it binds.
_CRAFT_OF_UNION: Final = {
    "sagaftra": "performer", "wga": "writer", "wgc": "writer", "dga": "director",
    "iatse": "crew", "tag": "animator", "hbc": "basic_crafts", "afm": "musician", "actra": "performer", "equity": "performer",
}  # fmt: skip


def craft(name: str) -> str:
    """Return the craft an agreement is about: everyone who performs is a performer, whoever works with the director a director."""
    if name in DIRECTORS:
        return "director"
    return "performer" if name in PERFORMERS else _TRADES.get(name, name)


def union_of_pack(pack: str) -> str:
    """Return the name of the union that a pack's id begins with."""
    return pack.partition("-")[0]


def craft_of_pack(pack: str) -> str | None:
    """Return the craft whose agreement a pack is; None where its name does not say."""
    return _CRAFT_OF_UNION.get(union_of_pack(pack))


def title(world: World, view: View, crafts: Iterable[str]) -> Fact:
    """Return a production: what its rules look at."""
    body = view.body
    return compact(
        {
            "id": view.id,
            "format": body.get("format"),
            "genres": body.get("genres"),
            "countries": body.get("countries"),
            "languages": body.get("languages"),
            "state": body.get("state"),
            "distributors": None if (sold := inherited(world, view, "distributors")) is None else [str(bare(one)) for one in sold],
            "platforms": platforms(world, buyers(world, view.id)),
            "awards": awards(world, body),
            "advertiser": bare(body.get("advertiser")),
            "product_line": body.get("product_line"),
            "crafts": sorted(crafts),
            "bindings": bindings(world, view.id),
            "pins": pins(world, view.id),
            "cast_list_complete_as_of": times.text(body.get("cast_list_complete_as_of")),
            "calendar": body.get("business_calendar"),
            "dates": compact(
                {"photography": times.text(body.get("photography_start")), "commencement": times.text(body.get("production_commenced"))}
            ),
        }
    )


def inherited(world: World, view: View | None, name: str) -> Any:
    """Return what a title says in a field, else what the season or series says that it is part of."""
    seen: set[str] = set()
    while view is not None and view.id not in seen:
        if view.body.get(name) is not None:
            return view.body[name]
        seen.add(view.id)
        view = world.library.get(view.body.get("parent"))
    return None


def buyers(world: World, title: str | None) -> list[str] | None:
    """Return a title's distributors with those to whom it is meant to go; None where nobody has said either."""
    sold = inherited(world, world.library.get(title), "distributors")
    meant = world.intent.get("recipients") if title == world.production else None
    return None if sold is None and not meant else sorted({str(bare(one)) for one in (*(sold or ()), *(meant or ()))})


def platforms(world: World, given_to: Sequence[str] | None) -> list[str]:
    """Return buyers by the words of their names and their initials, as in `netflix` and `bbc`.

    Where nobody has said who they are it may be any: two people adopted the pack of a platform for this title, so its rules count.
    """
    if given_to is None:
        return ["*"]
    names = [view.body.get("name") for one in given_to if (view := world.library.get(one))]
    words = [re.findall(r"[a-z0-9]+", name.lower()) for name in names if isinstance(name, str)]
    return sorted(
        {word for listed in words for word in listed} | {"".join(word[0] for word in listed) for listed in words if len(listed) > 2}
    )


def awards(world: World, body: Mapping[str, Any]) -> list[str] | None:
    """Return the awards a title is entered for, or is meant to be; `[]` where it is on no award track, None where nobody has said."""
    listed, meant = body.get("award_entries"), world.intent.get("awards")
    if listed is None and meant is None:
        return [] if body.get("award_track") is False else None
    return sorted({*(str(one["award"]) for one in listed or ()), *(meant or ())})


def bindings(world: World, production: str) -> list[Fact]:
    """Return what binds a title, one entry for each craft."""
    found = []
    for view in people.bindings(world, production):
        agreement = world.library.get(view.body.get("agreement"))
        found += [_binding(world, view, agreement, name) for name in crafts_of(view, agreement)]
    return found + _determinations(world, production)


def crafts_of(view: View, agreement: View | None) -> list[str]:
    """Return the crafts that a binding binds: as it says, as its agreement says, else those of the union; `*` where none says."""
    named = view.body.get("crafts") or (agreement.body.get("crafts") if agreement else None)
    if named and "*" not in named:
        return sorted({craft(str(one)) for one in named})
    pack = str(agreement.body.get("pack", "")) if agreement else ""
    return [craft_of_pack(pack) or "*"]


def _binding(world: World, view: View, agreement: View | None, name: str) -> Fact:
    pack = str(agreement.body.get("pack") or agreement.id) if agreement else None
    basis = view.body.get("basis")
    bound = part(view.body, "bound")
    return compact(
        {
            "id": view.id,
            "craft": name,
            "agreement": line(pack),
            "edition": pack,
            "record": view.id,
            "basis": basis,
            "from": times.text(bound.get("start")),
            "to": times.text(bound.get("end")),
            "determination": "non_union" if basis == "non_union_determination" else "bound",
            "in_window": _runs(world, view, bound),
            "edition_begun": False if agreement and _begins_later(world, view, agreement, str(pack)) else None,
        }
    )


def _begins_later(world: World, view: View, agreement: View, pack: str) -> bool:
    """Tell whether production commenced before the term of an edition that counts from it, so that an older edition binds."""
    basis = agreement.body.get("date_basis") or ("production_commenced" if pack in _COMMENCES else None)
    title_ = world.library.get(view.body.get("production"))
    commenced = times.text(title_.body.get("production_commenced")) if title_ else None
    start = times.text(part(agreement.body, "term").get("start")) or _COMMENCES.get(pack)
    return basis == "production_commenced" and times.before(commenced, start) is True


def line(pack: str | None) -> str | None:
    """Return what the editions of an agreement have in common: the pack's id without its year."""
    return re.sub(r"-(19|20)\d\d\Z", "", pack) if pack else None


def lines(world: World, held: Iterable[View]) -> list[str] | None:
    """Return the agreements that a person's engagements name; None where one of them names none, or none with a pack."""
    named = [world.library.get(view.body.get("agreement")) for view in held]
    packs = [line(view.body.get("pack")) if view else None for view in named]
    return sorted({str(one) for one in packs}) if packs and None not in packs else None


def _runs(world: World, view: View, bound: Mapping[str, Any]) -> bool:
    """A binding runs unless it says that it has ended or not begun, through its last day; its end is adverse, so in doubt it has come."""
    ended = any(
        times.begun(times.text(event.body.get("effective_at")), world.at)
        for event in world.library.about(view.id, "event", "terminated", ("target",))
    )
    end, start = times.text(bound.get("end")), times.text(bound.get("start"))
    over = end is not None and times.within(world.at, {"end": end}) is not True
    return not ended and not over and not (start and times.before(world.at, start))


def _determinations(world: World, production: str) -> list[Fact]:
    """What was found out about crafts without a binding of their own; a part of a series follows the series where it says nothing itself."""
    return [
        {"id": f"{production}/{name}", "craft": name, "record": production, "determination": "non_union", "in_window": True}
        for name, results in sorted(_determined(world, world.library.get(production)).items())
        if results <= {"not_covered", "none_employed"}
    ]


def _determined(world: World, view: View | None, seen: frozenset[str] = frozenset()) -> dict[str, set[str]]:
    """The results for each craft, of the nearest title that speaks of it; one trade does not speak for all of them."""
    if view is None or view.id in seen:
        return {}
    own: dict[str, set[str]] = {}
    for one in view.body.get("other_crafts_determined") or ():
        own.setdefault(one["craft"] if one["craft"] in _TRADES else craft(one["craft"]), set()).add(one["result"])
    return {**_determined(world, world.library.get(view.body.get("parent")), seen | {view.id}), **own}


def pins(world: World, production: str) -> list[Fact]:
    """Return counsel's rulings which edition governs."""
    found = []
    for view in people.bindings(world, production):
        for ruling in view.body.get("rulings") or ():
            agreement = world.library.get(ruling.get("agreement"))
            pack = str(agreement.body.get("pack") or agreement.id) if agreement else None
            if pack and world.past(times.text(ruling.get("at")) or world.at):
                found.append(compact({"line": line(pack), "rule": ruling.get("rule"), "edition": pack}))
    return found


def crafts_touched(shown: Iterable[View], *, captured: bool, worked: Iterable[str] = ()) -> set[str]:
    """Return the crafts whose work a question touches: those of whom it shows and captures, and those who worked on it."""
    found = {*worked} | {CRAFT_OF.get(str(view.body["type"]), "performer") for view in shown}
    return found | ({"performer"} if captured else set())


def crafts(world: World, production: View | None, touched: Iterable[str]) -> list[Fact]:
    """Return each craft that is touched, with what binds it."""
    if production is None:
        return []
    bound = bindings(world, production.id)
    return [_craft(world, production, name, [one for one in bound if one["craft"] in (name, "*")]) for name in sorted(touched)]


def agreement_of(world: World, binding: View) -> View | None:
    """Return the agreement that a binding names."""
    return world.library.get(binding.body.get("agreement"))


def agreement_read(world: World, bound: Iterable[View], production: str) -> bool:
    """Tell whether counsel attests to have read the agreement of some bindings, where nobody could write its rules down.

    An attestation about the title speaks of the agreement that binds it, where there is no other.
    """
    held = list(bound)
    named = [one for view in held for one in (view.id, bare(view.body.get("agreement")))]
    alone = len(held) in (0, len(people.bindings(world, production)))
    found = papers.attestations(world, [*named, *([production] if alone else ())], ("agreement_read",))
    counsel = [one for one in found if one.get("role") in ("production_counsel", "labour_counsel", "legal")]
    return papers.confirmed(counsel, "agreement_read") is True


def _craft(world: World, production: View, name: str, held: list[Fact]) -> Fact:
    covered = [one for one in held if one["determination"] == "bound"]
    bound = [found for one in covered if (found := world.library.get(one["id"]))]
    return {
        "id": f"{production.id}/{name}",
        "record": production.id,
        "craft": name,
        "production": ref(production),
        "bindings": [{**one, "in_window": one["in_window"] and one.get("edition_begun") is not False} for one in covered],
        "lines": len({one.get("agreement") for one in covered if one["in_window"]}),
        "non_union": not covered and bool(held),
        "to_read": next((str(bare(view.body["agreement"])) for view in bound if view.body.get("agreement")), production.id),
        "agreement_read": agreement_read(world, bound, production.id),
    }
