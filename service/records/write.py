"""The one way to write: validate, resolve references, seal secrets, make the final bytes, append.

Everything that can be refused is refused before the queue; what only the order of the log can decide (versions,
idempotency keys, taken identifiers, an affected decision) is a precondition inside the append.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from marshmallow import ValidationError
from psycopg.rows import class_row

from schemas.fields import Carried
from schemas.kinds import KINDS
from schemas.problem import faults
from schemas.references import Link, Reference, Spot, link, visit
from service import errors, ids
from service.content.vault import Ring
from service.context import Actor, Context, Idempotency
from service.ledger.entry import encode, leaf_hash
from service.ledger.log import Edge, HeadColumns, Item, Receipt, Unchanged, Write
from service.records import listed, read, sealing
from service.records.model import Body, Change, Draft, Proof, Recorded, instant
from service.records.subjects import People, Target, about

ATOMIC_LIMIT = 1_000


def create(context: Context, kind: str, body: Body, *, key: Idempotency | None = None, unchanged: Unchanged | None = None) -> Recorded:
    """Write version 1 of a new record and return it with its proof."""
    return append(context, [Draft(kind, body)], key=key, unchanged=unchanged)[0]


def amend(
    context: Context, kind: str, record_id: str, body: Body, expected: int, *, change: Change, key: Idempotency | None = None
) -> Recorded:
    """Write the version after `expected`; `StaleVersion` if somebody was faster, `NotFound` for a foreign id."""
    return append(context, [Draft(kind, body, record_id, expected + 1, change)], key=key)[0]


def append(
    context: Context, drafts: Sequence[Draft], *, key: Idempotency | None = None, unchanged: Unchanged | None = None
) -> list[Recorded]:
    """Write all drafts as one atomic append, or none; drafts may refer to one another by `$client_key`.

    A repeated idempotency key answers with what was written the first time.
    """
    if not 1 <= len(drafts) <= ATOMIC_LIMIT:
        raise errors.invalid("", f"An atomic write takes 1 to {ATOMIC_LIMIT} records.", "batch_size")
    before = {draft.id: read.get(context, draft.kind, draft.id or "").body for draft in drafts if draft.version > 1}
    named = [draft if draft.id else replace(draft, id=ids.new_id(KINDS[draft.kind].prefix, context.now)) for draft in drafts]
    bodies = [_validated(context, draft, before.get(draft.id)) for draft in named]
    used, people = _resolve(context, named, bodies)
    for draft, body in zip(named, bodies, strict=True):
        _within_productions(context.actor, draft, body)
    ring = context.vault.ring(context.studio_id)
    items = [
        _item(context, ring, draft, body, edges, whom, before.get(draft.id))
        for draft, body, edges, whom in zip(named, bodies, used, people, strict=True)
    ]
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
        replace(read.decode(receipt.first_index + offset, item.bytes), proof=_proof(receipt, offset, item.bytes))
        for offset, item in enumerate(items)
    ]


def check(context: Context, kind: str, body: Body) -> None:
    """Refuse what `create` would refuse before the queue, and write nothing."""
    draft = Draft(kind, body)
    _resolve(context, [draft], [_validated(context, draft)])


def rehearsed(context: Context, drafts: Sequence[Draft]) -> list[tuple[dict[str, Any], tuple[Edge, ...]]]:
    """Return the bodies and references that `append` would write, refusing what it would refuse before the queue.

    Every draft has its id. Nothing is sealed and nothing is written: a secret value stands in its body as it was given.
    """
    bodies = [_validated(context, draft) for draft in drafts]
    used, _ = _resolve(context, drafts, bodies)
    for draft, body in zip(drafts, bodies, strict=True):
        for spot in visit(KINDS[draft.kind].schema, body):
            if isinstance(spot.value, Carried):
                spot.container[spot.key] = spot.value.value
    return list(zip(bodies, used, strict=True))


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


def _validated(context: Context, draft: Draft, before: Body | None = None) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = KINDS[draft.kind].schema.load(draft.body)
    except ValidationError as fault:
        found = field_errors(fault, draft.pointer)
        raise errors.Invalid(f"The {draft.kind} is not valid; errors says where and what to do.", "invalid", found) from None
    return listed.completed(context, draft.kind, loaded, before, at=draft.pointer)


def field_errors(fault: ValidationError, at: str = "") -> tuple[errors.FieldError, ...]:
    """Return what a schema refused, one error a JSON pointer (RFC 6901)."""
    return tuple(errors.FieldError(pointer, message) for pointer, message in faults(fault.messages, at))


@dataclass(slots=True)
class _Known:
    """What the references of one write may lead to, and the faults found so far."""

    records: dict[str, Target] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    outside: dict[tuple[str, str], list[Target]] = field(default_factory=dict)
    faults: list[errors.FieldError] = field(default_factory=list)

    def target(self, found: Link) -> Target | None:
        if found.id is not None:
            return self.records.get(found.id)
        if isinstance(found.value, str):
            return self.records.get(self.keys.get(found.value, ""))
        candidates = [target for target in self.outside.get(_outside(found), []) if target.kind in found.kinds]
        return candidates[0] if len(candidates) == 1 else None


def _resolve(context: Context, drafts: Sequence[Draft], bodies: Sequence[dict[str, Any]]) -> tuple[list[tuple[Edge, ...]], list[People]]:
    """Check every reference and write its final form into the body, with the version where it pins; return the edges, and for each
    draft whom it is about.
    """
    spots = [
        [spot for spot in visit(KINDS[draft.kind].schema, body) if isinstance(spot.field, Reference)]
        for draft, body in zip(drafts, bodies, strict=True)
    ]
    known = _known(context, drafts, [link(spot) for of_one in spots for spot in of_one])
    edges = [
        tuple(dict.fromkeys(edge for spot in of_one if (edge := _edge(spot, known, draft.pointer))))
        for draft, of_one in zip(drafts, spots, strict=True)
    ]
    if known.faults:
        raise errors.Invalid("A reference leads nowhere; errors says which.", "unknown_reference", tuple(known.faults))
    for draft, body in zip(drafts, bodies, strict=True):
        kind = KINDS[draft.kind]
        known.records[draft.id or ""] = Target(draft.id or "", draft.kind, draft.version, kind.type(body), kind.party(body))
    return edges, [about(draft.kind, draft.id or "", found, known.records) for draft, found in zip(drafts, edges, strict=True)]


def _edge(spot: Spot, known: _Known, at: str) -> Edge | None:
    found = link(spot)
    target = known.target(found)
    fault = _fault(found, target)
    if fault or target is None:
        known.faults.append(errors.FieldError(at + found.pointer, fault or ""))
        return None
    version = found.version or (target.version if found.pins else None)
    spot.container[spot.key] = f"{target.id}@{version}" if version else target.id
    return Edge(found.role, target.id, version, found.affects)


def _fault(found: Link, target: Target | None) -> str | None:
    named = repr(found.id or found.value)[:120]
    if target is None:
        return f"There is no {' or '.join(found.kinds[:4])} {named} in this studio; register it first."
    if target.kind not in found.kinds:
        return f"{named} is a {target.kind}; this takes a {' or '.join(found.kinds[:4])}."
    if found.version is not None and found.version > target.version:
        return f"{target.id} has no version {found.version}; its newest is {target.version}."
    return None


def _known(context: Context, drafts: Sequence[Draft], links: Sequence[Link]) -> _Known:
    known = _Known(keys={f"${draft.client_key}": draft.id or "" for draft in drafts if draft.client_key})
    own = {draft.id: Target(draft.id, draft.kind, draft.version) for draft in drafts if draft.id}
    for target in _targets(context, {found.id for found in links if found.id} - set(own)):
        known.records[target.id] = target
    for name in {_outside(found) for found in links if isinstance(found.value, dict)}:
        known.outside[name] = _by_identifier(context, *name)
        known.records.update({target.id: target for target in known.outside[name]})
    known.records.update(own)
    return known


def _outside(found: Link) -> tuple[str, str]:
    return found.value["scope"], found.value["value"]


def _targets(context: Context, wanted: set[str]) -> list[Target]:
    if not wanted:
        return []
    with context.conn.cursor(row_factory=class_row(Target)) as cursor:
        cursor.execute(
            "SELECT id, kind, version, type, party FROM head WHERE studio_id = %s AND id = ANY(%s)", (context.studio_id, sorted(wanted))
        )
        return cursor.fetchall()


def _by_identifier(context: Context, scope: str, value: str) -> list[Target]:
    with context.conn.cursor(row_factory=class_row(Target)) as cursor:
        cursor.execute(
            "SELECT head.id, head.kind, head.version, head.type, head.party FROM identifier JOIN head USING (studio_id, id)"
            " WHERE identifier.studio_id = %s AND identifier.scope = %s AND identifier.value = %s AND identifier.dropped_at IS NULL",
            (context.studio_id, scope, value),
        )
        return cursor.fetchall()


def _within_productions(actor: Actor, draft: Draft, body: dict[str, Any]) -> None:
    productions = set(KINDS[draft.kind].productions(body)) | ({draft.id or ""} if draft.kind == "production" else set())
    if actor.productions is not None and (not productions or not productions <= actor.productions):
        raise errors.Forbidden(
            f"Your key is limited to {', '.join(sorted(actor.productions))}; name one of them in productions.", "outside_productions"
        )


def _item(
    context: Context, ring: Ring, draft: Draft, body: dict[str, Any], edges: tuple[Edge, ...], people: People, before: Body | None
) -> Item:
    record_id = draft.id or ""
    kind = KINDS[draft.kind]
    disclosures = tuple(sealing.seal(ring, draft, body, people, before))
    head = HeadColumns(
        kind.label(body), kind.type(body), kind.state(body), kind.party(body), kind.productions(body)
    )  # of what is sealed: nothing
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
        id=record_id,
        kind=draft.kind,
        version=draft.version,
        recorded_at=context.now,
        bytes=encode(document),
        edges=edges,
        head=head,
        identifiers=tuple((name["scope"], name["value"]) for name in body.get("identifiers") or ()),
        disclosures=disclosures,
    )


def _reference(edge: Edge) -> dict[str, Any]:
    document: dict[str, Any] = {"role": edge.role, "id": edge.target}
    if edge.target_version:
        document["version"] = edge.target_version
    if edge.affects:
        document["affects"] = True
    return document


def _proof(receipt: Receipt, offset: int, raw: bytes) -> Proof:
    return Proof(receipt.first_index + offset, receipt.size, leaf_hash(raw), receipt.proofs[offset], receipt.checkpoint)
