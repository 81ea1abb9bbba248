"""What all provider adapters share: a request and a response, read as JSON from strangers and looked into without surprise.

A provider's answer that a caller hands over is graded `imported`; only one that we fetched ourselves by its job id would be
`provider_confirmed`. Both sides are kept whole as blobs, whatever was understood of them.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from service.ingest import jsontext
from service.ingest.draft import Digest, Input, Limits, Prompt, Raw, Role, Sampling, Scalar, Source


@dataclass(frozen=True, slots=True)
class Exchange:
    """Both sides as values; a side that was not handed over is {}."""

    request: Mapping[str, Any]
    response: Mapping[str, Any]


def exchange(source: Source, limits: Limits) -> Exchange:
    """Parse both sides; a side that is no object stays in the raw blobs only."""
    return Exchange(_side(source.request, "/request", limits), _side(source.response, "/response", limits))


def _side(content: bytes | None, pointer: str, limits: Limits) -> Mapping[str, Any]:
    value = jsontext.parse(content, pointer, limits.text) if content else {}
    return value if isinstance(value, Mapping) else {}


def raw(source: Source) -> tuple[Raw, ...]:
    """Both sides byte for byte."""
    sides = (("request", source.request), ("response", source.response))
    return tuple(Raw(name, "application/json", content) for name, content in sides if content)


def at(value: Any, *path: str | int) -> Any:
    """Return what lies at `path` inside nested objects and lists, or None where the way ends."""
    for step in path:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text(value: Any, *keys: str) -> str | None:
    """The first of `keys` in the object that holds a text with something in it."""
    found = (at(value, key) for key in keys)
    return next((entry for entry in found if isinstance(entry, str) and entry.strip()), None)


def whole(value: Any, *keys: str) -> int | None:
    """The first of `keys` that holds an integer."""
    found = (at(value, key) for key in keys)
    return next((entry for entry in found if isinstance(entry, int) and not isinstance(entry, bool)), None)


def listed(value: Any) -> list[Any]:
    """The value if it is a list, one in a list if it is an object, else nothing."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, Mapping) else []


def plain(values: Any, limits: Limits, *, leave_out: frozenset[str] = frozenset()) -> dict[str, Scalar]:
    """The scalar settings of an object; structures and long texts stay in the raw blobs."""
    if not isinstance(values, Mapping):
        return {}
    return {
        key[:100]: value
        for key, value in values.items()
        if key not in leave_out and (isinstance(value, (int, Decimal)) or (isinstance(value, str) and len(value) <= limits.name))
    }


def unix(value: Any) -> str | None:
    """A time in seconds or milliseconds since 1970 as an instant; None for anything else."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, (int, Decimal)) or isinstance(value, bool) or not 0 < value < 10**14:
        return None
    seconds = int(value) // 1000 if value > 10**11 else int(value)
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def sampled(where: str, given: Any, limits: Limits, *, leave_out: Iterable[str] = ()) -> tuple[Sampling, ...]:
    """The seed and the plain settings of one request; nothing when there is neither."""
    settings = plain(given, limits, leave_out=frozenset({"seed", *leave_out}))
    seed = whole(given, "seed")
    return (Sampling(where, seed, settings),) if settings or seed is not None else ()


def prompts(given: Any, where: str, *keys: tuple[str, Literal["positive", "negative", "enhanced", "speech"]]) -> Iterator[Prompt]:
    """The texts under these keys, with what each is for."""
    for key, use in keys:
        words = text(given, key)
        if words:
            yield Prompt(words, use, f"{where}.{key}")


def known_as(scope: str, value: str | None) -> dict[str, Any]:
    """The outside id of the output, by which a later job of the same provider may name it as its input."""
    return {"identifiers": [{"scope": scope, "value": value[:500]}]} if value else {}


def media(value: Any, role: Role, where: str, limits: Limits) -> Iterator[Input]:
    """An input file as providers pass it: an address, or bytes in base64 (whose SHA-256 is then known)."""
    kind = text(value, "mimeType", "mime_type", "content_type")
    address = value if isinstance(value, str) else text(value, "gcsUri", "gcs_uri", "fileUri", "file_uri", "uri", "url")
    if address and not address.startswith("data:"):
        yield Input(address[: limits.name], role, where, media_type=kind)
        return
    packed = address.partition(",")[2] if address else text(value, "bytesBase64Encoded", "imageBytes", "image_bytes", "videoBytes", "data")
    if packed:
        try:
            content = base64.b64decode(packed, validate=True)
        except (binascii.Error, ValueError):
            return
        digest = hashlib.sha256(content).hexdigest()
        yield Input(f"inline {role} {digest[:12]}", role, where, digests=(Digest("sha256", digest),), media_type=kind)
