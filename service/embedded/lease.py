"""How a process uses the service's database: it holds a lease, and while anyone does, the server runs.

`DATABASE_URL` always wins and is then simply passed on. Otherwise the holder of a lease holds a shared lock on the
data directory; the keeper process (`keeper.py`) stops the server when the last such lock is gone, however its holder
ended. Nothing outside this package knows which of the two it is.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from service.embedded import binaries, place
from service.embedded.place import Place
from service.errors import StartError

_ATTEMPTS = 3
_ROOT = Path(__file__).parents[2]  # where `service` is importable from


@dataclass(slots=True)
class Lease:
    """A database that runs as long as this is held; `url` is libpq's."""

    url: str
    _place: Place | None = None
    _durable: bool = True
    _keepers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def ensure(self) -> None:
        """Make sure that the server runs, after an accident as at the start; raises `StartError` if it cannot."""
        if self._place is None or self._answers(self._place):
            return
        with _exclusive(self._place.start):
            self._start(self._place)

    def _answers(self, where: Place) -> bool:
        return place.is_private(where.sockets, binaries.identity().owner) and place.answers(self.url)

    def _start(self, where: Place) -> None:
        """Start keepers until the server answers. A living keeper has all the time that crash recovery may take."""
        spawned = 0
        while not self._answers(where):
            if not _has_keeper(where) and not self._is_starting():
                if spawned == _ATTEMPTS:
                    raise StartError(_failure(where))
                self._keepers = [_spawn(where, durable=self._durable)]
                spawned += 1
            time.sleep(0.02)

    def _is_starting(self) -> bool:
        return any(keeper.poll() is None for keeper in self._keepers)  # poll also buries one that has ended


@contextmanager
def hold(data: Path, url: str | None = None, *, durable: bool = True) -> Iterator[Lease]:
    """Hold a lease on the database at `url`, or without one on the embedded database of a data directory.

    `durable=False` gives up safety against power cuts and is for tests.
    """
    if url is not None:
        yield Lease(url)
        return
    where = place.of(data)
    with _shared(where.users):
        lease = Lease(where.url, where, durable)
        lease.ensure()
        yield lease


def _spawn(where: Place, *, durable: bool) -> subprocess.Popen[bytes]:
    """Start the keeper in a session of its own, so that Ctrl-C in the terminal is not meant for it."""
    command = [
        sys.executable,
        "-m",
        "service.embedded.keeper",
        str(where.data),
        *([] if durable else ["--not-durable"]),
    ]
    with where.log.open("ab") as log:
        return subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )  # fmt: skip


def _has_keeper(where: Place) -> bool:
    handle = place.open_lock(where.keeper)
    try:
        return not place.try_lock(handle)
    finally:
        os.close(handle)


def _failure(where: Place) -> str:
    lines = where.log.read_text(errors="replace").splitlines()
    reason = lines[-1] if lines else "no reason given."
    return f"The embedded database did not start: {reason} (The whole log is in {where.log}.)"


@contextmanager
def _shared(path: Path) -> Iterator[None]:
    """Hold a lock shared; waits while a keeper, who has it alone then, is stopping the server."""
    handle = place.open_lock(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    handle = place.open_lock(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
