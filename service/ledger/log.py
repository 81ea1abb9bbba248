"""The log of each studio: the one way to append, and everything that is proved about it.

An append is answered with proof, never with a promise: the receipt holds the signed checkpoint of a tree that contains the
entries, and the path that leads from each of them to its root.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection

from service import errors
from service.db import Database
from service.ledger import merkle, plan, tiles, tree
from service.ledger.items import Disclosure, Edge, HeadColumns, Item, Receipt, TreeHead, Unchanged, Write
from service.ledger.note import Checkpoint, Note, Verifier
from service.ledger.plan import Earlier, Repeated
from service.ledger.sequencer import Sequencer, unproved
from service.ledger.signer import Forked, Mark, Step, unknown
from service.ledger.signing import Signing

__all__ = ["Disclosure", "Edge", "HeadColumns", "Item", "Ledger", "Receipt", "TreeHead", "Unchanged", "Write"]


@dataclass(frozen=True, slots=True)
class _Paths:
    """Inclusion proofs that were read from the stored tree."""

    paths: Mapping[int, tuple[bytes, ...]]

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        return self.paths[index]


class Ledger:
    """The logs of one database with their signer. `name` is the first part of every log's origin."""

    def __init__(self, database: Database, signer: Signing, *, name: str = "clearance.local", lane: int = 0) -> None:
        self._database = database
        self._signer = signer
        self._name = name
        self._tiles = tiles.Kept()
        self._sequencer = Sequencer(database, signer, self.origin, lane=lane)
        self.appended: Callable[[str], object] = _nobody_listens
        """Called with the studio after each append, before it is answered; must not wait for anything."""

    def close(self) -> None:
        """Finish what is queued; the object may be used again."""
        self._sequencer.close()
        self._signer.close()

    def origin(self, studio_id: str) -> str:
        """Return the name under which a studio's log signs: no scheme, as C2SP asks for."""
        return f"{self._name}/{studio_id}"

    def verifier(self, studio_id: str) -> Verifier:
        """Return the key that checks a studio's checkpoints."""
        return self._signer.verifier(self.origin(studio_id))

    def verifiers(self, studio_id: str) -> list[Verifier]:
        """Return every key that signs a studio's checkpoints now: two while one is being replaced, the newer first."""
        return self._signer.verifiers(self.origin(studio_id))

    def successions(self, studio_id: str) -> list[str]:
        """Return what replaced keys of a studio's log have stated about their successors, oldest first."""
        return self._signer.successions(self.origin(studio_id))

    def replace_key(self, *, finish: bool = False) -> None:
        """Begin to sign with a new key beside the old one; or, to finish, with the new one alone. Raises `Conflict`."""
        with self._signer.turn() as turn:
            if finish:
                turn.drop_old_key()
            else:
                turn.replace_key()

    def holds(self, mark: Mark) -> bool:
        """Tell whether our key has signed a mark as it stands."""
        return self._signer.holds(mark)

    def mark(self, studio_id: str) -> Mark | None:
        """Return the largest tree of a studio that this machine has signed."""
        return self._signer.mark(self.origin(studio_id))

    def note(self, mark: Mark) -> Note:
        """Return the signed note that a mark stands for."""
        return self._signer.note(mark)

    def append(self, write: Write) -> Receipt:
        """Append all items or none, and answer with proof once they are safe on disk.

        Raises `StaleVersion`, `Conflict` (`changed_since_decision`, `identifier_taken`), `Invalid` (`idempotency_key_reused`),
        `Unavailable`. A repeated idempotency key answers what it wrote first, with `replayed`.
        """
        if not write.items:
            raise ValueError("a write has at least one item")
        outcome = self._sequencer.submit(write)
        self.appended(write.studio_id)
        if isinstance(outcome, Receipt):
            return outcome
        try:
            with self._database.ledger() as conn:
                return self._receipt(conn, write.studio_id, outcome)
        except psycopg.OperationalError as fault:  # the database went once more, after it was found that the write is there
            raise unproved(fault) from fault

    def replayed(self, conn: Connection[Any], studio_id: str, key_hash: bytes, request_hmac: bytes) -> Receipt | None:
        """Return what an idempotency key wrote before, or `None`; `Invalid` if it stood for another request."""
        row = conn.execute(
            "SELECT request_hmac, first_index, count FROM write WHERE studio_id = %s AND key_hash = %s", (studio_id, key_hash)
        ).fetchone()
        if row is None:
            return None
        earlier = Earlier(*row)
        plan.require_same_request(earlier, request_hmac)
        return self._receipt(conn, studio_id, Repeated(earlier.first_index, earlier.count))

    def _receipt(self, conn: Connection[Any], studio_id: str, written: Repeated) -> Receipt:
        mark = self._newest(conn, studio_id)
        if mark is None:
            raise _damaged(self.origin(studio_id))
        made = mark.checkpoint
        indices = range(written.first_index, written.first_index + written.count)
        paths = {index: self.inclusion(conn, studio_id, index, made.size) for index in indices}
        return Receipt(written.first_index, written.count, made.size, self._signer.note(mark).content(), True, _Paths(paths))

    def head(self, conn: Connection[Any], studio_id: str) -> TreeHead | None:
        """Return the newest tree head, or `None` before the first entry."""
        return tree.head(conn, studio_id)

    def size_at(self, conn: Connection[Any], studio_id: str, moment: datetime | str) -> int:
        """Return how many entries the log had at a time, by the clock of its commits: what was known then."""
        head = tree.head_at(conn, studio_id, moment)
        return head.size if head else 0

    def inclusion(self, conn: Connection[Any], studio_id: str, index: int, size: int) -> tuple[bytes, ...]:
        """Return the path from an entry to the root of the tree of `size`; checked before it is answered."""
        ranges = merkle.inclusion_ranges(index, size)
        leaf, root, *path = self._roots(conn, studio_id, size, [(index, index + 1), (0, size), *ranges])
        if not merkle.verify_inclusion(index, size, leaf, path, root):
            raise _damaged(self.origin(studio_id))
        return tuple(path)

    def consistency(self, conn: Connection[Any], studio_id: str, first: int, second: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `first` entries is the beginning of that of `second`; checked likewise."""
        ranges = merkle.consistency_ranges(first, second)
        old, new, *path = self._roots(conn, studio_id, second, [(0, first), (0, second), *ranges])
        if not merkle.verify_consistency(first, second, old, new, path):
            raise _damaged(self.origin(studio_id))
        return tuple(path)

    def _roots(self, conn: Connection[Any], studio_id: str, size: int, ranges: list[merkle.Range]) -> list[bytes]:
        found = tiles.Tree(conn, studio_id, size, self._tiles)
        try:
            return [found.root(*part) for part in ranges]
        except LookupError as fault:
            raise _damaged(self.origin(studio_id)) from fault

    def checkpoint(self, conn: Connection[Any], studio_id: str, size: int | None = None) -> bytes | None:
        """Return the signed note of the newest tree, or of the one of `size`; `None` if the log never stood there.

        Raises `Forked` if the database does not continue what was signed.
        """
        mark = self._newest(conn, studio_id)
        if mark is None:
            return None
        if size is None or size == mark.checkpoint.size:
            return self._signer.note(mark).content()
        head = tree.head_of(conn, studio_id, size)
        if head is None:
            return None
        path = self.consistency(conn, studio_id, size, mark.checkpoint.size)
        return self._signer.again(Checkpoint(self.origin(studio_id), size, head.root), mark, path).content()

    def _newest(self, conn: Connection[Any], studio_id: str) -> Mark | None:
        """Return the mark of a log that covers its newest entry; one that a crash left behind is brought up first."""
        head = tree.head(conn, studio_id)
        mark = self._signer.mark(self.origin(studio_id))
        if head is None and (mark is None or mark.checkpoint.size == 0):
            return None
        if head is None or mark is None or mark.checkpoint.size != head.size or mark.checkpoint.root != head.root:
            return self._extend(conn, studio_id)
        return mark

    def _extend(self, conn: Connection[Any], studio_id: str) -> Mark:
        """Sign the newest tree if it continues the mark. Within a turn nobody commits, so what is read here is final."""
        origin = self.origin(studio_id)
        with self._signer.turn() as turn:
            head, mark = tree.head(conn, studio_id), turn.mark(origin)
            if mark is None:
                raise unknown(origin)
            found = Checkpoint(origin, head.size, head.root) if head else Checkpoint(origin, 0, merkle.EMPTY_ROOT)
            if found == mark.checkpoint:
                return mark
            growing = mark.checkpoint.size <= found.size
            path = self.consistency(conn, studio_id, mark.checkpoint.size, found.size) if growing else ()
            turn.prepare([Step(found, path)])
            turn.sign()
            return turn.mark(origin) or mark

    def trust(self, conn: Connection[Any], studio_id: str) -> Note:
        """Sign a log that this machine has no mark of, on an operator's word; raises `Forked` where there is a mark."""
        origin = self.origin(studio_id)
        with self._signer.turn() as turn:
            if turn.mark(origin) is not None:
                raise Forked(
                    f"This machine has signed {origin} before; a mark is not replaced. `clearance ledger fsck` says how things stand.",
                    "log_marked",
                )
            head = tree.head(conn, studio_id)
            if head is None:
                raise errors.NotFound(f"The log {origin} has no entries.", "empty_log")
            if tree.root(conn, studio_id, head.size) != head.root:
                raise _damaged(origin)
            return turn.trust(Checkpoint(origin, head.size, head.root))


def _nobody_listens(_studio_id: str) -> None:
    """Do nothing with an append."""


def _damaged(origin: str) -> errors.Unavailable:
    return errors.Unavailable(
        f"The stored tree of {origin} does not prove what it should; `clearance ledger fsck` names the fault.", "log_damaged"
    )
