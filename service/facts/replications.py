"""Each making and each use of a performer's replica as one element, for agreements that ask the same of both.

They are built from the sessions and uses that every decision gathers, and only where one of the agreements may govern.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from service.facts import classify, consents, custody, people, times, titles, unions
from service.facts.consents import Use
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part, ref

_OF_ADVERTISING: Final = frozenset({"advertising", "promotion", "*"})


def replications(world: World, lines: frozenset[str]) -> list[Fact]:
    """Return what makes, and what uses, a replica under one of some agreements."""
    if not any(unions.may_govern(world, one, lines) for one in _titles(world)) and not _engaged_under(world, lines):
        return []
    return [one for one in everything(world) if governed(world, one, lines)]


def _titles(world: World) -> set[str | None]:
    gathered = [one for name in ("sessions", "uses", "synthetics") for one in world.gathered.get(name, ())]
    return {world.production, *(_id(one.get("production")) for one in gathered)}


def _engaged_under(world: World, lines: frozenset[str]) -> bool:
    own = [one.get("lines") or () for one in world.gathered.get("uses", ())]
    return any(not lines.isdisjoint(named) for named in own)


def everything(world: World) -> list[Fact]:
    """Return every making and every use of a replica, and performers whom nobody plays, whatever governs them."""
    return world.once("replications", None, lambda: [*_sessions(world), *_from_footage(world), *_uses(world), *_synthetics(world)])


def governed(world: World, element: Fact, lines: frozenset[str]) -> bool:
    """Tell whether one of some agreements may govern what an element is about."""
    return unions.may_govern(world, (element.get("production") or {}).get("$ref"), lines, element.get("lines"))


def stands(seen: Fact) -> bool:
    """Tell whether nothing has ended a consent as seen from a use; when it was given is another question."""
    return seen.get("state_at_use") not in consents.GONE


def standing(world: World, seen: Fact) -> Fact:
    """Return a consent as seen from a use, with whether nothing has ended it, what it says of training, deletion and advertising."""
    view = world.library.get(seen["id"])
    body = view.body if view else {}
    scope = part(body, "scope")
    purposes = scope.get("purposes")
    return compact(
        {
            **seen,
            "stands": stands(seen),
            "for_advertising": None if purposes is None else not _OF_ADVERTISING.isdisjoint(purposes) or bool(scope.get("advertisers")),
            "for_training": scope.get("training", None if purposes is None else not {"training", "*"}.isdisjoint(purposes)),
            "deletion_date": times.text(body.get("deletion_date")),
        }
    )


def _sessions(world: World) -> list[Fact]:
    """The sessions in which somebody helped to make a replica."""
    return [_session(world, one) for one in world.gathered.get("sessions", ())]


def _session(world: World, session: Fact) -> Fact:
    person, production = _id(session.get("person")), _id(session.get("production"))
    starts = session.get("starts_at")
    return {**session, **_making(world, session["id"], person, production, starts), "helped": True}


def _making(world: World, name: str, person: str | None, production: str | None, starts: str | None) -> Fact:
    held = people.engagements(world, person, production)
    seen = consents.seen_from(world, Use(name, person, production, starts, ("creation",)))
    return compact(
        {
            "step": "creation",
            "replicates": True,
            "lines": titles.lines(world, held),
            "consents": [standing(world, one) for one in seen],
            "nearest": seen[-1]["id"] if seen else "no paper",
            "step_ahead": None if starts is None else times.not_after(starts, world.at) is False,
            "advertising": False,
            "dates": compact(dict.fromkeys(("session", "creation", "use", "generation"), starts)),
        }
    )


def _from_footage(world: World) -> list[Fact]:
    """The making of replicas without a session on record: from footage, or in a way that nobody has stated."""
    found = []
    for view in custody.replicas_of(world):
        helped = classify.participated(view)
        if helped is not True:
            person, production = bare(view.body.get("person")), bare(view.body.get("origin_production")) or world.production
            held = people.engagements(world, person, production)
            made = _making(world, view.id, person, production, times.text(view.body.get("created_at")))
            about = {"id": f"{view.id}/creation", "record": view.id, "person": ref(person), "production": ref(production)}
            known = {"helped": helped, "background": _crowd(view, held), "path": world.path(view), "notices": [], "payments": []}
            found.append(compact({**about, **made, **known, "because": {"helped": "performer_participated"}}))
    return found


def _crowd(replica: View, held: Iterable[View]) -> times.Tri:
    """Tell whether a replica is of a background performer: as its kind says, else by the engagements."""
    kinds: dict[str, times.Tri] = {"background": True, "employment_based": False, "independently_created": False}
    return kinds.get(str(replica.body.get("kind")), people.background(held))


def _uses(world: World) -> list[Fact]:
    """The uses of people that replicate them, or may."""
    return [_use(world, one) for one in world.gathered.get("uses", ()) if one.get("replicates") is not False]


def _use(world: World, use: Fact) -> Fact:
    view = world.library.get(use["record"])
    return compact(
        {
            **use,
            "step": "use",
            "helped": False,
            "background": use.get("badr"),
            "consents": [standing(world, one) for one in use.get("consents", ())],
            "step_ahead": use.get("use_ahead"),
            "advertising": advertises(world, view) if view else None,
            "because": {"replicates": "voice_source", "background": "classification", "other_project": "origin_production"},
        }
    )


def advertises(world: World, view: View) -> bool:
    """Tell whether an appearance is in advertising: by what it is, by its title, or by where the result goes."""
    title = world.library.get(world.production_of(view))
    media: Iterable[Any] = world.intent.get("media") or ()
    return (
        view.body.get("advertising") is True
        or view.body["type"] == "advertisement"
        or bool(title and title.body.get("format") in ("commercial", "campaign"))
        or any(str(one).startswith("advertising") for one in media)
    )


def _synthetics(world: World) -> list[Fact]:
    """Performers whom nobody plays: they replicate nobody, and an agreement may ask for notice all the same."""
    found = world.gathered.get("synthetics", ())
    return [{**one, "step": "synthetic", "replicates": False, "background": False, "helped": False, "advertising": False} for one in found]


def read_by_counsel(world: World, production: str | None, lines: frozenset[str]) -> bool:
    """Tell whether counsel attests to have read the agreement that binds a title, where its rules could not be written down."""
    if production is None:
        return False
    bound = [view for view in people.bindings(world, production) if _line_of(world, view) in lines]
    return titles.agreement_read(world, bound, production)


def _line_of(world: World, binding: View) -> str | None:
    agreement = world.library.get(binding.body.get("agreement"))
    return titles.line(agreement.body.get("pack")) if agreement else None


def _id(reference: Any) -> str | None:
    return reference["$ref"] if isinstance(reference, dict) else None


def notices_to_union(world: World, element: Fact, kinds: Iterable[str], lines: frozenset[str], names: tuple[str, ...]) -> list[Fact]:
    """Return the notices about an element's record or its title that went to the union."""
    production = _id(element.get("production"))
    return unions.told(world, (element.get("record"), _id(element.get("asset")), production), kinds, production, lines, names)
