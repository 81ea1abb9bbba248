"""What erasing a person takes and answers."""

from __future__ import annotations

from marshmallow import fields

from schemas.fields import Body, Choice, Flag, Nested, Several, Text, Timestamp, Whole
from schemas.references import Reference

BASES = ("law", "contract_clause", "contract_silent", "court_order", "policy", "other")


class ErasureQuery(Body):
    """`dry_run=true` erases nothing and says what would go."""

    dry_run = fields.Boolean(error_messages={"invalid": "Write true or false."})


class ErasureRequest(Body):
    """Why somebody is erased; both may be left out. There is no room for their words here: these would stay."""

    basis = Choice(*BASES)
    document = Reference("document", about="the request or order, as a paper on record")


class ErasedRecord(Body):
    """A record with values about the person: how many, and at which pointers."""

    id = Text(60, required=True)
    values = Whole(required=True)
    pointers = Several(Text(500), required=True)


class HoldAnswer(Body):
    """A hold that stops the erasure, and its sentence."""

    id = Text(60, required=True)
    says = Text(1000, required=True)


class StaysAnswer(Body):
    """Something that was not erased: a stable code, a sentence, how many records, and the first of them."""

    code = Choice(
        "backups", "earlier_key", "copies", "plain", "in_clear", "same_person", "studio_values", "held_papers", "papers", "request", "media",
        required=True,
    )  # fmt: skip
    says = Text(1000, required=True)
    count = Whole(required=True)
    records = Several(Text(60), required=True)


class ErasureAnswer(Body):
    """What was done and what could not be; `erased` is false for a dry run, `repeated` true where it was done before."""

    party = Text(60, required=True)
    erased = Flag(required=True)
    repeated = Flag(required=True)
    says = Text(1000, required=True)
    event = Text(60, about="the event in the log that says so")
    erased_at = Timestamp()
    values = Whole(required=True)
    record_count = Whole(required=True)
    records = Several(Nested(ErasedRecord), required=True)
    papers = Several(Text(60), required=True, about="documents that went whole: title, notes and content; the first hundred")
    paper_count = Whole(required=True)
    sources = Whole(required=True, about="contents that went with them: of papers, and of the untouched sources of runs")
    plans = Whole(required=True, about="descriptions of planned subjects that decisions kept, under no key of the person")
    holds = Several(Nested(HoldAnswer), required=True)
    not_erased = Several(Nested(StaysAnswer), required=True)
