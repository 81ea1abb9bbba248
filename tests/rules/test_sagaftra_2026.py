"""TV/Theatrical 2026, the law of the US and one platform, rule by rule: a pass, a failure and an unknown for each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.cases import GONE, PAID, Case, attested

LATE: dict[str, Any] = {"consents.0.state_at_use": "late", "consents.0.live_at_use": False}
NO_SCAN: dict[str, Any] = {"no_scan": True, "ebdr": False}
ICDR: dict[str, Any] = {"ebdr": False, "icdr": True}
SPEECH: dict[str, Any] = {"exemptions": [{"id": "e", "type": "first_amendment", "state": "approved", "covers_intent": True}], "deals": []}
IN_2027: dict[str, Any] = {
    "type": "dub",
    "voice_source": "replica",
    "/objects.prd_1.dates.photography": "2027-08-02",
    "dates.contract": "2027-07-05",
    "/at": "2027-10-20T12:00:00Z",
}
MINOR: dict[str, Any] = {"minor_at_capture": True, "known_minor": True}
LONE: dict[str, Any] = {"counsel": False, "covering_agreement": False}
FOR = "sagaftra-tvt-2026."

CASES = [
    Case(f"{FOR}carry-over", "crafts", {}, "pass", (({"bindings.0.edition": "sagaftra-tvt-2023"}, "not_applicable"),), ({"bindings": GONE}, "review"), {"bindings": []}),
    Case(
        f"{FOR}scope.no-scan", "uses", NO_SCAN, "pass",
        (({"consents": []}, "block"), ({"consents.0.form": "standard_terms"}, "block"), (LATE, "review"), ({"estimates": []}, "block"), ({"paid_days": "0"}, "obligation"), ({"flags": []}, "obligation")),
        ({"no_scan": GONE}, "review"), {"no_scan": False},
    ),
    Case(
        f"{FOR}consent.script-predates", "exemptions", {"unneeded": False}, "pass",
        (({"script.created_at": "2026-09-01"}, "block"), ({"takes": []}, "block")), ({"script.created_at": GONE}, "block"), {"unneeded": True},
    ),
    Case(
        f"{FOR}icdr.floor-residuals", "uses", ICDR, "pass",
        (({"deals.0.meets_floor": False}, "block"), ({"deals": []}, "block"), ({"deals.0.before_use": False}, "review"), ({"deals.0.before_use": GONE, "use_ahead": True}, "block"), ({"payments": []}, "obligation"), ({"payments": [{**PAID, "basis": "creation"}]}, "obligation"), ({"payments": [{**PAID, "short": True}]}, "obligation"), ({"flags": []}, "obligation"), (SPEECH, "exempt")),
        ({"deals.0.meets_floor": GONE}, "block"), {"icdr": False},
    ),
    Case(
        f"{FOR}dub.foreign-language-consent", "uses", IN_2027, "pass",
        (({"consents.0.for_language": False}, "block"), ({"consents.0.purposes": ["use"]}, "block"), (LATE, "review"), ({"consents.0.for_language": False, "dates.contract": "2027-03-15"}, "review"), ({"consents.0.for_language": False, "dates.contract": GONE}, "review")),
        ({"consents.0.for_language": GONE}, "block"), {"dates.contract": "2026-08-01", "/objects.prd_1.dates.photography": "2026-08-17"},
    ),
    Case(
        f"{FOR}biometric.purpose-limit", "biometrics", {}, "pass",
        (({"related_to_picture": False}, "block"), ({"related_to_picture": False, "set_security": True}, "pass"), ({"purpose_stated": False}, "review")), ({"related_to_picture": GONE}, "review"), {"types": ["gait"]},
    ),
    Case(
        f"{FOR}minor.intimate-ban", "uses", MINOR, "pass",
        (({"content_flags": ["nudity"]}, "block"), ({"content_flags": ["simulated_sex", "violence"]}, "block"), ({"content_flags": ["nudity"], "exemptions": [{"id": "e", "state": "approved"}]}, "block")),
        ({"content_flags": GONE}, "review"), {"minor_at_capture": False, "known_minor": False},
    ),
    Case(
        f"{FOR}strike.suspension", "uses", {}, "pass",
        (({"struck_at_use": True}, "block"), ({"struck_now": True}, "review")), ({"struck_at_use": GONE}, "block"), {"exemptions": [{"id": "e", "state": "approved"}]},
    ),
    Case(
        f"{FOR}security.access", "replicas", {}, "pass",
        (({"access_policies": []}, "block"), ({"anomalies": ["evd_x"]}, "review"), ({"attestations": []}, "warn"), ({"/act": "transfer", "attestations": []}, "review")),
        ({"access_policies": GONE}, "block"), {"/act": "generate"},
    ),
    Case(
        f"{FOR}transfer.union-approval", "transfers", {"/act": "transfer"}, "pass",
        (
            ({"assumed": False}, "block"), ({"response": "none", "notice_at": "2026-10-10"}, "block"), ({"response": "none", "notice_at": "2026-09-20"}, "review"), ({"response": "refused"}, "block"),
            ({"releases_transferor": False, "assumed": False, "response": "none"}, "pass"), ({"financial_evidence": False}, "review"),
        ),
        ({"releases_transferor": GONE}, "review"), {"/act": "release"},
    ),
    Case(
        f"{FOR}scan.business-reason", "sessions", {}, "pass",
        (
            ({"reason.stated": False}, "review"), ({"reason.stated": False, "/at": "2026-08-09T00:00:00Z"}, "block"), ({"reason.recorded_at": "2026-08-01"}, "review"), ({"reason.specific": False}, "review"),
        ),
        ({"reason.recorded_at": GONE}, "review"),
    ),
    Case(
        f"{FOR}scope.synthetic-definition", "synthetics", {}, "pass",
        (({"nobody_recognisable": False}, "review"), ({"attestations": []}, "review")), ({"nobody_voices": GONE}, "review"), {"/objects.prd_1.dates.photography": "2026-02-05"},
    ),
    Case(
        f"{FOR}synthetic.human-preference", "synthetics", {}, "pass",
        (({"attestations": []}, "block"), ({"attestations": [attested("significant_additional_value", compared_with=["performer", "replica"], countersigned_by=[])]}, "review"), ({"attestations.1.compared_with": ["performer"]}, "review"), ({"attestations.1.signed_at": "2026-10-01"}, "review"), ({"attestations.1.signed_at": "2026-10-01", "use_ahead": True}, "block"), ({"attestations.1.signed_at": GONE}, "review"), ({"attestations": [], "conventional": True}, "not_applicable")),
        ({"would_be_covered": GONE}, "review"), {"/objects.prd_1.dates.photography": "2026-02-05"},
    ),
    Case(
        f"{FOR}synthetic.notice-timeline", "synthetics", {}, "pass",
        (
            ({"notices": []}, "block"), ({"notices.0.written": False}, "block"), ({"bargaining": []}, "block"), ({"bargaining.0.outcome": "open", "/at": "2026-08-20T12:00:00Z"}, "review"),
            ({"bargaining.0.outcome": "open", "/at": "2026-09-01T12:00:00Z"}, "obligation"), ({"bargaining.0.opened_at": "2026-08-19"}, "review"), ({"bargaining.0.outcome": "open", "/at": "2026-08-07T12:00:00Z"}, "block"),
            ({"bargaining.0.opened_at": GONE, "bargaining.0.dated": False}, "block"), ({"bargaining.0.opened_at": GONE, "bargaining.0.dated": False, "bargaining.0.closed_at": "2026-08-20"}, "review"),
            ({"bargaining.0.opened_at": GONE, "bargaining.0.dated": False, "bargaining.0.outcome": "waived"}, "pass"), ({"notices": [], "conventional": True}, "not_applicable"),
        ),
        ({"notices.0.delivered_at": GONE}, "block"), {"in_human_role": False},
    ),
    Case(f"{FOR}synthetic.payment-to-plans", "synthetics", {}, "pass", (({"payments": []}, "obligation"), ({"payments.0.payee": "person"}, "obligation")), ({"payments.0.payee": GONE}, "obligation"), {"remuneration_fixed": False}),
    Case(
        f"{FOR}synthetic.name-plus-feature", "prompts", {}, "pass",
        (({"consents": []}, "block"), ({"consents": [], "recognised": False}, "review"), ({"deals": []}, "block"), ({"deals.0.before_use": False}, "review"), ({"deals.0.before_use": False, "use_ahead": True}, "block"), ({"consents.0.covers_features": False}, "block")), ({"name_used": GONE, "replaces_name": GONE}, "review"), {"synthetic": False},
    ),
    Case(
        f"{FOR}training.licence-notice", "training_licences", {}, "pass",
        (
            ({"notices": []}, "block"), ({"notices.0.to_sagaftra": False}, "block"), ({"meeting_held": False}, "obligation"), ({"licensee_affiliated": True, "notices": []}, "warn"),
            ({"compensated": False, "notices": []}, "pass"), ({"meeting_requested": False, "meeting_held": False}, "obligation"), ({"in_house": True, "notices": [], "meeting_requested": False}, "warn"),
        ),
        ({"system_commercial": GONE, "notices": []}, "review"), {"covered": False},
    ),
    Case(f"{FOR}meetings.semiannual", "meetings", {}, "pass", (({"days_since_last": 200}, "obligation"), ({"last_agenda": ["technology"]}, "warn"), ({"last_agenda": GONE}, "warn")), ({"days_since_last": GONE}, "obligation"), {"union": "wga"}),
    Case(f"{FOR}bg.carry", "sessions", {"background": True}, "pass", (({"background": False}, "not_applicable"),), ({"background": GONE}, "review"), {"background": False}),
    Case(
        "law-ca927-ny5302.replica-clause", "uses", {}, "pass",
        (({**LONE, "consents.0.specific": False}, "block"), ({"consents.0.specific": False}, "warn"), (LONE, "pass"), ({"counsel": True, "covering_agreement": False, "consents.0.specific": False}, "warn")),
        ({**LONE, "consents.0.specific": GONE}, "block"), {"deceased": True},
    ),
    Case(
        "law-postmortem.estate", "uses", {"deceased_now": True, "attestations": [attested("representative_authority", estate_clearance=True)]}, "pass",
        (({"attestations": []}, "review"),), ({"deceased_now": GONE}, "review"), {"deceased_now": False},
    ),
    Case(
        "platform-netflix.model-scope", "uses", {}, "pass",
        (
            ({"distributor_approved": False}, "review"), ({"other_project": True, "consents.0.names_production": False}, "block"), ({"model_out_of_scope": True, "reuse_approved": False}, "block"),
            ({"other_project": True}, "pass"),
        ),
        ({"distributor_approved": GONE}, "review"), {"/objects.prd_1.platforms": ["larkfield"]},
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.rule for case in CASES])
def test_rule(case: Case) -> None:
    """In order it passes; each change and each missing fact gives the stated result."""
    wrong = [f"{what}: {given}, expected {wanted}" for what, given, wanted in case.answers() if given != wanted]
    assert not wrong, "\n".join([case.rule, *wrong])
