"""An asset's bytes: taken in under its record, checked against what the record says, and handed out again.

A record may name any digests; its bytes count as here only once they came in under it (`Store.grant`). So nobody gets at
content by writing down its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import FileIO
from pathlib import Path
from typing import Any

from service import errors
from service.content.digests import ALGORITHMS, Digests
from service.content.look import Look, examine
from service.content.sniff import KINDS, UNKNOWN
from service.content.store import Source, Stored
from service.context import Context
from service.records import read, write
from service.records.model import Change, Recorded
from service.records.patch import merge
from service.sandbox.pool import Pool

_ATTEMPTS = 3
_SAME = {
    "image/jpg": "image/jpeg",
    "image/tif": "image/tiff",
    "image/heif": "image/heic",
    "image/exr": "image/x-exr",
    "image/aces": "image/x-exr",
    "image/dpx": "image/x-dpx",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "video/x-m4v": "video/mp4",
}


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes of an asset in the store."""

    sha256: str
    path: Path
    size: int
    media_type: str


def take_in(
    context: Context,
    sandbox: Pool,
    asset_id: str,
    source: Source,
    *,
    length: int | None,
    content_digest: str | None,
    judge: Callable[[FileIO], Mapping[str, Any] | None] = lambda _: None,
) -> Recorded:
    """Store the bytes of an asset and complete its record by what they are; the same bytes again change nothing.

    `judge` reads the content credentials that they carry, which the record then states. Raises BadRequest when the body is not what was announced, Invalid when it is not what the record says or is broken,
    TooLarge, Unavailable. Then nothing is kept.
    """
    asset = read.get(context, "asset", asset_id)
    found: list[tuple[Look, Mapping[str, Any] | None]] = []

    def check(digests: Digests, file: FileIO) -> None:
        if content_digest is not None:
            digests.check(content_digest)
        _agree(asset.body, digests.values(), digests.size)
        look = examine(sandbox, file.fileno(), digests.size)
        _agree_on_type(asset.body, look)
        found.append((look, judge(file)))

    stored = context.blobs.put(source, length=length, check=check)
    context.blobs.grant(asset.id, stored.sha256)
    return _complete(context, asset, stored, *found[0])


def original(context: Context, asset: Recorded) -> Content:
    """The bytes as they came in; raises NotFound when only digests were registered."""
    sha256 = digest_of(asset.body, "sha256")
    if sha256 is None or not context.blobs.granted(asset.id, sha256):
        raise errors.NotFound(f"The bytes of {asset.id} are not here; upload them with PUT /v1/assets/{asset.id}/content.", "no_content")
    return held(context, sha256, asset.body.get("media_type", UNKNOWN))


def held(context: Context, sha256: str, media_type: str) -> Content:
    """Content that the caller knows it may hand out."""
    size = context.blobs.stat(sha256)
    if size is None:
        raise errors.NotFound("The bytes are not here any more.", "no_content")
    return Content(sha256, context.blobs.path(sha256), size, media_type)


def digest_of(body: Mapping[str, Any], algorithm: str) -> str | None:
    """The value a record states for an algorithm."""
    return next((digest["value"] for digest in body.get("digests") or () if digest["algorithm"] == algorithm), None)


def _agree(body: Mapping[str, Any], values: Mapping[str, str], size: int) -> None:
    """Refuse bytes whose digest or size is not the registered one."""
    for place, digest in enumerate(body.get("digests") or ()):
        own = values.get(digest["algorithm"])
        if own is not None and own != digest["value"]:
            raise errors.invalid(
                f"/digests/{place}",
                f"These bytes have the {digest['algorithm']} {own}, the asset is registered with another. Send the right file,"
                " or register this one as an asset of its own.",
                "digest_mismatch",
            )
    if body.get("bytes", size) != size:
        raise errors.invalid("/bytes", f"{size} bytes arrived, the asset is registered with {body['bytes']}.", "size_mismatch")


def _agree_on_type(body: Mapping[str, Any], look: Look) -> None:
    """Refuse a file that is of another kind than the record says, as far as both kinds are known."""
    told = str(body.get("media_type", "")).partition(";")[0].strip().lower()
    told = _SAME.get(told, told)
    if told in KINDS and UNKNOWN not in {told, look.kind.media_type} and told != look.kind.media_type:
        raise errors.invalid(
            "/media_type",
            f"The file is {look.kind.name} ({look.kind.media_type}); correct the record or send the right file.",
            "wrong_media_type",
        )


def _complete(context: Context, asset: Recorded, stored: Stored, look: Look, carried: Mapping[str, Any] | None) -> Recorded:
    """Add to the record what the bytes showed; somebody else's version in between is taken up and completed instead."""
    for _ in range(_ATTEMPTS):
        patch = _additions(asset.body, stored, look) | _carried(asset.body, carried)
        if not patch:
            return asset
        try:
            return write.amend(context, "asset", asset.id, merge(asset.body, patch), asset.version, change=Change("correction"))
        except errors.StaleVersion:
            asset = read.get(context, "asset", asset.id)
            _agree(asset.body, stored.digests, stored.size)
    raise errors.Conflict(f"{asset.id} is being changed by others; send the file again.", "asset_busy")


def _additions(body: Mapping[str, Any], stored: Stored, look: Look) -> dict[str, Any]:
    """The fields that are missing and now known; nothing that is stated is overwritten."""
    patch: dict[str, Any] = {}
    stated = list(body.get("digests") or ())
    have = {digest["algorithm"] for digest in stated}
    missing = [{"algorithm": name, "value": stored.digests[name]} for name in ALGORITHMS if name not in have]
    if missing:
        patch["digests"] = stated + missing
    if "bytes" not in body:
        patch["bytes"] = stored.size
    if "media_type" not in body and look.kind.media_type != UNKNOWN:
        patch["media_type"] = look.kind.media_type
    known = body.get("technical") or {}
    technical = {name: value for name, value in _technical(look).items() if name not in known}
    if technical:
        patch["technical"] = technical
    return patch


def _carried(body: Mapping[str, Any], carried: Mapping[str, Any] | None) -> dict[str, Any]:
    """The credentials as they were read, which what somebody typed gives way to; nothing where they were read before."""
    known = body.get("credentials") or {}
    news = [name for name, value in (carried or {}).items() if name != "checked_at" and known.get(name) != value]
    return {"credentials": dict(carried)} if carried and news else {}


def _technical(look: Look) -> dict[str, Any]:
    told: dict[str, Any] = {name: look.technical[name] for name in ("width", "height", "frames") if name in look.technical}
    if look.kind.family == "image" and told.get("frames") == 1:
        del told["frames"]
    if "milliseconds" in look.technical:
        told["duration_seconds"] = str(Decimal(look.technical["milliseconds"]) / 1000)
    return told
