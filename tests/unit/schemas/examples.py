"""Examples of every kind: the least that is accepted, and one with every field filled in.

References are client keys named after their kind (`$party`, `$production` …), so that the examples of all kinds make one
batch whose keys are the names of the kinds. `evidence_details` holds one full example for each type of evidence.
"""

from typing import Any

from marshmallow import Schema, fields

from schemas.credentials import MANIFEST_LABEL
from schemas.fields import (
    Choice,
    Decimal,
    Flag,
    Language,
    PartialDate,
    Sealed,
    Settings,
    Territory,
    Text,
    Timestamp,
    Variant,
    Web,
    Whole,
)
from schemas.kinds import KINDS
from schemas.records.evidence.record import TYPES
from schemas.references import Reference

DATE = "2026-08-10"
INSTANT = "2026-08-10T09:00:00.000000Z"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
BLOB = {"sha256": SHA256, "bytes": 12, "count": 3, "root": SHA256, "media_type": "application/x-ndjson"}
MADE = {"outcome": "cleared", "facts": BLOB, "findings": BLOB, "packs": [], "evaluator": 1, "log_size": 7}

MINIMAL: dict[str, dict[str, Any]] = {
    "party": {"type": "person", "professional_name": "Ada Example"},
    "production": {"title": "Harbour Lights", "format": "feature"},
    "agreement": {"name": "TV/Theatrical 2026"},
    "binding": {"production": "$production", "agreement": "$agreement", "basis": "signatory"},
    "engagement": {"person": "$party", "production": "$production", "category": "principal"},
    "role": {"production": "$production", "name": "The keeper"},
    "licence": {"grantor": "$party"},
    "source": {"title": "Sixty paintings of the harbour"},
    "dataset": {"name": "Harbour look"},
    "model": {"name": "harbour-look"},
    "replica": {"person": "$party"},
    "consent": {"grantor": "$party", "capacity": "self", "answer": "granted"},
    "event": {"type": "withdrawn", "targets": ["$consent"], "effective_at": DATE},
    "generation": {},
    "asset": {"type": "image"},
    "appearance": {"asset": "$asset", "type": "new_performance"},
    "evidence": {"type": "notice", "details": {"kind": "replica_creation"}},
    "document": {"title": "Replica rider"},
    "decision": {"act": "release", "at": INSTANT, **MADE},
    "review": {"decision": "$decision", "cause": "people-unknown", "state": "open"},
    "waiver": {"rules": ["house.credit"], "state": "requested", "requested_by": "acc_1", "expires_at": DATE},
    "release": {"decision": "$decision", "assets": ["$asset"], "released_at": INSTANT},
    "delivery": {"name": "Reel 3"},
    "obligation": {"type": "pay", "state": "open"},
    "adoption": {"production": "$production", "pack": "sagaftra-tvt-2026", "state": "proposed", "proposed_by": "acc_1"},
    "exception": {"rule": "sagaftra-tvt-2023.ebdr.notice-48h"},
    "hold": {"type": "litigation", "placed_at": DATE},
}

_OMIT = object()
# What the sampler cannot know: where two fields of one object exclude or need one another.
_TOLD: dict[str, dict[str, Any]] = {
    "Window": {"perpetual": _OMIT},
    "Digest": {"algorithm": "sha256", "value": SHA256},
    "Party": {"name": _OMIT},
    "Consent": {"capacity": "self", "grantor": "$party", "person": "$party"},
    "Dataset": {"item_count": 3},
    "Asset": {"type": "cut"},
    "Input": {"asset": _OMIT},
    "Appearance": {"type": "new_performance"},
    "Waiver": {"state": "approved", "requested_by": "acc_1", "approved_by": "acc_2"},
    "Adoption": {"state": "adopted", "proposed_by": "acc_1", "adopted_by": "acc_2"},
    "Override": {"approved_by": _OMIT},
    "Blob": BLOB,
    "DutyAssignment": {"system": _OMIT},
}
_PATTERNED = {
    r"[0-9a-f]{64}": SHA256,
    r"[A-Z]{3}": "USD",
    r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*": "America/Los_Angeles",
    r"[a-z0-9][a-z0-9._-]*": "theatrical-us",
    MANIFEST_LABEL: "urn:c2pa:0a3c8f7e-5b1d-4c2e-9f00-112233445566",
}


def sample(field: fields.Field[Any], about: dict[str, Any]) -> Any:
    """Return a value that `field` accepts; `about` is the object built so far, on which variants depend."""
    if isinstance(field, Reference):
        return f"${field.kinds[0]}"
    if isinstance(field, Sealed):
        return sample(field.inner, about)
    if isinstance(field, fields.List):
        return [sample(field.inner, about)]
    if isinstance(field, Variant):
        return whole(field.options[about[field.by]])
    if isinstance(field, fields.Nested):
        return whole(field.schema)
    return _plain(field)


def whole(schema: Schema) -> dict[str, Any]:
    """Return an object with every field of `schema` filled in."""
    told = _TOLD.get(type(schema).__name__, {})
    built: dict[str, Any] = {}
    for name, field in schema.fields.items():
        value = told[name] if name in told else sample(field, built)
        if value is not _OMIT:
            built[name] = value
    return built


def _plain(field: fields.Field[Any]) -> Any:
    simple: list[tuple[type, Any]] = [
        (Flag, True),
        (Whole, 3),
        (Decimal, "1.5"),
        (Timestamp, INSTANT),
        (PartialDate, {"value": DATE, "source": "document"}),
        (Territory, "US-CA"),
        (Language, "fr-CA"),
        (Web, "https://example.org/terms"),
        (Settings, {"steps": 30, "cfg": "7.5", "tiled": True}),
    ]
    for kind, value in simple:
        if isinstance(field, kind):
            return max(value, field.least) if isinstance(field, Whole) and field.least > value else value
    if isinstance(field, Choice):
        return field.words.split(", ")[0]
    assert isinstance(field, Text)
    return _PATTERNED[field.pattern.pattern] if field.pattern else "Some words"


def evidence(kind: str) -> dict[str, Any]:
    """Return a full evidence body of one type."""
    common = {name: value for name, value in whole(KINDS["evidence"].schema).items() if name not in {"type", "details"}}
    return {"type": kind, "details": whole(TYPES[kind]()), **common}


FULL: dict[str, dict[str, Any]] = {name: whole(kind.schema) for name, kind in KINDS.items()}
EVIDENCE: dict[str, dict[str, Any]] = {kind: evidence(kind) for kind in TYPES}
