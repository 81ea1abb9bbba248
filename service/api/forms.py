"""Papers that the fixes of a decision name: which there are, and each as a draft to download."""

from __future__ import annotations

from schemas.forms import FormQuery, FormsAnswer
from service.api.operation import Answer, Call, operation
from service.forms import document, offers
from service.records import read


@operation("GET", "/v1/decisions/{id}/forms", permission="decisions.read", tag="decisions", summary="Papers that would help", answer=FormsAnswer(),
           name="list_decision_forms")  # fmt: skip
def listed(call: Call) -> Answer:
    """One for each person, or each matter, that the causes ask a paper for."""
    decision = read.get(call.context, "decision", call.path["id"])
    return Answer({"items": [one.document(decision.id) for one in offers.offers(call.context, decision)]})


@operation("GET", "/v1/decisions/{id}/forms/{form}", permission="decisions.read", tag="decisions", summary="A paper, filled in, as a draft for counsel",
           query=FormQuery(), produces=document.MEDIA_TYPE, name="draft_decision_form")  # fmt: skip
def drafted(call: Call) -> Answer:
    """A word-processor document; what is not on record is a blank line, and the last part lists the blanks."""
    paper = offers.draft(call.context, call.path["id"], call.path["form"], call.query.get("person"))
    named = {"Content-Disposition": f'attachment; filename="{paper.form}-draft.docx"', "Cache-Control": "no-store"}
    return Answer(document.docx(paper, call.context.now), headers=named, media_type=document.MEDIA_TYPE)
