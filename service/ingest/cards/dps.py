"""The Data Provenance Standards 1.0.0 (Data & Trust Alliance): what a supplier says of a dataset's source, provenance and use.

Where the data may be processed or kept, and on what terms, is for a licence to say: the record names it, and a person looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import dates
from service.ingest import jsontext
from service.ingest.bodies import told
from service.ingest.cards.card import MOST, Card, Given, Named, identity, nameless, remark, texts
from service.ingest.draft import Contradiction, Limits
from service.ingest.provider import at, listed, text

NAME = "dps"
_PURPOSES: Final = frozenset({"training", "fine_tuning", "evaluation", "retrieval", "reference", "replica"})
_READ: Final = {
    "source": {"version", "title", "id", "location"},
    "provenance": {"source", "date"},
    "use": {
        "license",
        "consents",
        "classification",
        "intended-purpose",
        "processing-included",
        "processing-excluded",
        "storage-allowed",
        "storage-forbidden",
    },
}
_PLACES: Final = ("processing-included", "processing-excluded", "storage-allowed", "storage-forbidden", "storage-prohibited")
_MADE: Final = frozenset({"generated", "synthetic", "synthetic-data", "synthetic_data"})
_BODIES: Final = ("biometric", "biometrics", "biometric-data", "bipa")


def detect(given: Given) -> bool:
    """Tell whether this is an object with the three groups of the standard."""
    head = given.content[:65_536]
    groups = (b'"source"', b'"provenance"', b'"use"')
    return (
        head.lstrip()[:1] == b"{"
        and all(group in head for group in groups)
        and (b'"generation-method"' in head or b'"intended-purpose"' in head)
    )


def read(given: Given) -> Card:
    """Return what the record says."""
    found = jsontext.parse(given.content, "/content", Limits().text)
    source, provenance, use = (_group(found, name) for name in _READ)
    name = text(source, "title") or given.name
    if not name:
        raise nameless("The record does not name the dataset; give its name.")
    licences = texts(use.get("license"))
    notes = [f"Described as: {says[:2000]}" for says in texts(source.get("description"))]
    notes += [f"The record names the licence {', '.join(licences)[:1000]}."] if licences else []
    body = told(
        created_at=_date(provenance.get("date")),
        purpose=_purpose(use),
        contains_generated=True if _codes(provenance.get("generation-method")) & _MADE else None,
        notes="\n".join(notes) or None,
    )
    return Card(
        NAME,
        "dataset",
        identity(name, text(source, "id")) or Named(name[:300], NAME, (text(source, "id", "location") or name)[:500]),
        body,
        datasets=tuple(_origin(word) for word in _origins(provenance)),
        contradictions=tuple(_remarks(use, licences)),
        unread=_unread(found),
    )


def _group(found: Any, name: str) -> Mapping[str, Any]:
    value = at(found, name)
    return value if isinstance(value, Mapping) else {}


def _origins(provenance: Mapping[str, Any]) -> list[str]:
    """Where the records of the datasets it was made from stand: a list, or one text with commas."""
    given = provenance.get("source")
    return texts(given.split(",") if isinstance(given, str) else given)


def _origin(word: str) -> Named:
    return identity(word, word) or Named(word[:300], "uri" if "://" in word else NAME, word[:500])


def _date(value: Any) -> str | None:
    try:
        return dates.partial(value)
    except ValueError:
        return None


def _codes(value: Any) -> set[str]:
    return {code.strip().lower() for each in listed(value) if (code := text(each, "code"))}


def _purpose(use: Mapping[str, Any]) -> str | None:
    known = sorted({code.replace("-", "_") for code in _codes(use.get("intended-purpose"))} & _PURPOSES)
    return known[0] if len(known) == 1 else None


def _remarks(use: Mapping[str, Any], licences: list[str]) -> Iterator[Contradiction]:
    if not licences:
        yield from remark("licence_unknown", "The record names no licence; nothing says on what terms this may be used.")
    biometric = any(at(each, "evaluated") is True and _code(each) in _BODIES for each in listed(use.get("classification")))
    if biometric and not texts(use.get("consents")):
        yield from remark("consents_unknown", "The record says that there is biometric data in it and names no consent.")
    limits = [name for name in _PLACES if listed(use.get(name))]
    if limits:
        yield from remark(
            "places_limited", f"The record limits where the data may be processed or kept ({', '.join(limits)}); its licence has to say so."
        )


def _code(entry: Any) -> str:
    return (text(at(entry, "regulation"), "code") or "").strip().lower()


def _unread(found: Any) -> tuple[str, ...]:
    """What the dataset has no field for; it stays in the record as it was given."""
    groups = {name: set(_group(found, name)) - known for name, known in _READ.items()}
    strange = sorted(str(name)[:200] for name in found.keys() - _READ.keys() - {"$schema"}) if isinstance(found, Mapping) else []
    kept = {"source": {"description"}, "provenance": {"generation-method"}, "use": set(_PLACES)}
    return tuple((strange + [f"{group}.{name}"[:200] for group, names in groups.items() for name in sorted(names - kept[group])])[:MOST])
