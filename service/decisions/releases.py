"""Letting go under a decision, and refusing to when anything it read has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service import errors
from service.context import Context, Idempotency
from service.decisions import owed
from service.decisions.replay import content
from service.ledger.log import Unchanged
from service.records import read, write
from service.records.model import Draft, Recorded, instant
from service.rules import releasing
from service.rules.moments import micros


def release(
    context: Context,
    decision_id: str,
    *,
    assets: Sequence[str] | None = None,
    delivery: str | None = None,
    intent: Mapping[str, Any] | None = None,
    recipients: Sequence[str] = (),
    key: Idempotency | None = None,
) -> Recorded:
    """Record a release of the decision's assets (or some of them) or of its delivery.

    Raises `Conflict`: `not_cleared`, `decision_cannot_release` (a dry run, own packs, an overlay, another act),
    `decision_ended`, `outside_decision` (assets or an intent it did not weigh), `held`, `changed_since_decision`.
    """
    decision = read.get(context, "decision", decision_id)
    _may_release(context, decision)
    subjects = subjects_of(context, decision)
    wanted = _targets(decision, subjects, assets, delivery)
    _within_intent(decision.body.get("intent") or {}, intent)
    _not_held(context, [*subjects, *([decision.body["production"]] if decision.body.get("production") else [])])
    body: dict[str, Any] = {
        "decision": f"{decision.id}@{decision.version}",
        **wanted,
        "intent": intent if intent is not None else decision.body.get("intent") or {},
        "released_at": instant(context.now),
        "released_by": context.actor.account_id,
        "productions": [decision.body["production"]] if decision.body.get("production") else [],
    }
    if recipients:
        body["recipients"] = list(recipients)
    versions = content(context, decision, "read")
    held = frozenset({*(name for name, _ in versions), *subjects})
    drafts = [Draft("release", body), *owed.due_after(context, decision, context.now, held)]
    return write.append(context, drafts, key=key, unchanged=Unchanged(decision.body["log_size"], held))[0]


def _may_release(context: Context, decision: Recorded) -> None:
    body = decision.body
    if not releasing.is_about_a_release(body):
        raise errors.Conflict(
            "This decision cannot back a release: it was hypothetical, about the past, or about another act. Decide the release itself.",
            "decision_cannot_release",
        )
    if body["outcome"] not in releasing.CLEARED:
        raise errors.Conflict(f"The decision is {body['outcome']}: clear its causes and decide again.", "not_cleared")
    if releasing.ended(body, micros(context.now)):
        raise errors.Conflict(f"What the decision rests on ended on {body['valid_until']}; decide again.", "decision_ended")


def _not_held(context: Context, ids: Sequence[str]) -> None:
    """Refuse while a hold that stops releases lies on a subject or on the production."""
    rows = context.conn.execute(
        "SELECT DISTINCT source FROM reference WHERE studio_id = %s AND target = ANY(%s) AND role = 'held'", (context.studio_id, list(ids))
    ).fetchall()
    for hold in read.current(context.conn, context.studio_id, [source for (source,) in rows]).values():
        if "release" in hold.body.get("stops", ()) and "lifted_at" not in hold.body:
            raise errors.Conflict(f"{hold.id} ({hold.body['type']}) holds this; nothing is released until it is lifted.", "held")


def subjects_of(context: Context, decision: Recorded) -> list[str]:
    """The ids that a decision was about."""
    if "subject_list" in decision.body:
        listed: list[str] = content(context, decision, "subject_list")
        return listed
    return [subject.partition("@")[0] for subject in decision.body.get("subjects", ())]


def _targets(decision: Recorded, subjects: Sequence[str], assets: Sequence[str] | None, delivery: str | None) -> dict[str, Any]:
    weighed = set(subjects)
    named = [*(assets or ()), *([delivery] if delivery else [])]
    beyond = [name for name in named if name.partition("@")[0] not in weighed]
    if beyond:
        raise errors.Conflict(f"The decision did not weigh {', '.join(beyond[:5])}; decide about it.", "outside_decision")
    if not named:
        named = [name for name in subjects if name.startswith(("ast_", "dlv_"))]
    chosen = [name for name in named if name.startswith("ast_")]
    whole = next((name for name in named if name.startswith("dlv_")), None)
    if not chosen and whole is None:
        raise errors.Conflict("The decision is about no asset or delivery that could be released.", "decision_cannot_release")
    if len(chosen) > 250 and decision.body.get("subject_list") and assets is None:
        return {"asset_list": dict(decision.body["subject_list"])} | ({"delivery": whole} if whole else {})
    return ({"assets": chosen} if chosen else {}) | ({"delivery": whole} if whole else {})


def _within_intent(decided: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> None:
    """Refuse a release into places, media or times that the decision did not weigh."""
    if wanted is not None and (past := releasing.beyond(decided, wanted)):
        raise errors.Conflict(
            f"The release goes beyond the intent that was decided in {', '.join(past)}; decide about it.", "outside_decision"
        )
