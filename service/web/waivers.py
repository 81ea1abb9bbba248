"""Rules set aside for a scope and a time: the list, asking for one, and the second person's word on it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from schemas import dates, vocabulary
from schemas.decisions import WaiverRequest, WaiverVerdict
from schemas.records.decision import RULE
from service import docket, errors
from service.api.operation import load
from service.context import Context
from service.decisions import packs, waivers
from service.records import read, search
from service.records.model import Recorded
from service.web import forms, present
from service.web.page import Moved, Shown, Visit, page

SHOWN = 50
STATES = ("requested", "approved", "refused", "revoked")
ROWS = 3
"""So many lines for rules a form has at least; one more than are filled in."""

_RULE = re.compile(RULE)
_ONE = ("requirement", "reason", "expires_at")
_MANY = ("rules", "scope_productions", "subjects", "territories", "acts", "documents")


@dataclass(frozen=True, slots=True)
class Line:
    """One waiver of the list: what it sets aside, where, who asked and who approved, until when."""

    id: str
    rules: tuple[str, ...]
    requirement: str | None
    state: str
    productions: tuple[str, ...]
    subjects: tuple[str, ...]
    limits: tuple[tuple[str, str], ...]
    asked_by: str
    asked_at: str
    approved_by: str | None
    approved_at: str | None
    expires_at: str
    own: bool


@page("/waivers", permission="records.read")
def lists(visit: Visit) -> Shown:
    """List waivers: those that wait for a second person first, then those in force, then what is over."""
    context = visit.context
    state = visit.query.get("state") if visit.query.get("state") in STATES else None
    cursor = visit.query.get("cursor")
    wanted = search.Filter({"state": state} if state else {})
    found = search.find(context, "waiver", wanted, cursor=cursor, limit=SHOWN)
    waiting = [] if state or cursor else search.find(context, "waiver", search.Filter({"state": "requested"}), limit=SHOWN).records
    known = {each.id: each for each in (*waiting, *found.records)}
    lines = sorted((line(context, each) for each in known.values()), key=lambda each: _ORDER.index(each.state))
    values = {
        "title": "Waivers", "here": "waivers", "names": docket.names(context, _ids(lines)), "lines": lines, "clauses": _clauses(context, lines), "states": STATES, "chosen": state,
        "accounts": docket.account_names(context, {key for each in lines for key in (each.asked_by, each.approved_by) if key}),
        "more": urlencode({"state": state or "", "cursor": found.cursor}) if found.cursor else "",
        "may": context.actor.may("waivers.write"), "bars": _bars(context), "done": _done(context, visit.query.get("done", "")),
    }  # fmt: skip
    return Shown("waivers.html", values)


def _clauses(context: Context, lines: Sequence[Line]) -> dict[str, str]:
    """The clause of every rule that is named."""
    named = {rule for each in lines for rule in each.rules}
    return {str(rule["id"]): str(rule.get("clause") or "") for rule in packs.rules(context) if rule["id"] in named}


def _bars(context: Context) -> list[tuple[str, str]]:
    """Every absolute bar with what it says."""
    return sorted({str(rule["id"]): str(rule.get("summary", "")) for rule in packs.rules(context) if rule.get("absolute")}.items())


_ORDER = ("requested", "approved", "expired", "refused", "revoked")


def _done(context: Context, given: str) -> Recorded | None:
    """The waiver that was just asked for or decided, as it stands in the log."""
    found = read.current(context.conn, context.studio_id, [given]).get(given) if present.is_id(given) else None
    return found if found is not None and found.kind == "waiver" and read.visible(context.actor, found) else None


def line(context: Context, record: Recorded) -> Line:
    """Return a waiver as lists show it; an approved one whose last day has passed has expired."""
    body: Mapping[str, Any] = record.body
    ends = body["expires_at"]
    over = body["state"] == "approved" and dates.interval(ends)[1] <= context.now
    told = (("acts", body.get("acts")), ("territories", body.get("territories")))
    return Line(
        record.id, tuple(body["rules"]), body.get("requirement"), "expired" if over else body["state"],
        tuple(body.get("scope_productions") or ()), tuple(body.get("subjects") or ()),
        tuple((name, present.listed([str(each).replace("_", " ") for each in given])) for name, given in told if given),
        body["requested_by"], body.get("requested_at", record.recorded_at), body.get("approved_by"), body.get("approved_at"),
        ends["value"] if isinstance(ends, Mapping) else ends, body["requested_by"] == context.actor.account_id,
    )  # fmt: skip


def _ids(lines: Sequence[Line]) -> set[str]:
    return {present.bare(key) for each in lines for key in (each.id, *each.productions, *each.subjects)}


@page("/waivers/new", permission="waivers.write")
def new(visit: Visit) -> Shown:
    """Show the form that asks for one; the address may name the rule, its requirement and the production."""
    filled = {"rules": visit.query.get("rule", "")[:200], "requirement": visit.query.get("requirement", "")[:200]}
    return _asked(visit, forms.blank(visit, **filled, scope_productions=visit.query.get("production", "")[:60]))


@page("/waivers", method="POST", permission="waivers.write")
def ask(visit: Visit) -> Shown | Moved:
    """Record the request; it has no effect before a second person approves it."""

    def act() -> str:
        given = forms.body(visit, one=_ONE, many=_MANY)
        _check(visit, given)
        wanted = load(WaiverRequest(), {**given, **({"productions": given["scope_productions"]} if "scope_productions" in given else {})})
        made = forms.once(visit, lambda key: waivers.request(visit.context, wanted, key=key))
        return f"/waivers?done={made.id}"

    return forms.sent(visit, act, lambda form: _asked(visit, form))


def _check(visit: Visit, given: dict[str, Any]) -> None:
    """Refuse a request with all that is wrong with it at once."""
    context, rules = visit.context, given.get("rules", [])
    forms.together(
        lambda: forms.records(given, "subjects", "a record"),
        lambda: forms.records(given, "documents", "a document", "document"),
        lambda: load(WaiverRequest(), given),
        lambda: _known(context, rules, given.get("requirement")) if all(_RULE.fullmatch(rule) for rule in rules) else None,
        lambda: forms.still_ahead(visit, given, "expires_at", "A waiver that has ended lifts nothing; choose a later day."),
        lambda: waivers.waivable(context, given),
    )


def _known(context: Context, rules: Sequence[str], requirement: str | None) -> None:
    """Refuse a rule or requirement that no pack holds: a waiver of it would lift nothing, and a slip of the pen would go unseen."""
    known: dict[str, set[str]] = {}
    for rule in packs.rules(context):
        known.setdefault(str(rule["id"]), set()).update(str(one["id"]) for one in rule.get("require") or ())
    unknown = tuple(
        errors.FieldError(f"/rules/{place}", "No pack holds this rule; choose one from the list, or copy its id from the page of rules.")
        for place, rule in enumerate(rules)
        if rule not in known and not rule.startswith("x.")
    )
    if unknown:
        raise errors.Invalid("The input is not valid.", "invalid", unknown)
    parts = sorted(set().union(*(known.get(rule, set()) for rule in rules)))
    if requirement is not None and requirement not in parts:
        raise errors.invalid("/requirement", f"The rule has no such requirement; it has {present.listed(parts)}. Leave it blank for all.")


def _asked(visit: Visit, form: forms.Form) -> Shown:
    context = visit.context
    known = {str(rule["id"]): rule for rule in packs.rules(context)}
    bars = waivers.absolute_bars(context)
    titles = docket.names(context, [each.id for each in search.find(context, "production", search.Filter(), limit=200).records])
    filled = [text for text in form.values("rules") if text.strip()]
    values = {
        "title": "Ask for a waiver", "here": "waivers", "form": form, "names": titles,
        "rules": [(name, str(rule.get("clause", ""))) for name, rule in sorted(known.items()) if name not in bars and not name.startswith("x.")],
        "bars": _bars(context),
        "rows": filled + [""] * max(1, ROWS - len(filled)),
        "chosen": [(name, known[name]) for name in filled if name in known],
        "productions": [(name.id, name.label, "") for name in sorted(titles.values(), key=lambda one: one.label.lower())],
        "acts": [(act, present.words(act), "") for act in vocabulary.ACTS],
    }  # fmt: skip
    return Shown("waiver_ask.html", values)


@page("/waivers/<id>", permission="records.read")
def show(visit: Visit) -> Shown:
    """Show one waiver, with what the second person may do."""
    return _shown(visit, forms.blank(visit))


@page("/waivers/<id>/decide", method="POST", permission="waivers.write")
def decide(visit: Visit) -> Shown | Moved:
    """Approve, refuse or revoke, as the API does: nobody approves what they asked for."""

    def act() -> str:
        body = load(WaiverVerdict(), forms.body(visit, one=("verdict", "role")))
        made = forms.once(visit, lambda key: waivers.settle(visit.context, visit.path["id"], body["verdict"], body.get("role"), key=key))
        return f"/waivers?done={made.id}"

    read.get(visit.context, "waiver", visit.path["id"])
    return forms.sent(visit, act, lambda form: _shown(visit, form))


def _shown(visit: Visit, form: forms.Form) -> Shown:
    context = visit.context
    record = read.disclose(context, [read.get(context, "waiver", visit.path["id"])])[0]
    told = line(context, record)
    held = {str(rule["id"]): rule for rule in packs.rules(context) if rule["id"] in told.rules}
    values = {
        "title": "Waiver", "here": "waivers", "record": record, "line": told, "form": form, "names": docket.names(context, _ids([told]) | set(present.ids_in(record.body))),
        "rules": [(name, held.get(name, {})) for name in told.rules], "reason": present.readable(record.body.get("reason", "")),
        "roles": [(each, present.words(each)) for each in vocabulary.SIGNING_ROLES], "may": context.actor.may("waivers.write"),
        "accounts": docket.account_names(context, [key for key in (told.asked_by, told.approved_by, record.recorded_by) if key]),
    }  # fmt: skip
    return Shown("waiver.html", values)
