"""What is owed: what is overdue first, by production and party; and the page on which somebody says when it is due, or proves that it was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from schemas import dates
from schemas.decisions import DueQuery, ObligationDue, ObligationProof
from service import docket, errors
from service.api.operation import load
from service.context import Context
from service.decisions import obligations
from service.records import read, search
from service.records.model import Recorded
from service.rules.compile import PAYDAY
from service.web import forms, present
from service.web.page import Moved, Shown, Visit, page

SHOWN = 200
PAPERS = 12
"""So many of the newest documents and papers of the production are offered as proof."""

STATES = ("open", "done", "cancelled")
_NO_PROOF = frozenset({"credential", "pack_sign_off", "rule_pack"})


@dataclass(frozen=True, slots=True)
class Line:
    """One obligation of the list: what is owed, to whom, until when, and whether that day has passed."""

    id: str
    text: str
    type: str
    due: str
    due_at: str | None
    late: bool
    production: str | None
    owed_to: str | None
    owed_by: str | None
    owner: str | None
    quantity: str
    holds: bool
    decision: str | None
    state: str
    done_at: str | None


@page("/obligations", permission="records.read")
def lists(visit: Visit) -> Shown:
    """List what is owed, what is overdue first; or what was done."""
    context = visit.context
    state = visit.query.get("state") if visit.query.get("state") in STATES else "open"
    wanted = {name: text for name in ("production", "party", "before") if (text := _wanted(visit, name))}
    query, fault = _query(wanted)
    found, cursor = _found(context, str(state), query, visit.query.get("cursor"))
    lines = [line(context, each) for each in read.disclose(context, found[:SHOWN])]
    parties = docket.names(context, {each.body["owed_to"] for each in found if each.body.get("owed_to")})
    productions = search.find(context, "production", search.Filter(), limit=200).records
    titles = docket.names(context, [each.id for each in productions])
    names = docket.names(context, _ids(lines)) | parties | titles
    values = {
        "title": "Obligations", "here": "obligations", "names": names, "state_chosen": state, "states": STATES, "chosen": wanted, "fault": fault,
        "groups": groups(lines) if state == "open" else [("", lines)] if lines else [], "total": len(found), "left": max(0, len(found) - SHOWN),
        "productions": sorted(titles.values(), key=_called), "parties": sorted(parties.values(), key=_called),
        "files": urlencode(query), "more": urlencode({**wanted, "state": state, "cursor": cursor}) if cursor else "",
        "settled": _settled(context, visit.query.get("settled", "")), "may": context.actor.may("evidence.write"),
    }  # fmt: skip
    return Shown("obligations.html", values, status=422 if fault else 200)


def _wanted(visit: Visit, name: str) -> str:
    """What the list is to be narrowed to; an id that is none narrows nothing."""
    text = visit.query.get(name, "").strip()[:60]
    return text if name == "before" or present.is_id(text) else ""


def _called(name: docket.Name) -> str:
    return name.label.lower()


def _query(wanted: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The filter as the API takes it, and what is wrong with its day."""
    try:
        return dict(load(DueQuery(), dict(wanted))), ""
    except errors.Invalid as problem:
        return {name: text for name, text in wanted.items() if name != "before"}, problem.errors[0].message


def _found(context: Context, state: str, query: Mapping[str, str], cursor: str | None) -> tuple[Sequence[Recorded], str | None]:
    """All that is open, in the order of its days; of the rest one page."""
    if state == "open":
        return obligations.due(context, **query), None
    columns = {"state": state} | ({"party": query["party"]} if query.get("party") else {})
    found = search.find(context, "obligation", search.Filter(columns, production=query.get("production")), cursor=cursor, limit=SHOWN)
    return found.records, found.cursor


def _settled(context: Context, given: str) -> Recorded | None:
    """The obligation that was just settled, as it stands in the log."""
    found = read.current(context.conn, context.studio_id, [given]).get(given) if present.is_id(given) else None
    done = found is not None and found.kind == "obligation" and found.body["state"] == "done" and read.visible(context.actor, found)
    return found if done else None


def line(context: Context, record: Recorded) -> Line:
    """Return an obligation as lists show it."""
    body: Mapping[str, Any] = record.body
    due_at = _text(body.get("due_at"))
    return Line(
        id=record.id, text=body.get("text") or present.words(body["type"]), type=present.words(body["type"]),
        due=_due(body), due_at=due_at, late=body["state"] == "open" and due_at is not None and late(due_at, context),
        production=_bare(body.get("production") or next(iter(body.get("productions") or ()), None)), owed_to=_bare(body.get("owed_to")),
        owed_by=_bare(body.get("owed_by")), owner=body.get("owner"),
        quantity=present.quantity(body.get("quantity"), body.get("unit")),
        holds=body.get("before_release") is True, decision=_bare(body.get("decision")), state=body["state"], done_at=_text(body.get("done_at")),
    )  # fmt: skip


def late(due_at: str, context: Context) -> bool:
    """Tell whether the whole of a day, a month or a year has passed."""
    return dates.interval(due_at)[1] <= context.now


def _due(body: Mapping[str, Any]) -> str:
    """When it is due where no day is known, in words."""
    basis = str(body.get("due_basis") or "")
    days = body.get("due_days")
    if body.get("calendar") == PAYDAY:
        return "First payday after release"
    if days:
        return f"{present.count(int(days), 'business day' if body.get('calendar') else 'day')} {present.words(basis).lower()}".strip()
    return "" if basis in ("", "date") else present.words(basis)


def groups(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """Return what is overdue, what is due on a day, and what has no day yet, each with its heading."""
    late_ = [each for each in lines if each.late]
    dated = [each for each in lines if each.due_at and not each.late]
    undated = [each for each in lines if not each.due_at]
    named = (("Overdue", late_), ("Due", dated), ("Without a day yet", undated))
    return [(f"{title} ({len(found)})", found) for title, found in named if found]


def _ids(lines: Iterable[Line]) -> set[str]:
    return {key for each in lines for key in (each.id, each.production, each.owed_to, each.owed_by, each.decision) if key}


def _text(value: Any) -> str | None:
    text = value.get("value") if isinstance(value, Mapping) else value
    return str(text) if text else None


def _bare(value: Any) -> str | None:
    return present.bare(value) if isinstance(value, str) else None


@page("/obligations/<id>", permission="records.read")
def show(visit: Visit) -> Shown:
    """Show one obligation, with the forms that settle it and say when it is due."""
    return _shown(visit)


@page("/obligations/<id>/settle", method="POST", permission="evidence.write")
def settle(visit: Visit) -> Shown | Moved:
    """Record that it was met, with its proof: the same as the API does."""

    def act() -> str:
        given = forms.body(visit, one=("done_at",), many=("proof",))
        forms.together(
            lambda: forms.records(given, "proof", "a document or a piece of evidence", "document", "evidence"),
            lambda: load(ObligationProof(), given),
            lambda: forms.passed(visit, given, "done_at", "Settle it once it is done."),
        )
        body = load(ObligationProof(), given)
        done = forms.once(
            visit, lambda key: obligations.settle(visit.context, visit.path["id"], body["proof"], body.get("done_at"), key=key)
        )
        return f"/obligations?settled={done.id}"

    read.get(visit.context, "obligation", visit.path["id"])
    return forms.sent(visit, act, lambda form: _shown(visit, form=form))


@page("/obligations/<id>/due", method="POST", permission="evidence.write")
def due(visit: Visit) -> Shown | Moved:
    """Record the day on which it is due, and how that is known: the same as the API does."""

    def act() -> str:
        given = load(ObligationDue(), forms.body(visit, one=("due_at", "reason")))
        stated = forms.once(
            visit,
            lambda key: obligations.state_due(visit.context, visit.path["id"], given["due_at"], given["reason"], key=key),
            "due",
        )
        return f"/obligations/{stated.id}?stated={stated.version}"

    read.get(visit.context, "obligation", visit.path["id"])
    return forms.sent(visit, act, lambda form: _shown(visit, due_form=form))


def _shown(visit: Visit, form: forms.Form | None = None, due_form: forms.Form | None = None) -> Shown:
    """The page, with the form that was refused or both as nobody has sent them yet."""
    context = visit.context
    refused = form or due_form
    form = form or forms.blank(visit, done_at=context.now.strftime("%Y-%m-%d"))
    record = read.disclose(context, [read.get(context, "obligation", visit.path["id"])])[0]
    body, told = record.body, line(context, record)
    papers = _papers(context, told.production) if told.state == "open" else []
    offered = {each.id for each in papers}
    named = (*(body.get("subjects") or ()), *(body.get("proof") or ()), *(body[name] for name in ("under", "cancelled_by") if name in body))
    shown = {*_ids([told]), *offered, *(present.bare(each) for each in named)}
    names = docket.names(context, shown)
    values = {
        "title": present.clip(told.text, 80), "here": "obligations", "record": record, "body": body, "line": told, "form": form, "refused": refused or form,
        "due_form": due_form or forms.blank(visit), "stated": visit.query.get("stated") == str(record.version), "names": names, "papers_offered": _offered(papers, names), "amount": present.readable(body["amount"]) if body.get("amount") else None,
        "other": "\n".join(text for text in form.values("proof") if text not in offered), "may": context.actor.may("evidence.write"),
        "accounts": docket.account_names(context, [record.recorded_by]),
    }  # fmt: skip
    return Shown("obligation.html", values)


def _offered(papers: Sequence[Recorded], names: Mapping[str, docket.Name]) -> list[tuple[str, str, str]]:
    """What may be chosen as proof: the id, what it is called, and when it was recorded."""
    return [
        (each.id, names[each.id].label, f"{each.kind}, recorded {present.when(each.recorded_at[:10])}")
        for each in papers
        if each.id in names
    ]


def _papers(context: Context, production: str | None) -> list[Recorded]:
    """The newest documents and papers of the production, which may be the proof."""
    documents = search.find(context, "document", search.Filter(production=production), limit=PAPERS).records
    evidence = search.find(context, "evidence", search.Filter(production=production), limit=PAPERS).records
    return [*documents, *(each for each in evidence if each.body["type"] not in _NO_PROOF)]
