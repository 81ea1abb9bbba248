"""Group commit: one thread a process takes the lock, drains the queue, and commits for everybody who waits.

The lock comes first and the draining second: whatever arrives while another process holds the lock joins this batch. Where a
batch is of many logs, those who were just answered are let in with their next write too, so that it holds all that there are.
Indices are given under the lock, so they are dense and readers never see a later entry before an earlier one. Any number
of processes may sequence; each can die at any moment, and nothing acknowledged is lost, because acknowledgement follows the
COMMIT and the mark.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg import Connection

from service import db, errors, forks
from service.db import Database, transaction
from service.ledger import plan, rows, tree
from service.ledger.entry import leaf_hash
from service.ledger.items import Receipt, TreeHead, Write
from service.ledger.merkle import Growth, pack, unpack
from service.ledger.note import Checkpoint
from service.ledger.plan import Placed, Repeated, Verdict
from service.ledger.signer import Forked, Step, unknown
from service.ledger.signing import Signing, SigningTurn

log = logging.getLogger("clearance.ledger")

LOCK_SPACE = 0x636C_7221
BATCH_ENTRIES = 512
"""Enough to share a COMMIT among many; more would keep everybody waiting for one transaction instead of making the next batch."""
BATCH_BYTES = 8 << 20
GATHER_LOGS = 8
GATHER_PAUSE, GATHER_SECONDS = 0.001, 0.02
"""From how many logs on the next batch waits for those who were just answered: until nobody has come for a pause, never longer than this."""
QUEUE_LIMIT = 10_000
WAIT_SECONDS = 60.0

Outcome = Receipt | Repeated | Exception


class Ticket:
    """A write in the queue, and where its answer is put."""

    __slots__ = ("_done", "leaves", "outcome", "write")

    def __init__(self, write: Write) -> None:
        self.write = write
        self.leaves = [leaf_hash(item.bytes) for item in write.items]
        self.outcome: Outcome | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def settle(self, outcome: Outcome) -> None:
        """Give the answer and wake whoever waits for it; the first answer counts."""
        if self.outcome is None:
            self.outcome = outcome
            self._done.release()

    def wait(self, seconds: float) -> bool:
        """Wait for the answer; says whether it is there."""
        return self._done.acquire(timeout=seconds)


@dataclass(slots=True)
class Batch:
    """What one transaction tries to append, and how far it came."""

    tickets: list[Ticket] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    growths: dict[str, Growth] = field(default_factory=dict)
    committing: bool = False
    committed: bool = False


class Sequencer:
    """The queue of this process and the thread that empties it. `lane` says which lock orders the logs: one a database."""

    def __init__(self, database: Database, signer: Signing, origin: Callable[[str], str], *, lane: int = 0) -> None:
        self._database = database
        self._signer = signer
        self._origin = origin
        self._lane = lane
        self._start()

    def _start(self) -> None:
        self._queue: deque[Ticket] = deque()
        self._arrived = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._wanted = 1
        self._process = os.getpid()

    def submit(self, write: Write) -> Receipt | Repeated:
        """Append a write and wait for the outcome; raises the problem that refused it."""
        ticket = Ticket(write)
        self._enqueue(ticket)
        if not ticket.wait(WAIT_SECONDS) and not self._withdraw(ticket):
            ticket.wait(WAIT_SECONDS)
        if ticket.outcome is None:
            raise _unknown_outcome()
        if isinstance(ticket.outcome, Exception):
            raise ticket.outcome
        return ticket.outcome

    def _enqueue(self, ticket: Ticket) -> None:
        forks.anew(lambda: self._process, self._start)  # the thread and whoever waited stayed behind
        with self._arrived:
            if self._closing or len(self._queue) >= QUEUE_LIMIT:
                raise errors.Unavailable("Too many writes are waiting; try again.", "busy", headers={"Retry-After": "1"})
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)
                self._thread.start()
            self._queue.append(ticket)
            if len(self._queue) >= self._wanted:
                self._arrived.notify()

    def _withdraw(self, ticket: Ticket) -> bool:
        """Take a write back that has waited too long; says whether it was still in the queue."""
        with self._arrived:
            if ticket not in self._queue:
                return False
            self._queue.remove(ticket)
        ticket.settle(
            errors.Unavailable("The log did not get to this write in time; nothing was written.", "busy", headers={"Retry-After": "2"})
        )
        return True

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
            thread, self._thread = self._thread, None
        if thread is not None and self._process == os.getpid():
            thread.join()
        self._closing = False

    def _run(self) -> None:
        returning = 0
        while True:
            with self._arrived:
                while not self._queue:
                    if self._closing:
                        return
                    self._arrived.wait()
                self._gather(returning)
            batch = Batch()
            self._append(batch)
            returning = self._returning(batch.tickets)

    def _returning(self, answered: Sequence[Ticket]) -> int:
        """Return how many writes there will be in the queue if everybody who was answered comes back, as far as one batch holds them; 0
        where they were of few logs, and a batch of half the writers, made while the others prepare theirs, costs nothing.
        """
        if len({ticket.write.studio_id for ticket in answered}) < GATHER_LOGS:
            return 0
        entries = sum(len(ticket.write.items) for ticket in answered)
        return min(len(answered) + len(self._queue), BATCH_ENTRIES * len(answered) // entries)

    def _gather(self, returning: int) -> None:
        """Let those who were answered a moment ago join the batch with their next write, for as long as they keep coming.

        Without this they and those who waited meanwhile would take turns, in batches half as large: twice as many tree heads,
        signatures and marks for as many entries.
        """
        self._wanted = returning
        before, until = 0, time.monotonic() + GATHER_SECONDS
        while before < len(self._queue) < returning and time.monotonic() < until and not self._closing:
            before = len(self._queue)
            self._arrived.wait(GATHER_PAUSE)
        self._wanted = 1

    def _drain(self) -> list[Ticket]:
        with self._arrived:
            count = plan.limit([ticket.write for ticket in self._queue], BATCH_ENTRIES, BATCH_BYTES) if self._queue else 0
            return [self._queue.popleft() for _ in range(count)]

    def _append(self, batch: Batch) -> None:
        """Append a batch, or what the lock lets us drain if it is empty; every ticket in it has its answer after this."""
        try:
            self._commit(batch)
        except Exception as fault:  # noqa: BLE001 - whatever it is, those who wait must be woken, and told
            self._fail(batch, fault)

    def _commit(self, batch: Batch) -> None:
        with self._database.ledger() as conn, ExitStack() as held:
            turn = None
            # A pipeline, so that BEGIN travels with the lock, all questions together, and the rows with COMMIT.
            with conn.pipeline(), transaction(conn):
                moment = self._take_lock(conn)
                batch.tickets = batch.tickets or self._drain()
                self._write(conn, batch, moment)
                if batch.growths:
                    turn = held.enter_context(self._signer.turn())
                    turn.prepare(list(self._steps(conn, turn, batch.growths)))
                batch.committing = True
            batch.committed = True
            notes = {note.origin: note.content() for note in turn.sign()} if turn else {}
        _answer(batch, {studio_id: notes[self._origin(studio_id)] for studio_id in batch.growths})

    def _take_lock(self, conn: Connection[Any]) -> datetime:
        """Wait for the lane's lock, which ends with the transaction, and return the server's time after that."""
        cursor = conn.execute("SELECT clock_timestamp() FROM pg_advisory_xact_lock(%s, %s)", (LOCK_SPACE, self._lane))
        ((moment,),) = cursor.fetchall()
        return cast("datetime", moment)

    def _write(self, conn: Connection[Any], batch: Batch, moment: datetime) -> None:
        """Judge each write, and insert what goes through."""
        state = rows.read_state(conn, [ticket.write for ticket in batch.tickets])
        batch.verdicts = [plan.judge(ticket.write, state) for ticket in batch.tickets]
        made = rows.Rows()
        for ticket, verdict in zip(batch.tickets, batch.verdicts, strict=True):
            if isinstance(verdict, Placed):
                made.add(ticket.write, ticket.leaves, verdict.first_index, state)
        for studio_id, leaves in made.leaves.items():
            head = state.heads.get(studio_id)
            batch.growths[studio_id] = Growth(head.size, unpack(head.size, head.frontier), leaves) if head else Growth(0, (), leaves)
        if made.entries:
            rows.insert(conn, made, state, _heads(state.heads, batch.growths, moment))

    def _steps(self, conn: Connection[Any], turn: SigningTurn, growths: dict[str, Growth]) -> Iterator[Step]:
        """Yield the new trees with the proof that each continues its log's mark."""
        origins = {studio_id: self._origin(studio_id) for studio_id in growths}
        marks = turn.marks(origins.values())
        new = [origins[studio_id] for studio_id, growth in growths.items() if growth.old_size == 0]
        if begun := [origin for origin in new if origin not in marks]:
            turn.begin(begun)  # together, since each time costs a flush of the disk
            marks |= turn.marks(begun)
        for studio_id, growth in growths.items():
            origin = origins[studio_id]
            mark = marks.get(origin)
            if mark is None:
                raise unknown(origin)
            if mark.checkpoint.size < growth.old_size:
                log.warning("extending the mark of %s from %d to %d entries", origin, mark.checkpoint.size, growth.old_size)
                yield Step(Checkpoint(origin, growth.size, growth.root), tuple(_from_mark(conn, studio_id, mark.checkpoint.size, growth)))
                continue
            path = growth.consistency() if mark.checkpoint.size == growth.old_size else ()
            yield Step(Checkpoint(origin, growth.size, growth.root), path)

    def _fail(self, batch: Batch, fault: Exception) -> None:
        """Find out what a failure means for each write: whose fault it is, and whether anything was written."""
        if not batch.tickets:
            batch.tickets = self._drain()  # no lock, no log: whoever waits should know at once
        if isinstance(fault, psycopg.IntegrityError | psycopg.DataError | Forked):  # so COMMIT did not take place
            self._search(batch.tickets, fault)
        elif batch.committed:
            log.error("committed but not signed: %s", fault)
            _settle_all(batch, unproved(fault))
        elif batch.committing and isinstance(fault, psycopg.Error):
            self._resolve(batch, fault)
        else:
            _settle_all(batch, _refusal(fault))

    def _search(self, tickets: Sequence[Ticket], fault: Exception) -> None:
        """Replay a refused batch in halves, so that only the guilty write fails."""
        if len(tickets) == 1:
            tickets[0].settle(_refusal(fault))
            return
        middle = len(tickets) // 2
        for half in (tickets[:middle], tickets[middle:]):
            self._append(Batch(list(half)))

    def _resolve(self, batch: Batch, fault: Exception) -> None:
        """The connection broke during COMMIT: look whether it took place. The lock is free only once that is decided."""
        log.warning("the connection broke during COMMIT: %s", fault)
        try:
            with self._database.ledger() as conn, transaction(conn):
                self._take_lock(conn)
                there = any(
                    (head := tree.head_of(conn, studio_id, growth.size)) is not None and head.root == growth.root
                    for studio_id, growth in batch.growths.items()
                )
        except (psycopg.Error, errors.Unavailable):
            _settle_all(batch, _unknown_outcome())
            return
        if not there:
            _settle_all(batch, _refusal(fault))
            return
        for ticket, verdict in zip(batch.tickets, batch.verdicts, strict=True):
            ticket.settle(Repeated(verdict.first_index, len(ticket.write.items)) if isinstance(verdict, Placed) else verdict)


def _heads(heads: dict[str, TreeHead], growths: dict[str, Growth], moment: datetime) -> Iterator[tuple[Any, ...]]:
    for studio_id, growth in growths.items():
        before = heads.get(studio_id)
        yield studio_id, growth.size, growth.root, pack(growth.frontier), max(moment, before.committed_at) if before else moment


def _answer(batch: Batch, notes: dict[str, bytes]) -> None:
    """Give every ticket its receipt or its refusal; twins of the same batch share the proof."""
    for ticket, verdict in zip(batch.tickets, batch.verdicts, strict=True):
        growth = batch.growths.get(ticket.write.studio_id)
        if isinstance(verdict, Placed) and growth is not None:
            ticket.settle(Receipt(verdict.first_index, len(ticket.write.items), growth.size, notes[ticket.write.studio_id], False, growth))
        elif isinstance(verdict, Repeated) and growth is not None and verdict.first_index >= growth.old_size:
            ticket.settle(Receipt(verdict.first_index, verdict.count, growth.size, notes[ticket.write.studio_id], True, growth))
        elif not isinstance(verdict, Placed):
            ticket.settle(verdict)


def _settle_all(batch: Batch, outcome: Outcome) -> None:
    for ticket in batch.tickets:
        ticket.settle(outcome)


def _from_mark(conn: Connection[Any], studio_id: str, marked: int, growth: Growth) -> Sequence[bytes]:
    """Return the proof that the new tree continues a mark that a crash left behind: from the stored leaves since then."""
    head = tree.head_of(conn, studio_id, marked)
    if marked and head is None:
        return ()
    frontier = unpack(marked, head.frontier) if head else ()
    return Growth(marked, frontier, [*tree.leaves(conn, studio_id, marked, growth.old_size), *growth.leaves]).consistency()


def _refusal(fault: Exception) -> Exception:
    """Return the problem that a failure before COMMIT is to whoever asked; what nobody foresaw goes on as it is."""
    if isinstance(fault, psycopg.Error):
        known = db.problem(fault)
        if known is not None:
            return known
        log.error("the log could not be written: %s", fault)
        if isinstance(fault, psycopg.DataError):
            return errors.Invalid("The record cannot be stored as it is.", "not_storable")
        if isinstance(fault, psycopg.OperationalError):
            return errors.Unavailable(
                "The log cannot be written now; nothing was written.", "log_unavailable", headers={"Retry-After": "2"}
            )
    return fault


def unproved(fault: Exception) -> errors.Unavailable:
    """Return the problem that a write is recorded and its proof cannot be given now."""
    return errors.Unavailable(
        f"It was recorded, but its proof cannot be given now ({fault}). Ask again with the same Idempotency-Key, or read it.",
        "proof_delayed",
        headers={"Retry-After": "1"},
    )


def _unknown_outcome() -> errors.Unavailable:
    return errors.Unavailable(
        "The database was lost while it committed, so it is not known whether this was written. Ask again with the same Idempotency-Key:"
        " it will be written once at most.",
        "outcome_unknown",
        headers={"Retry-After": "1"},
    )
