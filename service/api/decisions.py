"""Decisions: may this be done, there, on that date, and why? And the same answer again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemas.clearing import ClearingAnswer
from schemas.decisions import DecisionAnswer, DecisionRequest, ReplayAnswer
from service.api.operation import Answer, Call, operation
from service.decisions import answer, clearing, decide, replay
from service.decisions.again import Worked
from service.decisions.question import Question
from service.records import read
from service.records.model import Recorded

TAG = "decisions"


@operation("POST", "/v1/decisions", permission="decisions.write", tag=TAG, summary="Ask whether something may be done", body=DecisionRequest(),
           answer=DecisionAnswer(), status=201, or_status=200, writes=True, lane="decision", name="create_decision",
           replay=lambda call, written: _answered(call, written[0], written[1:]))  # fmt: skip
def create(call: Call) -> Answer:
    """Blocked is an answer (201), not an error; a dry run (200) records nothing."""
    decided = decide.decide(call.context, question_of(call.body), key=call.key)
    if decided.recorded is None:
        return Answer({"dry_run": True, **answer.of_worked(call.context, decided.worked)}, 200)
    return _answered(call, decided.recorded, [*decided.reviews, *decided.obligations], decided.worked)


@operation("GET", "/v1/decisions/{id}", permission="decisions.read", tag=TAG, summary="Read one decision with its explanation",
           answer=DecisionAnswer(), name="get_decision")  # fmt: skip
def get(call: Call) -> Answer:
    """The record and its findings in words, as they were when it was decided."""
    return Answer(answer.of_record(call.context, read.get(call.context, "decision", call.path["id"])))


@operation("POST", "/v1/decisions/{id}/replay", permission="decisions.read", tag=TAG, summary="Decide again from the stored facts and packs",
           answer=ReplayAnswer(), lane="decision", name="replay_decision")  # fmt: skip
def again(call: Call) -> Answer:
    """Compare the findings to the byte; nothing is recorded."""
    return Answer(replay.replay(call.context, call.path["id"]).document())


@operation("GET", "/v1/decisions/{id}/clearing", permission="decisions.read", tag=TAG, summary="The smallest set of records that would clear it",
           answer=ClearingAnswer(), lane="decision", name="get_decision_clearing")  # fmt: skip
def cleared_by(call: Call) -> Answer:
    """Found by trying: drafts are laid over the log and the question is decided again. Nothing is written, and a draft claims nothing."""
    return Answer(clearing.clearing(call.context, call.path["id"]))


def question_of(body: Mapping[str, Any]) -> Question:
    """The question that a request puts."""
    subject = body["subject"]
    planned = subject if isinstance(subject, dict) else None
    subjects = () if planned else (subject,) if isinstance(subject, str) else tuple(subject)
    at = datetime.fromisoformat(body["at"]) if "at" in body else None
    same = {
        name: body[name]
        for name in ("act", "known_at", "production", "intent", "profile", "ahead", "dry_run", "packs", "overlay")
        if name in body
    }
    return Question(subjects=subjects, planned=planned, at=at, **same)


def _answered(call: Call, decision: Recorded, followups: list[Recorded], worked: Worked | None = None) -> Answer:
    body = answer.of_record(call.context, decision, followups, worked)
    return Answer(body, 201, {"Location": f"/v1/decisions/{decision.id}", "ETag": '"1"'})
