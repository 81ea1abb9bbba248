"""Make a backup while the service runs: one snapshot of the database, then the contents that the log names in that snapshot."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import Connection

from service.backup import contents, tables
from service.backup.folder import Log, Manifest, Writer
from service.config import Settings
from service.content.store import Store
from service.db import Database, transaction
from service.errors import Problem, StartError
from service.ledger import fsck
from service.ledger.log import Ledger
from service.ledger.signer_socket import connect
from service.version import VERSION

KEYS = "keys"
_MARKS = Path("log") / "marks"
_SECONDS = 86_400.0
_HEAD = "SELECT size, root FROM tree_head WHERE studio_id = %s ORDER BY size DESC LIMIT 1"


def make(out: Path, url: str, settings: Settings, now: datetime, *, with_keys: bool = False) -> Manifest:
    """Write a backup of the database at `url` and of the contents in the data directory into a new or empty folder.

    The keys and the signer's marks are left out on purpose: whoever has the backup alone reads no secret and signs nothing, and
    what was erased stays erased. `with_keys` copies the keys; the marks never, since only they tell a restored log from the newest.
    """
    with closing(Writer(out)) as writer:
        return _make(writer, url, settings, now, with_keys=with_keys)


def _make(writer: Writer, url: str, settings: Settings, now: datetime, *, with_keys: bool) -> Manifest:
    with closing(Database(url, statement_seconds=_SECONDS)) as database:
        with database.owner() as conn, transaction(conn):
            conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            migrations = conn.execute("SELECT name, sha256 FROM migration ORDER BY name").fetchall()
            found = tables.write(conn, writer)
            trees = {studio_id: conn.execute(_HEAD, [studio_id]).fetchone() for studio_id in fsck.studios(conn)}
            copied, damaged = _contents(conn, settings, writer, list(trees))
        with _ledger(database, settings) as ledger:
            logs = tuple(_log(database, ledger, studio_id, *head) for studio_id, head in trees.items() if head)
    if with_keys:
        _keys(settings.data / KEYS, writer)
    return writer.finish(
        clearance=VERSION, made_at=now.isoformat(timespec="seconds"), migrations=tuple(migrations), tables=found, logs=logs,
        contents=copied, with_keys=with_keys, damaged=tuple(damaged),
    )  # fmt: skip


def _contents(conn: Connection[Any], settings: Settings, writer: Writer, studios: list[str]) -> tuple[int, list[str]]:
    blobs = Store(settings.data / contents.FOLDER)
    done = [contents.write(conn, studio_id, blobs.of(studio_id), writer) for studio_id in studios]
    return sum(count for count, _ in done), [digest for _, damaged in done for digest in damaged]


@contextmanager
def _ledger(database: Database, settings: Settings) -> Iterator[Ledger | None]:
    """Open the log with its signer, or say that there is none here; to ask must not make a new key."""
    directory = settings.data / KEYS / "log"
    if settings.signer is None and not (directory / "key.pem").exists():
        yield None
        return
    with closing(Ledger(database, connect(directory, settings.signer))) as ledger:
        yield ledger


def _log(database: Database, ledger: Ledger | None, studio_id: str, size: int, root: bytes) -> Log:
    """Have the tree of the snapshot signed, as a beginning of the newest one; a log that is refused is backed up all the same."""
    if ledger is None:
        return Log(studio_id, size, root.hex(), None, None, "The key of the log is not on this machine.")
    try:
        with database.app(studio_id) as conn:
            signed = ledger.checkpoint(conn, studio_id, size)
    except Problem as refusal:
        return Log(studio_id, size, root.hex(), None, None, str(refusal))
    return Log(studio_id, size, root.hex(), signed.decode() if signed else None, ledger.verifier(studio_id).text())


def _keys(directory: Path, writer: Writer) -> None:
    if not directory.is_dir():
        raise StartError(f"There are no keys in {directory} to be backed up.")
    for path in sorted(directory.rglob("*")):
        own = path.relative_to(directory)
        if path.is_file() and own != _MARKS and path.name != "lock" and not path.name.startswith(".new-"):
            with writer.file(f"{KEYS}/{own}") as sink, path.open("rb") as source:
                shutil.copyfileobj(source, sink)
