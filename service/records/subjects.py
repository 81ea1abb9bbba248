"""Whom a record is about: the people under whose keys its secret values lie, and whose erasure takes them away.

Decided from the record's references alone, in three steps; the first that names a person counts:

1. who is plainly its subject (`person`, who is paid, bargained with, consulted, prompted for …);
2. what it says something of (`subject`, `target`): a person, or a record of one person (a consent, an engagement, a replica …);
3. who granted, said, received or is owed it.

A party speaks of itself, and a document of itself too: its title and content have a key of their own, because the same paper
is often registered before anybody says whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from service.ledger.items import Edge

PLAIN: Final = frozenset({
    "person", "paid_person", "bargained_with", "assigned", "affected", "credited", "writer", "complainant", "cast_person", "consulted",
    "prompt_person", "shown_person", "likeness_subject",
})  # fmt: skip
SAID_OF: Final = frozenset({"subject", "target", "held"})
OTHERWISE: Final = frozenset({
    "by", "grantor", "notice_to", "delivered_to", "owed_to", "furnished_to", "disclosed_to", "permitted", "owner", "author", "musician",
    "told", "recognisable_person", "recognised_person",
})  # fmt: skip
OF_ONE_PERSON: Final = frozenset({"appearance", "consent", "engagement", "replica"})
"""Kinds whose `party` in the list of current versions is the person that they are about."""
EVIDENCE_OF_ONE: Final = frozenset({
    "bargaining", "biometric_use", "capture_session", "compensation", "data_protection", "duty_assignment", "employment_programme",
    "identity_check", "residual_flag", "separated_rights", "take", "usage_report", "writer_deal",
})  # fmt: skip
"""As `OF_ONE_PERSON`, by the type of an evidence."""
OWN_KEY: Final = frozenset({"party", "document"})
"""Kinds whose secrets lie under a key of the record's own."""
MOST: Final = 50
"""What is said of more people than this speaks of a crowd, and lies under the studio's key."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to, as far as the list of current versions knows it."""

    id: str
    kind: str
    version: int
    type: str | None = None
    party: str | None = None

    def person(self) -> str | None:
        """The person that it is, or is about; None for an organisation and for what is about nobody in particular."""
        if self.kind == "party":
            return self.id if self.type == "person" else None
        whose = self.kind in OF_ONE_PERSON or (self.kind == "evidence" and self.type in EVIDENCE_OF_ONE)
        return self.party if whose else None


@dataclass(frozen=True, slots=True)
class People:
    """Whom a record is about: `main` in the first of the steps that names a person, `all` in any of them."""

    main: tuple[str, ...] = ()
    all: tuple[str, ...] = ()

    def owner(self, *, everyone: bool) -> str | None:
        """The name of the key that a secret value without a subject of its own lies under; several ids for several people."""
        if everyone:
            return " ".join(self.all) if 0 < len(self.all) <= MOST else None
        return self.main[0] if len(self.main) == 1 else None


def about(kind: str, record_id: str, edges: Iterable[Edge], targets: Mapping[str, Target]) -> People:
    """Return whom a record is about, from its references and what they lead to."""
    if kind in OWN_KEY:
        return People((record_id,), (record_id,))
    steps: tuple[dict[str, None], ...] = ({}, {}, {})
    for edge in edges:
        target = targets.get(edge.target)
        person = target.person() if target else None
        if target is not None and person is not None:
            step = _step(edge.role, target.kind)
            if step is not None:
                steps[step][person] = None
    main = next((step for step in steps if step), {})
    return People(tuple(main), tuple(sorted({name for step in steps for name in step})))


def _step(role: str, kind: str) -> int | None:
    if kind != "party":
        return 1
    return next((number for number, roles in enumerate((PLAIN, SAID_OF, OTHERWISE)) if role in roles), None)
