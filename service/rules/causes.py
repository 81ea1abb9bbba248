"""Findings grouped by cause, and the smallest set of records that would clear them.

Ten thousand shots that lack one rider are one cause with ten thousand items, and one record to obtain. So is a paper that several rules
or editions ask for in the same words, and so is everything that one role has left unsaid: who fills in the records asks once. A cause
lists every rule that it holds (`parts`); each of them is settled, waived and exempted by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from service.rules import coverage
from service.rules.findings import Evaluation, Finding, Tally
from service.rules.names import RANK

#: The code of a finding whose rule could not even be asked.
MISSING: Final = "missing_facts"

_SAID = ("says", "fix", "form")
#: What is asked of people about a pack itself; nobody can decide it away.
_OF_PACKS: Final = {"x.pack.adopted": "adopt", "x.pack.signed-off": "sign_off"}
#: What such a finding says; `fields` are what is missing.
MISSING_TEXT: Final = {
    "says": "A fact is missing that decides whether this rule applies: {fields}.",
    "fix": "Record the missing fields.",
    "owner": "production",
}
_SEVERAL_MISSING: Final = "Facts are missing that decide whether {rules} rules apply: {fields}."


def group(evaluation: Evaluation) -> list[dict[str, Any]]:
    """One cause for all findings that ask the same of the same role and weigh the same; worst first. Each finding is told its cause."""
    causes: dict[tuple[Any, ...], list[Finding]] = {}
    known: dict[tuple[Any, ...], tuple[str, list[Finding]]] = {}
    for finding in evaluation.findings:
        if finding.rule not in evaluation.tallies and finding.rule in coverage.TEXTS:
            evaluation.tallies[finding.rule] = Tally(coverage.statics(finding.rule))
        if finding.result in ("pass", "exempt"):
            continue
        alike = _alike(finding)
        if alike not in known:  # a hundred thousand findings are a few hundred of a kind
            statics = evaluation.tallies[finding.rule].statics
            name = _named(finding, statics)
            known[alike] = (name, causes.setdefault((name, *_weight(finding, statics)), []))
        finding.cause, found = known[alike]
        found.append(finding)
    made = [_cause(found, evaluation.tallies) for found in causes.values()]
    return sorted(made, key=lambda cause: (RANK[cause["result"]], cause["rule"], cause["id"], cause["mode"]))


def _alike(finding: Finding) -> tuple[Any, ...]:
    """All that a finding's cause depends on; its rule says the rest."""
    owed = finding.obligation["kind"] if finding.obligation else None
    said = (finding.rule, finding.requirement, finding.code, finding.text, _about(finding))
    return (*said, finding.result, finding.would_be, finding.mode, finding.past, finding.holds, owed)


def _weight(finding: Finding, statics: Mapping[str, Any]) -> tuple[Any, ...]:
    """What findings of one cause share beside what is asked of whom."""
    owed = finding.obligation["kind"] if finding.obligation else None
    return (finding.result, finding.would_be, finding.mode, finding.past, finding.holds, bool(statics.get("absolute")), owed)


def _named(finding: Finding, statics: Mapping[str, Any]) -> str:
    """The stable name of a cause, which tomorrow's decision gives the same question, whatever rules ask it then.

    What a role has not stated is named after the role, a paper after what is wrong with it, the role and the paper; everything else is
    the rule's own, as in `part_id`. What weighs otherwise has a name of its own, so that one answer is never about both.
    """
    text = _text(finding, statics)
    if finding.code == MISSING:
        name = f"{MISSING}@{text['owner']}"
    elif finding.paper and text.get("owner"):
        name = f"{finding.code}@{text['owner']}:{finding.paper}/{_about(finding)}"
    else:
        return part_id(finding)
    weighs = (
        "past" if finding.past else "",
        "absolute" if statics.get("absolute") else "",
        finding.would_be and f"would-{finding.would_be}",
    )
    return "~".join([name, *filter(None, weighs)])


def _about(finding: Finding) -> str:
    """The kind of record that a paper would be for, as its id tells."""
    return str(finding.needs.get("for") or "")[:3] if finding.needs else ""


def _text(finding: Finding, statics: Mapping[str, Any]) -> Mapping[str, Any]:
    text: Mapping[str, Any] = statics["texts"].get(finding.text or finding.requirement or "", {})
    return {**text, **MISSING_TEXT, "owner": text.get("owner", MISSING_TEXT["owner"])} if finding.code == MISSING else text


def part_id(finding: Finding) -> str:
    """The stable name of what one rule asks: `rule#requirement:code`, the same in every decision."""
    return f"{finding.rule}#{finding.requirement}:{finding.code}" if finding.requirement else f"{finding.rule}#{finding.code}"


def is_of_one_rule(cause: str) -> bool:
    """Whether a cause is one rule's own, and so named as its only part is."""
    return "#" in cause


def _cause(findings: list[Finding], tallies: Mapping[str, Tally]) -> dict[str, Any]:
    by_part: dict[str, list[Finding]] = {}
    for finding in findings:
        by_part.setdefault(part_id(finding), []).append(finding)
    parts = [_part(name, by_part[name], tallies) for name in sorted(by_part)]
    first, found = findings[0], by_part[parts[0]["id"]][0]
    told = {name: value for name, value in parts[0].items() if name not in ("id", "count")}
    if len(parts) > 1 and first.code == MISSING:
        told |= {"says": _SEVERAL_MISSING, "values": {"rules": len({part["rule"] for part in parts}), **_common(findings)}}
    return told | {
        "id": first.cause, "result": first.result, "would_be": first.would_be, "mode": first.mode,
        "owner": _text(found, tallies[found.rule].statics).get("owner"),
        "items": _unique(finding.subject for finding in findings),
        "assets": _unique((finding.about or {}).get("asset") for finding in findings),
        "persons": _unique((finding.about or {}).get("person") for finding in findings),
        "fields": _unique(field for finding in findings for _, field in finding.missing),
        "past": first.past, "holds": first.holds,
        "absolute": bool(tallies[first.rule].statics.get("absolute")),
        "parts": parts,
    }  # fmt: skip


def _part(name: str, findings: list[Finding], tallies: Mapping[str, Tally]) -> dict[str, Any]:
    """What one rule asks, as far as it is the same for all of its findings."""
    first, statics = findings[0], tallies[findings[0].rule].statics
    text = _text(first, statics)
    return {
        "id": name, "rule": first.rule, "requirement": first.requirement, "code": first.code, "pack": statics["pack"],
        "clause": statics["clause"], "confidence": statics["confidence"], **{key: text.get(key) for key in _SAID},
        "values": _common(findings),
        "fields": _unique(field for finding in findings for _, field in finding.missing),
        "count": len({finding.subject for finding in findings}),
    }  # fmt: skip


def _common(findings: list[Finding]) -> dict[str, Any]:
    """The values that all findings share, so that a sentence about them all can name them."""
    if findings[0].code == MISSING:
        return {"fields": _unique(field for finding in findings for _, field in finding.missing)}
    first = findings[0].values or {}
    return {name: value for name, value in first.items() if all((one.values or {}).get(name) == value for one in findings)}


def _unique(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value})


def causes_of(document: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], str]:
    """Which cause a stored finding was grouped under; one of an earlier evaluator under the name of its only part."""
    known = {
        (part["id"], cause["result"], bool(cause.get("past"))): str(cause["id"])
        for cause in document.get("causes", ())
        for part in cause.get("parts", ())
    }

    def named(finding: Mapping[str, Any]) -> str:
        asked = f"{finding['requirement']}:" if finding.get("requirement") else ""
        part = f"{finding['rule']}#{asked}{finding['code']}"
        return known.get((part, finding["result"], bool(finding.get("past"))), part)

    return named


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
            _merge(steps, step, finding.cause)
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
    return [{"action": "decide" if finding.result == "review" else "mend", "owner": owner, "cause": finding.cause}]


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
