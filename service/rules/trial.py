"""Scenarios of a pack: examples with their expected answers, written by whoever writes the rules, and tried without any service.

A scenario is an element of what its rule looks at, with the answer that the rule must give, and changes to it with theirs:

    - title: A dub is approved by the dubbing director
      rule: house.dub.approved
      element: {type: dub, director_approved: true}
      expect: pass
      cases:
        - {change: {director_approved: null}, expect: block}    # null: nobody knows
        - {change: {type: trailer}, expect: not_applicable}

`facts` lays further facts over the document (`act`, `at`, `intent`, `objects`, whole collections); a change whose path begins with `/`
changes these. Without a `rule`, `expect` is `{outcome, rules: {rule: result}}` of everything that the pack says. The pack is taken as
adopted and signed off; other packs take no part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from service.rules import evaluate
from service.rules.findings import Evaluation, Finding
from service.rules.names import ACTS, BASES, COLLECTIONS, RESULTS, worst
from service.rules.pack import Pack
from service.rules.paths import PackError

AT: Final = "2026-10-20T12:00:00Z"
OUTCOMES: Final = ("blocked", "review", "cleared_with_obligations", "cleared")
_SCENARIO: Final = frozenset({"title", "rule", "element", "facts", "expect", "cases", "note"})
_CASE: Final = frozenset({"title", "change", "expect", "note"})
_EXPECT: Final = frozenset({"result", "code", "requirement", "outcome", "rules"})


@dataclass(frozen=True, slots=True)
class Trial:
    """One question of a scenario: what was expected, what came out, and why."""

    title: str
    rule: str | None
    expected: Any
    found: Any
    ok: bool
    because: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The trial as JSON."""
        told = {"title": self.title, "rule": self.rule, "expected": self.expected, "found": self.found, "ok": self.ok}
        return told | ({} if self.ok else {"because": list(self.because)})


def run(pack: Pack, scenarios: Sequence[Any], name: str = "scenarios") -> list[Trial]:
    """Try every scenario on the pack; raises `PackError` naming the scenario and key that is wrong."""
    return [trial for number, one in enumerate(scenarios) for trial in _scenario(pack, one, f"{name}/{number}")]


def untested(pack: Pack, trials: Sequence[Trial]) -> list[str]:
    """The rules written in the pack that no scenario asks, or of which none expects a failure or none a pass."""
    seen: dict[str, set[bool]] = {}
    for trial in trials:
        for rule, result in _asked(trial):
            seen.setdefault(rule, set()).add(result in ("pass", "exempt", "not_applicable"))
    return sorted(str(rule["id"]) for rule in pack.rules if seen.get(str(rule["id"]), set()) != {True, False})


def _asked(trial: Trial) -> Iterator[tuple[str, str]]:
    if trial.rule:
        yield trial.rule, _result(trial.expected)
    elif isinstance(trial.expected, Mapping):
        yield from ((rule, _result(expected)) for rule, expected in (trial.expected.get("rules") or {}).items())


def _result(expected: Any) -> str:
    return str(expected.get("result") if isinstance(expected, Mapping) else expected)


def _scenario(pack: Pack, spec: Any, at: str) -> Iterator[Trial]:
    _known(spec, _SCENARIO, at)
    rule = _rule(pack, spec.get("rule"), at)
    title = str(spec.get("title") or at)
    document, holder = _document(rule, spec, at)
    if "expect" in spec:
        yield _try(pack, rule, document, spec["expect"], title, f"{at}: expect")
    for number, case in enumerate(_listed(spec.get("cases"), f"{at}: cases")):
        where = f"{at}: cases/{number}"
        _known(case, _CASE, where)
        changed, element = deepcopy((document, holder))
        change = case.get("change") or {}
        if not isinstance(change, Mapping):
            raise PackError(f"{where}: change: a mapping of paths to values is expected")
        for path, value in change.items():
            _put(changed if path.startswith("/") else element, path, value, where)
        told = case.get("title") or ", ".join(f"{path}: {_said(value)}" for path, value in change.items()) or "as it is"
        yield _try(pack, rule, changed, case.get("expect"), f"{title}: {told}", f"{where}: expect")


def _said(value: Any) -> str:
    return "not known" if value is None else str(value)


def _known(spec: Any, keys: frozenset[str], at: str) -> None:
    if not isinstance(spec, Mapping):
        raise PackError(f"{at}: a mapping is expected, not {spec!r}")
    for key in spec:
        if key not in keys:
            raise PackError(f"{at}: {key}: no such key; known are {', '.join(sorted(keys))}")


def _listed(spec: Any, at: str) -> list[Any]:
    if spec is None:
        return []
    if not isinstance(spec, list):
        raise PackError(f"{at}: a list is expected")
    return spec


def _rule(pack: Pack, name: Any, at: str) -> Mapping[str, Any] | None:
    if name is None:
        return None
    rules = {rule["id"]: rule for rule in (*pack.rules, *pack.carried)}
    if not isinstance(name, str) or name not in rules:
        raise PackError(f"{at}: rule: {pack.id} has no rule {name!r}; it has {', '.join(sorted(rules)) or 'none'}")
    return rules[name]


def _document(rule: Mapping[str, Any] | None, spec: Mapping[str, Any], at: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The facts of a scenario, and the element in them that its changes speak of (the production for a rule without `each`)."""
    facts, given = spec.get("facts") or {}, spec.get("element") or {}
    if not isinstance(facts, Mapping) or not isinstance(given, Mapping):
        raise PackError(f"{at}: facts and element are mappings")
    dates = dict.fromkeys(sorted(BASES - {"always"}), str(facts.get("at", AT))[:10])
    intent = {"territories": ["US"], "media": ["theatrical"], "purpose": "final", "marketing": False}
    production = {"id": "production", "dates": dates}
    document: dict[str, Any] = {name: [] for name in COLLECTIONS} | {
        "v": 1, "act": "release", "at": AT, "ahead": True, "known_at": 1, "planned": False, "subjects": [], "rates": [], "strikes": [], "objects": {},
        "intent": intent, "production": production,
    }  # fmt: skip
    for key, value in facts.items():
        known = document.get(key)
        if known is None or (isinstance(known, list | dict) and not isinstance(value, known.__class__)):
            raise PackError(f"{at}: facts: {key}: there is no such fact, or it is no {'list' if isinstance(known, list) else 'mapping'}")
    document |= deepcopy(dict(facts))
    if not isinstance(document["act"], str) or document["act"] not in ACTS:
        raise PackError(f"{at}: facts: act: {document['act']!r} is not one of {', '.join(sorted(ACTS))}")
    each = rule.get("each") if rule else None
    if each is None:
        document["production"] = {**document["production"], **deepcopy(dict(given))}
        return document, document["production"]
    element = {"id": f"{COLLECTIONS[each]}-1", "dates": dates, "production": document["production"], **deepcopy(dict(given))}
    document[each] = [*document[each], element]
    return document, element


def _put(holder: Any, path: str, value: Any, at: str) -> None:
    """Set what a dotted path leads to; null takes it away, because what is not there is not known."""
    keys = path.removeprefix("/").split(".")
    try:
        for key in keys[:-1]:
            holder = holder[int(key)] if isinstance(holder, list) else holder[key]
        last: Any = int(keys[-1]) if isinstance(holder, list) else keys[-1]
        if value is None and not isinstance(holder, list):
            holder.pop(last, None)
        else:
            holder[last] = deepcopy(value)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        raise PackError(f"{at}: change: {path} leads nowhere in the element or the facts") from None


def _try(pack: Pack, rule: Mapping[str, Any] | None, document: dict[str, Any], expect: Any, title: str, at: str) -> Trial:
    wanted = _expected(expect, rule, at)
    try:
        evaluation = evaluate.run([pack], document, {"all_signed": True})
    except (AttributeError, KeyError, TypeError, ValueError) as fault:  # facts that a person wrote; those of the service have their form
        raise PackError(f"{at.partition(': ')[0]}: the facts are not in the form that rules look at: {fault}") from None
    if rule is None:
        found = _whole(evaluation, wanted)
        return Trial(title, None, wanted, found, found == wanted, _because(evaluation.findings))
    mine = [finding for finding in evaluation.findings if finding.rule == rule["id"]]
    found = {"result": worst(list(evaluation.results(rule["id"]).values()))}
    hits = [one for one in mine if one.result == wanted["result"]]
    for key in ("code", "requirement"):
        if key in wanted:
            given = sorted({str(getattr(one, key)) for one in hits})
            found[key] = wanted[key] if wanted[key] in given else ", ".join(given)
    return Trial(title, str(rule["id"]), _short(wanted), _short(found), found == wanted, _because(mine))


def _expected(expect: Any, rule: Mapping[str, Any] | None, at: str) -> dict[str, Any]:
    """What is expected, as a mapping; refuses words that no answer can be."""
    wanted = dict(expect) if isinstance(expect, Mapping) else {"outcome" if rule is None else "result": expect}
    _known(wanted, _EXPECT, at)
    if rule is None:
        if str(wanted.get("outcome", "cleared")) not in OUTCOMES or set(wanted) - {"outcome", "rules"}:
            raise PackError(f"{at}: without a rule, an outcome ({', '.join(OUTCOMES)}) or rules with their results are expected")
        if not isinstance(wanted.get("rules", {}), Mapping):
            raise PackError(f"{at}: rules: a mapping of rules to results is expected")
    elif not isinstance(wanted.get("result"), str) or wanted["result"] not in RESULTS:
        raise PackError(f"{at}: {wanted.get('result')!r} is no result; there are {', '.join(RESULTS)}")
    return wanted


def _whole(evaluation: Evaluation, wanted: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"outcome": evaluation.outcome} if "outcome" in wanted else {}
    if "rules" in wanted:
        found["rules"] = {rule: worst(list(evaluation.results(rule).values())) for rule in wanted["rules"]}
    return found


def _short(told: Mapping[str, Any]) -> Any:
    return told["result"] if set(told) == {"result"} else dict(told)


def _because(findings: Sequence[Finding]) -> tuple[str, ...]:
    """What was found, in a line each: result, requirement, code, and what is not known."""
    told = []
    for one in findings:
        gaps = ", ".join(f"{record} {field}" for record, field in one.missing)
        told.append(f"{one.result} {one.rule}#{one.requirement or ''}:{one.code}" + (f" (not known: {gaps})" if gaps else ""))
    return tuple(told)
