"""What a file really is, from its first bytes; neither its name nor the sender's Content-Type is believed.

Signatures: PNG (W3C), JPEG (ITU T.81), RIFF, TIFF 6.0, ISO 14496-12 (brands), FLAC (RFC 9639), MPEG audio and ID3v2,
OpenEXR, SMPTE ST 268 (DPX), SMPTE ST 377 (MXF), PDF (ISO 32000), Matroska, Ogg, ZIP, EBU Tech 3306 (RF64, BW64).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES = 64
UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of media: its media type, the usual extension, what people call it, and whether a manifest can be embedded."""

    media_type: str
    extension: str
    name: str
    family: str
    embeds: bool = False


_KINDS = (
    Kind("image/png", "png", "PNG", "image", embeds=True),
    Kind("image/jpeg", "jpg", "JPEG", "image", embeds=True),
    Kind("image/webp", "webp", "WebP", "image", embeds=True),
    Kind("image/tiff", "tif", "TIFF", "image", embeds=True),
    Kind("image/gif", "gif", "GIF", "image", embeds=True),
    Kind("image/avif", "avif", "AVIF", "image", embeds=True),
    Kind("image/heic", "heic", "HEIC", "image", embeds=True),
    Kind("image/x-exr", "exr", "OpenEXR", "image"),
    Kind("image/x-dpx", "dpx", "DPX", "image"),
    Kind("image/vnd.adobe.photoshop", "psd", "PSD", "image"),
    Kind("audio/wav", "wav", "WAV", "audio", embeds=True),
    Kind("audio/x-rf64", "wav", "RF64", "audio"),
    Kind("audio/mpeg", "mp3", "MP3", "audio", embeds=True),
    Kind("audio/flac", "flac", "FLAC", "audio", embeds=True),
    Kind("audio/mp4", "m4a", "M4A", "audio", embeds=True),
    Kind("audio/aiff", "aif", "AIFF", "audio"),
    Kind("audio/ogg", "ogg", "Ogg", "audio"),
    Kind("video/mp4", "mp4", "MP4", "video", embeds=True),
    Kind("video/quicktime", "mov", "QuickTime", "video", embeds=True),
    Kind("video/x-msvideo", "avi", "AVI", "video"),
    Kind("video/x-matroska", "mkv", "Matroska", "video"),
    Kind("application/mxf", "mxf", "MXF", "video"),
    Kind("application/pdf", "pdf", "PDF", "document"),
    Kind("application/zip", "zip", "ZIP", "archive"),
    Kind("application/c2pa", "c2pa", "C2PA manifest", "manifest"),
    Kind(UNKNOWN, "bin", "unknown", "unknown"),
)
KINDS = {kind.media_type: kind for kind in _KINDS}

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x76\x2f\x31\x01", "image/x-exr"),
    (b"SDPX", "image/x-dpx"),
    (b"XPDS", "image/x-dpx"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"RF64", "audio/x-rf64"),
    (b"BW64", "audio/x-rf64"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01", "application/mxf"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WAVE": "audio/wav", b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}
_IFF = {b"AIFF": "audio/aiff", b"AIFC": "audio/aiff"}
_BRANDS = {b"qt  ": "video/quicktime", b"avif": "image/avif", b"avis": "image/avif", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"}
_QUICKTIME_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def sniff(head: bytes) -> Kind:
    """The kind of media that starts with `head` (HEAD_BYTES suffice); the unknown kind when it is none we know."""
    return KINDS[_media_type(head)]


def kind_of_path(path: Path) -> Kind:
    """The kind of a file."""
    with path.open("rb") as file:
        return sniff(file.read(HEAD_BYTES))


def _media_type(head: bytes) -> str:
    for start, media_type in _STARTS:
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[:4] == b"FORM":
        return _IFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _brand(head)
    if head[4:8] == b"jumb":
        return "application/c2pa"
    if head[4:8] in _QUICKTIME_ATOMS:  # movies older than the ftyp box
        return "video/quicktime"
    return "audio/mpeg" if _mpeg_audio(head) else UNKNOWN


def _brand(head: bytes) -> str:
    major = head[8:12]
    if major in _HEIF:
        size = int.from_bytes(head[:4], "big")
        compatible = head[16 : min(size, len(head))]
        return "image/avif" if b"avif" in compatible else "image/heic"
    return _BRANDS.get(major, "video/mp4")


def _mpeg_audio(head: bytes) -> bool:
    """A frame header of MPEG 1 or 2, layer II or III, with a bit rate and a sampling rate that exist."""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return version != 1 and layer in {1, 2} and head[2] >> 4 not in {0, 15} and head[2] >> 2 & 3 != 3
