"""The gate rules and the licence rules: a pass, a failure and an unknown for each."""

from __future__ import annotations

import pytest

from tests.rules.cases import GONE, Case

FEW = {"id": "con_2", "granted": True, "for_purpose": True, "live_at_use": False, "mismatch": [], "unstated": []}

CASES = [
    Case("x.agreement.resolve", "crafts", {}, "pass", (({"bindings": []}, "review"), ({"lines": 2}, "review"), ({"bindings.0.in_window": False}, "review")), ({"bindings": GONE}, "review"), {"non_union": True}),
    Case(
        "x.consent.live", "uses", {}, "pass",
        (
            ({"consents": []}, "review"), ({"consents.0.live_at_use": False, "consents.0.state_at_use": "expired"}, "block"),
            ({"consents.0.live_at_use": False, "consents.0.state_at_use": "late"}, "review"), ({"consents.0.live_now": False}, "review"),
            ({"consents.0.live_now": False, "/act": "generate", "asked_about": True}, "block"), ({"consents.0.live_now": False, "/act": "generate", "asked_about": False}, "review"),
            ({"consents.0.live_at_use": False, "consents.0.state_at_use": "late", "use_ahead": True}, "block"),
            ({"consents": [], "exemptions": [{"id": "e", "state": "approved", "covers_intent": True}]}, "exempt"),
            ({"consents": [], "exemptions": [{"id": "e", "state": "approved", "covers_intent": False}]}, "review"),
        ),
        ({"consents.0.live_at_use": GONE}, "block"),
    ),
    Case(
        "x.consent.scope-match", "uses", {}, "pass",
        (({"consents.0.mismatch": ["productions"]}, "block"), ({"consents.0.unstated": ["languages"]}, "review"), ({"consents.0.description_attested": False}, "review")),
        ({"consents.0.mismatch": GONE}, "block"), {"consents": []},
    ),
    Case(
        "x.consent.minor-signature", "consents", {}, "pass",
        (({"capacity": "self"}, "review"), ({"attestations": []}, "review"), ({"majority_since": True}, "review"), ({"majority_since": True, "majority_settled": True}, "pass"), ({"capacity": "self", "joined_by_guardian": True}, "not_applicable"), ({"capacity": "self", "for_title": False}, "not_applicable")), ({"minor_at_signing": GONE}, "review"), {"minor_at_signing": False},
    ),
    Case(
        "x.exemption.approved", "exemptions", {}, "pass",
        (({"state": "rejected"}, "block"), ({"state": "claimed"}, "review"), ({"covers_intent": False}, "review"), ({"covers_intent": False, "/intent.marketing": True}, "block"), ({"approved_by_another": False}, "review")),
        ({"state": GONE}, "block"),
    ),
    Case(
        "x.lineage.complete", "assets", {}, "pass",
        (
            ({"generations": []}, "block"), ({"generations": [], "person_bearing": False}, "review"), ({"generations": [], "/act": "generate"}, "review"), ({"/objects.gen_1.models": GONE}, "review"), ({"/objects.gen_1.inputs_stated": False}, "review"), ({"person_bearing": GONE}, "review"),
            ({"/objects.gen_1.prompt_recorded": False}, "block"),
        ),
        ({"needs_lineage": GONE}, "review"), {"needs_lineage": False},
    ),
    Case("licences.training.grant", "trainings", {}, "pass", (({"licences.0.granted": False}, "block"), ({"licences.0.mismatch": ["kinds"]}, "block"), ({"licences.0.unstated": ["kinds"]}, "review")), ({"licences.0.granted": GONE}, "block"), {"type": "licence"}),
    Case(
        "licences.training.live", "trainings", {}, "pass",
        (({"licences.0.live_at_training": False}, "block"), ({"licences.0.live_now": False, "licences.0.on_end_weights": "delete"}, "block"), ({"licences.0.live_now": False, "licences.0.on_end_weights": GONE}, "review")),
        ({"licences.0.live_at_training": GONE}, "block"), {"type": "licence"},
    ),
    Case("licences.dataset.unlicensed-items", "datasets", {}, "pass", (({"unlicensed": 1}, "block"),), ({"unlicensed": GONE}, "block")),
    Case("licences.dataset.schedule-count", "datasets", {}, "pass", (({"licences.0.items": 61}, "block"), ({"licences.0.unlimited": True, "licences.0.items": 61}, "pass")), ({"licences.0.schedule_count": GONE}, "review")),
    Case("licences.dataset.revoked-items", "datasets", {}, "pass", (({"revoked_items": ["a"]}, "review"), ({"revoked_items": ["a"], "/act": "train"}, "block")), ({"revoked_items": GONE}, "review")),
    Case("licences.dataset.people", "datasets", {}, "pass", (({"people_stated": False}, "review"), ({"people.0.training_consented": False}, "block")), ({"people.0.training_consented": GONE}, "block")),
    Case("licences.source.opt-out", "sources", {}, "pass", (({"open_opt_outs": ["robots"]}, "block"),), ({"open_opt_outs": GONE}, "block"), {"trained_on": False}),
    Case(
        "licences.output.grant", "licences", {}, "pass",
        (({"output_granted": False}, "block"), ({"output_mismatch": ["territories"]}, "block"), ({"output_unstated": ["media"]}, "review")), ({"output_granted": GONE}, "block"), {"/act": "train"},
    ),
    Case(
        "licences.output.live", "licences", {}, "pass",
        (({"live_now": False, "on_end_here": "delete"}, "block"), ({"live_now": False, "on_end_here": "review"}, "review"), ({"live_now": False, "on_end_here": GONE}, "review"), ({"live_now": False}, "pass")),
        ({"live_now": GONE, "on_end_here": GONE}, "review"), {"/act": "train"},
    ),
    Case(
        "licences.model.undisclosed-training", "models", {}, "pass",
        (({"determinations": []}, "review"), ({"determinations.0.live": False}, "review"), ({"determinations.0.same_plan": False}, "review")),
        ({"training_disclosure": GONE}, "review"), {"training_disclosure": "disclosed"},
    ),
    Case("x.delivery.files", "deliveries", {}, "pass", (({"failed": 1}, "block"), ({"unknown": 1}, "block"), ({"missing": 2}, "block"), ({"weak": 1}, "review"), ({"doubts": ["mhl.nested"]}, "review")), ({"failed": GONE}, "block"), {"/act": "generate"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.rule for case in CASES])
def test_rule(case: Case) -> None:
    """In order it passes; each change and each missing fact gives the stated result."""
    wrong = [f"{what}: {given}, expected {wanted}" for what, given, wanted in case.answers() if given != wanted]
    assert not wrong, "\n".join([case.rule, *wrong])
