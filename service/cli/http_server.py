"""The HTTP server process, run as `python -m service.cli.http_server` by the supervisor with the settings in its environment.

It and its workers die with whoever started them, by order of the kernel, so that a killed supervisor leaves nothing
behind that holds the port or writes on.
"""

from __future__ import annotations

import ctypes
import logging.config
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from wsgiref.types import WSGIApplication

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from service.app import create_app
from service.cli import handles, logs
from service.config import Settings

SWITCH_SECONDS = 0.0005
"""How long a thread may keep the interpreter from others. The sequencer waits for the database many times in an append, and
at the usual 5 ms it gets back in line behind every busy request each time: a third more appends a second at eight clients."""

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


def main() -> None:
    """Serve until told to stop."""
    settings = Settings.from_environment()
    _die_with(int(sys.argv[1]))
    logging.config.dictConfig(logs.configuration(settings.log_level))
    let_in = handles.connections(handles.raise_limit(), settings.workers, settings.threads)
    application = create_app(settings)  # once, before the workers are forked: what is wrong with it ends this process
    multiprocessing.set_start_method("fork")
    server = Server(
        "service.app:create_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        backpressure=max(let_in, 1),
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        log_level=LogLevels.warning,
        log_dictconfig=logs.configuration(settings.log_level),
    )
    server.serve(target_loader=_in_worker(application, os.getpid()), wrap_loader=False)


def _in_worker(application: WSGIApplication, parent: int) -> Callable[[], WSGIApplication]:
    """Return what a worker calls, after the fork, to get its application."""

    def load() -> WSGIApplication:
        _die_with(parent)
        return application

    return load


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, also if that has just happened."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("Whoever started this process is gone.")


if __name__ == "__main__":
    main()
