"""The examples that come with the shipped packs: `python -m tests.rules.write_examples [pack …]` writes `NAME.scenarios.yaml` beside each.

Each is a case of the tests (`tests.rules.cases`), reduced to the facts that make a difference: what can be left out without changing any
of its answers is left out, so that a lawyer reads what the rule looks at and nothing else. `clearance rules test` tries them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from service.rules import load, trial
from service.rules.names import COLLECTIONS
from service.rules.pack import Pack
from service.rules.paths import PackError
from tests.rules import test_areas, test_gate_rules, test_sagaftra_2023, test_sagaftra_2026
from tests.rules.cases import GONE, Case, document_of, good, put

PACKS: Final = Path(load.__file__).parent / "packs"
CASES: Final[list[Case]] = [*test_gate_rules.CASES, *test_sagaftra_2023.CASES, *test_sagaftra_2026.CASES, *test_areas.CASES]
#: Written by hand, and better than what is made here.
BY_HAND: Final = frozenset({"licences", "sagaftra-musicvideo"})
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
HEAD: Final = """# Examples of what the pack says: an element in order, and what each change makes of it (null: nobody knows).
# `clearance rules test {pack}` tries them. Written from the cases of the tests by `python -m tests.rules.write_examples`.
scenarios:
"""


def main(names: list[str]) -> None:
    """Write the examples of the packs that are named, else of every pack that has cases."""
    packs = {rule["id"]: pack for pack in load.load_packs().values() for rule in pack.rules}
    made: dict[str, list[dict[str, Any]]] = {}
    for case in CASES:
        pack = packs.get(case.rule)
        if pack is None or pack.id in BY_HAND or (names and pack.id not in names):
            continue
        scenario = example(pack, case)
        if scenario is not None:
            made.setdefault(pack.id, []).append(scenario)
    for name, scenarios in sorted(made.items()):
        text = HEAD.format(pack=name) + "\n".join(written(one) for one in _titled(scenarios))
        (PACKS / f"{name}{load.SCENARIOS}").write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name}: {len(scenarios)} examples, {sum(1 + len(one['cases']) for one in scenarios)} questions\n")


def example(pack: Pack, case: Case) -> dict[str, Any] | None:
    """The scenario of a case, reduced; None where the pack alone does not answer as all packs together do."""
    element = deepcopy(good()[case.collection])
    facts = {name: value for name, value in document_of(case.collection, element).items() if name not in COLLECTIONS}
    for path, value in case.also.items():
        put(facts if path.startswith("/") else element, path.removeprefix("/").split("."), deepcopy(value))
    rule = next(one for one in pack.rules if one["id"] == case.rule)
    spec = {"title": _title(rule), "rule": case.rule, "element": _plain(element), "facts": _plain(facts), "expect": case.good}
    asked = [*case.fails, case.unknown, *([(case.never, "not_applicable")] if case.never else [])]
    found = [{"change": _plain(change), "expect": wanted} for change, wanted in asked]
    once = [one for number, one in enumerate(found) if one not in found[:number]]
    spec["cases"] = [one for one in once if holds(pack, {**spec, "cases": [one]})]
    if not holds(pack, spec):
        return None
    for part in ("facts", "element"):
        reduce(pack, spec, spec[part])
    if not spec["facts"]:
        del spec["facts"]
    return spec


def holds(pack: Pack, spec: dict[str, Any]) -> bool:
    """Whether every question of a scenario is answered as it expects."""
    try:
        return all(one.ok for one in trial.run(pack, [spec]))
    except PackError:
        return False


def reduce(pack: Pack, spec: dict[str, Any], holder: Any) -> None:
    """Take away what makes no difference, from the outside in."""
    for key in list(holder) if isinstance(holder, dict) else ():
        value = holder.pop(key)
        if holds(pack, spec):
            continue
        holder[key] = value
        for inner in value if isinstance(value, list) else [value]:
            reduce(pack, spec, inner)


def _plain(value: Any) -> Any:
    """The value without the mark of what is gone, which a scenario calls null."""
    if value is GONE:
        return None
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _title(rule: Any) -> str:
    first = re.split(r"(?<=[a-z0-9)])[.;] ", str(rule["summary"]))[0].strip().rstrip(".")
    return first if len(first) <= 110 else first[:107].rsplit(" ", 1)[0] + " …"


def _titled(scenarios: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The scenarios in the order of their rules; those of one rule are numbered."""
    counts: dict[str, int] = {}
    for one in sorted(scenarios, key=lambda found: str(found["rule"])):
        number = counts[one["rule"]] = counts.get(one["rule"], 0) + 1
        yield {**one, "title": one["title"] + (f" ({number})" if number > 1 else "")}


def written(spec: dict[str, Any]) -> str:
    """One scenario as YAML."""
    lines = [f"  - title: {flow(spec['title'])}", f"    rule: {spec['rule']}", f"    element: {flow(spec['element'])}"]
    if "facts" in spec:
        lines.append(f"    facts: {flow(spec['facts'])}")
    lines += [f"    expect: {spec['expect']}", "    cases:"]
    lines += [f"      - {{change: {flow(one['change'])}, expect: {one['expect']}}}" for one in spec["cases"]]
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """A value in flow style, quoted only where it must be."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1:])
