"""People settle what a machine cannot: one answer for all items of a cause, by a named role, with its reasons and expiry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas import dates
from service import errors
from service.context import Context, Idempotency
from service.decisions.governance import looked_at, parts_of
from service.decisions.owed import records_among
from service.decisions.replay import content
from service.records import read, write
from service.records.model import Change, Draft, Recorded, instant
from service.records.patch import merge


@dataclass(frozen=True, slots=True)
class Verdict:
    """How somebody settles a review: confirmed or rejected, as what, on what grounds, for how long."""

    verdict: str
    role: str
    statement: str | None = None
    attestation: str | None = None
    reason: str | None = None
    expires_at: Any = None
    rules: Sequence[str] | None = None
    """Which of the rules that the review asks about; all of them where none is named."""


def settle(context: Context, review_id: str, verdict: Verdict, *, key: Idempotency | None = None) -> list[Recorded]:
    """Record the answer as the review's next version; a confirmed past shortfall leaves an exception beside it.

    Raises `Conflict` `already_settled`, `Invalid` for the wrong role or an answer without grounds, `Forbidden` for the
    person who asked where two are needed.
    """
    review = read.get(context, "review", review_id)
    if review.body["state"] != "open":
        raise errors.Conflict(f"This review is {review.body['state']} already; a new decision asks again.", "already_settled")
    if verdict.role != review.body.get("role", verdict.role):
        raise errors.invalid("/role", f"This is for {review.body['role']} to settle; decide in that role, or let them do it.")
    if not (verdict.statement or verdict.attestation):
        raise errors.invalid("/statement", "Say what was looked at and found, or name the attestation that says it.")
    for place, rule in enumerate(verdict.rules or ()):
        if rule not in review.body.get("rules", ()):
            raise errors.invalid(
                f"/rules/{place}", f"This review does not ask about {rule}; name rules of its own, or none for all of them."
            )
    if verdict.expires_at is not None and dates.interval(verdict.expires_at)[1] <= context.now:
        raise errors.invalid("/expires_at", "This day has passed; an answer that has ended settles nothing: choose a later day, or none.")
    verdict = _grounded(context, verdict)
    drafts = [Draft("review", _settled(context, review, verdict), review.id, review.version + 1, Change("amendment", instant(context.now)))]
    if verdict.verdict == "confirmed":
        drafts += _exceptions(context, review, verdict)
    return write.append(context, drafts, key=key)


def _grounded(context: Context, verdict: Verdict) -> Verdict:
    """A verdict stands as long as the attestation that it rests on; one that confirms nothing is no ground to confirm."""
    if verdict.attestation is None:
        return verdict
    name = verdict.attestation.partition("@")[0]
    paper = read.current(context.conn, context.studio_id, [name]).get(name)
    if paper is None or not read.visible(context.actor, paper):
        return verdict  # refused when it is written, like every reference that leads nowhere
    details: Mapping[str, Any] = paper.body["details"] if paper.body.get("type") == "attestation" else {}
    if not details or (verdict.verdict == "confirmed" and details["outcome"] != "confirmed"):
        raise errors.invalid("/attestation", "Name an attestation whose outcome is confirmed, or say in a statement what was found.")
    ends = [end for end in (verdict.expires_at, details.get("expires_at")) if end]
    return replace(verdict, expires_at=min(ends, key=lambda end: dates.interval(end)[1])) if ends else verdict


def _settled(context: Context, review: Recorded, verdict: Verdict) -> dict[str, Any]:
    settled = {
        "state": verdict.verdict,
        "decided_by": context.actor.account_id,
        "decided_as": verdict.role,
        "decided_at": instant(context.now),
        "notes": verdict.statement,
        "attestation": verdict.attestation,
        "reason": verdict.reason,
        "expires_at": verdict.expires_at,
    }
    return merge(review.body, settled | ({"rules": sorted(set(verdict.rules))} if verdict.rules else {}))


def _exceptions(context: Context, review: Recorded, verdict: Verdict) -> list[Draft]:
    """A shortfall of the past is not cured by a decision to live with it: it is put on record, for each rule that it is one of."""
    if not _cause(context, review).get("past"):
        return []
    meant = verdict.rules or review.body.get("rules")
    parts = {part: basis for part, basis in looked_at(context, review).items() if not meant or parts_of(part)[0] in meant}
    return [_exception(context, review, verdict, part, records_among(basis)) for part, basis in parts.items()]


def _exception(context: Context, review: Recorded, verdict: Verdict, part: str, subjects: Sequence[str]) -> Draft:
    rule, requirement, code = parts_of(part)
    body = {
        "rule": rule,
        "requirement": requirement,
        "code": code,
        "decision": review.body["decision"],
        "subjects": list(subjects),
        "noted_at": instant(context.now),
        "noted_by": context.actor.account_id,
        "statement": verdict.statement,
        "breach": True,
        "state": "noted",
        "productions": list(review.body.get("productions") or []),
        "production": next(iter(review.body.get("productions") or []), None),
    }
    return Draft("exception", {name: value for name, value in body.items() if value is not None})


def _cause(context: Context, review: Recorded) -> Mapping[str, Any]:
    decision = read.get(context, "decision", review.body["decision"])
    for cause in content(context, decision, "findings")["causes"]:
        if (cause["id"][:300], cause["result"], cause["mode"]) == (review.body["cause"], "review", "blocking"):
            return dict(cause)
    return {}
