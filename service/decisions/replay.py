"""The same answer again: a stored decision re-decided from its own facts and packs, and compared to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from service.context import Context
from service.decisions import governance
from service.records import read
from service.records.model import Recorded
from service.rules import evaluate
from service.rules.findings import EVALUATOR

FACTS_LIMIT = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found: identical bytes or not, and by which evaluator each side was made."""

    decision: str
    identical: bool
    stored: str
    replayed: str
    outcome: str
    evaluator: int
    stored_evaluator: int

    def document(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {
            "decision": self.decision,
            "identical": self.identical,
            "outcome": self.outcome,
            "findings": {"stored": self.stored, "replayed": self.replayed},
            "evaluator": {"stored": self.stored_evaluator, "replayed": self.evaluator},
        }


def replay(context: Context, decision_id: str) -> Replay:
    """Evaluate a decision's stored facts with its stored packs again; raises `NotFound`, `Unavailable` for damaged content."""
    decision = read.get(context, "decision", decision_id)
    body = decision.body
    packs = [governance.pack_by_digest(context, used["digest"]) for used in body["packs"]]
    again = evaluate.run(packs, content(context, decision, "facts"))
    digest = hashlib.sha256(again.bytes()).hexdigest()
    stored = body["findings"]["sha256"]
    return Replay(decision.id, digest == stored, stored, digest, again.outcome, EVALUATOR, body["evaluator"])


def content(context: Context, decision: Recorded, name: str) -> Any:
    """The stored facts, findings or list of a decision."""
    blob: Mapping[str, Any] = decision.body[name]
    return orjson.loads(context.blobs.read(blob["sha256"], limit=FACTS_LIMIT))
