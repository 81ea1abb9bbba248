"""Erasing a person: for studio admins, once and for all; `?dry_run=true` says first what would go and what stands in the way."""

from __future__ import annotations

from schemas.erasure import ErasureAnswer, ErasureQuery, ErasureRequest
from service import erasure
from service.api.operation import Answer, Call, operation
from service.records.model import Recorded


def _again(call: Call, _earlier: list[Recorded]) -> Answer:
    """A retry looks whether anything is left to do, so that it also finishes what a crash interrupted."""
    return erase(call)


@operation("POST", "/v1/parties/{id}/erase", permission="erasure.write", tag="parties", summary="Erase what is kept about a person",
           query=ErasureQuery(), body=ErasureRequest(), answer=ErasureAnswer(), writes=True, replay=_again, name="erase_party")  # fmt: skip
def erase(call: Call) -> Answer:
    """Values, salts and key are destroyed, the log and every proof stay valid. 409 `on_hold` names the hold that stops it."""
    if call.query.get("dry_run"):
        return Answer(erasure.foreseen(call.context, call.path["id"]).document())
    asked = call.body
    done = erasure.erase(call.context, call.path["id"], basis=asked.get("basis"), document=asked.get("document"), key=call.key)
    return Answer(done.document())
