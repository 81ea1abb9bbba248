"""Where faults happen: databases of their own, logs over them, and writers that remember what they were told."""

from __future__ import annotations

import itertools
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from service.db import Database
from service.embedded import lease
from service.errors import Problem
from service.ledger import fsck
from service.ledger.log import Ledger, Receipt, Write
from service.ledger.signer import Signer
from service.migrate import migrate
from tests.db.ledger.made import STUDIO, item, write
from tests.faults import verifier
from tests.faults.running import Service
from tests.faults.table import Row
from tests.faults.verifier import Acknowledged


@dataclass
class Log:
    """A log over a database of its own."""

    url: str
    keys: Path
    database: Database
    ledger: Ledger

    @property
    def public(self) -> bytes:
        return self.ledger.verifier(STUDIO).key

    def append(self, count: int = 1) -> list[Acknowledged]:
        return [acknowledged(self.ledger, *fresh()) for _ in range(count)]

    def faults(self) -> list[fsck.Fault]:
        with self.database.ledger() as conn:
            return fsck.check(conn, self.ledger, STUDIO).faults

    def judge(self, row: Row, told: list[Acknowledged], tokens: list[str] | None = None) -> None:
        """Count into the row, by a verifier of its own, and let `fsck` look as well."""
        verifier.judge(row, verifier.read(self.url, STUDIO), told, tokens or [], self.public)
        for fault in self.faults():
            row.expect(condition=False, says=f"fsck: {fault.code} at {fault.place}")

    @contextmanager
    def beside(self) -> Iterator[Ledger]:
        """Another process's sequencer, as it were: its own connections, queue and signer over the same files."""
        with closing(Database(self.url)) as database, closing(Ledger(database, Signer(self.keys))) as ledger:
            yield ledger

    @contextmanager
    def superuser(self) -> Iterator[psycopg.Connection[Any]]:
        """Somebody whom no trigger and no grant holds."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            conn.execute("SET session_replication_role = replica")
            yield conn


@dataclass
class Stage:
    """A directory, and a function that makes a migrated database. `long` is the long form."""

    where: Path
    copy: Callable[[], str]
    server_url: str
    long: bool = False
    seed: int = 20261121
    _count: Iterator[int] = field(default_factory=itertools.count)
    _service: Service | None = None
    _cluster: Path | None = None

    def directory(self) -> Path:
        made = self.where / f"place{next(self._count)}"
        made.mkdir(parents=True)
        return made

    def service(self) -> Service:
        """A whole service as processes, one for all faults that ask for it."""
        if self._service is None:
            self._service = Service(self.directory() / "data")
        return self._service

    def copy_cluster(self, data: Path) -> None:
        """Put the files of a migrated server into a data directory; they are made once."""
        if self._cluster is None:
            self._cluster = self.directory()
            with lease.hold(self._cluster, durable=False) as held:
                migrate(held.url)
            lease.wait_until_stopped(self._cluster)
            with (self._cluster / "postgres" / "postgresql.auto.conf").open("a") as file:
                # before it recovers a server syncs every file there is: after a power cut there is nothing to be synced, and it takes long
                file.write("recovery_init_sync_method = syncfs\n")
        shutil.copytree(self._cluster / "postgres", data / "postgres")
        data.chmod(0o700)

    def close(self) -> None:
        if self._service is not None:
            self._service.stop()

    @contextmanager
    def log(self) -> Iterator[Log]:
        """A log without entries."""
        url, keys = self.copy(), self.directory() / "keys"
        with closing(Database(url)) as database, closing(Ledger(database, Signer(keys))) as ledger:
            yield Log(url, keys, database, ledger)


@contextmanager
def opened(where: Path, *, long: bool) -> Iterator[Stage]:
    """A stage with an embedded server of its own, for the command; the tests have theirs."""
    where.mkdir(parents=True, exist_ok=True)
    numbers = itertools.count()
    with lease.hold(where / "server", durable=False) as held:
        template = make_conninfo(held.url, dbname="template_of_faults")
        execute(held.url, "CREATE DATABASE {}", "template_of_faults")
        migrate(template)

        def copy() -> str:
            name = f"fault{next(numbers)}"
            execute(held.url, "CREATE DATABASE {} TEMPLATE {}", name, "template_of_faults")
            return make_conninfo(held.url, dbname=name)

        with closing(Stage(where, copy, held.url, long)) as stage:
            yield stage


def execute(url: str, statement: str, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def fresh(record_id: str | None = None, version: int = 1, **more: Any) -> tuple[str, Write]:
    """A write whose entry carries a token that no other has."""
    token = f"token-{uuid.uuid4()}"
    return token, write(item(record_id, version, body={"note": token}, **more.pop("item", {})), **more)


def acknowledged(ledger: Ledger, token: str, written: Write) -> Acknowledged:
    """Append and return what was told."""
    return told(token, ledger.append(written))


def told(token: str, receipt: Receipt) -> Acknowledged:
    return Acknowledged(token, receipt.first_index, receipt.checkpoint)


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run functions in threads of their own, started together; return results and whatever they raised, in order."""
    gate, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        gate.wait()
        try:
            answers[number] = work()
        except Exception as fault:  # noqa: BLE001 - what was raised is the finding
            answers[number] = fault

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def code(answer: Any) -> str:
    """The word for an answer: a problem's code, or the class of anything else."""
    return answer.code if isinstance(answer, Problem) else type(answer).__name__


NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
