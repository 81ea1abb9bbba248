"""From a question to the facts document: everything a rule may look at, gathered once, as plain data.

The shape is agreed with the rules (`service/rules/names.py` lists the top-level names): ids and derived values only, never a
personal or encrypted value. Absent is unknown, `[]` is none; adverse facts (strikes, withdrawals, revocations) are false
when the log holds none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import orjson

from service import errors
from service.context import Context
from service.facts import (
    appearances,
    areas,
    assets,
    biometrics,
    consents,
    crafts,
    crowds,
    custody,
    elsewhere,
    exemptions,
    handovers,
    implied,
    kept,
    licensing,
    meetings,
    minors,
    papers,
    people,
    stated,
    strikes,
    synthetics,
    times,
    titles,
    trainings,
    whole,
)
from service.facts import overlay as overlays
from service.facts import planned as inline
from service.facts import uses as uses_of
from service.facts.collecting import collect, debts, opened
from service.facts.library import Library, View
from service.facts.reader import Reader
from service.facts.world import Fact, World, bare, compact, ref

VERSION: Final = 1

_LINK: Final = re.compile(rb'{"\$ref":"([^"]+)"}')


@dataclass(frozen=True, slots=True)
class Facts:
    """A facts document, and the version of every record that was read for it (also of those that turned out to say nothing)."""

    document: dict[str, Any]
    read: Mapping[str, int]
    library: Library


def gather(
    context: Context,
    *,
    subjects: Sequence[str],
    planned: Mapping[str, Any] | None,
    act: str,
    at: datetime,
    known_at: int,
    intent: Mapping[str, Any],
    production: str | None = None,
    overlay: Sequence[Mapping[str, Any]] = (),
    wanted: frozenset[str] | None = None,
    at_hand: bool = False,
) -> Facts:
    """Return the facts for an act on subjects (recorded or planned) at an instant, as known at a log size.

    `intent` is where the result is meant to go; without `production` the subjects' own title counts. `overlay` lays
    hypothetical records over the log; `wanted` are the collections that somebody will read, all unless told. `at_hand` says that what
    was read for the same question a moment ago may serve, which holds for records in the log as it is, and for nothing laid over it.
    Raises `errors.Invalid` for a planned body that is not valid.
    """
    with overlays.laid(context, overlay, known_at) as laid:
        for name in laid.gone.intersection(subjects):
            raise errors.invalid("/overlay", f"{name} is what is asked about; leave it in.")
        extra, named = inline.views(context, planned, laid.keys)
        reader = Reader(context, known_at, times.instant(at))
        roots = [*subjects, *named]
        make = partial(_read, reader, roots, extra, named, production)
        library = kept.library(reader, roots, production, make) if at_hand else make()
        opened(context, library)
    document = assemble(
        library, roots, act=act, at=times.instant(at), intent=intent, production=production, is_planned=bool(named),
        wanted=wanted,
    )  # fmt: skip
    there = {name: version for name, version in sorted(library.read.items()) if name not in laid.ids}
    return Facts(document, MappingProxyType(there), library)


def _read(reader: Reader, roots: Sequence[str], extra: Sequence[View], named: Sequence[str], production: str | None) -> Library:
    """Read every record that the facts are derived from."""
    library = collect(reader, roots, extra, also=[production] if production else [])
    library.lineage |= set(named)
    implied.read(library)
    stated.read(library)
    debts(reader, library)
    elsewhere.read(reader, library)
    whole.read(reader, library, roots)
    library.trace(roots)
    return library


def assemble(
    library: Library,
    roots: Sequence[str],
    *,
    act: str,
    at: str,
    intent: Mapping[str, Any],
    production: str | None,
    is_planned: bool,
    wanted: frozenset[str] | None = None,
) -> dict[str, Any]:
    """Return the facts document of a library; pure."""
    goal = _intent(intent)
    world = World(library, act, at, goal, production or _production(library, roots))
    shown = appearances.every(world)
    collections = {**_shown(world, shown), **_made(world), **_custody(world, shown)}
    world.gathered = collections
    collections |= {
        name: _sorted(found) for name, found in areas.collections(world, shown, None if wanted is None else wanted | crafts.TOLD_BY).items()
    }
    worked = crafts.touched(world, collections)
    touched = titles.crafts_touched(shown, captured=bool(collections["sessions"] or collections["replicas"]), worked=worked)
    title = library.get(world.production)
    collections["crafts"] = titles.crafts(world, title, touched)
    _pathed(library, collections)
    document = {
        "v": VERSION,
        "act": act,
        "at": at,
        "intent": goal,
        "planned": is_planned,
        "subjects": sorted(roots),
        "production": ref(title),
        "rates": papers.rates(world),
        "strikes": strikes.every(world),
        **collections,
    }
    document["objects"] = _objects(world, document, touched)
    return {name: value for name, value in document.items() if value is not None}


def _intent(intent: Mapping[str, Any]) -> Fact:
    """The intent, and whether it is marketing: by its purpose, or because its media are advertising."""
    media = intent.get("media") or ()
    purpose = intent.get("purpose")
    marketing = purpose == "marketing" or any(str(one).startswith("advertising") for one in media)
    window = intent.get("window") or {}
    bounds = {
        "from": window.get("from", window.get("start")),
        "to": window.get("to", window.get("end")) or ("*" if window.get("perpetual") else None),
    }
    goal = {str(name): value for name, value in intent.items()} | ({"window": compact(bounds)} if window else {})
    return compact({**goal, "marketing": True if marketing else (False if purpose or media else None)})


def _production(library: Library, roots: Sequence[str]) -> str | None:
    """The one title that all subjects belong to, if there is one."""
    found: set[str] = set()
    for view in (library.get(root) for root in roots):
        if view is not None:
            named = bare(view.body.get("production")) or bare(view.details.get("production"))
            found |= {view.id} if view.kind == "production" else ({named} if named else set(view.productions))
    return found.pop() if len(found) == 1 else None


def _pathed(library: Library, collections: Mapping[str, list[Fact]]) -> None:
    """The way from the subject to every element that is a record of the lineage and does not say it itself."""
    for found in collections.values():
        for one in found:
            if not one.get("path"):
                named = (str(one.get("record")), str(one["id"]).partition("/")[0])
                way = next((library.paths[name] for name in named if name in library.paths), None)
                if way:
                    one["path"] = way


def _sorted(elements: list[Fact]) -> list[Fact]:
    return sorted(elements, key=lambda one: str(one["id"]))


def _shown(world: World, shown: list[View]) -> dict[str, list[Fact]]:
    """Appearances and what follows from them."""
    uses = _once(_sorted([use for view in shown for use in uses_of.uses(world, view)]))
    persons = {one["person"]["$ref"] for one in uses} | {
        str(bare(view.details.get("person"))) for view in world.library.of("evidence", "capture_session") if view.details.get("person")
    }
    papers_ = {
        view.key: view for person in sorted(persons) for view in consents.of_person(world, person) if view.body.get("answer") == "granted"
    }
    return {
        "appearances": _sorted([appearances.appearance(world, view) for view in shown]),
        "uses": uses,
        "synthetics": _sorted([found for view in shown if (found := synthetics.synthetic(world, view))]),
        "prompts": _sorted([found for view in licensing.lineage_of(world, "generation") for found in synthetics.prompts(world, view)]),
        "exemptions": _sorted(_claims(world, shown, uses)),
        "consents": _sorted([minors.element(world, view) for _, view in sorted(papers_.items())]),
        "engagements": _sorted([_engagement(view) for view in world.library.of("engagement")]),
    }


def _once(uses: list[Fact]) -> list[Fact]:
    """Mark the first use that an estimate of days is for, and the first of a person on a title: what is owed is owed once."""
    estimated: set[tuple[str, str]] = set()
    listed: set[tuple[str, str]] = set()
    for use in uses:
        person, title = use["person"]["$ref"], str(use.get("production"))
        paper = (person, str(use.get("estimate", use["id"])))
        use["first_of_estimate"], use["first_of_person"] = paper not in estimated, (person, title) not in listed
        estimated.add(paper)
        listed.add((person, title))
    return uses


def _claims(world: World, shown: list[View], uses: list[Fact]) -> list[Fact]:
    """Each claim once, with the appearance it is for; not needed where every use it speaks of has a consent that reaches it."""
    found: dict[str, Fact] = {}
    for view in shown:
        for paper in exemptions.claims(world, view):
            mine = [use for use in uses if use["record"] == view.id]
            unneeded = bool(mine) and all(
                any(one.get("granted") and one.get("live_at_use") is True and not one["mismatch"] for one in use["consents"])
                for use in mine
            )
            base = common_of(world, view)
            seen, before = exemptions.claim(world, paper, view), found.get(paper.id, {})
            found[paper.id] = {
                **_told_on(world, view),
                **(seen if before.get("covers_intent") is not False else {**seen, "covers_intent": False}),
                **base,
                "unneeded": unneeded and before.get("unneeded", True),
            }
    return list(found.values())


def _told_on(world: World, view: View) -> Fact:
    """The script and the takes that the appearance itself names, for a claim that names none."""
    takes = view.body.get("takes")
    script = world.library.get(view.body.get("script_version"))
    return compact(
        {
            "script": exemptions.script_of(script) if script else None,
            "takes": None if takes is None else [exemptions.take(world, one) for one in takes],
        }
    )


def common_of(world: World, view: View) -> Fact:
    """Return whom and what an appearance is about, for papers that speak of it."""
    made = appearances.generated_at(world, view)
    person, production = appearances.person_of(world, view), world.production_of(view)
    return compact(
        {
            "appearance": view.id,
            "asset": ref(bare(view.body.get("asset"))),
            "person": ref(person),
            "production": ref(production),
            "lines": titles.lines(world, people.engagements(world, person, production)),
            "dates": compact({"use": made, "generation": made, "creation": made}),
        }
    )


def _engagement(view: View) -> Fact:
    body = view.body
    contract = times.text(body.get("contract_date"))
    return compact(
        {
            "id": view.id,
            "person": ref(bare(body.get("person"))),
            "production": ref(bare(body.get("production"))),
            "category": body.get("category"),
            "engaged_at": times.text(body.get("engaged_at")),
            "contract_date": contract,
            "representation": body.get("representation"),
            "dates": compact({"contract": contract, "deal": contract}),
        }
    )


def _made(world: World) -> dict[str, list[Fact]]:
    """What the lineage was made from."""
    library = world.library
    found = [assets.asset(world, view) for view in licensing.lineage_of(world, "asset")]
    if library.truncated:
        found.append({"id": "lineage", "because": {"needs_lineage": "ancestors"}})
    return {
        "assets": _sorted(found),
        "generations": _sorted([assets.generation(world, view) for view in licensing.lineage_of(world, "generation")]),
        "models": _sorted([licensing.model(world, view) for view in licensing.lineage_of(world, "model")]),
        "datasets": _sorted([licensing.dataset(world, view) for view in licensing.lineage_of(world, "dataset")]),
        "licences": _sorted(licensing.licences(world)),
        "sources": _sorted([licensing.source(world, view) for view in licensing.lineage_of(world, "source")]),
        "deliveries": _sorted([handovers.delivery(world, view) for view in licensing.lineage_of(world, "delivery")]),
        "trainings": _sorted(trainings.trainings(world)),
        "training_licences": _sorted(trainings.training_licences(world)),
    }


def _custody(world: World, shown: list[View]) -> dict[str, list[Fact]]:
    """Captures, replicas, transfers, crowds, meetings."""
    moved = list(world.library.of("evidence", "transfer"))
    return {
        "sessions": _sorted(custody.sessions(world)),
        "replicas": _sorted([custody.replica(world, view) for view in custody.replicas_of(world)]),
        "transfers": _sorted([custody.transfer(world, view) for view in moved]),
        "biometrics": _sorted(biometrics.biometrics(world)),
        "background_days": _sorted(crowds.background_days(world, shown)),
        "meetings": _sorted(meetings.meetings(world)),
    }


def _objects(world: World, document: Mapping[str, Any], touched: set[str]) -> dict[str, Fact]:
    """What links in the document lead to: elements of collections by their ids, people, titles, roles, engagements."""
    found: dict[str, Fact] = {}
    for name in ("assets", "generations", "models", "datasets", "replicas", "engagements"):
        for element in document[name]:
            found[element["id"]] = {key: value for key, value in element.items() if key != "path"}
    for wanted in sorted({name.decode() for name in _LINK.findall(orjson.dumps(document))}):
        view = world.library.get(wanted)
        if wanted in found:
            continue
        if view is not None and view.kind == "party":
            found[wanted] = people.person_fact(world, wanted)
        elif view is not None and view.kind == "production":
            found[wanted] = titles.title(world, view, touched if wanted == world.production else ())
        else:
            found[wanted] = {"id": wanted}
    return found
