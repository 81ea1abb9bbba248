"""Exemption claims as facts: who approved them, for which media and places, and whether they still speak of the use as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from service.facts import times
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact
from service.rules.verdicts import held

_COUNSEL: Final = frozenset({"production_counsel", "labour_counsel", "legal"})
_POST: Final = frozenset({"post_supervisor"})
_PICTURE: Final = frozenset({"post_supervisor", "visual_effects_supervisor"})
_STUNTS: Final = frozenset({"stunt_coordinator", "visual_effects_supervisor", "post_supervisor"})
#: Who may approve what, beside counsel.
_ENTITLED: Final = {
    "first_amendment": frozenset[str](),
    "as_scripted": _POST,
    "post_production": _PICTURE,
    "dub": _PICTURE,
    "double": _STUNTS,
    "safety": _STUNTS,
    "unrecognisable": _STUNTS,
}
#: What is approved without being of one of these types is approved by whoever decides for the company.
_COMPANY: Final = _STUNTS | {"producer", "business_affairs", "labour_relations", "music_supervisor", "rights_manager", "union"}


def claims(world: World, appearance: View) -> list[View]:
    """Return the exemptions claimed for an appearance, or for its asset without naming an appearance."""
    library = world.library
    named = [found for reference in appearance.body.get("exemptions") or () if (found := library.get(reference))]
    direct = library.about(appearance.id, "evidence", "exemption_claim", ("subject", "exemption"))
    asset = bare(appearance.body.get("asset"))
    wide = [
        view
        for view in (library.about(asset, "evidence", "exemption_claim", ("subject", "exempt_output")) if asset else ())
        if not any(str(one).startswith("app_") for one in view.body.get("subjects") or ())
    ]
    claimed = {view.key: view for view in (*named, *direct, *wide) if view.type == "exemption_claim"}
    return [view for _, view in sorted(claimed.items()) if view.details.get("state") != "withdrawn"]


def of_appearance(world: World, appearance: View) -> list[Fact]:
    """Return every claim for an appearance, as it stands towards that appearance."""
    return [claim(world, view, appearance) for view in claims(world, appearance)]


def claim(world: World, view: View, appearance: View) -> Fact:
    """Return one claim; it is approved only from the day of its approval, until it expires, for what it covers."""
    details = view.details
    takes = details.get("takes")
    script = world.library.get(details.get("script_version"))
    return compact(
        {
            "id": view.id,
            "type": details.get("type"),
            "rule": details.get("rule"),
            "state": claim_state(world, details),
            "category": details.get("category"),
            "approver_role": details.get("approver_role"),
            "covers_intent": False if reopened(world, details, appearance) else _covers_intent(world, details),
            "script_after_take": _script_after_take(world, view, appearance),
            "approved_by_another": _another(details),
            "ends": times.text(details.get("expires_at")) or "*",
            "script": script_of(script) if script else None,
            "takes": None if takes is None else [take(world, reference) for reference in takes],
        }
    )


def claim_state(world: World, details: Mapping[str, Any]) -> str:
    """Return claimed, approved, rejected or expired, as of the instant asked for; approved by somebody not entitled is claimed."""
    state = str(details.get("state"))
    if state == "approved":
        if not world.past(times.text(details.get("approved_at"))) or not entitled(details):
            return "claimed"
        expires = times.text(details.get("expires_at"))
        return "expired" if expires and times.before(expires, world.at) is not False else "approved"
    return state


def entitled(details: Mapping[str, Any]) -> bool:
    """Tell whether whoever approved a claim may approve one of its type."""
    role = details.get("approver_role")
    return role in _COUNSEL or role in _ENTITLED.get(str(details.get("type")), _COMPANY)


def reopened(world: World, details: Mapping[str, Any], appearance: View) -> bool:
    """Tell whether a claim was made for another cut or script than the use has, or the record of the use speaks against it."""
    body = appearance.body
    cut, script = bare(details.get("output")), bare(details.get("script_version"))
    if cut and not _holds(world, cut, bare(body.get("asset"))):
        return True
    if script and body.get("script_version") and script != bare(body["script_version"]):
        return True
    if details.get("type") == "as_scripted":
        return True in (body.get("new_words"), body.get("new_conduct"), body.get("changes_meaning"))
    return details.get("type") == "unrecognisable" and _recognised(body)


def _holds(world: World, cut: str, shot: str | None) -> bool:
    """Tell whether a cut is the shot, or was made of it."""
    seen, ahead = {cut}, [cut]
    while ahead:
        view = world.library.get(ahead.pop())
        body = view.body if view else {}
        parts = [one.get("record") for one in body.get("parents") or ()] + [one.get("asset") for one in body.get("ranges") or ()]
        fresh = {str(bare(one)) for one in parts if one} - seen
        seen |= fresh
        ahead += sorted(fresh)
    return shot in seen


def _recognised(body: Mapping[str, Any]) -> bool:
    """Tell whether the person shown, or whom a replica is of, is recorded as recognised."""
    people = bares(body.get("recognisable_people")) or []
    return bool(people) and (body.get("person") is None or bare(body["person"]) in people)


def script_of(view: View) -> Fact:
    """Return a script version: when it came to be."""
    return compact({"id": view.id, "created_at": times.text(view.details.get("created_at"))})


def take(world: World, reference: str) -> Fact:
    """Return a take: when it was recorded."""
    view = world.library.get(reference)
    return compact({"id": str(bare(reference)), "recorded_at": times.text(view.details.get("recorded_at")) if view else None})


def _script_after_take(world: World, view: View, appearance: View) -> bool:
    """Tell whether the script that a claim rests on, or that the use names, came to be after one of the takes."""
    script = world.library.get(view.details.get("script_version") or appearance.body.get("script_version"))
    written = times.text(script.details.get("created_at")) if script else None
    takes = [take(world, one) for one in view.details.get("takes") or appearance.body.get("takes") or ()]
    return any(times.before(one.get("recorded_at"), written) is True for one in takes)


def _another(details: Mapping[str, Any]) -> times.Tri:
    claimed, approved = details.get("claimed_by"), details.get("approved_by")
    if claimed and approved:
        return bool(claimed != approved)
    return True if details.get("approver_role") else None


def _covers_intent(world: World, details: Mapping[str, Any]) -> times.Tri:
    """Tell whether a claim speaks of this intent; protected speech only where its media and places are named."""
    if world.intent.get("marketing") and details.get("advertising_covered") is not True:
        return False
    speech = details.get("type") == "first_amendment"
    media = _covered(details.get("media"), world.intent.get("media"), unstated=None if speech else True)
    places = _covered(details.get("territories") or (["US"] if speech else None), world.intent.get("territories"), unstated=True)
    if media is False or places is False:
        return False
    return None if media is None or places is None else True


def _covered(granted: Any, wanted: Any, *, unstated: times.Tri) -> times.Tri:
    if granted is None or "*" in granted:
        return unstated if granted is None else True
    if wanted is None:
        return None
    return all(held(granted, one) for one in wanted)
