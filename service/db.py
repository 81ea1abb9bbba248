"""The database: pools for the three roles, transactions, and which constraint means which problem.

Connections are in autocommit; what belongs together stands in `with transaction(conn)`. Nothing else in the project
commits. Pools are made on first use in the process that uses them, so a server may fork before.
"""

from __future__ import annotations

import os
import random
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg import errors as pg
from psycopg_pool import ConnectionPool, PoolTimeout

from service import errors, forks

APP, LEDGER, OWNER = "clearance_app", "clearance_ledger", "clearance_owner"
POOL_SECONDS = 10.0
_TURN_SECONDS, _RECONNECT_SECONDS = 0.5, 0.3
"""A pool that cannot connect would wait longer and longer before it tries again; it gives up soon, and whoever waits asks it anew."""
_RETRIES = 5
_LIMITS = "SELECT set_config('statement_timeout', %(limit)s, false), set_config('idle_in_transaction_session_timeout', %(limit)s, false)"
_T = TypeVar("_T")


class Link(Connection[Any]):
    """A connection that remembers which studio it is set to, so that most checkouts need no round trip."""

    studio_id: str | None = None


class Database:
    """The database at `url` (libpq's form); `size` connections for requests, `ledger_size` for the sequencer and jobs.

    `prepare_threshold=None` switches prepared statements off, for poolers that do not know them.
    """

    def __init__(
        self, url: str, *, size: int = 16, ledger_size: int = 8, statement_seconds: float = 30.0, prepare_threshold: int | None = 5
    ) -> None:
        self.url = url
        self._size, self._ledger_size = size, ledger_size
        self._limit = f"{round(statement_seconds * 1000)}ms"
        self._prepare_threshold = prepare_threshold
        self._begin()

    def _begin(self) -> None:
        self._pools: dict[str, ConnectionPool[Link]] = {}
        self._making = threading.Lock()
        self._process = os.getpid()

    @contextmanager
    def app(self, studio_id: str) -> Iterator[Link]:
        """Lend a connection that answers one studio's requests: it reads and writes nothing of any other."""
        with self._lend(APP) as conn:
            if conn.studio_id != studio_id:
                conn.studio_id = None
                conn.execute("SELECT set_config('clearance.studio', %s, false)", [studio_id])
                conn.studio_id = studio_id
            yield conn

    @contextmanager
    def anyone(self) -> Iterator[Link]:
        """Lend a connection set to whatever studio it last answered for: only to look a caller up by a function."""
        with self._lend(APP) as conn:
            yield conn

    @contextmanager
    def ledger(self) -> Iterator[Link]:
        """Lend a connection for the sequencer and for jobs: all studios, no changing of what is in the log."""
        with self._lend(LEDGER) as conn:
            yield conn

    @contextmanager
    def unhurried(self) -> Iterator[Link]:
        """Lend a connection like `ledger`, for work that reads a whole log and may take as long as that takes."""
        with self.ledger() as conn:
            conn.execute(_LIMITS, {"limit": "0"})
            try:
                yield conn
            finally:
                if not conn.closed:
                    conn.execute(_LIMITS, {"limit": self._limit})

    @contextmanager
    def owner(self) -> Iterator[Link]:
        """Lend a connection that owns the objects; for maintenance, never for requests."""
        with self._lend(OWNER) as conn:
            yield conn

    def close(self) -> None:
        """Close every connection; the object may be used again and then makes new ones."""
        with self._making:
            pools, self._pools = self._pools, {}
        if self._process == os.getpid():
            for pool in pools.values():
                pool.close()

    @contextmanager
    def _lend(self, role: str) -> Iterator[Link]:
        try:
            pool = self._pool(role)
            conn = _connection(pool)
        except PoolTimeout as fault:
            raise errors.Unavailable(
                "The database has no connection free or does not answer; try again.", "database_unavailable", headers={"Retry-After": "2"}
            ) from fault
        try:
            with conn:
                yield conn
        finally:
            pool.putconn(conn)

    def _pool(self, role: str) -> ConnectionPool[Link]:
        forks.anew(lambda: self._process, self._begin)  # the parent's sockets are not ours to use
        found = self._pools.get(role)
        return found if found is not None else self._make(role)

    def _make(self, role: str) -> ConnectionPool[Link]:
        def configure(conn: Link) -> None:
            conn.prepare_threshold = self._prepare_threshold
            conn.execute(
                "SELECT set_config('role', %(role)s, false), set_config('timezone', 'UTC', false), set_config('statement_timeout', %(limit)s, false),"
                " set_config('idle_in_transaction_session_timeout', %(limit)s, false)",
                {"role": role, "limit": self._limit},
            )

        with self._making:
            if role not in self._pools:
                self._pools[role] = ConnectionPool(
                    self.url, connection_class=Link, kwargs={"autocommit": True}, configure=configure, check=_still_there,
                    min_size=0, max_size=self._size if role == APP else self._ledger_size, timeout=POOL_SECONDS, max_idle=300.0, open=True, name=role,
                    reconnect_timeout=_RECONNECT_SECONDS,
                )  # fmt: skip
            return self._pools[role]


@contextmanager
def transaction(conn: Connection[Any]) -> Iterator[None]:
    """Commit what the block did, all of it or, if it raises, nothing; inside another one it is a savepoint."""
    with conn.transaction():
        yield


@contextmanager
def undone(conn: Connection[Any]) -> Iterator[None]:
    """Do the block in a transaction that is rolled back whatever happens: to look at what would be."""
    with conn.transaction(force_rollback=True):
        yield


def retrying(work: Callable[[], _T]) -> _T:
    """Do a whole transaction's work, again when the server asks for that (serialization failure, deadlock)."""
    for attempt in range(_RETRIES):
        try:
            return work()
        except (pg.SerializationFailure, pg.DeadlockDetected):
            time.sleep(0.005 * 2**attempt * (1 + random.random()))  # noqa: S311 - spreads the retries, guards nothing
    return work()


def problem(fault: psycopg.Error) -> errors.Problem | None:
    """Return the refusal that a constraint's name stands for, or `None` if it is not one that callers can cause."""
    name = fault.diag.constraint_name
    if name == "identifier_taken":
        return errors.Conflict("Another record of this kind has one of these identifiers already.", "identifier_taken")
    if name in {"entry_version", "head_key", "head_production_key"}:  # one statement writes all three; any may be the first to notice
        return errors.StaleVersion("Somebody else has written this version; read the record again and repeat the change.", "stale_version")
    if name == "account_email_taken":
        return errors.Conflict("Another account of this studio has that address.", "email_taken")
    if name in {"api_key_account", "session_account"}:
        return errors.NotFound("There is no such account in this studio.", "not_found")
    return None


def _connection(pool: ConnectionPool[Link]) -> Link:
    """Wait for a connection; raises `PoolTimeout`."""
    until = time.monotonic() + POOL_SECONDS
    while True:
        left = until - time.monotonic()
        try:
            return pool.getconn(min(_TURN_SECONDS, left))
        except PoolTimeout:
            if left <= _TURN_SECONDS:
                raise


def _still_there(conn: Connection[Any]) -> None:
    """Refuse a connection whose server has gone. An idle socket with something to read is one that was told goodbye, so
    the healthy case costs no round trip.
    """
    poll = select.poll()
    poll.register(conn.fileno(), select.POLLIN | select.POLLRDHUP)
    if poll.poll(0):
        conn.execute("SELECT 1")
