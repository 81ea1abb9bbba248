"""Sign content, judge content: the service's side of what the sandboxed children do.

A signed file is kept only after a second reading, in a job of its own, found it Trusted with a clean lineage and nothing for
the rubric to object to. Until then it is a staged file that disappears with its handle.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

from service import errors
from service.content.sniff import HEAD_BYTES, UNKNOWN, Kind, sniff
from service.content.store import CHUNK, Store
from service.credentials import trust
from service.credentials.definition import PARENT
from service.credentials.judge import unread
from service.credentials.keys import Authority, Signer
from service.sandbox.pool import Busy, Died, Pool, Refused, Reply

CHILD = "service.credentials.child"
_SIGN_SECONDS, _JUDGE_SECONDS = 60, 30
_BYTES_PER_SECOND = 10 << 20
_SMALL = 4 << 20
_BMFF = {"video/mp4", "video/quicktime", "audio/mp4"}
_CLAIM_LIMIT = 1 << 20
_CLAIM_START = b"\x84\x6aSignature1"  # a COSE Sig_structure (RFC 9052): an array of four that begins with this text
_DIED = {
    "time": "Reading the file took longer than it may.",
    "memory": "Reading the file took more memory than it may.",
    "crash": "Reading the file made the media library crash.",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signing produced. `sha256` and `size` are those of the bytes to hand out: of the signed copy, or, for a sidecar,
    of the untouched original; `manifest` is the SHA-256 of the manifest store (the `.c2pa` file) in the content store.
    """

    label: str
    form: str
    sha256: str
    size: int
    manifest: str
    verdict: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Work:
    """One signing: the source, the staged copy (None for a sidecar), and what is to be said."""

    file: BinaryIO
    staged: FileIO | None
    kind: Kind
    size: int
    definition: Mapping[str, Any]
    now: datetime
    parent: Mapping[str, str] | None

    @property
    def result(self) -> BinaryIO | FileIO:
        """The file that goes out."""
        return self.file if self.staged is None else self.staged


class Credentials:
    """Signing and judging, with one pool of children and one signing authority."""

    def __init__(self, pool: Pool, authority: Authority, lists: Sequence[trust.TrustList] = ()) -> None:
        """`lists` are trusted besides our own authority."""
        self._pool, self.authority, self._lists = pool, authority, tuple(lists)
        self._helper = ThreadPoolExecutor(4, thread_name_prefix="credentials")

    def judge(
        self,
        file: BinaryIO | FileIO,
        now: datetime,
        *,
        sidecar: bytes | None = None,
        kind: Kind | None = None,
        report: bool = False,
    ) -> dict[str, Any]:
        """The verdict on an open file (see `judge.verdict`), with `report` also the library's own report under `store`.

        Never raises for what is in the file, only when all children are busy.
        """
        size = _size(file)
        kind = kind or kind_of(file)
        media_type = UNKNOWN if sidecar is not None and not kind.embeds else kind.media_type
        arguments = {"media_type": media_type, "settings": self._settings(now, kind, size), "report": report}
        parts = [sidecar] if sidecar is not None else []
        try:
            seconds = _JUDGE_SECONDS + size // _BYTES_PER_SECOND
            reply = self._run("judge", arguments, seconds=seconds, files=[file.fileno()], parts=parts)
        except Died as died:
            return {**unread(""), "reason": _DIED[died.reason]}
        return dict(reply.values)

    def sign(
        self,
        store: Store,
        source: Path,
        definition: Mapping[str, Any],
        now: datetime,
        *,
        form: str,
        has_parent: bool,
        digest: str | None = None,
    ) -> Signed:
        """Sign a file that lies at `source`, embedded or as a sidecar, and take the result into `store`.

        `digest` is the file's SHA-256 where it is known. Raises Invalid (`form_impossible`, `manifest_refused`,
        `cannot_sign`) or Unavailable when the children are busy or the key cannot be used; then nothing is kept.
        """
        with source.open("rb") as file:
            kind, size = kind_of(file), _size(file)
            if form == "embedded" and not kind.embeds:
                raise errors.Invalid(f"A manifest cannot be embedded in {kind.name}; ask for a sidecar.", "form_impossible")
            destination: AbstractContextManager[FileIO | None] = store.stage() if form == "embedded" else nullcontext()
            with destination as staged:
                work = _Work(file, staged, kind, size, definition, now, PARENT if has_parent else None)
                manifest, verdict = self._make(work)
                verdict, sha256 = self._read_again(work, manifest, verdict, digest)
                _demand(verdict, definition["label"])
                kept = self._helper.submit(store.put, manifest)  # both wait for the disk, which may as well be at once
                if staged is not None:
                    store.adopt(staged, sha256)
                return Signed(definition["label"], form, sha256, _size(work.result), kept.result().sha256, verdict)

    def _make(self, work: _Work) -> tuple[bytes, dict[str, Any] | None]:
        """Have a child sign; gives the manifest store and, for a small file, how the child read the result afresh."""
        signer = self.authority.signer(work.now)
        arguments = {
            "definition": work.definition,
            # a sidecar binds all the bytes there are; by type the library would leave out what it takes for metadata
            "media_type": UNKNOWN if work.staged is None else work.kind.media_type,
            "source_type": work.kind.media_type,
            "settings": self._settings(work.now, work.kind, work.size),
            "chain": signer.chain,
            "parent": work.parent,
            "read_again": work.size <= _SMALL,
        }
        files = [file.fileno() for file in (work.file, work.staged) if file is not None]
        seconds = _SIGN_SECONDS + work.size // _BYTES_PER_SECOND
        try:
            reply = self._run("sign", arguments, seconds=seconds, files=files, answer=answering(signer, work.definition["label"]))
        except Refused as refused:
            if refused.code == "storage_full":
                raise errors.Unavailable("The disk is full; nothing was signed. Make room and try again.", "storage_full") from None
            raise errors.Invalid(f"The file cannot be signed: {refused.detail}", "cannot_sign") from None
        except Died as died:
            raise errors.Invalid(f"The file cannot be signed. {_DIED[died.reason]}", "cannot_sign") from None
        return reply.parts[0], reply.values.get("verdict")

    def _read_again(self, work: _Work, manifest: bytes, verdict: dict[str, Any] | None, digest: str | None) -> tuple[dict[str, Any], str]:
        """The verdict on the result and its SHA-256; a large one is read by a child while the digest is computed here."""
        known = digest if work.staged is None else None
        if verdict is not None:
            return verdict, known or _sha256(work.result)
        sidecar = manifest if work.staged is None else None
        reading = self._helper.submit(self.judge, work.result, work.now, sidecar=sidecar, kind=work.kind)
        try:
            sha256 = known or _sha256(work.result)
        finally:
            verdict = reading.result()
        return verdict, sha256

    def _run(self, job: str, arguments: Mapping[str, Any], **options: Any) -> Reply:
        try:
            return self._pool.run(f"{CHILD}:{job}", arguments, **options)
        except Busy:
            message = "Every media process is at work; try again."
            raise errors.Unavailable(message, "busy", headers={"Retry-After": "5"}) from None

    def _settings(self, now: datetime, kind: Kind, size: int) -> dict[str, Any]:
        lists = [trust.own(self.authority.anchor(now)), *self._lists]
        return trust.settings(lists, merkle=_large_film(kind, size))


def answering(signer: Signer, label: str) -> Callable[[bytes], bytes]:
    """What a child may have signed: one claim, of the manifest it was asked to make. A child that was taken over gets no other."""
    asked: list[bytes] = []

    def answer(data: bytes) -> bytes:
        asked.append(data)
        fits = data.startswith(_CLAIM_START) and f"/c2pa/{label}/".encode() in data
        if len(asked) > 1 or len(data) > _CLAIM_LIMIT or not fits:
            raise errors.Invalid("The media process asked for a signature it has no business with.", "cannot_sign")
        return signer.sign(data)

    return answer


def _large_film(kind: Kind, size: int) -> bool:
    return kind.media_type in _BMFF and size > trust.MERKLE_FROM


def kind_of(file: BinaryIO | FileIO) -> Kind:
    """The real kind of an open file, whose position is left alone."""
    return sniff(os.pread(file.fileno(), HEAD_BYTES, 0))


def _demand(verdict: Mapping[str, Any], label: str) -> None:
    """Refuse a result that is not what we meant to make. An incoming manifest by a signer nobody knows is no fault of ours."""
    wrong = [code for code in verdict["lineage"] if code != "signingCredential.untrusted"]
    if verdict["state"] == "Trusted" and verdict["label"] == label and not (wrong or verdict["tampered"] or verdict["rubric"]):
        return
    found = ", ".join([*wrong, *verdict["failures"], *verdict["rubric"]]) or verdict["reason"] or verdict["state"]
    message = f"What was signed does not read back as it should ({found}); nothing was kept. Sign the file as it was before the damage."
    raise errors.Invalid(message, "cannot_sign")


def _sha256(file: BinaryIO | FileIO) -> str:
    """Read by position: a child that has the file open shares its offset."""
    digest, at = hashlib.sha256(), 0
    while chunk := os.pread(file.fileno(), CHUNK, at):
        digest.update(chunk)
        at += len(chunk)
    return digest.hexdigest()


def _size(file: BinaryIO | FileIO) -> int:
    return os.fstat(file.fileno()).st_size
