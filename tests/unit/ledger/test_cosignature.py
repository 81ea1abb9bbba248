"""Cosignatures: the published examples, what a witness signs to the byte, and that nothing else verifies."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from service.ledger import cosignature, note
from service.ledger.cosignature import Cosigner
from service.ledger.note import Checkpoint, Malformed, Signature

# The example of the specification: a checkpoint with the log's signature and a witness's (their keys are not published).
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()
EXAMPLE_MESSAGE = b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
# The key of a witness of the public network.
PUBLIC_WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
COSIGNER = Cosigner("legal.example/witness", KEY.public_key().public_bytes_raw())
TEXT = Checkpoint("clearance.local/std_1", 12, bytes(range(32))).text()
LINE = cosignature.cosign(TEXT, COSIGNER.name, KEY, 1_790_000_000)


def test_the_example_of_the_specification_is_read():
    signed = note.parse(EXAMPLE)
    (_, line) = signed.signatures
    assert (line.name, line.key_id.hex(), len(line.signature)) == ("witness.example.com/w1", "8d66cf3f", 72)
    assert int.from_bytes(line.signature[:8], "big") == 1_679_315_147
    assert cosignature.message(signed.text, 1_679_315_147) == EXAMPLE_MESSAGE
    assert signed.content() == EXAMPLE


def test_a_public_witness_key_is_read():
    witness = cosignature.parse_cosigner(PUBLIC_WITNESS)
    assert (witness.name, witness.key_id().hex(), witness.text()) == ("remora.n621.de", "da77ade7", PUBLIC_WITNESS)


def test_a_cosignature_is_what_the_specification_says():
    assert COSIGNER.time(TEXT, LINE) == 1_790_000_000
    assert LINE.signature[:8] == (1_790_000_000).to_bytes(8, "big")
    KEY.public_key().verify(LINE.signature[8:], b"cosignature/v1\ntime 1790000000\n" + TEXT)
    assert cosignature.parse_lines(LINE.line()) == (LINE,)
    assert COSIGNER.lines(note.parse(TEXT + b"\n" + LINE.line())) == (LINE,)


@given(st.data())
def test_no_changed_byte_verifies(data):
    content = bytearray(LINE.signature)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert COSIGNER.time(TEXT, Signature(LINE.name, LINE.key_id, bytes(content))) is None


@pytest.mark.parametrize(
    "line",
    [
        Signature("another", LINE.key_id, LINE.signature),
        Signature(LINE.name, b"\x00" * 4, LINE.signature),
        Signature(LINE.name, LINE.key_id, LINE.signature[8:]),
        Signature(LINE.name, LINE.key_id, LINE.signature + b"\x00"),
        Signature(LINE.name, LINE.key_id, b""),
    ],
)
def test_another_name_key_or_length_is_none_of_it(line):
    assert COSIGNER.time(TEXT, line) is None


def test_another_text_is_not_cosigned():
    assert COSIGNER.time(TEXT.replace(b"12", b"13"), LINE) is None


def test_a_logs_signature_is_no_cosignature_though_the_key_is_one():
    plain = note.sign(note.parse_checkpoint(TEXT), KEY, COSIGNER.key).signatures[0]
    assert COSIGNER.time(TEXT, Signature(COSIGNER.name, COSIGNER.key_id(), b"\x00" * 8 + plain.signature)) is None
    with pytest.raises(Malformed):
        note.parse_verifier(COSIGNER.text())
    with pytest.raises(Malformed):
        cosignature.parse_cosigner(note.Verifier(COSIGNER.name, COSIGNER.key).text())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        PUBLIC_WITNESS.replace("da77ade7", "00000000"),
        PUBLIC_WITNESS.replace("remora", "ramora"),
        PUBLIC_WITNESS[:-4],
        "a b+" + PUBLIC_WITNESS.partition("+")[2],
    ],
)
def test_what_is_no_witness_key_is_refused(text):
    with pytest.raises(Malformed):
        cosignature.parse_cosigner(text)


@pytest.mark.parametrize("content", [b"", b"\n", LINE.line()[:-1], b"\xff\n", b"- a " + base64.b64encode(b"x" * 76) + b"\n"])
def test_what_is_no_signature_line_is_refused(content):
    with pytest.raises(Malformed):
        cosignature.parse_lines(content)
