"""Who vouches for a log outside this installation: witnesses and their cosignatures, time-stamps, a policy to begin with."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from schemas.anchors import PolicyQuery, StampsAnswer, StampsQuery, WitnessesAnswer
from service import errors
from service.api.operation import Answer, Call, operation
from service.ledger import anchors, cosignature, policy
from service.ledger.anchors import Anchor, State
from service.ledger.note import Checkpoint

TAG = "ledger"
_STAMPS = 100


@operation(
    "GET",
    "/v1/ledger/witnesses",
    permission="ledger.read",
    tag=TAG,
    summary="The witnesses of the log, how far each has followed, and what it refuses",
    answer=WitnessesAnswer(),
)
def witnesses(call: Call) -> Answer:
    """Answer each witness with its last cosignature; `forked` is the alarm that witnesses are for."""
    conn, studio_id = call.context.conn, call.context.studio_id
    states = anchors.states(conn, studio_id)
    items = []
    for each in anchors.anchors(conn, "witness", studio_id):
        size = anchors.last_cosigned(conn, studio_id, each.name)
        found = next((one for one in anchors.cosignatures(conn, studio_id, size) if one.name == each.name), None)
        items.append(
            {"name": each.name, "key": each.key, "size": size}
            | _when("cosigned_at", found.cosigned_at if found else None)
            | _state(each, states)
        )
    return Answer({"items": items})


@operation(
    "GET",
    "/v1/ledger/time-stamps",
    permission="ledger.read",
    tag=TAG,
    summary="RFC 3161 time-stamps of checkpoints",
    query=StampsQuery(),
    answer=StampsAnswer(),
)
def time_stamps(call: Call) -> Answer:
    """Answer the stamps with the exact text under each, and the certificates that were configured for each authority."""
    conn, studio_id = call.context.conn, call.context.studio_id
    origin, states = call.context.ledger.origin(studio_id), anchors.states(conn, studio_id)
    authorities = [
        {"name": each.name, "certificates": each.key} | _state(each, states) for each in anchors.anchors(conn, "time_stamp", studio_id)
    ]
    items = [
        {
            "size": each.size,
            "name": each.name,
            "text": Checkpoint(origin, each.size, each.root).text().decode(),
            "response": base64.b64encode(each.response).decode(),
        }
        | _when("stamped_at", each.stamped_at)
        for each in anchors.stamps(conn, studio_id, size=call.query.get("size"), limit=call.query.get("limit", _STAMPS))
    ]
    return Answer({"authorities": authorities, "items": items})


@operation(
    "GET",
    "/v1/ledger/policy",
    permission="ledger.read",
    tag=TAG,
    summary="A policy to begin with: this log's keys, its witnesses, and how many must agree (C2SP tlog-policy)",
    query=PolicyQuery(),
    produces="text/plain; charset=utf-8",
)
def draft(call: Call) -> Answer:
    """Answer the text. Whoever verifies compares the keys with those who hold them, and keeps a copy that we cannot change."""
    context = call.context
    known = {each.name: cosignature.parse_cosigner(each.key) for each in anchors.anchors(context.conn, "witness", context.studio_id)}
    try:
        text = policy.draft(context.ledger.verifiers(context.studio_id), known, call.query.get("quorum", len(known)))
    except policy.Unusable as fault:
        raise errors.invalid("/query/quorum", str(fault)) from fault
    return Answer(text.encode(), media_type="text/plain; charset=utf-8")


def _state(anchor: Anchor, states: dict[str, State]) -> dict[str, Any]:
    state = states.get(anchor.name)
    if state is None:
        return {"outcome": "waiting", "says": "It has not been asked yet."}
    return {"outcome": state.outcome, "says": state.says} | _when("tried_at", state.tried_at)


def _when(name: str, moment: datetime | None) -> dict[str, str]:
    return {name: moment.strftime("%Y-%m-%dT%H:%M:%SZ")} if moment else {}
