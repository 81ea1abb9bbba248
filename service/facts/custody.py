"""Captures, replicas and where they go: sessions, custody, transfers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from service.facts import appearances, classify, consents, papers, paydays, people, times, titles
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part, ref

_OWN_WRITING = frozenset({"separate_writing", "signed_rider", "digital_replica_rider", "initialed_clause", "separately_signed_clause"})


def sessions(world: World) -> list[Fact]:
    """Return the capture sessions of the lineage, and one for each replica whose performer took part in a session nobody recorded."""
    return world.once("sessions", None, lambda: _sessions(world))


def _sessions(world: World) -> list[Fact]:
    held = [view for view in world.library.of("evidence", "capture_session") if in_question(world, view)]
    found = [session(world, view) for view in held if view.details.get("state") != "cancelled" and not of_crew(world, view)]
    return found + [
        _unrecorded(world, view) for view in replicas_of(world) if classify.participated(view) is True and not view.body.get("sessions")
    ]


def of_crew(world: World, view: View) -> bool:
    """Tell whether a session or replica is of somebody who was engaged and is no performer: a scan of the crew replicates no performer."""
    return people.off_camera(engagements(world, view))


def engagements(world: World, view: View) -> list[View]:
    """Return the engagement that a session or replica names, else those of its person on its title."""
    said = view.details if view.kind == "evidence" else view.body
    named = world.library.get(said.get("engagement"))
    title = bare(said.get("origin_production")) or world.production_of(view)
    return [named] if named else people.engagements(world, bare(said.get("person")), title)


def in_question(world: World, view: View) -> bool:
    """Tell whether a session is asked about, or made a replica of the lineage or one that is shown."""
    if view.key in world.library.lineage:
        return True
    asked = world.once("replicas_asked", None, lambda: {replica.key for replica in every_replica(world)})
    return any(replica.key in asked for replica in world.library.about(view.id, "replica", roles=("capture_session",)))


def replicas_of(world: World) -> list[View]:
    """Return the performers' replicas of the lineage, and those that its appearances show."""
    return [view for view in every_replica(world) if not of_crew(world, view)]


def every_replica(world: World) -> list[View]:
    """Return the replicas of the lineage, and those that its appearances show, of whomever."""
    shown = {bare(view.body.get("replica")) for view in appearances.every(world)}
    return [view for view in world.library.of("replica") if view.key in world.library.lineage or view.id in shown]


def session(world: World, view: View) -> Fact:
    """Return one capture session: person, time, engagement, notices, consents, business reason, pay."""
    details = view.details
    person = bare(details.get("person"))
    production = world.production_of(view)
    held = engagements(world, view)
    starts = times.text(details.get("starts_at"))
    signed = consents.for_session(world, person, production, starts)
    making = _making(signed)
    requested = times.earliest(
        [
            times.text(paper.body.get("requested_at"))
            for paper in consents.of_person(world, person)
            if any(one["id"] == paper.id for one in making)
        ]
    )
    asked = times.text(details.get("requested_at")) or requested or times.earliest([one.get("signed_at") for one in making])
    days = _pay_days(details, crowd=people.background(held) is True)
    paid = papers.payments(world, person, production, (view.id,), ("creation", "session"))
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "person": ref(person),
            "production": ref(production),
            "starts_at": starts,
            "start_known": starts is not None,
            "background": people.background(held),
            "engaged_at": times.text(held[0].body.get("engaged_at")) if held else None,
            "engagement": ref(held[0]) if held else None,
            "standalone": details.get("standalone"),
            "notices": _notices(world, view, person),
            "consents": signed,
            "requested_at": asked,
            "paper": _paper(signed, starts),
            "reason": reason(world, view, details),
            "payments": [{**one, "basis": "creation", "in_full": _in_full(one, details, days)} for one in paid],
            "pay_days": days,
            "pay_due": times.earliest([one.get("due_at") for one in paid]) or paydays.of_session(world, person, production, starts),
            "dates": compact({"session": starts, "creation": starts, "use": starts, "request": asked or starts}),
            "path": world.path(view),
            "lines": titles.lines(world, held),
        }
    )


def _making(signed: Iterable[Fact]) -> list[Fact]:
    """The consents to the making of a replica."""
    found = [one for one in signed if one.get("granted") and one.get("purposes") is not None]
    return [one for one in found if "*" in one["purposes"] or "creation" in one["purposes"]]


def _paper(signed: Iterable[Fact], starts: str | None) -> str:
    """The consent to the making that a sentence names: one of its own writing signed before the session if there is one, else the last."""
    making = _making(signed)
    fit = [one for one in making if one.get("form") in _OWN_WRITING and times.before(one.get("signed_at"), starts) is True]
    return str((fit or making)[-1]["id"]) if making else "no paper"


def _notices(world: World, view: View, person: str | None) -> list[Fact]:
    """Notices of the session; one that names no session is of the person's sessions on its titles."""
    found = papers.notices(world, (view.id,), ("replica_creation", "session"))
    named = world.library.get(view.details.get("notice"))
    found += [papers.notice(world, named)] if named and named.type == "notice" and all(one["id"] != named.id for one in found) else []
    for notice in world.library.about(person, "evidence", "notice", ("notice_to", "subject")) if person else ():
        loose = "session" not in notice.details and not any(str(one).startswith("evd_") for one in notice.body.get("subjects") or ())
        titled = not notice.productions or not view.productions or not set(notice.productions).isdisjoint(view.productions)
        if (
            loose
            and titled
            and notice.details.get("kind") in ("replica_creation", "session")
            and all(one["id"] != notice.id for one in found)
        ):
            found.append(papers.notice(world, notice))
    return [one for one in found if person is None or one.get("recipients") is None or person in one["recipients"]]


def reason(world: World, view: View, details: Mapping[str, Any]) -> Fact:
    """Return why a scan was asked for: stated or not, when, and whether it names a shot or somebody found it adequate."""
    stated = part(details, "business_reason")
    adequate = papers.confirmed(papers.attestations(world, (view.id,)), "business_reason_adequate")
    named = bool(stated.get("scenes") or stated.get("use")) and stated.get("generic") is not True
    return compact(
        {
            "id": view.id,
            "stated": bool(stated),
            "recorded_at": times.text(stated.get("recorded_at")),
            "specific": adequate if adequate is not None else named,
        }
    )


def _pay_days(details: Mapping[str, Any], *, crowd: bool) -> str | None:
    """A session alone is a day, half of it when it was short and set to suit a principal performer; on a working day it is work."""
    alone = details.get("standalone")
    if alone is None:
        return None
    short = details.get("hours") is not None and float(details["hours"]) <= 4
    return "0.5" if alone and short and details.get("accommodates_performer") is True and not crowd else "1"


def _in_full(payment: Fact, details: Mapping[str, Any], days: str | None) -> bool:
    """Tell whether a payment is for all the days owed; work on a working day is paid with that day."""
    units = payment.get("units")
    return units is None or details.get("standalone") is False or Decimal(str(units)) >= Decimal(days or 1)


def _unrecorded(world: World, view: View) -> Fact:
    """The session of a replica that a performer helped to make, of which nothing else is recorded."""
    person, production = bare(view.body.get("person")), bare(view.body.get("origin_production"))
    held = people.engagements(world, person, production)
    starts = times.text(view.body.get("created_at"))
    signed = consents.for_session(world, person, production, starts)
    return compact(
        {
            "id": f"{view.id}/session",
            "record": view.id,
            "person": ref(person),
            "production": ref(production),
            "background": people.background(held) if held else (view.body.get("kind") == "background" if view.body.get("kind") else None),
            "engaged_at": times.text(held[0].body.get("engaged_at")) if held else None,
            "starts_at": starts,
            "start_known": starts is not None,
            "notices": _notices(world, view, person),
            "consents": signed,
            "paper": _paper(signed, starts),
            "reason": {"id": view.id, "stated": False},
            "payments": [],
            "dates": compact({"session": starts, "creation": starts, "use": starts, "request": starts}),
            "path": world.path(view),
            "lines": titles.lines(world, engagements(world, view)),
        }
    )


def replica(world: World, view: View) -> Fact:
    """Return a replica as an element: who may reach it, who answers for its security, when custody began."""
    library = world.library
    policies = list(library.about(view.id, "evidence", "access_policy", ("protected", "subject")))
    policies += [one for one in library.of("evidence", "access_policy") if one.details.get("replicas") == ["*"]]
    logs = list(library.about(view.id, "evidence", "access_log"))
    created = times.text(view.body.get("created_at"))
    moved = times.latest([times.text(one.details.get("at")) for one in library.about(view.id, "evidence", "transfer")])
    attested = papers.attestations(world, (view.id, *(one.id for one in policies)))
    return compact(
        {
            "id": view.id,
            "person": ref(bare(view.body.get("person"))),
            "kind": view.body.get("kind"),
            "production": ref(bare(view.body.get("origin_production")) or world.production),
            "access_policies": sorted(
                {
                    one.id
                    for one in policies
                    if times.within(world.at, {"perpetual": True, **part(one.details, "window")}) is not False
                    and world.past(times.text(one.details.get("at")) or world.at) is not False
                }
            ),
            "anomalies": sorted(one.id for one in logs if one.details.get("anomalies")),
            "state": view.body.get("state"),
            "attestations": [
                {**one, "after_transfer": bool(moved and one.get("signed_at") and times.not_after(moved, one["signed_at"]))}
                for one in attested
            ],
            "dates": compact({"creation": created, "custody": created, "use": world.at}),
            "path": world.path(view),
            "lines": titles.lines(world, engagements(world, view)),
        }
    )


def transfer(world: World, view: View) -> Fact:
    """Return the transfer of replicas to another company."""
    details = view.details
    told = world.library.get(details.get("notice"))
    delivered = times.text(details.get("union_notice_delivered_at")) or (times.text(told.details.get("delivered_at")) if told else None)
    answered = times.text(details.get("responded_at"))
    response = details.get("union_response", "none")
    return compact(
        {
            "id": view.id,
            "releases_transferor": details.get("releases_transferor", False if details.get("vendor_under_our_responsibility") else None),
            "assumed": bool(details.get("assumption")),
            "arbitration_right": details.get("arbitration_right"),
            "financial_evidence": bool(details.get("financial_evidence")),
            "notice_at": delivered,
            "response": response if answered and world.past(answered) else "none",
            "replicas": bares(details.get("replicas")),
            "production": ref(world.production),
            "dates": compact(
                {
                    "transfer": times.text(details.get("at")) or times.text(details.get("released_declared_at")) or world.at,
                    "custody": times.text(details.get("at")),
                }
            ),
            "path": world.path(view),
            "lines": titles.lines(world, _whose(world, details.get("replicas"))),
        }
    )


def _whose(world: World, replicas: Iterable[str] | None) -> list[View]:
    """The engagements of the people of some replicas; none where one of them is not known."""
    held = [engagements(world, view) if (view := world.library.get(one)) else [] for one in replicas or ()]
    return [one for listed in held for one in listed] if all(held) else []
