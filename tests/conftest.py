"""A real PostgreSQL for every test that asks for a database.

One server a run (of the embedded kind, without syncing to disk, or the one in DATABASE_URL), one template that is
migrated once, one database a worker, emptied before each test. A test that migrates, breaks or keeps a database takes
`fresh_database_url`, a copy of its own. Nothing is left behind: the server ends with its last user.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from service.embedded import lease

if TYPE_CHECKING:
    from flask import Flask

    from service.db import Database
    from service.services import Services

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
"""


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A directory that all workers of one run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def server_url(shared_directory: Path) -> Iterator[str]:
    """A PostgreSQL server where databases and roles may be made."""
    with lease.hold(shared_directory / "data", os.environ.get("DATABASE_URL"), durable=False) as held:
        yield held.url


@pytest.fixture(scope="session")
def copy_cluster(shared_directory: Path) -> Callable[[Path], None]:
    """Return a function that puts the files of an empty server into a data directory; to make them takes two seconds, to copy them none."""
    made = shared_directory / "cluster"
    with (shared_directory / "cluster.lock").open("w") as making:
        fcntl.flock(making, fcntl.LOCK_EX)
        if not made.exists():
            with lease.hold(made, durable=False):
                pass
            lease.wait_until_stopped(made)

    def copy(data: Path) -> None:
        data.mkdir(mode=0o700, parents=True)
        shutil.copytree(made / "postgres", data / "postgres")

    return copy


@pytest.fixture(scope="session")
def copy_database(server_url: str, shared_directory: Path, testrun_uid: str, worker_id: str) -> Iterator[Callable[[], str]]:
    """Return a function that makes a migrated database and answers its address; all are dropped in the end."""
    template = f"clearance_test_{testrun_uid[:12]}"
    count = itertools.count()
    made: list[str] = []

    def copy() -> str:
        made.append(f"{template}_{worker_id}_{next(count)}")
        _execute(server_url, "CREATE DATABASE {} TEMPLATE {}", made[-1], template)
        return make_conninfo(server_url, dbname=made[-1])

    with _template(server_url, template, shared_directory / "template.lock"):
        yield copy
        for name in made:
            _execute(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.fixture
def fresh_database_url(copy_database: Callable[[], str]) -> str:
    """The address of a migrated database that only this test knows."""
    return copy_database()


@pytest.fixture(scope="session")
def worker_database(copy_database: Callable[[], str]) -> Iterator[Database]:
    """The worker's database with its pools; take `database`, which is empty."""
    from service.db import Database  # so that tests of pure rooms start without the driver's pools

    with contextlib.closing(Database(copy_database())) as database:
        yield database


@pytest.fixture(scope="session")
def worker_services(worker_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The service's parts over the worker's database; take `services`, whose database is empty.

    Every test works in studios of its own, so keys, content and the processes that read media may be those of the whole run.
    """
    from service.config import Settings
    from service.services import Services

    settings = Settings(data=tmp_path_factory.mktemp("services"), database_url=worker_database.url)
    with contextlib.closing(Services.from_settings(settings)) as services:
        yield services


@pytest.fixture(scope="session")
def worker_app(worker_services: Services) -> Flask:
    """The application over these parts: to compile its routes costs a tenth of a second."""
    from service.app import create_app

    return create_app(services=worker_services)


@pytest.fixture(scope="session")
def _empty(worker_database: Database) -> Callable[[], None]:
    """Return a function that empties the worker's database of everything that the migrations did not put there."""
    with psycopg.connect(worker_database.url) as conn:
        if conn.execute("SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper").rowcount == 0:
            pytest.fail("The tests empty tables past their guards: DATABASE_URL must name a login that is a superuser.", pytrace=False)
        names = [name for (name,) in conn.execute(_TABLES)]
        filled = {name for name in names if conn.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(name))).rowcount}
    # Every table in any order, past triggers that guard against just this.
    deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in names if name not in filled]
    statement = sql.SQL("; ").join([sql.SQL("SET LOCAL session_replication_role = replica"), *deletes])

    def empty() -> None:
        with psycopg.connect(worker_database.url) as conn:
            conn.execute(statement)

    return empty


@pytest.fixture
def database(worker_database: Database, _empty: Callable[[], None]) -> Database:
    """The service's database, migrated and empty."""
    _empty()
    return worker_database


@pytest.fixture
def services(worker_services: Services, database: Database) -> Services:
    """The service's parts over a database that is migrated and empty."""
    return worker_services


@pytest.fixture
def database_url(database: Database) -> str:
    """The address of `database`, for what connects by itself."""
    return database.url


@contextlib.contextmanager
def _template(server_url: str, name: str, lock: Path) -> Iterator[None]:
    """Migrate the template if this worker is the first, and drop it if it is the last."""
    with lock.open("w") as users, lock.with_suffix(".making").open("w") as making:
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(making, fcntl.LOCK_EX)
        with psycopg.connect(server_url) as conn:
            there = conn.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount
        if not there:
            _make_template(server_url, name)
        fcntl.flock(making, fcntl.LOCK_UN)
        yield
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _execute(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _make_template(server_url: str, name: str) -> None:
    from service.migrate import migrate

    _execute(server_url, "CREATE DATABASE {}", name)
    migrate(make_conninfo(server_url, dbname=name))


def _execute(url: str, statement: str, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
