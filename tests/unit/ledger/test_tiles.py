"""Tiles as C2SP tlog-tiles has them: paths, widths, and that the tree they make up is the tree of the proofs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger import tile as tiles
from service.ledger.tile import Tile

# What the specification says of a tree of 70,000 leaves.
OF_70_000 = {(0, False): 273, (0, True): 112, (1, False): 1, (1, True): 17, (2, True): 1}


@pytest.mark.parametrize(
    ("index", "path"),
    [(0, "000"), (7, "007"), (999, "999"), (1_000, "x001/000"), (1_234_067, "x001/x234/067"), (70_000_000, "x070/x000/000")],
)
def test_an_index_is_written_in_threes(index, path):
    assert tiles.index_path(index) == path


def test_the_example_of_the_specification():
    found = {}
    for tile in tiles.of_tree(70_000):
        key = (tile.level, not tile.full)
        found[key] = tile.width if not tile.full else found.get(key, 0) + 1
    assert found == OF_70_000
    assert [(tile.level, tile.width) for tile in tiles.of_tree(256)] == [(0, 256), (1, 1)]
    assert list(tiles.of_tree(0)) == []


@pytest.mark.parametrize(
    "path",
    [
        "", "0", "0/", "0/0", "0/00", "0/0000", "0/x000/001", "0/001/001", "0/x001", "00/000", "64/000", "-1/000", "+1/000", "0/000.p/0",
        "0/000.p/256", "0/000.p/01", "0/000.p/", "0/000.p", "0/000/p/1", "entry/000", "entries/1", "entries/x1/000", "0/000.p/1/", "0//000",
        " 0/000", "0/000\n", "٠/000", "0/٠٠٠",
    ],
)  # fmt: skip
def test_what_is_no_tile(path):
    assert tiles.parse(path) is None


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**15), st.integers(1, 256))
def test_a_path_leads_back(level, index, width):
    tile = Tile(level, index, width)
    assert tiles.parse(tile.path.removeprefix("tile/")) == tile


@given(st.text(alphabet="0123456789x/.p", max_size=20))
def test_there_is_one_way_to_write_a_tile(text):
    found = tiles.parse(text)
    assert found is None or found.path == f"tile/{text}"


@given(st.integers(1, 2**40))
def test_the_tiles_of_a_tree_need_no_more_than_it(size):
    last = [(level, size >> 8 * level) for level in range(8)]
    for level, count in last:
        full, rest = divmod(count, 256)
        for tile in [*([Tile(level, full - 1)] if full else []), *([Tile(level, full, rest)] if rest else [])]:
            assert tile.needs <= size < tile.needs + (1 << 8 * (level + 1))


@given(st.lists(st.binary(max_size=300), max_size=30))
def test_a_bundle_splits_into_its_entries(entries):
    content = tiles.bundle(entries)
    assert tiles.split(content) == entries
    for cut in range(1, min(3, len(content))):
        try:
            assert tiles.split(content[:-cut]) != entries
        except ValueError:
            continue


@given(st.integers(0, 200_000), st.data())
def test_a_tile_belongs_to_a_tree_that_lists_it(size, data):
    listed = {tile.path for part in (tiles.of_tree(size), tiles.bundles(size)) for tile in part}
    level = data.draw(st.sampled_from([None, 0, 1, 2, 3]))
    count = size >> 8 * (level or 0)
    tile = Tile(
        level,
        data.draw(st.sampled_from([0, count // 256, max(0, count // 256 - 1), count // 256 + 1])),
        data.draw(st.sampled_from([256, count % 256 or 1, 1, 255])),
    )
    assert tiles.belongs(tile, size) == (tile.path in listed)
