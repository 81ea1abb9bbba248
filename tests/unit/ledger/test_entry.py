"""Canonical bytes: the profile, its refusals, and agreement with a literal implementation of RFC 8785."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Invalid, TooLarge
from service.ledger.entry import DEPTH, LIMIT, encode, leaf_hash
from tests.vectors.ledger import make

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
NAME = st.text(st.characters(max_codepoint=0xFFFF, exclude_characters="\x00", exclude_categories=["Cs"]))
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAME, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(NAME, VALUE, max_size=6))
def test_the_bytes_are_those_of_rfc_8785(document):
    assert encode(document) == rfc8785.dumps(document)


@given(st.dictionaries(NAME, VALUE, max_size=6))
def test_reading_and_writing_again_gives_the_same_bytes(document):
    content = encode(document)
    assert encode(json.loads(content)) == content


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"a": {"b": 1.0}}, "/a/b"),
        ({"a": [1, 2**53]}, "/a/1"),
        ({"a": -(2**53)}, "/a"),
        ({"a": "x\x00"}, "/a"),
        ({"a": "ü\x00"}, "/a"),
        ({"a": "\ud800"}, "/a"),
        ({"a\udfff": 1}, ""),
        ({"\U0001f3ac": 1}, ""),
        ({1: 2}, ""),
        ({"a": b"bytes"}, "/a"),
    ],
)
def test_what_is_outside_the_profile_is_refused_with_its_place(document, pointer):
    with pytest.raises(Invalid) as refusal:
        encode(document)
    assert [error.pointer for error in refusal.value.errors] == [pointer]


def test_depth_is_limited():
    document = {}
    for _ in range(DEPTH):
        document = {"a": document}
    with pytest.raises(Invalid):
        encode(document)
    assert encode(document["a"])


def test_an_entry_fits_into_sixteen_bits_of_length():
    assert len(encode({"a": "x" * (LIMIT - len('{"a":""}'))})) == LIMIT
    with pytest.raises(TooLarge):
        encode({"a": "x" * (LIMIT - len('{"a":""}') + 1)})


def test_an_empty_leaf_hashes_as_published():
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_the_golden_vectors_have_not_changed():
    assert json.loads(make.FILE.read_text("utf-8")) == json.loads(json.dumps(make.golden()))
