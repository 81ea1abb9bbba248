"""Helpers for tests that start processes, kill them, and look that none is left."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for a condition to become true; fails the test when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def of_data(data: Path) -> list[int]:
    """The living processes of a data directory: its keeper (by its argument), its servers (by where they stand)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                there = (data / "postgres").exists() and os.path.samefile(entry / "cwd", data / "postgres")
            except OSError:
                continue
            if there or (b"service.embedded.keeper" in words and os.fsencode(data) in words):
                found.append(int(entry.name))
    return found


def children(parent: int) -> list[int]:
    """All descendants of a process, nearest first."""
    pairs = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                pairs.append((int(entry.name), int((entry / "stat").read_text().rpartition(")")[2].split()[1])))
            except OSError:
                continue
    found, level = [], [parent]
    while level:
        level = [child for child, its_parent in pairs if its_parent in level]
        found += level
    return found


def command(number: int) -> str:
    """The command line of a process; empty when it has gone."""
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def is_alive(number: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def stop(number: int) -> None:
    """Let a process stand still, unless it has gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGSTOP)


def kill(number: int) -> None:
    """Kill a process without a chance to tidy up, unless it went along with another before."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def free_port() -> int:
    """A port that nobody uses, and that is nobody else's as long as this process lives.

    The system deals those of its own range to whoever connects anywhere, so one that was free a moment ago may be taken: this one lies
    outside of it. Among the tests, of other processes too, a name holds it, as it holds that of a service that is to start anew.
    """
    begins, ends = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    outside = [number for number in range(10_000, 65_536) if not begins <= number <= ends]
    for number in random.SystemRandom().sample(outside, min(len(outside), 1_000)):
        with socket.socket() as trial, socket.socket(socket.AF_UNIX) as name, contextlib.suppress(OSError):
            trial.bind(("127.0.0.1", number))
            name.bind(f"\0clearance-test-port-{number}")
            name.detach()  # the name is held until the process ends
            return number
    raise OSError("no port is free")


def clearance(*words: str, log: int = subprocess.PIPE, **environment: str) -> subprocess.Popen[str]:
    """Start a command of ours, with an environment free of its settings; `log` takes what it complains of."""
    base = {name: value for name, value in os.environ.items() if not name.startswith("CLEARANCE_") and name != "DATABASE_URL"}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from service.cli import main; main()", *words],
        env={**base, "PYTHONPATH": os.pathsep.join([str(ROOT), base.get("PYTHONPATH", "")]), **environment},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
    )  # fmt: skip
