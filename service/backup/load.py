"""Restore a backup into an empty database, and say what came of it: every log is checked from the first byte to the last."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import psycopg

from service import projections
from service.backup import contents, folder, outside, tables
from service.backup.folder import Log, Manifest
from service.backup.make import KEYS
from service.config import Settings
from service.content.store import Store
from service.db import Database, transaction
from service.durable import make_directory, place_new
from service.errors import StartError
from service.ledger import fsck, note, standing, tree
from service.ledger.fsck import Fault
from service.ledger.log import Ledger
from service.ledger.note import Checkpoint
from service.ledger.signer import Mark
from service.ledger.signer_socket import connect
from service.migrate import Applied, files, migrate, pending
from service.projections import Difference

_SECONDS = 86_400.0
_SHOWN = 5
_NO_KEY = (
    "The key of the logs is not here, so nothing can be written yet. Copy keys/ from the old data directory; its marks are what tells"
    " whether the newest entries came along. If they are lost for good, run `clearance ledger trust` for each studio once."
)


@dataclass(slots=True)
class Restored:
    """What came of one log: whether its tree is that of the backup and signed, everything `fsck` and a rebuild found, and whether
    the signer goes on with it. `outside` is what became of each checkpoint that is kept elsewhere.
    """

    studio_id: str
    entries: int
    same_tree: bool
    signed: bool
    faults: list[Fault]
    differences: list[Difference]
    outside: tuple[tuple[bool, str], ...] = ()
    signer: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether the log is as it was backed up, and as it was told to others."""
        return self.same_tree and not self.faults and not self.differences and all(same for same, _ in self.outside)


@dataclass(slots=True)
class Report:
    """What was restored, how long each part took, and what was found."""

    made_at: str
    clearance: str
    rows: int = 0
    contents: int = 0
    bytes: int = 0
    migrated: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    logs: list[Restored] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    keys: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether everything is as it was when the backup was made."""
        return all(each.holds for each in self.logs) and not self.damaged

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note how long the block takes."""
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - begun, 3)


def verified(root: Path) -> Manifest:
    """Return the manifest of a backup of which every byte is there; raises `StartError` before anything is touched."""
    found = folder.manifest(root)
    wrong = list(islice(folder.verify(root, found), _SHOWN + 1))
    if wrong:
        more = " and more" if len(wrong) > _SHOWN else ""
        raise StartError(f"The backup in {root} is damaged: {'; '.join(wrong[:_SHOWN])}{more}. Nothing was restored; use another one.")
    pending(files(), [Applied(*each) for each in found.migrations])  # one that a newer version made is refused here
    return found


def load(root: Path, wanted: Manifest, url: str, settings: Settings, kept: Iterable[Path] = ()) -> Report:
    """Restore a verified backup into the database at `url` and the data directory, and check what is there then, also against the
    checkpoints in the files `kept`.
    """
    checkpoints = outside.read(kept, wanted.logs)
    report = Report(wanted.made_at, wanted.clearance, bytes=wanted.bytes, damaged=list(wanted.damaged))
    _require_empty(url)
    with report.timed("contents"):  # before the database, so that a restore that a full disk ended can simply be repeated
        report.contents = contents.read(root, Store(settings.data / contents.FOLDER))
    with report.timed("database"):
        report.rows = _database(root, wanted, url)
    with report.timed("migrations"):
        report.migrated = migrate(url)
    if wanted.with_keys:
        report.keys = _keys(root, settings.data)
    with report.timed("check"), closing(Database(url, statement_seconds=_SECONDS)) as database:
        report.logs = [_restored(database, each, checkpoints[each.studio_id]) for each in wanted.logs]
        _ask_signer(database, settings, report)
    return report


def _require_empty(url: str) -> None:
    """Refuse a database that holds anything; one that an interrupted restore has left behind without rows will do."""
    with psycopg.connect(url) as conn:
        if not tables.tables(conn):
            return
        conn.execute("SET ROLE clearance_owner")
        filled = list(tables.filled(conn))
    if filled:
        raise StartError(f"The database is not empty (it has rows in {', '.join(filled)}). Restore into a new one; nothing was changed.")


def _database(root: Path, wanted: Manifest, url: str) -> int:
    """Make the tables as they were, and fill them in one transaction."""
    names = {name for name, _ in wanted.migrations}
    migrate(url, only=names)
    with closing(Database(url, statement_seconds=_SECONDS)) as database, database.owner() as conn, transaction(conn):
        there = {name for (name,) in conn.execute("SELECT name FROM migration")}
        if there != names:
            raise StartError("The tables that are there are those of another version. Restore into a new database; nothing was loaded.")
        return tables.read(conn, root, wanted.tables)


def _keys(root: Path, data: Path) -> str:
    """Put the keys of the backup where there are none; those that are here are newer and stay."""
    for each in folder.listed(root, f"{KEYS}/"):
        place = data / each.path
        make_directory(place.parent)
        content = (root / each.path).read_bytes()
        if not place_new(place, content) and place.read_bytes() != content:
            return f"{place} is another one than in the backup; it stays, and so do those after it."
    return "The keys of the backup are in place, without the signer's marks, which no backup holds."


@dataclass(frozen=True, slots=True)
class _Signed:
    """The tree that a backup names, in the place of the signer's mark: what was restored must lead to it."""

    mark_there: Mark

    def origin(self, studio_id: str) -> str:
        del studio_id
        return self.mark_there.checkpoint.origin

    def mark(self, studio_id: str) -> Mark:
        del studio_id
        return self.mark_there

    def holds(self, mark: Mark) -> bool:
        return mark == self.mark_there


def _restored(database: Database, wanted: Log, kept: Sequence[Checkpoint]) -> Restored:
    checkpoint, signed = _checkpoint(wanted)
    with database.ledger() as conn:
        report = fsck.check(conn, _Signed(Mark(checkpoint, b"")), wanted.studio_id)
        same = report.entries == wanted.size and tree.root(conn, wanted.studio_id, wanted.size).hex() == wanted.root
        differences = [difference for name in projections.checked() for difference in projections.check(conn, wanted.studio_id, name)]
        compared = tuple(outside.judge(conn, wanted.studio_id, report.entries, each) for each in kept)
    return Restored(wanted.studio_id, report.entries, same, signed, report.faults, differences, compared)


def _checkpoint(wanted: Log) -> tuple[Checkpoint, bool]:
    """Return the tree that the backup names, and whether it carries the signature of the key beside it."""
    unsigned = Checkpoint(f"clearance.local/{wanted.studio_id}", wanted.size, bytes.fromhex(wanted.root))
    if wanted.checkpoint is None or wanted.key is None:
        return unsigned, False
    try:
        found = note.verify(wanted.checkpoint.encode(), [note.parse_verifier(wanted.key)])
    except note.Malformed as fault:
        raise StartError(f"The checkpoint of {wanted.studio_id} in the backup is not signed by the key beside it: {fault}") from fault
    if (found.size, found.root.hex()) != (wanted.size, wanted.root):
        raise StartError(f"The checkpoint of {wanted.studio_id} in the backup is of another tree than the manifest says.")
    return found, True


def _ask_signer(database: Database, settings: Settings, report: Report) -> None:
    """Say for each log whether the signer goes on with it; to ask must not make a new key."""
    directory = settings.data / KEYS / "log"
    if settings.signer is None and not (directory / "key.pem").exists():
        report.keys = report.keys or _NO_KEY
        return
    with closing(Ledger(database, connect(directory, settings.signer))) as ledger, database.ledger() as conn:
        refused = {studio_id: str(refusal) for studio_id, refusal in standing.refusals(conn, ledger)}
    for each in report.logs:
        each.signer = refused.get(each.studio_id, "The signer goes on with it.")
