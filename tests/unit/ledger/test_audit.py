"""Following a log from outside: growth passes, anything else is named."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ledger import audit, note
from service.ledger.audit import Broken, Followed
from service.ledger.entry import encode, leaf_hash
from service.ledger.merkle import Growth
from service.ledger.note import Checkpoint, Verifier

ORIGIN = "clearance.local/std_1"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()
ENTRIES = [encode({"n": number}) for number in range(20)]
START = Followed(Verifier(ORIGIN, PUBLIC).text())


def signed(entries, key=KEY, origin=ORIGIN):
    root = Growth(0, (), [leaf_hash(content) for content in entries]).root
    return note.sign(Checkpoint(origin, len(entries), root), key, key.public_key().public_bytes_raw()).content()


def follow(followed, entries, handed=None):
    checkpoint = audit.signed(followed, signed(entries))
    return audit.advance(followed, checkpoint, entries[followed.size :] if handed is None else handed)


def test_a_growing_log_holds():
    first = follow(START, ENTRIES[:7])
    kept = Followed.from_document(first.document())
    assert kept == first
    assert follow(kept, ENTRIES).size == 20
    assert follow(kept, ENTRIES[:7]) == kept


def test_a_changed_entry_behind_is_found():
    followed = follow(START, ENTRIES[:7])
    changed = [encode({"n": "changed"}), *ENTRIES[1:]]
    with pytest.raises(Broken, match="one of the first 7 was changed"):
        follow(followed, changed)


def test_a_shorter_log_is_found():
    with pytest.raises(Broken, match="taken away"):
        follow(follow(START, ENTRIES[:7]), ENTRIES[:6])


def test_entries_that_are_withheld_or_replaced_are_found():
    with pytest.raises(Broken, match="19 were handed out"):
        follow(START, ENTRIES, ENTRIES[:-1])
    with pytest.raises(Broken, match="do not give the signed root"):
        follow(START, ENTRIES, [*ENTRIES[:-1], b"{}"])


def test_another_key_and_another_log_are_found():
    other = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
    with pytest.raises(Broken, match="not signed"):
        audit.signed(START, signed(ENTRIES, other))
    with pytest.raises(Broken, match="not signed"):
        audit.signed(START, signed(ENTRIES, origin="clearance.local/std_2"))
    with pytest.raises(Broken, match="not signed"):
        audit.signed(START, b"no note")


@pytest.mark.parametrize("document", [{}, {"key": "x", "size": 0, "frontier": []}, {"key": START.key, "size": 1, "frontier": [5]}])
def test_a_file_that_is_not_ours(document):
    with pytest.raises(Broken):
        Followed.from_document(document)
