"""Identifiers: `<prefix>_<uuid7>`, sortable by creation, made in Python so that no database needs a sequence.

The UUID is version 7 (RFC 9562 section 5.7), written as 26 characters of lower-case Crockford base32.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PATTERN = re.compile(rf"[a-z]{{3}}_[0-7][{ALPHABET}]{{25}}")


def new_id(prefix: str, now: datetime) -> str:
    """Return a fresh id whose time part is `now` in milliseconds."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return f"{prefix}_{_base32(value)}"


def is_id(value: object, prefix: str | None = None) -> bool:
    """Tell whether `value` has the shape of an id, and of this prefix where one is given."""
    return isinstance(value, str) and bool(_PATTERN.fullmatch(value)) and (prefix is None or value[:3] == prefix)


def prefix_of(identifier: str) -> str:
    """Return the three letters that name the kind."""
    return identifier[:3]


def _base32(value: int) -> str:
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
