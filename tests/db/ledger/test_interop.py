"""What strangers' programs say: sigstore's Python verifier reads our checkpoints and follows our proofs, also those made of tiles."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import verify_checkpoint
from sigstore._internal.trust import Keyring
from sigstore.errors import VerificationError
from sigstore_models.common import v1

from service.ledger import note, proof
from tests.db.ledger.made import STUDIO, item, write
from tests.db.ledger.test_tiles import TileReader

SIZE = 300


@pytest.fixture
def entries(ledger):
    made = [item(body={"n": number}) for number in range(SIZE)]
    for at in range(0, SIZE, 75):
        ledger.append(write(*made[at : at + 75]))
    return [each.bytes for each in made]


def keyring(verifier):
    public = Ed25519PublicKey.from_public_bytes(verifier.key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    # The bytes of a message are base64 in its constructor, as they are in its JSON.
    return Keyring([v1.PublicKey(raw_bytes=base64.b64encode(public), key_details=v1.PublicKeyDetails.PKIX_ED25519)])


def entry(verifier, written):
    """One of our proofs as their program holds one."""
    found = proof.parse(written)
    tree = note.parse_checkpoint(found.checkpoint)
    inclusion = SimpleNamespace(
        log_index=found.index, tree_size=tree.size, root_hash=tree.root, hashes=list(found.path),
        checkpoint=SimpleNamespace(envelope=found.checkpoint.decode()),
    )  # fmt: skip
    log = SimpleNamespace(key_id=verifier.key_id() + bytes(28))
    return SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=inclusion, canonicalized_body=found.extra, log_id=log))


@pytest.mark.parametrize("index", [0, 1, 127, 255, 256, 298, 299])
def test_sigstore_accepts_our_proofs_and_checkpoints(database, ledger, entries, index):
    verifier = ledger.verifier(STUDIO)
    with database.app(STUDIO) as conn:
        checkpoint = ledger.checkpoint(conn, STUDIO)
        stored = ledger.inclusion(conn, STUDIO, index, SIZE)
    from_tiles = TileReader(database, SIZE).inclusion(index, 0, SIZE)
    for path in (stored, from_tiles):
        theirs = entry(verifier, proof.prove(index, path, checkpoint, entries[index]))
        verify_merkle_inclusion(theirs)
        verify_checkpoint(keyring(verifier), theirs)


def test_and_refuses_what_is_not_so(database, ledger, entries):
    verifier = ledger.verifier(STUDIO)
    with database.app(STUDIO) as conn:
        checkpoint, path = ledger.checkpoint(conn, STUDIO), ledger.inclusion(conn, STUDIO, 7, SIZE)
    for wrong in (proof.prove(8, path, checkpoint, entries[7]), proof.prove(7, path, checkpoint, entries[8])):
        with pytest.raises(VerificationError):
            verify_merkle_inclusion(entry(verifier, wrong))
    other = note.Verifier(verifier.name, Ed25519PublicKey.from_public_bytes(bytes([9] + [0] * 30 + [1])).public_bytes_raw())
    with pytest.raises(VerificationError):
        verify_checkpoint(keyring(other), entry(verifier, proof.prove(7, path, checkpoint, entries[7])))
