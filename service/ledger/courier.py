"""Whoever appends leaves word here, and goes on; a thread of its own carries the newest checkpoint to the witnesses.

Best effort: what a killed process had not carried is carried by the clock (`service.jobs`), and many appends within a
moment are one errand.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

import psycopg

from service import errors, forks

log = logging.getLogger("clearance.witness")

PAUSE_SECONDS = 5.0
"""Between two rounds: witnesses of others limit how often they are asked, and every cosignature is kept for good."""


class Courier:
    """Runs `errand` for each studio that was named since the last round. Made before a fork, its thread begins after it."""

    def __init__(self, errand: Callable[[str], object], pause: float = PAUSE_SECONDS) -> None:
        self._errand = errand
        self._pause = pause
        self._begin()

    def _begin(self) -> None:
        self._waiting: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._process = os.getpid()

    def leave_word(self, studio_id: str) -> None:
        """Name a studio whose log has grown; returns at once."""
        forks.anew(lambda: self._process, self._begin)
        if studio_id in self._waiting:  # the errand has yet to begin, and will find this append: nobody needs the lock
            return
        with self._changed:
            if self._closing:
                return
            self._waiting.add(studio_id)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Finish the errand that is under way and end the thread; the object may be used again."""
        with self._changed:
            self._closing = True
            self._changed.notify()
            thread, self._thread = self._thread, None
        if thread is not None and self._process == os.getpid():
            thread.join()
        self._begin()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                studios, self._waiting = self._waiting, set()
                if self._closing:
                    return
            for studio_id in studios:
                self._carry(studio_id)
            with self._changed:
                self._changed.wait_for(lambda: self._closing, self._pause)

    def _carry(self, studio_id: str) -> None:
        try:
            self._errand(studio_id)
        except (errors.Problem, errors.StartError, psycopg.Error, OSError) as fault:
            log.warning("not carried to the witnesses now: %s", fault, extra={"studio": studio_id})
