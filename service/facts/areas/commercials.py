"""Commercials and audio commercials: services for replicas, riders and advance consents, pay, synthetic performers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from service.facts import advertising, classify, consents, custody, papers, people, synthetics, times, titles, unions
from service.facts.appearances import ahead, generated_at, generation_of, person_of, replicates, use_of
from service.facts.consents import Use
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part, present, ref

#: Forms of a writing that stands by itself; a clause within a contract is none.
WRITINGS: Final = frozenset({"digital_replica_rider", "signed_rider", "separate_writing"})
_FOR: Final = {
    "creation": frozenset({"*", "creation", "scan"}),
    "use": frozenset({"*", "use", "advertising", "alteration", "dub", "real_time"}),
}
_NOTICES: Final = ("replica_creation", "replica_use", "session")
_SEEN: Final = frozenset({"score", "text", "synthetic"})

#: On what basis pay for a replica's commercial is recorded: as such, or as a multiple of the session fee.
_PREMIUM: Final = ("replica_commercial", "session_multiple")

#: The premium for a commercial made with a replica, as a multiple of the session fee, and the contribution in per cent.
MULTIPLE: Final = Decimal("1.5")
CONTRIBUTION: Final = Decimal("23.5")


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `commercial_services` and `commercial_synthetics`."""
    return {
        "commercial_services": [*_sessions(world), *_uses(world, shown)],
        "commercial_synthetics": [found for view in shown if (found := _synthetic(world, view))],
    }


def in_commercial(world: World, view: View) -> times.Tri:
    """Tell whether an appearance is in a commercial: its title is one, or it is an advertisement by itself."""
    if view.body.get("type") == "advertisement" or view.body.get("advertising") is True:
        return True
    return advertising.commercial(world, world.production_of(view))


# --- services: sessions and uses --------------------------------------------------------------------------------


def _sessions(world: World) -> list[Fact]:
    """The sessions in which replicas for commercials are made."""
    found = []
    for one in custody.sessions(world):
        production = part(one, "production").get("$ref")
        made_for = advertising.commercial(world, production)
        if made_for is not False:
            found.append(_session(world, one, production, made_for))
    return found


def _session(world: World, one: Fact, production: str | None, made_for: times.Tri) -> Fact:
    person, starts = part(one, "person").get("$ref"), one.get("starts_at")
    notices = [_described(world, notice) for notice in _session_notices(world, one, person)]
    used = Use(one["record"], person, production, starts, ("creation",))
    return compact(
        {
            **{name: one.get(name) for name in ("record", "person", "production", "engaged_at", "path", "dates")},
            "id": one["id"],
            "kind": "session",
            "notice_kind": "replica_creation",
            "commercial": made_for,
            "replicates": True,
            "starts_at": starts,
            "service_ahead": None if starts is None else times.not_after(starts, world.at) is False,
            "created_at": starts,
            "created_ahead": None if starts is None else times.not_after(starts, world.at) is False,
            "creation_here": True,
            "notices": notices,
            "consents": _riders(world, used, production),
            "because": {"starts_at": "starts_at"},
        }
    )


def _session_notices(world: World, one: Fact, person: str | None) -> list[Fact]:
    """Notices of a session, also those that name the engagement or the replica it is for."""
    made = [view.id for view in world.library.about(one["record"], "replica", roles=("capture_session",))]
    told = papers.notices(world, (part(one, "engagement").get("$ref"), *made), _NOTICES)
    once = {notice["id"]: notice for notice in (*(one.get("notices") or ()), *told)}
    return [notice for _, notice in sorted(once.items()) if notice.get("recipients") is None or person in notice["recipients"]]


def _described(world: World, notice: Fact) -> Fact:
    """A notice with whether it describes the intended use: in its text, or in the paper that was served."""
    view = world.library.get(notice["id"])
    details = view.details if view else {}
    told = any(present(details.get(name)) for name in ("description", "content", "document")) or bool(view and view.body.get("documents"))
    return {**notice, "described": told}


def _uses(world: World, shown: Sequence[View]) -> list[Fact]:
    """The uses of replicas in commercials: of the person shown, and of everyone who is recognised as a whole."""
    found, paid = [], set()
    for view in shown:
        here = in_commercial(world, view)
        if here is False or (view.body["type"] in _SEEN and person_of(world, view) is None and not classify.in_question(view, ())):
            continue
        for person, verdict in _people(world, view):
            one = _use(world, view, person, verdict, here)
            one["first_of_person"] = (person, one.get("title")) not in paid
            paid.add((person, one.get("title")))
            found.append(one)
    return found


def _people(world: World, view: View) -> list[tuple[str, times.Tri]]:
    shown = person_of(world, view)
    found: dict[str, times.Tri] = {shown: replicates(world, view, shown)} if shown else {}
    for person in classify.in_question(view, ()):
        if person != shown and classify.whole(view, person) is True:
            found[person] = True
    return [(person, verdict) for person, verdict in sorted(found.items()) if verdict is not False]


def _use(world: World, view: View, person: str, verdict: times.Tri, here: times.Tri) -> Fact:
    production, shown = world.production_of(view), person_of(world, view)
    replica = world.library.get(view.body.get("replica")) if person == shown else None
    held, made = people.engagements(world, person, production), generated_at(world, view)
    origin = bare(replica.body.get("origin_production")) if replica else None
    created = _created(world, replica) if replica else made
    riders = _riders(world, use_of(world, view, person, production), production)
    about = (view.id, bare(view.body.get("asset")), replica.id if replica else None, *(one.id for one in held))
    return compact(
        {
            "id": view.id if person == shown else f"{view.id}/{person}",
            "record": view.id,
            "kind": "use",
            "notice_kind": "replica_use",
            "person": ref(person),
            "asset": ref(bare(view.body.get("asset"))),
            "replica": ref(replica),
            "production": ref(production),
            "title": production,
            "commercial": here,
            "replicates": verdict,
            "engaged_at": times.text(held[0].body.get("engaged_at")) if held else None,
            "starts_at": made,
            "service_ahead": ahead(world, view),
            "created_at": created,
            "created_ahead": bool(replica and replica.id.startswith("planned"))
            or (False if created is None else times.not_after(created, world.at) is False),
            "creation_here": origin is None or advertising.commercial(world, origin) is not False,
            "notices": _notices(world, view, replica, person, production),
            "consents": riders,
            **_reach(riders),
            **_pay(world, person, production, about),
            "deals": papers.deals(world, person, production, (*about, *(one["id"] for one in riders)), made),
            "dates": compact({"use": made, "generation": made, "session": made, "creation": created or made}),
            "lines": titles.lines(world, held),
            "path": _path(world, view),
            "because": {"starts_at": "generated_at", "replicates": "asset.origin", "outside_first": "consent.scope"},
        }
    )


def _path(world: World, view: View) -> list[str] | None:
    asset = world.library.get(bare(view.body.get("asset")))
    return (world.path(asset) or [asset.id]) + [view.id] if asset else None


def _created(world: World, replica: View) -> str | None:
    sessions = [world.library.get(one) for one in replica.body.get("sessions") or ()]
    starts = times.earliest([times.text(view.details.get("starts_at")) for view in sessions if view])
    return starts or times.text(replica.body.get("created_at"))


def _notices(world: World, view: View, replica: View | None, person: str, production: str | None) -> list[Fact]:
    """Notices to the person of this use, of the replica or its sessions; one that names no record is of all on its titles."""
    sessions = [bare(one) for one in replica.body.get("sessions") or ()] if replica else []
    run, held = generation_of(world, view), people.engagements(world, person, production)
    made_from = (run.id if run else None, replica.id if replica else None, *sessions)
    told = papers.notices(world, (view.id, bare(view.body.get("asset")), *made_from, *(one.id for one in held)), _NOTICES)
    for paper in world.library.about(person, "evidence", "notice", ("notice_to", "subject")):
        narrow = [one for one in paper.body.get("subjects") or () if not str(one).startswith(("pty_", "prd_"))]
        titled = not paper.productions or production is None or not world.titles(production).isdisjoint(paper.productions)
        if not narrow and "session" not in paper.details and titled and paper.details.get("kind") in _NOTICES:
            told.append(papers.notice(world, paper))
    once = {one["id"]: one for one in told if one.get("recipients") is None or person in one["recipients"]}
    return [_described(world, one) for _, one in sorted(once.items())]


# --- riders -----------------------------------------------------------------------------------------------------


def _riders(world: World, used: Use, production: str | None) -> list[Fact]:
    """The consents about a person as they stand towards a service, with what only commercials ask of them."""
    seen = consents.seen_from(world, used)
    return [_rider(world, view, one, production) for view, one in zip(consents.of_person(world, used.person), seen, strict=True)]


def _rider(world: World, view: View, seen: Fact, production: str | None) -> Fact:
    scope, form = part(view.body, "scope"), view.body.get("form")
    advertiser, line = advertising.sold(world, production)
    advance = scope.get("future_commercials") is True and seen.get("covers_production") is not True
    lines = None if scope.get("product_lines") is None else [advertising.word(one) for one in scope["product_lines"]]
    same_advertiser, same_line = _among(bares(scope.get("advertisers")), advertiser), _among(lines, line)
    limits = {"advertisers": same_advertiser, "product_lines": same_line}
    beyond = [name for name, fits in limits.items() if fits is False]
    return compact(
        {
            **seen,
            "writing": False if view.body.get("answer") != "granted" else (None if form is None else form in WRITINGS),
            "for_creation": _purpose(scope, form, "creation"),
            "for_use": _purpose(scope, form, "use"),
            "outside": sorted({*(name for name in seen["mismatch"] if name != "window"), *beyond}),
            "open": sorted(name for name in seen["unstated"] if name != "window"),
            "advance": advance,
            "same_advertiser": same_advertiser,
            "same_product_line": same_line,
            "in_original_period": _in_original(world, scope, production) if advance else None,
            "paid_for": present(view.body.get("compensation")),
        }
    )


def _among(named: list[Any] | None, value: str | None) -> times.Tri:
    if named is None or "*" in named:
        return None if named is None else True
    return None if value is None else value in named


def _purpose(scope: Mapping[str, Any], form: Any, wanted: str) -> times.Tri:
    """Tell whether a paper is for making or for using a replica; the rider of the contract is for both where it does not say."""
    named = scope.get("purposes")
    if named is None:
        return True if form == "digital_replica_rider" else None
    return not _FOR[wanted].isdisjoint(named)


def _in_original(world: World, scope: Mapping[str, Any], production: str | None) -> times.Tri:
    """Tell whether a later commercial went into production within the first period of use of one that the paper was signed for."""
    begun = advertising.started(world, production)
    originals = [bare(one) for one in scope.get("productions") or () if one != "*" and bare(one) != production]
    found = [times.within(begun, advertising.first_period(one)) for title in originals for one in advertising.spoken_for(world, title)]
    if True in found:
        return True
    return False if found and None not in found else None


def _reach(riders: Iterable[Fact]) -> Fact:
    """How the first rider stands to the use, and whether the use rests on an advance consent alone."""
    given = [one for one in riders if one.get("writing") is True and one.get("for_use") is not False]
    given = [one for one in given if one.get("state_at_use") in ("live", "late", None)]
    named = [one for one in given if "productions" not in one["outside"]]
    first = min(named or given, key=lambda one: (one.get("signed_at") or "9999", one["id"]), default=None)
    differs = first["outside"] or first.get("alone", []) if first else []
    outside = False if first is None else True if differs else (None if first["open"] else False)
    own = [one for one in given if one.get("covers_production") is True and not one["advance"]]
    return {
        "first_rider": first["id"] if first else "no paper",
        "outside_first": outside,
        "differs": differs,
        "further": [one for one in given if first and one["id"] != first["id"]],
        "rests_on_advance": bool(not own and any(one["advance"] for one in given)),
    }


# --- pay --------------------------------------------------------------------------------------------------------


def _pay(world: World, person: str, production: str | None, about: Iterable[str | None]) -> Fact:
    """What was paid for the commercials made with a replica, and for their use."""
    found = papers.payments(world, person, production, about, (*_PREMIUM, "use_fee"))
    premium = [_premium(world, one) for one in found if one.get("basis") in _PREMIUM]
    told = advertising.every_paper(world, production)
    numbers = [paper.details["replica_commercials"] for paper in told if "replica_commercials" in paper.details]
    return {
        "premiums": premium,
        "use_fees": [one for one in found if one.get("basis") == "use_fee"],
        "premium_due": times.earliest([one.get("due_at") for one in premium if not one.get("paid")]),
        "use_fee_due": times.earliest([one.get("due_at") for one in found if one.get("basis") == "use_fee" and not one.get("paid")]),
        "commercials_made": max(numbers, default=_alone(world, production)),
        "commercials_paid": papers.paid_units(
            [{"units": "1", **one, "basis": "replica_commercial"} for one in premium], "replica_commercial"
        ),
    }


def _alone(world: World, production: str | None) -> int | None:
    """A commercial is one commercial; how many a campaign is made of, somebody has to say."""
    title = world.library.get(production)
    return None if title and title.body.get("format") == "campaign" else 1


def _premium(world: World, one: Fact) -> Fact:
    view = world.library.get(one["id"])
    details = view.details if view else {}
    rate = details.get("pension_health_rate")
    enough = None if rate is None else Decimal(rate) >= CONTRIBUTION
    contributed = details.get("pension_health")
    return compact(
        {
            **one,
            "reaches_multiple": _reaches(world, details),
            "contributed": contributed if enough is None else (enough and contributed is not False),
        }
    )


def _reaches(world: World, details: Mapping[str, Any]) -> times.Tri:
    """Tell whether the pay for one commercial reaches the multiple of the session fee; the amounts stay behind."""
    share = papers.share_of_rate(world, details, "session_fee")
    return None if share is None else share >= MULTIPLE


# --- synthetic performers ---------------------------------------------------------------------------------------


def _synthetic(world: World, view: View) -> Fact | None:
    """A synthetic performer in a commercial, with the notices that went to the union."""
    here = in_commercial(world, view)
    found = None if here is False else synthetics.synthetic(world, view)
    if found is None:
        return None
    return compact({**found, "commercial": here, "notices": [unions.reached(world, one) for one in found["notices"]]})
