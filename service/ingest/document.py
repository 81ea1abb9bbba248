"""A document that comes in and is kept whole: the record it is about, written with whatever it names, as one append."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.context import Context, Idempotency
from service.records import read, write
from service.records.model import Draft, Recorded


@dataclass(frozen=True, slots=True)
class Imported:
    """The record that a document is about, all that was written with it, and whether it was there before."""

    record: Recorded
    made: tuple[Recorded, ...]
    found: bool


def there(context: Context, kind: str, record_id: str) -> Imported:
    """What was imported before."""
    return Imported(read.get(context, kind, record_id), (), found=True)


def keep(
    context: Context,
    kind: str,
    body: Mapping[str, Any],
    named: Sequence[Draft],
    content: bytes,
    *,
    at: str,
    media_type: str,
    key: Idempotency | None = None,
) -> Imported:
    """Write the record behind those that it names; the document itself is named in its field `at`."""
    stored = context.blobs.put(content)
    whole = {**body, at: {"sha256": stored.sha256, "bytes": stored.size, "media_type": media_type}}
    made = write.append(context, [*named, Draft(kind, whole, client_key=at)], key=key)
    context.blobs.grant(made[-1].id, stored.sha256)
    return Imported(made[-1], tuple(made), found=False)
