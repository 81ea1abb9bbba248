"""The two jobs that touch the media library: sign a file, judge a file. They run in the sandbox and nowhere else.

What the library does that one would not expect (0.38.1) and what is done about it: it reads the network unless told not to
(settings), a tampered ingredient does not lower its verdict (`judge.verdict` walks the lineage), it drops an existing
manifest that is not named as parent (the service names it), a failed signing leaves a complete-looking file (the service
signs into a staged file and keeps it only when a fresh reading is Trusted), file objects are read in thousands of tiny
pieces (small files are handed over in memory).
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
from collections.abc import Iterator
from io import BytesIO, FileIO, RawIOBase
from typing import IO, Any

import c2pa
import orjson

from service.credentials import judge as judging
from service.sandbox.job import Answer, Job, Refusal

IN_MEMORY = 64 << 20
_PIECE = 1 << 20
_FULL = tuple(os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))  # the library passes on the words only


def sign(job: Job) -> Answer:
    """Sign file 0 into file 1, or for a sidecar only write the manifest; the answer's part is the manifest store.

    Arguments: `definition`, `media_type` to sign as, `source_type` it really is, `settings`, `chain`, `parent` (the ingredient
    as which file 0's own manifest is kept, or null), `read_again` (whether to read the result from disk in the same go, which
    saves a small file the way there and back; then the answer has its `verdict`). Refuses with `signing_failed` and what the library said.
    """
    given = job.arguments
    failure: list[BaseException] = []

    def ask(data: bytes) -> bytes:
        try:
            return job.ask(data)
        except BaseException as fault:
            failure.append(fault)  # the library would only say that the signature is invalid
            raise

    signer = c2pa.Signer.from_callback(ask, c2pa.C2paSigningAlg.ES256, given["chain"])
    context = c2pa.Context(c2pa.Settings.from_dict(given["settings"]), signer)
    try:
        with _source(job.files[0]) as source, c2pa.Builder(given["definition"], context) as builder:
            if given["parent"] is not None:
                builder.add_ingredient(given["parent"], given["source_type"], source)
                source.seek(0)
            store = _embed(builder, given["media_type"], source, job.files[1]) if len(job.files) > 1 else _detach(builder, given, source)
    except c2pa.C2paError as fault:
        if failure:
            raise failure[0] from None
        raise Refusal("storage_full" if any(word in str(fault) for word in _FULL) else "signing_failed", str(fault)[:500]) from None
    except OSError as fault:
        raise Refusal("storage_full" if fault.strerror in _FULL else "signing_failed", str(fault)) from None
    if not given["read_again"]:
        return Answer({}, (store,))
    sidecar = store if len(job.files) == 1 else None
    media_type = given["source_type"] if sidecar is None else given["media_type"]
    return Answer({"verdict": _judged(job.files[-1], media_type, given["settings"], sidecar)}, (store,))


def judge(job: Job) -> Answer:
    """Judge file 0; with a part, that part is its sidecar. The answer is `judge.Verdict` as a mapping.

    Arguments: `media_type`, `settings`, `report` (whether to add the reader's own report under `store`, for an adapter that
    wants to know how the content was made). Never refuses: what cannot be read is a verdict too.
    """
    given = job.arguments
    sidecar = job.parts[0] if job.parts else None
    return Answer(_judged(job.files[0], given["media_type"], given["settings"], sidecar, report=given["report"]))


def _judged(file: FileIO, media_type: str, settings: Any, sidecar: bytes | None, *, report: bool = False) -> dict[str, Any]:
    context = _reading(orjson.dumps(settings))
    try:
        with _source(file) as source, c2pa.Reader(media_type, source, sidecar, context) as reader:
            told, claims = orjson.loads(reader.json()), orjson.loads(reader.crjson())
        return {**judging.verdict(told, claims), **({"store": told} if report else {})}
    except c2pa.C2paError as fault:
        return judging.unread(str(fault))
    except (AttributeError, KeyError, TypeError, ValueError):  # a manifest shaped so that the report makes no sense
        return judging.unread("the report on it makes no sense")


@functools.lru_cache(maxsize=8)
def _reading(settings: bytes) -> c2pa.Context:
    """A context for reading; taking the certificates apart costs as much as reading a small file."""
    return c2pa.Context(c2pa.Settings.from_json(settings.decode()))


def _embed(builder: c2pa.Builder, media_type: str, source: IO[bytes], destination: FileIO) -> bytes:
    if isinstance(source, BytesIO):
        out = BytesIO()
        store = bytes(builder.sign(media_type, source, out))
        _write(destination, out.getbuffer())
        return store
    with open(destination.fileno(), "r+b", buffering=_PIECE, closefd=False) as file:
        return bytes(builder.sign(media_type, source, file))


def _detach(builder: c2pa.Builder, given: Any, source: IO[bytes]) -> bytes:
    builder.set_no_embed()
    return bytes(builder.sign(given["media_type"], source, _Nowhere()))


def _write(destination: FileIO, content: memoryview) -> None:
    with content:
        rest = content
        while rest:
            rest = rest[destination.write(rest) :]


@contextlib.contextmanager
def _source(file: FileIO) -> Iterator[IO[bytes]]:
    """The file from its start: in memory when small, through a buffer otherwise."""
    size = file.seek(0, 2)
    file.seek(0)
    if size <= IN_MEMORY:
        yield BytesIO(file.read())
        return
    with open(file.fileno(), "rb", buffering=1 << 16, closefd=False) as buffered:
        yield buffered


class _Nowhere(RawIOBase):
    """Where the copy goes that a sidecar does not need; keeps only the position."""

    def __init__(self) -> None:
        self._at = self._end = 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def readinto(self, _buffer: Any, /) -> int:
        return 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        return self._at
