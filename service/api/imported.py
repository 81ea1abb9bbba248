"""The answer to a document that was imported: the record it became, and what was made with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service.api.operation import Answer, Call
from service.ingest.document import Imported
from service.records import read
from service.records.model import Recorded


def again(call: Call, written: Sequence[Recorded]) -> Answer:
    """What the same key imported before."""
    return answer(call, Imported(written[-1], tuple(written), found=False), {})


def answer(call: Call, done: Imported, told: Mapping[str, Any]) -> Answer:
    """201 with what was made, 200 where all of it was there before; `told` is what else there is to say of the document."""
    shown = read.disclose(call.context, [done.record])[0]
    body = {"id": done.record.id, "made": [each.id for each in done.made], "found": done.found, "record": shown.document(), **told}
    return Answer(body, 200 if done.found else 201, {"Location": f"/v1/{done.record.kind}s/{done.record.id}"})
