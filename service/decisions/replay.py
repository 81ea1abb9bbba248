"""The same answer again: a stored decision re-decided from its own facts and packs, and compared to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, cast

import orjson

from service import errors
from service.content import plans
from service.content.encrypted import Documents
from service.content.vault import Erased
from service.context import Context
from service.decisions import governance
from service.facts.planned import people_in, without_people
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

    It lies under the keys of the people on record whom it speaks of. What it quotes about them is left out: no fact rests on it.
    """
    documents, kept = Documents(context.blobs, context.vault), canonical(without_people(planned))
    try:
        sealed = documents.put(context.studio_id, BytesIO(kept), subject=people_in(context, planned), limit=len(kept))
    except Erased:  # somebody whom it speaks of is gone: nothing that was said with a secret field is kept
        kept = canonical(without_people(planned, everybody=True))
        sealed = documents.put(context.studio_id, BytesIO(kept), limit=len(kept))
    return {"sha256": sealed.blob, "bytes": context.blobs.stat(sealed.blob) or 0, "media_type": "application/x-sealed+json"}


def planned_of(context: Context, decision: Recorded) -> Body | None:
    """What the caller had described instead of naming a record; None for a decision about records.

    Raises `Conflict` (`erased`) once somebody of whom it spoke was erased; the decision itself is evaluated again without it.
    """
    if "planned" not in decision.body:
        return None
    try:
        kept = plans.read(Documents(context.blobs, context.vault), context.studio_id, decision.body["planned"]["sha256"])
    except (Erased, errors.NotFound):
        raise errors.Conflict("What was planned went with somebody who was erased since; describe it anew.", "erased") from None
    return cast("Body", orjson.loads(kept))


def content(context: Context, decision: Recorded, name: str) -> Any:
    """The stored facts, findings or list of a decision."""
    blob: Mapping[str, Any] = decision.body[name]
    return orjson.loads(context.blobs.read(blob["sha256"], limit=FACTS_LIMIT))
