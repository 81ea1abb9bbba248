"""Every scenario, step by step, at every date it names, in blocking and in advisory mode."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from schemas.naming import place
from service.facts import Facts
from service.rules.findings import Evaluation
from tests.rules import scenario as play
from tests.rules.scenario import Studio

FILES = play.scenario_files()


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_scenario(path: Path, new_studio: Callable[[], Studio]) -> None:
    """Each question gets the outcome and the results that the catalogue expects; rules in advisory mode decide alike."""
    told = play.read_scenario(path)
    for variant in told.get("variants") or [{}]:
        studio = new_studio()
        wrong = [fault for step in [*told.get("steps", ()), *variant.get("steps", ())] for fault in _step(studio, told, step)]
        assert not wrong, "\n".join([f"{told['scenario']} {variant.get('name', '')}", *wrong])


def _step(studio: Studio, told: Mapping[str, Any], step: Mapping[str, Any]) -> list[str]:
    if step.get("records"):
        studio.enter(step["records"])
    defaults = {name: told[name] for name in ("production", "intent", "at", "act") if name in told}
    return [fault for question in step.get("ask") or () for fault in _ask(studio, told, {**defaults, **question})]


def _ask(studio: Studio, told: Mapping[str, Any], question: Mapping[str, Any]) -> list[str]:
    facts = studio.facts(question)
    packs = question.get("packs", told["packs"])
    firm, mild = (play.judge(facts.document, packs, advisory=advisory) for advisory in (False, True))
    name = f"[{question.get('name', question['at'])}]"
    wrong = [f"{name} {fault}" for fault in (*_compare(studio, question["expect"], firm), *_modes(firm, mild), *_unexplained(facts, firm))]
    return wrong + ([_explain(firm)] if wrong else [])


def _compare(studio: Studio, expect: Mapping[str, Any], found: Evaluation) -> list[str]:
    wrong = [] if found.outcome == expect.get("outcome", found.outcome) else [f"outcome {found.outcome}, expected {expect['outcome']}"]
    for rule, wanted in (expect.get("rules") or {}).items():
        given = play.answer(found, rule, studio.keys)
        if isinstance(wanted, str):
            if play.worst_of(given) != wanted:
                wrong.append(f"{rule}: {given or 'not_applicable'}, expected {wanted}")
        else:
            wrong += [
                f"{rule} {key}: {given.get(key, 'not_applicable')}, expected {result}"
                for key, result in wanted.items()
                if given.get(key, "not_applicable") != result
            ]
    codes = {finding.code for finding in found.findings}
    wrong += [f"no finding with code {code}" for code in expect.get("codes") or () if code not in codes]
    wrong += [f"obligation missing: {one}" for one in expect.get("owed") or () if one not in _owed(found)]
    until = expect.get("valid_until")
    if until and not str(found.valid_until).startswith(str(until)):
        wrong.append(f"valid until {found.valid_until}, expected {until}")
    return wrong


def _owed(found: Evaluation) -> list[dict[str, Any]]:
    return [
        {name: str(one.obligation[name]) for name in ("kind", "quantity", "due") if one.obligation.get(name)}
        for one in found.findings
        if one.obligation
    ]


def _modes(firm: Evaluation, mild: Evaluation) -> list[str]:
    """In advisory mode every rule decides alike; only the gate differs."""
    first, second = ({(one.rule, one.subject, one.requirement, one.result) for one in found.findings} for found in (firm, mild))
    return [f"advisory mode decides otherwise: {sorted(first ^ second, key=str)[:3]}"] if first != second else []


def _unexplained(facts: Facts, found: Evaluation) -> list[str]:
    """A finding about something names it, shows the way to what lies in the lineage, and calls what is missing by a field of the wire format."""
    wrong = []
    for one in found.findings:
        record = one.subject.partition("/")[0]
        if record in facts.library.lineage and not one.path:
            wrong.append(f"no path: {one.rule} {one.subject}")
        if facts.library.get(record) and not one.about:
            wrong.append(f"about nothing: {one.rule} {one.subject}")
        wrong += [f"no field of the wire format: {one.rule} {gap}" for gap in one.missing if not _recordable(facts, *gap)]
    return wrong


def _recordable(facts: Facts, record: str, name: str) -> bool:
    view = facts.library.get(record.partition("/")[0])
    return view is None or place(view.kind, view.type if view.kind == "evidence" else None, name) is not None


def _explain(found: Evaluation) -> str:
    return "\n".join(
        f"      {one.result:11} {one.rule} {one.subject} {one.requirement} {one.code} {json.dumps(one.missing)}" for one in found.findings
    )
