"""Signed notes: the published example, what is refused, and that nothing else verifies."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from service.ledger import note
from service.ledger.note import Checkpoint, Malformed, Verifier

# The example of the format's first implementation.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()
TREE = Checkpoint("clearance.local/std_1", 12, bytes(range(32)))
SIGNED = note.sign(TREE, KEY, PUBLIC)
VERIFIER = Verifier(TREE.origin, PUBLIC)


def test_the_published_note_verifies():
    verifier = note.parse_verifier(PUBLISHED_KEY)
    assert verifier.text() == PUBLISHED_KEY
    assert verifier.checks(note.parse(PUBLISHED))
    assert note.parse(PUBLISHED).content() == PUBLISHED
    assert not verifier.checks(note.parse(PUBLISHED.replace(b"your problem is", b"my problem is")))


def test_a_checkpoint_goes_round():
    assert note.verify(SIGNED.content(), [VERIFIER]) == TREE
    assert note.parse(SIGNED.content()) == SIGNED
    assert note.parse_checkpoint(TREE.text()) == TREE
    assert SIGNED.origin == TREE.origin
    assert note.parse_verifier(VERIFIER.text()) == VERIFIER


def test_more_signatures_do_not_disturb():
    other = note.Signature("witness.example", b"\x01\x02\x03\x04", b"\x00" * 72)
    assert note.verify(note.Note(SIGNED.text, (other, *SIGNED.signatures)).content(), [VERIFIER]) == TREE


@pytest.mark.parametrize(
    "key",
    [
        Verifier(TREE.origin, Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)).public_key().public_bytes_raw()),
        Verifier("another", PUBLIC),
    ],
)
def test_another_key_or_name_does_not_verify(key):
    with pytest.raises(InvalidSignature):
        note.verify(SIGNED.content(), [key])


@given(st.data())
def test_no_changed_byte_verifies(data):
    content = bytearray(SIGNED.content())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises((Malformed, InvalidSignature)):
        note.verify(bytes(content), [VERIFIER])


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parser(content):
    with pytest.raises(Malformed):
        note.parse(content + b"x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n",
        "origin\n1\n",
        "\n1\n" + "A" * 43 + "=\n",
        "o\n01\n" + "A" * 43 + "=\n",
        "o\n-1\n" + "A" * 43 + "=\n",
        "o\n1\nAAAA\n",
        "o\n1\n!!\n",
    ],
)
def test_what_is_no_checkpoint(text):
    with pytest.raises(Malformed):
        note.parse_checkpoint(text.encode())


@pytest.mark.parametrize(
    "text", ["", "name", "name+00000000+AAAA", PUBLISHED_KEY.replace("c74f", "c74e"), PUBLISHED_KEY.replace("PeterN", "PeterM")]
)
def test_what_is_no_key(text):
    with pytest.raises(Malformed):
        note.parse_verifier(text)
