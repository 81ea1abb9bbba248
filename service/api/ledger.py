"""The log of a studio, for whoever wants to check it: checkpoint, entries, inclusion and consistency proofs (C2SP, RFC 6962)."""

from __future__ import annotations

import base64
import gzip
from hashlib import sha256

from schemas.anchors import CheckpointQuery
from schemas.collections import ProofAnswer
from schemas.ledger import ConsistencyAnswer, ConsistencyQuery, EntriesAnswer, EntriesQuery, KeyAnswer, ProofQuery
from service import errors
from service.api.operation import Answer, Call, operation
from service.context import Actor
from service.ledger import tile as tile_paths
from service.ledger import tiles, witnessing
from service.ledger.entry import leaf_hash

TAG = "ledger"
KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}
"""A tile never changes; but it is this studio's, so no cache that others read from may keep it."""
FRESH = {"Cache-Control": "private, no-cache"}


@operation(
    "GET",
    "/v1/ledger/checkpoint",
    permission="ledger.read",
    tag=TAG,
    summary="The newest signed checkpoint (C2SP signed note), with the cosignatures of witnesses",
    query=CheckpointQuery(),
    produces="text/plain; charset=utf-8",
)
def checkpoint(call: Call) -> Answer:
    """Answer the note; 404 before the first entry, 304 where `If-None-Match` names the newest.

    `witnessed=true`, or `witnesses` with a number, asks for the newest one that so many witnesses have cosigned, which may be a
    moment behind the log.
    """
    least = call.query.get("witnesses", 1 if call.query.get("witnessed") == "true" else 0)
    note = witnessing.checkpoint(call.context.ledger, call.context.conn, call.context.studio_id, least)
    if note is None and least:
        raise errors.NotFound(f"No checkpoint is cosigned by {least} witnesses yet; GET /v1/ledger/witnesses says why.", "not_witnessed")
    if note is None:
        raise errors.NotFound("Nothing has been recorded in this studio yet, so there is no checkpoint.", "empty_log")
    return _tagged(call, note, "text/plain; charset=utf-8", FRESH)


@operation(
    "GET",
    "/v1/ledger/tile/{path}",
    permission="ledger.read",
    tag=TAG,
    summary="A tile of the tree or a bundle of entries (C2SP tlog-tiles)",
    produces="application/octet-stream",
)
def tile(call: Call) -> Answer:
    """Answer `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`: 256 hashes or entries, `W` of them where the log has no more; 404 beyond it.

    The address of the log, as C2SP tools ask for it, ends before `/tile`; beside it lies `checkpoint`.
    """
    context = call.context
    named = tile_paths.parse(call.path["path"])
    head = context.ledger.head(context.conn, context.studio_id)
    if named is None or head is None or named.needs > head.size:
        raise errors.NotFound(
            "There is no such tile. Paths are <L>/<N> or entries/<N>, N in elements like x001/x234/067, with .p/<W> while it is not full;"
            " the checkpoint says how far the log goes.",
            "no_tile",
        )
    if named.level is None:
        _require_all_productions(context.actor)
    try:
        content = tiles.read(context.conn, context.studio_id, named)
    except LookupError as fault:
        raise errors.Unavailable("The log has a hole there; `clearance ledger fsck` names it.", "log_damaged") from fault
    return _tagged(call, content, "application/octet-stream", KEPT, compress=named.level is None)


def _tagged(call: Call, content: bytes, media_type: str, caching: dict[str, str], *, compress: bool = False) -> Answer:
    """Answer content with its digest as the ETag, or 304 to who has it; compressed where that is worth it and asked for."""
    squeezed = compress and call.request.accept_encodings["gzip"] > 0
    tag = sha256(content).hexdigest()[:32] + ("-gzip" if squeezed else "")
    headers = {**caching, "ETag": f'"{tag}"'} | ({"Vary": "Accept-Encoding"} if compress else {})
    if call.request.if_none_match.contains_weak(tag):
        return Answer(b"", 304, headers, media_type)
    if squeezed:
        return Answer(gzip.compress(content, 6, mtime=0), 200, {**headers, "Content-Encoding": "gzip"}, media_type)
    return Answer(content, 200, headers, media_type)


def _require_all_productions(actor: Actor) -> None:
    """Refuse bytes of every title to a key that is limited to some."""
    if actor.productions is not None:
        raise errors.Forbidden(
            "The entries of the log are those of every production, and your key is limited to some. Ask for a bundle of a production instead.",
            "outside_productions",
        )


@operation(
    "GET",
    "/v1/ledger/key",
    permission="ledger.read",
    tag=TAG,
    summary="The key that signs checkpoints (C2SP verifier key)",
    answer=KeyAnswer(),
)
def key(call: Call) -> Answer:
    """Answer the key under the log's name; whoever checks the log keeps it from the first time on, and follows `successions`."""
    ledger, studio_id = call.context.ledger, call.context.studio_id
    keys = [each.text() for each in ledger.verifiers(studio_id)]
    return Answer({"key": keys[0], "keys": keys, "successions": ledger.successions(studio_id)})


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
    _require_all_productions(call.context.actor)
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
