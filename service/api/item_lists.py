"""Lists too long for a record: staged as NDJSON and answered with what a record names them by."""

from __future__ import annotations

from schemas.items import ItemQuery, Items, Overlaps
from schemas.parts import Blob
from schemas.records.model import ItemLine
from service import dataset_items, item_lists, overlaps
from service.api.operation import Answer, Call, operation, read_lines
from service.records import read


@operation("POST", "/v1/item-lists", permission="records.read", tag="item-lists", summary="Stage a list of up to 1,000,000 items",
           stream=item_lists.MEDIA_TYPE, line=ItemLine(), answer=Blob(), status=201, lane="bulk")  # fmt: skip
def post(call: Call) -> Answer:
    """Stage the lines, one item each; nothing is recorded until a record names the list by what is answered here, as in
    `{"name": "Look", "items": <the answer>}` for a dataset. Lines that say source and licence (and people, `[]` for nobody) need no parts there.
    """
    return Answer(item_lists.stage(read_lines(call.request), call.context.blobs).document())


@operation("GET", "/v1/datasets/{id}/items", permission="records.read", tag="datasets", summary="Items of a dataset, by their papers",
           query=ItemQuery(), answer=Items(), name="get_dataset_items", lane="bulk")  # fmt: skip
def get_items(call: Call) -> Answer:
    """The lines of its item list; those of a source, under a licence, with a person in them, or without a licence."""
    dataset = read.get(call.context, "dataset", call.path["id"], version=call.query.get("version"))
    sought = dataset_items.wanted(call.context, call.query)
    page = dataset_items.page(call.context, dataset, sought, cursor=call.query.get("cursor"), limit=call.query.get("limit", 100))
    return Answer({"items": page.items} | ({"next": page.cursor} if page.cursor else {}))


@operation("GET", "/v1/datasets/{id}/overlaps", permission="records.read", tag="datasets", summary="What of a dataset stands elsewhere too",
           answer=Overlaps(), name="get_dataset_overlaps", lane="bulk")  # fmt: skip
def get_overlaps(call: Call) -> Answer:
    """The same content in other datasets, sources and licences of the studio, or twice in this one; by SHA-256, what is under another licence first."""
    return Answer(overlaps.of(call.context, read.get(call.context, "dataset", call.path["id"])))
