"""What there was to see when a person settled a review: a digest of the facts about one element.

A review that was decided stands for what was looked at. When a consent of the element ends, another take is chosen or a further paper
turns up, the digest is another one and the question is asked again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from service.rules.pack import canonical

#: Links that are not followed: what changes on a whole title must not reopen every question about its parts.
_APART: Final = frozenset({"production"})


class Seen:
    """Digests of the elements of one facts document, each made once."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        """Look into an unlinked facts document."""
        self.facts = facts
        self.objects: Mapping[str, Any] = facts.get("objects") or {}
        self._elements: dict[str, dict[str, Any]] = {}
        self._digests: dict[tuple[str, str], str] = {}

    def digest(self, collections: tuple[str, ...], subject: str) -> str:
        """The digest of an element with what it links to; of nothing but its name where facts say nothing of it."""
        key = (collections[0] if collections else "", subject)
        if key not in self._digests:
            element = next((found for name in collections if (found := self._of(name).get(subject))), None)
            whole = {name: self._followed(name, value) for name, value in element.items()} if element else subject
            self._digests[key] = hashlib.sha256(canonical(whole)).hexdigest()[:16]
        return self._digests[key]

    def _of(self, collection: str) -> dict[str, Any]:
        if collection not in self._elements:
            members = [self._object(member) for member in self.facts.get(collection) or ()]
            self._elements[collection] = {str(member.get("id")): member for member in members if isinstance(member, dict)}
        return self._elements[collection]

    def _object(self, value: Any) -> Any:
        if isinstance(value, dict) and "$ref" in value and len(value) == 1:
            found = self.objects.get(value["$ref"])
            return {"id": value["$ref"], **found} if isinstance(found, dict) else None
        return value

    def _followed(self, name: str, value: Any) -> Any:
        if name in _APART:
            return value
        if isinstance(value, list):
            return [self._object(member) for member in value]
        return self._object(value)
