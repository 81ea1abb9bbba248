"""An answer as it came over the wire (`curl -i`): status line, header fields, and the body behind the blank line.

A redirect or a proxy puts several answers one after the other; the last one counts, and so do only its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_STATUS: Final = re.compile(rb"HTTP/[0-9.]{1,4} (\d{3})\b[^\r\n]{0,200}(?:\r?\n|\Z)")
_HEAD: Final = 64 << 10
_ANSWERS: Final = 20


@dataclass(frozen=True, slots=True)
class Response:
    """Status, header fields by their names in small letters, and the body; None where only the head was kept."""

    status: int
    headers: Mapping[str, tuple[str, ...]]
    body: bytes | None


def detect(content: bytes) -> bool:
    """Tell whether this begins with a status line."""
    return _STATUS.match(content) is not None


def parsed(content: bytes) -> Response | None:
    """The last answer in the content; None for what is none, or has a head without end."""
    for _ in range(_ANSWERS):
        line = _STATUS.match(content)
        if line is None:
            return None
        end = re.search(rb"\r?\n\r?\n", content[: _HEAD + 4])
        if end is None and len(content) > _HEAD:
            return None
        head = content[line.end() : end.start() if end else len(content)] if end is None or end.start() >= line.end() else b""
        body = content[end.end() :] if end else None
        if body is None or not detect(body):
            return Response(int(line[1]), fields(_pairs(head)), body)
        content = body
    return None


def fields(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Header fields by their names in small letters, each with all its lines."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        key = name.strip().lower()
        found[key] = (*found.get(key, ()), value.strip())
    return found


def _pairs(head: bytes) -> Iterable[tuple[str, str]]:
    for line in head.decode("latin-1").splitlines()[:500]:
        name, colon, value = line.partition(":")
        if colon:
            yield name, value
