"""`clearance doctor`: what this machine lacks, a sentence each."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import psycopg

from service.cli import handles
from service.cli.command import Cli, declare
from service.config import Settings
from service.db import Database
from service.embedded import binaries, lease, place
from service.errors import Problem, StartError
from service.ledger import anchors, fsck
from service.ledger.log import Ledger
from service.ledger.signer_socket import connect
from service.migrate import missing

_GLIBC = (2, 28)  # what the media library's wheel is built for
_DISK_BYTES = 2 * 2**30
_BEHIND = "the database is not up to date yet; `clearance migrate` brings it there"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it will do, and a sentence about it."""

    name: str
    ok: bool
    says: str


@declare()
@click.pass_context
def command(ctx: click.Context, cli: Cli) -> None:
    """Look at everything that the service needs from this machine; exit status 1 if something is missing."""
    findings = list(examine(cli.settings))
    lines = [f"{'ok' if finding.ok else 'MISSING':<8}{finding.name}: {finding.says}" for finding in findings]
    cli.answer([asdict(finding) for finding in findings], "\n".join(lines))
    ctx.exit(0 if all(finding.ok for finding in findings) else 1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at one thing after the other."""
    yield _looked_at("python", _python)
    yield _looked_at("system", _system)
    yield _looked_at("open files", lambda: _open_files(settings))
    yield _looked_at("data directory", lambda: _data(settings.data))
    if settings.database_url is None:
        yield _looked_at("user", _user)
        yield _looked_at("database programs", _programs)
    yield _looked_at("database", lambda: _database(settings))
    yield _looked_at("log", lambda: _log(settings))
    yield _looked_at("witnesses", lambda: _witnesses(settings))


def _looked_at(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, says=look())
    except (StartError, Problem) as error:
        return Finding(name, ok=False, says=str(error))


def _python() -> str:
    return f"{platform.python_version()} in {sys.prefix}"


def _system() -> str:
    library, version = platform.libc_ver()
    if platform.system() != "Linux":
        raise StartError(f"Clearance runs on Linux; this is {platform.system()}.")
    if library != "glibc":
        raise StartError("The media library needs glibc 2.28 or newer; this system has another C library (Alpine?). Use a Debian image.")
    if tuple(map(int, version.split(".")[:2])) < _GLIBC:
        raise StartError(f"The media library needs glibc 2.28 or newer; this system has {version}.")
    return f"{platform.system()} {platform.machine()}, glibc {version}"


def _open_files(settings: Settings) -> str:
    limit, wanted = handles.raise_limit(), handles.wanted(settings.workers, settings.threads)
    allowed, how = handles.connections(limit, settings.workers, settings.threads), f"allow {wanted} (ulimit -n, LimitNOFILE=, nofile)"
    if not allowed:
        raise StartError(f"A process may open only {limit} files, too few for {settings.threads} threads that answer; {how}.")
    each = f"{limit} may be open in each process"
    return (
        each if limit >= wanted else f"{each}: of {settings.workers} server processes each lets in {allowed} connections; for more, {how}"
    )


def _data(data: Path) -> str:
    where = place.of(data)
    free = shutil.disk_usage(where.data).free
    if free < _DISK_BYTES:
        raise StartError(f"{data} has {free / 2**30:.1f} GiB left; the database and media want 2 GiB or more.")
    return f"{data}, {free / 2**30:.0f} GiB free"


def _user() -> str:
    identity = binaries.identity()
    if os.geteuid() != 0:
        return "a plain user, as PostgreSQL wants it"
    how = "inside a user namespace" if identity.owner == 0 else f"as user {identity.owner}, since user namespaces are forbidden"
    return f"root; the database server runs {how}"


def _programs() -> str:
    found = binaries.find()
    return f"PostgreSQL {found.major} in {found.directory}"


def _database(settings: Settings) -> str:
    with lease.hold(settings.data, settings.database_url) as held, psycopg.connect(held.url) as conn:
        version = conn.info.server_version // 10000
    if version < binaries.OLDEST:
        raise StartError(f"PostgreSQL {binaries.OLDEST} or newer is needed; the server in DATABASE_URL is {version}.")
    return f"PostgreSQL {version} answers"


@contextmanager
def _opened(settings: Settings) -> Iterator[Database | None]:
    with lease.hold(settings.data, settings.database_url) as held:
        if missing(held.url):
            yield None
            return
        with closing(Database(held.url)) as database:
            yield database


def _log(settings: Settings) -> str:
    """Hold each log against the signer's mark, as a write would: a restored database shows here before anybody writes."""
    with _opened(settings) as database:
        if database is None:
            return _BEHIND
        signer = connect(settings.data / "keys" / "log", settings.signer)
        with closing(Ledger(database, signer)) as ledger, database.ledger() as conn:
            signed = [ledger.checkpoint(conn, studio_id) for studio_id in fsck.studios(conn)]
    return f"{sum(each is not None for each in signed)} of {len(signed)} have entries; each continues what was signed"


def _witnesses(settings: Settings) -> str:
    with _opened(settings) as database:
        if database is None:
            return _BEHIND
        with database.ledger() as conn:
            forks, known = anchors.forks(conn), len(anchors.anchors(conn, "witness"))
    if forks:
        raise StartError(" ".join(f"{studio_id}: {state.says}" for studio_id, state in forks))
    return f"{known} named, none has seen a fork" if known else "none is named; `clearance ledger anchors witness` names one"
