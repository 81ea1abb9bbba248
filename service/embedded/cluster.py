"""The server process itself: making its files, starting it over whatever the last one left, and stopping it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

import psycopg

from service import durable
from service.embedded import binaries, place
from service.embedded.place import Place
from service.errors import StartError

_DEAD = "2147483646"  # a process number that no kernel gives out
_WATCH_SECONDS = 2.0
_WORKING = (b"postgres: startup", b"postgres: walwriter")
_IDLE = b"postgres: checkpointer"
_STOP_SECONDS = 20.0
_LEFTOVER_SECONDS = 5.0  # a server told to stop amid its recovery may wait for ever
_NOT_DURABLE = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
# Nothing of our environment is the server's business, least of all secrets; the zone and language are fixed for its log.
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Cluster:
    """One server over one set of files."""

    def __init__(self, where: Place, *, durable: bool) -> None:
        """Choose the binaries that fit the files there are; nothing is started yet."""
        self.where = where
        self.durable = durable
        self.identity = binaries.identity()
        self.binaries = binaries.find(_major(where.cluster))
        self._process: subprocess.Popen[bytes] | None = None
        self._watched, self._stuck = 0.0, False

    def start(self) -> None:
        """Start the server and wait until it answers, however long it takes to recover."""
        if not self.where.cluster.exists():
            self._initialise()
        _end_leftover(self.where.cluster)
        self._make_sockets()
        for _ in range(10):
            self._process = subprocess.Popen(self._command(), env=_ENVIRONMENT, stdin=subprocess.DEVNULL)
            if self._came_up(self._process):
                self._make_database()
                return
            time.sleep(0.3)  # children of a killed server may hold its memory for a moment yet
        message = f"PostgreSQL did not start. {place.MEND}"
        raise StartError(message)

    def has_ended(self) -> bool:
        """Say whether the server process is gone."""
        return self._process is None or self._process.poll() is not None

    def watch(self) -> None:
        """Look now and then whether the server is stuck, and end it when it is so twice in a row; the next start recovers what it has committed.

        PostgreSQL 18 recovers from a crash of one of its processes by itself; if the one that recovers is killed in turn, the server
        neither starts another nor ends, however its input is done: its checkpointer sleeps, and every client is told to come again.
        """
        if self._process is None or time.monotonic() < self._watched + _WATCH_SECONDS:
            return
        was, self._stuck, self._watched = self._stuck, is_stuck(_titles(self._process.pid)), time.monotonic()
        if was and self._stuck and not place.answers(self._maintenance_url):
            sys.stderr.write("The server neither answers nor recovers; it is started anew.\n")
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._stuck = False

    def stop(self) -> None:
        """Shut the server down without waiting for its clients; one that does not finish is cut off, which is safe too."""
        if self._process is None or self.has_ended():
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        shutil.rmtree(self.where.sockets, ignore_errors=True)

    def _command(self) -> list[str]:
        server = self.binaries.program("postgres")
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.where.sockets),
            "unix_socket_permissions": "0700",
            "port": str(place.PORT),
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
        }
        if self.binaries.major >= 18:
            settings["io_method"] = "sync"  # no workers for input beside it: so many processes fewer that may die
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        last = () if self.durable else _NOT_DURABLE
        return [*self.identity.prefix, *_dies_with_parent(), server, "-D", str(self.where.cluster), *options, *last]

    def _came_up(self, process: subprocess.Popen[bytes]) -> bool:
        while process.poll() is None:
            if place.answers(self._maintenance_url):
                return True
            self.watch()
            time.sleep(0.02)
        return False

    @property
    def _maintenance_url(self) -> str:
        return self.where.url.replace(f"/{place.DATABASE}?", "/postgres?")

    def _make_database(self) -> None:
        with psycopg.connect(self._maintenance_url, autocommit=True) as conn:
            there = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [place.DATABASE]).fetchone()
            if there is None:
                conn.execute("CREATE DATABASE clearance")

    def _make_sockets(self) -> None:
        """Make the socket's directory anew; one that others may have touched is refused."""
        sockets = self.where.sockets
        if place.is_private(sockets, self.identity.owner):
            shutil.rmtree(sockets)
        try:
            sockets.mkdir(mode=0o700)
        except FileExistsError as error:
            message = f"{sockets} belongs to somebody else or is open to others; remove it and start again."
            raise StartError(message) from error
        self.identity.own(sockets)

    def _initialise(self) -> None:
        """Make the database's files beside their place and move them there whole, so that a kill leaves no half."""
        new = self.where.data / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self.identity.own(new)
        options = [
            "--encoding=UTF8",
            f"--username={place.SUPERUSER}",
            "--auth-local=trust",
            "--auth-host=reject",
            "--data-checksums",
        ]
        if not self.durable:
            options.append("--no-sync")
        command = [*self.identity.prefix, self.binaries.program("initdb"), "-D", str(new), *options, *self._locale()]
        done = subprocess.run(command, env=_ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            message = f"initdb of {self.binaries.directory} failed with status {done.returncode}; its words stand above."
            raise StartError(message)
        new.rename(self.where.cluster)
        durable.sync_directory(self.where.data)  # or a power cut gives it its other name back, under which the next start removes it

    def _locale(self) -> list[str]:
        """Return the options for an order by code point that is the same on every machine."""
        if self.binaries.major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C"]


def _major(cluster: Path) -> int | None:
    try:
        return int((cluster / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _dies_with_parent() -> tuple[str, ...]:
    """Return the words that make the kernel shut the server down when the keeper dies.

    They stand after the change of user, which would clear the wish; where the tool is missing, the next keeper
    finds and ends the orphan.
    """
    return ("setpriv", "--pdeathsig", "INT") if shutil.which("setpriv") else ()


def _end_leftover(cluster: Path) -> None:
    """End a server that an earlier keeper left, and correct a claim that its successor would believe.

    PostgreSQL takes any process with the number in `postmaster.pid` for a living server, also a zombie or a stranger
    that got the number. The number is replaced, never the file removed: its other lines let PostgreSQL see whether
    children of the old server still hold its memory.
    """
    claim = cluster / "postmaster.pid"
    try:
        lines = claim.read_text().splitlines(keepends=True)
        number = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        claim.unlink(missing_ok=True)  # missing, or cut short by a full disk: then no server came up over it
        return
    _end(number, cluster)
    owner = claim.stat() if claim.exists() else None
    if owner is not None:
        claim.write_text("".join([_DEAD + "\n", *lines[1:]]))


def _end(number: int, cluster: Path) -> None:
    """Shut a living server of this cluster down and wait for it, with more force after a while."""
    started = time.monotonic()
    sent = None
    while _is_server(number, cluster):
        wanted = signal.SIGINT if time.monotonic() - started < _LEFTOVER_SECONDS else signal.SIGQUIT
        if wanted is not sent:
            sys.stderr.write(f"Ending the server {number} that an earlier keeper left.\n")
            os.kill(number, wanted)
            sent = wanted
        time.sleep(0.05)


def _is_server(number: int, cluster: Path) -> bool:
    """Say whether a process is a living server of this cluster; such a one has made it its working directory."""
    try:
        return os.path.samefile(f"/proc/{number}/cwd", cluster) and _state(number) != "Z"
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def is_stuck(titles: Collection[bytes]) -> bool:
    """Say by its children whether a server does nothing any more: there is neither one that brings it up, nor the one that writes its log
    as long as it serves. One that is full refuses whoever comes, and works; one that has no children is about to begin, or to end.
    """
    return any(title.startswith(_IDLE) for title in titles) and not any(title.startswith(_WORKING) for title in titles)


def _titles(number: int) -> list[bytes]:
    """Return what the children of a server call themselves; nothing where that cannot be seen."""
    try:
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        return [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    except OSError:
        return []


def _state(number: int) -> str:
    """Return the state letter of a process; it follows the name, which stands in parentheses and may hold anything."""
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
