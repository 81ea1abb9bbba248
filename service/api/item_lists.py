"""Lists too long for a record: staged as NDJSON and answered with what a record names them by."""

from __future__ import annotations

from schemas.parts import Blob
from service import item_lists
from service.api.operation import Answer, Call, operation, read_lines


@operation("POST", "/v1/item-lists", permission="records.read", tag="item-lists", summary="Stage a list of up to 1,000,000 items",
           stream=item_lists.MEDIA_TYPE, answer=Blob(), status=201, lane="bulk")  # fmt: skip
def post(call: Call) -> Answer:
    """Stage the lines; nothing is recorded until a dataset, a source or an asset names the list."""
    return Answer(item_lists.stage(read_lines(call.request), call.context.blobs).document())
