"""The bytes of an entry: canonical JSON (RFC 8785) under a narrow profile, and the hash of a leaf.

The profile: objects, arrays, strings, booleans, null and whole numbers below 2^53. No floats (amounts are decimal strings),
no NUL and no lone surrogates in text, keys within the basic plane, so that sorting by code point is the order that RFC 8785
asks for and a fast serialiser writes the same bytes as a slow, literal one.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import orjson

from service.errors import FieldError, Invalid, TooLarge

LIMIT = 65_535
"""The longest entry in bytes: C2SP tiles give an entry's length in 16 bits."""
DEPTH = 64

_INTEGER_LIMIT = 2**53
_BASIC_PLANE = "\uffff"


def encode(document: dict[str, Any]) -> bytes:
    """Return the canonical bytes of a document.

    Raises `Invalid` with a pointer for a value outside the profile, `TooLarge` above LIMIT bytes.
    """
    _check(document, "", 0)
    content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    if len(content) > LIMIT:
        raise TooLarge(
            f"The record takes {len(content)} bytes in the log; {LIMIT} is the most. Put long texts and lists into blobs and name them by digest.",
            "entry_too_large",
        )
    return content


def leaf_hash(content: bytes) -> bytes:
    """Return the RFC 6962 hash of a leaf: SHA-256 over a zero byte and the entry."""
    return sha256(b"\x00" + content).digest()


def _check(value: Any, pointer: str, depth: int) -> None:
    kind = type(value)
    if kind is str:
        _check_text(value, pointer)
    elif kind is dict:
        if depth == DEPTH:
            raise _invalid(pointer, f"Nested deeper than {DEPTH} levels; flatten it.")
        for key, inner in value.items():
            _check_key(key, pointer)
            _check(inner, f"{pointer}/{key}", depth + 1)
    elif kind is list or kind is tuple:
        if depth == DEPTH:
            raise _invalid(pointer, f"Nested deeper than {DEPTH} levels; flatten it.")
        for position, inner in enumerate(value):
            _check(inner, f"{pointer}/{position}", depth + 1)
    elif kind is int:
        if not -_INTEGER_LIMIT < value < _INTEGER_LIMIT:
            raise _invalid(pointer, "Whole numbers lie below 2^53; write a larger one as text.")
    elif value is not None and kind is not bool:
        raise _invalid(pointer, f"{kind.__name__} has no canonical form here; write numbers with a fraction as decimal text.")


def _check_text(value: str, pointer: str) -> None:
    if value.isascii():
        if "\x00" in value:
            raise _invalid(pointer, "Text cannot contain NUL (U+0000); remove it.")
        return
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _invalid(pointer, "Text cannot contain half of a surrogate pair; send well-formed Unicode.") from None
    if "\x00" in value:
        raise _invalid(pointer, "Text cannot contain NUL (U+0000); remove it.")


def _check_key(key: Any, pointer: str) -> None:
    if type(key) is not str:
        raise _invalid(pointer, "Names of members are text.")
    _check_text(key, pointer)
    if not key.isascii() and max(key) > _BASIC_PLANE:
        raise _invalid(pointer, "Names of members stay within the basic plane of Unicode (U+FFFF).")


def _invalid(pointer: str, message: str) -> Invalid:
    return Invalid("The record cannot be written in canonical form.", "not_canonical", (FieldError(pointer, message),))
