"""What a decision leaves to do: reviews for people to settle, obligations with their due dates.

Neither is made twice: a question that is open, or an obligation that is owed, is found again by what it is about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from schemas.kinds import BY_PREFIX
from schemas.records.decision import OBLIGATIONS, SUBJECTS
from schemas.vocabulary import OWNERS
from service import ids
from service.context import Context
from service.decisions import governance
from service.decisions.answer import render
from service.decisions.governance import every
from service.decisions.question import Asked
from service.records import read, search
from service.records.model import Change, Draft, Recorded, instant
from service.rules.causes import MISSING, is_of_one_rule, part_id
from service.rules.findings import Evaluation, Finding
from service.rules.moments import Calendar
from service.rules.pack import canonical
from service.rules.standing import UNDECIDABLE
from service.rules.values import Amount, amount, plain

NAMED = 200
"""So many subjects stand in a review or obligation itself; all of them stand in its list."""


def reviews(context: Context, asked: Asked, evaluation: Evaluation) -> list[Draft]:
    """One question for each cause that people must decide and that is not open already; questions that are moot are withdrawn.

    Nobody is asked while something blocks (the papers that clear it change what there is to see), nor about what is only planned.
    """
    if asked.question.planned is not None:
        return []
    found = _by_cause(evaluation) if evaluation.outcome == "review" else {}
    wanted = {cause[:300]: _digest(_looked_at(cause, findings)) for cause, findings in found.items()}
    known = list(every(context, "review", search.Filter({"state": "open"}, production=asked.production)))
    standing = {review.body["cause"] for review in known if _basis(review) == wanted.get(review.body["cause"])}
    drafts = [_review(context, asked, evaluation, cause, found[cause]) for cause in found if cause[:300] not in standing]
    return drafts + _moot(context, asked, known, wanted)


def _moot(context: Context, asked: Asked, known: Sequence[Recorded], wanted: Mapping[str, Any]) -> list[Draft]:
    """Open questions of an earlier decision on the same subjects and act that this one does not ask."""
    decisions = read.current(context.conn, context.studio_id, {review.body["decision"] for review in known})
    drafts = []
    for review in known:
        body = decisions[review.body["decision"]].body
        same = body["act"] == asked.question.act and [name.partition("@")[0] for name in body.get("subjects", ())] == list(asked.subjects)
        if same and _basis(review) != wanted.get(review.body["cause"]):
            change = Change("amendment", instant(context.now))
            drafts.append(Draft("review", {**review.body, "state": "withdrawn"}, review.id, review.version + 1, change))
    return drafts


def _by_cause(evaluation: Evaluation) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in evaluation.findings:
        if finding.weighs == "review" and not finding.holds and finding.rule not in UNDECIDABLE:
            found.setdefault(finding.cause, []).append(finding)
    return found


def _looked_at(cause: str, findings: Iterable[Finding]) -> dict[str, Any]:
    """What a person who decides about the findings looks at, by subject; of several rules by what each of them asks, and by subject.

    So an answer settles what was asked then and nothing else: neither a rule that comes to ask the same, nor a subject that has changed.
    """
    if is_of_one_rule(cause):
        return {finding.subject: finding.basis for finding in findings}
    looked: dict[str, dict[str, str]] = {}
    for finding in findings:
        looked.setdefault(part_id(finding), {})[finding.subject] = finding.basis
    return looked


def _digest(basis: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(basis)).hexdigest()


def _basis(review: Recorded) -> str:
    """The digest of what a review is about: equal only for the very same."""
    return str(review.body["subject_list"]["sha256"])


def _review(context: Context, asked: Asked, evaluation: Evaluation, cause: str, findings: list[Finding]) -> Draft:
    basis = _looked_at(cause, findings)
    told = next(one for one in evaluation.causes if (one["id"], one["result"], one["mode"]) == (cause, "review", "blocking"))
    stored = context.blobs.put(canonical(basis))
    count = len({finding.subject for finding in findings})
    body: dict[str, Any] = {
        "decision": "$decision",
        "cause": cause[:300],
        "rules": sorted({finding.rule for finding in findings})[:500],
        "question": _question(told),
        "subjects": records_among(finding.subject for finding in findings),
        "subject_list": {"sha256": stored.sha256, "bytes": len(canonical(basis)), "count": count, "media_type": "application/json"},
        "role": told["owner"] if told["owner"] in OWNERS else "legal",
        "state": "open",
    }
    return Draft("review", body | _title(asked))


def _question(cause: Mapping[str, Any]) -> str:
    """The sentence without anybody's name: a review is read by many, and it outlives an erasure. Names of fields are nobody's."""
    template = cause["says"] or cause["fix"] or cause["id"]
    text = render(template, cause["values"] if cause["code"] == MISSING else {}, {}) or template
    return (text[:1].upper() + text[1:])[:2000]


def _title(asked: Asked) -> dict[str, Any]:
    return {"productions": [asked.production]} if asked.production else {}


def records_among(subjects: Iterable[str]) -> list[str]:
    """The records among the subjects of findings, each once; a part of a record counts as the record."""
    names = dict.fromkeys(subject.partition("/")[0] for subject in subjects)
    return [
        name for name in names if ids.is_id(name) and ids.prefix_of(name) in BY_PREFIX and BY_PREFIX[ids.prefix_of(name)].name in SUBJECTS
    ][:NAMED]


def obligations(context: Context, asked: Asked, evaluation: Evaluation) -> list[Draft]:
    """One obligation for each thing owed to one party under one requirement; a changed quantity amends the open one."""
    if evaluation.outcome == "blocked":
        return []
    owed: dict[str, list[Finding]] = {}
    for finding in evaluation.findings:
        if finding.obligation and finding.mode == "blocking" and finding.result in ("obligation", "review"):
            owed.setdefault(finding.debt, []).append(finding)
    if not owed:
        return []
    known: dict[str, list[Recorded]] = {}
    for one in _recorded_obligations(context, asked):
        known.setdefault(str(one.body.get("basis")), []).append(one)
    drafts = [_obligation(asked, evaluation, about, findings, known.get(about, ())) for about, findings in sorted(owed.items())]
    return [draft for draft in drafts if draft is not None]


def _recorded_obligations(context: Context, asked: Asked) -> Iterable[Recorded]:
    """What was owed on the title before: done, then open, so that an open one counts where there are both."""
    for state in ("done", "open"):
        yield from every(context, "obligation", search.Filter({"state": state}, production=asked.production))


def _obligation(asked: Asked, evaluation: Evaluation, about: str, findings: list[Finding], known: Sequence[Recorded]) -> Draft | None:
    first, owes = findings[0], findings[0].obligation or {}
    statics = evaluation.tallies[first.rule].statics
    text = statics["texts"].get(first.text or "", {})
    body: dict[str, Any] = {
        "type": owes["kind"] if owes["kind"] in OBLIGATIONS else "other",
        "rule": first.rule,
        "requirement": first.requirement,
        "decision": "$decision",
        "subjects": records_among(finding.subject for finding in findings),
        "text": f"{statics['clause']}: {text.get('fix') or text.get('says') or statics.get('summary', '')}"[:2000],
        "basis": about,
        "state": "open",
        "before_release": first.holds,
    } | _title(asked) | _terms(owes, findings) | _due(owes)  # fmt: skip
    if asked.production:
        body["production"] = asked.production
    if text.get("owner") in OWNERS:
        body["owner"] = text["owner"]
    before = _same_debt(known, body)
    return Draft("obligation", body) if before is None else _again(before, body)


def _same_debt(known: Sequence[Recorded], body: dict[str, Any]) -> Recorded | None:
    """The obligation on record that this is: what is counted is owed for its uses, everything else once for the title."""
    wanted = set(body["subjects"])
    same = [one for one in known if "quantity" not in body or wanted & set(one.body.get("subjects") or ())]
    return same[-1] if same else None


def _again(known: Recorded, body: dict[str, Any]) -> Draft | None:
    """What was owed before and is owed now: the same, more or less of it, or again because the lineage has changed.

    One that was proved stays done while it is about the same uses and the same quantity.
    """
    dated = known.body.get("due_basis") == "date" and known.body.get("due_at") != body.get("due_at")
    counted = known.body.get("quantity") != body.get("quantity")
    wider = known.body["state"] == "done" and not set(body["subjects"]) <= set(known.body.get("subjects") or ())
    if not (dated or counted or wider):
        return None
    change = Change("correction") if known.body["state"] == "open" else Change("amendment")
    return Draft("obligation", body, known.id, known.version + 1, change)


def _terms(owes: dict[str, Any], findings: list[Finding]) -> dict[str, Any]:
    terms: dict[str, Any] = {"unit": owes["unit"]} if owes.get("unit") else {}
    quantities = [amount((finding.obligation or {}).get("quantity")) for finding in findings]
    known = [quantity.low for quantity in quantities if quantity is not None]
    if known and len(known) == len(quantities):
        terms["quantity"] = plain(Amount(Fraction(sum(known)), Fraction(sum(known))))
    if isinstance(owes.get("to"), str) and owes["to"].startswith("pty_"):
        terms["owed_to"] = owes["to"]
    return terms


def _due(owes: dict[str, Any]) -> dict[str, Any]:
    due = owes.get("due")
    if due in ("after_release", "before_release"):
        return {"due_basis": due} | {f"due_{name}" if name == "days" else name: owes[name] for name in ("days", "calendar") if name in owes}
    return {"due_at": due, "due_basis": "date"} if due else {}


def due_after(context: Context, decision: Recorded, released: Any, read_for_it: Container[str] = ()) -> list[Draft]:
    """What is owed so many days after the release, dated now that there is one: what this decision left, and what an earlier one did
    about the same uses.
    """
    found = every(context, "obligation", search.Filter({"state": "open"}, production=decision.body.get("production")))
    counting = [
        one for one in found if one.body.get("due_days") and not one.body.get("due_at") and _left_by(one.body, decision.id, read_for_it)
    ]
    if not counting:
        return []
    packs = [governance.pack_by_digest(context, used["digest"]) for used in decision.body["packs"]]
    calendars = {name: Calendar(spec) for pack in packs for name, spec in (pack.document.get("calendars") or {}).items()}
    change = Change("amendment", instant(context.now))
    opened = read.open_all(context, counting)
    return [
        Draft("obligation", {**one.body, "due_at": _counted(one.body, calendars, released).isoformat()}, one.id, one.version + 1, change)
        for one in opened
    ]


def _left_by(body: Mapping[str, Any], decision: str, read_for_it: Container[str]) -> bool:
    """Whether a debt is of this decision, or about a use that it weighed too; a party or title alone is too wide to say so."""
    uses = (name for name in body.get("subjects") or () if not str(name).startswith(("prd_", "pty_")))
    return body.get("decision") == decision or any(name in read_for_it for name in uses)


def _counted(body: Mapping[str, Any], calendars: Mapping[str, Calendar], released: Any) -> date:
    """The day: business days on the calendar that the rule names, plain days where it names none."""
    calendar = calendars.get(str(body.get("calendar")))
    start = released.date()
    return calendar.after(start, body["due_days"]) if calendar else start + timedelta(days=body["due_days"])
