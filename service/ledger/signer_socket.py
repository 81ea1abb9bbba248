"""The signer behind a local socket: what the log sees of it, and the messages between them (a JSON object a line each way).

So the key is in no process that answers requests, and may belong to a user that those processes are not. The other side
(`signer_server`) trusts nothing that it is sent: it checks every proof itself, against its own marks.
"""

from __future__ import annotations

import base64
import json
import os
import select
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from service import errors, forks
from service.ledger import note
from service.ledger.note import Checkpoint, Note, Verifier
from service.ledger.signer import Forked, Mark, Signer, Step
from service.ledger.signing import Signing

SECONDS = 30.0
_PROBLEMS: dict[str, type[errors.Problem]] = {"Forked": Forked, "Conflict": errors.Conflict, "Unavailable": errors.Unavailable}


def connect(directory: Path, path: Path | None) -> Signing:
    """Return the signer of a directory, in this process, or the one that listens at a path."""
    return RemoteSigner(path) if path else Signer(directory)


def unavailable(path: Path, fault: object) -> errors.Unavailable:
    """Return the refusal while the signer is away."""
    return errors.Unavailable(
        f"The signer at {path} does not answer ({fault}), so nothing can be written; `clearance ledger signer` runs it.",
        "signer_unavailable",
        headers={"Retry-After": "2"},
    )


class Line:
    """One connection to the signer."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(SECONDS)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._file = self._socket.makefile("rwb")

    def ask(self, what: str, **values: Any) -> Any:
        """Send a question and return its answer; raises `OSError` when the line breaks, and the problem that came back."""
        self._file.write(json.dumps({"ask": what, **values}).encode() + b"\n")
        self._file.flush()
        content = self._file.readline()
        if not content.endswith(b"\n"):
            raise ConnectionResetError("it hung up")
        answer = json.loads(content)
        if "problem" in answer:
            raise _PROBLEMS.get(answer["kind"], errors.Unavailable)(answer["problem"], answer["code"])
        return answer["answer"]

    def is_open(self) -> bool:
        """Tell whether the other side is still there; an idle line with something to read is one that was hung up."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | select.POLLRDHUP)
        return not poll.poll(0)

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._file.close()
        self._socket.close()


class RemoteSigner:
    """The signer at a socket; for any number of threads, and for processes that fork."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begin()

    def _begin(self) -> None:
        self._free: list[Line] = []
        self._process = os.getpid()

    def close(self) -> None:
        """Hang up everywhere; the object may be used again."""
        free, self._free = self._free, []
        for line in free:
            line.close()

    def verifier(self, origin: str) -> Verifier:
        """Return the newest key under a log's name."""
        return self.verifiers(origin)[0]

    def verifiers(self, origin: str) -> list[Verifier]:
        """Return every key that signs now."""
        return [note.parse_verifier(each) for each in self._ask("verifiers", origin=origin)]

    def successions(self, origin: str) -> list[str]:
        """Return what replaced keys have stated about their successors, oldest first."""
        return list(self._ask("successions", origin=origin))

    def note(self, mark: Mark) -> Note:
        """Return the signed note that a mark stands for."""
        return note.parse(self._ask("note", mark=text(mark)).encode())

    def holds(self, mark: Mark) -> bool:
        """Tell whether one of the signer's keys has signed a mark."""
        return bool(self._ask("holds", mark=text(mark)))

    def again(self, checkpoint: Checkpoint, mark: Mark, consistency: Sequence[bytes]) -> Note:
        """Return the note of an earlier tree once more; raises `Forked`."""
        return note.parse(self._ask("again", step=step(Step(checkpoint, tuple(consistency))), mark=text(mark)).encode())

    def mark(self, origin: str) -> Mark | None:
        """Return the newest mark of a log without waiting for a turn."""
        return parse_mark(self._ask("mark", origin=origin))

    @contextmanager
    def turn(self) -> Iterator[RemoteTurn]:
        """Wait for the right to sign, and hold it. It is lost with the line, so a process that dies holds up nobody."""
        line = self._begin_turn()
        try:
            yield RemoteTurn(self.path, line)
            line.ask("end")
        except BaseException as fault:
            line.close()
            if isinstance(fault, OSError):
                raise unavailable(self.path, fault) from fault
            raise
        self._free.append(line)

    def _begin_turn(self) -> Line:
        for fresh in (False, True):  # it may have been started again since the last turn
            line = self._line(fresh=fresh)
            try:
                line.ask("turn")
            except OSError as fault:
                line.close()
                broken = fault
            else:
                return line
        raise unavailable(self.path, broken) from broken

    def _ask(self, what: str, **values: Any) -> Any:
        """Ask on any line; once more on a new one if the signer was started again meanwhile."""
        line = self._line()
        try:
            answer = self._on(line, what, values)
        except OSError:
            line = self._line(fresh=True)
            try:
                answer = self._on(line, what, values)
            except OSError as fault:
                raise unavailable(self.path, fault) from fault
        self._free.append(line)
        return answer

    def _on(self, line: Line, what: str, values: dict[str, Any]) -> Any:
        try:
            return line.ask(what, **values)
        except errors.Problem:
            self._free.append(line)
            raise
        except OSError:
            line.close()
            raise

    def _line(self, *, fresh: bool = False) -> Line:
        forks.anew(lambda: self._process, self._begin)  # the parent's lines are not ours
        with suppress(IndexError):  # another thread may take the last one
            while True:
                line = self._free.pop()
                if not fresh and line.is_open():
                    return line
                line.close()
        try:
            return Line(self.path)
        except OSError as fault:
            raise unavailable(self.path, fault) from fault


class RemoteTurn:
    """The right to sign, held over a line."""

    def __init__(self, path: Path, line: Line) -> None:
        self._path = path
        self._line = line

    def mark(self, origin: str) -> Mark | None:
        """Return the newest mark of a log; nobody else moves it during this turn."""
        return parse_mark(self._line.ask("mark", origin=origin))

    def marks(self, origins: Iterable[str]) -> dict[str, Mark]:
        """Return the newest mark of each of these logs that has one."""
        found = [parse_mark(line) for line in self._line.ask("marks", origins=list(origins))]
        return {mark.checkpoint.origin: mark for mark in found if mark is not None}

    def begin(self, origins: Sequence[str]) -> None:
        """Mark new logs as empty."""
        self._line.ask("begin", origins=list(origins))

    def prepare(self, steps: Sequence[Step]) -> None:
        """Have trees signed that are about to be committed, for `sign` to give out; raises `Forked`."""
        self._line.ask("prepare", steps=[step(each) for each in steps])

    def sign(self) -> list[Note]:
        """Have the marks of the trees that were prepared put on disk, and return their notes."""
        return [note.parse(each.encode()) for each in self._line.ask("sign")]

    def trust(self, checkpoint: Checkpoint) -> Note:
        """Sign a tree without proof, of a log that has no mark; the signer refuses any other."""
        return note.parse(self._line.ask("trust", step=step(Step(checkpoint, ()))).encode())

    def replace_key(self) -> None:
        """Refuse: keys are replaced where they are."""
        raise errors.Conflict(
            f"The key is kept by the signer at {self._path}; replace it there, without CLEARANCE_SIGNER.", "key_elsewhere"
        )

    drop_old_key = replace_key


def text(mark: Mark) -> str:
    """Return a mark as it is sent: as the line of the journal."""
    return mark.line().decode()


def parse_mark(line: str | None) -> Mark | None:
    """Read what `text` wrote; raises `ValueError`."""
    if line is None:
        return None
    origin, size, root, signature = line.split()
    return Mark(Checkpoint(origin, int(size), base64.b64decode(root, validate=True)), base64.b64decode(signature, validate=True))


def step(each: Step) -> dict[str, Any]:
    """Return a step as it is sent."""
    return {"checkpoint": each.checkpoint.text().decode(), "proof": [base64.b64encode(node).decode() for node in each.consistency]}


def parse_step(value: dict[str, Any]) -> Step:
    """Read what `step` wrote; raises `ValueError`, `KeyError`."""
    proof = tuple(base64.b64decode(node, validate=True) for node in value["proof"])
    return Step(note.parse_checkpoint(value["checkpoint"].encode()), proof)
