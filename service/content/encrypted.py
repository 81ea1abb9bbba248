"""Documents: kept encrypted, known by the digests of what was uploaded.

Each has a key of its own, sealed under a key of the vault: one that goes with the people the document is about, or the studio's.
Which one it is stands before it, so that the content opens, and can be destroyed, without anything else.

Content is sealed in pieces, so that a scan of any length passes through without lying whole in memory or in the clear on
disk. Each piece is bound to its place and the last one is marked: pieces cannot be swapped, dropped or cut off unseen.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service import errors
from service.content.digests import Digests
from service.content.store import Source, Store, Stored
from service.content.vault import Unreadable, Vault

PIECE = 1 << 20
_TAG = 16
_HEAD = struct.Struct(">4sH")
_SUBJECT = struct.Struct(">H")
_MAGIC = b"CLE1"
_OF_SUBJECT = b"CLE2"
"""As `_MAGIC`, and the name of the vault's key stands before the sealed one; without it that is the studio's."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted document: `content` are size and digests of the plain bytes, `blob` the SHA-256 it lies under in the store."""

    content: Stored
    blob: str


class Documents:
    """Encrypted content in a store, under keys of a vault."""

    def __init__(self, store: Store, vault: Vault) -> None:
        """Keep documents in `store`; each has a key of its own, sealed by the studio's."""
        self.store, self.vault = store, vault

    def put(
        self,
        studio_id: str,
        source: Source,
        *,
        subject: str | None = None,
        length: int | None = None,
        limit: int,
        check: Callable[[Digests], None] | None = None,
    ) -> Sealed:
        """Take a document in, under the key of a subject or the studio's; `check` may raise after the last byte, the other arguments and errors are those of `Store.put`."""
        encrypting = _Encrypting(_head(self.vault, studio_id, subject), source, length, limit, check)
        blob = self.store.put(encrypting, limit=_sealed_size(limit))
        values = encrypting.digests.values()
        return Sealed(Stored(values["sha256"], encrypting.digests.size, values, blob.new), blob.sha256)

    def read(self, studio_id: str, blob: str) -> Iterator[bytes]:
        """The plain bytes, piece by piece; raises Unreadable as soon as something does not fit, Erased without the vault's key,
        NotFound without the blob.
        """
        with self.store.open(blob) as file:
            subject, wrapped = _opening(file)
            key = AESGCM(self.vault.open(studio_id, subject, wrapped))
            yield from _pieces(file, key)

    def subject(self, blob: str) -> str | None:
        """The name of the vault's key that a document lies under, None for the studio's; raises Unreadable, NotFound."""
        with self.store.open(blob) as file:
            return _opening(file)[0]


def is_sealed(content: bytes) -> bool:
    """Whether these bytes begin as an encrypted document does."""
    return content[:4] in (_MAGIC, _OF_SUBJECT)


def _head(vault: Vault, studio_id: str, subject: str | None) -> tuple[bytes, bytes]:
    """A new key for a document, and what stands before it."""
    key = secrets.token_bytes(32)
    wrapped = vault.seal(studio_id, subject, key)
    if subject is None:
        return key, _HEAD.pack(_MAGIC, len(wrapped)) + wrapped
    name = subject.encode()
    return key, _HEAD.pack(_OF_SUBJECT, len(wrapped)) + _SUBJECT.pack(len(name)) + name + wrapped


def _opening(file: BinaryIO) -> tuple[str | None, bytes]:
    """The name of the vault's key, and the document's own key sealed under it."""
    head = file.read(_HEAD.size)
    if len(head) != _HEAD.size or not is_sealed(head):
        raise Unreadable("not an encrypted document")
    magic, wrapped_size = _HEAD.unpack(head)
    if magic == _MAGIC:
        return None, file.read(wrapped_size)
    size = file.read(_SUBJECT.size)
    name = file.read(_SUBJECT.unpack(size)[0]) if len(size) == _SUBJECT.size else b""
    return name.decode("ascii", "replace"), file.read(wrapped_size)


class _Encrypting:
    """A source that reads plain bytes and gives encrypted ones, keeping the digests of the plain ones."""

    def __init__(
        self,
        head: tuple[bytes, bytes],
        source: Source,
        length: int | None,
        limit: int,
        check: Callable[[Digests], None] | None,
    ) -> None:
        if length is not None and length > limit:
            raise errors.TooLarge(f"A document may have up to {limit} bytes.", "content_too_large")
        key, opening = head
        self.digests = Digests()
        self._key, self._number = AESGCM(key), 0
        self._source, self._length, self._limit, self._check = source, length, limit, check
        self._out = bytearray(opening)
        self._next: bytes | None = self._piece()

    def read(self, size: int, /) -> bytes:
        """Encrypted bytes, up to `size`."""
        while len(self._out) < size and self._next is not None:
            piece, self._next = self._next, self._piece()
            if not self._next:
                self._next = None
                self._finish()
            self._out += self._key.encrypt(_nonce(self._number, last=self._next is None), piece, None)
            self._number += 1
        given = bytes(self._out[:size])
        del self._out[:size]
        return given

    def _piece(self) -> bytes:
        piece = b""
        while len(piece) < PIECE and (chunk := self._source.read(PIECE - len(piece))):
            piece += chunk
        self.digests.update(piece)
        if self.digests.size > self._limit:
            raise errors.TooLarge(f"A document may have up to {self._limit} bytes.", "content_too_large")
        return piece

    def _finish(self) -> None:
        if self._length is not None and self.digests.size != self._length:
            raise errors.BadRequest(
                f"{self._length} bytes were announced and {self.digests.size} arrived; nothing was stored, send the file again.",
                "incomplete_body",
            )
        if self._check is not None:
            self._check(self.digests)


def _pieces(file: BinaryIO, key: AESGCM) -> Iterator[bytes]:
    number, piece = 0, file.read(PIECE + _TAG)
    while True:
        following = file.read(PIECE + _TAG)
        try:
            yield key.decrypt(_nonce(number, last=not following), piece, None)
        except InvalidTag:
            raise Unreadable("the encrypted document was changed or cut off") from None
        if not following:
            return
        number, piece = number + 1, following


def _nonce(number: int, *, last: bool) -> bytes:
    """12 bytes, unique under the document's own key: the number of the piece, and whether it is the last."""
    return number.to_bytes(11, "big") + bytes([last])


def _sealed_size(plain: int) -> int:
    return plain + (plain // PIECE + 2) * _TAG + 4096
