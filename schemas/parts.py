"""Objects that many kinds share: digests, blobs, money, windows, outside ids, ranges, statements by people."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from marshmallow import ValidationError, pre_load, validates_schema

from schemas import dates, vocabulary
from schemas.fields import Body, Choice, Decimal, Flag, Nested, PartialDate, Several, Text, Web, Whole
from schemas.references import Reference

_HEX: Final = {"sha256": 64, "sha512": 128, "sha1": 40, "md5": 32, "xxh128": 32, "xxh3": 16, "xxh64": 16, "blake3": 64}
_C4: Final = re.compile(r"c4[1-9A-HJ-NP-Za-km-z]{88}")
_SHORT: Final = re.compile(r"[0-9a-f]{8,16}")
ALGORITHMS: Final = (*_HEX, "c4", "sha256_prefix")
PROVING: Final = frozenset({"sha256", "sha512", "blake3", "c4"})


class Digest(Body):
    """A digest of bytes. SHA-256 and C4 prove identity; SHA-1 only together with the size; MD5, xxHash and the
    truncated SHA-256 of some tools (`sha256_prefix`) only suggest a candidate. Hexadecimal is kept in lower case.
    """

    algorithm = Choice(*ALGORITHMS, required=True)
    value = Text(128, required=True)

    @pre_load
    def lower(self, data: Any, **_: Any) -> Any:
        """Keep hexadecimal in lower case, so that equal digests are equal text."""
        if isinstance(data, dict) and data.get("algorithm") != "c4" and isinstance(data.get("value"), str):
            return {**data, "value": data["value"].lower()}
        return data

    @validates_schema
    def form(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a value that the algorithm cannot have produced."""
        algorithm, value = data["algorithm"], data["value"]
        if algorithm in _HEX and not re.fullmatch(rf"[0-9a-f]{{{_HEX[algorithm]}}}", value):
            raise ValidationError({"value": [f"{algorithm} is written as {_HEX[algorithm]} hexadecimal digits."]})
        if algorithm == "c4" and not _C4.fullmatch(value):
            raise ValidationError({"value": ["A C4 id is c4 followed by 88 letters and digits of base 58."]})
        if algorithm == "sha256_prefix" and not _SHORT.fullmatch(value):
            raise ValidationError({"value": ["Write the first 8 to 16 hexadecimal digits of the SHA-256."]})


class Blob(Body):
    """Something large kept by its content: workflow graphs, raw answers, item lists, facts, findings.

    `bytes` is its size; `count` the number of lines of a list and `root` the Merkle root over them.
    """

    sha256 = Text(64, pattern=r"[0-9a-f]{64}", form="Write the SHA-256 as 64 lower-case hexadecimal digits.", required=True)
    bytes = Whole(required=True, about="size in bytes")
    count = Whole(about="number of lines of a list")
    root = Text(64, pattern=r"[0-9a-f]{64}", form="Write the Merkle root as 64 lower-case hexadecimal digits.")
    media_type = Text(100)


class Money(Body):
    """An amount as a decimal string with its currency (ISO 4217)."""

    amount = Decimal(required=True)
    currency = Text(3, pattern=r"[A-Z]{3}", form="Write the currency as three capitals, as in USD.", required=True)


class Window(Body):
    """From when to when, both ends included. A missing end is unknown; `perpetual: true` says that there is none."""

    start = PartialDate()
    end = PartialDate()
    perpetual = Flag(about="there is no end")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an end before the start, and an end of what has none."""
        ordered(data, "start", "end")
        if data.get("perpetual") and "end" in data:
            raise ValidationError({"perpetual": ["A window with an end is not perpetual; drop one of the two."]})


class Paydays(Body):
    """The ordinary paydays of a title or an engagement: one of them, and how far they lie apart.

    What rules want paid on the ordinary payday gets its day from them: a day of work from its date, a use from the release.
    """

    first = PartialDate(required=True, about="a payday, to the day; the others lie at that distance before and after it")
    every = Choice("week", "two_weeks", "month", required=True)
    days_after = Whole(about="so many days payroll needs: a day's work is paid on the first payday that lies at least as much later")

    @validates_schema
    def to_the_day(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a payday that is known to the month only."""
        if dates.precision(str(data["first"]["value"] if isinstance(data["first"], dict) else data["first"])) in ("year", "month"):
            raise ValidationError({"first": ["Write a day as in 2026-08-28."]})


class Identifier(Body):
    """An outside id: EIDR, ISRC, Ad-ID, the id of a tracker. A scope and value belong to one record of a kind in a studio."""

    scope = Text(100, required=True, about="eidr, isrc, ad_id, isni, shotgrid.version …")
    value = Text(500, required=True)


class FrameRange(Body):
    """A part of an asset, both ends included; frames, or seconds from the start."""

    first_frame = Whole()
    last_frame = Whole()
    start_seconds = Decimal()
    end_seconds = Decimal()
    region = Text(200, about="part of the picture, or the track, in words")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a range that ends before it starts, or has one end only."""
        together(data, "first_frame", "last_frame")
        together(data, "start_seconds", "end_seconds")
        if data.get("first_frame", 0) > data.get("last_frame", data.get("first_frame", 0)):
            raise ValidationError({"last_frame": ["The last frame lies before the first; swap them."]})
        if float(data.get("start_seconds", 0)) > float(data.get("end_seconds", data.get("start_seconds", 0))):
            raise ValidationError({"end_seconds": ["The end lies before the start; swap them."]})


class Word(Body):
    """On whose word a record stands, when that is not the account that recorded it."""

    party = Reference("party", role="on_word_of")
    document = Reference("document", role="on_word_of_document")
    system = Text(200, about="the program or service that said it, with its version")
    capacity = Choice(*vocabulary.SIGNING_ROLES)
    at = PartialDate()


class Signatory(Body):
    """Somebody who signed: who, as what, when."""

    party = Reference("party", role="signatory", required=True)
    role = Choice(*vocabulary.SIGNING_ROLES)
    at = PartialDate()
    position = Text(200, about="where on the paper the signature stands")


class Terms(Body):
    """The terms of a tool or model as read on a day: a snapshot, because vendors change their pages."""

    snapshot = Nested(Blob)
    document = Reference("document", role="terms")
    evidence = Reference("evidence", role="terms", pins=True)
    url = Web()
    read_at = PartialDate()
    contract = Text(200, about="contract number or name, where one stands above the public terms")
    plan_tier = Text(100)
    environment = Choice(*vocabulary.ENVIRONMENTS)
    trains_on_inputs = Flag()
    retention_days = Whole()
    window = Nested(Window)


def ordered(data: dict[str, Any], *names: str) -> None:
    """Raise at the later field when two given dates certainly stand in the wrong order; equal dates pass."""
    given = [name for name in names if name in data]
    for first, second in pairwise(given):
        if dates.surely_before(data[second], data[first]):
            raise ValidationError({second: [f"This lies before {first}; correct one of the two dates."]})


def together(data: dict[str, Any], *names: str) -> None:
    """Raise at each missing field when some of the named fields are given and others are not."""
    missing = [name for name in names if name not in data]
    if missing and len(missing) < len(names):
        raise ValidationError({name: [f"Give {' and '.join(names)} together, or none of them."] for name in missing})


def needs(data: dict[str, Any], name: str, because: str) -> None:
    """Raise at `name` when it is missing; `because` says what makes it necessary."""
    if name not in data:
        raise ValidationError({name: [f"This is required {because}; add it."]})


def digests(**more: Any) -> Several:
    """Return the field for the digests of one content; one value for each algorithm is for the records' own check."""
    return Several(Nested(Digest), most=20, **more)
