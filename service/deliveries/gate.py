"""Asking about a whole delivery at once: one decision over all its assets, and the state of every file beside it.

What no asset matches cannot be judged by any rule, so it counts by itself: a file whose verification failed, or that nobody registered, stops
the delivery; one that only a weak digest suggests needs a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.context import Context, Idempotency
from service.decisions import decide
from service.decisions.question import Question
from service.deliveries import taking
from service.deliveries.taking import Item
from service.records import read
from service.records.model import Recorded

ORDER = ("blocked", "review", "cleared_with_obligations", "cleared")
OF_STATE: Mapping[str, str] = {"failed": "blocked", "unknown": "blocked", "missing": "blocked", "weak": "review", "matched": "cleared"}
_OF_RESULT: Mapping[str, str] = {"block": "blocked", "review": "review", "obligation": "cleared_with_obligations"}
_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Gated:
    """The answer on a delivery: the worse of the decision and of the files, which are told one by one where they hold it up."""

    delivery: Recorded
    outcome: str
    files: tuple[tuple[Item, str], ...]

    def document(self) -> dict[str, Any]:
        """The files' part of the API's answer; the decision's is rendered beside it."""
        held = [(item, verdict) for item, verdict in self.files if verdict in {"blocked", "review"}]
        return {
            "delivery": self.delivery.id,
            "outcome": self.outcome,
            "files": len(self.files),
            "by_state": dict(Counter(item.state for item, _ in self.files)),
            "by_outcome": dict(Counter(verdict for _, verdict in self.files)),
            "held": [{**_named(item), "outcome": verdict} for item, verdict in held[:_LISTED]],
            "held_total": len(held),
            "remarks": list(self.delivery.body.get("remarks") or ()),
        }


def _named(item: Item) -> dict[str, Any]:
    told = {"asset": item.asset, "path": item.path, "state": item.state}
    return {name: value for name, value in told.items() if value is not None}


def gate(context: Context, delivery_id: str, question: Question, *, key: Idempotency | None = None) -> tuple[Gated, decide.Decided]:
    """Decide about the delivery and all its assets; `question` says act, time and intent (its profile or intent win over the delivery's)."""
    delivery = read.get(context, "delivery", delivery_id)
    items = taking.items_of(context, delivery)
    assets = list(dict.fromkeys(item.asset for item in items if item.asset))
    body = delivery.body
    wanted = replace(question, subjects=(delivery.id, *assets), production=question.production or body.get("production"))
    if question.intent is None and question.profile is None:
        wanted = replace(wanted, intent=body.get("intent"), profile=None if "intent" in body else body.get("profile"))
    decided = decide.decide(context, wanted, key=key)
    return laid_over(delivery, items, decided.evaluation.outcome, decided.evaluation.causes), decided


def laid_over(delivery: Recorded, items: Sequence[Item], outcome: str, causes: Sequence[Mapping[str, Any]]) -> Gated:
    """Lay a decision's outcome and causes over the files."""
    verdicts = of_assets(causes)
    files = tuple((item, worst([OF_STATE[item.state], verdicts.get(item.asset or "", "cleared")])) for item in items)
    states = [OF_STATE[item.state] for item in items]
    return Gated(delivery, worst([outcome, *states]), files)


def of_assets(causes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Asset → the worst that a cause in blocking mode says about it."""
    found: dict[str, str] = {}
    for cause in causes:
        verdict = _OF_RESULT.get(cause["result"])
        if verdict and cause.get("mode") == "blocking":
            for asset in cause.get("assets") or ():
                found[asset] = worst([verdict, found.get(asset, "cleared")])
    return found


def worst(outcomes: Sequence[str]) -> str:
    """The worst of several outcomes."""
    return min(outcomes, key=ORDER.index)
