"""Findings, and the evaluation they make up together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from service.rules.moments import NEVER, iso
from service.rules.names import RANK
from service.rules.pack import canonical
from service.rules.paths import Gap

#: Raised whenever the same facts and packs could give other bytes.
EVALUATOR: Final = 5

LONGEST: Final = 100
"""So long is the name of a debt; a longer one ends in its digest, because whom it is owed to stands last."""

OUTCOMES: Final = {"block": "blocked", "review": "review", "obligation": "cleared_with_obligations"}


@dataclass(slots=True)
class Finding:
    """What one rule, or one of its requirements, says about one subject."""

    rule: str
    requirement: str | None
    edition: str
    subject: str
    result: str
    mode: str
    code: str
    text: str | None = None
    values: Mapping[str, Any] | None = None
    about: Mapping[str, str] | None = None
    missing: Sequence[Gap] = ()
    path: list[str] | None = None
    would_be: str | None = None
    obligation: dict[str, Any] | None = None
    holds: bool = False
    past: bool = False
    seen: Callable[[], str] | None = None
    needs: dict[str, Any] | None = None
    paper: str | None = None
    """What the rule calls the record that it needs, in the words that every rule asking for the same paper uses; not stored."""
    cause: str = ""
    """The id of the cause it was grouped under; not stored."""
    lifted_by: dict[str, str] | None = None

    def document(self) -> dict[str, Any]:
        """The finding as it is stored: nothing that the rule itself says, and no empty field."""
        fields: dict[str, Any] = {
            "rule": self.rule, "requirement": self.requirement, "edition": self.edition, "subject": self.subject,
            "result": self.result, "mode": self.mode, "code": self.code,
        }  # fmt: skip
        optional = {
            "text": self.text, "values": self.values, "about": self.about, "path": self.path,
            "would_be": self.would_be, "obligation": self.obligation, "holds": self.holds, "past": self.past, "needs": self.needs,
            "lifted_by": self.lifted_by,
            "missing": [{"record": record, "field": name} for record, name in self.missing],
        }  # fmt: skip
        return fields | {key: value for key, value in optional.items() if value}

    @property
    def basis(self) -> str:
        """What a person looked at who decided a review: should any of it change, the decision no longer fits."""
        looked_at = [
            self.rule,
            self.requirement,
            self.code,
            self.subject,
            self.values,
            self.missing,
            self.needs,
            self.seen() if self.seen else "",
        ]
        return hashlib.sha256(canonical(looked_at)).hexdigest()[:16]

    @property
    def debt(self) -> str:
        """What makes two findings one debt: the same thing owed to the same party under the same requirement, and the same paper.

        Rules of several editions that speak of one debt share its name instead of their own.
        """
        owes = self.obligation or {}
        named = (owes["debt"],) if "debt" in owes else (self.rule, self.requirement)
        parts = (*named, *(owes.get(name) for name in ("kind", "basis", "to", "under")))
        told = "/".join(str(part) for part in parts if part)
        return told if len(told) <= LONGEST else f"{told[:59]}/{hashlib.sha256(told.encode()).hexdigest()[:40]}"

    @property
    def weighs(self) -> str:
        """What it counts for in the outcome: an advisory finding is shown and holds nothing."""
        return "warn" if self.mode == "advisory" and RANK[self.result] < RANK["warn"] else self.result


@dataclass(slots=True)
class Tally:
    """How often a rule came to which result, and for whom it passed."""

    statics: Mapping[str, Any]
    counts: dict[str, int] = field(default_factory=dict)
    passed: dict[str, list[str]] = field(default_factory=dict)

    def count(self, result: str, times: int = 1) -> None:
        """Note `times` elements with that result."""
        if times:
            self.counts[result] = self.counts.get(result, 0) + times

    def move(self, old: str, new: str) -> None:
        """Count one element under another result."""
        self.counts[old] -= 1
        if not self.counts[old]:
            del self.counts[old]
        self.count(new)


@dataclass(slots=True)
class Evaluation:
    """All findings of one run, its outcome, and until when it stands."""

    findings: list[Finding]
    tallies: dict[str, Tally]
    ends: int = NEVER
    rests_on: tuple[str, str] | None = None
    coverage: dict[str, Any] = field(default_factory=dict)
    causes: list[dict[str, Any]] = field(default_factory=list)
    clearing: list[dict[str, Any]] = field(default_factory=list)
    _told: dict[str, Any] | None = None

    @property
    def outcome(self) -> str:
        """`blocked`, `review`, `cleared_with_obligations` or `cleared`."""
        result = min((finding.weighs for finding in self.findings), key=RANK.__getitem__, default="pass")
        return OUTCOMES.get(result, "cleared")

    @property
    def valid_until(self) -> str | None:
        """When the first of the papers ends that it rests on; None when none of them ends."""
        return None if self.ends >= NEVER else iso(self.ends)

    def results(self, rule: str) -> dict[str, str]:
        """Subject → worst result of a rule; a subject that is absent was not triggered."""
        found: dict[str, str] = {}
        tally = self.tallies.get(rule)
        for subjects in (tally.passed if tally else {}).values():
            found.update(dict.fromkeys(subjects, "pass"))
        for finding in self.findings:
            if finding.rule == rule:
                known = found.get(finding.subject, "not_applicable")
                found[finding.subject] = min(known, finding.result, key=RANK.__getitem__)
        return found

    def document(self) -> dict[str, Any]:
        """The stored form, made once when all is said; `canonical` of it is what a replay must give again."""
        self._told = self._told or self._document()
        return self._told

    def _document(self) -> dict[str, Any]:
        return {
            "v": 1,
            "evaluator": EVALUATOR,
            "outcome": self.outcome,
            "valid_until": self.valid_until,
            "rests_on": dict(zip(("rule", "subject"), self.rests_on, strict=True)) if self.rests_on else None,
            "findings": [finding.document() for finding in self.findings],
            "rules": [_rule(name, self.tallies[name]) for name in sorted(self.tallies)],
            "causes": self.causes,
            "clearing": self.clearing,
            "coverage": self.coverage,
        }

    def bytes(self) -> bytes:
        """Canonical JSON of the document."""
        return canonical(self.document())


def _rule(name: str, tally: Tally) -> dict[str, Any]:
    passed = [{"edition": edition, "subjects": sorted(tally.passed[edition])} for edition in sorted(tally.passed)]
    return {"id": name, **tally.statics, "counts": tally.counts, "passed": passed}
