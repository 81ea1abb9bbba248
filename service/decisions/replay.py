"""The same answer again: a stored decision re-decided from its own facts and packs, and compared to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from service.context import Context
from service.decisions import governance
from service.facts.planned import without_people
from service.records import read
from service.records.model import Body, Recorded
from service.rules import evaluate
from service.rules.findings import EVALUATOR
from service.rules.pack import canonical

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


def keep_planned(context: Context, planned: Body) -> dict[str, Any]:
    """Keep what a caller described, so that the question can be put again: sealed, because it may quote prompts and fees.

    What it says about people who are on record is left out: no fact rests on it, and it would outlive their erasure.
    """
    sealed = context.vault.seal(context.studio_id, None, canonical(without_people(planned)))
    return {"sha256": context.blobs.keep(sealed), "bytes": len(sealed), "media_type": "application/x-sealed+json"}


def planned_of(context: Context, decision: Recorded) -> Body | None:
    """What the caller had described instead of naming a record; None for a decision about records."""
    if "planned" not in decision.body:
        return None
    kept = context.blobs.read(decision.body["planned"]["sha256"], limit=FACTS_LIMIT)
    if decision.body["planned"]["media_type"] == "application/json":  # as decisions kept it before it was sealed
        return cast("Body", orjson.loads(kept))
    return cast("Body", orjson.loads(context.vault.open(context.studio_id, None, kept)))


def content(context: Context, decision: Recorded, name: str) -> Any:
    """The stored facts, findings or list of a decision."""
    blob: Mapping[str, Any] = decision.body[name]
    return orjson.loads(context.blobs.read(blob["sha256"], limit=FACTS_LIMIT))
