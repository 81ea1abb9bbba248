"""Releases under a decision, and the obligations that stay."""

from __future__ import annotations

from schemas.collections import page_answer, record_answer
from schemas.decisions import DueQuery, ObligationDue, ObligationProof, ReleaseRequest
from schemas.records.decision import Obligation, Release
from service.api.operation import Answer, Call, operation
from service.api.records import answered
from service.decisions import due as due_lists
from service.decisions import obligations, releases
from service.records import read

_OBLIGATION = record_answer(Obligation)


@operation("POST", "/v1/releases", permission="releases.write", tag="releases", summary="Release under a decision", body=ReleaseRequest(),
           answer=record_answer(Release)(), status=201, writes=True, name="create_release")  # fmt: skip
def create(call: Call) -> Answer:
    """409 `changed_since_decision` when anything the decision read has a newer version or was affected by an event: decide again."""
    body = call.body
    recorded = releases.release(
        call.context, body["decision"].partition("@")[0], assets=body.get("assets"), delivery=body.get("delivery"),
        intent=body.get("intent"), recipients=body.get("recipients", ()), key=call.key,
    )  # fmt: skip
    return answered(call.context, recorded, 201)


@operation("GET", "/v1/obligations/due", permission="records.read", tag="obligations", summary="What is owed, earliest due first", query=DueQuery(),
           answer=page_answer(_OBLIGATION)(), name="list_due_obligations")  # fmt: skip
def due(call: Call) -> Answer:
    """Open obligations only; those without a date come last. `POST /v1/obligations/{id}/due` states a date, `paydays` of a production
    or an engagement give those that are due on the ordinary payday theirs.
    """
    found = obligations.due(call.context, **call.query)
    return Answer({"items": [one.document() for one in read.disclose(call.context, found)]})


@operation("GET", "/v1/obligations/due.ics", permission="records.read", tag="obligations", summary="What is owed, as a calendar", query=DueQuery(),
           produces="text/calendar", name="calendar_of_due_obligations")  # fmt: skip
def due_calendar(call: Call) -> Answer:
    """Open obligations with a date, as whole-day events that any calendar can take in."""
    rows = due_lists.lines(call.context, obligations.due(call.context, **call.query))
    return _file(due_lists.calendar(rows, call.context.now), "text/calendar; charset=utf-8", "obligations.ics")


@operation("GET", "/v1/obligations/due.csv", permission="records.read", tag="obligations", summary="What is owed, as a table", query=DueQuery(),
           produces="text/csv", name="table_of_due_obligations")  # fmt: skip
def due_table(call: Call) -> Answer:
    """Open obligations, the earliest due first, one a line."""
    rows = due_lists.lines(call.context, obligations.due(call.context, **call.query))
    return _file(due_lists.table(rows), "text/csv; charset=utf-8", "obligations.csv")


def _file(content: bytes, media_type: str, name: str) -> Answer:
    return Answer(
        content, headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}, media_type=media_type
    )


@operation("POST", "/v1/obligations/{id}/settle", permission="evidence.write", tag="obligations", summary="Prove that an obligation was met",
           body=ObligationProof(), answer=_OBLIGATION(), writes=True, name="settle_obligation")  # fmt: skip
def settle(call: Call) -> Answer:
    """The next version says when, and with what proof."""
    recorded = obligations.settle(call.context, call.path["id"], call.body["proof"], call.body.get("done_at"), key=call.key)
    return answered(call.context, recorded)


@operation("POST", "/v1/obligations/{id}/due", permission="evidence.write", tag="obligations", summary="State when an obligation is due",
           body=ObligationDue(), answer=_OBLIGATION(), writes=True, name="state_obligation_due")  # fmt: skip
def state_due(call: Call) -> Answer:
    """The next version has the day and the reason, with `due_basis: stated`; later decisions keep it. 409 `wrong_state` unless it is open."""
    recorded = obligations.state_due(call.context, call.path["id"], call.body["due_at"], call.body["reason"], key=call.key)
    return answered(call.context, recorded)
