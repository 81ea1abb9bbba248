"""The decision: facts and packs in, one explained and stored answer out.

Facts, findings and packs are kept as content under their digests before the decision is recorded, so that whoever
holds the record can ask for the same answer again, to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from service import errors
from service.context import Context, Idempotency
from service.decisions import again, followups, governance, owed, packs
from service.decisions.question import Asked, Question, ask, intent_fact
from service.decisions.replay import keep_planned
from service.facts.gather import gather
from service.records import write
from service.records.model import Draft, Recorded
from service.rules import evaluate
from service.rules.findings import EVALUATOR, Evaluation
from service.rules.names import RESULTS
from service.rules.pack import Pack, canonical
from service.rules.paths import PackError

LISTED = 250
"""So many subjects stand in the entry itself; a longer list is content, named by its digest."""

_VERDICTS = {
    "blocked": "Blocked",
    "review": "Not cleared: people must decide",
    "cleared_with_obligations": "Cleared with obligations",
    "cleared": "Cleared",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """An answer: what was evaluated, and the record of it (None for a dry run, which leaves no trace)."""

    asked: Asked
    worked: again.Worked
    recorded: Recorded | None = None
    reviews: Sequence[Recorded] = ()
    obligations: Sequence[Recorded] = ()

    @property
    def evaluation(self) -> Evaluation:
        """The findings, and what they come to."""
        return self.worked.evaluation

    @property
    def facts(self) -> Mapping[str, Any]:
        """What was known that a rule may look at."""
        return self.worked.document


def decide(context: Context, question: Question, *, key: Idempotency | None = None) -> Decided:
    """Answer a question and record the answer; a blocked release is a value, not an error.

    Raises `Invalid` for a question that cannot be understood or a pack that cannot be used.
    """
    asked = ask(context, question)
    own = packs.of_caller(context, question.packs)
    ruling = governance.gather(context, asked, own)
    governed = canonical([[pack.digest for pack in ruling.packs], ruling.document])
    worked = again.worked(context, asked, canonical(asked.intent), governed, lambda: _work_out(context, asked, ruling, governed))
    decided = Decided(replace(asked, known_at=worked.size), worked)
    if question.dry_run:
        return decided
    return _record(context, decided, ruling, key)


def _work_out(context: Context, asked: Asked, ruling: governance.Governance, governed: bytes) -> again.Worked:
    """Gather the facts and evaluate the packs on them."""
    question = asked.question
    facts = gather(
        context, subjects=asked.subjects, planned=question.planned, act=question.act, at=asked.instant,
        known_at=asked.known_at, intent=intent_fact(asked), production=asked.production, overlay=question.overlay,
        wanted=frozenset().union(*(pack.collections for pack in ruling.packs)), at_hand=again.comparable(asked),
    )  # fmt: skip
    document = {**facts.document, "ahead": question.ahead, "governance": ruling.document}
    try:
        evaluation = evaluate.run(ruling.packs, document)
    except PackError as error:
        raise errors.invalid("/packs", str(error)) from None
    looked_at = facts.library.ids().union(asked.subjects)
    return again.Worked(asked.known_at, document, facts.read, looked_at, governed, evaluation, evaluation.bytes())


def _record(context: Context, decided: Decided, ruling: governance.Governance, key: Idempotency | None) -> Decided:
    for pack in ruling.packs:
        governance.keep(context, pack)
    body = _body(context, decided, ruling)
    drafts = [Draft("decision", body, client_key="decision")]
    if not decided.asked.question.hypothetical:
        drafts += followups.reviews(context, decided.asked, decided.evaluation)
        drafts += owed.obligations(context, decided.asked, decided.evaluation, decided.facts)
    recorded = write.append(context, drafts[: write.ATOMIC_LIMIT], key=key)
    return replace(
        decided, recorded=recorded[0], reviews=[one for one in recorded if one.kind == "review" and one.version == 1],
        obligations=[one for one in recorded if one.kind == "obligation" and one.body["state"] == "open"],
    )  # fmt: skip


def _body(context: Context, decided: Decided, ruling: governance.Governance) -> dict[str, Any]:
    worked = decided.worked
    read = governance.union(worked.read, ruling.read)
    asked, evaluation, question = decided.asked, decided.evaluation, decided.asked.question
    causes = list(dict.fromkeys(cause["id"][:300] for cause in evaluation.causes))
    body: dict[str, Any] = {
        **_subjects(context, asked.subjects),
        "act": question.act,
        "at": asked.at,
        "ahead": question.ahead,
        "known_at": asked.known_at,
        "outcome": evaluation.outcome,
        "summary": summary(evaluation),
        "causes": causes[:100],
        "cause_count": len(causes),
        "counts": _counts(evaluation),
        **_stored(context, worked),
        "read": blob(context, orjson.dumps([[name, version] for name, version in read.items()]), len(read)),
        "packs": [_used(pack, ruling) for pack in ruling.packs],
        "evaluator": EVALUATOR,
        "log_size": asked.known_at,
        "hypothetical": question.hypothetical,
        "decided_by": context.actor.account_id,
    }
    optional = {
        "production": asked.production, "profile": asked.profile, "intent": dict(asked.intent) or None,
        "valid_until": evaluation.valid_until, "planned": keep_planned(context, question.planned) if question.planned else None,
    }  # fmt: skip
    return body | {name: value for name, value in optional.items() if value is not None}


def _stored(context: Context, worked: again.Worked) -> dict[str, Any]:
    """Facts and findings as content, which the same question again finds in its place."""
    if any(context.blobs.stat(part["sha256"]) is None for part in worked.stored.values()):
        worked.stored.clear()
    if not worked.stored:
        facts = orjson.dumps(worked.document, option=orjson.OPT_SORT_KEYS)  # the bytes of `canonical`, ten times as fast
        worked.stored.update(facts=blob(context, facts), findings=blob(context, worked.findings))
    return dict(worked.stored)


def _subjects(context: Context, subjects: Sequence[str]) -> dict[str, Any]:
    if len(subjects) <= LISTED:
        return {"subjects": list(subjects)}
    return {"subject_list": blob(context, canonical(list(subjects)), len(subjects))}


def _counts(evaluation: Evaluation) -> dict[str, int]:
    counts = dict.fromkeys(RESULTS, 0)
    for finding in evaluation.findings:
        counts[finding.result] += 1
    for tally in evaluation.tallies.values():
        counts["not_applicable"] += tally.counts.get("not_applicable", 0)
        counts["pass"] += sum(map(len, tally.passed.values()))
    return {"passed" if name == "pass" else name: count for name, count in counts.items()}


def _used(pack: Pack, ruling: governance.Governance) -> dict[str, Any]:
    adopted = {entry["digest"]: entry["mode"] for entry in ruling.document["adoptions"]}
    signed = pack.kind == "gate" or pack.digest in {entry["digest"] for entry in ruling.document["signoffs"]}
    return {"id": pack.id, "digest": pack.digest, "mode": adopted.get(pack.digest, "blocking"), "signed_off": signed}


def blob(context: Context, content: bytes, count: int | None = None) -> dict[str, Any]:
    """Store content under its digest and return how a record names it."""
    named: dict[str, Any] = {"sha256": context.blobs.keep(content), "bytes": len(content), "media_type": "application/json"}
    return named | ({"count": count} if count is not None else {})


def summary(evaluation: Evaluation) -> str:
    """The verdict in a sentence."""
    held = [cause for cause in evaluation.causes if cause["mode"] == "blocking"]
    counts = {result: sum(cause["result"] == result for cause in held) for result in ("block", "review", "obligation")}
    words = {"block": "to clear", "review": "to decide", "obligation": "owed"}
    told = ", ".join(f"{count} {words[result]}" for result, count in counts.items() if count)
    until = f"; valid until {evaluation.valid_until[:10]}" if evaluation.valid_until and evaluation.outcome.startswith("cleared") else ""
    return _VERDICTS[evaluation.outcome] + (f" ({told})" if told else "") + until + "."
