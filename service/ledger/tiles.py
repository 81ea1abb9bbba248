"""The tiles of a log, read out of the database.

Nothing here is written with an entry. Hashes of level 0 are the leaves; those above are the `subtree` rows, which whoever
reads brings up to date first: tailing the log once more writes nothing. A full tile never changes, so it may be kept for ever.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import Any

from psycopg import Connection

from service.ledger import merkle, tile, tree
from service.ledger.merkle import HASH_BYTES
from service.ledger.tile import STEP, WIDTH, Tile

Levels = tuple[bytes, ...]
_Key = tuple[str, int, int, int]


def read(conn: Connection[Any], studio_id: str, wanted: Tile) -> bytes:
    """Return the bytes of a tile of a log that is large enough for it; raises `LookupError` where the log has a hole."""
    content = _entries(conn, studio_id, wanted) if wanted.level is None else _hashes(conn, studio_id, wanted.level, wanted)
    if content is None:
        raise LookupError(f"the log of {studio_id} has a hole within {wanted.path}")
    return content


def _entries(conn: Connection[Any], studio_id: str, wanted: Tile) -> bytes | None:
    rows = conn.execute(
        "SELECT bytes FROM entry WHERE studio_id = %s AND index >= %s AND index < %s ORDER BY index", (studio_id, wanted.begin, wanted.end)
    ).fetchall()
    return tile.bundle([content for (content,) in rows]) if len(rows) == wanted.width else None


def _hashes(conn: Connection[Any], studio_id: str, level: int, wanted: Tile) -> bytes | None:
    if level:
        tree.derive(conn, studio_id, wanted.needs)
    return _stored(conn, studio_id, level, wanted)


def _stored(conn: Connection[Any], studio_id: str, level: int, wanted: Tile) -> bytes | None:
    content = b"".join(tree.below(conn, studio_id, (level + 1) * STEP, wanted.begin, wanted.end))
    return content if len(content) == wanted.width * HASH_BYTES else None


class Kept:
    """Tiles that were read before, each with the nodes above its hashes. A tile of a width never changes, so what is kept stays right."""

    def __init__(self, most: int = 1_024) -> None:
        self._most = most
        self._tiles: OrderedDict[_Key, Levels] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> Levels | None:
        """Return a tile that is here."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: _Key, levels: Levels) -> None:
        """Keep a tile, and let the one go that nobody has asked for longest."""
        with self._lock:
            self._tiles[key] = levels
            if len(self._tiles) > self._most:
                self._tiles.popitem(last=False)


class Tree:
    """The nodes of one tree out of its tiles: each is read once, and the nodes between its levels are worked out once."""

    def __init__(self, conn: Connection[Any], studio_id: str, size: int, kept: Kept | None = None) -> None:
        self._conn, self._studio_id, self._size = conn, studio_id, size
        self._kept = kept or Kept()
        self._derived = False

    def root(self, begin: int, end: int) -> bytes:
        """Return the root over a range as `merkle` asks for it; raises `LookupError` where the log has a hole."""
        return merkle.fold([self._node(level, position) for level, position in merkle.nodes(begin, end)])

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """Return the path of an entry, lowest hash first; raises `LookupError` where the log has a hole."""
        return tuple(self.root(*part) for part in merkle.inclusion_ranges(index, self._size))

    def _node(self, level: int, position: int) -> bytes:
        row, up = divmod(level, STEP)
        index = position << up >> STEP
        at = (position - (index << STEP >> up)) * HASH_BYTES
        return self._tile(row, index)[up][at : at + HASH_BYTES]

    def _tile(self, row: int, index: int) -> Levels:
        wanted = Tile(row, index, min(WIDTH, (self._size >> STEP * row) - index * WIDTH))
        key = (self._studio_id, row, index, wanted.width)
        levels = self._kept.get(key)
        if levels is None:
            levels = _levels(self._read(row, wanted))
            self._kept.put(key, levels)
        return levels

    def _read(self, row: int, wanted: Tile) -> bytes:
        if row and not self._derived:
            tree.derive(self._conn, self._studio_id, self._size)
            self._derived = True
        content = _stored(self._conn, self._studio_id, row, wanted)
        if content is None:
            raise LookupError(f"the log of {self._studio_id} has a hole within {wanted.path}")
        return content


def _levels(content: bytes) -> Levels:
    """A tile's hashes, and above them the nodes that they make up, as far as they are complete."""
    levels = [content]
    for _ in range(STEP - 1):
        below = levels[-1]
        pairs = range(0, len(below) - HASH_BYTES, 2 * HASH_BYTES)
        levels.append(b"".join([sha256(b"\x01" + below[at : at + 2 * HASH_BYTES]).digest() for at in pairs]))
    return tuple(levels)
