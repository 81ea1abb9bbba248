"""A decision as people and programs read it: the record, its causes in words, findings with clause and fix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service import docket
from service.context import Context
from service.decisions.again import Told, Worked
from service.decisions.replay import content
from service.records.model import Recorded
from service.rules.causes import MISSING, MISSING_TEXT

FINDINGS = 1_000
"""So many findings are given in full; `findings_total` says how many there are, and the causes count them all."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: What is only planned has no name yet but the key it was given.
_PLANNED = re.compile(r"planned_[a-z0-9_]+")
_ID = re.compile(r"[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}")


def of_record(context: Context, decision: Recorded, followups: Sequence[Recorded] = (), worked: Worked | None = None) -> dict[str, Any]:
    """The whole answer of a stored decision, with the reviews and obligations it left when they are given.

    `worked` is what it was made from, where the caller has it at hand.
    """
    answer = decision.document() | (of_worked(context, worked) if worked else explained(context, content(context, decision, "findings")))
    asked = [one.id for one in followups if one.kind == "review" and one.version == 1]  # a later version is one that became moot
    return answer | {"reviews": asked, "obligations": [one.id for one in followups if one.kind == "obligation"]}


def of_worked(context: Context, worked: Worked) -> dict[str, Any]:
    """What was worked out, in words: those that were found a moment ago for somebody who may see the same, as long as it stands."""
    reader = (context.actor.permissions, context.actor.productions)
    kept = worked.told.get(reader)
    if kept is not None:
        docket.told_again(context, kept.opened)
        return kept.words
    evaluation = worked.evaluation.document()
    names = _names(context, evaluation)
    told = Told(_words(evaluation, names), frozenset[tuple[str, int]]().union(*(name.opened for name in names.values())))
    if worked.ids.issuperset({*names, *(after for name in names.values() for after in name.after)}):
        worked.told[reader] = told
    return told.words


def explained(context: Context, evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Outcome, causes, findings, clearing set and coverage, with the sentences rendered for this reader."""
    return _words(evaluation, _names(context, evaluation))


def _words(evaluation: Mapping[str, Any], known: Mapping[str, docket.Name]) -> dict[str, Any]:
    rules = {rule["id"]: rule for rule in evaluation["rules"]}
    shown = evaluation["findings"][:FINDINGS]
    names = {name: found.label for name, found in known.items()}
    return {
        "outcome": evaluation["outcome"],
        "valid_until": evaluation["valid_until"],
        "rests_on": evaluation["rests_on"],
        "causes": [_cause(cause, names) for cause in evaluation["causes"]],
        "clearing": evaluation["clearing"],
        "findings": [expanded(finding, rules[finding["rule"]], names) for finding in shown],
        "findings_total": len(evaluation["findings"]),
        "passed": [{"rule": rule["id"], "subjects": part["subjects"][:FINDINGS]} for rule in rules.values() for part in rule["passed"]],
        "coverage": evaluation["coverage"],
        "evaluator": evaluation["evaluator"],
    }


def expanded(finding: Mapping[str, Any], rule: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A finding with what its rule says: clause, confidence, summary, source, sentence, fix, owner and form."""
    text = rule["texts"].get(finding.get("text") or finding.get("requirement") or "", {})
    values = finding.get("values") or {}
    if finding["code"] == MISSING:
        text, values = MISSING_TEXT, {"fields": [gap["field"] for gap in finding.get("missing", ())]}
    said = {key: rule[key] for key in ("clause", "confidence", "summary", "source", "pack") if key in rule}
    told = {key: text[key] for key in ("fix", "owner", "form") if key in text}
    sentence = render(text.get("says"), values, names)
    return {**finding, **said, **told} | ({"sentence": sentence} if sentence else {})


def _cause(cause: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    parts = [_told(part, names, part["count"]) for part in cause.get("parts", ())]
    return _told({**cause, "count": len(cause["items"]), "parts": parts}, names, len(cause["items"]))


def _told(said: Mapping[str, Any], names: Mapping[str, str], items: int) -> dict[str, Any]:
    sentence = render(said.get("says"), said.get("values") or {}, names, items=items)
    return {key: value for key, value in said.items() if value not in (None, [], {})} | ({"sentence": sentence} if sentence else {})


def render(template: str | None, values: Mapping[str, Any], names: Mapping[str, str], *, items: int = 1) -> str | None:
    """The sentence of a template: ids by the name this reader may see, other values as they are, unknown ones said so.

    A value that is not there differs from item to item; of several records their number is said.
    """
    if template is None:
        return None

    def put(match: re.Match[str]) -> str:
        if match[1] not in values:
            return _differing(match[1], items)
        value = values[match[1]]
        return _word(value, names) if value is not None else f"(unknown {match[1].rpartition('.')[2]})"

    text = _PLACEHOLDER.sub(put, template)
    return f"T{text[1:]}" if text.startswith("the planned ") else text


def _differing(path: str, items: int) -> str:
    """What stands for a value that differs from item to item, in the sentence of the whole cause."""
    noun = path.rpartition(".")[2].replace("_", " ")
    return f"these {items} records" if noun == "record" and items > 1 else f"the {noun}"


def _word(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(_word(part, names) for part in value) or "none"
    if isinstance(value, dict):
        return f"{value.get('amount')} {value.get('currency')}"
    if not isinstance(value, str):
        return str(value)
    return f"the {value.replace('_', ' ')}" if _PLANNED.fullmatch(value) else names.get(value, value)


def _names(context: Context, evaluation: Mapping[str, Any]) -> dict[str, docket.Name]:
    causes = evaluation["causes"]
    told = (*causes, *(part for cause in causes for part in cause.get("parts", ())), *evaluation["findings"][:FINDINGS])
    return _mentioned(context, [one.get("values") or {} for one in told])


def names_of(context: Context, told: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Names for every id that the values of sentences mention; a person by name only to who may read it."""
    return {name: found.label for name, found in _mentioned(context, told).items()}


def _mentioned(context: Context, told: Iterable[Mapping[str, Any]]) -> dict[str, docket.Name]:
    flat = [part for values in told for value in values.values() for part in (value if isinstance(value, list) else [value])]
    wanted = {part for part in flat if isinstance(part, str) and _ID.fullmatch(part)}
    return docket.names(context, wanted)
