"""The tiles of a log, read out of the database.

Nothing here is written with an entry. Hashes of level 0 are the leaves; those above are the `subtree` rows, which whoever
reads brings up to date first: tailing the log once more writes nothing. A full tile never changes, so it may be kept for ever.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from service.ledger import tile, tree
from service.ledger.merkle import HASH_BYTES
from service.ledger.tile import STEP, Tile


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
