"""A policy into the ledger: the licence as read, its parties and works found before made, and the policy itself kept whole.

The same policy is imported once. What was not taken over stands in the notes of the licence, so that nobody takes the licence for the whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from service import errors, ids
from service.context import Context, Idempotency
from service.exports.names import reference, stated
from service.exports.odrl_read import Named, Reading
from service.ingest import document, find
from service.records import read
from service.records.model import Draft

SCOPE: Final = "odrl"
_URI: Final = "uri"


@dataclass(slots=True)
class _Batch:
    """Parties and works that are to be made with the licence, each once."""

    context: Context
    productions: list[str] | None
    drafts: list[Draft] = field(default_factory=list)
    known: dict[tuple[str, str], str] = field(default_factory=dict)

    def target(self, kind: str, named: Named) -> str:
        """The record that an address means: one of this ledger, one with this outside id, else a new one."""
        key = (kind, named.uid)
        if key not in self.known:
            own = reference(named.uid)
            self.known[key] = own or find.by_identifier(self.context, kind, _URI, named.uid) or self._add(kind, named)
        return self.known[key]

    def _add(self, kind: str, named: Named) -> str:
        if named.person:
            says = f"The policy names a person, {named.uid[:100]}: record the person first, with the outside id uri {named.uid[:100]}."
            raise errors.invalid("/content", says, "person_unknown")
        name = named.name or named.uid[:300]
        own = {"type": "organisation", "name": name} if kind == "party" else {"title": name, "type": "other"}
        identifiers = [{"scope": _URI, "value": named.uid}]
        client_key = f"n{len(self.drafts)}"
        body = own | {"identifiers": identifiers, "grade": "imported"} | stated(productions=self.productions)
        self.drafts.append(Draft(kind, body, client_key=client_key))
        return f"${client_key}"


def draft(reading: Reading) -> dict[str, Any]:
    """The licence as read, its parties and works by their addresses, as a dry run shows it."""
    return _body(reading, lambda _, named: reference(named.uid) or {"scope": _URI, "value": named.uid})


def _body(reading: Reading, target: Any) -> dict[str, Any]:
    sides = {
        name: target("party", side) for name, side in (("grantor", reading.assigner), ("grantee", reading.assignee)) if side is not None
    }
    sources = [target("source", each) for each in reading.targets]
    return sides | ({"sources": sources} if sources else {}) | reading.body


def record(
    context: Context, reading: Reading, content: bytes, *, productions: list[str] | None = None, key: Idempotency | None = None
) -> document.Imported:
    """Write the licence with whatever it names, as one append; one that was imported before is found."""
    if reading.assigner is None:
        raise errors.invalid("/content/assigner", "The policy does not say who grants; a licence needs its grantor.", "grantor_missing")
    name = (reading.uid or f"sha256:{hashlib.sha256(content).hexdigest()}")[:500]
    earlier = _own(context, name) or find.by_identifier(context, "licence", SCOPE, name)
    if earlier is not None:
        return document.there(context, "licence", earlier)
    batch = _Batch(context, productions)
    body = _body(reading, batch.target)
    body |= stated(productions=productions, notes=_notes(reading)) | {
        "identifiers": [{"scope": SCOPE, "value": name}],
        "grade": "imported",
    }
    return document.keep(context, "licence", body, batch.drafts, content, at="policy", media_type="application/ld+json", key=key)


def _own(context: Context, uid: str) -> str | None:
    """The licence of this very ledger that the policy is an export of."""
    found = (reference(uid) or "").partition("@")[0]
    known: Mapping[str, Any] = read.current(context.conn, context.studio_id, [found]) if ids.is_id(found, "lic") else {}
    return found if found in known else None


def _notes(reading: Reading) -> str | None:
    lines = [f"{remark.pointer}: {remark.says}" for remark in reading.unread]
    return ("Read from an ODRL policy. A person has to read what was not taken over.\n" + "\n".join(lines))[:4000] if lines else None
