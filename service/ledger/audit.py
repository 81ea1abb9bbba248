"""Following a log from outside, with a memory of one's own: what a reader keeps, and how it moves on.

Whoever follows keeps the key and the frontier of the tree that was checked last. New entries are hashed on top of that
frontier, so a log that changes anything behind it can no longer reach the root that it signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from cryptography.exceptions import InvalidSignature

from service.ledger import merkle, note, policy, succession
from service.ledger.entry import leaf_hash
from service.ledger.note import Checkpoint
from service.ledger.policy import Judgement, Policy


class Broken(Exception):
    """The log is not what it was, or not what it signs; the sentence says in what."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The key that the log signed with, and the tree that was checked last."""

    key: str
    size: int = 0
    frontier: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The root of the tree that was checked last."""
        return merkle.fold(self.frontier)

    def document(self) -> dict[str, Any]:
        """Return it as JSON values, to be kept in a file."""
        return {"key": self.key, "size": self.size, "frontier": [part.hex() for part in self.frontier]}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `document` wrote; raises `Broken`."""
        try:
            found = cls(document["key"], document["size"], tuple(bytes.fromhex(part) for part in document["frontier"]))
            note.parse_verifier(found.key)
        except (KeyError, TypeError, ValueError) as fault:
            raise Broken("The file is not one that this command has written.") from fault
        return found


def signed(followed: Followed, content: bytes) -> Checkpoint:
    """Return what a signed note states, if the followed key has signed it and it does not go back; raises `Broken`."""
    verifier = note.parse_verifier(followed.key)
    try:
        checkpoint = note.verify(content, [verifier])
    except (note.Malformed, InvalidSignature) as fault:
        raise Broken(f"The checkpoint is not signed by {verifier.name} with the key that is known here.") from fault
    if checkpoint.origin != verifier.name:
        raise Broken(f"The checkpoint is about {checkpoint.origin}, the key belongs to {verifier.name}.")
    if checkpoint.size < followed.size:
        raise Broken(f"The log has {checkpoint.size} entries and had {followed.size} before: its newest were taken away.")
    return checkpoint


def succeeded(followed: Followed, statements: Iterable[str]) -> Followed:
    """Return the state with the key that replaced the followed one, if that has named a successor."""
    verifier = succession.follow(note.parse_verifier(followed.key), [each.encode() for each in statements])
    return replace(followed, key=verifier.text())


def judged(followed: Followed, content: bytes, rules: Policy) -> Judgement:
    """Return what a checkpoint is worth under a policy, if that is enough; raises `Broken`."""
    try:
        found = policy.judge(rules, content, () if rules.logs else [note.parse_verifier(followed.key)])
    except note.Malformed as fault:
        raise Broken(f"The policy does not accept the checkpoint: {fault}.") from fault
    except InvalidSignature as fault:
        raise Broken(
            f"The policy does not accept the checkpoint: {fault}. If the key was replaced, its new one belongs into the policy."
        ) from fault
    if not found.holds:
        raise Broken(found.says)
    return found


def continued(witnessed: Checkpoint, newest: Checkpoint, path: Sequence[bytes]) -> None:
    """Check that the tree that witnesses have seen is the beginning of the newest one; raises `Broken`."""
    sizes, roots = (witnessed.size, newest.size), (witnessed.root, newest.root)
    if witnessed.origin != newest.origin or not merkle.verify_consistency(*sizes, *roots, path):
        raise Broken(f"What the witnesses have cosigned ({witnessed.size} entries) is not the beginning of what is served ({newest.size}).")


def advance(followed: Followed, checkpoint: Checkpoint, entries: Iterable[bytes]) -> Followed:
    """Return the state after the entries behind the followed tree, which must lead to the checkpoint; raises `Broken`."""
    size, frontier = followed.size, followed.frontier
    for content in entries:
        grown = merkle.Growth(size, frontier, [leaf_hash(content)])
        size, frontier = grown.size, grown.frontier
    if size != checkpoint.size:
        raise Broken(f"The checkpoint covers {checkpoint.size} entries, but {size} were handed out.")
    if merkle.fold(frontier) != checkpoint.root:
        since = f"one of the first {followed.size} was changed since they were checked here, or " if followed.size else ""
        raise Broken(f"The entries do not give the signed root: {since}one that was handed out is not the one in the tree.")
    return Followed(followed.key, size, frontier)
