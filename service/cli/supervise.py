"""The supervisor: holds the database, brings it up to date, runs the HTTP server over it and puts back what falls."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from service.config import ROOT, Settings
from service.embedded import lease
from service.errors import StartError
from service.migrate import migrate

_QUICK_ENDS = 5
_QUICK_SECONDS = 10.0
_STOP_SECONDS = 40.0
_LOOK_SECONDS = 0.5
_PORTS_TRIED = 100
CAN_READ = frozenset({"log_forked", "log_unknown", "log_damaged", "signer_unavailable"})
"""Refusals of a service that answers and reads, but cannot write to a log of a studio."""


@dataclass(slots=True)
class Running:
    """The service while it runs. `settings` are those that hold: the port that was free, the database's address."""

    settings: Settings
    database: lease.Lease
    log: Path | None
    _server: subprocess.Popen[bytes] | None = None
    _ends: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the service answers."""
        return f"http://{_reachable(self.settings.host)}:{self.settings.port}"

    def start(self) -> None:
        """Start the server and wait until it answers; raises `StartError` if it ends instead."""
        self._server = self._spawn()
        while not _is_ready(self.settings):
            if self._server.poll() is not None:
                raise StartError(f"The service did not start.{_tail(self.log)}")
            time.sleep(0.05)

    def watch(self) -> None:
        """Keep everything running; returns only by an exception."""
        while True:
            time.sleep(_LOOK_SECONDS)
            self._look()

    @contextmanager
    def watched(self, say: Callable[[str], None]) -> Iterator[None]:
        """Keep everything running beside the block; what cannot be put back is said, and the block sees no service."""
        done = threading.Event()

        def watch() -> None:
            try:
                while not done.wait(_LOOK_SECONDS):
                    self._look()
            except StartError as fault:
                say(f"Error: {fault}")

        thread = threading.Thread(target=watch, name="watch")
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _look(self) -> None:
        self.database.ensure()
        if self._server is not None and self._server.poll() is not None:
            self._restart()

    def stop(self) -> None:
        """Let the server finish what it is answering, within reason."""
        if self._server is None:
            return
        self._server.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._server.wait(_STOP_SECONDS)
        self._server.kill()
        self._server.wait()

    def _restart(self) -> None:
        now = time.monotonic()
        self._ends = [end for end in self._ends if now - end < _QUICK_ENDS * _QUICK_SECONDS] + [now]
        if len(self._ends) >= _QUICK_ENDS:
            raise StartError(
                f"The server ended {_QUICK_ENDS} times within {_QUICK_ENDS * _QUICK_SECONDS:.0f} seconds and is not started any more. Mend what its"
                f" log names, then start it again: what was acknowledged is there.{_tail(self.log)}"
            )
        self._server = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        """Start the server in a process group of its own: Ctrl-C is for us, who then stop it in order."""
        words = [sys.executable, "-m", "service.cli.http_server", str(os.getpid())]
        with ExitStack() as stack:
            out = stack.enter_context(self.log.open("ab")) if self.log else None
            environment = self.settings.environment()
            return subprocess.Popen(words, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, process_group=0)


@contextmanager
def run(settings: Settings, *, log: Path | None = None) -> Iterator[Running]:
    """Run the service on `settings.port` for the block, migrated and answering; its log goes to `log` or to our own."""
    with lease.hold(settings.data, settings.database_url) as held:
        migrate(held.url)
        running = Running(replace(settings, database_url=held.url), held, log)
        try:
            running.start()
            with _clock(running.settings, log):
                yield running
        finally:
            running.stop()


@contextmanager
def _clock(settings: Settings, log: Path | None) -> Iterator[None]:
    """Run what is due by the clock beside the block, in this process: the server's own answer requests only.

    First it says which logs cannot be signed, as after a restore to an older state: what is there can be read all the same.
    """
    from service import jobs
    from service.cli import logs
    from service.ledger import standing
    from service.services import Services

    with logs.of_jobs(log), closing(Services.from_settings(settings)) as services:
        with services.database.ledger() as conn:
            for _, refusal in standing.refusals(conn, services.ledger):
                sys.stderr.write(f"Warning: {refusal}\n")
        scheduler = jobs.start(jobs.Tools(services.database, services.ledger, services.blobs, services.vault))
        try:
            yield
        finally:
            scheduler.shutdown()


@contextmanager
def port(settings: Settings, *, patience: float = 0.0, exact: bool = False) -> Iterator[int]:
    """Keep a free port for the block: the one of the settings, or the next free one unless it must be `exact`.

    `patience`: how many seconds to wait for the first one, which a killed predecessor may hold for a moment yet.
    """
    wanted = settings.port
    deadline = time.monotonic() + patience
    for number in range(wanted, wanted + (1 if exact else _PORTS_TRIED)):
        with _keep(settings.host, number, deadline if number == wanted else 0.0) as free:
            if free:
                yield number
                return
    others = "" if exact else f" and so are the {_PORTS_TRIED - 1} after it"
    raise StartError(f"Port {wanted} on {settings.host} is taken{others}. Choose another with --port or CLEARANCE_PORT.")


@contextmanager
def until_stopped() -> Iterator[None]:
    """Run the block until Ctrl-C or SIGTERM, which end it quietly and once: its clean-up is left in peace."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _keep(host: str, number: int, deadline: float) -> Iterator[bool]:
    """Say whether a port is free, and keep other supervisors off it.

    The server's workers share a port by SO_REUSEPORT, so a second service could join in unnoticed; a name in the
    kernel's abstract socket namespace, which belongs to the same network namespace and ends with us, prevents that.
    """
    with socket.socket(socket.AF_UNIX) as name:
        free = False
        while not free:
            try:
                if not name.getsockname():
                    name.bind(f"\0clearance-port-{number}")
                _try_bind(host, number)
                free = True
            except OSError:
                if time.monotonic() >= deadline:
                    break
                time.sleep(0.1)
        yield free


def _try_bind(host: str, number: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((host, number))
        trial.listen(1)


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


def _is_ready(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(_reachable(settings.host).strip("[]"), settings.port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status == http.HTTPStatus.OK or json.loads(answer.read()).get("code") in CAN_READ
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tail(log: Path | None) -> str:
    if log is None:
        return ""
    lines = log.read_text(errors="replace").splitlines()[-15:]
    return f" The end of {log}:\n" + "\n".join(lines)
