"""The text that tools leave inside media files, by container: PNG chunks, EXIF and XMP of JPEG and WebP, MP4 item lists, FLAC comments;
the freer containers are read in `tracks`.

Detection is by magic bytes, never by the extension. Pictures and sound are skipped, not decoded; what is read is bounded by
`Limits`. A file that ends early gives what stood before the end: a truncated picture may still name its models.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from service import errors
from service.ingest import tracks
from service.ingest.draft import Limits

PNG = b"\x89PNG\r\n\x1a\n"
_TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt"}
_NESTED = {b"moov", b"udta", b"meta", b"ilst"}
_XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_KEYED = re.compile(r"\A([A-Za-z][A-Za-z0-9_ -]{0,40}):(?=\s*[\[{])")


def texts(stream: BinaryIO, limits: Limits) -> dict[str, str]:
    """Return key → text of the file at `stream` (read from its start); the first of equal keys wins, unknown formats give {}."""
    stream.seek(0)
    head = stream.read(12)
    if head.startswith(PNG):
        return _bounded(_png(stream, limits), limits)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _bounded(_webp(stream, limits), limits)
    if head[:3] == b"\xff\xd8\xff":
        return _bounded(_jpeg(stream, limits), limits)
    if head[4:8] == b"ftyp":
        return _bounded(_mp4(stream, limits), limits)
    if head[:4] == b"fLaC":
        return _bounded(_flac(stream, limits), limits)
    return _bounded(tracks.texts(stream, head, limits), limits)


def _bounded(pairs: Iterator[tuple[str, str]], limits: Limits) -> dict[str, str]:
    found: dict[str, str] = {}
    room = limits.text
    for key, text in pairs:
        room -= len(text)
        if room < 0:
            raise errors.TooLarge(f"The file holds more than {limits.text} bytes of text metadata.", code="metadata_too_large")
        found.setdefault(key, text)
    return found


def _chunk(stream: BinaryIO, length: int, limits: Limits) -> bytes:
    if length > limits.text:
        raise errors.TooLarge(f"One text of the file is longer than {limits.text} bytes.", code="metadata_too_large")
    return stream.read(length)


def _png(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, str]]:
    stream.seek(8)
    for _ in range(limits.chunks):
        head = stream.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            return
        if kind in _TEXT_CHUNKS:
            yield from _png_text(kind, _chunk(stream, length, limits), limits)
            stream.seek(4, 1)
        elif kind == b"eXIf":
            yield from exif(_chunk(stream, length, limits))
            stream.seek(4, 1)
        else:
            stream.seek(length + 4, 1)


def _png_text(kind: bytes, content: bytes, limits: Limits) -> Iterator[tuple[str, str]]:
    """One text chunk. The plain ones are Latin-1 by the book, and UTF-8 as some tools write them; hardly a text is both."""
    key, _, rest = content.partition(b"\0")
    name = key.decode("latin-1")
    if kind == b"tEXt":
        yield name, _plain(rest)
    elif kind == b"zTXt" and rest[:1] == b"\0":
        yield name, _plain(_inflate(rest[1:], limits))
    elif kind == b"iTXt" and len(rest) >= 2:
        packed, body = rest[0] == 1, rest[2:].split(b"\0", 2)
        if len(body) == 3:
            yield name, (_inflate(body[2], limits) if packed else body[2]).decode("utf-8", "replace")


def _plain(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _inflate(packed: bytes, limits: Limits) -> bytes:
    machine = zlib.decompressobj()
    try:
        content = machine.decompress(packed, limits.text + 1)
    except zlib.error:
        return b""
    if len(content) > limits.text:
        raise errors.TooLarge(f"A compressed text unpacks to more than {limits.text} bytes.", code="metadata_too_large")
    return content


def _webp(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, str]]:
    stream.seek(12)
    for _ in range(limits.chunks):
        head = stream.read(8)
        if len(head) < 8:
            return
        kind, length = struct.unpack("<4sI", head)
        if kind in {b"EXIF", b"XMP "}:
            content = _chunk(stream, length, limits)
            yield from exif(content) if kind == b"EXIF" else [("xmp", content.decode("utf-8", "replace"))]
            stream.seek(length & 1, 1)
        else:
            stream.seek(length + (length & 1), 1)


def _jpeg(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, str]]:
    stream.seek(2)
    for _ in range(limits.chunks):
        head = stream.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in {0xD9, 0xDA}:
            return
        length = int.from_bytes(head[2:], "big")
        if head[1] == 0xE1:
            content = stream.read(max(length - 2, 0))
            if content.startswith(b"Exif\0\0"):
                yield from exif(content)
            elif content.startswith(_XMP_MARK):
                yield "xmp", content.removeprefix(_XMP_MARK).decode("utf-8", "replace")
        else:
            stream.seek(max(length - 2, 0), 1)


_EXIF_DIRECTORY, _USER_COMMENT = 0x8769, 0x9286
_ENTRIES = 500  # what cameras and tools write is a tenth of it; each entry may lead to a directory as long


def exif(content: bytes) -> Iterator[tuple[str, str]]:
    """The texts of the first directory, as `key: json` where they are of that shape, else by tag number; and the user's comment.

    ComfyUI puts `prompt:{…}` in tag 0x0110 and `workflow:{…}` below it; the Stable Diffusion web UI its parameters in the comment.
    """
    content = content.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(content[:4])
    if order is None or len(content) < 8:
        return
    for tag, kind, length, offset in _directory(content, order, struct.unpack(order + "I", content[4:8])[0]):
        if kind == 2 and length > 4:
            text = content[offset : offset + length].rstrip(b"\0").decode("utf-8", "replace")
            key = _KEYED.match(text)
            yield (key[1].lower(), text[key.end() :]) if key else (f"exif:{tag:#06x}", text)
        elif tag == _EXIF_DIRECTORY:
            for inner, _, size, place in _directory(content, order, offset):
                if inner == _USER_COMMENT and size > 8:
                    yield "parameters", _comment(content[place : place + size], order)


def _directory(content: bytes, order: str, at: int) -> Iterator[tuple[int, int, int, int]]:
    """(tag, type, count, value or offset) of the entries of one directory."""
    count = min(int.from_bytes(content[at : at + 2], "little" if order == "<" else "big"), _ENTRIES)
    for place in range(at + 2, at + 2 + 12 * count, 12):
        entry = content[place : place + 12]
        if len(entry) < 12:
            return
        tag, kind, length, offset = struct.unpack(order + "HHII", entry)
        yield tag, kind, length, offset


def _comment(content: bytes, order: str) -> str:
    """A user's comment: eight bytes say its character code."""
    code, text = content[:8], content[8:]
    if code == b"UNICODE\0":
        little = text[:2] == b"\xff\xfe" or (order == "<" and text[:2] != b"\xfe\xff" and text[1:2] == b"\0")
        return text.decode("utf-16-le" if little else "utf-16-be", "replace").lstrip("\ufeff").rstrip("\0")
    return text.decode("utf-8", "replace").rstrip("\0")


def _boxes(stream: BinaryIO, end: int, limits: Limits) -> Iterator[tuple[bytes, int, int]]:
    """(kind, first byte of content, end) of the boxes from the stream's place to `end`."""
    place = stream.tell()
    for _ in range(limits.chunks):
        stream.seek(place)
        head = stream.read(16)
        if len(head) < 8 or place >= end:
            return
        size, kind = struct.unpack(">I4s", head[:8])
        start = place + 8
        if size == 1 and len(head) == 16:
            (size,), start = struct.unpack(">Q", head[8:16]), place + 16
        stop = end if size == 0 else place + size
        if stop <= place or stop > end:
            return
        yield kind, start, stop
        place = stop


def _mp4(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, str]]:
    """`moov/[udta/]meta/{keys, ilst}`: named keys (mdta) by number, iTunes-style four-letter names as they are."""
    end = stream.seek(0, 2)
    stream.seek(0)
    yield from _mp4_level(stream, end, limits, depth=0, keys=[])


def _mp4_level(stream: BinaryIO, end: int, limits: Limits, *, depth: int, keys: list[str]) -> Iterator[tuple[str, str]]:
    for kind, start, stop in _boxes(stream, end, limits):
        if kind == b"keys":
            stream.seek(start)
            keys.extend(_mp4_keys(_chunk(stream, stop - start, limits)))
        elif kind == b"ilst":
            yield from _mp4_items(stream, start, stop, limits, keys)
        elif kind == b"uuid" and depth == 0 and stop - start > 16:
            stream.seek(start)
            if stream.read(16) == _XMP_BOX:
                yield "xmp", _chunk(stream, stop - start - 16, limits).decode("utf-8", "replace")
        elif kind == b"AIGC" and depth:
            stream.seek(start)
            yield "AIGC", _chunk(stream, stop - start, limits).decode("utf-8", "replace")
        elif kind in _NESTED and depth < 4:
            stream.seek(start)
            is_full = kind == b"meta" and stream.read(8)[4:8] != b"hdlr"
            stream.seek(start + 4 if is_full else start)
            yield from _mp4_level(stream, stop, limits, depth=depth + 1, keys=keys)


def _mp4_keys(content: bytes) -> Iterator[str]:
    place = 8
    while place + 8 <= len(content):
        (size,) = struct.unpack(">I", content[place : place + 4])
        if size < 8:
            return
        yield content[place + 8 : place + size].decode("utf-8", "replace")
        place += size


def _mp4_items(stream: BinaryIO, start: int, stop: int, limits: Limits, keys: list[str]) -> Iterator[tuple[str, str]]:
    stream.seek(start)
    for kind, first, last in list(_boxes(stream, stop, limits)):
        stream.seek(first)
        data = _chunk(stream, last - first, limits)
        number = int.from_bytes(kind, "big")
        name = keys[number - 1] if 0 < number <= len(keys) else kind.decode("latin-1").lstrip("©")
        if data[4:8] == b"data" and len(data) >= 16:
            yield name, data[16:].decode("utf-8", "replace")


def _flac(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, str]]:
    stream.seek(4)
    for _ in range(limits.chunks):
        head = stream.read(4)
        if len(head) < 4:
            return
        length = int.from_bytes(head[1:], "big")
        if head[0] & 0x7F == 4:
            yield from tracks.comments(_chunk(stream, length, limits))
        else:
            stream.seek(length, 1)
        if head[0] & 0x80:
            return
