"""Disks that fail, under a database and the log's keys: F3 power cuts, F4 torn writes, F5 a sync that fails, F9 a full disk.

A writer process appends to a durable PostgreSQL; both lie on a file system of our own, which loses what was not synced.
"""

from __future__ import annotations

import base64
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from service.content.store import Store
from service.db import Database
from service.embedded import lease, place
from service.ledger import fsck
from service.ledger.log import Ledger
from service.ledger.signer import Signer
from service.migrate import migrate
from tests import processes
from tests.db.ledger.made import STUDIO
from tests.faults import verifier
from tests.faults.fuse import Disk
from tests.faults.stage import Stage, acknowledged, fresh
from tests.faults.table import Row
from tests.faults.verifier import Acknowledged
from tests.processes import wait_until

WRITERS = 4
WRITER = """
import base64, sys, threading
from pathlib import Path
from service.content.store import Store
from service.db import Database
from service.errors import Unavailable
from service.ledger.log import Ledger
from service.ledger.signer import Signer
from tests.faults.stage import acknowledged, fresh
{patch}
ledger, store = Ledger(Database(sys.argv[1]), Signer(Path(sys.argv[2]) / "keys")), Store(Path(sys.argv[2]) / "content")
def work():
    while True:
        written = fresh()
        try:
            kept = store.keep(written[0].encode() * 50)
            told = acknowledged(ledger, *written)
        except Unavailable as refusal:
            line = f"refused {{refusal.code}}"
        except BaseException as fault:
            line = f"broken {{type(fault).__name__}}"
        else:
            line = f"{{told.token}} {{told.index}} {{base64.b64encode(told.checkpoint).decode()}} {{kept}}"
        sys.stdout.write(line + chr(10))
        sys.stdout.flush()
for _ in range({writers}):
    threading.Thread(target=work).start()
"""


@dataclass
class Machine:
    """A computer with a disk of ours: its database, its keys, its files; and what it has told to the world."""

    disk: Disk
    data: Path
    row: Row
    durable: bool = True
    patch: str = ""
    told: list[Acknowledged] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return place.of(self.data).url

    def run(self, appends: int, accident: str | None = None) -> None:
        """Start, write until so many were acknowledged, and lose the power (or the accident given instead)."""
        with lease.hold(self.data, durable=self.durable):
            with (self.data / "said").open("ab") as said:
                process = subprocess.Popen(
                    [sys.executable, "-c", WRITER.format(patch=self.patch, writers=WRITERS), self.url, str(self.data)],
                    cwd=processes.ROOT, stdout=said, stderr=subprocess.DEVNULL,
                )  # fmt: skip
            begun = (self.data / "said").stat().st_size
            with contextlib.suppress(AssertionError):
                wait_until(lambda: (self.data / "said").read_bytes()[begun:].count(b"\n") >= appends, 60)
            if accident is not None:
                self._suffer(accident, begun)
            lines = self._everything_stops(process, begun)
        self._take(lines)

    def _suffer(self, accident: str, begun: int) -> None:
        """Let it happen amid the writing; when it is over, more must be acknowledged without anybody's help."""
        said = self.data / "said"
        self.disk.tell(accident)
        time.sleep(1.5)
        self.disk.tell("room")
        served = said.read_bytes()[begun:].count(b" ")
        try:
            wait_until(lambda: said.read_bytes()[begun:].count(b" ") > served + 60, 60)
        except AssertionError:
            self.row.expect(condition=False, says=f"after {accident!r} nobody was served again")

    def _everything_stops(self, process: subprocess.Popen[bytes], begun: int) -> list[str]:
        """Stop every process at one moment; what was said until then is what the world knows."""
        keeper = processes.of_data(self.data)
        for number in [process.pid, *keeper]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGSTOP)
        text = (self.data / "said").read_bytes()[begun:].decode()
        for number in [process.pid, *keeper]:
            processes.kill(number)
        process.wait()
        wait_until(lambda: not any(map(processes.is_alive, keeper)), 30)
        return text[: text.rfind("\n") + 1].splitlines()

    def _take(self, lines: list[str]) -> None:
        for line in lines:
            first, *rest = line.split()
            if first in {"refused", "broken"}:
                self.refused += rest
                self.row.expect(first == "refused", f"somebody was answered {rest[0]}")
            else:
                self.told.append(Acknowledged(first, int(rest[0]), base64.b64decode(rest[1])))
                self.kept.append(rest[2])

    def cut(self, line: str) -> None:
        """The power is gone: what the disk held in its cache with it."""
        self.row.times += 1
        self.row.notes[:] = [f"{int(self.disk.tell(line)) + self._lost():,} files had unsynced content when the power went"]

    def _lost(self) -> int:
        return int(self.row.notes[0].split(" ")[0].replace(",", "")) if self.row.notes else 0

    def judge(self) -> None:
        """After the power is back: the log, the mark, and every file that was stored."""
        with lease.hold(self.data, durable=self.durable), closing(Database(self.url)) as database:
            with closing(Ledger(database, Signer(self.data / "keys"))) as ledger:
                mark = ledger.mark(STUDIO)
                size = max((verifier.opened(each.checkpoint).size for each in self.told), default=0)
                self.row.expect(mark is not None and mark.checkpoint.size >= size, "the mark does not cover what was acknowledged")
                with database.ledger() as conn:
                    for fault in fsck.check(conn, ledger, STUDIO).faults:
                        self.row.expect(condition=False, says=f"fsck: {fault.code} at {fault.place}")
                self.told.append(acknowledged(ledger, *fresh()))
            found = verifier.read(self.url, STUDIO)
            self.row.acknowledged = self.row.lost = self.row.duplicated = self.row.gaps = self.row.forks = 0
            verifier.judge(self.row, found, self.told)
        store = Store(self.data / "content")
        self.row.expect(all(_is_whole(store, each) for each in self.kept), "a stored file is gone or damaged")


def _is_whole(store: Store, digest: str) -> bool:
    try:
        return bool(store.read(digest))
    except Exception:  # noqa: BLE001 - gone, damaged: it is not whole
        return False


@contextmanager
def machine(stage: Stage, row: Row, *, durable: bool = True, patch: str = "") -> Iterator[Machine]:
    """A machine whose database was set up before anything goes wrong."""
    where = Path(tempfile.mkdtemp(prefix="disk-"))
    with closing(Disk(where)) as disk:
        data = where / "data"
        data.mkdir()
        for name in ("postgres", "keys", "content"):
            (disk.below / name).mkdir(mode=0o700)
        _database(stage, disk.below / "postgres")  # past the layer, so it counts as synced
        for name in ("postgres", "keys", "content"):
            (data / name).symlink_to(disk.path / name)
        try:
            yield Machine(disk, data, row, durable, patch)
        finally:
            for number in processes.of_data(data):
                processes.kill(number)
    shutil.rmtree(where, ignore_errors=True)


def _database(stage: Stage, to: Path) -> None:
    """A migrated cluster, made once and copied."""
    if stage.cluster is None:
        stage.cluster = stage.directory()
        with lease.hold(stage.cluster, durable=False) as held:
            migrate(held.url)
        wait_until(lambda: not processes.of_data(stage.cluster), 60)
    shutil.copytree(stage.cluster / "postgres", to, dirs_exist_ok=True)


def cuts(stage: Stage) -> Row:
    """F3: the power goes and takes every unsynced page along, of the database, the marks and the files."""
    return _cut(stage, Row("F3", "power cut; every unsynced page lost"), "drop", 200 if stage.long else 1)


def torn(stage: Stage) -> Row:
    """F4: the power goes amid writes, and of the unsynced sectors chance decides which are there."""
    return _cut(stage, Row("F4", "power cut amid writes; some unsynced sectors kept"), "torn", 200 if stage.long else 1)


def _cut(stage: Stage, row: Row, how: str, count: int) -> Row:
    dice = random.Random(stage.seed)
    with machine(stage, row) as made:
        for _ in range(count):
            made.run(dice.randrange(20, 120))
            made.cut(f"cut {how} {dice.randrange(1 << 30)}")
            made.judge()
            if not row.holds:
                break
    return row


def failing_sync(stage: Stage) -> Row:
    """F5: one sync answers EIO and what it should have kept is gone: nothing is acknowledged on the strength of it."""
    row, dice = Row("F5", "one fsync answers EIO, its pages are gone"), random.Random(stage.seed)
    with machine(stage, row) as made:
        for _ in range(50 if stage.long else 1):
            made.run(30, accident=f"fail {dice.randrange(1, 8)}")
            made.cut("cut drop 0")
            made.judge()
    row.notes.append(f"refused meanwhile: {dict(Counter(made.refused))}")
    return row


def full(stage: Stage) -> Row:
    """F9: not a byte more fits on the disk of database, marks and files: refused, then served again without a restart."""
    row = Row("F9", "disk full under database, marks, files and temporary files")
    with machine(stage, row) as made:
        for _ in range(20 if stage.long else 1):
            made.run(30, accident="full")
            row.expect(made.refused, "nobody was refused while the disk was full")
            made.cut("cut drop 0")
            made.judge()
            left = list((made.data / "content" / "incoming").iterdir())
            row.expect(len(left) <= WRITERS, f"{len(left)} half files are left")
    row.notes.append(f"refused meanwhile: {dict(Counter(made.refused))}")
    return row
