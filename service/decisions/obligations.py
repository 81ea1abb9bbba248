"""What is owed, when it is due, and the proof that it was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas import dates
from service import errors
from service.context import Context, Idempotency
from service.decisions.governance import every
from service.records import read, search, write
from service.records.model import Change, Recorded, instant
from service.records.patch import merge


def due(context: Context, *, before: str | None = None, production: str | None = None, party: str | None = None) -> list[Recorded]:
    """What is owed and open, the earliest due first, those without a date last; `before` keeps only what is due by then."""
    columns = {"state": "open"} | ({"party": party} if party else {})
    found = list(every(context, "obligation", search.Filter(columns, production=production)))
    if before is not None:
        limit = dates.interval(before)[1]
        found = [one for one in found if one.body.get("due_at") and dates.interval(one.body["due_at"])[0] < limit]
    return sorted(found, key=lambda one: _when(one.body.get("due_at")))


def _when(value: Any) -> str:
    return "~" if value is None else str(value["value"] if isinstance(value, dict) else value)


def settle(context: Context, obligation_id: str, proof: Sequence[str], done_at: Any, *, key: Idempotency | None = None) -> Recorded:
    """Record that an obligation was met, with its proof. Raises `Conflict` when it is not open, `Invalid` without proof or
    for a day that lies ahead.
    """
    obligation = _open(context, obligation_id)
    if not proof:
        raise errors.invalid("/proof", "Name the evidence or document that proves it; record it first.")
    if done_at is not None and dates.interval(done_at)[0] > context.now:
        raise errors.invalid("/done_at", "This day lies ahead; settle it once it is done.")
    body = merge(obligation.body, {"state": "done", "proof": list(proof), "done_at": done_at or instant(context.now)})
    change = Change("amendment", instant(context.now))
    return write.amend(context, "obligation", obligation.id, body, obligation.version, change=change, key=key)


def state_due(context: Context, obligation_id: str, due_at: Any, reason: str, *, key: Idempotency | None = None) -> Recorded:
    """Record the day on which an open obligation is due, as somebody states it. Raises `Conflict` when it is not open.

    The first day that is known completes what was recorded; another day than that is an amendment of today.
    """
    obligation = _open(context, obligation_id)
    body = merge(obligation.body, {"due_at": due_at, "due_basis": "stated", "reason": reason})
    change = Change("amendment", instant(context.now)) if obligation.body.get("due_at") else Change("correction")
    return write.amend(context, "obligation", obligation.id, body, obligation.version, change=change, key=key)


def _open(context: Context, obligation_id: str) -> Recorded:
    found = read.get(context, "obligation", obligation_id)
    if found.body["state"] != "open":
        raise errors.Conflict(f"This obligation is {found.body['state']} already.", "wrong_state")
    return found
