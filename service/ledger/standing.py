"""Which logs the signer refuses to sign, asked before anybody writes: after a restore to an older state, or on a new machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from service.errors import Problem
from service.ledger import merkle
from service.ledger.log import Ledger
from service.ledger.note import Checkpoint

_NEWEST = """
    SELECT studio.studio_id, newest.size, newest.root FROM studio LEFT JOIN LATERAL (
        SELECT size, root FROM tree_head WHERE tree_head.studio_id = studio.studio_id ORDER BY size DESC LIMIT 1
    ) AS newest ON true ORDER BY studio.studio_id
"""


def refusals(conn: Connection[Any], ledger: Ledger) -> Iterator[tuple[str, Problem]]:
    """Yield each studio whose log a write would find refused, with the refusal; one query unless something is unusual."""
    for studio_id, size, root in conn.execute(_NEWEST).fetchall():
        found = Checkpoint(ledger.origin(studio_id), size or 0, root or merkle.EMPTY_ROOT)
        try:
            mark = ledger.mark(studio_id)
            if found != (mark.checkpoint if mark else Checkpoint(found.origin, 0, merkle.EMPTY_ROOT)):
                ledger.checkpoint(conn, studio_id)
        except Problem as refusal:
            yield studio_id, refusal
