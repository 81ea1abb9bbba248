"""Checkpoints as signed notes (C2SP signed-note and tlog-checkpoint): what a log states about itself, in text.

A checkpoint is three lines: the log's origin, the number of leaves, the root in base64. A signed note is that text, an empty
line, and one line for each signature. Signatures here are Ed25519 (type 0x01), the key's name being the origin.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.ledger.merkle import HASH_BYTES

ED25519 = b"\x01"
LIMIT = 1_000_000
_MARK = "— "


class Malformed(ValueError):
    """The text is not a signed note, or the note is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of a log: `size` leaves under `root`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> bytes:
        """Return the note's text, which is what is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who signed, the first four bytes of the key's id, and the signature itself."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> bytes:
        """Return the line, with its newline."""
        return f"{_MARK}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n".encode()


@dataclass(frozen=True, slots=True)
class Note:
    """A signed note, its signatures not yet checked."""

    text: bytes
    signatures: tuple[Signature, ...]

    @property
    def origin(self) -> str:
        """The first line: of a checkpoint, the log that it is about."""
        return self.text.partition(b"\n")[0].decode()

    def content(self) -> bytes:
        """Return the whole note."""
        return self.text + b"\n" + b"".join(signature.line() for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that a reader trusts, under the name that it signs with."""

    name: str
    key: bytes

    def key_id(self) -> bytes:
        """Return the four bytes by which signature lines refer to this key."""
        return key_id(self.name, self.key)

    def text(self) -> str:
        """Return the key in the form that C2SP tools read: name, key id and key."""
        return key_text(self.name, self.key)

    def checks(self, signed: Note) -> bool:
        """Tell whether the note carries a good signature of this key."""
        public = Ed25519PublicKey.from_public_bytes(self.key)
        for signature in signed.signatures:
            if signature.name == self.name and signature.key_id == self.key_id():
                try:
                    public.verify(signature.signature, signed.text)
                except InvalidSignature:
                    continue
                return True
        return False


def key_id(name: str, key: bytes, use: bytes = ED25519) -> bytes:
    """Return the id of an Ed25519 key under a name: the first four bytes of a SHA-256 over name, use and key."""
    return sha256(name.encode() + b"\n" + use + key).digest()[:4]


def key_text(name: str, key: bytes, use: bytes = ED25519) -> str:
    """Return a key in the form that C2SP tools read: name, key id, and use with key."""
    return f"{name}+{key_id(name, key, use).hex()}+{base64.b64encode(use + key).decode()}"


def parse_key(text: str, use: bytes = ED25519) -> tuple[str, bytes]:
    """Return the name and the Ed25519 key that `key_text` wrote for this use; raises `Malformed`."""
    name, plus, rest = text.strip().partition("+")
    stated, _, encoded = rest.partition("+")
    key = _base64(encoded)
    if not plus or not name or key[:1] != use or len(key) != 33 or any(character.isspace() for character in name):
        raise Malformed("not an Ed25519 verifier key of this use")
    if key_id(name, key[1:], use).hex() != stated:
        raise Malformed("the key id does not belong to this name and key")
    return name, key[1:]


def parse_verifier(text: str) -> Verifier:
    """Read a log's key as `Verifier.text` writes it; raises `Malformed`."""
    return Verifier(*parse_key(text))


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey, public: bytes) -> Note:
    """Return the checkpoint as a note with one signature, made under the name of its origin."""
    text = checkpoint.text()
    return Note(text, (Signature(checkpoint.origin, key_id(checkpoint.origin, public), key.sign(text)),))


def parse(content: bytes) -> Note:
    """Read a signed note; raises `Malformed`. Nothing is verified."""
    if len(content) > LIMIT:
        raise Malformed("longer than a note may be")
    try:
        whole = content.decode()
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    text, empty, rest = whole.rpartition("\n\n")
    if not empty or not rest.endswith("\n") or any(ord(character) < 0x20 and character != "\n" for character in whole):
        raise Malformed("not a text, an empty line and signature lines")
    return Note((text + "\n").encode(), tuple(parse_signature(line) for line in rest[:-1].split("\n")))


def parse_checkpoint(content: bytes) -> Checkpoint:
    """Read a checkpoint, given as the text of a note or as the whole note; raises `Malformed`."""
    origin, *lines = content.decode(errors="replace").split("\n")
    if len(lines) < 3 or not origin:
        raise Malformed("a checkpoint has an origin, a size and a root")
    size, root = lines[0], _base64(lines[1])
    if not (size.isascii() and size.isdigit()) or (size[0] == "0" and size != "0") or len(root) != HASH_BYTES:
        raise Malformed("a checkpoint's size is a decimal number and its root 32 bytes in base64")
    return Checkpoint(origin, int(size), root)


def verify(content: bytes, verifiers: Sequence[Verifier]) -> Checkpoint:
    """Return the checkpoint of a note that one of these keys has signed; raises `Malformed`, or `InvalidSignature`."""
    signed = parse(content)
    if not any(verifier.checks(signed) for verifier in verifiers):
        raise InvalidSignature("no trusted key has signed this note")
    return parse_checkpoint(signed.text)


def parse_signature(line: str) -> Signature:
    """Read a signature line, given without its newline; raises `Malformed`."""
    if not line.startswith(_MARK):
        raise Malformed("a signature line begins with an em dash")
    name, space, encoded = line[len(_MARK) :].partition(" ")
    content = _base64(encoded)
    if not name or not space or len(content) < 5 or "+" in name or any(character.isspace() for character in name):
        raise Malformed("a signature line is an em dash, a name, and a key id with a signature in base64")
    return Signature(name, content[:4], content[4:])


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("not base64") from None
