"""Text inside films and sounds of the freer containers: Matroska and WebM tags, ID3 frames of MP3, comments of Ogg, extras of GLB, SVG metadata.

As in `containers`: by magic bytes, bounded by `Limits`, and what is cut off gives what stood before the end.
"""

import json
import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from service import errors
from service.ingest.draft import Limits

EBML, OGG, ID3, GLB = b"\x1a\x45\xdf\xa3", b"OggS", b"ID3", b"glTF"
_SEGMENT, _TAGS, _TAG, _SIMPLE, _NAME, _STRING = 0x18538067, 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
_INSIDE = {_SEGMENT, _TAGS, _TAG, _SIMPLE}
_ENCODINGS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
_SVG, _PLAIN_TEXT = re.compile(r"<svg[\s>]"), re.compile(r"\s*<!\[CDATA\[")


def texts(stream: BinaryIO, head: bytes, limits: Limits) -> Iterator[tuple[str, str]]:
    """Key → text of a file of one of these kinds; nothing for any other."""
    if head.startswith(EBML):
        end = stream.seek(0, 2)
        yield from _matroska(stream, 0, end, limits)
    elif head.startswith(ID3):
        yield from _id3(stream, limits)
    elif head.startswith(OGG):
        yield from _ogg(stream, limits)
    elif head.startswith(GLB):
        yield from _glb(stream, limits)
    elif head.lstrip(b"\xef\xbb\xbf \r\n\t")[:5].lower() in {b"<?xml", b"<svg ", b"<svg>"}:
        yield from _svg(stream, limits)


def _room(length: int, limits: Limits) -> int:
    if length > limits.text:
        raise errors.TooLarge(f"One text of the file is longer than {limits.text} bytes.", code="metadata_too_large")
    return length


def _number(stream: BinaryIO, *, marker: bool) -> int | None:
    """A number of Matroska's variable length; sizes lose the bit that tells their length, ids keep it. All ones is an unknown size."""
    first = stream.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    rest = stream.read(length - 1)
    value = int.from_bytes(first + rest, "big")
    if marker:
        return value
    value &= (1 << 7 * length) - 1
    return -1 if value == (1 << 7 * length) - 1 else value


def _matroska(stream: BinaryIO, start: int, end: int, limits: Limits) -> Iterator[tuple[str, str]]:
    """Tags lie before or behind the film; a name stands before its text."""
    place, name, bounds = start, "", [end]
    for _ in range(limits.chunks):
        while bounds and place >= bounds[-1]:
            bounds.pop()
        if not bounds:
            return
        stream.seek(place)
        kind, size = _number(stream, marker=True), _number(stream, marker=False)
        if kind is None or size is None:
            return
        inside = stream.tell()
        stop = end if size < 0 else inside + size
        if kind in {_NAME, _STRING}:
            content = stream.read(_room(stop - inside, limits)).rstrip(b"\0").decode("utf-8", "replace")
            if kind == _NAME:
                name = content.lower()
            elif name:
                yield name, content
        if kind in _INSIDE:
            bounds.append(stop)
            place = inside
        elif size < 0:
            return
        else:
            place = stop


def _id3(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, str]]:
    stream.seek(3)
    version, _, flags = struct.unpack("3B", stream.read(3).ljust(3, b"\0"))
    size = _seven(stream.read(4))
    if version not in {3, 4} or flags & 0xC0:
        return
    content = stream.read(_room(size, limits))
    place = 0
    while place + 10 <= len(content):
        kind, length = content[place : place + 4], content[place + 4 : place + 8]
        count = _seven(length) if version == 4 else int.from_bytes(length, "big")
        body = content[place + 10 : place + 10 + count]
        if kind in {b"TXXX", b"COMM"} and len(body) > 4:
            yield from _frame(kind, body)
        if not count or not kind.strip(b"\0"):
            return
        place += 10 + count


def _frame(kind: bytes, body: bytes) -> Iterator[tuple[str, str]]:
    code = _ENCODINGS.get(body[0], "latin-1")
    words = body[4 if kind == b"COMM" else 1 :].decode(code, "replace")
    name, _, text = words.partition("\0")
    yield ("comment" if kind == b"COMM" else name.lower()), text.lstrip("\ufeff").rstrip("\0")


def _seven(content: bytes) -> int:
    """Four bytes of seven bits each."""
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
    return value


def _ogg(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, str]]:
    """The second packet holds the comments, over as many pages as it needs."""
    stream.seek(0)
    packets, last = [b""], 0
    for _ in range(limits.chunks):
        head = stream.read(27)
        if len(head) < 27 or head[:4] != OGG or len(packets) > 2:
            break
        for size in stream.read(head[26]):
            packets[-1] += stream.read(size)
            last = size
            _room(len(packets[-1]), limits)
            if size < 255:
                packets.append(b"")
    if len(packets) > 1 and (last or packets[1]):
        for mark in (b"OpusTags", b"\x03vorbis"):
            if packets[1].startswith(mark):
                yield from comments(packets[1][len(mark) :])


def comments(content: bytes) -> Iterator[tuple[str, str]]:
    """Vorbis comments, as FLAC and Ogg hold them: `KEY=text`, lengths little-endian, after the vendor's name."""
    place = 4 + int.from_bytes(content[:4], "little")
    count = int.from_bytes(content[place : place + 4], "little")
    place += 4
    for _ in range(count):
        length = int.from_bytes(content[place : place + 4], "little")
        line = content[place + 4 : place + 4 + length]
        if len(line) < length or not length:
            return
        key, _, text = line.decode("utf-8", "replace").partition("=")
        yield key.lower(), text
        place += 4 + length


def _glb(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, str]]:
    stream.seek(12)
    length, kind = struct.unpack("<I4s", stream.read(8).ljust(8, b"\0"))
    if kind == b"JSON":
        yield from _members(stream.read(_room(length, limits)), "asset", "extras")


def _svg(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, str]]:
    """The first metadata element that begins with plain text; looked for step by step, so that no file takes long."""
    stream.seek(0)
    text = stream.read(limits.text).decode("utf-8", "replace")
    svg = _SVG.search(text)
    place = svg.end() if svg else -1
    while place >= 0 and (place := text.find("<metadata", place)) >= 0:
        place = text.find(">", place)
        inside = _PLAIN_TEXT.match(text, place + 1) if place >= 0 else None
        if inside:
            end = text.find("]]>", inside.end())
            yield from _members(text[inside.end() : end].encode() if end >= 0 else b"")
            return


def _members(content: bytes, *path: str) -> Iterator[tuple[str, str]]:
    """The texts and objects of a JSON object, or of one inside it, as text."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    for key, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, (str, dict)):
            yield key, inner if isinstance(inner, str) else json.dumps(inner)
