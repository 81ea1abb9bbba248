"""A card into the ledger: the model or dataset that it is about, and whatever it names, found before made; the card itself is kept whole.

The same card of the same thing is imported once. What the card only names becomes a record with nothing but that name: its terms and its training
are unknown until somebody says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.context import Context, Idempotency
from service.ingest import bodies, document, find
from service.ingest.bodies import told
from service.ingest.cards.card import OWN, Card, Kind, Named
from service.records import read
from service.records.model import Draft


@dataclass(slots=True)
class _Batch:
    """Records to be written together, what is named before what names it."""

    context: Context
    links: Mapping[str, str]
    productions: list[str] | None
    drafts: list[Draft] = field(default_factory=list)
    known: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def target(self, kind: Kind, named: Named) -> str:
        """The record that this name means: as the caller says, by digest, by outside id, else a new one."""
        key = (kind, named.scope, named.value)
        if key not in self.known:
            self.known[key] = self.links.get(named.name) or _there(self.context, kind, named) or self._add(kind, named)
        return self.known[key]

    def _add(self, kind: Kind, named: Named) -> str:
        key = f"n{len(self.drafts)}"
        body = _named(named, self.productions) | told(weights=bodies.digests(named.digests) if kind == "model" else None)
        self.drafts.append(Draft(kind, body, client_key=key))
        return f"${key}"


def record(
    context: Context,
    card: Card,
    content: bytes,
    *,
    links: Mapping[str, str] | None = None,
    productions: list[str] | None = None,
    key: Idempotency | None = None,
) -> document.Imported:
    """Write what the card says, as one append."""
    earlier = _there(context, card.kind, card.about)
    if earlier is not None:
        return document.there(context, card.kind, earlier)
    batch = _Batch(context, links or {}, productions)
    bases = [batch.target("model", each) for each in card.bases]
    data = [batch.target("dataset", each) for each in card.datasets]
    body = _named(card.about, productions) | told(
        **card.body,
        base_models=bases or None,
        **({"datasets" if card.kind == "model" else "derived_from": list(dict.fromkeys(data))} if data else {}),
        contradictions=bodies.unique(bodies.contradiction(each) for each in card.contradictions[:100]),
    )
    return document.keep(context, card.kind, body, batch.drafts, content, at="card", media_type="application/octet-stream", key=key)


def _there(context: Context, kind: Kind, named: Named) -> str | None:
    if named.scope == OWN:  # the description that this service gave of a record of its own
        own = named.value.rpartition(":")[2]
        known = read.current(context.conn, context.studio_id, [own]).get(own)
        if known is not None and known.kind == kind:
            return own
    return find.by_digests(context, kind, named.digests) or find.by_identifier(context, kind, named.scope[:100], named.value[:500])


def _named(named: Named, productions: list[str] | None) -> dict[str, Any]:
    """A record known by this name only."""
    identifiers = bodies.identifiers([(named.scope, named.value)])
    return told(name=bodies.clean(named.name, 300), identifiers=identifiers, grade="imported", productions=productions)
