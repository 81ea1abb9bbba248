"""A pack as plain data: one edition of the rules of an agreement, a law, a platform or the house.

A pack that carries the rules of an older edition holds them itself, so that its digest covers everything it
says and a stored copy can be evaluated alone, years later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from service.rules.moments import NEVER, Calendar, moment
from service.rules.names import COLLECTIONS


def canonical(document: Any) -> bytes:
    """Canonical JSON (RFC 8785 for documents without floats): the same document, the same bytes."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


@dataclass(frozen=True)
class Pack:
    """A pack and its document as JSON values; made by `load.py` from YAML or from a stored copy."""

    document: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The pack's id, equal to its file name."""
        return str(self.document["pack"])

    @property
    def kind(self) -> str:
        """`agreement`, `law`, `platform`, `house` or `gate`."""
        return str(self.document["kind"])

    @property
    def line(self) -> str:
        """What its editions have in common; the pack's own id where it has no line."""
        return str(self.document.get("line") or self.document["pack"])

    @property
    def title(self) -> str:
        """The name people know it by."""
        return str(self.document.get("title") or self.document["pack"])

    @cached_property
    def bytes(self) -> bytes:
        """Canonical JSON."""
        return canonical(self.document)

    @cached_property
    def collections(self) -> frozenset[str]:
        """The collections of facts that its rules may read: those whose names stand anywhere in it."""
        return frozenset(name for name in COLLECTIONS if name.encode() in self.bytes)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hex."""
        return hashlib.sha256(self.bytes).hexdigest()

    @property
    def rules(self) -> Iterable[Mapping[str, Any]]:
        """The rules written in this edition."""
        return self.document.get("rules") or ()

    @property
    def carried(self) -> Iterable[Mapping[str, Any]]:
        """The rules that stay in force from the edition before."""
        return self.document.get("carried_rules") or ()

    @cached_property
    def calendars(self) -> Mapping[str, Calendar]:
        """The calendars that its rules count business days on; raises `ValueError` for a day that is none."""
        return {name: Calendar(spec) for name, spec in (self.document.get("calendars") or {}).items()}

    @cached_property
    def term(self) -> tuple[int, int]:
        """First and last microsecond of its term; open where nothing is said."""
        term = self.document.get("term") or {}
        first, last = moment(term.get("from")), moment(term.get("to"))
        return (first[0] if first and first[0] != NEVER else -NEVER), (last[1] if last else NEVER)
