"""What a decision leaves for people to settle: one review for each cause; one that is open is found again by what it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas.vocabulary import OWNERS
from service.context import Context
from service.decisions.answer import render
from service.decisions.governance import every
from service.decisions.owed import of_title, records_among
from service.decisions.question import Asked
from service.records import read, search
from service.records.model import Change, Draft, Recorded, instant
from service.rules.causes import MISSING, is_of_one_rule, part_id
from service.rules.findings import Evaluation, Finding
from service.rules.pack import canonical
from service.rules.standing import UNDECIDABLE


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
    return Draft("review", body | of_title(asked))


def _question(cause: Mapping[str, Any]) -> str:
    """The sentence without anybody's name: a review is read by many, and it outlives an erasure. Names of fields are nobody's."""
    template = cause["says"] or cause["fix"] or cause["id"]
    text = render(template, cause["values"] if cause["code"] == MISSING else {}, {}) or template
    return (text[:1].upper() + text[1:])[:2000]
