"""A few warm, sandboxed child processes, and the one way to have them do something.

Everything that parses media made by others runs here. A child that runs too long, takes too much memory or crashes is
killed and replaced; the caller gets `Died` with the reason and the service goes on. Children are started anew (never
forked from a process with threads), are replaced after some hundred jobs, and leave when the service does.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson

from service.sandbox import wire

MEBIBYTE = 1 << 20
_CODE = Path(__file__).resolve().parents[2]
_QUESTIONS = 4


class Died(Exception):
    """The child was killed or crashed over this job; `reason` is `time`, `memory` or `crash`."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class Refused(Exception):
    """The job itself said no: a stable `code` and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        """Both come from the child; the sentence may quote the file and is escaped wherever it is shown."""
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class Busy(Exception):
    """No child came free in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a job answered."""

    values: Mapping[str, Any]
    parts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use: address space and file size in bytes, jobs until it is replaced, seconds a caller waits for one."""

    memory: int = 2048 * MEBIBYTE
    file_size: int = 64 * 1024 * MEBIBYTE
    jobs: int = 500
    wait: float = 30.0


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    channel: socket.socket
    temporary: Path
    jobs: int = 0
    fences: Sequence[str] = field(default=())
    ready: bool = False


class Pool:
    """`size` children that have `preload` (module names) imported; a job is named `module:function`."""

    def __init__(self, size: int, preload: Sequence[str], temporary: Path, limits: Limits | None = None) -> None:
        """Start nothing yet: the first job does, or `warm`. `temporary` is where children may spill, on disk."""
        self.limits = limits or Limits()
        self._preload, self._temporary = list(preload), temporary
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._closed = False
        _sweep(temporary)
        for _ in range(size):
            self._idle.put(None)

    def __enter__(self) -> Self:
        """Use the pool in a `with`, which closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def warm(self) -> None:
        """Start every child now, without waiting for them."""
        children = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        for child in children:
            self._idle.put(child or self._start())

    def run(
        self,
        job: str,
        arguments: Mapping[str, Any],
        *,
        seconds: int,
        files: Sequence[int] = (),
        parts: Sequence[bytes] = (),
        answer: Callable[[bytes], bytes] | None = None,
    ) -> Reply:
        """Have a child do `job` within `seconds`; the open `files` stay the caller's.

        `answer` is called in this process for each question of the child (at most a few): that is how it gets a
        signature without ever seeing a key. Raises Refused, Died, Busy, and whatever `answer` raises.
        """
        message = wire.Message({"job": job, "arguments": arguments, "seconds": seconds}, tuple(parts), tuple(files))
        child = self._take()
        try:
            final = _converse(child, message, time.monotonic() + seconds, answer)
        except BaseException:
            self._discard(child)
            raise
        self._give_back(child)
        if "refused" in final.header:
            raise Refused(str(final.header["refused"]), str(final.header.get("detail", "")))
        if "died" in final.header:
            raise Died(str(final.header["died"]))
        return Reply(final.header["values"], final.parts)

    def fences(self) -> Sequence[str]:
        """Which fences of the kernel hold in a child here; for `doctor`."""
        child = self._take()
        self._give_back(child)
        return child.fences

    def close(self) -> None:
        """Stop every idle child; those at work stop with their job."""
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                child = self._idle.get_nowait()
                if child is not None:
                    _stop(child)

    def _take(self) -> _Child:
        try:
            child = self._idle.get(timeout=self.limits.wait)
        except queue.Empty:
            raise Busy("every media process is at work") from None
        try:
            if child is None or child.process.poll() is not None:
                if child is not None:
                    _stop(child)
                child = self._start()
            _await_ready(child)
        except BaseException:
            if child is not None:
                _stop(child)
            self._idle.put(None)
            raise
        return child

    def _give_back(self, child: _Child) -> None:
        child.jobs += 1
        if child.jobs >= self.limits.jobs or self._closed:
            self._discard(child)
        else:
            self._idle.put(child)

    def _discard(self, child: _Child) -> None:
        """Kill a child; its successor starts at once and warms up while nobody waits for it."""
        _stop(child)
        self._idle.put(None if self._closed else self._start())

    def _start(self) -> _Child:
        ours, theirs = socket.socketpair()
        temporary = Path(tempfile.mkdtemp(prefix=f"child-{os.getpid()}-", dir=self._temporary))
        settings = {
            "preload": self._preload,
            "memory": self.limits.memory,
            "file_size": self.limits.file_size,
            "temporary": str(temporary),
        }
        try:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-s",
                    "-B",
                    "-m",
                    "service.sandbox.child",
                    str(theirs.fileno()),
                    orjson.dumps(settings).decode(),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=_CODE,
                env={"PYTHONPATH": str(_CODE), "TMPDIR": str(temporary), "LANG": "C.UTF-8", "PATH": os.defpath},
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        finally:
            theirs.close()
        return _Child(process, ours, temporary)


def _await_ready(child: _Child) -> None:
    if child.ready:
        return
    child.channel.settimeout(60)
    try:
        child.fences = wire.receive(child.channel).header["ready"]
    except (EOFError, TimeoutError, OSError, wire.Garbled, KeyError) as fault:
        raise Died("crash") from fault
    child.ready = True


def _converse(child: _Child, message: wire.Message, deadline: float, answer: Callable[[bytes], bytes] | None) -> wire.Message:
    """Send the job and answer questions until the result comes."""
    try:
        _patience(child, deadline)
        wire.send(child.channel, message)
        for _ in range(_QUESTIONS):
            _patience(child, deadline)
            reply = wire.receive(child.channel)
            if "ask" not in reply.header:
                return _checked(reply)
            if answer is None or not reply.parts:
                break
            wire.send(child.channel, wire.Message({"answer": True}, (answer(reply.parts[0]),)))
    except TimeoutError:
        raise Died("time") from None
    except (EOFError, ConnectionError):
        raise Died(_cause(child)) from None
    except wire.Garbled:
        raise Died("crash") from None
    raise Died("crash")  # it asks what it has no business to ask


def _checked(reply: wire.Message) -> wire.Message:
    """Only what a well-behaved child sends; anything else is the work of the file it read."""
    for file in reply.files:
        os.close(file)
    if reply.files or not any(isinstance(reply.header.get(name), kind) for name, kind in _KINDS.items()):
        raise wire.Garbled("unknown reply")
    return reply


_KINDS = {"values": dict, "refused": str, "died": str}


def _patience(child: _Child, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    child.channel.settimeout(left)


def _cause(child: _Child) -> str:
    """Why a child that hung up is gone, from the way it went."""
    try:
        status = child.process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "crash"
    if status == -signal.SIGXCPU:
        return "time"
    return "memory" if status in {-signal.SIGABRT, -signal.SIGKILL} else "crash"


def _stop(child: _Child) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.process.kill()
    child.channel.close()
    child.process.wait()
    shutil.rmtree(child.temporary, ignore_errors=True)


def _sweep(temporary: Path) -> None:
    """Remove what the children of services that are gone left behind."""
    for path in temporary.glob("child-*-*"):
        if not Path("/proc", path.name.split("-")[1]).exists():
            shutil.rmtree(path, ignore_errors=True)
