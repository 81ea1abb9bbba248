"""Deliveries: taken in by asset ids or a hash list, asked about as a whole, packaged once they are released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from schemas.collections import record_answer
from schemas.deliveries import DeliveryOptions, DeliveryRequest, GateAnswer, GateRequest
from schemas.records.decision import Delivery
from service import errors
from service.api.operation import Answer, Call, load, operation, parse_json, read_json_bytes
from service.api.records import answered
from service.decisions import answer
from service.decisions.question import Question
from service.deliveries import gate, package, taking
from service.records import read
from service.records.model import Recorded
from service.version import VERSION

OPTIONS_LIMIT = 1 << 20
_OPTIONS, _REQUEST, _GATE = DeliveryOptions(), DeliveryRequest(), GateRequest()
_PARTS = {"options": _OPTIONS, "manifest": "the ASC MHL hash list", "chain": "the chain file that names the hash list"}


def _taken(call: Call, written: Sequence[Recorded]) -> Answer:
    """What the same key took in before."""
    return answered(call.context, written[-1], 201)


@operation("POST", "/v1/deliveries", permission="deliveries.write", tag="deliveries", summary="Take a delivery in",
           stream="multipart/form-data", instead=_REQUEST, parts=_PARTS, answer=record_answer(Delivery)(), status=201, writes=True, lane="bulk", name="create_delivery",
           replay=_taken)  # fmt: skip
def create(call: Call) -> Answer:
    """Asset ids as application/json, or `options` and an ASC MHL `manifest` (with its `chain`) as multipart/form-data."""
    if call.request.mimetype == "multipart/form-data":
        return answered(call.context, _of_manifest(call), 201)
    body = dict(load(_REQUEST, parse_json(read_json_bytes(call.request))))
    items = taking.of_assets(call.context, [str(name) for name in body.pop("assets")])
    return answered(call.context, taking.record(call.context, body, items, key=call.key), 201)


def _of_manifest(call: Call) -> Recorded:
    files, form = call.request.files, call.request.form
    strange = sorted((set(files) | set(form)) - {"options", "manifest", "chain"})
    if strange or "manifest" not in files:
        raise errors.invalid(f"/{strange[0] if strange else 'manifest'}", "The form takes options, manifest and chain.", "unknown_part")
    told = form["options"].encode() if "options" in form else files["options"].stream.read(OPTIONS_LIMIT) if "options" in files else b"{}"
    body: Mapping[str, Any] = load(_OPTIONS, parse_json(told))
    listed = taking.of_mhl(call.context, files["manifest"].stream, files["chain"].stream if "chain" in files else None)
    return taking.record(call.context, body, listed.items, listed, key=call.key)


def _gated(call: Call, written: Sequence[Recorded]) -> Answer:
    """The decision that stands, laid over the delivery's files."""
    told = answer.of_record(call.context, written[0], written[1:])
    delivery = read.get(call.context, "delivery", call.path["id"])
    items = taking.items_of(call.context, delivery)
    return Answer(_over(gate.laid_over(delivery, items, told["outcome"], told["causes"]), told), 201)


@operation("POST", "/v1/deliveries/{id}/gate", permission="decisions.write", tag="deliveries", summary="May this delivery go, there, then?",
           body=_GATE, answer=GateAnswer(), status=201, or_status=200, writes=True, lane="decision", name="gate_delivery",
           replay=_gated)  # fmt: skip
def ask(call: Call) -> Answer:
    """One decision over all its assets, laid over its files; a dry run (200) records nothing."""
    body = dict(call.body)
    at = datetime.fromisoformat(body.pop("at")) if "at" in body else None
    gated, decided = gate.gate(call.context, call.path["id"], Question(act=body.pop("act", "release"), at=at, **body), key=call.key)
    if decided.recorded is None:
        return Answer(_over(gated, {"dry_run": True, **answer.of_worked(call.context, decided.worked)}), 200)
    told = answer.of_record(call.context, decided.recorded, [*decided.reviews, *decided.obligations], decided.worked)
    return Answer(_over(gated, told), 201)


def _over(gated: gate.Gated, decision: Mapping[str, Any]) -> dict[str, Any]:
    """The decision as everywhere, with the files beside it and the worse outcome of both on top."""
    return {**decision, **gated.document(), "decided": decision["outcome"]}


@operation("POST", "/v1/deliveries/{id}/package", permission="deliveries.write", tag="deliveries", summary="The released delivery as one ZIP",
           produces="application/zip", lane="media", name="package_delivery")  # fmt: skip
def pack(call: Call) -> Answer:
    """Files (signed where they were signed here), sidecars, decision, release and proofs, and an ASC MHL over all of it."""
    built = package.build(call.context, call.path["id"], VERSION)
    name = f'attachment; filename="{call.path["id"]}.zip"'
    return Answer(package.pieces(built), headers={"Content-Disposition": name}, media_type="application/zip")
