"""How a rule stands on a day: from when to when it holds, in grace or only proposed, and when its source was last looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from service.rules.pack import Pack


def of_rule(rule: Mapping[str, Any], pack: Pack, now: datetime) -> dict[str, Any]:
    """Return `status`, `effective_from`, `effective_to` and `last_verified` of a rule, as far as pack and rule say."""
    first, last = _days(rule, pack)
    told = {"effective_from": first, "effective_to": last, "last_verified": rule.get("verified", pack.document.get("verified"))}
    known = {name: str(value) for name, value in told.items() if value is not None}
    return {**known, "status": _status(rule, pack, now.date(), first, last)}


def _days(rule: Mapping[str, Any], pack: Pack) -> tuple[Any, Any]:
    """Its own days, else those of its pack; a family that was switched off ends with that."""
    force, term = rule.get("in_force") or {}, pack.document.get("term") or {}
    off = (pack.document.get("switched_off") or {}).get(rule.get("family"))
    return force.get("from", term.get("from")), off or force.get("to", term.get("to"))


def _status(rule: Mapping[str, Any], pack: Pack, today: date, first: Any, last: Any) -> str:
    if pack.document.get("status") == "proposed":
        return "proposed"
    day = today.isoformat()
    if last is not None and str(last)[:10] < day and pack.kind == "law":
        return "superseded"
    if first is not None and str(first)[:10] > day:
        return "enacted"
    return "grace" if day <= str(rule.get("grace_until", ""))[:10] else "in_force"
