"""How lineage, impact and rights are asked for and answered."""

from __future__ import annotations

from schemas.collections import Number
from schemas.fields import Body, Choice, Flag, PartialDate, Plain, Several, Text, Timestamp


class LineageQuery(Body):
    """Which way, how far, how many, from where on; `summary` leaves nodes and edges out and counts up to 50,000 of them."""

    direction = Choice("ancestors", "descendants")
    depth = Number(1, 200)
    limit = Number(1, 5_000)
    summary = Choice("true", "false")
    cursor = Text(60)


class ImpactQuery(Body):
    """How long a page of the worklist, and where it begins."""

    limit = Number(1, 5_000)
    cursor = Text(120)


class CertificateQuery(ImpactQuery):
    """Which certificate of that serial, until when it was trusted, and which page of the worklist."""

    issuer = Text(500, about="as the credential evidence names it after the signer; every issuer without it")
    trusted_until = PartialDate(metadata={"description": "leaves out what was surely signed before; everything is reached without it"})


class Node(Body):
    """A record of the graph."""

    id = Text(60, required=True)
    kind = Text(40, required=True)
    version = Plain()
    depth = Plain()
    label = Text()
    type = Text()
    state = Text()
    productions = Several(Text(60))
    hidden = Flag(about="outside the productions your key is limited to; shown by its kind alone")


class Edge(Body):
    """`from` rests on `to`."""

    older = Text(60, data_key="to", required=True)
    younger = Text(60, data_key="from", required=True)
    role = Text(60, required=True)
    version = Plain()
    grade = Text(40)


class LineageAnswer(Body):
    """A bounded graph, nearest first; `truncated` says that more lies beyond, and `next` is the cursor of the page after this one.

    Each page holds further nodes and the edges that end in them; `summary` counts all nodes up to here.
    """

    root = Text(60, required=True)
    direction = Text(20, required=True)
    summary = Plain(required=True)
    truncated = Flag(required=True)
    nodes = Plain()
    edges = Plain()


class ImpactAnswer(Body):
    """What the end of a grant reaches: complete counts, and a page of the worklist with owners, released first; `next` leads on."""

    root = Text(200, required=True, about="the record, or the serial of the certificate, that was asked about")
    total = Plain(required=True)
    new_use = Text(40)
    by_kind = Plain()
    by_production = Plain()
    by_territory = Plain()
    owners = Plain()
    items = Plain()
    dataset_items = Plain(
        about="of each dataset, how many items stand under it, and some by name; GET /v1/datasets/{id}/items has them all"
    )
    cut = Plain(
        about="the fewest edges to replace so that nothing made rests on this any more: a part taken out (older, younger), "
        "or works made again (older, uses); number counts them"
    )
    truncated = Flag()
    next = Text(120)


class RightsQuery(Body):
    """A use to be answered for; without one only what is left is told. Lists are written with commas."""

    at = Timestamp()
    media = Text(500)
    territories = Text(500)
    purposes = Text(200)
    productions = Text(500)
    languages = Text(200)
    start = Text(10)
    end = Text(10)


class RightsAnswer(Body):
    """What is left of all rights along the lineage, each step that narrowed them, and who limits what."""

    root = Text(60, required=True)
    effective = Plain(required=True)
    permits = Plain()
    limited_by = Plain()
    steps = Plain()
    truncated = Flag(required=True)
