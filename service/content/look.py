"""Asking the sandbox about a file: is it whole, what is it, what does it look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service import errors
from service.content.sniff import KINDS, Kind
from service.content.store import Store
from service.durable import make_directory, replace
from service.sandbox.pool import Busy, Died, Pool, Refused, Reply

CHILD = "service.content.examine"
EDGE = 480
_SECONDS = 30
_BYTES_PER_SECOND = 50 << 20
_DIED = {"time": "takes too long to read", "memory": "takes too much memory to read", "crash": "makes the reader crash"}


@dataclass(frozen=True, slots=True)
class Look:
    """What a whole file says about itself; `technical` has whole numbers only (width, height, frames, milliseconds)."""

    kind: Kind
    technical: Mapping[str, int]


def examine(pool: Pool, file: int, size: int) -> Look:
    """Look at an open file (its descriptor); raises Invalid (`bad_media`) with the reason when it is broken, Unavailable when busy."""
    values = dict(_run(pool, "examine", {}, file, size).values)
    kind = KINDS[str(values.pop("media_type"))]
    return Look(kind, {name: value for name, value in values.items() if isinstance(value, int)})


def thumbnail(pool: Pool, store: Store, digest: str) -> bytes:
    """A JPEG of EDGE pixels at most, made once and kept beside the content; raises NotFound where there is no picture to show."""
    kept = store.root / "thumbnails" / digest[:2] / f"{store.path(digest).name}.jpg"
    if kept.exists():
        return kept.read_bytes()
    with store.open(digest) as file:
        try:
            picture = _run(pool, "thumbnail", {"edge": EDGE}, file.fileno(), store.stat(digest) or 0).parts[0]
        except errors.Invalid as fault:
            raise errors.NotFound(fault.detail, "no_picture") from None
    make_directory(kept.parent)
    replace(kept, picture)
    return picture


def _run(pool: Pool, job: str, arguments: Mapping[str, Any], file: int, size: int) -> Reply:
    try:
        return pool.run(f"{CHILD}:{job}", arguments, seconds=_SECONDS + size // _BYTES_PER_SECOND, files=[file])
    except Refused as refused:
        raise errors.Invalid(refused.detail, refused.code) from None
    except Died as died:
        raise errors.Invalid(f"The file {_DIED[died.reason]}; it is broken, or made to do harm.", "bad_media") from None
    except Busy:
        raise errors.Unavailable("Every media process is at work; try again.", "busy", headers={"Retry-After": "5"}) from None
