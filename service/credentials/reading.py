"""What stands in a manifest, in the words of the record: the little that the conformance rubric and an honest label ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_MOST: Final = 400
_TEXT: Final = 200
#: Parameters of actions that the specification names.
_PARAMETERS: Final = frozenset(
    {
        "ingredient", "ingredients", "ingredientIds", "redacted", "reason", "description", "multipleInstances", "sourceLanguage",
        "targetLanguage", "name",
    }
)  # fmt: skip


def reading(report: Mapping[str, Any], claim: Mapping[str, Any], *, failures: list[str], lineage: list[str]) -> dict[str, Any]:
    """Return the active manifest as a `Reading`, from the library's report and the manifest's crJSON form."""
    assertions = claim.get("assertions") or {}
    info = (claim.get("claim.v2") or {}).get("claim_generator_info") or {}
    results = (report.get("validation_results") or {}).get("activeManifest") or {}
    passed = [str(one.get("code")) for one in results.get("success") or []]
    named = {"label": report.get("active_manifest"), "generator": _name(info), "specification": info.get("specVersion")}
    return {
        **{name: str(value)[:_TEXT] for name, value in named.items() if value},
        "actions": list(_actions(claim, assertions))[:_MOST],
        "actions_complete": _complete(assertions),
        "assertions": [str(label)[:_TEXT] for label in assertions][:_MOST],
        "ingredients": [_ingredient(label, body) for label, body in assertions.items() if label.startswith("c2pa.ingredient")][:_MOST],
        "hard_binding": _binding(passed, failures),
        "linked_hashes": [label[:_TEXT] for label, body in assertions.items() if label.startswith("c2pa.hash.") and "url" in body],
        "ai_disclosure": any(label.startswith("c2pa.ai-disclosure") for label in assertions),
        "time_stamp": _time_stamp(
            passed, [str(one.get("code")) for part in ("informational", "failure") for one in results.get(part) or []]
        ),
        "signature": str(report.get("validation_state")).lower(),
        "validated": bool(results),
        "failures": failures[:_MOST],
        "lineage": lineage[:_MOST],
    }


def _name(info: Mapping[str, Any]) -> str:
    return " ".join(str(info[key]) for key in ("name", "version") if info.get(key))


def _actions(claim: Mapping[str, Any], assertions: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    created = {entry["url"].rpartition("/")[2] for entry in (claim.get("claim.v2") or {}).get("created_assertions") or []}
    labels = [label for label in assertions if label.startswith("c2pa.actions")]
    for label in sorted(labels, key=lambda one: one not in created):
        for action in assertions[label].get("actions") or []:
            parameters = action.get("parameters") or {}
            term = action.get("digitalSourceType")
            yield {
                "action": str(action.get("action", "unnamed"))[:_TEXT],
                **({"digital_source_type": str(term)[:_TEXT]} if term else {}),
                "created": label in created,
                "ingredients": len(parameters.get("ingredients") or []),
                "parameters": [str(name)[:_TEXT] for name in parameters if name not in _PARAMETERS][:100],
            }


def _complete(assertions: Mapping[str, Any]) -> str:
    said = [body.get("allActionsIncluded") for label, body in assertions.items() if label.startswith("c2pa.actions")]
    if not said or any(not isinstance(one, bool) for one in said):
        return "not_said"
    return "all" if all(said) else "not_all"


def _ingredient(label: str, body: Mapping[str, Any]) -> dict[str, Any]:
    known = {"relationship": body.get("relationship"), "digital_source_type": body.get("digitalSourceType")}
    return {
        "label": label[:_TEXT],
        **{name: str(value)[:60] for name, value in known.items() if value},
        "has_manifest": "activeManifest" in body,
        "has_results": "validationResults" in body,
    }


def _binding(passed: list[str], failures: list[str]) -> str:
    hashes = (
        "assertion.dataHash.",
        "assertion.bmffHash.",
        "assertion.boxesHash.",
        "assertion.collectionHash.",
        "assertion.multiAssetHash.",
    )
    if any(code.startswith(hashes) for code in failures):
        return "mismatch"
    return "match" if any(code.startswith(hashes) and code.endswith(".match") for code in passed) else "none"


def _time_stamp(passed: list[str], others: list[str]) -> str:
    if "timeStamp.trusted" in passed:
        return "trusted"
    if any(code.startswith("timeStamp.") and code != "timeStamp.untrusted" for code in others):
        return "invalid"
    return "untrusted" if "timeStamp.validated" in passed or "timeStamp.untrusted" in others else "none"
