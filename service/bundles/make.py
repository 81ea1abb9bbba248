"""The bundle: everything that a person needs to check a log, or a part of it, on a machine without network and without us."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Final

from service import errors
from service.bundles import anchored, papers
from service.bundles.members import Member, listed, of_bytes, of_json
from service.bundles.papers import Papers
from service.bundles.select import Selection, chunks
from service.context import Context
from service.ledger import merkle, proof, tile, tiles
from service.ledger.entry import leaf_hash
from service.ledger.offline.content import ENTRIES, PROOFS
from service.ledger.offline.folder import ABOUT, FORMAT
from service.ledger.offline.generate import program
from service.ledger.offline.signed import CHECKPOINT
from service.records.model import instant
from service.rules.findings import EVALUATOR

VERIFIER: Final = "verify.py"
_CHUNK: Final = 256


def members(context: Context, selection: Selection) -> Iterator[Member]:
    """Yield the files of a bundle, the list of all of them last; nothing is held in memory beyond a few of them."""
    return listed(_members(context, selection))


def _members(context: Context, selection: Selection) -> Iterator[Member]:
    checkpoint = anchored.checkpoint(context, selection.size)
    newest = selection.size - 1 if selection.indices is None else max(selection.indices, default=0)
    yield of_bytes("README.txt", files("service.bundles").joinpath("README.txt").read_bytes())
    yield of_bytes(VERIFIER, program())
    yield of_json(ABOUT, _about(context, selection))
    yield of_bytes(CHECKPOINT, checkpoint)
    yield from anchored.members(context, selection.size, newest)
    found = Papers()
    if selection.indices is None:
        yield from _log(context, selection.size, found)
        yield from _proofs(context, found.proved, selection.size, checkpoint, whole=True)
    else:
        yield from _entries(context, selection.indices, selection.size, checkpoint, found)
    yield from papers.packs(context, found)
    yield from papers.contents(context, found)
    yield from papers.disclosures(context, selection)


def _about(context: Context, selection: Selection) -> dict[str, object]:
    told: dict[str, object] = {
        "format": FORMAT, "log": context.ledger.origin(context.studio_id), "size": selection.size, "whole": selection.indices is None,
        "asked": selection.wanted.document(), "made_at": instant(context.now), "made_by": context.actor.account_id, "evaluator": EVALUATOR,
    }  # fmt: skip
    if selection.indices is not None:
        told |= {"entries": len(selection.indices), "outside_your_productions": selection.hidden}
    return told


def _log(context: Context, size: int, found: Papers) -> Iterator[Member]:
    """Every bundle of entries, then every tile of hashes."""
    for part in tile.bundles(size):
        content = _tile(context, part)
        for index, raw in enumerate(tile.split(content), part.begin):
            found.note(index, raw)
        yield of_bytes(part.path, content)
    for part in tile.of_tree(size):
        yield of_bytes(part.path, _tile(context, part))


def _tile(context: Context, part: tile.Tile) -> bytes:
    with _whole():
        return tiles.read(context.conn, context.studio_id, part)


def _proofs(context: Context, indices: Sequence[int], size: int, checkpoint: bytes, *, whole: bool) -> Iterator[Member]:
    """A file for each entry that proves it alone; in a selection the entry itself lies beside it."""
    paths = _Checked(context, size)
    for part in chunks(indices, _CHUNK):
        entries = _bytes(context, part)
        for index in part:
            if not whole:
                yield of_bytes(f"{ENTRIES}{index}.json", entries[index])
            path = paths.inclusion(index, entries[index])
            yield of_bytes(f"{PROOFS}{index}.tlog-proof", proof.prove(index, path, checkpoint, entries[index]))


def _entries(context: Context, indices: Sequence[int], size: int, checkpoint: bytes, found: Papers) -> Iterator[Member]:
    for member in _proofs(context, indices, size, checkpoint, whole=False):
        if member.path.startswith(ENTRIES):
            found.note(0, b"".join(member.pieces()))
        yield member


def _bytes(context: Context, indices: list[int]) -> dict[int, bytes]:
    rows = context.conn.execute("SELECT index, bytes FROM entry WHERE studio_id = %s AND index = ANY(%s)", (context.studio_id, indices))
    return dict(rows.fetchall())


class _Checked:
    """Inclusion paths that are checked before they are handed out."""

    def __init__(self, context: Context, size: int) -> None:
        self._size = size
        self._tree = tiles.Tree(context.conn, context.studio_id, size)
        with _whole():
            self._root = self._tree.root(0, size)

    def inclusion(self, index: int, entry: bytes) -> tuple[bytes, ...]:
        """Return the path of an entry; raises `Unavailable` where the log does not prove it."""
        with _whole():
            path = self._tree.inclusion(index)
        if not merkle.verify_inclusion(index, self._size, leaf_hash(entry), path, self._root):
            raise _damaged()
        return path


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except LookupError as fault:
        raise _damaged() from fault


def _damaged() -> errors.Unavailable:
    return errors.Unavailable("The log does not prove what it should; `clearance ledger fsck` names the fault.", "log_damaged")
