"""A decision for people at a terminal, and for the two formats that build systems read: JUnit XML and SARIF."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

_LEVELS = {"block": "error", "review": "warning", "obligation": "note", "warn": "note"}

Decision = Mapping[str, Any] | None
Names = Mapping[str, Sequence[str]]


def text(decision: Decision, names: Names, unknown: Sequence[str]) -> str:
    """The verdict, then each cause with clause, fix and owner, then the files nobody has registered."""
    lines = []
    if decision:
        known = f" (decision {decision['id']})" if "id" in decision else ""
        until = f", valid until {decision['valid_until'][:10]}" if decision.get("valid_until") else ""
        lines.append(f"{decision['outcome'].replace('_', ' ').upper()}{until}{known}")
        for cause in decision["causes"]:
            lines += _cause(cause)
    lines += [f"NOT REGISTERED  {name}" for name in unknown]
    if unknown:
        lines.append("  Nobody has recorded these bytes. Register them (POST /v1/assets, or `clearance sign --origin`), then ask again.")
    return "\n".join(lines) or f"Nothing to decide about {', '.join(names)}."


def _cause(cause: Mapping[str, Any]) -> list[str]:
    items = f"{cause['count']} items" if cause["count"] != 1 else "1 item"
    held = f" (would be {cause['would_be']})" if cause.get("would_be") else ""
    lines = [f"  {cause['result']:<10}{held} {cause.get('sentence') or cause['id']}"]
    parts = cause.get("parts") or [cause]
    lines += [f"             {part['rule']} · {part['clause']} · confidence {part['confidence']}" for part in parts]
    lines[-1] += f" · {items}" if len(parts) == 1 else f" · {items} in all"
    if cause.get("fields"):
        lines.append(f"             missing: {', '.join(cause['fields'])}")
    if cause.get("fix"):
        lines.append(f"             {cause.get('owner', '')}: {cause['fix']}")
    return lines


def junit(decision: Decision, names: Names, unknown: Sequence[str]) -> str:
    """A test suite of one case for each file: a failure for each cause that holds it."""
    files = {name: asset for asset, found in names.items() for name in found}
    causes = list((decision or {}).get("causes", ()))
    suite = ET.Element("testsuite", name="clearance gate", tests=str(len(files) + len(unknown)))
    failures = 0
    for name, asset in sorted(files.items()):
        case = ET.SubElement(suite, "testcase", classname="clearance", name=name)
        held = [cause for cause in causes if cause["result"] in ("block", "review") and _speaks_of(cause, asset)]
        failures += bool(held)
        for cause in held:
            failure = ET.SubElement(case, "failure", type=cause["result"], message=str(cause.get("sentence") or cause["id"]))
            rules = "; ".join(f"{part['rule']} ({part['clause']})" for part in cause.get("parts") or [cause])
            failure.text = f"{rules}: {cause.get('fix', '')}"
    for name in unknown:
        case = ET.SubElement(suite, "testcase", classname="clearance", name=name)
        ET.SubElement(case, "failure", type="not_registered", message="Nobody has registered this file.")
    suite.set("failures", str(failures + len(unknown)))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _speaks_of(cause: Mapping[str, Any], asset: str) -> bool:
    """Whether a cause holds this asset; one that names no asset holds them all."""
    return not cause.get("assets") or asset in cause["assets"]


def sarif(decision: Decision, names: Names, unknown: Sequence[str]) -> str:
    """SARIF 2.1.0: one result for each cause, located at the files it holds."""
    causes = list((decision or {}).get("causes", ()))
    rules = {cause["rule"]: {"id": cause["rule"], "help": {"text": str(cause.get("fix") or cause["clause"])}} for cause in causes}
    results = [_result(cause, names) for cause in causes]
    results += [
        {
            "ruleId": "not-registered",
            "level": "error",
            "message": {"text": "Nobody has registered this file."},
            "locations": [_location(name)],
        }
        for name in unknown
    ]
    driver = {"name": "clearance", "rules": [rules[name] for name in sorted(rules)]}
    document = {
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _result(cause: Mapping[str, Any], names: Names) -> dict[str, Any]:
    files = [name for asset, found in names.items() if _speaks_of(cause, asset) for name in found]
    return {
        "ruleId": cause["rule"], "level": _LEVELS[cause["result"]], "message": {"text": str(cause.get("sentence") or cause["id"])},
        "locations": [_location(name) for name in sorted(files)[:100]], "properties": {
            "code": cause["code"], "owner": cause.get("owner"), "rules": [part["rule"] for part in cause.get("parts") or [cause]],
        },
    }  # fmt: skip


def _location(name: str) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": name}}}
