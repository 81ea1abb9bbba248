"""Item lists: up to a million lines, one item each, staged to disk as a stream and known by digest, count and Merkle root.

Each line is validated and kept in canonical form, so that the same items in the same order are the same list, and one
line can be proved to be in it (RFC 6962 tree over the lines) without showing the others.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import orjson
from marshmallow import ValidationError

from schemas.fields import Text, Whole
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
_NAME, _SIZE = cast("Text", _LINE.fields["name"]), cast("Whole", _LINE.fields["bytes"])
_OWN = frozenset({"name", "bytes", "digests"})
_DIGEST = frozenset({"algorithm", "value"})
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
        told = orjson.loads(raw)
        return _swift(told) or encode(_LINE.load(told)) + b"\n"
    except orjson.JSONDecodeError as fault:
        raise errors.invalid(at, f"This line is not valid JSON: {fault.msg}.", "malformed_json") from None
    except ValidationError as fault:
        raise errors.Invalid("A line is not valid.", "invalid", field_errors(fault, at)) from None


def _swift(told: Any) -> bytes | None:
    """The canonical form of a line as a million others are: a name, a size, one SHA-256, and the papers of the lines before it.

    What differs from line to line is checked here, the papers by the schema, once for all lines that have them in common.
    None for any line that is not plainly of this form; the schema judges it, and words what is wrong.
    """
    if type(told) is not dict or not told.keys() >= _OWN:
        return None
    name, size, digests = told["name"], told["bytes"], told["digests"]
    if type(name) is not str or not (name.isprintable() and len(name) <= _NAME.most and name.strip()):
        return None
    if type(size) is not int or not _SIZE.least <= size <= _SIZE.most or type(digests) is not list or len(digests) != 1:
        return None
    digest = digests[0]
    if type(digest) is not dict or digest.keys() != _DIGEST or digest["algorithm"] != "sha256":
        return None
    if type(digest["value"]) is not str or not _SHA256.fullmatch(digest["value"]):
        return None
    if not _in_order(orjson.dumps({key: value for key, value in told.items() if key not in _OWN})):
        return None
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


@lru_cache(maxsize=4_096)
def _in_order(papers: bytes) -> bool:
    """Whether the schema takes these fields of a line as they are."""
    told = orjson.loads(papers)
    try:
        return bool(_LINE.load(told) == told and encode(told))
    except (ValidationError, errors.Problem):
        return False
