"""Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519): at this time, this was the largest consistent tree I had seen.

Pure, with the standard library, `cryptography` and `note` alone, so that an offline verifier can carry it along.
A cosignature is a signature line of the checkpoint's note: eight bytes of time, then Ed25519 over a header, the time and
the note's text.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.ledger import note
from service.ledger.note import Malformed, Note, Signature

COSIGNATURE = b"\x04"
_TIME_BYTES = 8
_LENGTH = _TIME_BYTES + 64


@dataclass(frozen=True, slots=True)
class Cosigner:
    """The key of a witness, under the name that it signs with."""

    name: str
    key: bytes

    def key_id(self) -> bytes:
        """Return the four bytes by which signature lines refer to this key."""
        return note.key_id(self.name, self.key, COSIGNATURE)

    def text(self) -> str:
        """Return the key in the form that C2SP tools read: name, key id and key."""
        return note.key_text(self.name, self.key, COSIGNATURE)

    def lines(self, signed: Note) -> tuple[Signature, ...]:
        """Return the signature lines that claim to be of this witness, unchecked."""
        return tuple(each for each in signed.signatures if each.name == self.name and each.key_id == self.key_id())

    def time(self, text: bytes, signature: Signature) -> int | None:
        """Return when this witness cosigned the text, in seconds since 1970; `None` if the line does not verify."""
        if signature.name != self.name or signature.key_id != self.key_id() or len(signature.signature) != _LENGTH:
            return None
        seconds = int.from_bytes(signature.signature[:_TIME_BYTES], "big")
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature.signature[_TIME_BYTES:], message(text, seconds))
        except InvalidSignature:
            return None
        return seconds if seconds < 1 << 63 else None


def parse_cosigner(text: str) -> Cosigner:
    """Read a witness's key as `Cosigner.text` writes it; raises `Malformed`."""
    return Cosigner(*note.parse_key(text, COSIGNATURE))


def message(text: bytes, seconds: int) -> bytes:
    """Return what a witness signs."""
    return b"cosignature/v1\ntime %d\n" % seconds + text


def cosign(text: bytes, name: str, key: Ed25519PrivateKey, seconds: int) -> Signature:
    """Return a witness's signature line for a checkpoint, given as the text of its note."""
    public = key.public_key().public_bytes_raw()
    signed = seconds.to_bytes(_TIME_BYTES, "big") + key.sign(message(text, seconds))
    return Signature(name, note.key_id(name, public, COSIGNATURE), signed)


def parse_lines(content: bytes) -> tuple[Signature, ...]:
    """Read signature lines as a witness answers them; raises `Malformed`."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    if not text.endswith("\n"):
        raise Malformed("signature lines end in a newline")
    return tuple(note.parse_signature(line) for line in text[:-1].split("\n"))
