"""Observations into the ledger: they become the source's own, as a new version, and what was found is kept byte for byte.

The same bytes seen at the same time again change nothing. Nothing that was observed earlier is ever taken away by a later look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service import errors
from service.context import Context, Idempotency
from service.ingest.bodies import told
from service.ingest.reservations.observation import Observation
from service.records import read, write
from service.records.model import Change, Recorded
from service.version import VERSION

READER: Final = f"clearance {VERSION}"
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Look:
    """When something was looked at, by whom, for which work; and the bytes that are kept, with what is known of those that are not."""

    at: str
    about: str
    by: str | None = None
    content: bytes | None = None
    blob: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """The source as it stands, what was observed, and whether it knew all of that before."""

    source: Recorded
    observations: tuple[Mapping[str, Any], ...]
    found: bool


def record(
    context: Context, source_id: str, observations: Sequence[Observation], look: Look, *, key: Idempotency | None = None
) -> Observed:
    """Add what was observed to the source."""
    source = read.get(context, "source", source_id)
    blob = look.blob
    if look.content is not None:
        stored = context.blobs.put(look.content)
        context.blobs.grant(source.id, stored.sha256)
        blob = {"sha256": stored.sha256, "bytes": stored.size, "media_type": "application/octet-stream"}
    made = [body(one, look, blob) for one in observations]
    known = list(source.body.get("opt_outs") or ())
    added = [one for number, one in enumerate(made) if one not in known and one not in made[:number]]
    if not added:
        return Observed(source, tuple(made), found=True)
    if len(known) + len(added) > MOST:
        raise errors.invalid(
            "/url", f"A source holds up to {MOST} observations; register the parts of this collection as sources of their own.", "too_many"
        )
    changed = {**source.body, "opt_outs": [*known, *added]}
    written = write.amend(context, "source", source.id, changed, source.version, change=Change("correction"), key=key)
    return Observed(written, tuple(made), found=False)


def body(one: Observation, look: Look, blob: Mapping[str, Any] | None) -> dict[str, Any]:
    """One observation in the words of the record."""
    return told(
        signal=one.signal,
        place=one.place,
        observed_at=look.at,
        answer=one.answer,
        permissions=list(one.permissions) or None,
        carrier=one.carrier,
        version=one.version,
        found=one.found,
        about=look.about,
        terms=one.terms,
        payment=one.payment,
        reader=READER,
        raw=dict(blob) if blob else None,
        by=look.by,
    )
