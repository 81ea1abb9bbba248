"""How deliveries are taken in, asked about and answered."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.decisions import DecisionAnswer
from schemas.fields import Body, Choice, Flag, Nested, PartialDate, Plain, Several, Text, Timestamp
from schemas.records.base import Record
from schemas.records.production import Intent
from schemas.references import Reference


class DeliveryOptions(Record):
    """What is told about a delivery beside its files."""

    name = Text(280, required=True)
    production = Reference("production")
    recipients = Several(Reference("party", role="recipient"), most=100)
    profile = Text(100, about="the intent profile of the production that it is gated with")
    intent = Nested(Intent)
    stage = Choice("publish", "farm", "conform", "delivery")
    due_at = PartialDate()


class DeliveryRequest(DeliveryOptions):
    """A delivery that names its assets. One that comes as a hash list is sent as multipart/form-data: `options`, `manifest`, `chain`."""

    assets = Several(Reference("asset"), most=10_000, required=True)

    @validates_schema
    def some(self, data: dict[str, Any], **_: Any) -> None:
        """There is something to deliver."""
        if not data["assets"]:
            raise ValidationError({"assets": ["A delivery has at least one asset."]})


class GateRequest(Body):
    """What is asked about the delivery; without intent and profile its own are used, then the production's default."""

    act = Choice(*vocabulary.ACTS)
    at = Timestamp()
    production = Reference("production")
    intent = Nested(Intent)
    profile = Text(100)
    ahead = Flag()
    dry_run = Flag()


class GateAnswer(DecisionAnswer):
    """The decision about the delivery with what holds for its files; `outcome` is the worse of both."""

    delivery = Text(60, required=True)
    decided = Choice(*vocabulary.OUTCOMES, about="the outcome of the decision alone, without the files that no asset matches")
    files = Plain(about="how many files there are")
    by_state = Plain(about="matched, weak, unknown, failed, missing → number of files")
    by_outcome = Plain()
    held = Plain(about="the files that are blocked or to be reviewed, up to 1,000")
    held_total = Plain()
    remarks = Plain(about="what a person must know before relying on the hash list")
