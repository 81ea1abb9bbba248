"""Whom we trust, and how the media library is told: trust lists with a version, and one set of settings per purpose.

A list is a name, a kind (`manifest` for signers of claims, `tsa` for time-stamps) and certificates in PEM. Its URI holds the
digest of its content, so that a verdict says under which edition of the list it was given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PURPOSES = "1.3.6.1.4.1.62558.2.1\n1.3.6.1.5.5.7.3.36"  # claim signing (C2PA), document signing (RFC 9336)
_MANIFEST_MEBIBYTES = 8
_SPILL_MEBIBYTES = 32
_MERKLE_KIBIBYTES = 1024
MERKLE_FROM = 64 << 20


@dataclass(frozen=True, slots=True)
class TrustList:
    """Certificates that make a signer trusted (`manifest`) or a time-stamp (`tsa`)."""

    name: str
    kind: str
    pem: str

    @property
    def uri(self) -> str:
        """The name of exactly this edition."""
        return f"urn:clearance:trust:{self.name}:{hashlib.sha256(self.pem.encode()).hexdigest()[:16]}"


def own(anchor: str) -> TrustList:
    """The list that holds only our own authority."""
    return TrustList("own", "manifest", anchor)


def installed(directory: Path) -> list[TrustList]:
    """Further lists an administrator put into a directory as `<name>.manifest.pem` and `<name>.tsa.pem`, by name."""
    found = []
    for path in sorted(directory.glob("*.pem")):
        name, _, kind = path.stem.rpartition(".")
        if name and kind in {"manifest", "tsa"}:
            found.append(TrustList(name, kind, path.read_text(encoding="ascii")))
    return found


def settings(lists: Iterable[TrustList], *, merkle: bool = False) -> dict[str, Any]:
    """The library's settings: these lists, no network, bounded memory, no thumbnails, what we create counted as created.

    `merkle` hashes films in pieces of 1 MiB, which keeps signing and reading a gigabyte within some 50 MB. Only for embedding:
    it writes the tree into the film, so a sidecar made that way would not fit the file it was made for; a sidecar hashes all
    bytes at once and takes up to half a gigabyte. The library
    ignores keys it does not know, so `tests/unit/test_credentials.py` proves that each of these has its effect.
    """
    return {
        "trust": {
            "trust_config": _PURPOSES,
            "anchors": [{"trust_kind": one.kind, "trust_uri": one.uri, "trust_anchors": one.pem} for one in lists],
        },
        "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {
            "allowed_network_hosts": [],
            "allow_redirects": False,
            "max_decompressed_manifest_size_in_mb": _MANIFEST_MEBIBYTES,
            "backing_store_memory_threshold_in_mb": 1 if merkle else _SPILL_MEBIBYTES,
            **({"merkle_tree_chunk_size_in_kb": _MERKLE_KIBIBYTES} if merkle else {}),
        },
        "builder": {
            "thumbnail": {"enabled": False},
            "created_assertion_labels": ["c2pa.actions", "c2pa.ai-disclosure", "c2pa.ingredient"],
        },
    }
