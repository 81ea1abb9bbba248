"""Importing cards: what a model card, a file's header, a training run or a dataset's description says becomes records."""

from __future__ import annotations

from typing import Any

from schemas.cards import CardAnswer, CardQuery
from service import errors, projections
from service.api import imported
from service.api.operation import Answer, Call, operation
from service.content.sniff import UNKNOWN
from service.ingest.cards import recording, register
from service.ingest.cards.card import Given

_LIMIT = 16 << 20
_QUERY, _ANSWER = CardQuery(), CardAnswer()


@operation("POST", "/v1/cards/import", permission="rights.write", tag="models", summary="Import a model or dataset card", query=_QUERY,
           stream=UNKNOWN, answer=_ANSWER, status=201, or_status=200, writes=True, replay=imported.again)  # fmt: skip
def post(call: Call) -> Answer:
    """Read the card in the body, byte for byte as its tool wrote it: a README of Hugging Face, the header of a safetensors file (its first
    bytes suffice), an exported run of MLflow or Weights & Biases, a DVC lock, a Croissant description, a record of the Data Provenance
    Standards. 200 when it was imported before.
    """
    content = call.request.stream.read(_LIMIT + 1)
    if len(content) > _LIMIT:
        raise errors.TooLarge(f"A card may have up to {_LIMIT} bytes; of weights, send the header alone.", "card_too_large")
    card = register.read(Given(content, call.query.get("name")))
    projections.catch_up(call.context.conn, call.context.studio_id, "digest")
    productions = [call.query["production"]] if "production" in call.query else None
    done = recording.record(call.context, card, content, productions=productions, key=call.key)
    says: dict[str, Any] = {"adapter": card.adapter, "unread": list(card.unread)}
    says["contradictions"] = [{"code": each.code, "says": each.says} for each in card.contradictions]
    return imported.answer(call, done, says)
