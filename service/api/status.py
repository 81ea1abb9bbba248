"""Whether the service lives and can answer, and what it can do: health, readiness, metrics, the OpenAPI document."""

from __future__ import annotations

import psycopg

from schemas.status import StatusAnswer
from service import errors
from service.api import spec
from service.api.operation import PUBLIC, Answer, Call, operation
from service.ledger import standing

TAG = "status"


@operation("GET", "/healthz", permission=PUBLIC, tag=TAG, summary="The process lives", answer=StatusAnswer())
def health(_call: Call) -> Answer:
    """Answer without touching anything."""
    return Answer({"status": "ok"})


@operation("GET", "/readyz", permission=PUBLIC, tag=TAG, summary="The database answers and the log can be signed", answer=StatusAnswer())
def ready(call: Call) -> Answer:
    """Answer 503 with the reason when a write would not succeed now: no database, no signer where that is a process of its own, or a
    log that the signer refuses because its database was restored from an older copy.
    """
    try:
        with call.services.database.ledger() as conn:
            refused = next(standing.refusals(conn, call.services.ledger), None)
    except psycopg.Error as fault:
        raise errors.Unavailable("The database does not answer.", "database_unavailable", headers={"Retry-After": "2"}) from fault
    call.services.ledger.verifier("")
    if refused is not None:
        raise refused[1]
    return Answer({"status": "ok"})


@operation("GET", "/openapi.json", permission=PUBLIC, tag=TAG, summary="This API as an OpenAPI 3.1 document")
def openapi(_call: Call) -> Answer:
    """Answer the document that is also committed as openapi.yaml."""
    return Answer(spec.document_bytes())
