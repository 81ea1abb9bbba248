"""Bring a database up to date: the numbered files of `migrations/`, each once, in order, each in a transaction of its own.

Forward only. What was applied is recorded with the SHA-256 of the file: a file that changed afterwards, and one that sorts
before an applied one, are refused, because two databases would no longer be the same. A file runs as `clearance_owner`;
one that begins with `-- as: login` runs as whoever connects (it makes the roles), one with `-- no-transaction` runs bare.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.rows import class_row

from service.errors import StartError

DIRECTORY = Path(__file__).parents[1] / "migrations"  # beside this package, in a checkout and installed alike
OLDEST_SERVER = 150000
_LOCK = 0x636C_6561  # "clea", in the space of locks with one 64-bit key
_ATTEMPTS = 20
_RACES = (pg.DuplicateObject, pg.UniqueViolation, pg.InternalError_)  # another database's run makes the same roles


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    name: str
    sha256: str
    text: str

    def says(self, word: str) -> bool:
        """Tell whether the first line asks for something."""
        return self.text.partition("\n")[0].strip() == f"-- {word}"


@dataclass(frozen=True, slots=True)
class Applied:
    """One row of the table that records what ran."""

    name: str
    sha256: str


def migrate(url: str, directory: Path = DIRECTORY, *, only: Collection[str] | None = None) -> list[str]:
    """Apply what is missing (of `only` these, to make the tables of an older version) and return the names; any number of
    processes may do so at once.

    Raises `StartError` for an old server, a changed or out-of-order file, and a login that may not make the roles.
    """
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            return _migrate(conn, directory, only)
    except pg.InsufficientPrivilege as fault:
        raise StartError(f"The database cannot be migrated: {fault.diag.message_primary}. {_PRIVILEGES}") from fault


def _migrate(conn: psycopg.Connection[Any], directory: Path, only: Collection[str] | None) -> list[str]:
    if conn.info.server_version < OLDEST_SERVER:
        raise StartError(f"PostgreSQL {conn.info.server_version // 10000} is too old; version 15 or newer is needed.")
    with _alone(conn):
        if not _is_begun(conn):
            conn.execute("CREATE TABLE migration (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL)")
            conn.execute("GRANT SELECT ON migration TO PUBLIC")
        rest = [each for each in pending(files(directory), _applied(conn)) if only is None or each.name in only]
        for migration in rest:
            _apply(conn, migration)
    return [migration.name for migration in rest]


def missing(url: str, directory: Path = DIRECTORY) -> list[str]:
    """Return the names of what `migrate` would apply, without changing anything."""
    with psycopg.connect(url, autocommit=True) as conn:
        return [migration.name for migration in pending(files(directory), _applied(conn) if _is_begun(conn) else [])]


def files(directory: Path = DIRECTORY) -> list[Migration]:
    """Return every migration, in order."""
    found = sorted(directory.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    if not found:
        raise StartError(f"There are no migrations in {directory}; the installation is not complete.")
    return [Migration(path.name, sha256(path.read_bytes()).hexdigest(), path.read_text(encoding="utf-8")) for path in found]


def pending(wanted: Sequence[Migration], applied: Sequence[Applied]) -> list[Migration]:
    """Return what is still to run; raises `StartError` if the past of this database is not the past of these files."""
    known = {migration.name: migration for migration in wanted}
    for row in applied:
        if row.name not in known:
            raise StartError(f"This database has {row.name}, which this version does not know; run the newer version that made it.")
        if known[row.name].sha256 != row.sha256:
            raise StartError(f"{row.name} changed after it was applied; restore the file and put the change into a new one.")
    done = {row.name for row in applied}
    rest = [migration for migration in wanted if migration.name not in done]
    if rest and done and rest[0].name < max(done):
        raise StartError(f"{rest[0].name} sorts before {max(done)}, which is applied already; give it the next number.")
    return rest


def _is_begun(conn: psycopg.Connection[Any]) -> bool:
    return conn.execute("SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'migration'").rowcount > 0


def _applied(conn: psycopg.Connection[Any]) -> list[Applied]:
    with conn.cursor(row_factory=class_row(Applied)) as cursor:
        return cursor.execute("SELECT name, sha256 FROM migration ORDER BY name").fetchall()


@contextmanager
def _alone(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Hold the lock of this database's migrations. Polled: a waiting statement would hold a snapshot, on which another
    run's CREATE INDEX CONCURRENTLY waits in turn.
    """
    while True:
        row = conn.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
        if row and row[0]:
            break
        time.sleep(0.05)
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _apply(conn: psycopg.Connection[Any], migration: Migration) -> None:
    """Run one file; again when a migration of another database of the cluster made the same role at the same moment."""
    for attempt in range(_ATTEMPTS):
        try:
            return _run(conn, migration)
        except _RACES:
            if not migration.says("as: login") or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.02 * (attempt + 1))
    return None


_PRIVILEGES = (
    "Let the login of DATABASE_URL own the database and have CREATEROLE, or have an administrator create the roles clearance_owner, "
    "clearance_app and clearance_ledger and grant them to it; then run `clearance migrate` again."
)


def _run(conn: psycopg.Connection[Any], migration: Migration) -> None:
    record = "INSERT INTO migration (name, sha256, applied_at) VALUES (%s, %s, now())"
    if migration.says("no-transaction"):
        conn.execute("SET ROLE clearance_owner")
        try:
            conn.execute(migration.text.encode())  # bytes, since these are files of ours and no built strings
        finally:
            conn.execute("RESET ROLE")
        conn.execute(record, [migration.name, migration.sha256])
        return
    with conn.transaction():
        if not migration.says("as: login"):
            conn.execute("SET LOCAL ROLE clearance_owner")
        conn.execute(migration.text.encode())  # bytes, since these are files of ours and no built strings
        conn.execute("SET LOCAL ROLE NONE")
        conn.execute(record, [migration.name, migration.sha256])
