"""Files that a provider's answer holds itself, in base64: the file that is handed over must be one of them, or somebody changed it on the way."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from service import errors
from service.ingest import jsontext
from service.ingest.draft import Contradiction, Limits, Source

_KEYS: Final = {
    "b64_json", "bytesBase64Encoded", "data", "imageBytes", "image_bytes", "videoBytes", "video_bytes", "result", "base64", "audio_base64", "audioContent",
}  # fmt: skip
_SHORTEST: Final = 64
_MOST: Final = 200_000
"""So many values of an answer are looked at."""


def remarks(source: Source, limits: Limits) -> tuple[Contradiction, ...]:
    """Say so where the answer holds files and the one handed over is none of them."""
    if not source.sha256 or not source.response:
        return ()
    try:
        held = {hashlib.sha256(content).hexdigest() for content in _files(jsontext.parse(source.response, "/response", limits.text))}
    except errors.Problem:
        return ()
    if not held or source.sha256 in held:
        return ()
    says = "The answer holds its own files, and the one handed over is none of them: it was changed afterwards, or comes from another job."
    sides = (f"file: {source.sha256[:12]}", *(f"answer: {each[:12]}" for each in sorted(held)[:5]))
    return (Contradiction("output_differs", says, sides),)


def _files(value: Any) -> Iterator[bytes]:
    """Whatever stands in base64 under a name that providers use for it."""
    waiting = [value]
    for _ in range(_MOST):
        if not waiting:
            return
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(found)
        elif isinstance(found, Mapping):
            waiting.extend(inner for inner in found.values() if isinstance(inner, (list, Mapping)))
            yield from (content for key, inner in found.items() if key in _KEYS and (content := _unpacked(inner)))


def _unpacked(value: Any) -> bytes | None:
    if not isinstance(value, str) or len(value) < _SHORTEST:
        return None
    try:
        return base64.b64decode(value.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return None
