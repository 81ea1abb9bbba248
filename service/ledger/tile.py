"""Tiles (C2SP tlog-tiles): a tree in runs of 256 hashes and a log in bundles of 256 entries, under stable paths.

Pure and of the standard library alone, so that the offline verifier can carry it along.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

STEP = 8
"""Every eighth level of the tree is written down; those between are worked out from it."""
WIDTH = 1 << STEP
"""The hashes of a full tile, and the entries of a full bundle."""
TOP = 7
"""The highest level that an index of 64 bits can reach; C2SP allows paths up to level 63."""

_LEVEL = re.compile(r"0|[1-9][0-9]?")
_INDEX = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}")
_PARTIAL = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: `level` None is a bundle of entries; `width` hashes or entries of the WIDTH that it may hold."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def full(self) -> bool:
        """Whether it holds all it ever will."""
        return self.width == WIDTH

    @property
    def begin(self) -> int:
        """The first position within its level."""
        return self.index * WIDTH

    @property
    def end(self) -> int:
        """The position behind its last."""
        return self.begin + self.width

    @property
    def needs(self) -> int:
        """The size of the smallest tree that has this tile."""
        return self.end << STEP * (self.level or 0)

    @property
    def path(self) -> str:
        """Its path below the log's address."""
        level = "entries" if self.level is None else str(self.level)
        return f"tile/{level}/{index_path(self.index)}" + ("" if self.full else f".p/{self.width}")


def index_path(index: int) -> str:
    """Return an index in elements of three digits, all but the last marked: 1234067 is `x001/x234/067`."""
    parts = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        parts.append(f"x{index % 1000:03}")
    return "/".join(reversed(parts))


def parse(path: str) -> Tile | None:
    """Return the tile that a path below `tile/` names, or `None`: there is one way to write each."""
    level, _, rest = path.partition("/")
    index, dot, width = rest.partition(".p/")
    if level != "entries" and (not _LEVEL.fullmatch(level) or int(level) > 63):
        return None
    if not _INDEX.fullmatch(index) or (dot and not _PARTIAL.fullmatch(width)):
        return None
    tile = Tile(None if level == "entries" else int(level), int(index.replace("x", "").replace("/", "")), int(width) if dot else WIDTH)
    return tile if tile.path == f"tile/{path}" else None


def belongs(tile: Tile, size: int) -> bool:
    """Tell whether a tree of `size` has exactly this tile: full ones as far as they go, and behind them one of the width that is left."""
    full, rest = divmod(size >> STEP * (tile.level or 0), WIDTH)
    return tile.index < full if tile.full else (tile.index, tile.width) == (full, rest)


def of_tree(size: int) -> Iterator[Tile]:
    """Yield every hash tile of a tree, level by level from the leaves; the last of a level may be partial."""
    for level in range(TOP + 1):
        yield from _of_level(level, size >> STEP * level)


def bundles(size: int) -> Iterator[Tile]:
    """Yield every bundle of entries of a log."""
    yield from _of_level(None, size)


def _of_level(level: int | None, count: int) -> Iterator[Tile]:
    full, rest = divmod(count, WIDTH)
    for index in range(full):
        yield Tile(level, index)
    if rest:
        yield Tile(level, full, rest)


def bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries, each behind its length in 16 bits."""
    return b"".join([len(content).to_bytes(2, "big") + content for content in entries])


def split(content: bytes) -> list[bytes]:
    """Return the entries of a bundle; raises `ValueError` where it ends within one."""
    entries, at, end = [], 0, len(content)
    while at + 1 < end:
        begin = at + 2
        at = begin + (content[at] << 8 | content[at + 1])
        entries.append(content[begin:at])
    if at != end:
        raise ValueError("the bundle ends within an entry")
    return entries
