"""The page of one decision: the verdict in a sentence, why, what would clear it, what was looked at, what was known then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from schemas.kinds import KINDS
from service import docket, errors
from service.context import Context
from service.forms import document as paper
from service.forms import offers
from service.records import read
from service.records.model import Recorded
from service.web import causes, ledger, present
from service.web.page import Download, Shown, Visit, page

FINDINGS, STEPS = 300, 60


@page("/decisions/<id>", permission="decisions.read")
def show(visit: Visit) -> Shown:
    """Show one decision, as it was made."""
    context = visit.context
    record = read.disclose(context, [read.get(context, "decision", visit.path["id"])])[0]
    document, unreadable = _findings(context, record)
    changed = _changed(context, record)
    names = docket.names(context, {record.id, *changed, *present.ids_in(record.body), *_ids(document)})
    naming = {key: name.label for key, name in names.items()}
    statics = {each["id"]: each for each in document.get("rules", ())}
    found = document.get("findings", [])
    body = _body(record)
    versions = read.versions(context, "decision", record.id)
    subjects = [present.bare(each) for each in record.body.get("subjects", ())]
    values = {
        "title": f"{present.state(body['outcome']).word}: {present.words(body['act'])}", "here": "decisions",
        "record": record, "body": body, "names": names, "unreadable": unreadable, "verdict": causes.verdict(record.body, document, naming),
        "subjects": record.body.get("subjects", [])[:20], "subjects_left": max(0, len(subjects) - 20),
        "newer": _newer(context, record), "changed": sorted(changed),
        "clearing": [causes.step(each, document.get("causes", ()), naming) for each in document.get("clearing", [])[:STEPS]],
        "papers": [] if unreadable else _papers(context, record, naming),
        "steps_left": max(0, len(document.get("clearing", ())) - STEPS),
        "most": causes.SHOWN, "few": causes.FEW, "waives": context.actor.may("waivers.write"), "groups": causes.groups(document, statics, naming), "coverage": causes.coverage(document.get("coverage"), naming),
        "read_count": (record.body.get("read") or {}).get("count"), "rests_on": document.get("rests_on"),
        "intent": _intent(record),
        "rules": [each for each in document.get("rules", ()) if each.get("counts")],
        "totals": causes.totals(document), "findings": found[:FINDINGS], "findings_left": max(0, len(found) - FINDINGS),
        "versions": ledger.proved(context, versions),
        "accounts": docket.account_names(context, {record.recorded_by, str(record.body.get("decided_by"))}),
    }  # fmt: skip
    return Shown("decision.html", values)


@page("/decisions/<id>/forms/<form>", permission="decisions.read")
def draft(visit: Visit) -> Download:
    """Hand out one paper that the decision asks for, filled in, as a draft for counsel."""
    filled = offers.draft(visit.context, visit.path["id"], visit.path["form"], visit.query.get("person"))
    return Download(paper.docx(filled, visit.context.now), paper.MEDIA_TYPE, f"{filled.form}-draft.docx")


def _papers(context: Context, record: Recorded, naming: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the drafts to download, each with whom it is for."""
    return [
        {
            "title": one["title"],
            "address": one["draft"].removeprefix("/v1"),
            "person": naming.get(one.get("person", ""), ""),
            "clears": len(one["causes"]),
        }
        for one in (offer.document(record.id) for offer in offers.offers(context, record)[:STEPS])
    ]


_OPTIONAL = ("planned", "production", "ahead", "known_at", "profile", "valid_until", "dry_run", "hypothetical", "decided_by", "summary")


def _body(record: Recorded) -> dict[str, Any]:
    return dict.fromkeys(_OPTIONAL) | dict(record.body)


def _intent(record: Recorded) -> present.Part:
    body = present.in_order(KINDS["decision"].schema, record.body)
    return present.readable(body["intent"]) if body.get("intent") else present.Part("empty")


def _findings(context: Context, record: Recorded) -> tuple[dict[str, Any], str]:
    """Return the stored findings, or an empty document and why they cannot be shown."""
    try:
        document: dict[str, Any] = orjson.loads(context.blobs.read(record.body["findings"]["sha256"]))
    except (errors.NotFound, errors.TooLarge, errors.Unavailable) as problem:
        return {}, f"The findings are not at hand: {problem.detail} The outcome above stands in the log all the same."
    return document, ""


def _ids(document: Mapping[str, Any]) -> set[str]:
    """Return the ids that the shown parts of the findings name; a cause may concern ten thousand records and shows a few."""
    told = [{**cause, **{name: cause.get(name, [])[: causes.SHOWN] for name in _LONG}} for cause in document.get("causes", ())]
    shown = [told, document.get("clearing", [])[:STEPS], document.get("coverage"), document.get("rests_on")]
    shown += [found[: causes.SHOWN] for found in causes.by_part(document).values()]
    return set(present.ids_in([*shown, document.get("findings", [])[:FINDINGS]]))


_LONG = ("items", "assets", "persons")


def blocking_path(context: Context, decision: Recorded | None) -> Sequence[str]:
    """Return the lineage that the worst finding of a decision runs through; none where nothing holds it."""
    if decision is None or decision.body["outcome"] not in ("blocked", "review"):
        return ()
    document, _ = _findings(context, decision)
    for result in ("block", "review"):
        paths = [each["path"] for each in document.get("findings", ()) if each["result"] == result and each.get("path")]
        if paths:
            return [present.bare(each) for each in max(paths, key=len)]
    return ()


def first_cause(context: Context, decision: Recorded) -> Mapping[str, Any]:
    """Return the worst cause of a decision with its values, or its summary as one where the findings are not at hand."""
    document, _ = _findings(context, decision)
    for cause in document.get("causes", ()):
        if cause.get("says") and cause.get("mode") != "advisory":
            return {**cause, "values": causes.worded(cause, causes.by_part(document))}
    return {"says": decision.body.get("summary", ""), "values": {}}


def questions(context: Context, reviews: Sequence[Recorded]) -> dict[str, Mapping[str, Any]]:
    """Return what each review asks: its cause in its decision, with values; in the record's own words where that is not at hand."""
    asked = read.current(context.conn, context.studio_id, (present.bare(each.body["decision"]) for each in reviews))
    documents = {key: _findings(context, decision)[0] for key, decision in asked.items() if read.visible(context.actor, decision)}
    return {each.id: _question(each, documents.get(present.bare(each.body["decision"]), {})) for each in reviews}


def _question(review: Recorded, document: Mapping[str, Any]) -> Mapping[str, Any]:
    name = review.body["cause"]
    cause = next((each for each in document.get("causes", ()) if _asks(each, name)), {"id": name, "result": "review"})
    says = cause.get("says") or review.body.get("question") or name
    return {"says": says, "values": causes.worded(cause, causes.by_part(document))}


def _asks(cause: Mapping[str, Any], name: str) -> bool:
    return (cause["id"][:300], cause["result"], cause.get("mode", "blocking")) == (name, "review", "blocking")


def cause_of(context: Context, review: Recorded) -> Mapping[str, Any]:
    """Return what a review asks with all that its cause says: what to do, whether it is past, for what."""
    decision = read.current(context.conn, context.studio_id, [present.bare(review.body["decision"])])
    seen = next((each for each in decision.values() if read.visible(context.actor, each)), None)
    document = _findings(context, seen)[0] if seen else {}
    name = review.body["cause"]
    known: Mapping[str, Any] = next((each for each in document.get("causes", ()) if _asks(each, name)), {})
    shown = {field: known[field] for field in ("fix", "past", "clause", "pack", "confidence") if known.get(field)}
    findings = causes.by_part(document)
    parts = [
        {**part, "values": causes.values_of(part, findings.get((part["id"], "review"), ())[: causes.SHOWN])}
        for part in known.get("parts", ())
    ]
    return {**shown, **_question(review, document), "parts": parts}


def _newer(context: Context, record: Recorded) -> str | None:
    """Return the newest decision on the same question, if that is not this one."""
    subjects = [present.bare(each) for each in record.body.get("subjects", ())]
    if not subjects:
        return None
    asked = [
        each.source
        for each in docket.referrers(context, subjects[0])
        if each.kind == "decision" and each.role == "subject" and each.index > record.index
    ]
    found = read.current(context.conn, context.studio_id, asked)
    same = [each for each in found.values() if docket.question(each.id, each.body) == docket.question(record.id, record.body)]
    return max(same, key=lambda each: each.index).id if same else None


def _changed(context: Context, record: Recorded) -> set[str]:
    """Return the records that the decision read and that have changed, or been affected, since."""
    return docket.changed_since(context, sorted(docket.read_by(context, record)), record.body["log_size"]) - {record.id}
