"""A licence as an ODRL 2.2 policy: an Agreement between grantor and grantee, a Set where no grantee is known.

What the licence grants for training and for its results are permissions with every limit of the paper; what it refuses is a prohibition; what
it does not state is said to be not stated. Fees, rates, notes and signatures stay inside, and the policy names what it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from service import rights
from service.exports.names import plain, stated, urn, words
from service.exports.odrl_words import (
    ACTION,
    AFFECTED_BY,
    CONTEXT,
    DAYS,
    DUE,
    DUTIES,
    ENDED_BY,
    EXCLUDED,
    FLAGS,
    GRANTED,
    KEPT,
    LEFT_OUT,
    LISTS,
    NONE,
    NOT_STATED,
    OWED,
    OWED_TO,
    PERMISSION,
    PROFILE,
    RECORDS,
    REST,
    SECONDS,
    SIDES,
    TRAINING,
    WINDOW,
    WORDS,
)  # fmt: skip
from service.records.standing import WHOLE, Standing

Body = Mapping[str, Any]
_CARRIED: Final = frozenset({
    *KEPT, "grantor", "grantee", "sources", "items", "training", "output", "territories", "media", "window", "productions_allowed",
    "models_allowed", "excluded", "duties", "open_licence", "productions", "confidentiality", "grade",
})  # fmt: skip
_OPEN: Final = ("spdx", "url", "name", "non_commercial", "attribution", "share_alike")


def policy(
    record: str, version: int, licence: Body, names: Mapping[str, str], standing: Standing = WHOLE, kind: str | None = None
) -> dict[str, Any]:
    """Return the policy of a licence as it stands; `names` are those of its parties and sources that may be shown.

    A licence that has ended refuses everything; one that an event has changed grants nothing until a person has read how.
    """
    grants = dict(zip(SIDES, rights.of_licence(licence), strict=True))
    if standing.affected_by:
        grants = {side: replace(grant, granted=rights.both(grant.granted, None)) for side, grant in grants.items()}
    refused = [side for side, grant in grants.items() if grant.granted is False or standing.ended_by]
    return {
        "@context": CONTEXT,
        "@type": kind or ("Agreement" if "grantee" in licence else "Set"),
        "uid": urn(record, version),
        "profile": PROFILE,
        "conflict": "prohibit",
        "assigner": _party(licence["grantor"], names),
        **stated(assignee=_party(licence["grantee"], names) if "grantee" in licence else None),
        "target": _target(record, licence, names),
        **stated(
            permission=[_permission(side, grants[side], licence.get(side) or {}) for side in SIDES if side not in refused],
            prohibition=[{"action": ACTION[side]} for side in refused] + [_excluded(each) for each in licence.get("excluded") or ()],
            obligation=[_duty(each) for each in licence.get("duties") or ()],
        ),
        **_rest(licence),
        **stated(**{
            ENDED_BY: {"@id": urn(standing.ended_by)} if standing.ended_by else None,
            AFFECTED_BY: [{"@id": urn(each)} for each in standing.affected_by],
        }),
    }  # fmt: skip


def _party(reference: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {"@type": "Party", "uid": urn(reference)} | stated(**{"vcard:fn": names.get(reference)})


def _target(record: str, licence: Body, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The works: each source, the item list of the schedule, or the works that the paper speaks of without naming them."""
    sources, items = licence.get("sources"), licence.get("items")
    found = [_asset(each, names) for each in sources or () if each != "*"]
    if items:
        found.append(
            {"@type": "AssetCollection", "uid": f"urn:sha256:{items['sha256']}"} | stated(**{"clearance:count": items.get("count")})
        )
    if not found:
        scope = NONE if sources == [] else "clearance:any" if sources else NOT_STATED
        found.append({"@type": "AssetCollection", "uid": f"{urn(record)}:works", "clearance:works": scope})
    return found


def _asset(reference: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {"@type": "AssetCollection", "uid": urn(reference)} | stated(**{"dcterms:title": names.get(reference)})


def _permission(side: str, grant: rights.Grant, given: Body) -> dict[str, Any]:
    actions, limits, unstated = [ACTION[side]], list(_limits(side, grant, given)), list(_unstated(side, grant, given))
    if side == "training":
        allowed = given.get("permissions")
        actions = [TRAINING[each] for each in allowed or () if each != "*"] or actions
        limits += [_limit(PERMISSION, "isAnyOf", [_term(NONE)])] if allowed == [] else []
    limits += [_limit(NOT_STATED, "isAllOf", [_term(each) for each in unstated])] if unstated else []
    exclusive = {"clearance:exclusive": given["exclusive"]} if "exclusive" in given else {}
    return {"action": actions if len(actions) > 1 else actions[0]} | stated(constraint=limits) | exclusive


def _limits(side: str, grant: rights.Grant, given: Body) -> Iterator[dict[str, Any]]:
    lists, flags = SIDES[side]
    for name in lists:
        values = getattr(grant, name).values
        if values is not None:
            yield _limit(LISTS[name], "isAnyOf", [_value(name, each) for each in sorted(values)] or [_term(NONE)])
    if grant.window.start is not None:
        yield _limit(WINDOW, "gteq", _typed("date", grant.window.start))
    if grant.window.end is not None:
        yield _limit(WINDOW, "lteq", _typed("date", grant.window.end))
    for name in flags:
        if _flag(name, grant, given) is False:
            yield _limit(FLAGS[name], "eq", _typed("boolean", "false"))
    if side == "output" and "seconds" in given:
        yield _limit(SECONDS, "lteq", _typed("integer", str(given["seconds"])))


def _unstated(side: str, grant: rights.Grant, given: Body) -> Iterator[str]:
    lists, flags = SIDES[side]
    if grant.granted is None:
        yield GRANTED
    if side == "training" and "permissions" not in given:
        yield PERMISSION
    yield from (LISTS[name] for name in lists if not getattr(grant, name).sure)
    if not grant.window.sure:
        yield WINDOW
    yield from (FLAGS[name] for name in flags if _flag(name, grant, given) is None)


def _flag(name: str, grant: rights.Grant, given: Body) -> bool | None:
    """A yes-or-no grant; whether a model may be public is no dimension of rights and stands in the paper only."""
    found = given.get(name) if name == "public_system" else getattr(grant, name)
    return found if isinstance(found, bool) else None


def _value(name: str, value: str) -> Any:
    if name in WORDS:
        return _term(f"clearance:{value}")
    return {"@id": urn(value)} if name in RECORDS else value


def _term(name: str) -> dict[str, str]:
    """A word of ODRL or of the profile where a value stands; without a prefix it would be a text."""
    return {"@id": name if ":" in name else f"odrl:{name}"}


def _limit(left: str, operator: str, right: Any) -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _typed(kind: str, value: str) -> dict[str, str]:
    return {"@value": value, "@type": f"xsd:{kind}"}


def _excluded(use: str) -> dict[str, Any]:
    return {"action": EXCLUDED, "dcterms:description": use}


def _duty(duty: Body) -> dict[str, Any]:
    action = DUTIES[duty["type"]]
    limits = [_limit(DUE, "eq", _term(f"clearance:{duty['due']}"))] if "due" in duty else []
    limits += [_limit(DAYS, "lteq", _typed("integer", str(duty["days"])))] if "days" in duty else []
    owed = {OWED.get(action, OWED_TO): {"@id": urn(duty["owed_to"])}} if "owed_to" in duty else {}
    return {"action": action} | owed | stated(constraint=limits, **{"dcterms:description": words(duty.get("text"))})


def _rest(licence: Body) -> dict[str, Any]:
    """What ODRL has no words for, and the names of what stays inside."""
    kept: dict[str, Any] = {name: licence[name] for name in KEPT if name in licence}
    if "open_licence" in licence:
        kept["open_licence"] = {name: licence["open_licence"][name] for name in _OPEN if name in licence["open_licence"]}
    left_out = sorted(licence.keys() - _CARRIED)
    told = {REST: {"@type": "@json", "@value": kept}} if kept else {}
    if url := (licence.get("open_licence") or {}).get("url"):
        told["dcterms:license"] = {"@id": url}
    return told | ({LEFT_OUT: left_out} if left_out else {})


def parties(licence: Body) -> list[str]:
    """The parties and sources that the policy names, so that their names can be looked up."""
    named = [licence.get("grantor"), licence.get("grantee"), *(licence.get("sources") or ())]
    return [found for each in named if (found := plain(each)) and found != "*"]
