"""Tiles out of the database: the bytes of the entries, the hashes of the tree, and proofs that are worked out from tiles alone."""

from __future__ import annotations

import random
from hashlib import sha256

import psycopg
import pytest

from service.ledger import tile as paths
from service.ledger import tiles
from service.ledger.entry import leaf_hash
from service.ledger.tile import Tile
from tests.db.ledger.made import STUDIO, item, write

SIZE = 600


@pytest.fixture
def entries(ledger):
    """A log of SIZE entries, in appends of several sizes."""
    made = []
    while len(made) < SIZE:
        some = [item(body={"n": len(made) + number}) for number in range(min(97, SIZE - len(made)))]
        ledger.append(write(*some))
        made += [each.bytes for each in some]
    return made


def hashes(database, level, index, width):
    with database.app(STUDIO) as conn:
        content = tiles.read(conn, STUDIO, Tile(level, index, width))
    return [content[at : at + 32] for at in range(0, len(content), 32)]


def naive(leaves):
    """RFC 6962 section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + naive(leaves[:k]) + naive(leaves[k:])).digest()


def test_hash_tiles_are_the_tree_of_the_specification(database, entries):
    leaves = [leaf_hash(content) for content in entries]
    for tile in paths.of_tree(SIZE):
        step = 256**tile.level
        wanted = [naive(leaves[at * step : (at + 1) * step]) for at in range(tile.begin, tile.end)]
        assert hashes(database, tile.level, tile.index, tile.width) == wanted


def test_bundles_are_the_entries(database, entries):
    found = []
    with database.app(STUDIO) as conn:
        for tile in paths.bundles(SIZE):
            content = tiles.read(conn, STUDIO, tile)
            while content:
                length = int.from_bytes(content[:2], "big")
                found.append(content[2 : 2 + length])
                content = content[2 + length :]
    assert found == entries


class TileReader:
    """Proofs as a stranger works them out: from tiles of one tree and nothing else, each hash by the definition of RFC 6962."""

    def __init__(self, database, size):
        self.database, self.size, self.kept = database, size, {}

    def node(self, level, position):
        """The hash of a perfect subtree of 2^level leaves."""
        below = level % 8
        first, row = position << below, level // 8
        return naive([self.at(row, first + offset) for offset in range(1 << below)])

    def at(self, row, position):
        if (row, position // 256) not in self.kept:
            count = self.size >> 8 * row
            width = min(256, count - position // 256 * 256)
            self.kept[row, position // 256] = hashes(self.database, row, position // 256, width)
        return self.kept[row, position // 256][position % 256]

    def root(self, begin, end):
        if end - begin & end - begin - 1 == 0:
            level = (end - begin).bit_length() - 1
            return self.node(level, begin >> level)
        k = 1 << (end - begin - 1).bit_length() - 1
        return sha256(b"\x01" + self.root(begin, begin + k) + self.root(begin + k, end)).digest()

    def inclusion(self, index, begin, end):
        if end - begin == 1:
            return []
        k = begin + (1 << (end - begin - 1).bit_length() - 1)
        if index < k:
            return [*self.inclusion(index, begin, k), self.root(k, end)]
        return [*self.inclusion(index, k, end), self.root(begin, k)]


def test_proofs_from_tiles_are_the_proofs_of_the_log(database, ledger, entries):
    draw = random.Random(4)
    for size in (1, 2, 255, 256, 257, 511, 513, SIZE):
        reader = TileReader(database, size)
        with database.app(STUDIO) as conn:
            for index in {0, size - 1, draw.randrange(size)}:
                assert tuple(reader.inclusion(index, 0, size)) == ledger.inclusion(conn, STUDIO, index, size)
    assert reader.root(0, SIZE) == ledger.mark(STUDIO).checkpoint.root


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 512, 513, SIZE])
def test_many_paths_at_once_are_the_paths_of_the_log(database, ledger, entries, size):
    with database.app(STUDIO) as conn:
        found = tiles.Tree(conn, STUDIO, size, tiles.Kept(3))
        for index in sorted({*range(0, size, 37), size - 1}):
            assert found.inclusion(index) == ledger.inclusion(conn, STUDIO, index, size)


def test_what_was_read_once_is_proved_without_asking(database, ledger, entries):
    with database.app(STUDIO) as conn:
        before = ledger.inclusion(conn, STUDIO, 5, SIZE), ledger.consistency(conn, STUDIO, 300, SIZE)
    assert (ledger.inclusion(None, STUDIO, 5, SIZE), ledger.consistency(None, STUDIO, 300, SIZE)) == before
    ledger.append(write())
    with database.app(STUDIO) as conn:
        after = ledger.inclusion(conn, STUDIO, 5, SIZE + 1)
    assert after != before[0]


def test_what_is_kept_is_bounded():
    kept = tiles.Kept(2)
    for number in range(3):
        kept.put((STUDIO, 0, number, 256), (bytes([number]),))
    assert [kept.get((STUDIO, 0, number, 256)) for number in range(3)] == [None, (b"\x01",), (b"\x02",)]


def test_deriving_again_writes_nothing(database, database_url, entries):
    hashes(database, 1, 0, 2)
    with psycopg.connect(database_url) as conn:
        before = conn.execute("SELECT xmin, * FROM subtree ORDER BY 2, 3, 4").fetchall()
    hashes(database, 1, 0, 2)
    with psycopg.connect(database_url) as conn:
        assert conn.execute("SELECT xmin, * FROM subtree ORDER BY 2, 3, 4").fetchall() == before
    assert len(before) == 2


def test_a_hole_is_no_tile(database, database_url, entries):
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("DELETE FROM entry WHERE index = 3")
    with database.app(STUDIO) as conn:
        for tile in (Tile(None, 0), Tile(0, 0), Tile(1, 0, 1)):
            with pytest.raises(LookupError):
                tiles.read(conn, STUDIO, tile)
