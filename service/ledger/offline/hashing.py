"""The tree over a whole log, from the bytes of its entries up: bundle by bundle, in memory that grows with a hash for 256 entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from service.ledger.merkle import EMPTY_ROOT, HASH_BYTES
from service.ledger.tile import WIDTH, Tile, bundles, of_tree, split


@dataclass
class Hashed:
    """The tree over the entries that were there: how many, the roots of its full tiles, the leaves behind them, and what is wrong."""

    size: int = 0
    tiles: list[bytes] = field(default_factory=list)
    rest: list[bytes] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        return tree_root([*self.tiles, *([tree_root(self.rest)] if self.rest else [])])


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """Return the hash of each leaf (RFC 6962): SHA-256 over a zero byte and the entry."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def tree_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over neighbouring hashes of one level: pairs are hashed, a last one without a neighbour goes up as it is."""
    level = list(hashes)
    while len(level) > 1:
        odd = level[-1:] if len(level) & 1 else []
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0] if level else EMPTY_ROOT


def hash_log(read: Callable[[str], bytes], size: int, tile_of: Callable[[Tile], bytes | None]) -> Hashed:
    """Hash every entry of a log of `size`, and hold each hash tile of level 0 against them."""
    found = Hashed()
    for part in bundles(size):
        try:
            entries = split(read(part.path))
        except (OSError, ValueError) as fault:
            found.faults.append(
                f"{part.path} is missing or truncated ({fault}): the entries {part.begin:,} to {part.end - 1:,} are not all there."
            )
            return found
        leaves = leaf_hashes(entries)
        if len(leaves) != part.width:
            found.faults.append(_miscounted(part, len(leaves)))
        found.faults += _unlike(part, leaves, tile_of(Tile(0, part.index, part.width)))
        found.size += len(leaves)
        if len(leaves) == WIDTH:
            found.tiles.append(tree_root(leaves))
        else:
            found.rest += leaves
    return found


def _miscounted(part: Tile, count: int) -> str:
    what = "was dropped" if count < part.width else "was added"
    return f"{part.path} holds {count} entries and should hold {part.width}: an entry {what}."


def _unlike(part: Tile, leaves: list[bytes], content: bytes | None) -> Iterator[str]:
    """Say which entries are not those of the tile beside them, which is in turn held against the signed root."""
    path = Tile(0, part.index, part.width).path
    if content is None or len(content) != part.width * HASH_BYTES:
        yield f"{path} is missing or truncated: it has {len(content or b'')} of {part.width * HASH_BYTES} bytes."
        return
    if content == b"".join(leaves):
        return
    wanted = [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]
    if sorted(leaves) == sorted(wanted) and leaves != wanted:
        moved = [part.begin + at for at, leaf in enumerate(leaves) if leaf != wanted[at]]
        yield f"The entries {', '.join(map(str, moved[:6]))} stand in another order than in the tree: they were moved."
        return
    for at, (leaf, hashed) in enumerate(zip(leaves, wanted, strict=False)):
        if leaf != hashed:
            yield f"Entry {part.begin + at} is not the one in the tree: its bytes do not give the hash in {path}."
            return


def upper_tiles(hashed: Hashed, tile_of: Callable[[Tile], bytes | None]) -> Iterator[str]:
    """Yield what is wrong with the hash tiles above level 0."""
    levels: list[list[bytes]] = [[], hashed.tiles]
    for wanted in of_tree(hashed.size):
        if not wanted.level:
            continue
        while len(levels) <= wanted.level:
            below = levels[-1]
            levels.append([tree_root(below[at : at + WIDTH]) for at in range(0, len(below) - len(below) % WIDTH, WIDTH)])
        content = tile_of(wanted)
        if content != b"".join(levels[wanted.level][wanted.begin : wanted.end]):
            yield f"{wanted.path} is missing, truncated or not made of the entries below it."
