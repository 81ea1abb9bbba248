"""Whether a file is whole and what it says: decoded where we can, walked box by box where we cannot. Runs in the sandbox.

Still images are decoded to the last pixel (with a limit against decompression bombs); films and sound are followed through
their structure (BMFF boxes, RIFF chunks, FLAC and MPEG frames), which finds truncation and lies about sizes without
decoding. Anything else is only measured.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from io import BufferedReader, BytesIO, FileIO
from typing import Any, NoReturn

from PIL import Image, UnidentifiedImageError

from service.content.sniff import HEAD_BYTES, sniff
from service.sandbox.job import Answer, Job, Refusal

PIXELS = 300_000_000
_DECODED = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/tiff": "TIFF", "image/gif": "GIF", "image/avif": "AVIF"}
_DEPTH = 16
_BOXES = 200_000
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"moof", b"traf", b"mvex", b"udta"}

Image.MAX_IMAGE_PIXELS = PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def examine(job: Job) -> Answer:
    """Look at the file given first: its real type and, where it says so, width, height, frames, milliseconds.

    Refuses with `bad_media` and a reason when the file breaks off, or is not what it claims to be inside.
    """
    with open(job.files[0].fileno(), "rb", closefd=False) as file:
        file.seek(0)  # the offset is shared with whoever wrote the file
        kind = sniff(file.peek(HEAD_BYTES)[:HEAD_BYTES])
        walk = _WALKS.get(kind.media_type, _nothing)
        found = walk(file)
    return Answer({"media_type": kind.media_type, **found})


def thumbnail(job: Job) -> Answer:
    """A JPEG of the image given first, at most `edge` pixels on its longer side; refuses with `no_picture` for anything else."""
    edge = int(job.arguments["edge"])
    with _opened(job.files[0]) as image:
        image.draft("RGB", (edge, edge))
        small = image.convert("RGBA") if "A" in image.getbands() or "transparency" in image.info else image.convert("RGB")
    small.thumbnail((edge, edge))
    if small.mode == "RGBA":
        ground = Image.new("RGB", small.size, "white")
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    out = BytesIO()
    small.save(out, "JPEG", quality=80, optimize=True)
    return Answer({"width": small.width, "height": small.height}, (out.getvalue(),))


def _opened(file: FileIO) -> Image.Image:
    file.seek(0)
    try:
        image = Image.open(file, formats=sorted(set(_DECODED.values())))
        image.load()
    except UnidentifiedImageError:
        raise Refusal("no_picture", "There is no picture to show for this kind of file.") from None
    except _BROKEN as fault:
        raise Refusal("bad_media", f"The picture cannot be decoded: {fault}") from None
    return image


def _decode(file: BufferedReader) -> dict[str, Any]:
    head = sniff(file.peek(HEAD_BYTES)[:HEAD_BYTES])
    try:
        with Image.open(file, formats=[_DECODED[head.media_type]]) as image:
            frames = getattr(image, "n_frames", 1)
            image.load()
            return {"width": image.width, "height": image.height, "frames": frames}
    except _BROKEN as fault:
        _bad(f"The {head.name} cannot be decoded: {fault}.")


_BROKEN = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning)


def _bmff(file: BufferedReader) -> dict[str, Any]:
    """Follow the boxes; a film has a `moov` (or fragments) and everything ends where it says."""
    size, seen = _size(file), set()
    found: dict[str, Any] = {}
    for kind, start, end in _boxes(file, 0, size, 0, [0]):
        seen.add(kind)
        if kind == b"mvhd" and "milliseconds" not in found:
            found |= _duration(file, start, end)
        if kind == b"tkhd" and not found.get("width"):
            found |= _dimensions(file, end)
    if not seen & {b"moov", b"moof"}:
        _bad("The film has no moov box, so it cannot be played; it was probably cut off.")
    if b"mdat" not in seen:
        _bad("The film has no media data (mdat).")
    return found


def _boxes(file: BufferedReader, start: int, end: int, depth: int, count: list[int]) -> Iterator[tuple[bytes, int, int]]:
    """Every box between two offsets as (type, start and end of its content), containers before what they hold."""
    if depth > _DEPTH:
        _bad(f"Boxes are nested deeper than {_DEPTH}.")
    while start < end:
        count[0] += 1
        if count[0] > _BOXES:
            _bad(f"There are more than {_BOXES} boxes.")
        kind, content, following = _box(file, start, end)
        yield kind, content, following
        if kind in _CONTAINERS:
            yield from _boxes(file, content, following, depth + 1, count)
        start = following


def _box(file: BufferedReader, start: int, end: int) -> tuple[bytes, int, int]:
    if end - start == 4 and not any(_at(file, start, 4)):  # QuickTime closes user data with four zeros
        return b"\0\0\0\0", end, end
    head = _at(file, start, 8)
    size, kind, content = int.from_bytes(head[:4], "big"), head[4:], start + 8
    if size == 1:
        size, content = int.from_bytes(_at(file, content, 8), "big"), start + 16
    elif size == 0:
        size = end - start
    if size < content - start or start + size > end:
        _bad(f"Box {kind!r} at byte {start} claims {size} bytes and {end - start} are left; the file is cut off or lies.")
    return kind, content, start + size


def _duration(file: BufferedReader, start: int, end: int) -> dict[str, Any]:
    body = _at(file, start, min(end - start, 32))
    wide = body[:1] == b"\x01"
    scale, length = (body[20:24], body[24:32]) if wide else (body[12:16], body[16:20])
    if not int.from_bytes(scale, "big"):
        return {}
    return {"milliseconds": int.from_bytes(length, "big") * 1000 // int.from_bytes(scale, "big")}


def _dimensions(file: BufferedReader, end: int) -> dict[str, Any]:
    width, height = (int.from_bytes(_at(file, end - at, 4), "big") >> 16 for at in (8, 4))
    return {"width": width, "height": height} if width and height else {}


def _riff(file: BufferedReader) -> dict[str, Any]:
    """Follow the chunks of a WAV; sizes must fit into one another and end where the file does."""
    size = _size(file)
    claimed = int.from_bytes(_at(file, 4, 4), "little") + 8
    if claimed > size + claimed % 2:
        _bad(f"The WAV claims {claimed} bytes and has {size}; it is cut off.")
    rate, length = 0, None
    for kind, start, body in _chunks(file, 12, min(claimed, size), 0, [0]):
        if kind == b"fmt ":
            rate = int.from_bytes(_at(file, start + 8, 4), "little")
        if kind == b"data":
            length = body
    if not rate or length is None:
        _bad("The WAV has no sound: the fmt or data chunk is missing.")
    return {"milliseconds": length * 1000 // rate}


def _chunks(file: BufferedReader, start: int, end: int, depth: int, count: list[int]) -> Iterator[tuple[bytes, int, int]]:
    """Every chunk between two offsets as (type, start and size of its content), lists before what they hold."""
    if depth > _DEPTH:
        _bad(f"Lists are nested deeper than {_DEPTH}.")
    while start + 8 <= end:
        count[0] += 1
        if count[0] > _BOXES:
            _bad(f"There are more than {_BOXES} chunks.")
        head = _at(file, start, 8)
        kind, body = head[:4], int.from_bytes(head[4:], "little")
        if start + 8 + body > end:
            _bad(f"Chunk {kind!r} at byte {start} claims {body} bytes and {end - start - 8} are left; the file is cut off or lies.")
        yield kind, start + 8, body
        if kind == b"LIST":
            yield from _chunks(file, start + 12, start + 8 + body, depth + 1, count)
        start += 8 + body + body % 2


def _flac(file: BufferedReader) -> dict[str, Any]:
    """Follow the metadata blocks to the first frame (RFC 9639)."""
    size, start, last, milliseconds = _size(file), 4, False, None
    while not last:
        head = _at(file, start, 4)
        last, kind, body = bool(head[0] & 128), head[0] & 127, int.from_bytes(head[1:], "big")
        if start + 4 + body > size:
            _bad(f"Metadata block {kind} at byte {start} claims {body} bytes and {size - start - 4} are left; the file is cut off.")
        if kind == 0:
            info = int.from_bytes(_at(file, start + 14, 8), "big")
            rate, samples = info >> 44, info & (1 << 36) - 1
            milliseconds = samples * 1000 // rate if rate else None
        start += 4 + body
    frame = _at(file, start, 2)
    if milliseconds is None or frame[0] != 0xFF or frame[1] & 0xFC != 0xF8:
        _bad("The FLAC has no stream information or no frame of sound.")
    return {"milliseconds": milliseconds}


def _mp3(file: BufferedReader) -> dict[str, Any]:
    """Skip the ID3 tag and demand a frame of sound behind it."""
    size, start = _size(file), 0
    head = _at(file, 0, 10)
    if head[:3] == b"ID3":
        start = 10 + sum((byte & 127) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    if start >= size:
        _bad(f"The ID3 tag claims {start} bytes and the file has {size}; it is cut off.")
    after = _at(file, start, min(4096, size - start)).lstrip(b"\0")
    if sniff(after[:HEAD_BYTES]).media_type != "audio/mpeg":
        _bad("There is no frame of sound behind the ID3 tag.")
    return {}


def _nothing(_file: BufferedReader) -> dict[str, Any]:
    return {}


def _at(file: BufferedReader, start: int, size: int) -> bytes:
    file.seek(start)
    data = file.read(size)
    if len(data) != size:
        _bad(f"The file breaks off at byte {start + len(data)}.")
    return data


def _size(file: BufferedReader) -> int:
    return file.seek(0, 2)


def _bad(reason: str) -> NoReturn:
    raise Refusal("bad_media", reason)


_WALKS: dict[str, Callable[[BufferedReader], dict[str, Any]]] = {
    **dict.fromkeys(_DECODED, _decode),
    "audio/wav": _riff,
    "audio/flac": _flac,
    "audio/mpeg": _mp3,
    **dict.fromkeys(("video/mp4", "video/quicktime", "audio/mp4"), _bmff),
}
