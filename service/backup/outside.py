"""Checkpoints that somebody keeps elsewhere, held against what was restored.

A backup that was rewritten with everything in it, signatures apart, is whole by itself: only what left the house before tells it from
the true one. A signature is not asked for: whoever keeps a checkpoint has checked it when it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from psycopg import Connection

from service.backup.folder import Log
from service.errors import StartError
from service.ledger import note, tree
from service.ledger.merkle import Growth
from service.ledger.note import Checkpoint

_STEP = 100_000


def read(paths: Iterable[Path], logs: Sequence[Log]) -> dict[str, list[Checkpoint]]:
    """Return the checkpoints in these files by studio; raises `StartError` for one that is none, or of a log that is not in the backup."""
    found: dict[str, list[Checkpoint]] = {each.studio_id: [] for each in logs}
    for path in paths:
        try:
            kept = note.parse_checkpoint(path.read_bytes())
        except note.Malformed as fault:
            raise StartError(f"{path} is no checkpoint ({fault}); name the file that GET /v1/ledger/checkpoint answered.") from fault
        studio_id = kept.origin.rpartition("/")[2]
        if studio_id not in found:
            raise StartError(f"{path} is a checkpoint of {kept.origin}, and the backup holds no such log. Nothing was restored.")
        found[studio_id].append(kept)
    return found


def judge(conn: Connection[Any], studio_id: str, size: int, kept: Checkpoint) -> tuple[bool, str]:
    """Tell whether a restored log of so many entries has everything that a checkpoint covers, and as it was; and say so."""
    if kept.size > size:
        return False, f"The {kept.size - size} newest entries of a checkpoint kept elsewhere ({kept.size} entries) are NOT in it."
    if _root(conn, studio_id, kept.size) != kept.root:
        return False, f"It does NOT begin with the {kept.size} entries of a checkpoint kept elsewhere: log or backup was rewritten."
    return True, f"It begins with the {kept.size} entries of a checkpoint kept elsewhere."


def _root(conn: Connection[Any], studio_id: str, size: int) -> bytes:
    """Return the root of the first entries from their leaves alone: what is stored of the tree between may be rewritten with them."""
    grown = Growth(0, (), [])
    for begin in range(0, size, _STEP):
        grown = Growth(grown.size, grown.frontier, list(tree.leaves(conn, studio_id, begin, min(begin + _STEP, size))))
    return grown.root
