"""A rule set aside for a scope and a time: one person asks, another approves, and no absolute bar is ever reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas import dates
from service import errors
from service.context import Context, Idempotency
from service.decisions import packs
from service.decisions.adoptions import second_person
from service.records import read, write
from service.records.model import Change, Recorded, instant
from service.records.patch import merge


def request(context: Context, body: Mapping[str, Any], *, key: Idempotency | None = None) -> Recorded:
    """Record the request; it has no effect until somebody else approves it. Raises `Invalid` for an absolute bar or no scope."""
    waivable(context, body)
    _effective(context, body)
    state = {"state": "requested", "requested_by": context.actor.account_id, "requested_at": instant(context.now)}
    return write.create(context, "waiver", {**body, **state}, key=key)


def waivable(context: Context, body: Mapping[str, Any]) -> None:
    """Raise `Invalid` where there is no scope, for an absolute bar, and for a rule that asks for papers."""
    if not body.get("subjects") and not body.get("scope_productions"):
        raise errors.invalid("/subjects", "Say what it is for: subjects, or scope_productions.")
    bars = absolute_bars(context)
    for place, rule in enumerate(body.get("rules") or ()):
        if rule in bars:
            raise errors.invalid(f"/rules/{place}", f"{rule} is an absolute bar; nobody can waive it.", "absolute_bar")
        if rule.startswith("x."):
            raise errors.invalid(
                f"/rules/{place}", f"{rule} asks for papers that cannot be waived; settle its review instead.", "not_waivable"
            )


def _effective(context: Context, body: Mapping[str, Any]) -> None:
    """Refuse a rule that no pack has, a requirement that none of the rules has, and an end that lies behind us."""
    asked = {str(rule["id"]): {str(part["id"]) for part in rule["require"]} for rule in packs.rules(context)}
    for place, rule in enumerate(body.get("rules") or ()):
        if rule not in asked and not rule.startswith("x."):
            raise errors.invalid(f"/rules/{place}", f"No pack has a rule {rule}; GET /v1/rule-packs lists them.", "unknown_rule")
    requirement = body.get("requirement")
    if requirement and not any(requirement in asked.get(rule, ()) for rule in body["rules"]):
        raise errors.invalid("/requirement", f"None of these rules has a requirement {requirement}; leave it out to waive the whole rule.")
    if dates.interval(body["expires_at"])[1] <= dates.interval(instant(context.now))[0]:
        raise errors.invalid("/expires_at", "This day has passed; a waiver ends after it is asked for.")


def settle(context: Context, waiver_id: str, verdict: str, role: str | None, *, key: Idempotency | None = None) -> Recorded:
    """Approve, refuse or revoke. Approval is for a second person; raises `Forbidden`, `Conflict` in the wrong state."""
    waiver = read.get(context, "waiver", waiver_id)
    state = waiver.body["state"]
    if (verdict, state) not in {("approved", "requested"), ("refused", "requested"), ("revoked", "approved")}:
        raise errors.Conflict(f"This waiver is {state}; it cannot be {verdict} now.", "wrong_state")
    body = merge(waiver.body, {"state": verdict})
    if verdict == "approved":
        if dates.interval(waiver.body["expires_at"])[1] <= context.now:
            raise errors.Conflict("This waiver has ended before anybody approved it; ask for a new one with a later expires_at.", "ended")
        second_person(context, waiver.body["requested_by"])
        body |= {"approved_by": context.actor.account_id, "approved_at": instant(context.now)}
        body |= {"approver_role": role} if role else {}
    change = Change("amendment", instant(context.now))
    return write.amend(context, "waiver", waiver.id, body, waiver.version, change=change, key=key)


def absolute_bars(context: Context) -> frozenset[str]:
    """The ids of every rule that nothing lifts."""
    return frozenset(str(rule["id"]) for rule in packs.rules(context) if rule.get("absolute"))
