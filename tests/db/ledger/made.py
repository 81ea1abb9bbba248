"""Small entries to append, and what every receipt must prove."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from service import ids
from service.ledger import merkle, note
from service.ledger.entry import encode, leaf_hash
from service.ledger.log import Edge, HeadColumns, Item, Ledger, Receipt, Write

NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
STUDIO = "std_1"


def item(
    record_id: str | None = None, version: int = 1, *, studio: str = STUDIO, kind: str = "asset", body: Any = None, **more: Any
) -> Item:
    """Return an entry whose bytes say what its columns say."""
    record_id = record_id or ids.new_id("ast", NOW)
    edges: tuple[Edge, ...] = tuple(more.pop("edges", ()))
    identifiers = tuple(more.pop("identifiers", ()))
    content = dict({"name": "label", "type": "image", "productions": ["prd_1"]} if body is None else body)
    if identifiers:
        content["identifiers"] = [{"scope": scope, "value": value} for scope, value in identifiers]
    document = {
        "v": 1, "log": f"clearance.local/{studio}", "kind": kind, "id": record_id, "version": version,
        "change": {"type": "new" if version == 1 else "correction"}, "recorded_at": "2026-09-14T12:00:00.000000Z", "recorded_by": "acc_1",
        "body": content, "refs": [_reference(edge) for edge in edges],
    }  # fmt: skip
    head = more.pop("head", HeadColumns("label", "image", None, None, ("prd_1",)))
    return Item(record_id, kind, version, NOW, encode(document), edges, head, identifiers, **more)


def _reference(edge: Edge) -> dict[str, Any]:
    document: dict[str, Any] = {"role": edge.role, "id": edge.target}
    if edge.target_version:
        document["version"] = edge.target_version
    return document | ({"affects": True} if edge.affects else {})


def write(*items: Item, studio: str = STUDIO, **more: Any) -> Write:
    """Return an atomic write."""
    return Write(studio, items or (item(studio=studio),), **more)


def proves(ledger: Ledger, written: Write, receipt: Receipt) -> bool:
    """Tell whether the receipt's checkpoint is signed and each entry is proved to be in its tree."""
    checkpoint = note.verify(receipt.checkpoint, [ledger.verifier(written.studio_id)])
    return checkpoint.size == receipt.size and all(
        merkle.verify_inclusion(receipt.first_index + offset, receipt.size, leaf_hash(each.bytes), receipt.proofs[offset], checkpoint.root)
        for offset, each in enumerate(written.items)
    )
