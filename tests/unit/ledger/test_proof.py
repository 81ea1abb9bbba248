"""Proofs of single entries (C2SP tlog-proof): the published form, round trips, and what is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger import merkle, proof
from service.ledger.entry import leaf_hash
from service.ledger.proof import BadProof, Proof

CHECKPOINT = b"example.com/log\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 example.com/log AAAA\n"
# Line for line as the specification has it: the version, extra data, the index, hashes, an empty line, the checkpoint.
WRITTEN = b"c2sp.org/tlog-proof@v1\nextra eA==\nindex 2\n" + base64.b64encode(bytes(32)) + b"\n\n" + CHECKPOINT


def test_the_form_of_the_specification():
    assert proof.parse(WRITTEN) == Proof(2, (bytes(32),), CHECKPOINT, b"x")
    assert proof.prove(2, [bytes(32)], CHECKPOINT, b"x") == WRITTEN
    bare = WRITTEN.replace(b"extra eA==\n", b"")
    assert proof.parse(bare) == Proof(2, (bytes(32),), CHECKPOINT)
    assert proof.parse(bare).content() == bare


@given(st.integers(1, 300), st.data())
def test_a_proof_goes_round_and_still_proves(size, data):
    index = data.draw(st.integers(0, size - 1))
    grown = merkle.Growth(0, (), [leaf_hash(str(number).encode()) for number in range(size)])
    found = proof.parse(proof.prove(index, grown.inclusion(index), CHECKPOINT, str(index).encode()))
    assert (found.index, found.checkpoint, found.extra) == (index, CHECKPOINT, str(index).encode())
    assert merkle.verify_inclusion(index, size, leaf_hash(found.extra), found.path, grown.root)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"), (b"index 2", b"index 02"), (b"index 2", b"index -1"), (b"index 2", b"index"), (b"index 2\n", b""), (b"eA==", b"e"),
        (b"extra", "éxtra".encode()), (b"AAA=\n\n", b"AAA=\n"), (b"\n\n", b"\n!\n\n"), (b"AAA=\n\n", b"A\n\n"), (b"index 2", b"index 99999999999999999999"),
    ],
)  # fmt: skip
def test_what_is_no_proof(old, new):
    with pytest.raises(BadProof):
        proof.parse(
            WRITTEN.replace(old, new, 1) if old != b"AAA=\n\n" else WRITTEN.partition(b"\n\n")[0].replace(b"AAA=", new.strip() or b"AA")
        )


@given(st.binary(max_size=100))
def test_no_bytes_crash_the_parser(content):
    for tried in (content, b"c2sp.org/tlog-proof@v1\n" + content):
        try:
            proof.parse(tried)
        except BadProof:
            continue
