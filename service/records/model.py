"""What a record is once it is written, and what somebody wants to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Body = Mapping[str, Any]
"""A record's body in the wire format of its schema: JSON values only; read it, never change it."""


@dataclass(frozen=True, slots=True)
class Change:
    """Why a version exists: `new`, a `correction` (it was wrong), or an `amendment` (it changed, from `effective_at`)."""

    type: str = "new"
    effective_at: str | None = None

    def document(self) -> dict[str, str]:
        """Return the part of the entry that says so."""
        return {"type": self.type} | ({"effective_at": self.effective_at} if self.effective_at else {})


@dataclass(frozen=True, slots=True)
class Draft:
    """A version to be written: `version` is the one it becomes, `client_key` what other drafts of the batch call it."""

    kind: str
    body: Body
    id: str | None = None
    version: int = 1
    change: Change = field(default_factory=Change)
    client_key: str | None = None
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Inclusion of one entry (RFC 6962 section 2.1.1) in the tree that a signed checkpoint states."""

    index: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]
    checkpoint: bytes

    def document(self) -> dict[str, Any]:
        """Return it as the API answers it: hashes in hexadecimal, the checkpoint as the text of the signed note."""
        return {
            "index": self.index,
            "size": self.size,
            "leaf": self.leaf.hex(),
            "path": [node.hex() for node in self.path],
            "checkpoint": self.checkpoint.decode(),
        }


@dataclass(frozen=True, slots=True)
class Recorded:
    """One version of a record as it stands in the log; `commitments` maps pointers of secret fields to their commitment."""

    id: str
    kind: str
    version: int
    index: int
    recorded_at: str
    recorded_by: str
    change: Mapping[str, str]
    body: Body
    refs: tuple[Mapping[str, Any], ...]
    proof: Proof | None = None

    def document(self) -> dict[str, Any]:
        """Return the answer of the API for this version."""
        answer: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "version": self.version,
            "index": self.index,
            "recorded_at": self.recorded_at,
            "recorded_by": self.recorded_by,
            "change": dict(self.change),
            "body": self.body,
        }
        if self.proof:
            answer["proof"] = self.proof.document()
        return answer


def instant(moment: datetime) -> str:
    """Return the wire form of an instant: UTC, microseconds, `Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
