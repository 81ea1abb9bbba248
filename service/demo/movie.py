"""Writes a short playable MP4 by hand: motion-JPEG frames in one video track, `moov` before `mdat`.

ISO/IEC 14496-12 boxes and a 14496-14 `mp4v` sample entry whose object type 0x6C says "JPEG" (ISO/IEC 10918-1). Standard
library only, so that the demo needs no encoder on the machine; what comes out is decoded by common players.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime

_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_JPEG_OBJECT_TYPE = 0x6C
_VISUAL_STREAM = 4
_ENGLISH = 5 << 10 | 14 << 5 | 7  # "eng", five bits a letter


def box(kind: bytes, *parts: bytes) -> bytes:
    """One box: 32-bit size, four-letter kind, content."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full_box(kind: bytes, flags: int, *parts: bytes, version: int = 0) -> bytes:
    """A box that begins with a version byte and 24 bits of flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _descriptor(tag: int, content: bytes) -> bytes:
    """An MPEG-4 descriptor with the short length form (content below 128 bytes)."""
    return bytes([tag, len(content)]) + content


def _elementary_stream(buffer_size: int, bits_per_second: int) -> bytes:
    kind = struct.pack(">BB", _JPEG_OBJECT_TYPE, _VISUAL_STREAM << 2 | 1)
    config = kind + buffer_size.to_bytes(3, "big") + struct.pack(">II", bits_per_second, bits_per_second)
    stream = struct.pack(">HB", 1, 0) + _descriptor(0x04, config) + _descriptor(0x06, b"\x02")
    return full_box(b"esds", 0, _descriptor(0x03, stream))


def _sample_entry(size: tuple[int, int], frames: Sequence[bytes], rate: int) -> bytes:
    largest = max(map(len, frames))
    fields = struct.pack(">6xH16xHHIIIH32sHh", 1, *size, 0x480000, 0x480000, 0, 1, b"\x04JPEG", 24, -1)
    bits = sum(map(len, frames)) * 8 * rate // len(frames)
    return box(b"mp4v", fields, _elementary_stream(largest, bits))


def _sample_table(size: tuple[int, int], frames: Sequence[bytes], rate: int, offset: int) -> bytes:
    """Where each frame lies: one chunk at `offset`, every frame one tick long and a sync sample."""
    sizes = struct.pack(f">{len(frames)}I", *map(len, frames))
    return box(
        b"stbl",
        full_box(b"stsd", 0, struct.pack(">I", 1), _sample_entry(size, frames, rate)),
        full_box(b"stts", 0, struct.pack(">III", 1, len(frames), 1)),
        full_box(b"stsc", 0, struct.pack(">IIII", 1, 1, len(frames), 1)),
        full_box(b"stsz", 0, struct.pack(">II", 0, len(frames)), sizes),
        full_box(b"stco", 0, struct.pack(">II", 1, offset)),
    )


def _media(size: tuple[int, int], frames: Sequence[bytes], rate: int, offset: int, stamp: int) -> bytes:
    data = full_box(b"dref", 0, struct.pack(">I", 1), full_box(b"url ", 1))
    return box(
        b"mdia",
        full_box(b"mdhd", 0, struct.pack(">IIIIHH", stamp, stamp, rate, len(frames), _ENGLISH, 0)),
        full_box(b"hdlr", 0, struct.pack(">I4s12x", 0, b"vide"), b"Picture\x00"),
        box(
            b"minf",
            full_box(b"vmhd", 1, struct.pack(">4H", 0, 0, 0, 0)),
            box(b"dinf", data),
            _sample_table(size, frames, rate, offset),
        ),
    )


def _movie(size: tuple[int, int], frames: Sequence[bytes], rate: int, offset: int, stamp: int) -> bytes:
    count, (width, height) = len(frames), size
    header = struct.pack(">IIIIIH10x", stamp, stamp, rate, count, 0x10000, 0x100)
    track = struct.pack(">IIIIIQhhHH", stamp, stamp, 1, 0, count, 0, 0, 0, 0, 0)
    return box(
        b"moov",
        full_box(b"mvhd", 0, header, _UNITY, bytes(24), struct.pack(">I", 2)),
        box(
            b"trak",
            full_box(b"tkhd", 7, track, _UNITY, struct.pack(">II", width << 16, height << 16)),
            _media(size, frames, rate, offset, stamp),
        ),
    )


def mp4(frames: Sequence[bytes], size: tuple[int, int], *, rate: int, created: datetime) -> bytes:
    """An MP4 of JPEG `frames` (all of `size` pixels, at least one) at `rate` frames a second, said to be made at `created`."""
    stamp = int((created - _EPOCH).total_seconds())
    brand = box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2mp41")
    length = len(_movie(size, frames, rate, 0, stamp))
    offset = len(brand) + length + 8
    return brand + _movie(size, frames, rate, offset, stamp) + box(b"mdat", *frames)
