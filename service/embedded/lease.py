"""How a process uses the service's database: it holds a lease, and while anyone does, the server runs.

`DATABASE_URL` always wins and is then simply passed on. Otherwise the holder of a lease holds a shared lock on the
data directory; the keeper process (`keeper.py`) stops the server when the last such lock is gone, however its holder
ended. Nothing outside this package knows which of the two it is.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from service.embedded import binaries, place
from service.embedded.place import Place
from service.errors import StartError

_ATTEMPTS = 3
_LINES = 200
_CAUSE = re.compile("PANIC:|could not |terminated by signal|No space left")
_ROOT = Path(__file__).parents[2]  # where `service` is importable from


@dataclass(slots=True)
class Lease:
    """A database that runs as long as this is held; `url` is libpq's."""

    url: str
    _place: Place | None = None
    _durable: bool = True

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
        attempts = iter(range(_ATTEMPTS))
        while not self._answers(where):
            if not _has_keeper(where):
                if next(attempts, None) is None:
                    raise StartError(_failure(where))
                _start_keeper(where, durable=self._durable)
            time.sleep(0.04)


@contextmanager
def hold(data: Path, url: str | None = None, *, durable: bool = True) -> Iterator[Lease]:
    """Hold a lease on the database at `url`, or without one on the embedded database of a data directory.

    `durable=False` gives up safety against power cuts and is for tests.
    """
    if url is not None:
        _reach(url)
        yield Lease(url)
        return
    where = place.of(data)
    with _shared(where.users):
        lease = Lease(where.url, where, durable)
        lease.ensure()
        yield lease


def wait_until_stopped(data: Path, seconds: float = 60.0) -> None:
    """Wait until the server of a data directory that nobody uses any more has ended, so that the directory may be removed."""
    deadline = time.monotonic() + seconds
    while _has_keeper(place.of(data)) and time.monotonic() < deadline:
        time.sleep(0.04)


def _reach(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.Error as error:
        raise StartError(f"The database in DATABASE_URL does not answer: {str(error).strip()}") from error


def _start_keeper(where: Place, *, durable: bool) -> None:
    """Start a keeper, away from this terminal and its Ctrl-C; when this returns it has its lock, or another has."""
    options = [] if durable else ["--not-durable"]
    command = [sys.executable, "-m", "service.embedded.keeper", str(where.data), *options]
    with where.log.open("ab") as log:
        subprocess.run(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, check=False)


def _has_keeper(where: Place) -> bool:
    handle = place.open_lock(where.keeper)
    try:
        return not place.try_lock(handle)
    finally:
        os.close(handle)


def _failure(where: Place) -> str:
    """Say why the keeper gave up, in its words and in the server's last that name a cause, and what to do."""
    lines = where.log.read_text(errors="replace").splitlines()[-_LINES:]
    reason = lines[-1] if lines else "no reason given."
    cause = next((line for line in reversed(lines[:-1]) if _CAUSE.search(line)), None)
    said = f" It said: {cause}." if cause else ""
    return f"The embedded database did not start: {reason}{said} (The whole log is in {where.log}.)"


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
