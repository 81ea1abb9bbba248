"""What a file really is, and whether it is whole: decoded or walked in the sandbox."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from service.content.sniff import KINDS, UNKNOWN, sniff
from service.sandbox.pool import Limits, Pool, Refused
from tests.unit.media_files import EMBEDDABLE, MEDIA_TYPES, SAMPLES, box, exr, film, flac, mp3, picture, wav

JOBS = "service.content.examine"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(1, [JOBS], tmp_path_factory.mktemp("spill"), Limits(memory=2 << 30)) as pool:
        yield pool


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "file"


def examine(pool: Pool, place: Path, content: bytes) -> dict:
    place.write_bytes(content)
    with place.open("rb") as file:
        return dict(pool.run(f"{JOBS}:examine", {}, seconds=10, files=[file.fileno()]).values)


def thumbnail(pool: Pool, place: Path, content: bytes) -> bytes:
    place.write_bytes(content)
    with place.open("rb") as file:
        return pool.run(f"{JOBS}:thumbnail", {"edge": 32}, seconds=10, files=[file.fileno()]).parts[0]


HEADS = {
    "image/gif": b"GIF89a",
    "image/x-dpx": b"SDPX",
    "image/avif": box(b"ftyp", b"avif", bytes(4), b"mif1"),
    "image/heic": box(b"ftyp", b"heic", bytes(4), b"mif1"),
    "audio/mp4": box(b"ftyp", b"M4A ", bytes(4)),
    "audio/x-rf64": b"RF64\xff\xff\xff\xffWAVE",
    "audio/aiff": b"FORM\0\0\0\0AIFF",
    "video/x-msvideo": b"RIFF\0\0\0\0AVI ",
    "application/mxf": b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02",
    "application/pdf": b"%PDF-1.7",
    "application/c2pa": box(b"jumb", bytes(20)),
    UNKNOWN: b"#!/bin/sh",
}


@pytest.mark.parametrize("media_type", HEADS)
def test_heads(media_type: str) -> None:
    assert sniff(HEADS[media_type]).media_type == media_type
    assert KINDS[media_type].media_type == media_type


@pytest.mark.parametrize("extension", EMBEDDABLE)
def test_whole_files(pool: Pool, place: Path, extension: str) -> None:
    content = EMBEDDABLE[extension]()
    assert sniff(content[:64]).media_type == MEDIA_TYPES[extension]
    assert examine(pool, place, content)["media_type"] == MEDIA_TYPES[extension]


def test_what_is_found(pool: Pool, place: Path) -> None:
    assert examine(pool, place, picture("PNG")) == {"media_type": "image/png", "width": 64, "height": 48, "frames": 1}
    assert examine(pool, place, wav(0.5)) == {"media_type": "audio/wav", "milliseconds": 496}
    assert examine(pool, place, film()) == {"media_type": "video/mp4", "milliseconds": 1000}
    assert examine(pool, place, flac()) == {"media_type": "audio/flac", "milliseconds": 1000}
    assert examine(pool, place, exr()) == {"media_type": "image/x-exr"}
    assert examine(pool, place, b"") == {"media_type": UNKNOWN}


def riff(*chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + sum(map(len, chunks))) + b"WAVE" + b"".join(chunks)


def nested(depth: int) -> bytes:
    inner = box(b"moov")
    for _ in range(depth):
        inner = box(b"moov", inner)
    return box(b"ftyp", b"isom", bytes(4)) + inner + box(b"mdat")


def bomb() -> bytes:
    """A PNG that claims 60,000 by 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000_000))) + chunk(b"IEND", b"")


BROKEN = {
    "half a PNG": picture("PNG")[: len(picture("PNG")) // 2],
    "half a JPEG": picture("JPEG")[: len(picture("JPEG")) // 2],
    "half a WebP": picture("WEBP")[: len(picture("WEBP")) // 2],
    "half a TIFF": picture("TIFF")[: len(picture("TIFF")) // 2],
    "half a WAV": wav()[: len(wav()) // 2],
    "a WAV without sound": riff(b"fmt \x10\0\0\0" + bytes(16)),
    "a WAV chunk that lies": riff(b"fmt \x10\0\0\0" + struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16), b"data\xff\xff\xff\x7f"),
    "half a film": film()[:-1000],
    "a film without moov": box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", bytes(100)),
    "a box that lies": film() + struct.pack(">I4s", 3, b"free"),
    "boxes in boxes": nested(1000),
    "a FLAC cut in its head": flac()[:30],
    "a FLAC without sound": flac()[:42],
    "an MP3 of tags only": b"ID3\x04\0\0\0\0\x10\0" + bytes(2100),
    "an MP3 cut in its tag": b"ID3\x04\0\0\0\x10\0\0" + bytes(100),
    "a PNG bomb": bomb(),
    "a JPEG with a PNG head": b"\x89PNG\r\n\x1a\n" + picture("JPEG"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files(pool: Pool, place: Path, name: str) -> None:
    with pytest.raises(Refused) as caught:
        examine(pool, place, BROKEN[name])
    assert caught.value.code == "bad_media"
    assert len(caught.value.detail) > 20


def test_a_riff_bomb(pool: Pool, place: Path) -> None:
    path = SAMPLES / "credentials" / "riff_bomb_1000.wav"
    if not path.exists():
        pytest.skip("the public samples are not beside this checkout")
    with pytest.raises(Refused):
        examine(pool, place, path.read_bytes())


@pytest.mark.parametrize("folder", ["plain", "comfyui", "credentials"])
def test_public_samples_are_whole(pool: Pool, folder: str) -> None:
    if not SAMPLES.exists():
        pytest.skip("the public samples are not beside this checkout")
    for path in sorted((SAMPLES / folder).iterdir()):
        if "bomb" in path.name:
            continue
        with path.open("rb") as file:
            found = pool.run(f"{JOBS}:examine", {}, seconds=10, files=[file.fileno()]).values
        assert found["media_type"] != UNKNOWN, path.name


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF"])
def test_thumbnails(pool: Pool, place: Path, kind: str) -> None:
    small = Image.open(BytesIO(thumbnail(pool, place, picture(kind))))
    assert (small.format, small.size) == ("JPEG", (32, 24))


def test_a_thumbnail_of_something_see_through(pool: Pool, place: Path) -> None:
    out = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    assert Image.open(BytesIO(thumbnail(pool, place, out.getvalue()))).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "code"), [(wav(), "no_picture"), (b"", "no_picture"), (bomb(), "bad_media"), (picture("PNG")[:90], "bad_media")]
)
def test_no_thumbnail(pool: Pool, place: Path, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        thumbnail(pool, place, content)
    assert caught.value.code == code


def test_noise_is_only_measured_or_refused(pool: Pool, place: Path) -> None:
    for start in (
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"RIFF\x10\0\0\0WAVE",
        b"\0\0\0\x18ftypisom",
        b"fLaC",
        b"ID3",
        b"II*\0",
        mp3()[:4],
    ):
        for _ in range(5):
            with contextlib.suppress(Refused):
                examine(pool, place, start + os.urandom(3000))
