"""The log of a studio, for whoever wants to check it: checkpoint, entries, inclusion and consistency proofs (C2SP, RFC 6962)."""

from __future__ import annotations

import base64

from schemas.collections import ProofAnswer
from schemas.ledger import ConsistencyAnswer, ConsistencyQuery, EntriesAnswer, EntriesQuery, KeyAnswer, ProofQuery
from service import errors
from service.api.operation import Answer, Call, operation
from service.ledger.entry import leaf_hash

TAG = "ledger"
ENTRIES_LIMIT = 1_000


@operation(
    "GET",
    "/v1/ledger/checkpoint",
    permission="ledger.read",
    tag=TAG,
    summary="The newest signed checkpoint (C2SP signed note)",
    produces="text/plain; charset=utf-8",
)
def checkpoint(call: Call) -> Answer:
    """Answer the note; 404 before the first entry."""
    note = call.context.ledger.checkpoint(call.context.conn, call.context.studio_id)
    if note is None:
        raise errors.NotFound("Nothing has been recorded in this studio yet, so there is no checkpoint.", "empty_log")
    return Answer(note, media_type="text/plain; charset=utf-8")


@operation(
    "GET",
    "/v1/ledger/key",
    permission="ledger.read",
    tag=TAG,
    summary="The key that signs checkpoints (C2SP verifier key)",
    answer=KeyAnswer(),
)
def key(call: Call) -> Answer:
    """Answer the key under the log's name; whoever checks the log keeps it from the first time on."""
    return Answer({"key": call.context.ledger.verifier(call.context.studio_id).text()})


@operation(
    "GET",
    "/v1/ledger/entries",
    permission="ledger.read",
    tag=TAG,
    summary="The exact bytes of entries, in log order",
    query=EntriesQuery(),
    answer=EntriesAnswer(),
)
def entries(call: Call) -> Answer:
    """Answer up to `limit` entries from index `start`; `bytes` is base64 of what was hashed."""
    start, limit = call.query.get("start", 0), call.query.get("limit", 100)
    rows = call.context.conn.execute(
        "SELECT index, bytes FROM entry WHERE studio_id = %s AND index >= %s AND index < %s ORDER BY index",
        (call.context.studio_id, start, start + limit),
    ).fetchall()
    items = [{"index": index, "bytes": base64.b64encode(raw).decode(), "leaf": leaf_hash(raw).hex()} for index, raw in rows]
    return Answer({"items": items} | ({"next": start + len(items)} if len(items) == limit else {}))


@operation(
    "GET",
    "/v1/ledger/proof",
    permission="ledger.read",
    tag=TAG,
    summary="Inclusion of one entry in the tree of a size",
    query=ProofQuery(),
    answer=ProofAnswer(),
)
def proof(call: Call) -> Answer:
    """Answer the path for `index` in the tree of `size` (the newest unless told), with that tree's checkpoint."""
    size = _size(call, call.query.get("size"))
    index = call.query["index"]
    if index >= size:
        raise errors.invalid("/query/index", f"A tree of size {size} holds the indices 0 to {size - 1}.")
    context = call.context
    path = context.ledger.inclusion(context.conn, context.studio_id, index, size)
    row = context.conn.execute("SELECT bytes FROM entry WHERE studio_id = %s AND index = %s", (context.studio_id, index)).fetchone()
    if row is None:
        raise errors.NotFound("There is no such entry.", "not_found")
    note = context.ledger.checkpoint(context.conn, context.studio_id, size)
    return Answer(
        {"index": index, "size": size, "leaf": leaf_hash(row[0]).hex(), "path": [node.hex() for node in path]}
        | ({"checkpoint": note.decode()} if note else {})
    )


@operation(
    "GET",
    "/v1/ledger/consistency",
    permission="ledger.read",
    tag=TAG,
    summary="That one tree is the beginning of another",
    query=ConsistencyQuery(),
    answer=ConsistencyAnswer(),
)
def consistency(call: Call) -> Answer:
    """Answer the path between the trees of size `first` and `second` (the newest unless told)."""
    second = _size(call, call.query.get("second"))
    first = call.query["first"]
    if not 0 < first <= second:
        raise errors.invalid("/query/first", f"Give a size from 1 to {second}.")
    path = call.context.ledger.consistency(call.context.conn, call.context.studio_id, first, second)
    return Answer({"first": first, "second": second, "path": [node.hex() for node in path]})


def _size(call: Call, wanted: int | None) -> int:
    head = call.context.ledger.head(call.context.conn, call.context.studio_id)
    newest = head.size if head else 0
    if wanted is None:
        return newest
    if wanted > newest:
        raise errors.invalid("/query/size", f"The log holds {newest} entries.")
    return wanted
