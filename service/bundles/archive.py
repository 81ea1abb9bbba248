"""A bundle as an archive that is sent while it is made: ZIP for people, tar for tools; memory does not grow with it."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from service.bundles.members import Member

ROOT = "bundle"
"""The directory that every file lies in."""
_BLOCK = 512
_END = bytes(2 * _BLOCK)


def as_tar(members: Iterable[Member], moment: datetime) -> Iterator[bytes]:
    """Yield a tar archive."""
    for member in members:
        about = tarfile.TarInfo(f"{ROOT}/{member.path}")
        about.size, about.mode, about.mtime = member.size, 0o644, int(moment.timestamp())
        yield about.tobuf(tarfile.PAX_FORMAT)
        yield from member.pieces()
        yield bytes(-member.size % _BLOCK)
    yield _END


def as_zip(members: Iterable[Member], moment: datetime) -> Iterator[bytes]:
    """Yield a ZIP archive, compressed."""
    out = _Drained()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=3) as archive:
        for member in members:
            about = zipfile.ZipInfo(f"{ROOT}/{member.path}", moment.timetuple()[:6])
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with archive.open(about, "w", force_zip64=member.size >= zipfile.ZIP64_LIMIT >> 1) as file:
                for piece in member.pieces():
                    file.write(piece)
                    yield out.drain()
            yield out.drain()
    yield out.drain()


class _Drained(io.RawIOBase):
    """Takes what an archive writes and gives it away in between; it cannot be sought, so the archive is written as a stream."""

    def __init__(self) -> None:
        self._content = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: object, /) -> int:
        """Keep what is written until it is drained."""
        before = len(self._content)
        self._content += bytes(content)  # type: ignore[call-overload]
        return len(self._content) - before

    def drain(self) -> bytes:
        """Return what was written since the last time."""
        content = bytes(self._content)
        self._content.clear()
        return content


Writer = Callable[[Iterable[Member], datetime], Iterator[bytes]]
FORMATS: Mapping[str, tuple[str, Writer]] = {"zip": ("application/zip", as_zip), "tar": ("application/x-tar", as_tar)}
"""Media type and writer of each format."""
