"""Identifiers: `<prefix>_<uuid7>`, sortable by creation, made in Python so that no database needs a sequence.

The UUID is version 7 (RFC 9562 section 5.7), written as 26 characters of lower-case Crockford base32.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from threading import Lock

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PATTERN = re.compile(rf"[a-z]{{3}}_[0-7][{ALPHABET}]{{25}}")


class _Tails:
    """The 74 bits after the time: random, and greater than the one before within the same millisecond (RFC 9562 section 6.2, method 2).

    So records of one request sort in the order in which they were made.
    """

    def __init__(self) -> None:
        self._lock, self._time, self._tail = Lock(), -1, 0

    def next(self, milliseconds: int) -> int:
        with self._lock:
            # The first bit stays free, so that thousands of millions of steps fit behind whatever was drawn.
            tail = self._tail + 1 + secrets.randbits(32) if milliseconds == self._time else secrets.randbits(73)
            self._time, self._tail = milliseconds, tail & ((1 << 74) - 1)
            return self._tail


_TAILS = _Tails()


def new_id(prefix: str, now: datetime) -> str:
    """Return a fresh id whose time part is `now` in milliseconds."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    tail = _TAILS.next(milliseconds)
    value = milliseconds << 80 | 0x7 << 76 | tail >> 62 << 64 | 0b10 << 62 | tail & ((1 << 62) - 1)
    return f"{prefix}_{_base32(value)}"


def is_id(value: object, prefix: str | None = None) -> bool:
    """Tell whether `value` has the shape of an id, and of this prefix where one is given."""
    return isinstance(value, str) and bool(_PATTERN.fullmatch(value)) and (prefix is None or value[:3] == prefix)


def prefix_of(identifier: str) -> str:
    """Return the three letters that name the kind."""
    return identifier[:3]


def _base32(value: int) -> str:
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
