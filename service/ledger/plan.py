"""Which writes of a batch go through, and where: pure decisions on what the database said under the lock.

Writes are judged in order, each against the state that the ones before it leave behind; a write that fails its
preconditions leaves nothing and hinders nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.errors import Conflict, FieldError, Invalid, Problem, StaleVersion
from service.ledger.items import Item, TreeHead, Write

RecordKey = tuple[str, str]
IdentifierKey = tuple[str, str, str, str]
Transition = tuple[IdentifierKey, str | None, int]
"""An identifier passes to a record, or is dropped (`None`), with the entry at this index."""


@dataclass(frozen=True, slots=True)
class Current:
    """Where a record stands: its newest version and the entries of that and of the first."""

    version: int
    index: int
    first_index: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an idempotency key has written."""

    request_hmac: bytes
    first_index: int
    count: int


@dataclass(slots=True)
class State:
    """What the batch is judged against; the database's answer first, then moved on by each write that goes through.

    `current` holds the records that the batch changes or rests on, `affected` the newest entry that affects one of those.
    """

    heads: dict[str, TreeHead] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    current: dict[RecordKey, Current] = field(default_factory=dict)
    affected: dict[RecordKey, int] = field(default_factory=dict)
    writes: dict[tuple[str, bytes], Earlier] = field(default_factory=dict)
    owners: dict[IdentifierKey, str] = field(default_factory=dict)
    owned: dict[RecordKey, frozenset[tuple[str, str]]] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Placed:
    """The write goes through; its entries start here."""

    first_index: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """The write was made before, under the same key, by an earlier append or an earlier write of this batch."""

    first_index: int
    count: int


Verdict = Placed | Repeated | Problem


def judge(write: Write, state: State) -> Verdict:
    """Decide on one write; if it goes through, move the state on."""
    try:
        earlier = _earlier(write, state)
        if earlier is not None:
            return Repeated(earlier.first_index, earlier.count)
        _require_unchanged(write, state)
        return Placed(_place(write, state))
    except Problem as refusal:
        return refusal


def _earlier(write: Write, state: State) -> Earlier | None:
    if write.key_hash is None:
        return None
    earlier = state.writes.get((write.studio_id, write.key_hash))
    if earlier is not None:
        require_same_request(earlier, write.request_hmac)
    return earlier


def require_same_request(earlier: Earlier, request_hmac: bytes | None) -> None:
    """Refuse an idempotency key that stood for another request."""
    if request_hmac and not earlier.request_hmac:
        raise Conflict(
            "What this Idempotency-Key wrote was about somebody who was erased since; it is not written again.", "subject_erased"
        )
    if earlier.request_hmac != (request_hmac or b""):
        fault = FieldError("/headers/Idempotency-Key", "This key was used for a different request; use a new one.")
        raise Invalid("The Idempotency-Key was used before, with another body.", "idempotency_key_reused", (fault,))


def _require_unchanged(write: Write, state: State) -> None:
    wanted = write.unchanged
    if wanted is None:
        return
    for record_id in wanted.ids:
        key = (write.studio_id, record_id)
        current = state.current.get(key)
        if (current and current.index >= wanted.since) or state.affected.get(key, -1) >= wanted.since:
            raise Conflict(f"{record_id} has changed since this was decided; decide again.", "changed_since_decision")


def _place(write: Write, state: State) -> int:
    """Check all items before moving anything, so that a refused write has left no trace."""
    first = state.sizes.get(write.studio_id, 0)
    moved: dict[RecordKey, Current] = {}
    owned: dict[RecordKey, frozenset[tuple[str, str]]] = {}
    passing: list[Transition] = []
    taken: dict[IdentifierKey, str | None] = {}
    for index, item in enumerate(write.items, first):
        key = (write.studio_id, item.id)
        moved[key] = _next(item, moved.get(key) or state.current.get(key), index)
        if item.identifiers or item.version > 1:
            kept = owned[key] if key in owned else state.owned.get(key, frozenset())
            for name, owner in _passing(write.studio_id, item, kept, taken, state):
                taken[name] = owner
                passing.append((name, owner, index))
            owned[key] = frozenset(item.identifiers)
    state.current.update(moved)
    state.owned.update(owned)
    _move(write, state, passing, first)
    return first


def _next(item: Item, current: Current | None, index: int) -> Current:
    if item.version != (current.version if current else 0) + 1:
        if current is None:
            raise StaleVersion(f"{item.id} has no version {item.version - 1} that version {item.version} could follow.", "stale_version")
        raise StaleVersion(
            f"{item.id} is at version {current.version} by now; read it again and repeat the change on top of that.", "stale_version"
        )
    return Current(item.version, index, current.first_index if current else index)


def _passing(
    studio_id: str, item: Item, kept: frozenset[tuple[str, str]], taken: Mapping[IdentifierKey, str | None], state: State
) -> Iterator[tuple[IdentifierKey, str | None]]:
    """Yield which identifiers change hands with this version: those it drops, then those it takes."""
    for scope, value in sorted(kept.difference(item.identifiers)):
        yield (studio_id, item.kind, scope, value), None
    for position, (scope, value) in enumerate(item.identifiers):
        key = (studio_id, item.kind, scope, value)
        owner = taken[key] if key in taken else state.owners.get(key)
        if owner is None:
            yield key, item.id
        elif owner != item.id:
            fault = FieldError(
                f"/identifiers/{position}", f"{owner} has {scope} {value} already; change that record, or drop the identifier there first."
            )
            raise Conflict(f"Another {item.kind} has the identifier {scope} {value}.", "identifier_taken", (fault,))


def _move(write: Write, state: State, passing: Sequence[Transition], first: int) -> None:
    state.sizes[write.studio_id] = first + len(write.items)
    state.transitions += passing
    for key, owner, _ in passing:
        if owner is None:
            state.owners.pop(key, None)
        else:
            state.owners[key] = owner
    for offset, item in enumerate(write.items):
        for edge in item.edges:
            if edge.affects:
                state.affected[write.studio_id, edge.target] = first + offset
    if write.key_hash is not None:
        state.writes[write.studio_id, write.key_hash] = Earlier(write.request_hmac or b"", first, len(write.items))


def limit(writes: Sequence[Write], entries: int, weight: int) -> int:
    """Return how many writes from the front fit into one batch; at least one."""
    count = 0
    for write in writes:
        entries -= len(write.items)
        weight -= write.weight
        if count and (entries < 0 or weight < 0):
            break
        count += 1
    return count
