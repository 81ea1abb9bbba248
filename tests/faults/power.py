"""Disks that fail, under a database and the log's keys: F3 power cuts, F4 torn writes, F5 a sync that fails, F9 a full disk.

A writer process appends to a durable PostgreSQL; the whole data directory lies on a file system of our own, which loses what was not
synced, contents and names. A round starts the database once: it is judged after the cut before, and then written to until the next.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from service.db import Database
from service.embedded import lease, place
from service.ledger import fsck
from service.ledger.log import Ledger
from service.ledger.signer import Signer
from tests import processes
from tests.db.ledger.made import STUDIO
from tests.faults import verifier
from tests.faults.fuse import Disk
from tests.faults.stage import Stage, acknowledged, fresh
from tests.faults.table import Row
from tests.faults.verifier import Acknowledged
from tests.faults.writer import Writer, stopped
from tests.processes import wait_until

ROUNDS = 20
"""So many accidents a machine has; the log of a fresh one is short again."""


@dataclass
class Machine:
    """A computer with a disk of ours: its database, its keys, its files; and who has written to it."""

    disk: Disk
    row: Row
    writer: Writer
    durable: bool = True
    told: list[Acknowledged] = field(default_factory=list)
    unsynced: list[tuple[int, int]] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.disk.path / "data"

    @property
    def url(self) -> str:
        return place.of(self.data).url

    def round(self, appends: int, cut: str, accident: str | None = None) -> None:
        """Judge what the cut before has left, write until so many were acknowledged, suffer the accident if there is one, lose the power."""
        with lease.hold(self.data, durable=self.durable):
            self._judge()
            writer = self.writer.start(self.url, self.data)
            with contextlib.suppress(AssertionError):
                wait_until(lambda: self.writer.answers() >= appends, 60)
            if accident is not None:
                self._suffer(accident)
            said = stopped([writer, *processes.of_data(self.data)], self.writer.said)
            shutil.rmtree(place.of(self.data).sockets, ignore_errors=True)
        self.writer.take(self.row, said)
        self.unsynced.append(self.disk.cut(cut))
        self.row.times += 1

    def judge(self) -> None:
        """After the last cut."""
        with lease.hold(self.data, durable=self.durable):
            self._judge()
            stopped(processes.of_data(self.data), self.writer.said)

    def _suffer(self, accident: str) -> None:
        """Let it happen amid the writing; when it is over, more must be acknowledged without anybody's help."""
        self.disk.tell(accident)
        time.sleep(1.5)
        self.disk.tell("room")
        served = self.writer.answers(b"token")
        try:
            wait_until(lambda: self.writer.answers(b"token") > served + 20, 60)
        except AssertionError:
            self.row.expect(condition=False, says=f"after {accident!r} nobody was served again")

    def _judge(self) -> None:
        """After the power is back: the log, the mark, every file that was stored, the key of everything that was sealed."""
        told = [*self.told, *self.writer.told]
        with closing(Database(self.url)) as database, closing(Ledger(database, Signer(self.data / "keys" / "log"))) as ledger:
            mark = ledger.mark(STUDIO)
            size = max((verifier.opened(each.checkpoint).size for each in told), default=0)
            self.row.expect(size == 0 or (mark and mark.checkpoint.size >= size), "the mark does not cover what was acknowledged")
            with database.ledger() as conn:
                for fault in fsck.check(conn, ledger, STUDIO).faults:
                    self.row.expect(condition=False, says=f"fsck: {fault.code} at {fault.place}")
            self.told.append(acknowledged(ledger, *fresh()))
        seen = Row("", "")
        verifier.judge(seen, verifier.read(self.url, STUDIO), [*told, self.told[-1]])
        self.row.lost, self.row.duplicated, self.row.gaps, self.row.forks = seen.lost, seen.duplicated, seen.gaps, seen.forks
        self.writer.judge_files(self.row, self.data)


@contextmanager
def machine(stage: Stage, row: Row, *, durable: bool = True, patch: str = "") -> Iterator[Machine]:
    """A machine whose database was set up before anything goes wrong; when it is done with, the row has what was told."""
    where = Path(tempfile.mkdtemp(prefix="disk-"))
    with closing(Disk(where)) as disk:
        stage.copy_cluster(disk.below / "data")  # past the layer, so it counts as synced
        made = Machine(disk, row, Writer(where / "said", patch), durable)
        try:
            yield made
        finally:
            row.acknowledged += len(made.told) + len(made.writer.told)
            made.writer.close()
            for number in processes.of_data(made.data):
                processes.kill(number)
    shutil.rmtree(where, ignore_errors=True)


def cuts(stage: Stage) -> Row:
    """F3: the power goes and takes every unsynced page along, of the database, the marks and the files."""
    return _cut(stage, Row("F3", "power cut; every unsynced page lost"), "drop", 200 if stage.long else 1)


def torn(stage: Stage) -> Row:
    """F4: the power goes amid writes, and of the unsynced sectors chance decides which are there."""
    return _cut(stage, Row("F4", "power cut amid writes; some unsynced sectors kept"), "torn", 200 if stage.long else 1)


def _cut(stage: Stage, row: Row, how: str, count: int) -> Row:
    return _rounds(stage, row, count, lambda dice: (dice.randrange(20, 120), f"{how} {dice.randrange(1 << 30)}"))


def _rounds(stage: Stage, row: Row, count: int, chosen: Callable[[random.Random], tuple[str, ...]]) -> Row:
    """So many rounds on machines that are made anew from time to time, until something is wrong."""
    dice, refused, unsynced = random.Random(stage.seed), Counter[str](), list[tuple[int, int]]()
    for begin in range(0, count, ROUNDS):
        if not row.holds:
            break
        with machine(stage, row) as made:
            for _ in range(min(ROUNDS, count - begin)):
                made.round(*chosen(dice))
            made.judge()
            refused.update(made.writer.refused)
            unsynced += made.unsynced
    files, names = map(sum, zip(*unsynced, strict=True))
    row.notes.append(f"{files:,} files had unsynced content and {names:,} names were unsynced when the power went")
    if refused:
        row.notes.append(f"refused meanwhile: {dict(refused)}")
    return row


def failing_sync(stage: Stage) -> Row:
    """F5: one sync answers EIO and what it should have kept is gone: nothing is acknowledged on the strength of it."""
    row = Row("F5", "one fsync answers EIO, its pages are gone")
    return _rounds(stage, row, 50 if stage.long else 1, lambda dice: (30, "drop 0", f"fail {dice.randrange(1, 8)}"))


def full(stage: Stage) -> Row:
    """F9: not a byte more fits on the disk of database, marks and files: refused, then served again without a restart."""
    row = Row("F9", "disk full under database, marks, files and temporary files")
    _rounds(stage, row, 20 if stage.long else 1, lambda _: (30, "drop 0", "full"))
    row.expect(len(row.notes) > 1, "nobody was refused while the disk was full")
    return row
