"""A disclosure: one entry with its proof, and only those of its secret values that somebody means to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from psycopg.rows import class_row

from service import errors
from service.bundles import anchored
from service.bundles.papers import Secret, opened
from service.context import Context
from service.ledger import anchors, cosignature, policy, proof
from service.ledger.offline.single import DISCLOSURE_FORMAT
from service.records import pointers, read
from service.records.model import Recorded


def disclosure(
    context: Context, record_id: str, wanted: Sequence[str], version: int | None, require: Callable[[str], None]
) -> dict[str, Any]:
    """Return what proves these secret values of a version and nothing about the others; `require` is asked for each permission.

    Raises `NotFound`, `Invalid` for a pointer without a secret value, `Conflict` (`erased`).
    """
    recorded = read.get(context, None, record_id, version=version)
    marks = dict(pointers.committed(recorded.body))
    _must_be_secret(wanted, marks)
    kept = _kept(context, recorded)
    chosen = []
    for pointer in dict.fromkeys(wanted):
        secret = kept.get(marks[pointer])
        if secret is None:
            raise _erased(recorded, pointer)
        require(read.PERMISSION_OF_PROTECTION[secret.protection])
        chosen.append((pointer, secret))
    lines = [(pointer, opened(context, secret)) for pointer, secret in chosen]
    empty = next((pointer for pointer, line in lines if not line), None)
    if empty is not None:
        raise _erased(recorded, empty)
    return _proved(context, recorded) | {"disclosed": [orjson.loads(line) | {"pointer": pointer} for pointer, line in lines]}


def _must_be_secret(wanted: Sequence[str], marks: dict[str, str]) -> None:
    there = ", ".join(sorted(marks)) or "none"
    faults = tuple(
        errors.FieldError(
            f"/pointers/{place}", f"This version has no secret field {pointer[:200]!r}; its secret fields are: {there[:1_000]}."
        )
        for place, pointer in enumerate(wanted)
        if pointer not in marks
    )
    if faults:
        raise errors.Invalid("Only secret fields are disclosed; all others stand in the entry itself.", "no_secret_field", faults)


def _kept(context: Context, recorded: Recorded) -> dict[str, Secret]:
    with context.conn.cursor(row_factory=class_row(Secret)) as cursor:
        cursor.execute(
            "SELECT id, index, pointer, commitment, ciphertext, subject, protection FROM disclosure WHERE studio_id = %s AND id = %s",
            (context.studio_id, recorded.id),
        )
        return {secret.commitment.hex(): secret for secret in cursor}


def _proved(context: Context, recorded: Recorded) -> dict[str, Any]:
    """The entry with its proof in the newest tree, and whose keys and witnesses it takes to check it."""
    head = context.ledger.head(context.conn, context.studio_id)
    if head is None:
        raise errors.NotFound("Nothing has been recorded in this studio yet.", "empty_log")
    path = context.ledger.inclusion(context.conn, context.studio_id, recorded.index, head.size)
    row = context.conn.execute(
        "SELECT bytes FROM entry WHERE studio_id = %s AND index = %s", (context.studio_id, recorded.index)
    ).fetchone()
    raw: bytes = row[0] if row else b""
    keys = context.ledger.verifiers(context.studio_id)
    known = {each.name: cosignature.parse_cosigner(each.key) for each in anchors.anchors(context.conn, "witness", context.studio_id)}
    return {
        "format": DISCLOSURE_FORMAT,
        "log": context.ledger.origin(context.studio_id),
        "record": recorded.id,
        "version": recorded.version,
        "proof": proof.prove(recorded.index, path, anchored.checkpoint(context, head.size), raw).decode(),
        "keys": [key.text() for key in keys],
        "successions": context.ledger.successions(context.studio_id),
        "policy": policy.draft(keys, known, len(known)),
    }


def _erased(recorded: Recorded, pointer: str) -> errors.Conflict:
    return errors.Conflict(f"What {recorded.id} said at {pointer} was erased; nothing opens its commitment any more.", "erased")
