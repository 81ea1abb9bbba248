"""A witness (C2SP tlog-witness): a small program that a party outside the service runs on a machine of its own.

It remembers, for each log that it was told to watch, the largest tree that it has cosigned, and cosigns only what provably
continues it. A log that was rewritten, cut or restored from an older copy gets no cosignature any more, whoever holds its
key. Nothing of the service is imported but the pure core of the ledger, so that it can be read in one sitting:
standard library, `cryptography`, and the modules named below. `witness_server` puts it on the network.

In the directory: `key.pem` (its own key, made once), `state.json` (what it has seen, on disk before it answers), `lock`, and
`evidence.jsonl` (what it refused although the log's key had signed it: keep that file, it proves the fork to anybody).
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service import durable
from service.ledger import cosignature, merkle, note, submission
from service.ledger.cosignature import Cosigner
from service.ledger.note import Checkpoint, Malformed, Note, Verifier
from service.ledger.submission import Submission

SIZE_TYPE = "text/x.tlog.size"
EVIDENCE_BYTES = 16 << 20
_TEXT = "text/plain; charset=utf-8"


class CannotStart(Exception):
    """The directory cannot be used; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP, and the line about it for whoever runs the witness."""

    status: int
    body: str
    says: str
    media_type: str = _TEXT


@dataclass(frozen=True, slots=True)
class Watched:
    """A log: the keys that may sign for it, and the largest tree that was cosigned (none before the first)."""

    keys: tuple[str, ...] = ()
    size: int = 0
    root: str = merkle.EMPTY_ROOT.hex()
    checkpoint: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a witness remembers."""

    name: str
    logs: dict[str, Watched] = field(default_factory=dict)

    def content(self) -> bytes:
        """Return it as the bytes of `state.json`."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode() + b"\n"

    def watching(self, verifier: Verifier) -> State:
        """Return the state with one more key of a log; a log that is new starts with the empty tree."""
        log = self.logs.get(verifier.name, Watched())
        keys = tuple(dict.fromkeys((*log.keys, verifier.text())))
        return replace(self, logs=self.logs | {verifier.name: replace(log, keys=keys)})


class Witness:
    """The witness of a directory, alone there while it is open; for any number of threads."""

    def __init__(self, directory: Path, name: str | None = None, logs: Sequence[str] = ()) -> None:
        self.directory = directory
        self._threads = threading.Lock()
        durable.make_directory(directory)
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._open(name, logs)
        except BaseException:
            self.close()
            raise

    def _open(self, name: str | None, logs: Sequence[str]) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"Another witness runs on {self.directory}; two would not know what the other has signed.") from None
        self.state = _state(self.directory, name)
        for text in logs:
            try:
                self.state = self.state.watching(note.parse_verifier(text))
            except Malformed as fault:
                raise CannotStart(
                    f"{text!r} is no key of a log ({fault}); `clearance ledger verify` and GET /v1/ledger/key show it."
                ) from fault
        durable.replace(self.directory / "state.json", self.state.content())
        self._key = _key(self.directory, self.state)

    def close(self) -> None:
        """Let go of the directory."""
        os.close(self._lock)

    @property
    def cosigner(self) -> Cosigner:
        """The public key, for policies and for those who ask for cosignatures."""
        return Cosigner(self.state.name, self._key.public_key().public_bytes_raw())

    def add(self, body: bytes, seconds: int) -> Answer:
        """Judge a request at a time (seconds since 1970); a cosignature leaves only after the state is on disk."""
        try:
            asked = submission.parse(body)
            signed = note.parse(asked.content)
            checkpoint = note.parse_checkpoint(signed.text)
        except Malformed as fault:
            return _refusal(400, f"the request cannot be read: {fault}")
        log = self.state.logs.get(checkpoint.origin)
        if log is None:
            return _refusal(404, f"{checkpoint.origin} is not watched here; whoever runs this witness adds it with --log KEY")
        kept = _known(log, signed)
        if not kept.signatures:
            return _refusal(403, f"no key that is known here for {checkpoint.origin} has signed this checkpoint")
        if asked.old > checkpoint.size:
            return _refusal(400, f"the old size {asked.old} is larger than the checkpoint's {checkpoint.size}")
        with self._threads:
            return self._continue(replace(asked, content=kept.content()), checkpoint, signed.text, seconds)

    def _continue(self, asked: Submission, checkpoint: Checkpoint, text: bytes, seconds: int) -> Answer:
        """Cosign what continues the tree that is remembered; the caller holds the lock, so nothing moves in between."""
        log = self.state.logs[checkpoint.origin]
        place = f"{checkpoint.origin} at {checkpoint.size}"
        if asked.old != log.size:
            return Answer(409, f"{log.size}\n", f"409 {place}: was told {asked.old}, has cosigned {log.size}", SIZE_TYPE)
        root = bytes.fromhex(log.root)
        if asked.old == checkpoint.size and checkpoint.size and root != checkpoint.root:
            self._keep(asked, log, seconds)
            return Answer(409, f"{log.size}\n", f"409 {place}: FORK, another root of the same size is cosigned", SIZE_TYPE)
        if not merkle.verify_consistency(asked.old, checkpoint.size, root, checkpoint.root, asked.proof):
            self._keep(asked, log, seconds)
            return _refusal(422, f"{place} is not proved to continue the tree of {log.size} that is cosigned here")
        known = replace(log, size=checkpoint.size, root=checkpoint.root.hex(), checkpoint=asked.content.decode())
        state = replace(self.state, logs=self.state.logs | {checkpoint.origin: known})
        durable.replace(self.directory / "state.json", state.content())
        self.state = state
        line = cosignature.cosign(text, state.name, self._key, seconds).line().decode()
        return Answer(200, line, f"200 {place}: cosigned, {log.size} before")

    def _keep(self, asked: Submission, log: Watched, seconds: int) -> None:
        """Keep what the log's key has signed and yet does not hold together; bounded, since anybody may repeat it."""
        path = self.directory / "evidence.jsonl"
        if path.exists() and path.stat().st_size > EVIDENCE_BYTES:
            return
        line = {
            "at": seconds, "cosigned": log.checkpoint, "refused": asked.content.decode(), "old": asked.old,
            "proof": [each.hex() for each in asked.proof],
        }  # fmt: skip
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _known(log: Watched, signed: Note) -> Note:
    """Return the note with the good signatures of the log's keys alone; what others add is neither counted nor kept."""
    verifiers = [note.parse_verifier(key) for key in log.keys]
    return Note(
        signed.text, tuple(line for line in signed.signatures if any(each.checks(Note(signed.text, (line,))) for each in verifiers))
    )


def _refusal(status: int, says: str) -> Answer:
    return Answer(status, says + "\n", f"{status} {says}")


def _key(directory: Path, state: State) -> Ed25519PrivateKey:
    """Return the witness's key, made and put on disk if nothing was ever signed."""
    path = directory / "key.pem"
    if not path.exists():
        if any(log.checkpoint for log in state.logs.values()):
            raise CannotStart(f"{path} is missing, but there is a state; put the key back, or begin in an empty directory.")
        made = Ed25519PrivateKey.generate()
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        durable.place_new(path, made.private_bytes(*form))
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise CannotStart(f"{path} is not an Ed25519 key.")
    return key


def look(directory: Path) -> tuple[State, Cosigner]:
    """Return what a witness remembers and its public key, also while it runs; raises `CannotStart`."""
    if not (directory / "state.json").exists() or not (directory / "key.pem").exists():
        raise CannotStart(f"There is no witness in {directory}; start one with --name.")
    state = _state(directory, None)
    key = _key(directory, state)
    return state, Cosigner(state.name, key.public_key().public_bytes_raw())


def _state(directory: Path, name: str | None) -> State:
    """Return what was remembered. A lost state is never begun anew beside an old key: it would cosign a fork."""
    path = directory / "state.json"
    if not path.exists():
        if (directory / "key.pem").exists():  # the state is written first, so it was there
            raise CannotStart(f"{path} is missing, but there is a key; put a copy of the newest one back, or begin in an empty directory.")
        if not name or any(character.isspace() or character == "+" for character in name):
            raise CannotStart("A new witness needs --name, for example legal.example/witness: no spaces and no plus sign.")
        return State(name)
    try:
        read = json.loads(path.read_text("utf-8"))
        logs = {origin: Watched(tuple(log["keys"]), log["size"], log["root"], log["checkpoint"]) for origin, log in read["logs"].items()}
        found = State(read["name"], logs)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise CannotStart(f"{path} is damaged; put a copy of the newest one back.") from fault
    if name not in {None, found.name}:
        raise CannotStart(f"The witness in {directory} is called {found.name}; a key keeps its name.")
    return found
