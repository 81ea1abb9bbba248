"""Data keys outside the database, what they encrypt, and salted commitments to it.

What is secret in a record about a person is encrypted under a key of that person, what is about several under all of theirs
together, a document under a key of its own, and what is about nobody under a key of the studio. The keys lie as files under DATA/keys, never in the database and never in its backups:
destroying one file makes every copy of what it encrypted unreadable, while the commitments in the log stay valid.

What the log holds of a secret value is `commit(salt, value)`. The salt travels *inside* the ciphertext, not beside it:
with salt and commitment together a birth date is guessed in seconds, also out of an old backup.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.content.disk import disk
from service.durable import make_directory, place_new, replace, settle

SALT_BYTES = 32
_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


class Erased(Exception):
    """The key of this subject was destroyed; nothing sealed under it can be read, and nothing new is sealed for it."""


class Unreadable(Exception):
    """The ciphertext does not belong to this studio and subject, was changed, or its key is missing."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret value as it is kept: `commitment` (32 bytes) goes into the entry, `ciphertext` into `disclosure`."""

    commitment: bytes
    ciphertext: bytes


def new_salt() -> bytes:
    """A fresh salt of SALT_BYTES; one per value, never reused."""
    return secrets.token_bytes(SALT_BYTES)


def commit(salt: bytes, value: bytes) -> bytes:
    """The salted commitment to a value: HMAC-SHA-256 keyed with a salt of exactly SALT_BYTES (32 bytes out).

    The length is fixed because HMAC pads short keys with zeros, so that two salts of different length could agree.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hmac.digest(salt, value, "sha256")


class Vault:
    """The data keys of one installation, below `root` (DATA/keys): one per studio, one per subject of a studio.

    Safe for several threads and processes at once. Keys are read anew for every use and not kept in memory, so that a
    destroyed key is gone for every process at the same moment.
    """

    def __init__(self, root: Path) -> None:
        """`root` is made if missing, readable by its owner only."""
        self.root = root
        make_directory(root)

    def seal(self, studio_id: str, subject: str | None, plaintext: bytes) -> bytes:
        """Encrypt for a subject of the studio (None: for the studio itself); raises Erased if the subject's key was destroyed.

        Several ids with spaces between are several subjects: what is sealed for them opens only while each of them has a key.
        """
        return _seal(self._key(studio_id, subject, make=True), studio_id, subject, plaintext)

    def open(self, studio_id: str, subject: str | None, ciphertext: bytes) -> bytes:
        """What `seal` was given; raises Erased after `destroy`, Unreadable for anything not sealed for exactly this owner."""
        return _open(self._key(studio_id, subject, make=False), studio_id, subject, ciphertext)

    def seal_value(self, studio_id: str, subject: str | None, value: bytes) -> Sealed:
        """Commit to a value under a fresh salt and encrypt salt and value together, for a Personal or Encrypted field."""
        return self.ring(studio_id).seal_value(subject, value)

    def open_value(self, studio_id: str, subject: str | None, sealed: Sealed) -> bytes:
        """The value back, checked against its commitment; raises Erased, or Unreadable also when the commitment differs."""
        return self.ring(studio_id).open_value(subject, sealed)

    def ring(self, studio_id: str) -> Ring:
        """The keys of a studio for the length of one operation, each read once."""
        return Ring(studio_id, partial(self._key, studio_id))

    def destroy(self, studio_id: str, subject: str) -> None:
        """Destroy a subject's key for good; doing it twice, or for a subject that never had one, is fine.

        What stays is an empty file: it tells "erased" from "never existed" and keeps anyone from minting the key anew.
        """
        path = self._path(studio_id, subject)
        make_directory(path.parent)
        try:
            old = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            replace(path, b"")
            return
        try:
            replace(path, b"")  # first the tombstone: a crash in between must not leave half a key that looks like one
            os.write(old, secrets.token_bytes(_KEY_BYTES))
            os.fsync(old)
        finally:
            os.close(old)

    def destroyed(self, studio_id: str, subject: str) -> bool:
        """Whether a subject's key was destroyed."""
        try:
            return self._path(studio_id, subject).stat().st_size == 0
        except FileNotFoundError:
            return False

    def mac(self, studio_id: str, purpose: str, data: bytes) -> bytes:
        """A keyed digest (32 bytes) nobody without the studio's key can guess values from; `purpose` separates the uses."""
        key = hmac.digest(self._key(studio_id, None, make=True), b"mac:" + purpose.encode(), "sha256")
        return hmac.digest(key, data, "sha256")

    def _path(self, studio_id: str, subject: str | None) -> Path:
        for name in (studio_id, subject or "studio"):
            if not _NAME.fullmatch(name):
                raise ValueError("not the id of a studio or subject")
        home = self.root / studio_id
        if subject is None:
            return home / "studio.key"
        return home / "subjects" / sha256(subject.encode()).hexdigest()[:2] / f"{subject}.key"

    def _key(self, studio_id: str, subject: str | None, *, make: bool) -> bytes:
        if subject is not None and " " in subject:
            keys = [self._key(studio_id, each, make=make) for each in subject.split()]
            return sha256(b"several\0" + b"".join(keys)).digest()
        path = self._path(studio_id, subject)
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            if not make:
                raise Unreadable("there is no key for this subject") from None
            with disk():
                make_directory(path.parent)
                place_new(path, secrets.token_bytes(_KEY_BYTES))
            key = path.read_bytes()  # of whoever came first
        if make:
            settle(path)
        if not key:
            raise Erased(f"the key of {subject} was destroyed")
        if len(key) != _KEY_BYTES:
            raise Unreadable(f"the key file of {subject or studio_id} is damaged")
        return key


class Ring:
    """The keys of a studio as one operation needs them: read once each, so that a thousand values cost no thousand files.

    It is thrown away with the operation: a key that is destroyed must not live on in memory.
    """

    def __init__(self, studio_id: str, key: Callable[..., bytes]) -> None:
        """`key(subject, make=)` reads one."""
        self._studio_id, self._read = studio_id, key
        self._held: dict[str | None, bytes] = {}

    def seal_value(self, subject: str | None, value: bytes) -> Sealed:
        """As `Vault.seal_value`."""
        salt = new_salt()
        return Sealed(commit(salt, value), _seal(self._key(subject, make=True), self._studio_id, subject, salt + value))

    def open_value(self, subject: str | None, sealed: Sealed) -> bytes:
        """As `Vault.open_value`."""
        plaintext = _open(self._key(subject, make=False), self._studio_id, subject, sealed.ciphertext)
        salt, value = plaintext[:SALT_BYTES], plaintext[SALT_BYTES:]
        if len(salt) != SALT_BYTES or not hmac.compare_digest(commit(salt, value), sealed.commitment):
            raise Unreadable("the value is not the one committed to in the log")
        return value

    def _key(self, subject: str | None, *, make: bool) -> bytes:
        if subject not in self._held:
            self._held[subject] = self._read(subject, make=make)
        return self._held[subject]


def _seal(key: bytes, studio_id: str, subject: str | None, plaintext: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, plaintext, _owner(studio_id, subject))


def _open(key: bytes, studio_id: str, subject: str | None, ciphertext: bytes) -> bytes:
    if ciphertext[:1] != _FORMAT or len(ciphertext) < 1 + _NONCE_BYTES + 16:
        raise Unreadable("not a sealed value")
    nonce, rest = ciphertext[1 : 1 + _NONCE_BYTES], ciphertext[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, rest, _owner(studio_id, subject))
    except InvalidTag:
        raise Unreadable("sealed for somebody else, or changed since") from None


def _owner(studio_id: str, subject: str | None) -> bytes:
    """What a ciphertext is bound to, so that it cannot be moved to another row's owner; ids hold no slash."""
    return f"{studio_id}/{subject or ''}".encode()
