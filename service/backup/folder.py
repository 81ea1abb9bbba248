"""The folder of a backup: a list with the SHA-256 of every file, and a manifest, written last, with that of the list.

A folder without a manifest is a backup that did not finish.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from service import durable
from service.content.store import CHUNK
from service.errors import StartError

MANIFEST, LIST = "manifest.json", "files.ndjson"
FORMAT = "clearance-backup/1"


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Log:
    """The newest tree of a studio's log in the backup: its signed checkpoint and the key, or why there is none."""

    studio_id: str
    size: int
    root: str
    checkpoint: str | None
    key: str | None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    clearance: str
    made_at: str
    migrations: tuple[tuple[str, str], ...]
    """Name and SHA-256 of each that the database had."""
    tables: dict[str, dict[str, Any]]
    """By name: the columns in order and the number of rows."""
    logs: tuple[Log, ...]
    contents: int
    bytes: int
    """Of all files in the list."""
    list_sha256: str
    with_keys: bool = False
    damaged: tuple[str, ...] = ()
    """Contents that no longer were what their name says; they are not in the backup."""
    format: str = FORMAT


class Sink:
    """A file that is being written, hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hash, self.size = file, sha256(), 0

    def write(self, content: bytes) -> int:
        """Take more bytes."""
        self._file.write(content)
        self._hash.update(content)
        self.size += len(content)
        return len(content)

    def flush(self) -> None:
        """Do nothing; whoever compresses asks for it."""

    @property
    def sha256(self) -> str:
        """The digest of what came so far."""
        return self._hash.hexdigest()


@dataclass(slots=True)
class Writer:
    """A backup in the making."""

    root: Path
    bytes: int = 0
    _places: set[Path] = field(default_factory=set)
    _list: Sink = field(init=False)
    _file: BinaryIO = field(init=False)

    def __post_init__(self) -> None:
        """Take an empty or missing directory."""
        durable.make_directory(self.root)
        if any(self.root.iterdir()):
            raise StartError(f"{self.root} is not empty; name a new directory for the backup.")
        self._file = (self.root / LIST).open("xb")
        self._list = Sink(self._file)

    def has(self, path: str) -> bool:
        """Tell whether a file was written already."""
        return (self.root / path).exists()

    @contextmanager
    def file(self, path: str) -> Iterator[Sink]:
        """Write a file for the block; if the block raises it is removed and not listed."""
        place = self.root / path
        durable.make_directory(place.parent)
        self._places.add(place.parent)
        try:
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                sink = Sink(file)
                yield sink
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            place.unlink(missing_ok=True)
            raise
        self.bytes += sink.size
        self._list.write(json.dumps(asdict(Listed(path, sink.size, sink.sha256))).encode() + b"\n")

    def close(self) -> None:
        """Let go of the list, also where the backup did not come to its end."""
        self._file.close()

    def finish(self, **known: Any) -> Manifest:
        """Close the list, have every name on disk, and put the manifest in its place."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        for place in self._places:
            durable.sync_directory(place)
        made = Manifest(bytes=self.bytes, list_sha256=self._list.sha256, **known)
        durable.replace(self.root / MANIFEST, json.dumps(asdict(made), indent=2, ensure_ascii=False).encode() + b"\n")
        return made


def manifest(root: Path) -> Manifest:
    """Read the manifest of a backup; raises `StartError` where there is none that we know."""
    try:
        found = json.loads((root / MANIFEST).read_bytes())
        if found["format"] != FORMAT:
            raise StartError(f"{root} is a backup of the form {found['format']!r}, which this version does not know.")
        return Manifest(
            **found
            | {
                "logs": tuple(Log(**each) for each in found["logs"]),
                "migrations": tuple((name, digest) for name, digest in found["migrations"]),
                "damaged": tuple(found["damaged"]),
            }
        )
    except FileNotFoundError as fault:
        raise StartError(f"{root} has no {MANIFEST}: it is no backup, or one that did not finish.") from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise StartError(f"{root / MANIFEST} is damaged ({fault}); use another backup.") from fault


def listed(root: Path, under: str = "") -> Iterator[Listed]:
    """Yield the files of a backup whose list was verified, those under a path only."""
    with (root / LIST).open("rb") as lines:
        for line in lines:
            found = Listed(**json.loads(line))
            if found.path.startswith(under):
                yield found


def verify(root: Path, wanted: Manifest) -> Iterator[str]:
    """Hash every file and yield a sentence for each that is not as it was listed."""
    try:
        if _digest(root / LIST) != wanted.list_sha256:
            yield f"{LIST} is not the one that the manifest names"
            return
        for each in listed(root):
            yield from _verified(root, each)
    except (FileNotFoundError, ValueError, TypeError) as fault:
        yield f"{LIST} cannot be read ({fault})"


def _verified(root: Path, each: Listed) -> Iterator[str]:
    path = PurePosixPath(each.path)
    if path.is_absolute() or ".." in path.parts or str(path) != each.path:
        yield f"{each.path!r} is no path within a backup"
        return
    try:
        if _digest(root / each.path) != each.sha256:
            yield f"{each.path} was changed: its SHA-256 is another"
    except FileNotFoundError:
        yield f"{each.path} is missing"


def _digest(path: Path) -> str:
    found = sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()
