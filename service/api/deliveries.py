"""A whole delivery at once: one decision about everything that is handed over together."""

from __future__ import annotations

from datetime import datetime

from schemas.decisions import DecisionAnswer, GateRequest
from service.api.decisions import answered
from service.api.operation import Answer, Call, operation
from service.decisions.question import Question
from service.records import read


@operation("POST", "/v1/deliveries/{id}/gate", permission="decisions.write", tag="deliveries", summary="Ask whether a delivery may go",
           body=GateRequest(), answer=DecisionAnswer(), status=201, writes=True, lane="decision", name="gate_delivery")  # fmt: skip
def gate(call: Call) -> Answer:
    """The same answer as a decision about the delivery, by its own intent or profile where none is given."""
    delivery = read.get(call.context, "delivery", call.path["id"])
    asked = dict(call.body)
    if "intent" not in asked and "profile" not in asked:
        asked |= {name: delivery.body[name] for name in ("intent", "profile") if name in delivery.body}
        if "intent" in asked:
            asked.pop("profile", None)
    at = datetime.fromisoformat(asked.pop("at")) if "at" in asked else None
    return answered(call, Question(subjects=(delivery.id,), production=delivery.body.get("production"), at=at, **asked))
