"""All digests of one content in one pass, and the two ways the world writes them down.

SHA-256 is the identity inside the service; C4 (SMPTE ST 2114) is the identity on film sets; SHA-1, MD5 and xxHash only
exist because packing lists and hash lists carry them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import xxhash

from service import errors

ALGORITHMS = ("sha256", "c4", "sha1", "md5", "xxh128")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_MEMBER = re.compile(r"\s*([a-z0-9-]+)=:([A-Za-z0-9+/]*={0,2}):\s*")


class Digests:
    """Feed it bytes once, read every digest at the end."""

    def __init__(self) -> None:
        """Start with no bytes seen."""
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._xxh128 = xxhash.xxh3_128()

    def update(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        for digest in (self._sha256, self._sha512, self._sha1, self._md5, self._xxh128):
            digest.update(chunk)

    def values(self) -> Mapping[str, str]:
        """Algorithm → value: lower-case hex, and the 90 characters of a C4 id."""
        return MappingProxyType(
            {
                "sha256": self._sha256.hexdigest(),
                "c4": c4_id(self._sha512.digest()),
                "sha1": self._sha1.hexdigest(),
                "md5": self._md5.hexdigest(),
                "xxh128": self._xxh128.hexdigest(),
            }
        )

    def check(self, content_digest: str) -> None:
        """Compare with a `Content-Digest` header; raises BadRequest when it differs or names nothing we can compute."""
        own = {"sha-256": self._sha256.digest(), "sha-512": self._sha512.digest()}
        for algorithm, value in parse_content_digest(content_digest).items():
            if not hmac.compare_digest(own[algorithm], value):
                raise errors.BadRequest(
                    f"The {algorithm} of the {self.size} bytes that arrived is not the one in Content-Digest; send the file again.",
                    "content_digest_mismatch",
                )


def parse_content_digest(header: str) -> dict[str, bytes]:
    """Read a `Content-Digest` (RFC 9530): algorithm → digest, only SHA-256 and SHA-512; the RFC deprecates the others.

    Raises BadRequest when the header is malformed or has neither.
    """
    found: dict[str, bytes] = {}
    for member in header.split(","):
        match = _MEMBER.fullmatch(member)
        if match is None:
            raise errors.BadRequest("Write Content-Digest as sha-256=:<base64>: (RFC 9530).", "malformed_content_digest")
        algorithm, text = match.groups()
        size = {"sha-256": 32, "sha-512": 64}.get(algorithm)
        if size is not None:
            found[algorithm] = _decode(algorithm, text, size)
    if not found:
        raise errors.BadRequest("Content-Digest names no algorithm checked here; use sha-256 or sha-512.", "malformed_content_digest")
    return found


def disagree(loaded: Sequence[Mapping[str, str]], registered: Sequence[Mapping[str, str]]) -> bool:
    """Tell whether two lists of digests of one thing (`algorithm`, `value`) can be compared, and agree in none; a prefix counts as such."""
    same = [
        other["value"].startswith(one["value"]) if one["algorithm"] == "sha256_prefix" else other["value"] == one["value"]
        for one in loaded
        for other in registered
        if other["algorithm"] == {"sha256_prefix": "sha256"}.get(one["algorithm"], one["algorithm"])
    ]
    return bool(same) and not any(same)


def content_digest(sha256: str) -> str:
    """The `Content-Digest` of content with this SHA-256 (hex)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def c4_id(sha512: bytes) -> str:
    """The C4 id of content with this SHA-512 (64 bytes): "c4" and 88 digits in base 58 (SMPTE ST 2114)."""
    value, digits = int.from_bytes(sha512, "big"), []
    while value:
        value, rest = divmod(value, 58)
        digits.append(_BASE58[rest])
    return "c4" + "".join(reversed(digits)).rjust(88, _BASE58[0])


def c4_sha512(c4: str) -> bytes:
    """The SHA-512 (64 bytes) behind a C4 id; ValueError for text that is none."""
    value = 0
    for digit in c4.removeprefix("c4"):
        value = value * 58 + _BASE58.index(digit)
    if len(c4) != 90 or value >> 512:
        raise ValueError("not a C4 id")
    return value.to_bytes(64, "big")


def _decode(algorithm: str, text: str, size: int) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error:
        value = b""
    if len(value) != size:
        raise errors.BadRequest(f"The {algorithm} in Content-Digest is not {size} bytes in base64.", "malformed_content_digest")
    return value
