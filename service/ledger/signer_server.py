"""The signer as a process of its own: the one place where the log's key is, reached over a local socket.

Whoever asks is believed nothing. A tree is signed only when its proof leads from our mark to it; an earlier tree only when it
is proved to lead to a mark that carries our signature; a log without a mark is begun, never taken over where there is one.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import socketserver
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service import errors
from service.errors import StartError
from service.ledger import signer_socket
from service.ledger.signer import Mark, Signer, Turn, forked

log = logging.getLogger("clearance.signer")

LINE_BYTES = 32 << 20
TURN_SECONDS = 60.0
"""How long a turn may be silent: whoever holds it is committing, and nobody else can."""


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens at a path for this user (and the group of its directory, if the directory lets it in)."""

    daemon_threads = True

    def __init__(self, path: Path, directory: Path) -> None:
        self.directory = directory
        self.reading = Signer(directory)  # with its own lock, so that no reader waits for a turn
        self._lines: set[socket.socket] = set()
        _make_room(path)
        before = os.umask(0o117)
        try:
            super().__init__(str(path), _Handler)
        finally:
            os.umask(before)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a line in a thread of its own."""
        self._lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a line that has ended."""
        self._lines.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, hang up on everybody, and leave no socket behind."""
        super().server_close()
        for line in list(self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self.reading.close()
        with contextlib.suppress(OSError):
            os.unlink(str(self.server_address))


def _make_room(path: Path) -> None:
    """Remove a socket that a killed signer left; raises `StartError` if one answers there."""
    with socket.socket(socket.AF_UNIX) as trial:
        try:
            trial.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise StartError(f"A signer runs at {path} already.")


class _Handler(socketserver.StreamRequestHandler):
    """One line of one process."""

    server: Server

    def handle(self) -> None:
        """Answer questions until the other side hangs up; a turn is a dialogue of its own."""
        with contextlib.suppress(OSError), contextlib.closing(Signer(self.server.directory)) as signer:
            while (asked := self._read()) is not None:
                if asked.get("ask") == "turn":
                    with signer.turn() as turn:
                        self._turn(turn)
                else:
                    self._answer(lambda asked=asked: _read_only(self.server.reading, asked))  # type: ignore[misc]

    def _turn(self, turn: Turn) -> None:
        """Let one process sign until it says that it is done, hangs up, or says nothing."""
        self._send({"answer": None})
        self.connection.settimeout(TURN_SECONDS)
        while (asked := self._read()) is not None:
            if asked.get("ask") == "end":
                self.connection.settimeout(None)
                self._send({"answer": None})
                return
            self._answer(lambda asked=asked: _signing(turn, asked))  # type: ignore[misc]
        raise ConnectionResetError

    def _read(self) -> dict[str, Any] | None:
        content = self.rfile.readline(LINE_BYTES)
        if not content.endswith(b"\n"):
            return None
        try:
            asked = json.loads(content)
        except ValueError:
            return None
        return asked if isinstance(asked, dict) else None

    def _answer(self, work: Callable[[], Any]) -> None:
        try:
            answer = {"answer": work()}
        except errors.Problem as problem:
            log.warning("refused: %s", problem)
            answer = {"problem": problem.detail, "kind": type(problem).__name__, "code": problem.code}
        except (StartError, ValueError, KeyError, TypeError) as fault:
            log.error("cannot be answered: %s", fault)  # noqa: TRY400 - the sentence says it
            answer = {"problem": f"The signer cannot answer: {fault}", "kind": "Unavailable", "code": "signer_unavailable"}
        self._send(answer)

    def _send(self, answer: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(answer).encode() + b"\n")


def _read_only(signer: Signer, asked: dict[str, Any]) -> Any:
    """Answer what may be asked at any time."""
    what = asked["ask"]
    if what == "mark":
        mark = signer.mark(asked["origin"])
        return signer_socket.text(mark) if mark else None
    if what == "verifiers":
        return [each.text() for each in signer.verifiers(asked["origin"])]
    if what == "successions":
        return signer.successions(asked["origin"])
    if what == "holds":
        return signer.holds(_mark(asked))
    if what == "note":
        return signer.note(_ours(signer, _mark(asked))).content().decode()
    if what == "again":
        step = signer_socket.parse_step(asked["step"])
        return signer.again(step.checkpoint, _ours(signer, _mark(asked)), step.consistency).content().decode()
    raise ValueError(f"there is no question {what!r}")


def _signing(turn: Turn, asked: dict[str, Any]) -> Any:
    """Answer what may be asked within a turn."""
    what = asked["ask"]
    if what == "mark":
        mark = turn.mark(asked["origin"])
        return signer_socket.text(mark) if mark else None
    if what == "marks":
        return [signer_socket.text(mark) for mark in turn.marks(asked["origins"]).values()]
    if what == "begin":
        return turn.begin([origin for origin in asked["origins"] if turn.mark(origin) is None])
    if what == "prepare":
        return turn.prepare([signer_socket.parse_step(each) for each in asked["steps"]])
    if what == "sign":
        return [note.content().decode() for note in turn.sign()]
    if what == "trust":
        wanted = signer_socket.parse_step(asked["step"]).checkpoint
        mark = turn.mark(wanted.origin)
        if mark is not None:
            raise forked(mark.checkpoint, wanted.size)
        return turn.trust(wanted).content().decode()
    raise ValueError(f"there is no question {what!r} within a turn")


def _mark(asked: dict[str, Any]) -> Mark:
    mark = signer_socket.parse_mark(asked["mark"])
    if mark is None:
        raise ValueError("a mark is missing")
    return mark


def _ours(signer: Signer, mark: Mark) -> Mark:
    """Return a mark that was sent, if we have signed it; one that was made up elsewhere would let anything be signed."""
    if not signer.holds(mark):
        raise forked(mark.checkpoint, mark.checkpoint.size)
    return mark
