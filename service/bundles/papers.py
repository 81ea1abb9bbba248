"""What lies beside the entries of a bundle: contents and packs that decisions rest on, and secret values that its reader may see."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any, Final

import orjson
from psycopg.rows import class_row

from service import errors
from service.bundles.members import Member, of_bytes, of_file
from service.bundles.select import Selection, chunks
from service.content.vault import SALT_BYTES, Erased, Unreadable, commit
from service.context import Context
from service.decisions import governance
from service.ledger.offline.disclosed import DISCLOSURES
from service.records.read import PERMISSION_OF_PROTECTION

audit = logging.getLogger("clearance.audit")

CONTENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "decision": ("facts", "findings", "read", "subject_list"),
    "event": ("erasure",),
    "review": ("subject_list",),
    "release": ("asset_list",),
}
"""By kind: the contents that travel along. What a caller planned stays here: it may say personal things in the clear."""
PROVED: Final = frozenset({"decision", "release"})
"""Kinds that get a proof of their own in a bundle of the whole log."""
_MARKS: Final = {kind: f'"kind":"{kind}"'.encode() for kind in CONTENTS}
_PAGE: Final = 1_000


@dataclass(slots=True)
class Papers:
    """What the entries that passed by name: digests of contents, digests of packs, and indices to be proved one by one."""

    contents: dict[str, int] = field(default_factory=dict)
    packs: dict[str, None] = field(default_factory=dict)
    proved: list[int] = field(default_factory=list)

    def note(self, index: int, raw: bytes) -> None:
        """Look at an entry for what it names."""
        kind = next((kind for kind, mark in _MARKS.items() if mark in raw), None)
        if kind is None:
            return
        entry = orjson.loads(raw)
        kind, body = entry["kind"], entry["body"]
        for name in CONTENTS.get(kind, ()):
            named = body.get(name, {}).get("commitments") if name == "erasure" else body.get(name)
            if named:
                self.contents[named["sha256"]] = named["bytes"]
        if kind == "decision":
            self.packs.update((used["digest"], None) for used in body["packs"])
        if kind in PROVED:
            self.proved.append(index)


def contents(context: Context, papers: Papers) -> Iterator[Member]:
    """Yield the contents, each under its digest; one that the store has lost is left out, and the verifier says so."""
    for digest in sorted(papers.contents):
        size = context.blobs.stat(digest)
        if size is not None:
            yield of_file(f"blobs/{digest}", size, lambda digest=digest: context.blobs.open(digest))  # type: ignore[misc]


def packs(context: Context, papers: Papers) -> Iterator[Member]:
    """Yield the packs, each as the canonical JSON that its digest is of."""
    for digest in sorted(papers.packs):
        try:
            yield of_bytes(f"packs/{digest}.json", governance.pack_by_digest(context, digest).bytes)
        except errors.NotFound:
            continue


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret value as it is kept: where it stands, what the log holds of it, and what opens it."""

    id: str
    index: int
    pointer: str
    commitment: bytes
    ciphertext: bytes
    subject: str | None
    protection: str


def disclosures(context: Context, selection: Selection) -> Iterator[Member]:
    """Yield one file with every secret value of the entries that may be shown, with its salt; it is not made where there is none."""
    allowed = {name for name in selection.wanted.disclose if context.actor.may(PERMISSION_OF_PROTECTION[name])}
    with TemporaryFile() as file:
        for secret in _secrets(context, selection):
            if secret.protection in allowed:
                file.write(opened(context, secret))
        size = file.tell()
        file.seek(0)
        if size:
            yield Member(DISCLOSURES, size, lambda: _pieces(file))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece


def opened(context: Context, secret: Secret) -> bytes:
    """A line that opens a commitment; empty for a value that was erased or cannot be read."""
    try:
        plain = context.vault.open(context.studio_id, secret.subject, secret.ciphertext)
    except Erased:
        return b""
    except Unreadable as fault:
        raise errors.Unavailable(f"A secret field of {secret.id} cannot be read: {fault}.", "disclosure_unreadable") from fault
    salt, value = plain[:SALT_BYTES], plain[SALT_BYTES:]
    if commit(salt, value) != secret.commitment:
        raise errors.Unavailable(f"A secret field of {secret.id} is not the one committed to in the log.", "disclosure_unreadable")
    audit.info(
        "disclosed", extra={"record": secret.id, "index": secret.index, "pointers": [secret.pointer], "actor": context.actor.account_id}
    )
    line = {
        "record": secret.id, "pointer": secret.pointer, "protection": secret.protection, "commitment": secret.commitment.hex(),
        "salt": salt.hex(), "value": orjson.Fragment(value),
    }  # fmt: skip
    return orjson.dumps(line) + b"\n"


def _secrets(context: Context, selection: Selection) -> Iterator[Secret]:
    if selection.indices is None:
        yield from _every(context, selection.size)
        return
    for part in chunks(selection.indices, _PAGE):
        yield from _fetched(
            context, "SELECT id, index, pointer, commitment, ciphertext, subject, protection FROM disclosure"
            " WHERE studio_id = %(studio)s AND id = ANY(%(ids)s) AND index = ANY(%(indices)s) ORDER BY index, pointer",
            {"ids": _ids(context, part), "indices": part},
        )  # fmt: skip


def _ids(context: Context, indices: list[int]) -> list[str]:
    rows = context.conn.execute(
        "SELECT DISTINCT id FROM entry WHERE studio_id = %s AND index = ANY(%s)", (context.studio_id, indices)
    ).fetchall()
    return [name for (name,) in rows]


def _every(context: Context, size: int) -> Iterator[Secret]:
    """All of the studio in the order of the key, a page at a time."""
    last, after = "", b""
    while page := _fetched(
        context, "SELECT id, index, pointer, commitment, ciphertext, subject, protection FROM disclosure"
        " WHERE studio_id = %(studio)s AND (id, commitment) > (%(id)s, %(commitment)s) ORDER BY id, commitment LIMIT %(limit)s",
        {"id": last, "commitment": after, "limit": _PAGE},
    ):  # fmt: skip
        yield from (secret for secret in page if secret.index < size)
        last, after = page[-1].id, page[-1].commitment


def _fetched(context: Context, statement: Any, values: Mapping[str, Any]) -> list[Secret]:
    with context.conn.cursor(row_factory=class_row(Secret)) as cursor:
        return cursor.execute(statement, {"studio": context.studio_id, **values}).fetchall()
