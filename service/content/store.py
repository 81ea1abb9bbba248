"""The content-addressed store on local disk: bytes in once, under their SHA-256, and never changed afterwards.

Content is streamed into a file beside the store while every digest is computed, synced, and only then linked to its
place, so that a name in the store always means complete and durable content. Nothing is kept of a put that fails.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO, FileIO
from pathlib import Path
from typing import BinaryIO, Protocol

from service import errors
from service.content.digests import Digests
from service.content.disk import disk, full
from service.durable import make_directory, place_new, settle, sync_directory

CHUNK = 1 << 20
_NAME = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[A-Za-z0-9_-]{3,80}")
_ABANDONED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Stored:
    """Content in the store: its size in bytes, its digests by algorithm, and whether this put brought it in."""

    sha256: str
    size: int
    digests: Mapping[str, str]
    new: bool


class Source(Protocol):
    """Anything with `read(n)`: a file, a request body."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, empty at the end."""
        ...


class Store:
    """Content below one directory; safe for several threads and processes at once."""

    def __init__(self, root: Path, *, limit: int | None = None) -> None:
        """`limit` is the largest single content in bytes, None for no limit. Sweeps what a killed process left behind."""
        self.root = root
        self.limit = limit
        self.incoming = root / "incoming"
        self._studios: dict[str, Store] = {}
        self._lock = threading.Lock()
        make_directory(self.incoming)
        sweep(self.incoming)

    def put(
        self,
        source: Source | bytes,
        *,
        length: int | None = None,
        limit: int | None = None,
        check: Callable[[Digests, FileIO], None] | None = None,
    ) -> Stored:
        """Take content in, never whole in memory; the same content again is fine and costs no space.

        `length` is what the sender promised, `limit` the most that is accepted here (the store's own limit otherwise),
        `check` may look at the digests and at the staged file, and raise before anything is stored. Raises TooLarge, BadRequest when the body
        is not as long as promised, Unavailable when the disk is full.
        """
        with self.take(source, length=length, limit=limit) as (file, digests):
            if check is not None:
                check(digests, file)
            values = digests.values()
            new = self.adopt(file, values["sha256"])
        return Stored(values["sha256"], digests.size, values, new)

    def keep(self, content: bytes) -> str:
        """Take a document of our own in and return its SHA-256; one that is there already is not written again."""
        digest = sha256(content).hexdigest()
        if self.stat(digest) != len(content):
            with self.stage() as file:
                _write(file, content)
                self.adopt(file, digest)
        else:
            settle(self.path(digest))
        return digest

    @contextmanager
    def take(self, source: Source | bytes, *, length: int | None = None, limit: int | None = None) -> Iterator[tuple[FileIO, Digests]]:
        """Content on disk beside the store, as long as announced; gone afterwards unless it is adopted. Arguments and errors as in `put`."""
        limit = self.limit if limit is None else limit
        self._refuse_early(length, limit)
        with self.stage() as file:
            digests = _copy(BytesIO(source) if isinstance(source, bytes) else source, file, limit)
            if length is not None and digests.size != length:
                raise errors.BadRequest(
                    f"{length} bytes were announced and {digests.size} arrived; nothing was stored, send the file again.",
                    "incomplete_body",
                )
            yield file, digests

    @contextmanager
    def stage(self) -> Iterator[FileIO]:
        """An empty file beside the store to write content into; it is gone afterwards, whatever happens.

        The file is locked as long as it is in use, which is how `sweep` tells abandoned ones.
        """
        with disk():
            handle, name = tempfile.mkstemp(dir=self.incoming)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                with open(name, "r+b", buffering=0, opener=lambda _path, _flags: handle) as file:
                    yield file
            finally:
                os.unlink(name)

    def adopt(self, staged: FileIO, digest: str) -> bool:
        """Sync a staged file and give it its place; the caller has computed its SHA-256. Says whether it was new."""
        path = self.path(digest)
        with disk():
            if path.exists():
                settle(path)
                return False
            os.fchmod(staged.fileno(), 0o400)
            os.fsync(staged.fileno())
            make_directory(path.parent)
            try:
                os.link(str(staged.name), path)
            except FileExistsError:
                settle(path)
                return False
            sync_directory(path.parent)
        return True

    def of(self, studio_id: str) -> Store:
        """The store of one studio, below this one. Studios share nothing: to know a digest must not be to have the content."""
        if not _ID.fullmatch(studio_id):
            raise ValueError("not the id of a studio")
        with self._lock:
            if studio_id not in self._studios:
                self._studios[studio_id] = Store(self.root / "studios" / studio_id, limit=self.limit)
            return self._studios[studio_id]

    def grant(self, record_id: str, digest: str) -> None:
        """Note, durably, that this content was given to (or made for) this record, and may be read by who may read the record.

        A record names its digests freely; this is what tells that its bytes really came in here under its name.
        """
        path = self._granted(record_id, digest)
        make_directory(path.parent)
        place_new(path, b"")

    def granted(self, record_id: str, digest: str) -> bool:
        """Whether `grant` was called for these two, and the content is here."""
        return self._granted(record_id, digest).exists() and self.path(digest).exists()

    def _granted(self, record_id: str, digest: str) -> Path:
        if not _ID.fullmatch(record_id):
            raise ValueError("not the id of a record")
        return self.root / "given" / record_id[-2:] / record_id / self.path(digest).name

    def path(self, digest: str) -> Path:
        """Where content with this SHA-256 lies, or would; raises ValueError for anything that is not one."""
        if not _NAME.fullmatch(digest):
            raise ValueError("not a SHA-256 in lower-case hex")
        return self.root / digest[:2] / digest

    def stat(self, digest: str) -> int | None:
        """The size in bytes, None when the store does not hold it."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def open(self, digest: str) -> BinaryIO:
        """The content for reading; raises NotFound."""
        try:
            return self.path(digest).open("rb")
        except FileNotFoundError:
            raise errors.NotFound(f"There is no content with SHA-256 {digest} here.", "no_content") from None

    def read(self, digest: str, limit: int = 64 * CHUNK) -> bytes:
        """Small content as bytes, checked against its digest; raises NotFound, TooLarge over `limit`, Unavailable when damaged."""
        with self.open(digest) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise errors.TooLarge(f"The content is over {limit} bytes; read it as a stream.", "content_too_large")
        if sha256(content).hexdigest() != digest:
            raise errors.Unavailable(f"The stored content {digest} is damaged; restore it from a backup.", "content_damaged")
        return content

    def _refuse_early(self, length: int | None, limit: int | None) -> None:
        """Say no before reading a byte where the announced length already decides it."""
        if length is None:
            return
        if limit is not None and length > limit:
            raise _too_large(limit)
        if length > shutil.disk_usage(self.incoming).free:
            raise full()


def sweep(directory: Path) -> int:
    """Remove staged files that nobody holds any more; says how many. Young ones are left: their lock may not be taken yet."""
    removed = 0
    for path in directory.iterdir():
        try:
            if time.time() - path.stat().st_mtime < _ABANDONED_SECONDS:
                continue
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                removed += 1
        except (BlockingIOError, FileNotFoundError):
            continue
    return removed


def _copy(source: Source, file: FileIO, limit: int | None) -> Digests:
    digests = Digests()
    while chunk := source.read(CHUNK):
        digests.update(chunk)
        if limit is not None and digests.size > limit:
            raise _too_large(limit)
        _write(file, chunk)
    return digests


def _write(file: FileIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _too_large(limit: int) -> errors.TooLarge:
    return errors.TooLarge(
        f"At most {limit} bytes are taken in one piece; register larger content by its digests alone.", "content_too_large"
    )
