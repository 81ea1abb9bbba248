"""How the processes of one data directory find the service that runs on it.

The running service holds DATA/service.lock for its life, so a dead one is never taken for alive, and says in
DATA/service.json where it listens.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from service import durable
from service.embedded import place

_STARTING_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Presence:
    """A running service: where it listens and which process runs it."""

    url: str
    port: int
    pid: int
    started_at: str


def find(data: Path) -> Presence | None:
    """Return the service that runs on a data directory; waits for one that is just starting."""
    deadline = time.monotonic() + _STARTING_SECONDS
    while _is_held(data) and time.monotonic() < deadline:
        try:
            return Presence(**json.loads((data / "service.json").read_text()))
        except FileNotFoundError:
            time.sleep(0.1)
    return None


def last_port(data: Path) -> int | None:
    """Return the port of a service that ended without saying so (it was killed)."""
    try:
        port: int = json.loads((data / "service.json").read_text())["port"]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return port


@contextmanager
def claim(data: Path) -> Iterator[bool]:
    """Become the service of a data directory for the block; false if another is."""
    place.of(data)
    with (data / "service.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            (data / "service.json").unlink(missing_ok=True)


def announce(data: Path, presence: Presence) -> None:
    """Say where the service listens."""
    durable.replace(data / "service.json", json.dumps(asdict(presence), indent=2).encode() + b"\n")


def _is_held(data: Path) -> bool:
    try:
        handle = os.open(data / "service.lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
