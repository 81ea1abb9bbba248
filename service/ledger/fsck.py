"""Check a studio's log from its bytes up: every leaf, every index, every tree ever signed, and everything beside the log.

Nothing that is checked is trusted on the way: hashes come from the bytes, trees from the hashes, and the newest tree is held
against the signer's mark outside the database. Every fault is named with its place and with what to do. One read-only
snapshot, in order, in memory that does not grow with the log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, TypeVar

import orjson
from psycopg import Connection, DataError
from psycopg.rows import class_row

from service.db import transaction
from service.errors import Problem
from service.ledger import fsck_anchors, fsck_sql, merkle, tree
from service.ledger.entry import encode, leaf_hash
from service.ledger.items import TreeHead
from service.ledger.merkle import Growth
from service.ledger.signer import Mark
from service.ledger.tile import STEP

_CHUNK = 1_000
_T = TypeVar("_T")
_BACK = "Append nothing; put the rows back from a backup, a replica or a bundle that holds them, and run this again."
_BAD_MARK = (
    "The newest mark does not carry a good signature of this machine's key: restore keys/log from a copy, the newest there is; an older"
    " one is caught up by the next append."
)


class Marked(Protocol):
    """What a log is held against: the newest tree that was signed for it. A `Ledger` knows that of this machine."""

    def origin(self, studio_id: str) -> str:
        """Return the name that the log signs under."""

    def mark(self, studio_id: str) -> Mark | None:
        """Return the largest tree that was signed."""

    def holds(self, mark: Mark) -> bool:
        """Tell whether a mark carries a good signature."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written: a stable code, the place, and a sentence."""

    code: str
    place: str
    says: str


@dataclass(slots=True)
class Report:
    """What was checked, and what was found."""

    studio_id: str
    entries: int = 0
    trees: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Entry:
    index: int
    kind: str
    id: str
    version: int
    recorded_at: datetime
    leaf: bytes
    bytes: bytes


@dataclass(slots=True)
class _Walk:
    """The tree as far as the bytes have been read, and the trees that the log claims to have been on the way."""

    heads: Iterator[TreeHead]
    next_head: TreeHead | None
    mark: Mark | None
    size: int = 0
    frontier: tuple[bytes, ...] = ()
    last_time: datetime | None = None
    last_head: int = 0
    broken: bool = False


def check(conn: Connection[Any], ledger: Marked, studio_id: str, *, most: int = 100) -> Report:
    """Return what is wrong with a log, up to `most` faults; needs a connection of the ledger's role."""
    report = Report(studio_id)
    # The mark before the snapshot: a mark follows its COMMIT, so the snapshot is at least as new.
    mark, unreadable = _mark(ledger, studio_id)
    report.faults += unreadable
    with transaction(conn):
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        report.faults += islice(_faults(conn, ledger, report, mark), most)
    return report


def studios(conn: Connection[Any]) -> list[str]:
    """Return every studio that has a log or a row that belongs into one."""
    return [studio_id for (studio_id,) in conn.execute(fsck_sql.STUDIOS)]


def _faults(conn: Connection[Any], ledger: Marked, report: Report, mark: Mark | None) -> Iterator[Fault]:
    yield from _log(conn, ledger, report, mark)
    for code, statement, says in fsck_sql.CHECKS:
        yield from _beside(conn, report, code, statement, says)
    yield from _subtrees(conn, report)
    for found in fsck_anchors.faults(conn, report.studio_id, ledger.origin(report.studio_id)):
        yield Fault(*found)


def _beside(conn: Connection[Any], report: Report, code: str, statement: Any, says: str) -> Iterator[Fault]:
    """Ask one question about the rows beside the log; entries that cannot be read may make it unanswerable, and nothing else."""
    try:
        with transaction(conn):
            places = conn.execute(statement, {"studio_id": report.studio_id, "size": report.entries}).fetchall()
    except DataError:
        yield Fault(
            code, "log", "This cannot be compared while an entry is unreadable (`canonical`, above); mend that first and run this again."
        )
        return
    yield from (Fault(code, str(place), says) for (place,) in places)


def _mark(ledger: Marked, studio_id: str) -> tuple[Mark | None, list[Fault]]:
    """Return the mark if it is there and its signature is good."""
    try:
        mark = ledger.mark(studio_id)
    except Problem as fault:
        return None, [Fault("mark", "keys/log/marks", str(fault))]
    if mark is None or ledger.holds(mark):
        return mark, []
    return None, [Fault("mark_signature", "keys/log/marks", _BAD_MARK)]


def _log(conn: Connection[Any], ledger: Marked, report: Report, mark: Mark | None) -> Iterator[Fault]:
    studio_id = report.studio_id
    heads = _stream(conn, TreeHead, "fsck_heads", fsck_sql.HEADS, studio_id)
    walk = _Walk(heads, next(heads, None), mark)
    entries = _stream(conn, _Entry, "fsck_entries", fsck_sql.ENTRIES, studio_id)
    while chunk := list(islice(entries, _CHUNK)):
        documents = [_document(entry) for entry in chunk]
        for entry, document in zip(chunk, documents, strict=True):
            yield from _entry(entry, document, report.entries, ledger.origin(studio_id))
            report.entries = entry.index + 1
        yield from _references(conn, studio_id, chunk, documents)
        yield from _trees(walk, chunk, report)
    yield from _end(walk, report, ledger.origin(studio_id))


def _document(entry: _Entry) -> dict[str, Any] | None:
    try:
        document = orjson.loads(entry.bytes)
        return document if isinstance(document, dict) and encode(document) == entry.bytes else None
    except (orjson.JSONDecodeError, Problem):
        return None


def _entry(entry: _Entry, document: dict[str, Any] | None, expected: int, origin: str) -> Iterator[Fault]:
    place = f"entry {entry.index}"
    if entry.index != expected:
        yield Fault("gap", place, f"The entry before it has index {expected - 1}; those between are gone. {_BACK}")
    if leaf_hash(entry.bytes) != entry.leaf:
        yield Fault("leaf", place, f"Its bytes do not hash to its leaf: one of the two was changed, by the disk or by somebody. {_BACK}")
    if document is None:
        yield Fault("canonical", place, f"Its bytes are not canonical JSON, so they are not those that were written. {_BACK}")
        return
    if document.get("log") != origin:
        yield Fault("origin", place, f"It names the log {document.get('log')!r}: it belongs into another.")
    stated = (document.get("kind"), document.get("id"), document.get("version"), _moment(document.get("recorded_at")))
    if stated != (entry.kind, entry.id, entry.version, entry.recorded_at):
        yield Fault("columns", place, "Its columns do not say what its bytes say.")


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _references(conn: Connection[Any], studio_id: str, chunk: list[_Entry], documents: list[dict[str, Any] | None]) -> Iterator[Fault]:
    stored = defaultdict[int, list[tuple[Any, ...]]](list)
    for index, *edge in conn.execute(fsck_sql.REFERENCES, {"studio_id": studio_id, "first": chunk[0].index, "last": chunk[-1].index}):
        stored[index].append(tuple(edge))
    for entry, document in zip(chunk, documents, strict=True):
        if document is None:
            continue
        stated = [
            (entry.id, each.get("role"), each.get("id"), each.get("version"), bool(each.get("affects")))
            for each in document.get("refs", ())
        ]
        if stored[entry.index] != stated:
            yield Fault("reference", f"entry {entry.index}", "The rows of its references do not say what its bytes say.")


def _trees(walk: _Walk, chunk: list[_Entry], report: Report) -> Iterator[Fault]:
    """Grow the tree over the chunk, and hold it against every tree head, and the mark, that lies within."""
    leaves = [leaf_hash(entry.bytes) for entry in chunk]
    while leaves:
        stops = [stop.size for stop in (walk.next_head, walk.mark.checkpoint if walk.mark else None) if stop and stop.size > walk.size]
        count = min([len(leaves), *(stop - walk.size for stop in stops)])
        grown = Growth(walk.size, walk.frontier, leaves[:count])
        walk.size, walk.frontier, leaves = grown.size, grown.frontier, leaves[count:]
        if walk.mark and walk.mark.checkpoint.size == walk.size and walk.mark.checkpoint.root != grown.root:
            yield Fault(
                "forked",
                f"tree {walk.size}",
                "The entries do not give the root that this machine has signed: they were changed, or are another history. Append nothing;"
                f" compare with witnesses and with states kept outside (`clearance ledger verify --state`). {_BACK}",
            )
        if walk.next_head and walk.next_head.size == walk.size:
            yield from _head(walk, walk.next_head, grown)
            walk.last_head, walk.next_head = walk.size, next(walk.heads, None)
            report.trees += 1


def _head(walk: _Walk, head: TreeHead, grown: Growth) -> Iterator[Fault]:
    place = f"tree {head.size}"
    if walk.last_time is not None and head.committed_at < walk.last_time:
        yield Fault("time", place, "It was committed before the tree before it.")
    walk.last_time = head.committed_at
    good = head.root == grown.root
    if not good and not walk.broken:  # the first one says it; every later tree contains the same entry
        yield Fault("root", place, f"The entries do not give this root: one up to here was changed, added or moved. {_BACK}")
    walk.broken = walk.broken or not good
    if good and head.frontier != merkle.pack(grown.frontier):
        yield Fault("frontier", place, f"The root is right, but the stored frontier is not that of the tree. {_BACK}")


def _end(walk: _Walk, report: Report, origin: str) -> Iterator[Fault]:
    size = report.entries
    if walk.next_head is not None:
        yield Fault(
            "truncated",
            f"entry {size}",
            f"There is a tree of {walk.next_head.size} entries, but no entry from {size} on: the newest were cut off. {_BACK}",
        )
    elif walk.last_head != size:
        yield Fault("headless", f"tree {size}", f"The newest tree covers {walk.last_head} of {size} entries.")
    if walk.mark is None and size:
        yield Fault(
            "unmarked",
            origin,
            "This machine has no mark of the log; `clearance ledger trust` begins one, if the database was moved here on purpose.",
        )
    if walk.mark is not None and walk.mark.checkpoint.size > size:
        yield Fault(
            "rolled_back", f"entry {size}",
            f"This machine has signed a tree of {walk.mark.checkpoint.size} entries: the newest are missing, the database is an older copy."
            " Nothing will be appended to it. Bring back the newer database (replica or WAL archive); if it is lost for good, keep this one"
            " for reading and open a new studio whose first record cites the last checkpoint.",
        )  # fmt: skip


def _subtrees(conn: Connection[Any], report: Report) -> Iterator[Fault]:
    for level, position, root in conn.execute(fsck_sql.SUBTREES, {"studio_id": report.studio_id}).fetchall():
        begin = position << STEP
        below = tree.below(conn, report.studio_id, level, begin, begin + (1 << STEP))
        if len(below) != 1 << STEP or merkle.perfect_root(below) != root:
            yield Fault(
                "subtree",
                f"level {level}, position {position}",
                "A stored subtree is not that of the entries; delete the row, it is derived again.",
            )


def _stream(conn: Connection[Any], row: type[_T], name: str, statement: Any, studio_id: str) -> Iterator[_T]:
    with conn.cursor(name, row_factory=class_row(row)) as cursor:
        cursor.itersize = _CHUNK
        yield from cursor.execute(statement, {"studio_id": studio_id})
