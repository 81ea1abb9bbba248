"""The Merkle tree of RFC 6962 (the same hashing as RFC 9162): growing it from its frontier, proofs, and checking them.

Pure: values in, values out. Hashes are 32 bytes of SHA-256. A tree of `size` leaves is cut into perfect subtrees, one for
every one bit of `size`, largest first; their roots are the *frontier*. It is all that appending needs, and together with the
new leaves all that proofs of the new leaves need. A *range* is a pair (begin, end) of leaf positions; a *node* is a pair
(level, position) and covers the leaves from `position << level`, 2^level of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Range = tuple[int, int]
Node = tuple[int, int]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 over a one byte and both children."""
    return sha256(b"\x01" + left + right).digest()


def fold(parts: Sequence[bytes]) -> bytes:
    """Return the root over neighbouring subtrees of falling size, left to right; of a frontier, the tree's root."""
    if not parts:
        return EMPTY_ROOT
    root = parts[-1]
    for left in reversed(parts[:-1]):
        root = node_hash(left, root)
    return root


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes."""
    level = list(hashes)
    while len(level) > 1:
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def pack(frontier: Sequence[bytes]) -> bytes:
    """Return a frontier as bytes."""
    return b"".join(frontier)


def unpack(size: int, content: bytes) -> tuple[bytes, ...]:
    """Return the frontier of a tree of `size` from its bytes; raises `ValueError` if it is not one."""
    if len(content) != size.bit_count() * HASH_BYTES:
        raise ValueError(f"a frontier of {size} leaves has {size.bit_count()} hashes")
    return tuple(content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES))


class Growth:
    """A tree grown from `old_size` to `size` leaves: its root, its frontier, and proofs about what is new.

    Keeps only the nodes that changed: O(new leaves + log size) time and space.
    """

    def __init__(self, old_size: int, frontier: Sequence[bytes], leaves: Sequence[bytes]) -> None:
        if len(frontier) != old_size.bit_count():
            raise ValueError(f"a frontier of {old_size} leaves has {old_size.bit_count()} hashes, not {len(frontier)}")
        self.old_size = old_size
        self.size = old_size + len(leaves)
        self.leaves = leaves
        self._levels: list[Sequence[bytes]] = []
        """For every level the complete nodes from the old frontier's on, which always stands at an even position."""
        self._tails: list[bytes | None] = [None]
        """For every level the root over what lies to the right of its complete nodes, if anything does."""
        self.frontier = self._grow(list(frontier), leaves)
        self.root = self._tails[-1] or EMPTY_ROOT

    def _grow(self, old: list[bytes], new: Sequence[bytes]) -> tuple[bytes, ...]:
        """Fill levels and tails from the leaves up and return the new frontier; this runs for every log of every batch."""
        frontier: list[bytes] = []
        tail: bytes | None = None
        for level in range(self.size.bit_length()):
            row = [old.pop(), *new] if self.old_size >> level & 1 else new
            self._levels.append(row)
            if self.size >> level & 1:
                last = row[-1]
                frontier.append(last)
                tail = last if tail is None else sha256(b"\x01" + last + tail).digest()
            self._tails.append(tail)
            if len(row) > 1:
                new = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
            else:  # above the new leaves' last carry: most levels of a large log
                new = ()
        return tuple(frontier[::-1])

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """Return the inclusion proof (RFC 9162 section 2.1.3.1) of a new leaf in the tree of `size`."""
        if not self.old_size <= index < self.size:
            raise ValueError(f"leaf {index} is not among the new ones")
        return tuple(self._path(0, index))

    def consistency(self) -> tuple[bytes, ...]:
        """Return the proof (RFC 9162 section 2.1.4.1) that the tree of `old_size` is the beginning of this one.

        It is the path of the old tree's smallest perfect subtree, with that itself in front unless it is the whole old tree.
        """
        if self.old_size in {0, self.size}:
            return ()
        level = (self.old_size & -self.old_size).bit_length() - 1
        position = (self.old_size >> level) - 1
        path = self._path(level, position)
        return tuple(path) if position == 0 else (self._levels[level][0], *path)

    def _path(self, level: int, position: int) -> list[bytes]:
        """Return the siblings on the way from a node up to the root; it is a new one, or the old tree's smallest perfect subtree."""
        path: list[bytes] = []
        for above in range(level, (self.size - 1).bit_length()):
            sibling = position ^ 1
            complete = self.size >> above
            if sibling < complete:
                path.append(self._levels[above][sibling - (self.old_size >> above & ~1)])
            elif sibling == complete and (tail := self._tails[above]) is not None:
                path.append(tail)
            position >>= 1
        return path


def nodes(begin: int, end: int) -> Iterator[Node]:
    """Yield the perfect subtrees that make up a range which a proof asks for, largest first.

    `begin` must be a multiple of the largest one's size, as it is in every range of a proof.
    """
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the ranges whose roots are the inclusion proof of a leaf, lowest first."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    begin, end = 0, size
    path: list[Range] = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    return path[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """Return the ranges whose roots are the proof that the tree of `first` leaves is the beginning of that of `second`."""
    if not 0 <= first <= second:
        raise ValueError(f"{first} to {second} is no growth")
    if first in {0, second}:
        return []
    begin, end, whole = 0, second, True
    path: list[Range] = []
    while end != first:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin, whole = middle, False
    return ([] if whole else [(begin, end)]) + path[::-1]


def _split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a leaf hash stands at `index` of the tree with this size and root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether one tree is the beginning of another (RFC 9162 section 2.1.4.2); the empty tree is that of every one."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    if first == 0:
        return not path and first_root == EMPTY_ROOT
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not steps:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
