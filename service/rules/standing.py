"""What stands behind a pack and over a finding: adoption, sign-off, waivers and decided reviews.

All of it is data in the facts document (`governance`), so that the same evaluator honours a waiver, and lets
it expire, wherever it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.rules.findings import Finding
from service.rules.moments import NEVER, Moment, inside, moment
from service.rules.names import RANK
from service.rules.pack import Pack
from service.rules.values import Amount, amount, plain
from service.rules.verdicts import covers

#: Findings of the engine that no person can decide away: the papers themselves are asked for.
UNDECIDABLE: Final = frozenset({"x.pack.adopted", "x.pack.signed-off"})


def engine_finding(rule: str, subject: str, code: str, values: dict[str, Any] | None = None,
                   edition: str = "gate") -> Finding:  # fmt: skip
    """A review that the engine itself raises; its wording lies in `coverage.TEXTS`."""
    return Finding(rule, None, edition, subject, "review", "blocking", code, text=code, values=values or {})


class Governance:
    """The `governance` part of a facts document, looked up by pack and by finding."""

    def __init__(self, document: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """Index waivers and reviews by the rule they speak of."""
        self.all_signed = bool(document.get("all_signed"))
        self.adoptions = {entry["digest"]: entry for entry in document.get("adoptions") or ()}
        self.signed = {entry["digest"] for entry in document.get("signoffs") or ()}
        self.waivers: dict[str, list[Mapping[str, Any]]] = {}
        self.reviews: dict[str, list[Mapping[str, Any]]] = {}
        for index, name in ((self.waivers, "waivers"), (self.reviews, "reviews")):
            for entry in sorted(document.get(name) or (), key=lambda one: str(one["id"])):
                index.setdefault(entry["rule"], []).append(entry)
        self.debts: dict[str, list[Mapping[str, Any]]] = {}
        for entry in sorted(document.get("debts") or (), key=lambda one: str(one["id"])):
            self.debts.setdefault(entry["debt"], []).append(entry)
        self.intent = facts.get("intent") or {}

    def settled(self, debt: str, findings: Sequence[Finding]) -> str | None:
        """The obligation that proves a debt paid: for all these uses, or under the same paper, and for as much as they come to."""
        uses = {finding.subject.partition("/")[0] for finding in findings}
        under = all((finding.obligation or {}).get("under") for finding in findings)  # the name of the debt says which paper
        parts = [amount((finding.obligation or {}).get("quantity")) for finding in findings]
        total = plain(Amount(sum(part.low for part in parts if part), sum(part.low for part in parts if part))) if all(parts) else None
        for entry in self.debts.get(debt, ()):
            if (under or uses <= set(entry["subjects"])) and entry.get("quantity") in (None, total):
                return str(entry["id"])
        return None

    def lift(self, finding: Finding, *, absolute: bool, at: Moment | None) -> int | None:
        """Apply a decided review or a waiver to a finding; the end of what lifted it, or None.

        A block of an absolute bar is beyond both.
        """
        if finding.result not in ("block", "review") or (absolute and "block" in (finding.result, finding.would_be)):
            return None
        if finding.result == "review" and finding.rule in self.reviews:
            ends = self._review(finding, at)
            if finding.lifted_by:
                return ends
        return None if absolute or finding.rule not in self.waivers else self._waive(finding, at)

    def _review(self, finding: Finding, at: Moment | None) -> int | None:
        for entry in self.reviews[finding.rule]:
            same = entry.get("requirement") == finding.requirement and entry.get("code") == finding.code
            if not same or finding.holds or not _decides(entry, finding) or not _live(entry, at):
                continue
            finding.would_be, finding.lifted_by = finding.would_be or "review", {"review": str(entry["id"])}
            if entry.get("verdict") != "approved":
                finding.result = "block"
                return None
            finding.result = "warn" if entry.get("exception") else "pass"
            finding.holds = False
            return _ends(entry)
        return None

    def _waive(self, finding: Finding, at: Moment | None) -> int | None:
        for entry in self.waivers[finding.rule]:
            requirement = entry.get("requirement")
            if requirement is not None and requirement != finding.requirement:
                continue
            if _names(entry, finding) and _live(entry, at):
                finding.would_be, finding.result = finding.would_be or finding.result, "exempt"
                finding.lifted_by, finding.holds = {"waiver": str(entry["id"])}, False
                return _ends(entry)
        return None


def _names(entry: Mapping[str, Any], finding: Finding) -> bool:
    """Whether a waiver speaks of the finding's subject, or of the asset or person that it is about."""
    subjects = entry.get("subjects") or ()
    about = (finding.subject, finding.subject.partition("/")[0], *(finding.about or {}).values())
    return "*" in subjects or any(name in subjects for name in about)


def _decides(entry: Mapping[str, Any], finding: Finding) -> bool:
    """Whether a review was decided about this very finding; `basis` holds what was looked at, by subject."""
    basis = entry.get("basis")
    if basis is None:
        return _names(entry, finding)
    return bool(basis.get(finding.subject) == finding.basis)


def _live(entry: Mapping[str, Any], at: Moment | None) -> bool:
    start, end = moment(entry.get("from") or "*"), moment(entry.get("to") or "*")
    return inside(at, start, end) is True


def _ends(entry: Mapping[str, Any]) -> int:
    end = moment(entry.get("to") or "*")
    return NEVER if end is None else end[1]


@dataclass(frozen=True, slots=True)
class Standing:
    """One pack in one decision: whether it applies here, how far it may go, who stands behind it."""

    pack: Pack
    active: bool | None
    advisory: bool
    signed: bool
    adopted: bool

    @classmethod
    def of(cls, pack: Pack, document: Mapping[str, Any], governance: Governance) -> Standing:
        """Look `pack` up in the governance of a decision."""
        gate = pack.kind == "gate" or governance.all_signed
        adoption = governance.adoptions.get(pack.digest)
        advisory = adoption is not None and adoption.get("mode") == "advisory"
        territories = (document.get("intent") or {}).get("territories")
        active = in_reach(pack, territories) if pack.kind == "law" else True
        return cls(pack, active, advisory, gate or pack.digest in governance.signed, gate or adoption is not None)

    def mode_of(self, *, advisory_rule: bool) -> str:
        """`advisory` when the rule says so, or the adoption of its pack."""
        return "advisory" if advisory_rule or self.advisory else "blocking"

    def cap(self, finding: Finding, *, low: bool) -> None:
        """An unsigned pack, an unsure reading, a law that may not reach where it goes hold, and never block; a proposed law only warns."""
        limit = "block"
        if self.pack.document.get("status") == "proposed":
            limit = "warn"
        elif low or not self.signed or self.active is None:
            limit = "review"
        if RANK[finding.result] < RANK[limit]:
            finding.would_be, finding.result = finding.would_be or finding.result, limit
            finding.holds = finding.holds and limit == "review"

    def findings(self) -> list[Finding]:
        """What is missing behind a pack that takes part in a decision."""
        if self.active is False:
            return []
        named, missing = {"pack": self.pack.id}, []
        if not self.adopted:
            missing.append(engine_finding("x.pack.adopted", self.pack.id, "not_adopted", named))
        if not self.signed:
            missing.append(engine_finding("x.pack.signed-off", self.pack.id, "not_signed_off", named))
        for finding in missing:
            finding.mode = self.mode_of(advisory_rule=False)
        return missing


def in_reach(pack: Pack, territories: Any) -> bool | None:
    """Whether a law's places and the intent's meet; unknown when the intent names none."""
    places = pack.document.get("territories")
    if not isinstance(territories, list):
        return None
    if not places or "*" in territories or "*" in places:
        return True
    return any(covers([place], [wanted]) or covers([wanted], [place]) for place in places for wanted in territories)
