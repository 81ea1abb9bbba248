"""The files of a directory under their SHA-256, read by several threads, and resumable: what is unchanged is never read twice.

A state file holds a row for every file, keyed by its path below the directory and good for one size and modification time, so
memory does not grow with the number of files and a run that was killed goes on where it stopped. A file that cannot be taken
in is kept with the reason, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.errors import StartError

NAME_LIMIT: Final = 1_000
_CHUNK: Final = 1 << 20
_FILES, _BYTES, _AHEAD = 64, 16 << 20, 4
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS file (
    name TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, sha256 BLOB, odd TEXT, part INTEGER, run INTEGER NOT NULL
) WITHOUT ROWID
"""
_PUT: Final = (
    "INSERT INTO file (name, size, mtime, sha256, odd, part, run) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
    " size = excluded.size, mtime = excluded.mtime, sha256 = excluded.sha256, odd = excluded.odd, part = excluded.part, run = excluded.run"
)
_buffers = threading.local()


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was met, or read: `odd` says why it is left out."""

    name: str
    size: int = 0
    mtime: int = 0
    sha256: bytes | None = None
    odd: str | None = None


@dataclass(slots=True)
class Progress:
    """How far a run has come: files met, of these those known from before and those hashed now, bytes read."""

    files: int = 0
    known: int = 0
    hashed: int = 0
    bytes: int = 0


def walk(root: Path) -> Iterator[Seen]:
    """Meet every file below a directory, without following links; what cannot be taken in is met with its reason."""
    real, waiting = os.path.realpath(root), [""]
    while waiting:
        below = waiting.pop()
        try:
            with os.scandir(os.path.join(root, below)) as entries:
                for entry in entries:
                    name = below + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{name}/")
                    else:
                        yield _met(entry, name, real)
        except OSError as fault:
            yield Seen(_shown(below or "."), odd=f"the directory cannot be read: {fault.strerror}")


def _met(entry: os.DirEntry[str], name: str, real: str) -> Seen:
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        inside = os.path.commonpath([real, target]) == real
        return Seen(
            _shown(name), odd="a link to what stands in the directory itself" if inside else "a link that leads out of the directory"
        )
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError as fault:
        return Seen(_shown(name), odd=f"it cannot be read: {fault.strerror}")
    return Seen(_shown(name), found.st_size, found.st_mtime_ns, odd=_odd(name, found))


def _odd(name: str, found: os.stat_result) -> str | None:
    if not stat.S_ISREG(found.st_mode):
        return "it is no file"
    if not found.st_size:
        return "it is empty"
    if name != _shown(name):
        return "its name is not UTF-8; rename it"
    if len(name) > NAME_LIMIT or not name.strip():
        return f"its path is blank or longer than {NAME_LIMIT} characters; rename it"
    return None


def _shown(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def read(root: Path, seen: Seen) -> Seen:
    """Return the file with its SHA-256, or with the reason why it cannot be relied upon; it must be as it was met, from first byte to last."""
    try:
        handle = os.open(os.path.join(root, seen.name), _FLAGS)
    except OSError as fault:
        return Seen(seen.name, seen.size, seen.mtime, odd=f"it cannot be read: {fault.strerror}")
    try:
        digest, size = _digest(handle)
        now = os.fstat(handle)
    except OSError as fault:
        return Seen(seen.name, seen.size, seen.mtime, odd=f"it cannot be read: {fault.strerror}")
    finally:
        os.close(handle)
    if (size, now.st_size, now.st_mtime_ns) != (seen.size, seen.size, seen.mtime):
        return Seen(seen.name, seen.size, seen.mtime, odd="it changed while it was read; register again when it is finished")
    return Seen(seen.name, seen.size, seen.mtime, digest)


def _digest(handle: int) -> tuple[bytes, int]:
    buffer: bytearray | None = getattr(_buffers, "one", None)
    if buffer is None:
        buffer = _buffers.one = bytearray(_CHUNK)
    digest, size, view = hashlib.sha256(), 0, memoryview(buffer)
    while count := os.readv(handle, [buffer]):
        digest.update(view[:count])
        size += count
    return digest.digest(), size


class State:
    """The files of one directory as they were found, in a file of their own; use `opened`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take a connection whose table is there."""
        self.connection = connection
        self.run = 1 + (connection.execute("SELECT max(run) FROM file").fetchone()[0] or 0)

    def known(self, seen: Seen) -> bytes | None:
        """Return the digest of a file that has been read before and has not changed since."""
        row = self.connection.execute(
            "SELECT sha256 FROM file WHERE name = ? AND size = ? AND mtime = ? AND odd IS NULL", (seen.name, seen.size, seen.mtime)
        ).fetchone()
        return row[0] if row else None

    def put(self, files: Iterable[Seen], part_of: Callable[[str], int | None]) -> None:
        """Keep what was found, and commit it."""
        rows = [(one.name, one.size, one.mtime, one.sha256, one.odd, part_of(one.name), self.run) for one in files]
        with self.connection:
            self.connection.executemany(_PUT, rows)

    def finish(self) -> None:
        """Forget the files that are no longer there."""
        with self.connection:
            self.connection.execute("DELETE FROM file WHERE run <> ?", (self.run,))

    def items(self) -> Iterator[tuple[str, int, bytes, int | None]]:
        """Yield (name, size, SHA-256, part) of every file that is taken in, in the order of their names."""
        yield from self.connection.execute("SELECT name, size, sha256, part FROM file WHERE odd IS NULL ORDER BY name")

    def odd(self) -> list[dict[str, str]]:
        """Return the files that are left out, each with its reason."""
        rows = self.connection.execute("SELECT name, odd FROM file WHERE odd IS NOT NULL ORDER BY name")
        return [{"name": name, "why": why} for name, why in rows]

    def counts(self) -> dict[int | None, int]:
        """Return how many files each part has; None for those in no part."""
        return dict(self.connection.execute("SELECT part, count(*) FROM file WHERE odd IS NULL GROUP BY part"))

    def in_no_part(self, most: int) -> list[tuple[str, int, bytes]]:
        """Return the first files that belong to no part."""
        rows = self.connection.execute(
            "SELECT name, size, sha256 FROM file WHERE odd IS NULL AND part IS NULL ORDER BY name LIMIT ?", (most,)
        )
        return rows.fetchall()

    def duplicates(self) -> Iterator[tuple[list[str], list[int | None]]]:
        """Yield the names and the parts of files with the same content; those that stand in several parts first."""
        with self.connection:
            self.connection.execute("CREATE INDEX IF NOT EXISTS file_by_content ON file (sha256)")
        same = self.connection.execute(
            "SELECT sha256 FROM file WHERE odd IS NULL GROUP BY sha256 HAVING count(*) > 1"
            " ORDER BY count(DISTINCT coalesce(part, -1)) DESC, min(name)"
        )
        for (digest,) in same:
            rows = self.connection.execute(
                "SELECT name, part FROM file WHERE sha256 = ? AND odd IS NULL ORDER BY name", (digest,)
            ).fetchall()
            yield [name for name, _ in rows], list(dict.fromkeys(part for _, part in rows))


@contextmanager
def opened(file: Path) -> Iterator[State]:
    """Open, or make, the state file of a directory; only one run at a time may have it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(file, timeout=1.0)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_SCHEMA)
            connection.execute("DROP INDEX IF EXISTS file_by_content")  # only the search for duplicates needs it, and writing it costs
            yield State(connection)
    except sqlite3.OperationalError as fault:
        if "locked" in str(fault):
            raise StartError(f"Another run is at this directory ({file} is in use); wait until it has ended.") from None
        raise StartError(f"{file} cannot be used: {fault}. Free the disk, or remove the file to begin anew.") from fault
    except sqlite3.DatabaseError as fault:
        raise StartError(f"{file} is damaged: {fault}. Remove it to begin anew.") from fault


def hash_tree(
    root: Path, state: State, part_of: Callable[[str], int | None], told: Callable[[Progress], None] = lambda _: None, *, threads: int = 2
) -> Progress:
    """Bring the state up to date with the directory; `told` hears of every batch. Two threads unless told."""
    progress = Progress()
    pending: deque[Future[list[Seen]]] = deque()
    with ThreadPoolExecutor(threads, "hash") as pool:
        for batch in _batches(walk(root)):
            new = list(_new(batch, state, part_of, progress))
            pending.append(pool.submit(lambda files: [one if one.odd else read(root, one) for one in files], new))
            while len(pending) > _AHEAD * threads:
                _take(pending.popleft(), state, part_of, progress, told)
        while pending:
            _take(pending.popleft(), state, part_of, progress, told)
    state.finish()
    return progress


def _batches(files: Iterator[Seen]) -> Iterator[list[Seen]]:
    """Cut the files into batches of a limited number and, but for a single large file, a limited size."""
    batch: list[Seen] = []
    size = 0
    for one in files:
        batch.append(one)
        size += one.size
        if len(batch) == _FILES or size > _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _new(batch: list[Seen], state: State, part_of: Callable[[str], int | None], progress: Progress) -> Iterator[Seen]:
    """Yield the files that have to be read; those that are known are kept at once."""
    known = []
    for one in batch:
        progress.files += 1
        digest = None if one.odd else state.known(one)
        if digest is None:
            yield one
        else:
            known.append(Seen(one.name, one.size, one.mtime, digest))
    progress.known += len(known)
    if known:
        state.put(known, part_of)


def _take(
    done: Future[list[Seen]], state: State, part_of: Callable[[str], int | None], progress: Progress, told: Callable[[Progress], None]
) -> None:
    files = done.result()
    progress.hashed += sum(1 for one in files if one.sha256)
    progress.bytes += sum(one.size for one in files if one.sha256)
    state.put(files, part_of)
    told(progress)
