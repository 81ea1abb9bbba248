"""Who speaks for the log in a bundle: its keys and checkpoint, witnesses that cosigned it, authorities that stamped it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

import orjson

from service import errors
from service.bundles.members import Member, of_bytes
from service.context import Context
from service.ledger import anchors, cosignature, policy
from service.ledger.anchors import Stamped
from service.ledger.note import Checkpoint
from service.ledger.offline.signed import KEY, POLICY, SUCCESSIONS, WITNESS
from service.ledger.offline.stamped import STAMPS

NEWEST = 20
"""So many time-stamps travel along, and beside them the first ones that cover the entries of a selection."""
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def checkpoint(context: Context, size: int) -> bytes:
    """The signed note of the tree of `size`, with the cosignatures that there are; raises `Unavailable`."""
    content = context.ledger.checkpoint(context.conn, context.studio_id, size)
    if content is None:
        raise errors.Unavailable("The log's checkpoint cannot be signed now; `clearance ledger fsck` says why.", "log_damaged")
    return anchors.with_cosignatures(content, anchors.cosignatures(context.conn, context.studio_id, size))


def members(context: Context, size: int, newest: int) -> Iterator[Member]:
    """Yield keys, policy, and what witnesses and authorities said of this tree or of earlier ones; `newest` is the last entry's index."""
    keys = context.ledger.verifiers(context.studio_id)
    known = {each.name: cosignature.parse_cosigner(each.key) for each in anchors.anchors(context.conn, "witness", context.studio_id)}
    yield of_bytes(KEY, "".join(f"{key.text()}\n" for key in keys).encode())
    yield of_bytes(POLICY, policy.draft(keys, known, len(known)).encode())
    statements = context.ledger.successions(context.studio_id)
    if statements:
        yield of_bytes(SUCCESSIONS, orjson.dumps(statements))
    yield from _witnessed(context, size)
    yield from _stamped(context, size, newest)


def _witnessed(context: Context, size: int) -> Iterator[Member]:
    """The newest tree that witnesses have cosigned, where it is not that of the bundle."""
    seen = anchors.newest_cosigned(context.conn, context.studio_id)
    if seen is None or seen >= size or anchors.cosignatures(context.conn, context.studio_id, size):
        return
    yield of_bytes(f"{WITNESS}{seen}", checkpoint(context, seen))
    yield _consistency(context, WITNESS, seen, size)


def _stamped(context: Context, size: int, newest: int) -> Iterator[Member]:
    """Time-stamps with the text that each was made over, so that other tools can check them too."""
    found = {(one.size, one.name): one for one in _stamps(context, newest) if one.size <= size}
    origin = context.ledger.origin(context.studio_id)
    for stamped in {one.size: one for one in found.values()}.values():
        yield of_bytes(f"{STAMPS}{stamped.size}", Checkpoint(origin, stamped.size, stamped.root).text())
        if stamped.size < size:
            yield _consistency(context, STAMPS, stamped.size, size)
    for stamped in found.values():
        yield of_bytes(f"{STAMPS}{stamped.size}-{_file_name(stamped.name)}.tsr", stamped.response)
    for each in anchors.anchors(context.conn, "time_stamp", context.studio_id):
        yield of_bytes(f"{STAMPS}{_file_name(each.name)}.pem", each.key.encode())


def _stamps(context: Context, newest: int) -> Iterable[Stamped]:
    return [
        *anchors.stamps(context.conn, context.studio_id, limit=NEWEST),
        *anchors.first_stamp_over(context.conn, context.studio_id, newest + 1),
    ]


def _consistency(context: Context, directory: str, first: int, second: int) -> Member:
    path = context.ledger.consistency(context.conn, context.studio_id, first, second)
    return of_bytes(f"{directory}{first}.consistency", b"".join(base64.b64encode(node) + b"\n" for node in path))


def _file_name(name: str) -> str:
    return _UNSAFE.sub("_", name)
