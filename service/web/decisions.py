"""The page of one decision: the verdict in a sentence, why, what would clear it, what was looked at, what was known then."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from markupsafe import Markup

from schemas.kinds import KINDS
from service import docket, errors
from service.context import Context
from service.records import read
from service.records.model import Recorded
from service.web import ledger, present
from service.web.page import Shown, Visit, page

FINDINGS = 300
GROUPS = (
    ("block", "What blocks it"),
    ("review", "What a person must settle"),
    ("obligation", "What is owed"),
    ("warn", "What to know"),
)
_PAPERS = 4
_PLACE = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in a word, and the sentence behind it."""

    answer: str
    sentence: str


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
        "record": record, "body": body, "names": names, "unreadable": unreadable, "verdict": verdict(record.body, document, naming),
        "subjects": record.body.get("subjects", [])[:20], "subjects_left": max(0, len(subjects) - 20),
        "newer": _newer(context, record), "changed": sorted(changed),
        "clearing": [step(each, document.get("causes", ()), naming) for each in document.get("clearing", ())],
        "groups": groups(document, statics, naming), "coverage": coverage(document.get("coverage"), naming),
        "read_count": (record.body.get("read") or {}).get("count"), "rests_on": document.get("rests_on"),
        "intent": _intent(record),
        "rules": [each for each in document.get("rules", ()) if each.get("counts")],
        "totals": _totals(document), "findings": found[:FINDINGS], "findings_left": max(0, len(found) - FINDINGS),
        "versions": ledger.proved(context, versions),
        "accounts": docket.account_names(context, {record.recorded_by, str(record.body.get("decided_by"))}),
    }  # fmt: skip
    return Shown("decision.html", values)


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
    """Return the ids that the shown parts of the findings name."""
    found = set(present.ids_in([document.get("causes"), document.get("clearing"), document.get("coverage"), document.get("rests_on")]))
    for each in document.get("findings", [])[:FINDINGS]:
        found.update(present.ids_in(each))
    return found


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
            return {**cause, "values": _values(cause, document)}
    return {"says": decision.body.get("summary", ""), "values": {}}


def questions(context: Context, reviews: Sequence[Recorded]) -> dict[str, Mapping[str, Any]]:
    """Return what each review asks, as the cause in its decision; a review whose decision is not at hand asks in its own words."""
    asked = read.current(context.conn, context.studio_id, (present.bare(each.body["decision"]) for each in reviews))
    documents = {key: _findings(context, decision)[0] for key, decision in asked.items()}
    found: dict[str, Mapping[str, Any]] = {}
    for each in reviews:
        document = documents.get(present.bare(each.body["decision"]), {})
        wanted = {"id": each.body["cause"], "result": "review"}
        says = each.body.get("question") or each.body["cause"]
        found[each.id] = {"says": says, "values": _values(wanted, document)}
    return found


def _values(cause: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what fills the places of a cause's sentences: all that its findings put there, each value once."""
    found: dict[str, list[Any]] = {}
    for each in _by_cause(document.get("findings", ())).get((cause["id"], cause["result"]), ()):
        for name, value in (each.get("values") or {}).items():
            if value not in found.setdefault(name, []) and len(found[name]) < _PAPERS:
                found[name].append(value)
    return found or dict(cause.get("values") or {})


def reason(cause: Mapping[str, Any], naming: Mapping[str, str]) -> Markup:
    """Return what a cause says, filled in."""
    return present.sentence(cause["says"], cause.get("values") or {}, naming)


def verdict(body: Mapping[str, Any], document: Mapping[str, Any], naming: Mapping[str, str]) -> Verdict:
    """Return the answer to `may this go there, then`, in one sentence."""
    causes = Counter(each["result"] for each in document.get("causes", ()) if each.get("mode") != "advisory")
    what = f"{_subject(body, naming)} {_allowed(body)}"
    where = _where(body.get("intent") or {})
    day = present.when(body["at"][:10])
    if body["outcome"] == "blocked":
        blocks = present.count(causes["block"] or body.get("cause_count", 0), "cause")
        return Verdict(
            "No.",
            f"{what.replace(' may ', ' may not ', 1)}{where}, as of {day}: {blocks} {'blocks' if blocks.startswith('1 ') else 'block'} it.",
        )
    if body["outcome"] == "review":
        return Verdict(
            "Not yet.",
            f"Before {what.replace(' may ', ' may ', 1)}{where}, as of {day}, people must settle {present.count(causes['review'] or 1, 'question')}.",
        )
    until = f", until {present.when(body['valid_until'][:10])}" if body.get("valid_until") else ""
    if body["outcome"] == "cleared_with_obligations":
        return Verdict(
            "Yes, and something is owed.",
            f"{what}{where}, as of {day}{until}; {present.count(causes['obligation'] or 1, 'obligation')} follow{'s' if causes['obligation'] == 1 else ''}.",
        )
    return Verdict("Yes.", f"{what}{where}, as of {day}{until}.")


_ACTS = {
    "capture": "may be captured", "generate": "may be generated", "train": "may be trained on", "hand_over": "may be handed over",
    "license_out": "may be licensed out", "transfer": "may be transferred", "publish": "may be published", "release": "may be released",
    "exhibit": "may be exhibited",
}  # fmt: skip


def _allowed(body: Mapping[str, Any]) -> str:
    return _ACTS.get(body["act"], f"may {present.words(body['act']).lower()}")


def _subject(body: Mapping[str, Any], naming: Mapping[str, str]) -> str:
    subjects = [naming.get(present.bare(each), "a record") for each in body.get("subjects", ())]
    if len(subjects) > 2 or not subjects:
        many = body.get("subject_list", {}).get("count") or len(subjects)
        return f"{many:,} subjects" if many else "What is planned"
    return present.clip(present.listed(subjects), 120)


def _where(intent: Mapping[str, Any]) -> str:
    places = intent.get("territories")
    media = intent.get("media")
    parts = []
    if places:
        parts.append("anywhere" if list(places) == ["*"] else f"in {present.listed(places, 4)}")
    if media:
        parts.append(
            "in any medium" if list(media) == ["*"] else f"for {present.listed([str(each).replace('_', ' ') for each in media], 3)}"
        )
    return f" {' '.join(parts)}" if parts else ""


def step(given: Mapping[str, Any], causes: Sequence[Mapping[str, Any]], naming: Mapping[str, str]) -> dict[str, Any]:
    """Return one record to make, amend or decide, as a sentence."""
    action, about = given.get("action"), given.get("for") or given.get("record") or given.get("subject")
    named = present.sentence("{it}", {"it": about}, naming) if about else Markup()
    fields = given.get("fields")
    if action == "record":
        what = present.words(str(given.get("type") or given.get("kind") or "record")).lower()
        text = Markup("Record: {}").format(what) + (Markup(" for {}").format(named) if about else "")
    elif action == "amend":
        text = Markup("State in {}: {}").format(named, present.listed([_field(each) for each in fields or ()]))
        fields = None
    elif action == "remove":
        text = Markup("Take out {}: nothing lifts this bar").format(named)
    else:
        text = Markup("{}: {}").format(present.words(str(given.get("owner") or "legal")), _remedy(given.get("cause"), causes, naming))
    return {"text": text, "fields": _wanted(fields), "clears": len(given.get("clears", ()))}


def _remedy(cause_id: object, causes: Sequence[Mapping[str, Any]], naming: Mapping[str, str]) -> Markup:
    """Return what the cause asks somebody to do, or its name where the rule does not say."""
    cause: Mapping[str, Any] = next((each for each in causes if each["id"] == cause_id), {})
    return present.sentence(cause.get("fix") or cause.get("says") or cause_id, cause.get("values") or {}, naming)


def _field(name: object) -> str:
    return present.words(str(name).replace(".", " ")).lower()


def _wanted(fields: object) -> str:
    """Return what a record would have to say, in words; places that only the rule can fill are left out."""
    if not isinstance(fields, Mapping):
        return ""
    told = [f"{_field(name)} {words}".strip() for name, value in fields.items() if (words := _said(value)) is not None]
    return f"({'; '.join(told)})" if told else ""


def _said(value: object) -> str | None:
    if value is True:
        return ""
    if isinstance(value, list):
        plain = [said for each in value if (said := _said(each))]
        return present.listed(plain) if plain else None
    text = str(value)
    return None if _PLACE.fullmatch(text) else present.when(text.replace("_", " "))


def groups(document: Mapping[str, Any], statics: Mapping[str, Mapping[str, Any]], naming: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the causes by result, worst first, each with what a person needs to act on it."""
    findings = _by_cause(document.get("findings", ()))
    made = [
        _cause(each, statics.get(each["rule"], {}), findings.get((each["id"], each["result"]), []), naming)
        for each in document.get("causes", ())
    ]
    grouped = [
        {"result": result, "title": title, "causes": [each for each in made if each["result"] == result]} for result, title in GROUPS
    ]
    return [{**group, "title": f"{group['title']} ({len(group['causes'])})"} for group in grouped if group["causes"]]


def _by_cause(findings: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """Return the findings by the id of their cause and their result."""
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in findings:
        name = f"{each['rule']}#{each['requirement']}:{each['code']}" if each.get("requirement") else f"{each['rule']}#{each['code']}"
        grouped.setdefault((name, each["result"]), []).append(each)
    return grouped


def _cause(
    cause: Mapping[str, Any], rule: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], naming: Mapping[str, str]
) -> dict[str, Any]:
    values = cause["values"]
    paths = {tuple(each["path"]) for each in findings if len(each.get("path") or ()) > 1}
    missing = {(gap["record"], gap["field"]) for each in findings for gap in each.get("missing") or ()}
    source = rule.get("source")
    return {
        **cause,
        "concerns": cause["items"],
        "past": cause.get("past", False),
        "holds": cause.get("holds", False),
        "says": present.sentence(cause.get("says") or cause["code"], values, naming),
        "fix": present.sentence(cause["fix"], values, naming) if cause.get("fix") else None,
        "paper": _paper(cause, findings),
        "source": source if str(source).startswith("https://") else None,
        "missing": [{"record": record, "field": field} for record, field in sorted(missing)][:_PAPERS * 3],
        "paths": sorted(paths)[:_PAPERS],
        "owed": _owed(findings),
    }  # fmt: skip


def _paper(cause: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the paper that is missing: the form's name and the record that would state it."""
    needs = next((each["needs"] for each in findings if each.get("needs")), None) or {}
    kind = needs.get("type") or needs.get("kind")
    form = present.words(cause["form"].replace("-", " ")) if cause.get("form") else None
    record = f"{present.words(kind)} {_wanted(needs.get('fields'))}".strip() if kind else None
    return f"{form}, recorded as {record[:1].lower()}{record[1:]}" if form and record else form or record


def _owed(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    owed = [each["obligation"] for each in findings if each.get("obligation")]
    return [{name: each.get(name) for name in ("kind", "to", "quantity", "unit", "due")} for each in owed[: _PAPERS * 3]]


def coverage(given: Mapping[str, Any] | None, naming: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what was looked at, with what was not in sentences."""
    if not given:
        return None
    holes = [_hole(each, naming) for each in given.get("not_evaluated", ())]
    evidence = sorted((given.get("evidence") or {}).items())
    return {"territories": given.get("territories", []), "crafts": given.get("crafts", []), "evidence": evidence, "not_evaluated": holes}


def _hole(hole: Mapping[str, Any], naming: Mapping[str, str]) -> Markup:
    values = hole.get("values") or {}
    told = {
        "territory_without_law": "No law pack covers {territory}.",
        "territory_unknown": "The intent names no territories.",
        "craft_without_pack": "Work of the craft {craft} falls under {agreement}, and no pack of it is adopted.",
        "nothing_adopted": "The production has adopted no rules at all.",
    }
    return present.sentence(told.get(str(hole.get("code"))) or present.words(str(hole.get("code"))), values, naming)


def _totals(document: Mapping[str, Any]) -> list[tuple[str, int]]:
    totals: Counter[str] = Counter()
    for each in document.get("rules", ()):
        totals.update(each.get("counts") or {})
    return [(word, totals[word]) for word in ("block", "review", "obligation", "warn", "exempt", "pass") if totals[word]]


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
