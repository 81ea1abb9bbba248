"""What goes into an append and what comes out: final entries, the conditions on them, and the receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Edge:
    """A reference of a record version: pinned to a version of its target, or following it; `affects` marks events."""

    role: str
    target: str
    target_version: int | None = None
    affects: bool = False


@dataclass(frozen=True, slots=True)
class HeadColumns:
    """What lists of current versions filter by."""

    label: str | None = None
    type: str | None = None
    state: str | None = None
    party: str | None = None
    productions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A secret value of the entry, kept beside it: its JSON pointer, commitment (32 bytes), and what opens it."""

    pointer: str
    commitment: bytes
    ciphertext: bytes
    subject: str | None
    protection: str


@dataclass(frozen=True, slots=True)
class Item:
    """One final entry and what is kept with it. `version` is the one it becomes: the precondition is the one before."""

    id: str
    kind: str
    version: int
    recorded_at: datetime
    bytes: bytes
    edges: tuple[Edge, ...] = ()
    head: HeadColumns = HeadColumns()
    identifiers: tuple[tuple[str, str], ...] = ()
    disclosures: tuple[Disclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The condition that no entry with index `since` or later is a version of one of `ids`, or affects one."""

    since: int
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Write:
    """One atomic append: all items in this order, or none. `key_hash` and `request_hmac` make it repeatable."""

    studio_id: str
    items: tuple[Item, ...]
    key_hash: bytes | None = None
    request_hmac: bytes | None = None
    unchanged: Unchanged | None = None

    @property
    def weight(self) -> int:
        """The bytes of its entries."""
        return sum(len(item.bytes) for item in self.items)


class Prover(Protocol):
    """Whatever can prove the inclusion of leaves."""

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """Return the path of a leaf, lowest hash first."""


@dataclass(frozen=True)
class Receipt:
    """The answer to an append: `count` entries from `first_index` stand in the tree of `size` that `checkpoint` signs.

    `replayed`: they were written by an earlier append under the same idempotency key.
    """

    first_index: int
    count: int
    size: int
    checkpoint: bytes
    replayed: bool
    prover: Prover

    @cached_property
    def proofs(self) -> tuple[tuple[bytes, ...], ...]:
        """The inclusion proof of each entry; worked out by whoever asks, so that nobody waits for it."""
        return tuple(self.prover.inclusion(self.first_index + offset) for offset in range(self.count))


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The tree after an append. `committed_at` never runs backwards within a log."""

    size: int
    root: bytes
    frontier: bytes
    committed_at: datetime
