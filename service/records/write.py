"""The one way to write: validate, resolve references, seal secrets, make the final bytes, append.

Everything that can be refused is refused before the queue; what only the order of the log can decide (versions,
idempotency keys, taken identifiers, an affected decision) is a precondition inside the append.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from marshmallow import ValidationError
from psycopg.rows import class_row

from schemas.kinds import KINDS, Kind, ReferenceUse, references, secrets
from service import errors, ids
from service.context import Actor, Context, Idempotency
from service.ledger.entry import encode, leaf_hash
from service.ledger.log import Disclosure, Edge, HeadColumns, Item, Receipt, Unchanged, Write
from service.records import pointers, read
from service.records.model import Body, Change, Draft, Proof, Recorded, instant

ATOMIC_LIMIT = 1_000
CLIENT_KEY = re.compile(r"\$[A-Za-z0-9_.-]{1,80}")


@dataclass(frozen=True, slots=True)
class _Target:
    id: str
    kind: str
    version: int


def create(context: Context, kind: str, body: Body, *, key: Idempotency | None = None, unchanged: Unchanged | None = None) -> Recorded:
    """Write version 1 of a new record and return it with its proof."""
    return append(context, [Draft(kind, body)], key=key, unchanged=unchanged)[0]


def amend(
    context: Context, kind: str, record_id: str, body: Body, expected: int, *, change: Change, key: Idempotency | None = None
) -> Recorded:
    """Write the version after `expected`; `StaleVersion` if somebody was faster, `NotFound` for a foreign id."""
    read.get(context, kind, record_id)
    return append(context, [Draft(kind, body, record_id, expected + 1, change)], key=key)[0]


def append(
    context: Context, drafts: Sequence[Draft], *, key: Idempotency | None = None, unchanged: Unchanged | None = None
) -> list[Recorded]:
    """Write all drafts as one atomic append, or none; drafts may refer to one another by `$client_key`.

    A repeated idempotency key answers with what was written the first time.
    """
    if not 1 <= len(drafts) <= ATOMIC_LIMIT:
        raise errors.invalid("", f"An atomic write takes 1 to {ATOMIC_LIMIT} records.", "batch_size")
    named = [draft if draft.id else replace(draft, id=ids.new_id(KINDS[draft.kind].prefix, context.now)) for draft in drafts]
    bodies = [_validated(draft) for draft in named]
    used = _resolve(context, named, bodies)
    for draft, body in zip(named, bodies, strict=True):
        _within_productions(context.actor, draft, body)
    items = [_item(context, draft, body, edges) for draft, body, edges in zip(named, bodies, used, strict=True)]
    write = Write(
        studio_id=context.studio_id,
        items=tuple(items),
        key_hash=key.key_hash if key else None,
        request_hmac=key.request_hmac if key else None,
        unchanged=unchanged,
    )
    receipt = context.ledger.append(write)
    if receipt.replayed:
        return written_at(context, receipt)
    return [
        replace(read.decode(receipt.first_index + offset, item.bytes), proof=_proof(receipt, offset, item.bytes)) for offset, item in enumerate(items)
    ]


def written_at(context: Context, receipt: Receipt) -> list[Recorded]:
    """Return the records of an earlier write, read back from the log, with the proofs of now."""
    rows = context.conn.execute(
        "SELECT index, bytes FROM entry WHERE studio_id = %s AND index >= %s AND index < %s ORDER BY index",
        (context.studio_id, receipt.first_index, receipt.first_index + receipt.count),
    ).fetchall()
    return [replace(read.decode(index, raw), proof=_proof(receipt, offset, raw)) for offset, (index, raw) in enumerate(rows)]


def replayed(context: Context, key: Idempotency | None) -> list[Recorded] | None:
    """Return what an idempotency key wrote before, or `None`; for operations that do work before they append."""
    receipt = context.ledger.replayed(context.conn, context.studio_id, key.key_hash, key.request_hmac) if key else None
    return written_at(context, receipt) if receipt else None


def _validated(draft: Draft) -> dict[str, Any]:
    kind = KINDS[draft.kind]
    try:
        loaded = kind.schema.load(draft.body)
    except ValidationError as fault:
        found = tuple(_field_errors(fault.normalized_messages(), draft.pointer))
        raise errors.Invalid(f"The {draft.kind} is not valid; errors says where and what to do.", "invalid", found) from None
    return pointers.copy(kind.schema.dump(loaded))


def _field_errors(messages: Any, at: str) -> Iterable[errors.FieldError]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            step = "" if name == "_schema" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            yield from _field_errors(inner, at + step)
    elif isinstance(messages, list):
        for message in messages:
            yield from _field_errors(message, at)
    else:
        yield errors.FieldError(at, str(messages))


def _resolve(context: Context, drafts: Sequence[Draft], bodies: Sequence[dict[str, Any]]) -> list[tuple[Edge, ...]]:
    """Check every reference, write ids for client keys and versions for pins into the bodies; return the edges."""
    batch = {f"${draft.client_key}": draft for draft in drafts if draft.client_key}
    used = [references(KINDS[draft.kind].schema, body) for draft, body in zip(drafts, bodies, strict=True)]
    inside = {draft.id: _Target(draft.id or "", draft.kind, draft.version) for draft in drafts}
    outside = _targets(context, {use.id for uses in used for use in uses if not use.id.startswith("$")} - set(inside))
    known = outside | {name: inside[draft.id] for name, draft in batch.items()} | inside
    faults: list[errors.FieldError] = []
    edges = [
        tuple(edge for use in uses if (edge := _edge(use, body, known, draft.pointer, faults)))
        for draft, body, uses in zip(drafts, bodies, used, strict=True)
    ]
    if faults:
        raise errors.Invalid("A reference leads nowhere; errors says which.", "unknown_reference", tuple(faults))
    return [tuple(dict.fromkeys(of_one)) for of_one in edges]


def _edge(use: ReferenceUse, body: dict[str, Any], known: Mapping[str | None, _Target], at: str, faults: list[errors.FieldError]) -> Edge | None:
    target = known.get(use.id)
    if target is None:
        faults.append(errors.FieldError(at + use.pointer, f"There is no record {use.id[:60]!r} in this studio; register it first."))
    elif use.kinds and target.kind not in use.kinds:
        faults.append(errors.FieldError(at + use.pointer, f"{use.id[:60]!r} is a {target.kind}; this takes a {' or '.join(sorted(use.kinds))}."))
    elif use.version is not None and use.version > target.version:
        faults.append(errors.FieldError(at + use.pointer, f"{target.id} has no version {use.version}; its newest is {target.version}."))
    else:
        version = use.version or (target.version if use.pins else None)
        pointers.put(body, use.pointer, f"{target.id}@{version}" if version else target.id)
        return Edge(use.role, target.id, version, use.affects)
    return None


def _targets(context: Context, wanted: Iterable[str]) -> dict[str | None, _Target]:
    sought = [identifier for identifier in wanted if ids.is_id(identifier)]
    if not sought:
        return {}
    with context.conn.cursor(row_factory=class_row(_Target)) as cursor:
        cursor.execute("SELECT id, kind, version FROM head WHERE studio_id = %s AND id = ANY(%s)", (context.studio_id, sought))
        return {target.id: target for target in cursor}


def _within_productions(actor: Actor, draft: Draft, body: Body) -> None:
    productions = {production.partition("@")[0] for production in body.get("productions") or ()}
    if actor.productions is not None and (not productions or not productions <= actor.productions):
        raise errors.Forbidden(f"Your key is limited to {', '.join(sorted(actor.productions))}; name one of them in productions.", "outside_productions")


def _item(context: Context, draft: Draft, body: dict[str, Any], edges: tuple[Edge, ...]) -> Item:
    kind, record_id = KINDS[draft.kind], draft.id or ""
    columns = kind.columns(body)
    disclosures = tuple(_seal(context, kind, record_id, body))
    document = {
        "v": 1,
        "log": context.ledger.origin(context.studio_id),
        "kind": draft.kind,
        "id": record_id,
        "version": draft.version,
        "change": draft.change.document(),
        "recorded_at": instant(context.now),
        "recorded_by": context.actor.account_id,
        "body": body,
        "refs": [_reference(edge) for edge in edges],
    }
    return Item(
        id=record_id, kind=draft.kind, version=draft.version, recorded_at=context.now, bytes=encode(document), edges=edges,
        head=HeadColumns(**columns), identifiers=tuple((entry["scope"], entry["value"]) for entry in body.get("identifiers") or ()),
        disclosures=disclosures,
    )


def _seal(context: Context, kind: Kind, record_id: str, body: dict[str, Any]) -> Iterable[Disclosure]:
    """Replace each secret value by its commitment, in place, and yield what is kept apart."""
    for secret in secrets(kind.schema, body):
        subject = record_id if secret.subject == "self" else secret.subject
        sealed = context.vault.seal_value(context.studio_id, subject, orjson.dumps(pointers.get(body, secret.pointer), option=orjson.OPT_SORT_KEYS))
        pointers.put(body, secret.pointer, {"commitment": sealed.commitment.hex()})
        yield Disclosure(secret.pointer, sealed.commitment, sealed.ciphertext, subject, secret.confidentiality)


def _reference(edge: Edge) -> dict[str, Any]:
    document: dict[str, Any] = {"role": edge.role, "id": edge.target}
    if edge.target_version:
        document["version"] = edge.target_version
    if edge.affects:
        document["affects"] = True
    return document


def _proof(receipt: Receipt, offset: int, raw: bytes) -> Proof:
    return Proof(receipt.first_index + offset, receipt.size, leaf_hash(raw), receipt.proofs[offset], receipt.checkpoint)
