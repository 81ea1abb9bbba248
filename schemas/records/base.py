"""What is common to every record: whose eyes may see it, how the outside calls it, and on whose word it stands."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema
from marshmallow.fields import Field

from schemas import vocabulary
from schemas.fields import Body, Choice, Encrypted, Nested, Several, Text
from schemas.parts import Identifier, Word
from schemas.references import Reference


class Record(Body):
    """The fields of every kind.

    `productions` and `confidentiality` decide who may read the record (access by title cannot be added to a log later);
    `grade` is the evidence grade of the whole: asserted by a person, imported from a file, confirmed by the provider,
    signed, or verified by us. Who recorded it, and when, stands in the entry around the body.
    """

    productions = Several(Reference("production", role="production"), about="the titles this record belongs to; [] is studio-wide")
    confidentiality = Choice(*vocabulary.CONFIDENTIALITY)
    identifiers = Several(Nested(Identifier), most=100)
    on_word_of = Nested(Word)
    grade = Choice(*vocabulary.GRADES)
    notes: Field[Any] = Encrypted(
        Text(4000),
        about="free notes; under the key of the person whom the record is about, else under the studio's; counsel's reasons have fields of their own",
    )  # fmt: skip

    @validates_schema
    def identifiers_once(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse the same outside id twice."""
        given = [(item["scope"], item["value"]) for item in data.get("identifiers", [])]
        for place, pair in enumerate(given):
            if pair in given[:place]:
                raise ValidationError({"identifiers": {place: ["This outside id stands in the list twice; remove one."]}})
