"""How records are asked for in the forms of other standards, and what an import of a policy answers."""

from __future__ import annotations

from schemas.collections import Number
from schemas.fields import Body, Choice, Flag, Nested, Several, Text
from schemas.ingest import AnyJson
from schemas.references import Reference

_NAMED = "true names persons too, where your key may read their names; organisations are always named"


class ExportQuery(Body):
    """Whether persons are named."""

    names = Choice("true", "false", about=_NAMED)


class LicenceExportQuery(Body):
    """Which version, and whether persons are named."""

    version = Number(1, 10**9)
    names = Choice("true", "false", about=_NAMED)


class ProvQuery(Body):
    """Which way, how far and how many records; a longer lineage is cut, and the document says so."""

    direction = Choice("ancestors", "descendants")
    depth = Number(1, 200)
    limit = Number(1, 50_000)
    names = Choice("true", "false", about=_NAMED)


class BillQuery(Body):
    """How many records at most, and which version of CycloneDX."""

    limit = Number(1, 20_000)
    spec = Choice("1.7", "1.6")
    names = Choice("true", "false", about=_NAMED)


class PolicyQuery(Body):
    """How an ODRL policy is read."""

    dry_run = Choice("true", "false", about="true answers the draft and writes nothing")
    agreed = Choice("true", "false", about="true is your statement that a policy which is no Agreement by its type has been agreed to")
    production = Reference("production", about="the title that the new records belong to")


class PolicyRemark(Body):
    """Something of the policy that the draft does not take over, or that a person has to look at."""

    pointer = Text(300, required=True, about="where in the policy")
    says = Text(1000, required=True)


class PolicyAnswer(Body):
    """The licence that was read; `found` is true when it was there before, and then nothing was written."""

    id = Text(60, about="absent on a dry run")
    made = Several(Text(60), about="ids of all records that this import wrote")
    found = Flag(required=True)
    agreed = Flag(about="whether the policy was taken as agreed to, by its type or by your statement")
    draft = AnyJson(about="the licence as read; references that are still to be found or made stand by their addresses")
    unread = Several(Nested(PolicyRemark), about="what was not taken over, and why")
    record = AnyJson(about="the licence as GET answers it")
