"""The register of kinds: word, id prefix, collection, schema, and what lists show and filter by.

Adding a kind is one class in `schemas/records` and one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import Schema

from schemas.prefixes import NAMES
from schemas.records.agreement import Agreement, Binding, Engagement, Role
from schemas.records.asset import Appearance, Asset
from schemas.records.consent import Consent, Event
from schemas.records.decision import Adoption, Decision, Delivery, Hold, Obligation, Release, Review, Shortfall, Waiver
from schemas.records.document import Document
from schemas.records.evidence.record import Evidence
from schemas.records.generation import Generation
from schemas.records.licence import Licence, Source
from schemas.records.model import Dataset, Model, Replica
from schemas.records.party import Party
from schemas.records.production import Production
from schemas.references import Link, Secret, Spot, commitments, link, references, secret, visit

__all__ = ["BY_COLLECTION", "BY_PREFIX", "KINDS", "Kind", "Link", "Secret", "Spot", "commitments", "link", "references", "secret", "visit"]

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record. The functions read a loaded body whose references are resolved; none of them ever reads a
    sealed value, so that no personal data reach the columns of `head`.
    """

    name: str
    prefix: str
    collection: str
    schema: Schema
    label: Callable[[Body], str | None]
    type: Callable[[Body], str | None]
    state: Callable[[Body], str | None]
    party: Callable[[Body], str | None]

    def productions(self, body: Body) -> tuple[str, ...]:
        """Return the ids of every production that the record belongs to, each once."""
        named = [body.get("production"), body.get("details", {}).get("production"), *body.get("productions", [])]
        return tuple(dict.fromkeys(item.partition("@")[0] for item in named if isinstance(item, str)))


def first(*names: str) -> Callable[[Body], str | None]:
    """Return a reader of the first of these fields that holds text, without a pinned version, cut to 300 characters."""

    def read(body: Body) -> str | None:
        for name in names:
            value = body.get(name)
            if isinstance(value, dict):  # a date whose source is known
                value = value.get("value")
            if isinstance(value, str):
                return value.partition("@")[0][:300] if value[3:4] == "_" and "@" in value else value[:300]
        return None

    return read


def _evidence_label(body: Body) -> str | None:
    kind = body.get("details", {}).get("kind")
    return f"{body['type']}: {kind}" if isinstance(kind, str) else str(body["type"])


def _evidence_party(body: Body) -> str | None:
    return first("person", "writer", "signatory", "by", "to")(body.get("details", {}))


def _generation_label(body: Body) -> str | None:
    tool, job = body.get("tool", {}).get("name"), body.get("provider", {}).get("job_id")
    return " ".join(part for part in (tool, job) if part) or None


def _kind(
    name: str,
    schema: type[Schema],
    *,
    label: Callable[[Body], str | None],
    type: str = "type",  # noqa: A002  # the column is called so
    state: str = "state",
    party: tuple[str, ...] = (),
) -> Kind:
    prefix, collection = NAMES[name]
    reader = _evidence_party if name == "evidence" else first(*party)
    return Kind(name, prefix, collection, schema(), label, first(type), first(state), reader)


_ALL: Final = (
    _kind("party", Party, label=first("name")),
    _kind("production", Production, label=first("title"), type="format"),
    _kind("agreement", Agreement, label=first("name"), type="pack", state="status", party=("union",)),
    _kind("binding", Binding, label=first("unit", "basis"), type="basis", party=("signatory",)),
    _kind("engagement", Engagement, label=first("category"), type="category", state="status", party=("person",)),
    _kind("role", Role, label=first("name"), type="category"),
    _kind("licence", Licence, label=first("type"), party=("grantor",)),
    _kind("source", Source, label=first("title"), party=("owner",)),
    _kind("dataset", Dataset, label=first("name"), type="purpose"),
    _kind("model", Model, label=first("name"), party=("vendor",), state="training_disclosure"),
    _kind("replica", Replica, label=first("name", "kind"), type="kind", party=("person",)),
    _kind("consent", Consent, label=first("form", "answer"), type="capacity", state="answer", party=("person", "grantor")),
    _kind("event", Event, label=first("type"), party=("by",)),
    _kind("generation", Generation, label=_generation_label, type="stage", party=("operator",)),
    _kind("asset", Asset, label=first("name", "file_name"), state="origin"),
    _kind("appearance", Appearance, label=first("type"), state="first_use_at", party=("person",)),
    _kind("evidence", Evidence, label=_evidence_label),
    _kind("document", Document, label=first("title")),
    _kind("decision", Decision, label=first("act"), type="act", state="outcome"),
    _kind("review", Review, label=first("cause"), type="role"),
    _kind("waiver", Waiver, label=first("state")),
    _kind("release", Release, label=first("released_at"), type="none"),
    _kind("delivery", Delivery, label=first("name"), type="stage"),
    _kind("obligation", Obligation, label=first("text", "type"), party=("owed_to",)),
    _kind("adoption", Adoption, label=first("pack"), type="pack"),
    _kind("exception", Shortfall, label=first("rule"), type="rule"),
    _kind("hold", Hold, label=first("type")),
)

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in _ALL}
BY_PREFIX: Final[dict[str, Kind]] = {kind.prefix: kind for kind in _ALL}
BY_COLLECTION: Final[dict[str, Kind]] = {kind.collection: kind for kind in _ALL}
