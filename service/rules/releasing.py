"""What a decision lets out: which acts and outcomes, until when, and into an intent within the one that it weighed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from service.rules.moments import inside, moment
from service.rules.verdicts import covers, subset

Intent = Mapping[str, Any]

OUTWARD: Final = frozenset({"exhibit", "hand_over", "publish", "release"})
"""Acts that a release may be decided as."""
CLEARED: Final = frozenset({"cleared", "cleared_with_obligations"})


def is_about_a_release(decision: Mapping[str, Any]) -> bool:
    """Whether a decision asked for a release as it would be; not one that was hypothetical, about the past, or about another act."""
    return (
        not (decision.get("dry_run") or decision.get("hypothetical") or decision.get("ahead") is False) and decision.get("act") in OUTWARD
    )


def ended(decision: Mapping[str, Any], at: int) -> bool:
    """Whether what a decision rests on had ended by an instant, in microseconds."""
    end = moment(decision["valid_until"]) if decision.get("valid_until") else None
    return end is not None and end[1] < at


def beyond(decided: Intent, wanted: Intent) -> list[str]:
    """In what an intent goes beyond the one that was decided: places, media, times; what it does not name counts as everywhere."""
    tests = {
        "territories": covers(decided.get("territories"), wanted.get("territories", ["*"])),
        "media": subset(wanted.get("media", ["*"]), decided.get("media")),
        "languages": subset(wanted.get("languages", decided.get("languages")), decided.get("languages"))
        if "languages" in decided
        else True,
        "purpose": wanted.get("purpose", decided.get("purpose")) == decided.get("purpose"),
        "window": _window_within(decided.get("window"), wanted.get("window")),
        "awards": set(wanted.get("awards", ())) <= set(decided.get("awards", ())),
        "commercial": wanted.get("commercial", decided.get("commercial")) in (decided.get("commercial"), False),
    }
    return sorted(name for name, verdict in tests.items() if verdict is not True)


def _window_within(decided: Intent | None, wanted: Intent | None) -> bool:
    if not decided:
        return True
    if not wanted:
        return bool(decided.get("perpetual"))
    start, end = moment(decided.get("start") or "*"), moment("*" if decided.get("perpetual") else decided.get("end"))
    bounds = [wanted.get("start"), "*" if wanted.get("perpetual") else wanted.get("end")]
    return all(bound is not None and inside(moment(bound), start, end) is True for bound in bounds)
