"""Rule packs, readable; their life from draft to publication; their adoption by a production, by two people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from schemas.collections import record_answer
from schemas.decisions import AdoptionRequest
from schemas.packs import (
    DiffAnswer,
    DiffQuery,
    DraftAnswer,
    EditionQuery,
    EditionSignOff,
    PackAnswer,
    PackDraft,
    PackList,
    PackQuery,
    PublishRequest,
)
from schemas.records.decision import Adoption
from schemas.records.evidence.record import Evidence
from service.api.operation import Answer, Call, operation
from service.api.records import answered
from service.context import Context
from service.decisions import adoptions, packs
from service.decisions.packs import Edition
from service.records.model import Recorded
from service.rules import compare, terms, trial
from service.rules.pack import Pack

TAG = "rules"
_ADOPTION = record_answer(Adoption)


@operation("GET", "/v1/rule-packs", permission="rules.read", tag=TAG, summary="Every pack and rule", query=PackQuery(), answer=PackList(),
           name="list_rule_packs")  # fmt: skip
def listed(call: Call) -> Answer:
    """Packs by id, each in the edition to adopt now, with its rules and all its editions in short."""
    kind, state = call.query.get("kind"), call.query.get("state")
    shown_ = []
    for found in packs.editions(call.context).values():
        edition = packs.current(found, call.context) if state is None else _in_state(found, state, call.context)
        if edition is not None and kind in (None, edition.pack.kind):
            shown_.append(shown(edition, found, call.context))
    return Answer({"items": shown_})


def _in_state(found: Sequence[Edition], state: str, context: Context) -> Edition | None:
    """The newest edition in that state."""
    return next((one for one in reversed(found) if packs.state(one, found, context) == state), None)


@operation("POST", "/v1/rule-packs", permission="adoptions.write", tag=TAG, summary="Draft a pack of the studio's own", body=PackDraft(),
           answer=DraftAnswer(), status=201, or_status=200, writes=True, name="draft_rule_pack",
           replay=lambda call, written: _drafted(call, written[0]))  # fmt: skip
def draft(call: Call) -> Answer:
    """A pack that is known already, to the byte of its content, is answered as it is (200)."""
    body = call.body
    made = packs.draft(call.context, document=body.get("document"), text=body.get("yaml"), statement=body.get("statement"), key=call.key)
    tried = {"tried": len(made.trials), "untested": trial.untested(made.pack, made.trials)}
    return _drafted(call, made.recorded, tried, status=201 if made.new else 200)


def _drafted(call: Call, recorded: Recorded, tried: Mapping[str, Any] | None = None, status: int = 201) -> Answer:
    details = recorded.body["details"]
    edition, found = packs.find(call.context, details["pack"], details["digest"])
    proof = {"proof": recorded.proof.document()} if recorded.proof else {}
    where = f"/v1/rule-packs/{details['pack']}?digest={details['digest']}"
    return Answer({**shown(edition, found, call.context), **(tried or {}), **proof}, status, {"Location": where})


@operation("GET", "/v1/rule-packs/{id}", permission="rules.read", tag=TAG, summary="One pack, whole", query=EditionQuery(),
           answer=PackAnswer(), name="get_rule_pack")  # fmt: skip
def get(call: Call) -> Answer:
    """The pack with its document, from which its digest is made; any edition of it by its digest."""
    edition, found = packs.find(call.context, call.path["id"], call.query.get("digest"))
    return Answer(shown(edition, found, call.context) | {"document": dict(edition.pack.document)})


@operation("GET", "/v1/rule-packs/{id}/diff", permission="rules.read", tag=TAG, summary="What differs between two editions of a pack",
           query=DiffQuery(), answer=DiffAnswer(), name="diff_rule_pack")  # fmt: skip
def diff(call: Call) -> Answer:
    """Rules added, removed, carried on and overridden, and each key of a rule that changed."""
    older, found = packs.find(call.context, call.path["id"], call.query.get("from_"))
    newer = packs.find(call.context, call.path["id"], call.query.get("to", found[-1].pack.digest))[0]
    return Answer(compare.differences(older.pack, newer.pack))


@operation("POST", "/v1/rule-packs/{id}/sign-off", permission="adoptions.write", tag=TAG, summary="Sign that a pack says what its sources say",
           body=EditionSignOff(), answer=record_answer(Evidence)(), writes=True, name="sign_off_rule_pack")  # fmt: skip
def sign_off(call: Call) -> Answer:
    """The second person's signature makes it count."""
    body = call.body
    recorded = adoptions.sign_off(call.context, call.path["id"], body["role"], body.get("statement"), body.get("digest"), key=call.key)
    return answered(call.context, recorded)


@operation("POST", "/v1/rule-packs/{id}/publish", permission="adoptions.write", tag=TAG, summary="Publish a signed edition of a pack",
           body=PublishRequest(), answer=record_answer(Evidence)(), writes=True, name="publish_rule_pack")  # fmt: skip
def publish(call: Call) -> Answer:
    """From its date on it is the edition to adopt; who has adopted an older one keeps it until two people adopt this one."""
    recorded = packs.publish(call.context, call.path["id"], call.body["digest"], call.body["effective"], key=call.key)
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


def shown(edition: Edition, found: Sequence[Edition], context: Context) -> dict[str, Any]:
    """A pack in one edition, with its rules and all its editions in short."""
    pack, now = edition.pack, context.now
    answer: dict[str, Any] = {
        "id": pack.id, "title": pack.title, "kind": pack.kind, "line": pack.line, "status": pack.document.get("status", "in_force"),
        **edition_of(edition, found, context),
        "rules": [rule_of(rule, pack, now) for rule in pack.rules] + [rule_of(rule, pack, now, carried=True) for rule in pack.carried],
        "editions": [edition_of(one, found, context) for one in found],
    }  # fmt: skip
    return answer | {key: pack.document[key] for key in ("term", "territories") if pack.document.get(key)}


def edition_of(edition: Edition, found: Sequence[Edition], context: Context) -> dict[str, Any]:
    """An edition in short: its digest and how far it has come."""
    state = packs.state(edition, found, context)
    told: dict[str, Any] = {"digest": edition.pack.digest, "state": state, "signed_off": edition.signed}
    if edition.record is None:
        return told | {"origin": "service"}
    first = edition.record
    told |= {"origin": "studio", "record": first.id}
    return told | {
        name: edition.details[name]
        for name in ("drafted_by", "published_by", "published_at", "effective", "statement")
        if name in edition.details
    }


def rule_of(rule: Any, pack: Pack, now: datetime, *, carried: bool = False) -> dict[str, Any]:
    """A rule in short."""
    told = {"id": rule["id"], "pack": pack.id, "mode": rule.get("mode", "blocking")}
    told |= {
        key: rule[key]
        for key in ("clause", "confidence", "summary", "source", "absolute", "note", "family", "grace_until")
        if rule.get(key)
    }
    told |= terms.of_rule(rule, pack, now)
    return told | ({"carried_from": str(pack.document["carries"])} if carried else {})
