"""Small real files of every format, made here; and where the public samples lie when they are at hand."""

from __future__ import annotations

import struct
import wave
from io import BytesIO
from pathlib import Path

from PIL import Image

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "media"


def picture(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()


def wav(seconds: float = 0.25) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(256)) * int(seconds * 8000 * 2 / 256))
    return out.getvalue()


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def film(brand: bytes = b"isom", data: bytes = bytes(2000)) -> bytes:
    """A film of one second with nothing in it: one header, no track."""
    unity = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    header = struct.pack(">IIIII", 0, 0, 0, 1000, 1000) + struct.pack(">IH10x", 0x10000, 0x100) + unity + bytes(24) + struct.pack(">I", 1)
    return box(b"ftyp", brand, bytes(4), brand) + box(b"moov", box(b"mvhd", header)) + box(b"mdat", data)


def flac() -> bytes:
    """Stream information (16-bit mono, 44.1 kHz, one second) and the start of a frame."""
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + (44100 << 44 | 15 << 36 | 44100).to_bytes(8, "big") + bytes(16)
    return b"fLaC" + bytes([0x80]) + len(info).to_bytes(3, "big") + info + b"\xff\xf8\xc9\x08" + bytes(2000)


def mp3() -> bytes:
    """Three frames of silence (MPEG 1 layer III, 128 kbit/s, 44.1 kHz)."""
    return (b"\xff\xfb\x90\x00" + bytes(413)) * 3


def exr() -> bytes:
    """The head of an OpenEXR frame; the library cannot take it apart, which is the point."""
    return b"\x76\x2f\x31\x01\x02\x00\x00\x00" + bytes(3000)


EMBEDDABLE = {
    "jpg": lambda: picture("JPEG"),
    "png": lambda: picture("PNG"),
    "webp": lambda: picture("WEBP"),
    "tif": lambda: picture("TIFF"),
    "wav": wav,
    "mp3": mp3,
    "flac": flac,
    "mov": lambda: film(b"qt  "),
    "mp4": film,
}
MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tif": "image/tiff",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
}
