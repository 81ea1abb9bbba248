"""What a decision leaves to do: reviews for people to settle, obligations with their due dates.

Neither is made twice: a question that is open, or an obligation that is owed, is found again by what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import orjson

from schemas.kinds import BY_PREFIX
from schemas.records.decision import OBLIGATIONS
from schemas.vocabulary import OWNERS
from service import ids
from service.context import Context
from service.decisions.answer import render
from service.decisions.governance import every
from service.decisions.question import Asked
from service.records import read, search
from service.records.model import Change, Draft, Recorded, instant
from service.rules.causes import cause_id
from service.rules.findings import Evaluation, Finding
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
    wanted = {cause[:300]: {finding.subject: finding.basis for finding in findings} for cause, findings in found.items()}
    known = list(every(context, "review", search.Filter({"state": "open"}, production=asked.production)))
    standing = {review.body["cause"] for review in known if _basis(context, review) == wanted.get(review.body["cause"])}
    drafts = [
        _review(context, asked, evaluation, cause, found[cause], wanted[cause[:300]]) for cause in found if cause[:300] not in standing
    ]
    return drafts + _moot(context, asked, known, wanted)


def _moot(context: Context, asked: Asked, known: Sequence[Recorded], wanted: Mapping[str, Any]) -> list[Draft]:
    """Open questions of an earlier decision on the same subjects and act that this one does not ask."""
    decisions = read.current(context.conn, context.studio_id, {review.body["decision"] for review in known})
    drafts = []
    for review in known:
        body = decisions[review.body["decision"]].body
        same = body["act"] == asked.question.act and [name.partition("@")[0] for name in body.get("subjects", ())] == list(asked.subjects)
        if same and _basis(context, review) != wanted.get(review.body["cause"]):
            change = Change("amendment", instant(context.now))
            drafts.append(Draft("review", {**review.body, "state": "withdrawn"}, review.id, review.version + 1, change))
    return drafts


def _by_cause(evaluation: Evaluation) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in evaluation.findings:
        if finding.weighs == "review" and not finding.holds and finding.rule not in UNDECIDABLE:
            found.setdefault(cause_id(finding), []).append(finding)
    return found


def _basis(context: Context, review: Recorded) -> Any:
    return orjson.loads(context.blobs.read(review.body["subject_list"]["sha256"]))


def _review(context: Context, asked: Asked, evaluation: Evaluation, cause: str, findings: list[Finding], basis: dict[str, str]) -> Draft:
    first = findings[0]
    told = next(one for one in evaluation.causes if one["id"] == cause and one["result"] == "review")
    stored = context.blobs.put(canonical(basis))
    body: dict[str, Any] = {
        "decision": "$decision",
        "cause": cause[:300],
        "rules": [first.rule],
        "question": _question(told["says"] or told["fix"] or cause),
        "subjects": _records(finding.subject for finding in findings),
        "subject_list": {"sha256": stored.sha256, "bytes": len(canonical(basis)), "count": len(basis), "media_type": "application/json"},
        "role": told["owner"] if told["owner"] in OWNERS else "legal",
        "state": "open",
    }
    return Draft("review", body | _title(asked))


def _question(template: str) -> str:
    """The sentence without anybody's name: a review is read by many, and it outlives an erasure."""
    text = render(template, {}, {}) or template
    return (text[:1].upper() + text[1:])[:2000]


def _title(asked: Asked) -> dict[str, Any]:
    return {"productions": [asked.production]} if asked.production else {}


def _records(subjects: Iterable[str]) -> list[str]:
    """The records among the subjects of findings, each once; a part of a record counts as the record."""
    names = dict.fromkeys(subject.partition("/")[0] for subject in subjects)
    return [name for name in names if ids.is_id(name) and ids.prefix_of(name) in BY_PREFIX][:NAMED]


def obligations(context: Context, asked: Asked, evaluation: Evaluation) -> list[Draft]:
    """One obligation for each thing owed to one party under one requirement; a changed quantity amends the open one."""
    if evaluation.outcome == "blocked":
        return []
    owed: dict[str, list[Finding]] = {}
    for finding in evaluation.findings:
        if finding.obligation and finding.mode == "blocking" and finding.result in ("obligation", "review"):
            owed.setdefault(_about(finding), []).append(finding)
    if not owed:
        return []
    known = {str(one.body.get("basis")): one for one in _open_obligations(context, asked)}
    drafts = [_obligation(asked, evaluation, about, findings, known.get(about)) for about, findings in sorted(owed.items())]
    return [draft for draft in drafts if draft is not None]


def _about(finding: Finding) -> str:
    """What makes two findings one obligation; kept as its `basis`."""
    owes = finding.obligation or {}
    parts = (finding.rule, finding.requirement, owes["kind"], owes.get("basis"), owes.get("to"))
    return "/".join(str(part) for part in parts if part)[:100]


def _open_obligations(context: Context, asked: Asked) -> Iterable[Recorded]:
    return every(context, "obligation", search.Filter({"state": "open"}, production=asked.production))


def _obligation(asked: Asked, evaluation: Evaluation, about: str, findings: list[Finding], known: Recorded | None) -> Draft | None:
    first, owes = findings[0], findings[0].obligation or {}
    statics = evaluation.tallies[first.rule].statics
    text = statics["texts"].get(first.text or "", {})
    body: dict[str, Any] = {
        "type": owes["kind"] if owes["kind"] in OBLIGATIONS else "other",
        "rule": first.rule,
        "requirement": first.requirement,
        "decision": "$decision",
        "subjects": _records(finding.subject for finding in findings),
        "text": f"{statics['clause']}: {text.get('fix') or text.get('says') or statics.get('summary', '')}"[:2000],
        "basis": about,
        "state": "open",
        "before_release": first.holds,
    } | _title(asked) | _terms(owes, findings) | _due(owes)  # fmt: skip
    if asked.production:
        body["production"] = asked.production
    if text.get("owner") in OWNERS:
        body["owner"] = text["owner"]
    if known is None:
        return Draft("obligation", body)
    if known.body.get("quantity") == body.get("quantity") and known.body.get("due_at") == body.get("due_at"):
        return None
    return Draft("obligation", body, known.id, known.version + 1, Change("correction"))


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
        return {"due_basis": due}
    return {"due_at": due, "due_basis": "date"} if due else {}
