"""Rule packs, readable; their sign-off by two people; their adoption by a production, again by two."""

from __future__ import annotations

from typing import Any

from schemas.collections import record_answer
from schemas.decisions import AdoptionRequest, PackAnswer, PackList, RuleQuery, SignOffRequest
from schemas.records.decision import Adoption
from schemas.records.evidence.record import Evidence
from service.api.operation import Answer, Call, operation
from service.api.records import answered
from service.decisions import adoptions
from service.decisions.governance import signed_off
from service.rules.load import load_packs
from service.rules.pack import Pack

TAG = "rules"
_ADOPTION = record_answer(Adoption)


@operation("GET", "/v1/rule-packs", permission="rules.read", tag=TAG, summary="Every pack and rule", query=RuleQuery(), answer=PackList(),
           name="list_rule_packs")  # fmt: skip
def listed(call: Call) -> Answer:
    """Packs by id, each with its rules in short."""
    kind = call.query.get("kind")
    signed = signed_off(call.context)
    packs = [pack for _, pack in sorted(load_packs().items()) if kind in (None, pack.kind)]
    return Answer({"items": [shown(pack, signed) for pack in packs]})


@operation(
    "GET", "/v1/rule-packs/{id}", permission="rules.read", tag=TAG, summary="One pack, whole", answer=PackAnswer(), name="get_rule_pack"
)
def get(call: Call) -> Answer:
    """The pack with its document, from which its digest is made."""
    pack = adoptions.known_pack(call.path["id"])
    return Answer(shown(pack, signed_off(call.context)) | {"document": dict(pack.document)})


@operation("POST", "/v1/rule-packs/{id}/sign-off", permission="adoptions.write", tag=TAG, summary="Sign that a pack says what its sources say",
           body=SignOffRequest(), answer=record_answer(Evidence)(), writes=True, name="sign_off_rule_pack")  # fmt: skip
def sign_off(call: Call) -> Answer:
    """The second person's signature makes it count."""
    recorded = adoptions.sign_off(call.context, call.path["id"], call.body["role"], call.body.get("statement"), key=call.key)
    return answered(call.context, recorded)


@operation("POST", "/v1/adoptions", permission="adoptions.write", tag="adoptions", summary="Propose that a production adopts a pack",
           body=AdoptionRequest(), answer=_ADOPTION(), status=201, writes=True, name="create_adoption")  # fmt: skip
def propose(call: Call) -> Answer:
    """It has no effect before a second person confirms it."""
    return answered(call.context, adoptions.propose(call.context, call.body, key=call.key), 201)


@operation("POST", "/v1/adoptions/{id}/confirm", permission="adoptions.write", tag="adoptions", summary="Adopt what somebody else proposed",
           answer=_ADOPTION(), writes=True, name="confirm_adoption")  # fmt: skip
def confirm(call: Call) -> Answer:
    """403 `four_eyes` for the person who proposed it."""
    return answered(call.context, adoptions.confirm(call.context, call.path["id"], key=call.key))


@operation("POST", "/v1/adoptions/{id}/end", permission="adoptions.write", tag="adoptions", summary="End an adoption", answer=_ADOPTION(),
           writes=True, name="end_adoption")  # fmt: skip
def end(call: Call) -> Answer:
    """Decisions from now on do not weigh the pack, and say so."""
    return answered(call.context, adoptions.end(call.context, call.path["id"], key=call.key))


def shown(pack: Pack, signed: frozenset[str]) -> dict[str, Any]:
    """A pack in short."""
    document = pack.document
    rules = [rule_of(rule, pack) for rule in pack.rules] + [rule_of(rule, pack, carried=True) for rule in pack.carried]
    answer: dict[str, Any] = {
        "id": pack.id, "title": pack.title, "kind": pack.kind, "line": pack.line, "digest": pack.digest,
        "status": document.get("status", "in_force"), "signed_off": pack.kind == "gate" or pack.digest in signed, "rules": rules,
    }  # fmt: skip
    return answer | {key: document[key] for key in ("term", "territories") if document.get(key)}


def rule_of(rule: Any, pack: Pack, *, carried: bool = False) -> dict[str, Any]:
    """A rule in short."""
    told = {"id": rule["id"], "pack": pack.id, "mode": rule.get("mode", "blocking")}
    told |= {key: rule[key] for key in ("clause", "confidence", "summary", "source", "absolute") if rule.get(key)}
    return told | ({"carried_from": str(pack.document["carries"])} if carried else {})
