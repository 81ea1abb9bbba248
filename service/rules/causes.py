"""Findings grouped by cause, and the smallest set of records that would clear them.

Ten thousand shots that lack one rider are one cause with ten thousand items, and one record to obtain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.rules import coverage
from service.rules.findings import Evaluation, Finding, Tally
from service.rules.names import RANK

#: The code of a finding whose rule could not even be asked.
MISSING: Final = "missing_facts"

_SAID = ("says", "fix", "owner", "form")
#: What is asked of people about a pack itself; nobody can decide it away.
_OF_PACKS: Final = {"x.pack.adopted": "adopt", "x.pack.signed-off": "sign_off"}
#: What such a finding says; `fields` are what is missing.
MISSING_TEXT: Final = {
    "says": "A fact is missing that decides whether this rule applies: {fields}.",
    "fix": "Record the missing fields.",
    "owner": "production",
}


def group(evaluation: Evaluation) -> list[dict[str, Any]]:
    """One cause for all findings of one rule, requirement, code and result; worst first."""
    causes: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in evaluation.findings:
        if finding.rule not in evaluation.tallies and finding.rule in coverage.TEXTS:
            evaluation.tallies[finding.rule] = Tally(coverage.statics(finding.rule))
        if finding.result not in ("pass", "exempt"):
            causes.setdefault(_key(finding), []).append(finding)
    made = [_cause(found, evaluation.tallies[found[0].rule]) for found in causes.values()]
    return sorted(made, key=lambda cause: (RANK[cause["result"]], cause["rule"], cause["id"]))


def _key(finding: Finding) -> tuple[Any, ...]:
    fields = tuple(sorted({field for _, field in finding.missing})) if finding.code == MISSING else ()
    owed = (finding.obligation or {}).get("kind")
    return (finding.rule, finding.requirement, finding.code, finding.result, finding.would_be, finding.mode, finding.past, owed, fields)


def _cause(findings: list[Finding], tally: Tally) -> dict[str, Any]:
    first = findings[0]
    text = tally.statics["texts"].get(first.text or first.requirement or "", {})
    if first.code == MISSING:
        text = {**text, **MISSING_TEXT, "owner": text.get("owner", MISSING_TEXT["owner"])}
    return {
        "id": cause_id(first), "rule": first.rule, "requirement": first.requirement, "code": first.code,
        "result": first.result, "would_be": first.would_be, "mode": first.mode, "pack": tally.statics["pack"],
        "clause": tally.statics["clause"], "confidence": tally.statics["confidence"],
        **{key: text.get(key) for key in _SAID},
        "values": _common(findings),
        "items": _unique(finding.subject for finding in findings),
        "assets": _unique((finding.about or {}).get("asset") for finding in findings),
        "persons": _unique((finding.about or {}).get("person") for finding in findings),
        "fields": _unique(field for finding in findings for _, field in finding.missing),
        "past": first.past, "holds": first.holds,
        "absolute": bool(tally.statics.get("absolute")),
    }  # fmt: skip


def _common(findings: list[Finding]) -> dict[str, Any]:
    """The values that all findings share, so that a sentence about them all can name them."""
    if findings[0].code == MISSING:
        return {"fields": _unique(field for finding in findings for _, field in finding.missing)}
    first = findings[0].values or {}
    return {name: value for name, value in first.items() if all((one.values or {}).get(name) == value for one in findings)}


def cause_id(finding: Finding) -> str:
    """The stable name of a cause: `rule#requirement:code`, the same in every decision."""
    return f"{finding.rule}#{finding.requirement}:{finding.code}" if finding.requirement else f"{finding.rule}#{finding.code}"


def _unique(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value})


def clearing_set(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The fewest records that would clear what holds: one entry for each record to make, to amend, or to decide.

    Papers of one kind about one subject are one paper, their lists united: one rider may consent to creation
    and to use.
    """
    steps: dict[str, list[dict[str, Any]]] = {}
    alike: set[tuple[str, str | None, str, str]] = set()
    for finding in evaluation.findings:
        if RANK[finding.weighs] > RANK["review"]:
            continue
        if (
            not finding.missing
            and not finding.needs
            and finding.rule not in _OF_PACKS
            and not evaluation.tallies[finding.rule].statics.get("absolute")
        ):
            kind = (finding.rule, finding.requirement, finding.code, finding.result)
            if kind in alike:  # ten thousand of them ask for one and the same step
                continue
            alike.add(kind)
        for step in _steps(finding, evaluation.tallies):
            _merge(steps, step, cause_id(finding))
    return [step for key in sorted(steps) for step in steps[key]]


def _steps(finding: Finding, tallies: dict[str, Tally]) -> list[dict[str, Any]]:
    statics = tallies[finding.rule].statics
    if statics.get("absolute") and "block" in (finding.result, finding.would_be):
        return [{"action": "remove", "subject": finding.subject}]
    if finding.missing:
        instead = {"instead": finding.needs} if finding.needs else {}
        return [{"action": "amend", "record": record, "fields": [field], **instead} for record, field in finding.missing]
    if finding.needs:
        return [{"action": "record", **finding.needs}]
    if finding.rule in _OF_PACKS:
        return [{"action": _OF_PACKS[finding.rule], **(finding.values or {})}]
    owner = statics["texts"].get(finding.text or "", {}).get("owner", "legal")
    return [{"action": "decide" if finding.result == "review" else "mend", "owner": owner, "cause": cause_id(finding)}]


def _merge(steps: dict[str, list[dict[str, Any]]], step: dict[str, Any], cause: str) -> None:
    """Add a step to the first that it can be one with: of the same record, and of no other words where both say a thing."""
    alike = steps.setdefault(_identity(step), [])
    known = next((one for one in alike if _agree(one.get("fields"), step.get("fields"))), None)
    if known is None:
        known = {key: value for key, value in step.items() if key != "fields"} | {"clears": []}
        alike.append(known)
    if cause not in known["clears"]:
        known["clears"] = sorted([*known["clears"], cause])
    fields = step.get("fields")
    if isinstance(fields, list):
        known["fields"] = sorted({*known.get("fields", ()), *fields})
    elif fields:
        united = known.setdefault("fields", {})
        for name, value in fields.items():
            united[name] = _united(united.get(name), value)


def _identity(step: Mapping[str, Any]) -> str:
    """What makes two steps one, as long as their fields agree."""
    return "\x1f".join(f"{key}={step[key]}" for key in sorted(step) if key not in ("fields", "instead"))


def _agree(known: Any, fields: Any) -> bool:
    """Whether one record can say both: lists unite, two different words for one thing are two records."""
    if not isinstance(known, Mapping) or not isinstance(fields, Mapping):
        return True
    both = ((known[name], fields[name]) for name in fields if name in known)
    return all(one == other or (isinstance(one, list) and isinstance(other, list)) for one, other in both)


def _united(known: Any, value: Any) -> Any:
    if isinstance(known, list) and isinstance(value, list):
        return [*known, *(member for member in value if member not in known)]
    return value
