"""People settle reviews, and waive rules with four eyes."""

from __future__ import annotations

from schemas.collections import record_answer
from schemas.decisions import ReviewVerdict, WaiverRequest, WaiverVerdict
from schemas.records.decision import Review, Waiver
from service.api.operation import Answer, Call, operation
from service.api.records import answered
from service.decisions import reviews, waivers

_WAIVER = record_answer(Waiver)


@operation("POST", "/v1/reviews/{id}/decide", permission="reviews.decide", tag="reviews", summary="Settle a review", body=ReviewVerdict(),
           answer=record_answer(Review)(), writes=True, name="decide_review")  # fmt: skip
def decide(call: Call) -> Answer:
    """One answer for every item of the cause; a past shortfall leaves an exception beside it."""
    recorded = reviews.settle(call.context, call.path["id"], reviews.Verdict(**call.body), key=call.key)
    return answered(call.context, recorded[0])


@operation("POST", "/v1/waivers", permission="waivers.write", tag="waivers", summary="Ask for a rule to be waived", body=WaiverRequest(),
           answer=_WAIVER(), status=201, writes=True, name="create_waiver")  # fmt: skip
def request(call: Call) -> Answer:
    """It has no effect before a second person approves it; an absolute bar cannot be waived."""
    return answered(call.context, waivers.request(call.context, call.body, key=call.key), 201)


@operation("POST", "/v1/waivers/{id}/decide", permission="waivers.write", tag="waivers", summary="Approve, refuse or revoke a waiver",
           body=WaiverVerdict(), answer=_WAIVER(), writes=True, name="decide_waiver")  # fmt: skip
def settle(call: Call) -> Answer:
    """Approval is for somebody else than who asked."""
    recorded = waivers.settle(call.context, call.path["id"], call.body["verdict"], call.body.get("role"), key=call.key)
    return answered(call.context, recorded)
