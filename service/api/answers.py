"""What is on record about a title, in the order in which a buyer, award or platform asks it."""

from __future__ import annotations

from datetime import datetime

from schemas.answers import AnswersAnswer, AnswersQuery
from service.api.operation import Answer, Call, operation
from service.decisions import answer_packs


@operation("GET", "/v1/productions/{id}/answers/{asker}", permission="decisions.read", tag="answers",
           summary="Answer what a buyer, award or platform asks about a title", query=AnswersQuery(), answer=AnswersAnswer(),
           name="get_answers")  # fmt: skip
def get(call: Call) -> Answer:
    """The same records for every asker: netflix, oscars, emmys, grammys, human-provenance, steam, adcp, ddex, bbc, festival, insurer,
    chain-of-title. What no record answers is named in `not_answered`.
    """
    told = call.query.get("at")
    at = datetime.fromisoformat(told) if told else None
    found = answer_packs.answers(call.context, call.path["id"], call.path["asker"], subject=call.query.get("subject"), at=at)
    return Answer(found)
