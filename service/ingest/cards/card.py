"""What a card says: one model or dataset, and what it names as its bases and its data. Absent is unknown; nothing is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from service import errors
from service.ingest.draft import Contradiction, Digest

MOST = 100
OWN = "urn"
_URN = re.compile(r"(urn:clearance:(?:dst|mdl)_[0-9a-z]{26})(?::[0-9]+)?")
Kind = Literal["model", "dataset"]


@dataclass(frozen=True, slots=True)
class Named:
    """A model or dataset that a card points to: its name, and under which outside id it goes."""

    name: str
    scope: str
    value: str
    digests: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """The card's bytes, and the name that the caller knows it by: a repository, a file, a stage."""

    content: bytes
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """All that one reader found; `body` are further fields of the record, `unread` what stands in the card and in no field."""

    adapter: str
    kind: Kind
    about: Named
    body: Mapping[str, Any] = field(default_factory=dict)
    bases: tuple[Named, ...] = ()
    datasets: tuple[Named, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    unread: tuple[str, ...] = ()


def nameless(says: str) -> errors.Invalid:
    """The card does not say what it is about."""
    return errors.invalid("/name", says, "name_missing")


def identity(name: str, address: str | None) -> Named | None:
    """A model or dataset that this service has called so itself, by its URN; None for any other address."""
    match = _URN.fullmatch(address or "")
    return Named(name[:300], OWN, match[1]) if match else None


def texts(value: Any) -> list[str]:
    """A text or a list of texts as a list, at most `MOST`."""
    found = value if isinstance(value, list) else [value]
    return [each.strip()[:500] for each in found if isinstance(each, str) and each.strip()][:MOST]


def remark(code: str, says: str) -> tuple[Contradiction, ...]:
    """One thing for a person to look at."""
    return (Contradiction(code, says),)


def others(value: Mapping[str, Any], known: Iterable[str]) -> tuple[str, ...]:
    """The fields that nobody here reads; they stay in the card as it was given."""
    return tuple(sorted(str(name)[:200] for name in value.keys() - set(known)))[:MOST]
