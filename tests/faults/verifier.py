"""A verifier that shares nothing with the service: SHA-256, the tree of RFC 6962, Ed25519 notes, and counting."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.faults.table import Row


class Acknowledged(NamedTuple):
    """What somebody was told: the entry with this token stands at this index, in the tree of this size and root."""

    token: str
    index: int
    checkpoint: bytes


class Signed(NamedTuple):
    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Found:
    """What is in a log now: indices and exact bytes."""

    entries: list[tuple[int, bytes]]

    @property
    def gaps(self) -> int:
        return sum(index != place for place, (index, _) in enumerate(self.entries))

    def roots(self) -> list[bytes]:
        """The root of every tree that the log has been; the one of size n is at n - 1."""
        stack: list[tuple[int, bytes]] = []
        found = []
        for number, (_, content) in enumerate(self.entries):
            height, node = 0, hashlib.sha256(b"\0" + content).digest()
            while number >> height & 1:
                node, height = hashlib.sha256(b"\1" + stack.pop()[1] + node).digest(), height + 1
            stack.append((height, node))
            root = stack[-1][1]
            for _, left in reversed(stack[:-1]):
                root = hashlib.sha256(b"\1" + left + root).digest()
            found.append(root)
        return found


def read(url: str, studio: str) -> Found:
    """Read a log past the service."""
    with psycopg.connect(url) as conn:
        rows = conn.execute("SELECT index, bytes FROM entry WHERE studio_id = %s ORDER BY index", [studio]).fetchall()
    return Found([(index, bytes(content)) for index, content in rows])


def opened(content: bytes, public: bytes | None = None) -> Signed:
    """Read a signed note and, given the key, check its signature."""
    text, _, signatures = content.partition(b"\n\n")
    origin, size, root = text.decode().split("\n")[:3]
    if public is not None:
        lines = [base64.b64decode(line.split(" ")[2]) for line in signatures.decode().splitlines() if line]
        if not any(_is_good(public, line[4:], text + b"\n") for line in lines):
            raise InvalidSignature
    return Signed(origin, int(size), base64.b64decode(root))


def _is_good(public: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def judge(row: Row, found: Found, acknowledged: Iterable[Acknowledged], tokens: Sequence[str] = (), public: bytes | None = None) -> None:
    """Count into the row what was acknowledged and is not so. `tokens` are all that were ever sent."""
    acknowledged = list(acknowledged)
    by_index, roots = dict(found.entries), found.roots()
    row.acknowledged += len(acknowledged)
    row.lost += sum(each.token.encode() not in by_index.get(each.index, b"") for each in acknowledged)
    told = {(signed.size, signed.root) for each in acknowledged if each.checkpoint for signed in [opened(each.checkpoint, public)]}
    row.forks += sum(size > len(roots) or roots[size - 1] != root for size, root in told)
    row.gaps += found.gaps
    row.duplicated += _doubled(found, {each.token for each in acknowledged} | set(tokens))


def _doubled(found: Found, wanted: set[str]) -> int:
    """Count how often one of the tokens stands in more than one entry."""
    seen = Counter(token for _, content in found.entries for token in tokens(content) if token in wanted)
    return sum(count - 1 for count in seen.values())


def tokens(content: bytes) -> list[str]:
    """The token that the harness has put into an entry."""
    start = content.find(b"token-")
    return [content[start : start + 42].decode()] if start >= 0 else []
