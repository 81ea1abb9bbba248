"""Signed papers: the bytes are encrypted in the store, the digest stands in the log."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import validates_schema

from schemas.fields import Body, Choice, Erasable, Flag, Language, Nested, PartialDate, Several, Text, Whole
from schemas.parts import Blob, Signatory, digests, ordered
from schemas.records.base import Record
from schemas.references import Reference

TYPES: Final = (
    "contract", "rider", "deal_memo", "licence", "letter", "email", "notice", "memo", "court_order", "authority", "terms",
    "certificate", "voucher", "invoice", "payroll", "release_form", "script", "call_sheet", "policy", "minutes", "report", "web_page",
    "identity", "other",
)  # fmt: skip


class ClauseAt(Body):
    """A clause of the paper and the page it stands on."""

    number = Text(100, required=True)
    title = Text(300)
    page = Whole(1)


class Document(Record):
    """A paper: its digest, its pages and clauses to point at, who signed. The bytes are optional, as for an asset.

    Title, notes and content lie under a key of the document's own, which goes with the person that the paper is about.
    """

    title = Erasable(Text(300, required=True), subject="self")
    type = Choice(*TYPES)
    content = Nested(Blob)
    digests = digests()
    media_type = Text(100)
    pages = Whole()
    language = Language()
    dated = PartialDate()
    signed_at = PartialDate()
    signatures = Several(Nested(Signatory), most=50)
    clauses = Several(Nested(ClauseAt), most=400)
    received_at = PartialDate()
    received_from = Reference("party", role="received_from")
    privileged = Flag(about="counsel's paper, shown only with the permission for it")
    draft = Flag()
    supersedes = Reference("document", role="supersedes")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """A paper is received after it is signed."""
        ordered(data, "signed_at", "received_at")
