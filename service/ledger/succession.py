"""How a log's key is replaced: a statement, signed by the old key, that names the new one for the same log.

Pure, with the standard library, `cryptography` and `note` alone, so that an offline verifier can carry it along. For a while
both keys sign each checkpoint; whoever only knows the old one learns the new one from this note (C2SP signed-note), which
cannot be taken for a checkpoint, because its second line is no number.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ledger import note
from service.ledger.note import Malformed, Note, Signature, Verifier

_HEADER = "clearance key succession"


def state(origin: str, old: Ed25519PrivateKey, new: bytes) -> bytes:
    """Return the statement as a signed note."""
    text = f"{origin}\n{_HEADER}\n{Verifier(origin, new).text()}\n".encode()
    public = old.public_key().public_bytes_raw()
    return Note(text, (Signature(origin, note.key_id(origin, public), old.sign(text)),)).content()


def follow(verifier: Verifier, statements: Iterable[bytes]) -> Verifier:
    """Return the key that the statements, in the order in which they were made, lead to; what is not signed by the key that
    is held by then is passed over.
    """
    for content in statements:
        named = _named(verifier, content)
        verifier = named if named is not None else verifier
    return verifier


def _named(verifier: Verifier, content: bytes) -> Verifier | None:
    try:
        signed = note.parse(content)
        origin, header, key, end = signed.text.decode().split("\n")
        named = note.parse_verifier(key)
    except (Malformed, ValueError):
        return None
    fits = origin == named.name == verifier.name and header == _HEADER and not end
    return named if fits and verifier.checks(signed) else None
