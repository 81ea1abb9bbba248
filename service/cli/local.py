"""The service on this machine, for those who only want to talk to it.

`host` runs it and announces it; `service_url` reaches the one that runs or brings one up for as long as it is needed.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from service.cli import first, presence, supervise
from service.cli.presence import Presence
from service.config import Settings
from service.embedded import lease

_PATIENCE = 5.0  # what a killed predecessor needs to let go of its port
_LOG_BYTES = 50 * 2**20


class Reached(NamedTuple):
    """A service and the key to it (none if it runs without `up` and none is set; then only public operations answer)."""

    url: str
    api_key: str | None


@contextmanager
def host(settings: Settings, *, say: Callable[[str], None]) -> Iterator[supervise.Running]:
    """Run the service of a claimed data directory for the block, on the first free port, where others find it."""
    log = settings.data / "service.log"
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    patience = _PATIENCE if presence.last_port(settings.data) == settings.port else 0.0
    with supervise.port(settings, patience=patience) as number:
        if number != settings.port:
            say(f"Port {settings.port} is taken; using {number}.")
        with supervise.run(replace(settings, port=number), log=log) as running:
            written = first.prepare(running.database.url, settings.data, datetime.now(UTC))
            if written is not None:
                say(f"A studio, an account to sign in with and a key for the command line are in {written}.")
            presence.announce(settings.data, Presence(running.url, number, os.getpid(), datetime.now(UTC).isoformat(timespec="seconds")))
            yield running


@contextmanager
def service_url(settings: Settings) -> Iterator[Reached]:
    """Reach the service that a command is to talk to: the named one, the running one, or one of our own for the block."""
    found = None if settings.url else presence.find(settings.data)
    if settings.url:
        yield Reached(settings.url, settings.api_key)
    elif found is not None:
        yield Reached(found.url, settings.api_key or key(settings))
    else:
        with _in_this_process(settings) as url:
            yield Reached(url, settings.api_key or key(settings))


@contextmanager
def _in_this_process(settings: Settings) -> Iterator[str]:
    """Run database and application for the block on a port that only this process knows."""
    from werkzeug.serving import make_server

    from service.app import create_app
    from service.migrate import migrate
    from service.services import Services

    with lease.hold(settings.data, settings.database_url) as held:
        migrate(held.url)
        first.prepare(held.url, settings.data, datetime.now(UTC))
        own = replace(settings, database_url=held.url)
        with closing(Services.from_settings(own)) as services:
            logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request would stand between the command's own
            server = make_server("127.0.0.1", 0, create_app(own, services), threaded=True)
            thread = threading.Thread(target=server.serve_forever, name="service", daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.port}"
            finally:
                server.shutdown()
                thread.join()
                server.server_close()


def key(settings: Settings) -> str | None:
    """Return the command line's own key, which the first `up` leaves in DATA/cli.json."""
    try:
        found: str = json.loads((settings.data / "cli.json").read_text())["api_key"]
    except FileNotFoundError:
        return None
    return found
