"""The sandboxed process: imports what it was told to, gives up everything else, then does one job after the other.

Started by `service.sandbox.pool` as `python -m service.sandbox.child <socket> <settings as JSON>`. It holds no key and
no configuration; its environment is empty but for the path of the code.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any

import orjson

from service.sandbox import confine, wire
from service.sandbox.job import Answer, Job, Refusal

Handler = Callable[[Job], Answer]


def main() -> None:
    """Serve jobs until the service hangs up."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    settings = orjson.loads(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    modules = {name: importlib.import_module(name) for name in settings["preload"]}
    threading.Thread(target=_leave_with_parent, args=(channel,), daemon=True).start()
    confine.limit(settings["memory"], settings["file_size"])
    fences = confine.confine(_code(), [Path(settings["temporary"])])
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, EOFError):
        wire.send(channel, wire.Message({"ready": fences}))
        while True:
            _serve(channel, modules, wire.receive(channel))


def _serve(channel: socket.socket, modules: dict[str, Any], message: wire.Message) -> None:
    """Do one job and answer; what a job refuses is an answer, anything else it raises ends the child."""
    module, _, function = message.header["job"].partition(":")
    handler: Handler = getattr(modules[module], function)
    confine.limit_cpu(message.header["seconds"])
    with contextlib.ExitStack() as stack:
        files = tuple(stack.enter_context(FileIO(file, "r+b" if _writable(file) else "rb")) for file in message.files)
        job = Job(message.header["arguments"], files, message.parts, lambda question: _ask(channel, question))
        try:
            answer = handler(job)
        except Refusal as refusal:
            wire.send(channel, wire.Message({"refused": refusal.code, "detail": refusal.detail}))
        except MemoryError:
            wire.send(channel, wire.Message({"died": "memory"}))
        else:
            wire.send(channel, wire.Message({"values": answer.values}, answer.parts))


def _ask(channel: socket.socket, question: bytes) -> bytes:
    wire.send(channel, wire.Message({"ask": True}, (question,)))
    reply = wire.receive(channel)
    if "answer" not in reply.header:
        raise Refusal("unanswered", "the service did not answer")
    return reply.parts[0]


def _writable(file: int) -> bool:
    return bool(fcntl.fcntl(file, fcntl.F_GETFL) & os.O_RDWR)


def _leave_with_parent(channel: socket.socket) -> None:
    """Wait until the service is gone, even while a job runs, and leave at once."""
    poll = select.poll()
    poll.register(channel, select.POLLRDHUP | select.POLLHUP)
    poll.poll()
    os._exit(0)


def _code() -> list[Path]:
    """Where Python and our own code lie: all that a late import may read."""
    package = Path(__file__).resolve().parents[1]
    own = [package, package.parent / "schemas"]
    homes = [Path(sys.prefix), Path(sys.base_prefix), *map(Path, ("/usr", "/lib", "/lib64", "/etc/ssl"))]
    return [*own, *homes]


if __name__ == "__main__":
    main()
