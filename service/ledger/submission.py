"""What a log sends to a witness (C2SP tlog-witness, add-checkpoint): the size it saw last, the proof of growth, the checkpoint."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from service.ledger.merkle import HASH_BYTES
from service.ledger.note import Malformed

PATH = "/add-checkpoint"
LINES_LIMIT = 63
_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})\n")
_HASH = re.compile(rb"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class Submission:
    """One request. `content` is the checkpoint as a signed note."""

    old: int
    proof: tuple[bytes, ...]
    content: bytes

    def body(self) -> bytes:
        """Return the request's body."""
        return b"old %d\n" % self.old + b"".join(base64.b64encode(each) + b"\n" for each in self.proof) + b"\n" + self.content


def parse(body: bytes) -> Submission:
    """Read a request's body; raises `Malformed`. The note is not looked at."""
    first = _OLD.match(body)
    head, empty, content = body.partition(b"\n\n")
    if first is None or not empty:
        raise Malformed("the body begins with the line `old` and a size, then come the proof, an empty line and the checkpoint")
    lines = head[first.end() :].split(b"\n") if len(head) >= first.end() else []
    if len(lines) > LINES_LIMIT or any(not _HASH.fullmatch(line) for line in lines):
        raise Malformed(f"the proof is up to {LINES_LIMIT} lines of {HASH_BYTES} bytes in base64")
    return Submission(int(first[1]), tuple(base64.b64decode(line) for line in lines), content)
