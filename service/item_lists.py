"""Item lists: up to a million lines, one item each, staged to disk as a stream and known by digest, count and Merkle root.

Each line is validated and kept in canonical form, so that the same items in the same order are the same list, and one
line can be proved to be in it (RFC 6962 tree over the lines) without showing the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from marshmallow import ValidationError

from schemas.records.model import ItemLine
from service import errors
from service.content.store import Store
from service.ledger.entry import encode, leaf_hash
from service.ledger.merkle import Growth
from service.records.write import field_errors

MEDIA_TYPE = "application/x-ndjson"
LIMIT = 1_000_000
_CHUNK = 4_096
_LINE = ItemLine()


@dataclass(frozen=True, slots=True)
class ItemList:
    """A staged list, as a dataset or an asset names it."""

    sha256: str
    bytes: int
    count: int
    root: str

    def document(self) -> dict[str, Any]:
        """Return the blob reference of the list."""
        return {"sha256": self.sha256, "bytes": self.bytes, "count": self.count, "root": self.root, "media_type": MEDIA_TYPE}


def stage(lines: Iterable[tuple[int, bytes]], blobs: Store) -> ItemList:
    """Read (line number, JSON) pairs to the end and store the list; a bad line is named and nothing is kept."""
    digest, size, count = hashlib.sha256(), 0, 0
    frontier: tuple[bytes, ...] = ()
    leaves: list[bytes] = []
    with blobs.stage() as file:
        for number, raw in lines:
            line = _canonical(number, raw)
            file.write(line)
            digest.update(line)
            size += len(line)
            leaves.append(leaf_hash(line))
            if len(leaves) == _CHUNK:
                frontier, count, leaves = Growth(count, frontier, leaves).frontier, count + len(leaves), []
            if count + len(leaves) > LIMIT:
                raise errors.TooLarge(f"An item list holds up to {LIMIT} lines; split it into parts.", "list_too_long")
        grown = Growth(count, frontier, leaves)
        if not grown.size:
            raise errors.invalid("", "Send at least one line.", "empty_list")
        blobs.adopt(file, digest.hexdigest())
    return ItemList(digest.hexdigest(), size, grown.size, grown.root.hex())


def _canonical(number: int, raw: bytes) -> bytes:
    at = f"/lines/{number}"
    try:
        return encode(_LINE.load(orjson.loads(raw))) + b"\n"
    except orjson.JSONDecodeError as fault:
        raise errors.invalid(at, f"This line is not valid JSON: {fault.msg}.", "malformed_json") from None
    except ValidationError as fault:
        raise errors.Invalid("A line is not valid.", "invalid", field_errors(fault, at)) from None
