"""The part of `fsck` about what stands outside: stored cosignatures and time-stamps against the trees, and what witnesses refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

from service.ledger import anchors, cosignature, note, stamping
from service.ledger.anchors import Anchor
from service.ledger.note import Checkpoint, Malformed

_STRAY = """
    SELECT size, name FROM {} AS kept WHERE studio_id = %s
    AND NOT EXISTS (SELECT FROM tree_head WHERE tree_head.studio_id = kept.studio_id AND tree_head.size = kept.size AND tree_head.root = kept.root)
    ORDER BY size, name
"""


class Found(NamedTuple):
    """A fault: code, place, sentence."""

    code: str
    place: str
    says: str


def faults(conn: Connection[Any], studio_id: str, origin: str) -> Iterator[Found]:
    """Yield what is wrong. A fork that only a witness has seen is the one that nothing here can find."""
    known = {anchor.name: anchor for anchor in anchors.anchors(conn)}
    for name, state in anchors.states(conn, studio_id).items():
        if state.outcome == "forked":
            yield Found("witness_forked", f"witness {name}", state.says)
    yield from _stray(conn, studio_id)
    yield from _cosignatures(conn, studio_id, origin, known)
    yield from _stamps(conn, studio_id, origin, known)


def _stray(conn: Connection[Any], studio_id: str) -> Iterator[Found]:
    for size, name in conn.execute(_STRAY.format("cosignature").encode(), (studio_id,)):
        yield Found(
            "cosignature", f"tree {size}", f"The witness {name} has cosigned another root of this size, or there is no such tree here."
        )
    for size, name in conn.execute(_STRAY.format("time_stamp").encode(), (studio_id,)):
        yield Found(
            "time_stamp", f"tree {size}", f"The authority {name} has stamped another root of this size, or there is no such tree here."
        )


def _cosignatures(conn: Connection[Any], studio_id: str, origin: str, known: dict[str, Anchor]) -> Iterator[Found]:
    rows = _stream(
        conn, "cosignatures", "SELECT size, name, root, line FROM cosignature WHERE studio_id = %s ORDER BY size, name", studio_id
    )
    for size, name, root, line in rows:
        if name in known and not _holds(known[name], Checkpoint(origin, size, root).text(), line):
            yield Found("cosignature", f"tree {size}", f"The stored line of the witness {name} is no cosignature of this checkpoint.")


def _holds(witness: Anchor, text: bytes, line: str) -> bool:
    """Tell whether a stored line is good; one of a key that the witness has replaced since is left to whoever kept that key."""
    cosigner = cosignature.parse_cosigner(witness.key)
    try:
        signature = note.parse_signature(line.rstrip("\n"))
    except Malformed:
        return False
    return signature.key_id != cosigner.key_id() or cosigner.time(text, signature) is not None


def _stamps(conn: Connection[Any], studio_id: str, origin: str, known: dict[str, Anchor]) -> Iterator[Found]:
    rows = _stream(
        conn, "time_stamps", "SELECT size, name, root, response FROM time_stamp WHERE studio_id = %s ORDER BY size, name", studio_id
    )
    for size, name, root, response in rows:
        if name not in known:
            continue
        try:
            stamping.verify(response, Checkpoint(origin, size, root).text(), known[name].key)
        except (stamping.Refused, ValueError) as fault:
            says = f"The stored time-stamp of {name} does not hold ({fault}); if its root certificates were replaced, add it again under a new name."
            yield Found("time_stamp", f"tree {size}", says)


def _stream(conn: Connection[Any], name: str, statement: LiteralString, studio_id: str) -> Iterator[tuple[Any, ...]]:
    """Read rows in memory that does not grow with them."""
    with conn.cursor(name) as cursor:
        yield from cursor.execute(statement, (studio_id,))
