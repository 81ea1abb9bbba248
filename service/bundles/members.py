"""The files of a bundle as they are made, one after the other: each is listed with its digest while it passes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO

import orjson

from service.ledger.offline.folder import FORMAT, LIST

PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """A file: its path, its size, and its bytes in pieces, which can be asked for once."""

    path: str
    size: int
    pieces: Callable[[], Iterator[bytes]]


def of_bytes(path: str, content: bytes) -> Member:
    """Return a file of these bytes."""
    return Member(path, len(content), lambda: iter((content,)))


def of_json(path: str, value: object) -> Member:
    """Return a JSON file that people can read."""
    return of_bytes(path, orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")


def of_file(path: str, size: int, opened: Callable[[], IO[bytes]]) -> Member:
    """Return a file that is read, and closed, when it is asked for."""

    def pieces() -> Iterator[bytes]:
        with opened() as file:
            while piece := file.read(PIECE):
                yield piece

    return Member(path, size, pieces)


def listed(members: Iterable[Member]) -> Iterator[Member]:
    """Yield the files and behind them the list of them all; whoever asks reads each to its end before asking for the next."""
    entries: list[dict[str, object]] = []
    for member in members:
        digest = hashlib.sha256()
        yield Member(member.path, member.size, lambda member=member, digest=digest: _hashed(member, digest))  # type: ignore[misc]
        entries.append({"path": member.path, "bytes": member.size, "sha256": digest.hexdigest()})
    yield of_json(LIST, {"format": FORMAT, "files": entries})


def _hashed(member: Member, digest: hashlib._Hash) -> Iterator[bytes]:
    size = 0
    for piece in member.pieces():
        digest.update(piece)
        size += len(piece)
        yield piece
    if size != member.size:
        raise ValueError(f"{member.path} has {size} bytes and not {member.size}")
