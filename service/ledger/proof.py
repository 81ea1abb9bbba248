"""One file that proves one entry (C2SP tlog-proof): its place, its path to the root, and the signed checkpoint, in text.

Pure, with the standard library and `merkle` alone, so that the offline verifier can carry it along. The extra data here is the
entry itself: the file needs nothing beside it. It is not authenticated as such; hashing it is what proves it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.ledger.merkle import HASH_BYTES

FIRST_LINE = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


class BadProof(ValueError):
    """The text is not a proof of this form."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry (where it is carried along), its index, its inclusion path lowest hash first, and the checkpoint as a signed note."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def content(self) -> bytes:
        """Return the file."""
        lines = [FIRST_LINE, *([f"extra {_text(self.extra)}"] if self.extra is not None else []), f"index {self.index}"]
        return "\n".join([*lines, *map(_text, self.path), "", ""]).encode() + self.checkpoint


def prove(index: int, path: Sequence[bytes], checkpoint: bytes, entry: bytes) -> bytes:
    """Return the file that proves an entry."""
    return Proof(index, tuple(path), checkpoint, entry).content()


def parse(content: bytes) -> Proof:
    """Read a proof; raises `BadProof`. Nothing is verified."""
    head, empty, checkpoint = content.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadProof("the lines before the checkpoint are ASCII") from None
    if not empty or lines[0] != FIRST_LINE:
        raise BadProof(f"the file begins with {FIRST_LINE}, and an empty line stands before the checkpoint")
    extra = _decoded(lines.pop(1)[6:]) if len(lines) > 1 and lines[1].startswith("extra ") else None
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    path = tuple(_decoded(line) for line in lines[2:])
    if index is None or any(len(node) != HASH_BYTES for node in path):
        raise BadProof("behind the first line come the index, then hashes of 32 bytes")
    return Proof(int(index[1]), path, checkpoint, extra)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadProof("what is encoded is encoded in base64") from None
