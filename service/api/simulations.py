"""Simulations: what would change, and whose it is, if a rule or a record were otherwise."""

from __future__ import annotations

from datetime import datetime

from schemas.simulations import SimulationAnswer, SimulationRequest
from service.api.operation import Answer, Call, operation
from service.decisions import simulate
from service.decisions.question import Question
from service.decisions.simulate import Simulation


@operation("POST", "/v1/simulations", permission="decisions.read", tag="decisions", summary="Ask what would change under other packs or records",
           body=SimulationRequest(), answer=SimulationAnswer(), lane="decision", name="simulate")  # fmt: skip
def create(call: Call) -> Answer:
    """Nothing is recorded; a long library is looked at page by page."""
    body = call.body
    same = {name: body[name] for name in ("act", "known_at", "production", "intent", "profile", "ahead", "overlay") if name in body}
    at = datetime.fromisoformat(body["at"]) if "at" in body else None
    question = Question(subjects=tuple(body.get("subjects") or ()), at=at, dry_run=True, **same)
    asked = Simulation(question, body.get("packs") or (), body.get("cursor"), body.get("limit", simulate.USUAL))
    return Answer(simulate.document(call.context, simulate.simulate(call.context, asked)))
