"""The places of one embedded database: its files under the data directory, its locks, and its socket.

The socket lies in a short private directory of its own, because a socket's path may not exceed 107 bytes and one
inside the database's files would be copied by backups. It is named after the data directory's inode, so that every
process of this user finds it and a data directory that is moved or mounted elsewhere keeps it.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from service import durable
from service.errors import StartError

MEND = "Mend what its log names (often a full disk, or too little memory) and start again: what was committed is there."
PORT = 5432  # of the socket's name only; nothing listens on the network
DATABASE = "clearance"
SUPERUSER = "postgres"
_SHORT = Path("/tmp")  # noqa: S108 - not $TMPDIR, which is long in places and differs between sessions


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of the embedded database of one data directory lie."""

    data: Path

    @property
    def cluster(self) -> Path:
        """The database's own files."""
        return self.data / "postgres"

    @property
    def log(self) -> Path:
        """What the keeper and the server say."""
        return self.data / "postgres.log"

    @property
    def users(self) -> Path:
        """The lock file that every user of the database holds shared."""
        return self.data / "postgres.users"

    @property
    def keeper(self) -> Path:
        """The lock file that the keeper holds for its life."""
        return self.data / "postgres.keeper"

    @property
    def start(self) -> Path:
        """The lock file that a user holds while it makes the server run."""
        return self.data / "postgres.start"

    @property
    def sockets(self) -> Path:
        """The private directory of the server's socket."""
        inode = self.data.stat()
        parent = _SHORT if os.access(_SHORT, os.W_OK) else Path(tempfile.gettempdir())
        return parent / f"clearance-{os.geteuid()}-{inode.st_dev:x}-{inode.st_ino:x}"

    @property
    def url(self) -> str:
        """The address of the service's database for libpq."""
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={host}&port={PORT}"


def of(data: Path) -> Place:
    """Return the places under a data directory, which is made (0700) where it is missing."""
    try:
        if not data.is_dir():
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.sync_directory(data.parent)
    except OSError as error:
        message = f"The data directory {data} cannot be made ({error.strerror}). Name another with --data or CLEARANCE_DATA."
        raise StartError(message) from error
    if not os.access(data, os.W_OK | os.X_OK):
        message = f"The data directory {data} is not writable. Name another with --data or CLEARANCE_DATA."
        raise StartError(message)
    return Place(data.resolve())


def is_private(directory: Path, owner: int) -> bool:
    """Say whether nobody but its owner can have put anything into a directory (false for a missing one)."""
    try:
        found = os.lstat(directory)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077


def answers(url: str) -> bool:
    """Say whether a database answers; the only test there is, since a process id proves nothing."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def open_lock(path: Path) -> int:
    """Open a lock file (made where missing) and return its handle, which no child process inherits."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(handle: int) -> bool:
    """Take an exclusive lock if nobody holds the file, and say whether it was taken."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
