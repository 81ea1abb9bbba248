"""Cases of the house's own checks on delivery: digests, lineage, declarations, terms, licences, models, consents, overrides."""

from __future__ import annotations

from typing import Any

from tests.rules.cases import CLAIM, GONE, PRODUCTION, Case

GOOD: dict[str, dict[str, Any]] = {
    "borrowings": {"id": "src_1", "record": "src_1", "own": False, "licences": ["lic_1"], "production": PRODUCTION},
    "licence_terms": {"id": "lic_1", "record": "lic_1", "attribution": True, "credited": True, "non_commercial": True, "production": PRODUCTION},
    "model_chains": {"id": "mdl_1", "record": "mdl_1", "not_told": [], "unlicensed": [], "unexplained": [], "production": PRODUCTION},
    "overrides": {"id": "evd_o", "record": "evd_o", "two_people": True, "reasoned": True, "expires": True, "over": True, "rechecked": True, "production": PRODUCTION},
}  # fmt: skip
MORE = {"uses": {"identity_checked": True, "pay_agreed": True, "modalities": ["voice", "face"], "separate": True}}

FOR = "house-delivery."
INWARD = {"/act": "generate"}
NOBODY = {"replicates": False}
CASES = [
    Case(f"{FOR}gen-01", "ai_uses", {}, "pass", (({"proved": False}, "block"), ({"item": False}, "not_applicable")), ({"proved": GONE}, "block"), INWARD),
    Case(f"{FOR}gen-02", "ai_uses", {}, "pass", (({"open": ["ast_1.parents"]}, "block"), ({"open": ["ast_1.parents"], "item": False}, "review")), ({"open": GONE}, "block"), INWARD),
    Case(f"{FOR}gen-03", "ai_uses", {}, "pass", (({"kind": GONE}, "block"), ({"kinds": 2}, "review")), ({"kinds": GONE}, "review"), {"item": False}),
    Case(
        f"{FOR}gen-04", "ai_uses", {}, "pass",
        (({"kind": "none"}, "block"), ({"kind": GONE}, "review"), ({"kind": "none", "arrived_as_ai": False, "contradicted": True}, "block"), ({"kind": "assistive", "contradicted": True}, "review")),
        ({"arrived_as_ai": GONE}, "review"), {"arrived_as_ai": False},
    ),
    Case(f"{FOR}gen-05", "ai_uses", {}, "pass", (({"file_says_ai": False}, "review"), ({"file_says_ai": False, "can_say": False}, "pass")), ({"can_say": GONE}, "review"), {"generative": False}),
    Case(
        f"{FOR}tls-01", "ai_uses", {}, "pass",
        (
            ({"tools.0.terms": []}, "block"), ({"tools.0.terms": [], "tools.0.self_hosted": True}, "not_applicable"), ({"tools.0.terms.0.accepted": False}, "block"),
            ({"tools.0.terms.0.reviewed": False}, "block"), ({"tools.0.terms.0.in_force": False}, "block"), ({"tools.0.terms.0.in_force": GONE}, "review"),
            ({"tools.0.terms.0.read_before": False}, "block"), ({"tools.0.terms.0.withdrawn": True}, "block"),
        ),
        ({"assisted": GONE}, "review"), {"assisted": False},
    ),
    Case(f"{FOR}lic-01", "borrowings", {}, "pass", (({"licences": []}, "block"),), ({"own": GONE}, "review"), {"own": True}),
    Case(f"{FOR}lic-05", "licence_terms", {}, "pass", (({"credited": False}, "block"),), ({"attribution": GONE}, "review"), {"attribution": False}),
    Case(
        f"{FOR}lic-06", "licence_terms", {"commercial": False}, "pass", (({"commercial": True}, "block"), ({"commercial": GONE}, "block")),
        ({"non_commercial": GONE}, "review"), {"non_commercial": False},
    ),
    Case(
        f"{FOR}mod-01", "model_chains", {}, "pass",
        (({"not_told": ["mdl_1.base_models"]}, "review"), ({"unlicensed": ["mdl_2"]}, "review"), ({"unexplained": ["lic_2"]}, "review")), ({"not_told": GONE}, "review"),
    ),
    Case(f"{FOR}con-01", "uses", {}, "pass", (({"consents": []}, "block"), ({"consents": [], "exemptions": [CLAIM]}, "exempt")), ({"replicates": GONE}, "review"), NOBODY),
    Case(f"{FOR}con-02", "uses", {}, "pass", (({"identity_checked": False}, "block"),), ({"identity_checked": GONE}, "block"), NOBODY),
    Case(f"{FOR}con-05", "uses", {}, "pass", (({"pay_agreed": False}, "block"),), ({"pay_agreed": GONE}, "block"), NOBODY),
    Case(
        f"{FOR}con-07", "uses", {"deceased": True, "consents.0.survives": True}, "pass",
        (({"consents.0.survives": False}, "block"), ({"consents.0.survives": False, "consents.0.capacity": "estate"}, "pass"), ({"consents.0.capacity": "guardian"}, "block")),
        ({"deceased": GONE}, "review"), {"deceased": False},
    ),
    Case(
        f"{FOR}con-08", "uses", {}, "pass", (({"separate": False}, "block"), ({"separate": GONE}, "review")), ({"modalities": GONE}, "review"), {"modalities": ["motion"]},
    ),
    Case(
        f"{FOR}ovr-01", "overrides", {}, "pass",
        (
            ({"two_people": False}, "block"), ({"two_people": GONE}, "block"), ({"reasoned": False}, "block"), ({"expires": False, "over": GONE, "rechecked": False}, "block"),
            ({"rechecked": False}, "block"), ({"rechecked": False, "over": False}, "pass"),
        ),
        ({"over": GONE}, "review"),
    ),
]  # fmt: skip
