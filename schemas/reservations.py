"""What an observation of reserved rights takes and answers: what somebody fetched, and what it says of a source."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas.fields import Body, Flag, Nested, Plain, Several, Text, Timestamp, Web, Whole
from schemas.ingest import AnyJson
from schemas.records.licence import OptOut
from schemas.references import Reference

_MOST_FIELDS = 200


class Headers(Plain):
    """Header fields of an answer: name → text, or a list of texts for a field that came several times."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, list[str]]:
        told = {name: [line] if isinstance(line, str) else line for name, line in value.items()} if isinstance(value, dict) else None
        if told is None or len(told) > _MOST_FIELDS or not all(_lines(lines) for lines in told.values()):
            raise ValidationError('Send at most 200 header fields by their names, as in {"tdm-reservation": "1"}.')
        return told


def _lines(lines: Any) -> bool:
    return isinstance(lines, list) and len(lines) <= _MOST_FIELDS and all(isinstance(line, str) and len(line) <= 10_000 for line in lines)


class ObservationOptions(Body):
    """Where and when something was fetched: the `options` part beside the file, or the whole body where only an answer's head is known."""

    url = Web(required=True, about="the address from which it was fetched")
    fetched_at = Timestamp(required=True, about="when")
    about = Web(about="the address of the work, else the source's url; a folder ends in a slash")
    status = Whole(100, 599, about="the status of the answer, where it was not 200: 404 says that there is nothing")
    headers = Headers(about="header fields of the answer")
    by = Reference("party", about="who looked")


class ObservationRequest(ObservationOptions):
    """The JSON form, without a file."""

    @validates_schema
    def something(self, data: dict[str, Any], **_: Any) -> None:
        """There is something to read."""
        if not data.keys() & {"status", "headers"}:
            raise ValidationError({"headers": ["Send headers or status, or the file itself as multipart/form-data."]})


class ObservationAnswer(Body):
    """What was observed: `found` is true when the source knew all of it, and then nothing was written."""

    id = Text(60, required=True)
    version = Whole(required=True)
    found = Flag(required=True)
    observations = Several(Nested(OptOut), most=100, required=True)
    record = AnyJson(about="the source as GET answers it")


class Crosswalk(Body):
    """The words of the standards against our permissions; it loses something in every row, and says what."""

    version = Text(20, required=True)
    lossy = Flag(required=True)
    systems = AnyJson(about="each standard: title, version read, where it stands, what is lost")
    permissions = AnyJson(about="each permission: the words that speak of it, and how well each fits")
    merging = Several(Text(300), about="which of several statements counts")
