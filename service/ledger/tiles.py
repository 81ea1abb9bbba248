"""The tiles of a log, read out of the database.

Nothing here is written with an entry. Hashes of level 0 are the leaves; those above are the `subtree` rows, which whoever
reads brings up to date first: tailing the log once more writes nothing. A full tile never changes, so it may be kept for ever.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from service.ledger import merkle, tile, tree
from service.ledger.merkle import HASH_BYTES
from service.ledger.tile import STEP, WIDTH, Tile

_KEPT = 2_048


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
    tree.derive(conn, studio_id, wanted.needs)
    content = b"".join(tree.below(conn, studio_id, (level + 1) * STEP, wanted.begin, wanted.end))
    return content if len(content) == wanted.width * HASH_BYTES else None


class Paths:
    """Inclusion paths of many entries in one tree: each tile is read once, and the nodes between its levels are worked out once."""

    def __init__(self, conn: Connection[Any], studio_id: str, size: int) -> None:
        self._conn, self._studio_id, self._size = conn, studio_id, size
        self._tiles: dict[tuple[int, int], list[list[bytes]]] = {}
        self.root = self._range(0, size)

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """Return the path of an entry, lowest hash first; raises `LookupError` where the log has a hole."""
        return tuple(self._range(*part) for part in merkle.inclusion_ranges(index, self._size))

    def _range(self, begin: int, end: int) -> bytes:
        return merkle.fold([self._node(level, position) for level, position in merkle.nodes(begin, end)])

    def _node(self, level: int, position: int) -> bytes:
        row, up = divmod(level, STEP)
        index = position << up >> STEP
        return self._tile(row, index)[up][position - (index << STEP >> up)]

    def _tile(self, row: int, index: int) -> list[list[bytes]]:
        """A tile's hashes, and above them the nodes that they make up, as far as they are complete."""
        if (row, index) not in self._tiles:
            if len(self._tiles) >= _KEPT:
                self._tiles.clear()
            wanted = Tile(row, index, min(WIDTH, (self._size >> STEP * row) - index * WIDTH))
            content = read(self._conn, self._studio_id, wanted)
            levels = [[content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]]
            for _ in range(STEP - 1):
                below = levels[-1]
                levels.append([merkle.node_hash(left, right) for left, right in zip(below[::2], below[1::2], strict=False)])
            self._tiles[row, index] = levels
        return self._tiles[row, index]
