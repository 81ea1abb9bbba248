"""The entries themselves: that they are the ones in the tree, and what they state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from service.ledger import merkle, note
from service.ledger import proof as proofs
from service.ledger.offline.folder import ABOUT, Folder
from service.ledger.offline.hashing import Hashed, hash_log, leaf_hashes, tree_root, upper_tiles
from service.ledger.offline.report import Report, some
from service.ledger.offline.signed import Signed, Trusted
from service.ledger.tile import WIDTH, Tile, belongs, bundles, split
from service.ledger.tile import parse as parse_path
from service.rules.pack import canonical

ENTRIES, PROOFS = "entries/", "proofs/"
KEPT = frozenset({"decision", "release"})
DIGEST = re.compile(rb'"(?:sha256|digest)":"([0-9a-f]{64})"')


@dataclass
class Entry:
    """An entry and its place."""

    index: int
    document: dict[str, Any]

    @property
    def name(self) -> str:
        """What it is called in sentences."""
        return str(self.document.get("id"))

    @property
    def body(self) -> dict[str, Any]:
        """What it states."""
        body = self.document.get("body")
        return body if isinstance(body, dict) else {}


@dataclass
class Log:
    """What the entries of the bundle say, as far as later checks ask for it.

    `pins` says which records build on exactly that version of another, `amended` from when on a version counts that is no correction.
    """

    whole: bool
    size: int
    count: int = 0
    places: dict[tuple[str, int], int] = field(default_factory=dict)
    affected: dict[str, list[int]] = field(default_factory=dict)
    pins: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    amended: dict[tuple[str, int], str] = field(default_factory=dict)
    kept: list[Entry] = field(default_factory=list)
    held: frozenset[str] = frozenset()
    named: set[str] = field(default_factory=set)
    commitments: dict[str, set[str]] = field(default_factory=dict)
    erasures: dict[int, str] = field(default_factory=dict)

    def of(self, kind: str) -> list[Entry]:
        """The kept entries of a kind."""
        return [entry for entry in self.kept if entry.document["kind"] == kind]


def is_whole(folder: Folder) -> bool:
    """Whether the bundle says that it holds every entry; if it says so, it must."""
    about = folder.json(ABOUT)
    return isinstance(about, dict) and about.get("whole") is True


def check_about(folder: Folder, signed: Signed, report: Report) -> None:
    """Hold what the bundle says of itself against the checkpoint."""
    about = folder.json(ABOUT)
    if not isinstance(about, dict) or about.get("log") != signed.tree.origin:
        report.faults.append(f"{ABOUT} is missing or speaks of another log than the checkpoint.")
    elif about.get("size") != signed.tree.size:
        report.faults.append(
            f"{ABOUT} speaks of {about.get('size')} entries, the checkpoint of {signed.tree.size}: the checkpoint is not the one of this bundle."
        )
    report.open.append(f"What was recorded after these {some(signed.tree.size, 'entry')}: ask for the log's newest checkpoint.")


def check_tree(folder: Folder, signed: Signed, trusted: Trusted, report: Report) -> None:
    """The whole log: entries, tiles, root; and that it continues what was seen before."""
    tree = signed.tree

    def tile_of(tile: Tile) -> bytes | None:
        return folder.read(tile.path) if folder.has(tile.path) else None

    found = hash_log(folder.read, tree.size, tile_of)
    faults = list(found.faults)
    strange = [path for path in folder.under("tile/") if not _is_tile(path, tree.size)]
    faults += [f"{path} is no tile of a tree of {tree.size:,} entries." for path in strange]
    if not faults:
        faults += upper_tiles(found, tile_of)
    if found.root != tree.root:
        faults.append("The entries do not give the root that the log has signed: one of them was changed, dropped, added or moved.")
    if report.settle(faults, f"All {some(found.size, 'entry')} give the root that the log has signed; each tile is made of them."):
        _check_seen(folder, signed, found, trusted, report)


def _is_tile(path: str, size: int) -> bool:
    found = parse_path(path.removeprefix("tile/"))
    return found is not None and belongs(found, size)


def _check_seen(folder: Folder, signed: Signed, found: Hashed, trusted: Trusted, report: Report) -> None:
    """Hold a checkpoint that the reader kept against this log: it must be its beginning."""
    if trusted.seen is None:
        return
    try:
        before = note.parse_checkpoint(note.parse(trusted.seen).text)
    except ValueError as fault:
        report.faults.append(f"The checkpoint given with --seen cannot be read ({fault}).")
        return
    full, rest = divmod(before.size, WIDTH)
    if before.origin != signed.tree.origin or before.size > found.size:
        report.faults.append(
            f"The checkpoint that was seen before has {before.size:,} entries of {before.origin}; this log is not that, or is shorter."
        )
        return
    leaves = leaf_hashes(split(folder.read(_part(full, found.size).path))[:rest]) if rest else []
    root = tree_root([*found.tiles[:full], *([tree_root(leaves)] if leaves else [])])
    told = f"This log continues the one that was seen before, with {some(before.size, 'entry')}."
    report.settle([] if root == before.root else ["The log was rewritten: its beginning is not what was seen before."], told)


def _part(index: int, size: int) -> Tile:
    return Tile(None, index, min(WIDTH, size - index * WIDTH))


def check_proofs(folder: Folder, signed: Signed, report: Report) -> None:
    """Every proof of a single entry, and each entry of a selection has one."""
    paths = folder.under(PROOFS)
    faults = [fault for path in paths if (fault := _bad_proof(folder, signed, path))]
    proved = {path.removeprefix(PROOFS).removesuffix(".tlog-proof") for path in paths}
    entries = [path for path in folder.under(ENTRIES) if path.removeprefix(ENTRIES).removesuffix(".json") not in proved]
    faults += [f"{path} has no proof in {PROOFS}." for path in entries]
    if paths or faults:
        report.settle(faults, f"{some(len(paths), 'proof')} of single entries lead to the signed root.")


def _bad_proof(folder: Folder, signed: Signed, path: str) -> str | None:
    try:
        found = proofs.parse(folder.read(path))
    except ValueError as fault:
        return f"{path} is no proof: {fault}."
    named = path.removeprefix(PROOFS).removesuffix(".tlog-proof")
    beside = f"{ENTRIES}{named}.json"
    if str(found.index) != named or found.extra is None or (folder.has(beside) and folder.read(beside) != found.extra):
        return f"{path} is not about the entry {named} that lies beside it: the entry was changed, or the proof is of another."
    if found.checkpoint != signed.content:
        return f"{path} leads to another checkpoint than the one of this bundle."
    tree, [leaf] = signed.tree, leaf_hashes([found.extra])
    if not merkle.verify_inclusion(found.index, tree.size, leaf, found.path, tree.root):
        return f"{path} does not prove that entry {named} is in the log: the entry, its place or the path was changed."
    return None


def read_entries(folder: Folder, signed: Signed, report: Report) -> Log:
    """Read what the entries say; each is canonical, of this log, and a version behind the one before."""
    held = frozenset(path.rpartition("/")[2].removesuffix(".json") for path in (*folder.under("blobs/"), *folder.under("packs/")))
    log = Log(is_whole(folder), signed.tree.size, held=held)
    faults = [fault for index, raw in _entries(folder, log) for fault in _take(log, signed.tree.origin, index, raw)]
    told = f"{some(log.count, 'entry')} of the log's {log.size:,}: in canonical form, and of this log."
    if log.whole:
        told = f"{some(log.count, 'entry')}: in canonical form, of this log, each version behind the one before."
    report.numbers["entries"] = log.count
    if not log.count:
        faults.append("The bundle holds no entry at all: there is nothing that it could prove.")
    report.settle(faults, told)
    return log


def _entries(folder: Folder, log: Log) -> Iterator[tuple[int, bytes]]:
    if not log.whole:
        named = sorted(
            (int(name), path) for path in folder.under(ENTRIES) if (name := path[len(ENTRIES) :].removesuffix(".json")).isdecimal()
        )
        yield from ((index, folder.read(path)) for index, path in named)
        return
    for part in bundles(log.size):
        try:
            found = split(folder.read(part.path))
        except (OSError, ValueError):
            return
        yield from enumerate(found, part.begin)


def _take(log: Log, origin: str, index: int, raw: bytes) -> Iterator[str]:
    log.count += 1
    try:
        document = json.loads(raw)
        plain = canonical(document) == raw
        record, version, kind = document["id"], document["version"], document["kind"]
        touched = [str(ref["id"]) for ref in document["refs"] if ref.get("affects")]
        pinned, counts_from = _pins(document), _counts_from(document)
        whole = isinstance(record, str) and isinstance(kind, str) and isinstance(version, int)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        yield f"Entry {index} is not an entry of a record."
        return
    if not plain:
        yield f"Entry {index} is not in canonical form: two readers could read it differently."
    if document.get("log") != origin:
        yield f"Entry {index} says that it belongs to {document.get('log')}, another log."
    if (record, version) in log.places or (log.whole and version > 1 and (record, version - 1) not in log.places):
        yield f"Entry {index}, {record} version {version}, is not a version behind the one before: an entry was dropped, doubled or moved."
    log.places[record, version] = index
    for name in touched:
        log.affected.setdefault(name, []).append(index)
    for pin in pinned:
        log.pins.setdefault(pin, []).append(record)
    if counts_from is not None:
        log.amended[record, version] = counts_from
    if kind in KEPT:
        log.kept.append(Entry(index, document))
    if kind == "event" and (listed := erasure_of(document.get("body"))):
        log.erasures[index] = listed
    log.named.update(log.held.intersection(digest.decode() for digest in DIGEST.findall(raw)))
    if b'"commitment"' in raw:
        for pointer, commitment in committed(document.get("body")):
            log.commitments.setdefault(commitment, set()).add(f"{record}{pointer}")


def _pins(document: Any) -> list[tuple[str, int]]:
    """The exact versions that a record builds on; a decision is about what it names, and builds on nothing."""
    refs = document["refs"] if document["kind"] != "decision" else ()
    return [(str(ref["id"]), int(ref["version"])) for ref in refs if "version" in ref]


def _counts_from(document: Any) -> str | None:
    """From when on an amended version counts; None for one that corrects another and counts with it."""
    change = document.get("change") or {}
    return str(change.get("effective_at", document.get("recorded_at"))) if change.get("type") == "amendment" else None


def erasure_of(body: Any) -> str | None:
    """The digest of the list of commitments that an erasure has emptied; None for any other body."""
    try:
        return str(body["erasure"]["commitments"]["sha256"])
    except (LookupError, TypeError):
        return None


def committed(value: Any, at: str = "") -> Iterable[tuple[str, str]]:
    """Yield pointer and commitment of every secret value of a body."""
    if isinstance(value, dict):
        if set(value) == {"commitment"} and isinstance(value["commitment"], str):
            yield at, value["commitment"]
            return
        for name, inner in value.items():
            yield from committed(inner, f"{at}/{name}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from committed(inner, f"{at}/{position}")
