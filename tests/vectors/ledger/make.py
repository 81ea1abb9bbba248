"""Write golden.json: canonical bytes, trees, proofs and notes from fixed keys and leaves.

Run by hand: `python -m tests.vectors.ledger.make`. A test makes them again and wants no difference: whatever changes these
bytes would make every log that exists unverifiable.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ledger import merkle, note
from service.ledger.entry import encode, leaf_hash
from service.ledger.note import Checkpoint, Verifier

FILE = Path(__file__).with_name("golden.json")
ORIGIN = "clearance.local/std_00000000000000000000000000"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIZES = (1, 2, 3, 7, 8, 13, 256, 300)
DOCUMENTS: tuple[dict[str, Any], ...] = (
    {},
    {"b": 1, "a": [True, None, -0, 2**53 - 1], "": "empty name"},
    {"text": 'quote " slash / backslash \\ tab \t newline \n bell \u0007 delete \u007f', "höhe": "€ ü 𝄞 ﬃ", "€": 0, "\ue000": "private"},
    {
        "v": 1, "log": ORIGIN, "kind": "consent", "id": "con_00000000000000000000000001", "version": 2,
        "change": {"type": "amendment", "effective_at": "2026-08-03T00:00:00Z"}, "recorded_at": "2026-08-03T09:30:00.000000Z", "recorded_by": "acc_1",
        "body": {"scope": {"scenes": ["41", "42"]}, "fee": {"commitment": "00" * 32}}, "refs": [{"role": "person", "id": "pty_1"}],
    },
)  # fmt: skip


def leaves(count: int) -> list[bytes]:
    """Leaf hashes of small numbered entries."""
    return [leaf_hash(encode({"n": number})) for number in range(count)]


def golden() -> dict[str, Any]:
    """Return all vectors as JSON values."""
    public = KEY.public_key().public_bytes_raw()
    return {
        "canonical": [{"document": each, "bytes": encode(each).hex(), "leaf": leaf_hash(encode(each)).hex()} for each in DOCUMENTS],
        "trees": [tree(size) for size in SIZES],
        "verifier": Verifier(ORIGIN, public).text(),
        "notes": [
            note.sign(Checkpoint(ORIGIN, size, merkle.Growth(0, (), leaves(size)).root), KEY, public).content().decode() for size in SIZES
        ],
    }


def tree(size: int) -> dict[str, Any]:
    """Return one tree: grown in two steps, with proofs of its last leaf and of the growth."""
    first = max(1, size // 3)
    half = merkle.Growth(0, (), leaves(first))
    whole = merkle.Growth(first, half.frontier, leaves(size)[first:])
    return {
        "size": size,
        "root": whole.root.hex(),
        "frontier": [each.hex() for each in whole.frontier],
        "inclusion": [each.hex() for each in merkle.Growth(0, (), leaves(size)).inclusion(size - 1)],
        "first": first,
        "first_root": half.root.hex(),
        "consistency": [each.hex() for each in whole.consistency()],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(golden(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
