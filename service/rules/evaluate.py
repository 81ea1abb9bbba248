"""The one evaluator: packs and facts in, findings and outcome out.

It is pure (standard library only, no clock, no I/O) and carries a number: the same facts, the same packs and
the same number give the same bytes, in the gate, in a replay and in the offline verifier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from service.rules import coverage, editions, wire
from service.rules.causes import MISSING, clearing_set, group
from service.rules.compile import Case, CompiledRule, Owes, Requirement, compile_rule
from service.rules.editions import Applies, Basis, Line
from service.rules.findings import Evaluation, Finding, Tally
from service.rules.moments import NEVER, Calendar, before, iso, moment
from service.rules.names import ADVERSE, RANK
from service.rules.pack import Pack, canonical
from service.rules.paths import Getter, Scope, link, name_of
from service.rules.reach import Reach
from service.rules.seen import Seen
from service.rules.standing import UNDECIDABLE, Governance, Standing, engine_finding
from service.rules.values import plain
from service.rules.verdicts import Verdict


@dataclass(slots=True)
class PlannedRule:
    """A rule with its place among the editions."""

    rule: CompiledRule
    basis: Basis
    statics: dict[str, Any]
    about: tuple[tuple[str, Getter], ...]
    counterparts: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Plan:
    """Packs, compiled: made once for a set of packs and kept."""

    packs: tuple[Pack, ...]
    rules: tuple[PlannedRule, ...]


def plan(packs: Sequence[Pack]) -> Plan:
    """Compile `packs`; cached by their digests. Raises `PackError` for one that cannot be used."""
    return _plan(tuple(sorted(_ByDigest(pack) for pack in packs)))


@dataclass(frozen=True, order=True)
class _ByDigest:
    digest: str
    pack: Pack = field(compare=False)

    def __init__(self, pack: Pack) -> None:
        object.__setattr__(self, "digest", pack.digest)
        object.__setattr__(self, "pack", pack)


@lru_cache(maxsize=64)
def _plan(keys: tuple[_ByDigest, ...]) -> Plan:
    packs = tuple(sorted((key.pack for key in keys), key=lambda pack: pack.id))
    names = sorted({pack.line for pack in packs})
    lines = {name: Line(pack for pack in packs if pack.line == name) for name in names}
    rules = [rule for name in names for rule in _line_rules(lines[name])]
    return Plan(packs, tuple(rules))


def _line_rules(line: Line) -> list[PlannedRule]:
    """Each rule of a line once, with all the editions it lies in; a pack counts on its own calendars."""
    found: dict[bytes, tuple[Mapping[str, Any], Pack, list[str]]] = {}
    for pack in line.packs:
        for rule in (*pack.rules, *pack.carried):
            found.setdefault(canonical(rule), (rule, pack, []))[2].append(pack.id)
    calendars = {pack.id: pack.calendars for pack in line.packs}
    planned = [_planned(rule, line, pack, held, calendars[pack.id]) for rule, pack, held in found.values()]
    for entry in planned:
        for older in entry.rule.document.get("overrides") or ():
            entry.counterparts.add(older)
            for other in planned:
                if other.rule.id == older:
                    other.counterparts.add(entry.rule.id)
    return sorted(planned, key=lambda entry: (entry.rule.id, entry.basis.home))


def _planned(rule: Mapping[str, Any], line: Line, pack: Pack, held: list[str], calendars: Mapping[str, Calendar]) -> PlannedRule:
    compiled = compile_rule(rule, calendars)
    about = tuple((name, term.get) for name, term in compiled.about)
    ends = (pack.document.get("switched_off") or {}).get(rule.get("family"))
    return PlannedRule(compiled, Basis(rule, line, held, pack.id, ends), _statics(rule, pack), about)


def _statics(rule: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    """What every finding of a rule has in common, stored once."""
    said = {key: rule[key] for key in ("clause", "summary", "source", "confidence", "absolute") if rule.get(key)}
    return {"pack": pack.id, "mode": rule.get("mode", "blocking"), **said, "texts": _texts(rule)}


def _texts(rule: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    texts: dict[str, dict[str, Any]] = {}
    for part in rule["require"]:
        base = {key: part[key] for key in ("says", "fix", "owner", "form") if key in part}
        texts[part["id"]] = base
        listed = part["otherwise"] if isinstance(part["otherwise"], list) else []
        for number, case in enumerate(listed):
            texts[f"{part['id']}/{number}"] = base | {
                key: case[key] for key in base.keys() | {"says", "fix", "owner", "form"} if key in case
            }
    for number, relief in enumerate(rule.get("unless") or ()):
        texts[f"unless/{number}"] = {"says": relief["says"]} if "says" in relief else {}
    return texts


def run(packs: Sequence[Pack], facts: Mapping[str, Any], governance: Mapping[str, Any] | None = None) -> Evaluation:
    """Evaluate `packs` on a facts document.

    Adoption, sign-off, waivers and decided reviews are read from `facts["governance"]`; `governance` lays other
    entries over them (a test says `{"all_signed": True}` to look at rules without their papers).
    """
    made = plan(packs)
    written: set[str] = set()
    document = link(facts, written)
    rules = Governance({**(facts.get("governance") or {}), **(governance or {})}, facts)
    earliest = min((end[1] for text in written if (end := moment(text))), default=NEVER)
    evaluation = _Run(made, document, rules, earliest, Seen(facts)).all()
    evaluation.causes = group(evaluation)
    evaluation.clearing = clearing_set(evaluation)
    return evaluation


class _Run:
    """One evaluation under way."""

    def __init__(self, made: Plan, document: dict[str, Any], governance: Governance, earliest: int, seen: Seen) -> None:
        self.plan, self.document, self.governance = made, document, governance
        self.act = document.get("act")
        self.at = moment(document.get("at"))
        self.production = document.get("production")
        self.root: Scope = (document, None)
        self.out = Evaluation([], {})
        self.standing = {pack.id: Standing.of(pack, document, governance) for pack in made.packs}
        self.earliest, self.seen = earliest, seen
        self.sorted: dict[tuple[str, ...], list[Any]] = {}
        self.doubtful: dict[tuple[str, str], str] = {}
        self.expired: dict[tuple[str, str], None] = {}
        self.gone: dict[str, None] = {}
        self.reach = Reach(made.packs)

    def all(self) -> Evaluation:
        """Every rule on every element, then what the engine itself has to say."""
        for entry in self.plan.rules:
            self._rule(entry)
        self._proved()
        self._differences()
        notes = [finding for standing in self.standing.values() for finding in standing.findings()]
        notes += coverage.expired(self.expired) + coverage.without_edition(self.gone)
        self.out.coverage, holes = coverage.matrix(self.plan.packs, self.document, self.governance)
        for note in notes + holes:
            self._note(note)
        self.out.findings.sort(key=lambda one: (RANK[one.result], one.rule, one.subject, one.requirement or "", one.code))
        return self.out

    def _rule(self, entry: PlannedRule) -> None:
        rule = entry.rule
        tally = self.out.tallies.setdefault(rule.id, Tally(entry.statics))
        elements = self._elements(rule)
        active = self.standing[entry.basis.home].active
        if elements is None:
            self._unknown_collection(entry, tally)
        elif active is False or (rule.acts and self.act not in rule.acts):
            tally.count("not_applicable", len(elements))
        else:
            pinned = editions.pin(self.production, entry.basis.line.packs[0].line, rule.id)
            self._each(entry, tally, elements, pinned)

    def _each(self, entry: PlannedRule, tally: Tally, elements: list[Any], pinned: str | None) -> None:
        """The trigger of each element; most rules are not about most elements."""
        root, when = self.root, entry.rule.when.check if entry.rule.when else _always
        idle = 0
        for element in elements:
            scope = (element, root)
            triggered = when(scope)
            if triggered is False:
                idle += 1
            else:
                self._element(entry, tally, scope, pinned, triggered=triggered)
        tally.count("not_applicable", idle)

    def _elements(self, rule: CompiledRule) -> list[Any] | None:
        if rule.collection is None:
            return [self.production]
        if rule.gathered not in self.sorted:
            found: list[Any] = []
            for name in rule.gathered:
                members = self.document.get(name, [] if name in ADVERSE else None)
                if members.__class__ is not list:
                    return None
                found += members or ()
            self.sorted[rule.gathered] = sorted(found, key=name_of_subject)
        return self.sorted[rule.gathered]

    def _unknown_collection(self, entry: PlannedRule, tally: Tally) -> None:
        """A collection that facts say nothing about may hold anything."""
        rule = entry.rule
        if rule.acts and self.act not in rule.acts:
            return
        finding = self._finding(entry, entry.basis.home, "decision", "review", MISSING)
        finding.missing = [("decision", rule.collection or "")]
        self._close(entry, tally, finding)

    def _element(self, entry: PlannedRule, tally: Tally, scope: Scope, pinned: str | None, *, triggered: Verdict) -> None:
        element, when = scope[0], entry.rule.when
        if self.reach.elsewhere(entry.basis.line, element, self.production):
            tally.count("not_applicable")
            return
        applies = entry.basis.applies(element, self.production, pinned)
        if applies.how == editions.NO:
            if applies.before_first:
                self.gone[entry.basis.line.packs[0].line] = None
            tally.count("not_applicable")
            return
        subject = name_of_subject(element)
        if applies.expired:
            self.expired[(applies.edition, subject)] = None
        if triggered is None and when is not None:
            finding = self._finding(entry, applies.edition, subject, "review", MISSING, scope)
            finding.missing = wire.told(when.gaps(scope), entry.rule.collection)
            self._doubt(entry, applies, subject, self._close(entry, tally, finding))
            return
        self._requirements(entry, tally, applies, scope, subject)

    def _requirements(self, entry: PlannedRule, tally: Tally, applies: Applies, scope: Scope, subject: str) -> None:
        result, last = "pass", NEVER
        for requirement in entry.rule.requirements:
            only = True if requirement.only is None else requirement.only.check(scope)
            if only is False:
                continue
            verdict = requirement.test.check(scope) if only else None
            if verdict:
                if self.earliest < self.out.ends or requirement.until is not None:
                    last = min(last, _until(requirement, scope))
                continue
            failed = self._failed if only else self._untold
            found = self._close(entry, tally, failed(entry, applies, requirement, scope, subject, verdict))
            if RANK[found] < RANK[result]:
                result = found
        if result == "pass":
            tally.count("pass")
            tally.passed.setdefault(applies.edition, []).append(subject)
        if last < self.out.ends:
            self.out.ends, self.out.rests_on = last, (entry.rule.id, subject)
        self._doubt(entry, applies, subject, result)

    def _untold(self, entry: PlannedRule, applies: Applies, requirement: Requirement, scope: Scope, subject: str,
                _: Verdict) -> Finding:  # fmt: skip
        """A requirement whose own condition is unknown."""
        finding = self._finding(entry, applies.edition, subject, "review", MISSING, scope)
        finding.requirement = requirement.id
        finding.missing = wire.told(requirement.only.gaps(scope), entry.rule.collection) if requirement.only else []
        return finding

    def _failed(self, entry: PlannedRule, applies: Applies, requirement: Requirement, scope: Scope, subject: str,
                verdict: Verdict) -> Finding:  # fmt: skip
        finding = self._finding(entry, applies.edition, subject, "review", MISSING, scope)
        finding.requirement = requirement.id
        case = _case(requirement, scope)
        finding.code, finding.text = case.code, case.key
        finding.values = case.says.values(scope) if case.says else {}
        finding.missing = wire.told(requirement.test.gaps(scope), entry.rule.collection) if verdict is None else ()
        finding.result = self._result(entry.rule, requirement, case, scope, finding)
        if requirement.owes and finding.result == "obligation":
            self._owe(finding, requirement.owes, scope)
        if needs := requirement.needs:
            finding.needs, finding.paper = needs.spec(scope), needs.paper
        self._relieve(entry.rule, finding, scope)
        return finding

    def _result(self, rule: CompiledRule, requirement: Requirement, case: Case, scope: Scope, finding: Finding) -> str:
        """The result of a case; which of its two is told by whether the act is ahead, in doubt the stricter."""
        if case.ahead == case.past:
            return case.ahead
        ahead = (requirement.ahead or rule.ahead).check(scope)
        if ahead is None:
            return min(case.ahead, case.past, key=RANK.__getitem__)
        finding.past = not ahead
        return case.ahead if ahead else case.past

    def _owe(self, finding: Finding, owes: Owes, scope: Scope) -> None:
        due = owes.due if isinstance(owes.due, str) or owes.due is None else moment(owes.due.get(scope))
        late = due == "before_release" or (isinstance(due, tuple) and before(due, self.at) is True)
        shown = iso(due[1]) if isinstance(due, tuple) else due
        terms = {name: plain(term.get(scope)) for name, term in owes.terms}
        finding.obligation = {"kind": owes.kind, **terms, **dict(owes.words), "due": shown}
        if late:
            finding.result, finding.code, finding.holds = "review", "obligation_due", True

    def _relieve(self, rule: CompiledRule, finding: Finding, scope: Scope) -> None:
        """An exemption that its claim's papers bear out; it never reaches an absolute bar (refused at load)."""
        if not rule.unless or finding.result not in ("block", "review"):
            return
        for relief in rule.unless:
            if relief.when.check(scope):
                if RANK[relief.then] > RANK[finding.result]:
                    finding.would_be, finding.result, finding.code = finding.result, relief.then, relief.code
                    finding.text, finding.holds, finding.paper = relief.key, False, None
                    finding.values = relief.says.values(scope) if relief.says else {}
                    self._lasts(relief.when.rests(scope), finding)
                return

    def _lasts(self, ends: int, finding: Finding) -> None:
        if ends < self.out.ends:
            self.out.ends, self.out.rests_on = ends, (finding.rule, finding.subject)

    def _finding(self, entry: PlannedRule, edition: str, subject: str, result: str, code: str,
                 scope: Scope | None = None) -> Finding:  # fmt: skip
        mode = self.standing[edition].mode_of(advisory_rule=entry.rule.advisory)
        finding = Finding(entry.rule.id, None, edition, subject, result, mode, code)
        if scope is not None:
            element = scope[0]
            about = {name: found for name, get in entry.about if (found := name_of(get(scope)))}
            finding.about = about or {"record": name_of(element) or subject}
            finding.path = element.get("path") if element.__class__ is dict else None
        return finding

    def _close(self, entry: PlannedRule, tally: Tally, finding: Finding) -> str:
        """Caps, waivers and decided reviews, in this order; counts and keeps the finding."""
        self.standing[finding.edition].cap(finding, low=entry.rule.low_confidence)
        if finding.result == "review":
            finding.seen = partial(self.seen.digest, entry.rule.gathered, finding.subject)
        ends = self.governance.lift(finding, absolute=entry.rule.absolute, at=self.at)
        if ends is not None:
            self._lasts(ends, finding)
        tally.count(finding.result)
        self._keep(finding)
        return finding.result

    def _proved(self) -> None:
        """What is owed and was done, with its proof, holds nothing any more; more of it, or other uses, are owed again."""
        if not self.governance.debts:
            return
        owed: dict[str, list[Finding]] = {}
        for finding in self.out.findings:
            if finding.obligation and finding.result in ("obligation", "review"):
                owed.setdefault(finding.debt, []).append(finding)
        for debt, findings in owed.items():
            proof = self.governance.settled(debt, findings)
            for finding in findings if proof else ():
                self.out.tallies[finding.rule].move(finding.result, "pass")
                finding.would_be, finding.result, finding.holds = finding.would_be or finding.result, "pass", False
                finding.lifted_by = {"obligation": str(proof)}

    def _note(self, finding: Finding) -> None:
        """What the engine itself says; people settle it as they settle any review, but for the papers of the packs."""
        if finding.rule not in UNDECIDABLE:
            ends = self.governance.lift(finding, absolute=False, at=self.at)
            if ends is not None:
                self._lasts(ends, finding)
        self._keep(finding)

    def _keep(self, finding: Finding) -> None:
        self.out.findings.append(finding)

    def _doubt(self, entry: PlannedRule, applies: Applies, subject: str, result: str) -> None:
        if applies.how == editions.PERHAPS:
            self.doubtful[(entry.rule.id, subject)] = result

    def _differences(self) -> None:
        """A rule of one edition only, where another may govern: the stricter result stands, and people decide."""
        counterparts = {entry.rule.id: entry.counterparts for entry in self.plan.rules}
        for (rule, subject), result in sorted(self.doubtful.items()):
            if RANK[result] >= RANK["warn"]:
                continue
            if any(self.doubtful.get((other, subject)) == result for other in counterparts[rule]):
                continue
            doubt = engine_finding("x.version.dual-evaluate", subject, "editions_differ", {"rule": rule})
            same = next((one for one in self.out.findings if (one.rule, one.subject) == (rule, subject)), doubt)
            doubt.about, doubt.path = same.about, same.path
            self._note(doubt)


def _case(requirement: Requirement, scope: Scope) -> Case:
    """The first case that holds; the last one always does."""
    for case in requirement.cases:
        if case.when is None or case.when.check(scope):
            return case
    return requirement.cases[-1]


def _always(_: Scope) -> Verdict:
    return True


def _until(requirement: Requirement, scope: Scope) -> int:
    ends = requirement.test.rests(scope)
    if requirement.until is not None:
        limit = moment(requirement.until.get(scope))
        ends = ends if limit is None else min(ends, limit[1])
    return ends


def name_of_subject(element: Any) -> str:
    """The id a finding is filed under."""
    found = element.get("id") if element.__class__ is dict else None
    return found if isinstance(found, str) else "decision"
