"""Cases of the asset rubric: what stands in a manifest that leaves with an asset."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import GONE, PRODUCTION, Case

IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def action(name: str = "c2pa.created", **more: Any) -> dict[str, Any]:
    """One action in order."""
    return {
        "id": f"0:{name}", "action": name, "standard": name.startswith("c2pa."), "dotted": "." in name, "source_type": IPTC, "trained": True, "created": True,
        "ingredients": 0, "bare_parameters": [], **more,
    }  # fmt: skip


def assertion(label: str) -> dict[str, Any]:
    """One assertion as its label tells it."""
    return {"id": label, "name": label, "standard": label.startswith("c2pa."), "retired": label.startswith("stds."), "dotted": "." in label}


GOOD = {
    "credentials": {
        "id": "evd_c", "record": "evd_c", "asset": {"$ref": "ast_1"}, "production": PRODUCTION, "handed_out": True, "state": "trusted",
        "label": "urn:c2pa:1", "labelled": True, "specification": "2.4.0", "actions": [action()], "inception": True, "actions_complete": "all",
        "assertions": [assertion("c2pa.actions.v2"), assertion("c2pa.ai-disclosure"), assertion("clearance.record")],
        "ingredients": [{"id": "model1", "has_manifest": False, "has_results": False, "source_type": ""}], "hard_binding": "match", "linked_hashes": [],
        "time_stamp": "trusted", "validated": True, "failures": [], "lineage": [], "ai_disclosure": True, "signal": "fully_generated", "trained": True, "ai_denied": False,
    },
}  # fmt: skip


def case(name: str, fails: tuple[tuple[dict[str, Any], str], ...], unknown: dict[str, Any]) -> Case:
    """A rule of the rubric, over the manifest that is handed out."""
    return Case(f"c2pa-asset-rubric.{name}", "credentials", {}, "pass", fails, (unknown, "review"), {"handed_out": False})


OPENED = action("c2pa.opened", source_type="", trained=False, ingredients=1)
CASES = [
    case("source-type", (({"actions": [action(source_type="")]}, "review"), ({"actions": [OPENED]}, "pass"), ({"actions": [action("com.tool.made", source_type="")]}, "pass")), {"actions": GONE}),
    case("specification", (({"specification": "2.2"}, "review"), ({"specification": ""}, "review")), {"specification": GONE}),
    case("actions-complete", (({"actions_complete": "not_said"}, "review"), ({"actions_complete": "not_all"}, "pass")), {"actions_complete": GONE}),
    case("opened-source-type", (({"actions": [action("c2pa.opened")]}, "review"), ({"actions": [OPENED]}, "pass")), {"actions": GONE}),
    case("opened-ingredient", (({"actions": [{**OPENED, "ingredients": 0}]}, "review"), ({"actions": [{**OPENED, "ingredients": 2}]}, "review"), ({"actions": [OPENED]}, "pass")), {"actions": GONE}),
    case("inception", (({"inception": False}, "review"),), {"inception": GONE}),
    case(
        "validation",
        (
            ({"validated": False}, "review"), ({"failures": ["assertion.dataHash.mismatch"]}, "block"), ({"failures": ["signingCredential.untrusted"]}, "pass"),
            ({"lineage": ["claim.malformed"]}, "block"), ({"lineage": GONE}, "review"),
        ),
        {"failures": GONE},
    ),
    case("hard-binding", (({"hard_binding": "mismatch"}, "block"), ({"hard_binding": "none"}, "block"), ({"hard_binding": "not_checked"}, "review")), {"hard_binding": GONE}),
    case("hash-link", (({"linked_hashes": ["c2pa.hash.data"]}, "review"),), {"linked_hashes": GONE}),
    case("retired", (({"assertions.0": assertion("stds.exif")}, "review"), ({"assertions.0": assertion("c2pa.actions")}, "review"), ({"actions": [action("c2pa.color_adjustments")]}, "review")), {"assertions": GONE}),
    case("known", (({"assertions.0": assertion("c2pa.made-up")}, "review"), ({"actions": [action("c2pa.made_up")]}, "review")), {"assertions": GONE}),
    case("namespace", (({"assertions.0": assertion("note")}, "review"), ({"actions": [action("made")]}, "review"), ({"actions": [action(bare_parameters=["note"])]}, "review")), {"assertions": GONE}),
    case("label", (({"labelled": False}, "review"),), {"labelled": GONE}),
    case(
        "ingredient-results", (({"ingredients.0.has_results": True}, "review"), ({"ingredients.0.has_manifest": True}, "review"), ({"ingredients": []}, "pass")), {"ingredients.0.has_manifest": GONE},
    ),
    case(
        "ingredient-source-type", (({"ingredients.0.has_manifest": True, "ingredients.0.source_type": IPTC}, "review"), ({"ingredients.0.source_type": IPTC}, "pass")), {"ingredients": GONE},
    ),
    case("ai-disclosure", (({"ai_disclosure": False}, "review"), ({"ai_denied": True}, "review"), ({"trained": False, "ai_disclosure": False}, "pass")), {"ai_disclosure": GONE}),
    case("signer", (({"state": "valid"}, "review"), ({"state": "invalid"}, "block")), {"state": GONE}),
    case("time-stamp", (({"time_stamp": "none"}, "warn"), ({"time_stamp": "invalid"}, "review")), {"time_stamp": GONE}),
    case("signals", (({"signal": "unknown_provenance"}, "warn"), ({"signal": "not_generated"}, "pass")), {"signal": GONE}),
]  # fmt: skip
