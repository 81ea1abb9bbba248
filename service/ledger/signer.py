"""The signer: the log's key and, for every log, the largest tree it has ever signed, both outside the database.

The marks are what makes a restored or doubled database harmless: a tree that is not a continuation of the last signed one is
never signed. Whoever appends takes a `turn` (a file lock) before the COMMIT and leaves it after the new mark is on disk, so
trees are signed in the order in which they were committed, whichever process sequences. The signatures are worked out while
the database is still writing, and are given out, and become marks, only after the COMMIT; where that fails they are forgotten.
After a crash between the two the database is ahead of the mark, which is normal: the next turn proves that it continues the
mark, and goes on.

While the key is being replaced there are two, and both sign; the old one has stated, for each log, which is the new one.

In the directory: `key.pem` (Ed25519, made once; behind the newest key the one before it, while both sign), `marks` (a journal,
one line a signed tree), `successions` (the statements of replaced keys, one a line), `lock`.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import functools
import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service import durable, forks
from service.errors import Conflict, StartError, Unavailable
from service.ledger import merkle, succession
from service.ledger.note import Checkpoint, Note, Signature, Verifier, key_id, sign

_COMPACT_BYTES = 8 << 20
_JOURNAL = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Forked(Unavailable):
    """What should be signed is no continuation of what was signed; nothing was written."""


@dataclass(frozen=True, slots=True)
class Step:
    """A tree to be signed, and the proof that it continues the tree at the log's mark."""

    checkpoint: Checkpoint
    consistency: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """The largest tree that was signed for a log."""

    checkpoint: Checkpoint
    signature: bytes

    def line(self) -> bytes:
        """Return the mark as a line of the journal."""
        made = self.checkpoint
        return f"{made.origin} {made.size} {_text(made.root)} {_text(self.signature)}\n".encode()


class Signer:
    """The key and the marks in a directory that is made on first use; for any number of threads and processes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._threads = threading.Lock()
        self._process = 0
        self._open()

    def _open(self) -> None:
        """Open the files for this process; a file lock inherited from a parent would be the parent's too."""
        durable.make_directory(self.directory)
        self._take_keys()
        self._lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._journal = -1
        self._lines: dict[str, bytes] = {}
        self._read_to = 0
        self._compact_at = _COMPACT_BYTES
        self._threads = threading.Lock()
        self._process = os.getpid()

    def _take_keys(self) -> None:
        self._keys = [(key, key.public_key().public_bytes_raw()) for key in _keys(self.directory / "key.pem")]
        self.public = self._keys[0][1]

    def close(self) -> None:
        """Let go of the files."""
        for handle in (self._lock, self._journal):
            if handle >= 0 and self._process == os.getpid():
                os.close(handle)
        self._process = 0

    def verifier(self, origin: str) -> Verifier:
        """Return the public key under a log's name, for whoever wants to check its checkpoints."""
        return self.verifiers(origin)[0]

    def verifiers(self, origin: str) -> list[Verifier]:
        """Return every key that signs now: one, or two while the older is being replaced."""
        with self._guarded():
            self._refresh()
            return [Verifier(origin, public) for _, public in self._keys]

    def successions(self, origin: str) -> list[str]:
        """Return what replaced keys have stated about their successors, oldest first, as signed notes."""
        path = self.directory / "successions"
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        return [line["note"] for line in lines if line["origin"] == origin]

    def note(self, mark: Mark) -> Note:
        """Return the signed note that a mark stands for."""
        origin = mark.checkpoint.origin
        if len(self._keys) > 1:
            return self._sign(mark.checkpoint)
        return Note(mark.checkpoint.text(), (Signature(origin, key_id(origin, self.public), mark.signature),))

    def holds(self, mark: Mark) -> bool:
        """Tell whether one of our keys has signed a mark as it stands in the file."""
        text, origin = mark.checkpoint.text(), mark.checkpoint.origin
        return any(each.checks(Note(text, (Signature(origin, each.key_id(), mark.signature),))) for each in self.verifiers(origin))

    def _sign(self, checkpoint: Checkpoint) -> Note:
        """Sign with every key, the newest first."""
        made = [sign(checkpoint, key, public) for key, public in self._keys]
        return Note(made[0].text, tuple(each.signatures[0] for each in made))

    def again(self, checkpoint: Checkpoint, mark: Mark, consistency: Sequence[bytes]) -> Note:
        """Return the note of an earlier tree once more, byte for byte (Ed25519 is deterministic), given the proof that the
        tree at the mark continues it; raises `Forked`.
        """
        marked = mark.checkpoint
        if not merkle.verify_consistency(checkpoint.size, marked.size, checkpoint.root, marked.root, consistency):
            raise forked(marked, checkpoint.size)
        return self._sign(checkpoint)

    def mark(self, origin: str) -> Mark | None:
        """Return the newest mark of a log as any process has left it, without waiting for a turn."""
        with self._guarded():
            self._refresh()
            return self._mark(origin)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait for the right to sign, and hold it."""
        with self._guarded():
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            try:
                self._refresh()
                yield Turn(self)
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        forks.anew(lambda: self._process, self._open)
        with self._threads:
            yield

    def _mark(self, origin: str) -> Mark | None:
        line = self._lines.get(origin)
        return _mark(line) if line else None

    def _refresh(self) -> None:
        """Read what other processes have appended; from the start if one has put a shorter journal in its place."""
        path = self.directory / "marks"
        try:
            there = path.stat()
        except FileNotFoundError:
            there = None
        if self._journal < 0 or there is None or there.st_ino != os.fstat(self._journal).st_ino:
            if self._journal >= 0:
                os.close(self._journal)
            self._journal = os.open(path, _JOURNAL, 0o600)
            durable.sync_directory(self.directory)
            self._take_keys()  # whoever replaces a key puts another journal in place after it
            self._lines, self._read_to, self._compact_at = {}, 0, _COMPACT_BYTES
            there = os.fstat(self._journal)
        if there.st_size > self._read_to:
            self._take(os.pread(self._journal, there.st_size - self._read_to, self._read_to))

    def _take(self, content: bytes) -> None:
        """Remember the last line of each log. A last line without its end was never acknowledged and does not count."""
        whole = content[: content.rfind(b"\n") + 1]
        for line in whole.splitlines(keepends=True):
            origin, space, _ = line.partition(b" ")
            if not space:
                raise StartError(
                    f"{self.directory / 'marks'} is damaged at byte {self._read_to}; restore it from a copy, or see `clearance ledger trust`."
                )
            self._lines[origin.decode()] = line
        self._read_to += len(whole)

    def _write(self, lines: Sequence[tuple[str, bytes]]) -> None:
        """Append lines and have them on disk; a torn end that a crash left behind is cut off first. Raises Unavailable."""
        try:
            self._append(lines)
        except OSError as fault:
            self._start_over()
            raise Unavailable(f"The signer's marks cannot be written ({fault.strerror}).", "signer_unavailable") from fault
        self._lines.update(lines)
        if self._read_to > self._compact_at:
            self._compact()

    def _compact(self) -> None:
        """Put a journal of only the newest marks in place once the old one is four times as long; else ask again when it may be."""
        content = b"".join(self._lines.values())
        self._compact_at = max(_COMPACT_BYTES, 4 * len(content))
        if self._read_to > self._compact_at:
            durable.replace(self.directory / "marks", content)

    def _append(self, lines: Sequence[tuple[str, bytes]]) -> None:
        if os.fstat(self._journal).st_size > self._read_to:
            os.ftruncate(self._journal, self._read_to)
        content = b"".join(line for _, line in lines)
        if os.write(self._journal, content) != len(content):
            raise Unavailable("The signer's marks cannot be written; is the disk full?", "signer_unavailable")
        os.fdatasync(self._journal)
        self._read_to += len(content)

    def _start_over(self) -> None:
        """Put a new journal in the place of one that could not be synced: what it holds beyond the known marks may be in memory only,
        and would be read as if it were kept. Where even that fails the next write tries both again.
        """
        with contextlib.suppress(OSError):
            os.ftruncate(self._journal, self._read_to)
            durable.replace(self.directory / "marks", b"".join(self._lines.values()))

    def _state_succession(self) -> None:
        """Have the old key name the new one for each log, unless it has done so."""
        (_, new), (old, _) = self._keys
        path = self.directory / "successions"
        made = {origin: succession.state(origin, old, new).decode() for origin in self._lines}
        missing = {origin: each for origin, each in made.items() if each not in self.successions(origin)}
        lines = [json.dumps({"origin": origin, "note": each}, ensure_ascii=False) + "\n" for origin, each in missing.items()]
        before = path.read_bytes() if path.exists() else b""
        durable.replace(path, before + "".join(lines).encode())

    def _rewrite(self) -> None:
        """Sign all marks anew, and by the new journal tell other processes to read the keys again."""
        marks = [mark.checkpoint for origin in self._lines if (mark := self._mark(origin)) is not None]
        lines = {made.origin: Mark(made, self._sign(made).signatures[0].signature).line() for made in marks}
        durable.replace(self.directory / "marks", b"".join(lines.values()))
        self._refresh()


class Turn:
    """The right to sign, held; use it only inside `Signer.turn`."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._prepared: list[tuple[Checkpoint, Note]] = []

    def mark(self, origin: str) -> Mark | None:
        """Return the newest mark of a log; nobody else moves it during this turn."""
        return self._signer._mark(origin)  # noqa: SLF001 - the turn is the signer's other half

    def marks(self, origins: Iterable[str]) -> dict[str, Mark]:
        """Return the newest mark of each of these logs that has one."""
        return {origin: mark for origin in origins if (mark := self.mark(origin)) is not None}

    def begin(self, origins: Sequence[str]) -> None:
        """Mark new logs as empty, before their first entry is committed: from then on a missing mark means a lost one."""
        self._record(self._sign([Checkpoint(origin, 0, merkle.EMPTY_ROOT) for origin in origins]))

    def prepare(self, steps: Sequence[Step]) -> None:
        """Sign trees that are about to be committed, and keep that here until `sign`; raises `Forked`, and signs none, unless each
        continues the mark of its log, or what this turn has prepared of it before. It costs no time while the database writes.
        """
        reached = {checkpoint.origin: checkpoint for checkpoint, _ in self._prepared}
        for step in steps:
            wanted, mark = step.checkpoint, self.mark(step.checkpoint.origin)
            if mark is None:
                raise unknown(wanted.origin)
            marked = reached.get(wanted.origin, mark.checkpoint)
            if not merkle.verify_consistency(marked.size, wanted.size, marked.root, wanted.root, step.consistency):
                raise forked(marked, wanted.size)
            reached[wanted.origin] = wanted
        self._prepared += self._sign([step.checkpoint for step in steps])

    def sign(self) -> list[Note]:
        """Put the marks of the trees that were prepared on disk, now that they are committed, and give out their notes."""
        prepared, self._prepared = self._prepared, []
        return self._record(prepared)

    def trust(self, checkpoint: Checkpoint) -> Note:
        """Sign a tree without proof and go on from there: an operator's word that it is the one to continue."""
        return self._record(self._sign([checkpoint]))[0]

    def replace_key(self) -> None:
        """Make a new key that signs from now on beside the old one, and have the old one name it for each log."""
        signer = self._signer
        if len(signer._keys) > 1:  # noqa: SLF001
            raise Conflict("A key is being replaced already, and two sign; finish that first.", "key_being_replaced")
        durable.replace(signer.directory / "key.pem", _pem(Ed25519PrivateKey.generate()) + _pem(signer._keys[0][0]))  # noqa: SLF001
        signer._take_keys()  # noqa: SLF001
        signer._state_succession()  # noqa: SLF001
        signer._rewrite()  # noqa: SLF001

    def drop_old_key(self) -> None:
        """Let the replaced key sign no more; whoever does not know the new one by now is told nothing any more."""
        signer = self._signer
        if len(signer._keys) == 1:  # noqa: SLF001
            raise Conflict("No key is being replaced; only one signs.", "key_not_being_replaced")
        signer._state_succession()  # noqa: SLF001 - also of logs that began meanwhile, or after a crash, while the old key is here
        signer._rewrite()  # noqa: SLF001
        durable.replace(signer.directory / "key.pem", _pem(signer._keys[0][0]))  # noqa: SLF001
        signer._take_keys()  # noqa: SLF001
        signer._rewrite()  # noqa: SLF001

    def _sign(self, checkpoints: Sequence[Checkpoint]) -> list[tuple[Checkpoint, Note]]:
        return [(checkpoint, self._signer._sign(checkpoint)) for checkpoint in checkpoints]  # noqa: SLF001

    def _record(self, signed: Sequence[tuple[Checkpoint, Note]]) -> list[Note]:
        marks = [Mark(checkpoint, note.signatures[0].signature) for checkpoint, note in signed]
        self._signer._write([(mark.checkpoint.origin, mark.line()) for mark in marks])  # noqa: SLF001
        return [note for _, note in signed]


@functools.lru_cache(4096)
def _mark(line: bytes) -> Mark:
    try:
        origin, size, root, signature = line.decode().split()
        return Mark(Checkpoint(origin, int(size), base64.b64decode(root, validate=True)), base64.b64decode(signature, validate=True))
    except ValueError as fault:
        raise StartError("The signer's marks are damaged; restore them from a copy, or see `clearance ledger trust`.") from fault


def _keys(path: Path) -> tuple[Ed25519PrivateKey, ...]:
    """Return the keys, newest first; one is made and put on disk if this is the first time, by one of several processes."""
    signed = path.with_name("marks").exists()  # asked first: a key is there before the first mark
    if not path.exists():
        if signed:
            raise StartError(
                f"{path} is missing, but logs were signed with it; put a copy back. If it is lost for good, move `marks` beside it away: `clearance"
                " ledger trust` then begins anew with another key, and whoever follows a log must be told."
            )
        durable.place_new(path, _pem(Ed25519PrivateKey.generate()))
    keys = [
        serialization.load_pem_private_key(block, None)
        for block in re.findall(rb"-----BEGIN.*?-----END[^\n]*\n", path.read_bytes(), re.DOTALL)
    ]
    found = tuple(key for key in keys if isinstance(key, Ed25519PrivateKey))
    if not found or len(found) != len(keys):
        raise StartError(f"{path} is not an Ed25519 key.")
    return found


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def forked(marked: Checkpoint, size: int) -> Forked:
    """Return the refusal of a tree that does not continue the mark."""
    return Forked(
        f"The database holds {size} entries of {marked.origin} that do not continue the {marked.size} this machine has signed, so it was restored"
        " from an older copy or changed. Nothing was written. Bring back the newer database (replica or WAL archive); if it is lost"
        " for good, keep this one for reading and open a new studio whose first record cites the last checkpoint.",
        "log_forked",
    )


def unknown(origin: str) -> Forked:
    """Return the refusal of a log that has entries but no mark."""
    return Forked(
        f"The database holds entries of {origin}, but this machine has never signed that log. Nothing was written. If its database was"
        " moved here on purpose, copy keys/log from the old data directory; if those are lost, run `clearance ledger trust` for the studio once.",
        "log_unknown",
    )
