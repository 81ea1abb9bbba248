"""The tree against the published vectors of RFC 6962's authors, and against a naive tree on random histories."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger import merkle
from service.ledger.entry import leaf_hash
from service.ledger.merkle import Growth

# The test inputs and roots that the implementations of Certificate Transparency share.
INPUTS = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATH_5_OF_8 = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
PATH_6_TO_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
LEAVES = [sha256(bytes([number & 255, number >> 8])).digest() for number in range(700)]


def naive(leaves):
    """The definition of RFC 6962 section 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + naive(leaves[:k]) + naive(leaves[k:])).digest()


@st.composite
def histories(draw):
    """Sizes that a log went through, rising from zero."""
    steps = draw(st.lists(st.integers(1, 40), min_size=1, max_size=5))
    sizes = [0]
    for step in steps:
        sizes.append(sizes[-1] + step)
    return sizes


def grown(sizes):
    frontier = ()
    for before, after in pairwise(sizes):
        growth = Growth(before, frontier, LEAVES[before:after])
        frontier = growth.frontier
        yield growth


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size):
    assert Growth(0, (), [leaf_hash(content) for content in INPUTS[:size]]).root.hex() == ROOTS[size]


def test_published_proofs():
    leaves = [leaf_hash(content) for content in INPUTS]
    assert [each.hex() for each in Growth(0, (), leaves).inclusion(5)] == PATH_5_OF_8
    six = Growth(0, (), leaves[:6])
    assert [each.hex() for each in Growth(6, six.frontier, leaves[6:]).consistency()] == PATH_6_TO_8


@given(histories())
def test_a_grown_tree_is_the_naive_one(sizes):
    for growth in grown(sizes):
        assert growth.root == naive(LEAVES[: growth.size])
        assert merkle.fold(merkle.unpack(growth.size, merkle.pack(growth.frontier))) == growth.root


@given(histories())
def test_proofs_of_new_leaves_verify_and_equal_those_from_stored_hashes(sizes):
    for growth in grown(sizes):
        for index in range(growth.old_size, growth.size, 5):
            path = growth.inclusion(index)
            assert merkle.verify_inclusion(index, growth.size, LEAVES[index], path, growth.root)
            assert path == tuple(naive(LEAVES[begin:end]) for begin, end in merkle.inclusion_ranges(index, growth.size))


@given(histories())
def test_consistency_proofs_verify_and_equal_those_from_stored_hashes(sizes):
    for growth in grown(sizes):
        path = growth.consistency()
        assert merkle.verify_consistency(growth.old_size, growth.size, naive(LEAVES[: growth.old_size]), growth.root, path)
        assert path == tuple(naive(LEAVES[begin:end]) for begin, end in merkle.consistency_ranges(growth.old_size, growth.size))


@given(st.integers(1, 300), st.data())
def test_a_proof_proves_nothing_else(size, data):
    index = data.draw(st.integers(0, size - 1))
    growth = Growth(0, (), LEAVES[:size])
    path, root = growth.inclusion(index), growth.root
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index)) if size > 1 else None
    assert not merkle.verify_inclusion(index, size, LEAVES[-1], path, root)
    assert not merkle.verify_inclusion(index, size, LEAVES[index], [*path, root], root)
    assert not merkle.verify_inclusion(size, size, LEAVES[index], path, root)
    if other is not None:
        assert not merkle.verify_inclusion(other, size, LEAVES[index], path, root)
        assert not merkle.verify_inclusion(index, size, LEAVES[index], path[:-1], root)
        at = data.draw(st.integers(0, len(path) - 1))
        assert not merkle.verify_inclusion(index, size, LEAVES[index], [*path[:at], LEAVES[-1], *path[at + 1 :]], root)


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_another_history_is_not_consistent(first, more, data):
    before = Growth(0, (), LEAVES[:first])
    after = Growth(first, before.frontier, LEAVES[first : first + more])
    path = after.consistency()
    changed = list(LEAVES[: first + more])
    changed[data.draw(st.integers(0, first - 1))] = LEAVES[-1]
    other = Growth(0, (), changed)
    assert not merkle.verify_consistency(first, after.size, before.root, other.root, path)
    assert not merkle.verify_consistency(after.size, first, after.root, before.root, path)
    assert not merkle.verify_consistency(first, first, before.root, after.root, ())


def test_sizes_that_cannot_be():
    with pytest.raises(ValueError, match="frontier"):
        Growth(3, (LEAVES[0],), [])
    with pytest.raises(ValueError, match="frontier"):
        merkle.unpack(3, bytes(32))
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_ranges(4, 4)
    with pytest.raises(ValueError, match="growth"):
        merkle.consistency_ranges(5, 4)
    with pytest.raises(ValueError, match="not among"):
        Growth(2, Growth(0, (), LEAVES[:2]).frontier, LEAVES[2:4]).inclusion(1)
    assert not merkle.verify_inclusion(-1, 1, LEAVES[0], (), LEAVES[0])
    assert not merkle.verify_consistency(2, 3, LEAVES[0], LEAVES[1], ())
