"""What happened to a consent or licence: withdrawn, suspended, revoked … `?dry_run=true` shows the impact before it is recorded."""

from __future__ import annotations

from typing import Any

from schemas.collections import AnyObject, record_answer
from schemas.events import EventQuery
from schemas.kinds import BY_COLLECTION
from schemas.records.consent import Event
from service import errors
from service.api.lineage import told
from service.api.operation import Answer, Call, View, operation
from service.api.records import answered, stateable
from service.lineage import impact
from service.records import read, write

COLLECTIONS = ("consents", "licences", "models", "datasets", "replicas", "sources")
PERMISSION = {"consents": "consents.write", "replicas": "consents.write"}


def _post(collection: str) -> View:
    kind = BY_COLLECTION[collection].name

    def view(call: Call) -> Answer:
        target = read.get(call.context, kind, call.path["id"])
        if not isinstance(call.body, dict):
            raise errors.invalid("", "Send the event as an object: {type, effective_at, …}.")
        stateable("event", call.body)
        body: dict[str, Any] = {**call.body, "targets": [target.id]}
        if call.query.get("dry_run"):
            write.check(call.context, "event", body)
            return Answer({"dry_run": True, "impact": told(call.context, impact.of(call.context, target.id, scope=body.get("scope")))}, 200)
        return answered(call.context, write.create(call.context, "event", body, key=call.key), 201)

    return view


def _declare(collection: str) -> None:
    noun = BY_COLLECTION[collection].name
    operation(
        "POST", f"/v1/{collection}/{{id}}/events", permission=PERMISSION.get(collection, "rights.write"), tag="events",
        summary=f"Record what happened to a {noun}, or see its impact first", body=AnyObject(), query=EventQuery(), checked_by_room=True,
        answer=record_answer(Event)(), status=201, or_status=200, writes=True, name=f"create_{noun}_event",
    )(_post(collection))  # fmt: skip


for _collection in COLLECTIONS:
    _declare(_collection)
