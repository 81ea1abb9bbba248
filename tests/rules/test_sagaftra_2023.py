"""TV/Theatrical 2023, rule by rule: a pass, a failure and an unknown for each. Where 2026 overrides a rule, photography began in 2025."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.cases import GONE, PAID, Case

OF_2025: dict[str, Any] = {"/objects.prd_1.dates.photography": "2025-10-06"}
OTHER: dict[str, Any] = {"other_project": True}
ICDR: dict[str, Any] = {"ebdr": False, "icdr": True}
DEAD: dict[str, Any] = {"deceased": True, "deceased_now": True}
ESTATE: dict[str, Any] = {
    **DEAD,
    "consents.0.survives": False,
    "consents.0.capacity": "authorised_representative",
    "consents.0.signed_before_death": False,
}
CROWD: dict[str, Any] = {"background": True}
BADR: dict[str, Any] = {"ebdr": False, "badr": True}
ALTERED: dict[str, Any] = {"ebdr": False, "alteration": True, "type": "alteration", "replicates": False}
LATE: dict[str, Any] = {"consents.0.state_at_use": "late", "consents.0.live_at_use": False}
PENDING: dict[str, Any] = {
    "consents": [],
    "exemptions": [{"id": "e", "type": "as_scripted", "state": "claimed", "covers_intent": True, "script_after_take": False}],
}
APPROVED: dict[str, Any] = {
    "consents": [],
    "exemptions": [{"id": "e", "type": "as_scripted", "state": "approved", "covers_intent": True, "script_after_take": False}],
}
SPEECH: dict[str, Any] = {
    "exemptions": [{"id": "e", "type": "first_amendment", "state": "approved", "covers_intent": True}],
    "consents": [],
    "deals": [],
}
FOR = "sagaftra-tvt-2023."
TRAINED_BY_INTERIM = "sagaftra-interim-2023.training.union-and-performer-consent"

CASES = [
    Case(f"{FOR}scope.classify", "appearances", {}, "pass", (({"classification_conflict": True}, "review"), ({"recognition_settled": False}, "review"), ({"no_scan": True, "dates.use": "2026-06-09"}, "review"), ({"no_scan": True}, "pass")), ({"classification": GONE}, "review"), {"digital": False}),
    Case(
        f"{FOR}ebdr.notice-48h", "sessions", {}, "pass",
        (
            ({"notices": []}, "review"), ({"notices.0.delivered_at": "2026-08-09T00:00:00Z"}, "review"), ({"notices.0.delivered_at": "2026-08-09T00:00:00Z", "/at": "2026-08-09T12:00:00Z"}, "block"),
            ({"notices.0.delivered_at": "2026-08-09T20:00:00Z", "engaged_at": "2026-08-09T20:00:00Z"}, "pass"),
        ),
        ({"starts_at": GONE}, "block"), CROWD,
    ),
    Case(
        f"{FOR}ebdr.creation-consent", "sessions", {}, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.form": "standard_terms"}, "block"), ({"consents.0.form": "voucher"}, "block"), ({"consents.0.signed_at": "2026-09-01"}, "review"),
            ({"consents.0.signed_at": "2026-09-01", "/at": "2026-08-09T12:00:00Z"}, "block"), ({"consents.0.conspicuous_attested": False}, "review"), ({"consents.0.purposes": ["use"]}, "block"),
        ),
        ({"consents.0.signed_at": GONE}, "block"), CROWD,
    ),
    Case(
        f"{FOR}ebdr.use-same-consent", "uses", {}, "pass",
        (
            ({"consents": []}, "block"), (LATE, "review"), ({**LATE, "use_ahead": True}, "block"), ({"consents.0.state_at_use": "expired"}, "block"), ({"consents.0.described": False}, "block"),
            ({"consents.0.description_attested": False}, "review"), ({"consents.0.form": "standard_terms"}, "block"), (PENDING, "review"), (APPROVED, "exempt"),
        ),
        ({"ebdr": GONE}, "review"), OTHER,
    ),
    Case(
        f"{FOR}ebdr.use-other-consent", "uses", OTHER, "pass",
        (({"consents.0.names_production": False}, "block"), ({"consents.0.form": "initialed_clause"}, "block"), (LATE, "review"), ({"consents.0.description_attested": False}, "review")),
        ({"other_project": GONE}, "review"), {"other_project": False},
    ),
    Case(f"{FOR}ebdr.exempt-as-scripted", "exemptions", {"unneeded": False}, "exempt", (({"state": "claimed"}, "review"), ({"covers_intent": False}, "review"), ({"unneeded": True}, "pass")), ({"covers_intent": GONE}, "review"), {"type": "dub"}),
    Case(
        f"{FOR}ebdr.exempt-safety-unrecognisable", "exemptions", {"type": "safety", "unneeded": False}, "exempt",
        (({"state": "claimed"}, "review"), ({"type": "unrecognisable", "state": "claimed"}, "review"), ({"unneeded": True}, "pass")), ({"state": GONE}, "review"), {"type": "dub"},
    ),
    Case(
        f"{FOR}ebdr.pay-creation", "sessions", {}, "pass",
        (({"payments": []}, "obligation"), ({"payments.0.paid": False, "payments.0.overdue": True}, "review")), ({"payments.0.paid": GONE}, "obligation"), {"/at": "2026-08-01T00:00:00Z"},
    ),
    Case(
        f"{FOR}ebdr.pay-use-days", "uses", {}, "pass",
        (({"estimates": []}, "block"), ({"paid_days": "0"}, "obligation"), ({"paid_days": "1"}, "review"), ({"paid_days": "0", "days_overdue": True}, "review"), ({"contributions_refused": True}, "obligation")),
        ({"estimates.0.days": GONE}, "block"), {"/act": "generate"},
    ),
    Case(f"{FOR}ebdr.residuals", "uses", {}, "pass", (({"flags": []}, "obligation"), ({"flags.0.sent": False}, "obligation")), ({"flags": GONE}, "obligation"), {"cut_out": True}),
    Case(
        f"{FOR}ebdr.pay-other-use", "uses", OTHER, "pass",
        (({"deals": []}, "block"), ({"deals.0.meets_floor": False}, "block"), ({"deals.0.before_use": False}, "review"), ({"payments": []}, "obligation")),
        ({"deals.0.meets_floor": GONE}, "block"), {"other_project": False},
    ),
    Case(
        f"{FOR}icdr.consent", "uses", ICDR, "pass",
        (({"consents": []}, "block"), (LATE, "review"), ({"consents.0.names_production": False}, "block"), ({"consents.0.description_attested": False}, "review"), (SPEECH, "exempt"), ({**SPEECH, "/intent.marketing": True, "exemptions": []}, "block")),
        ({"icdr": GONE}, "review"), {"icdr": False},
    ),
    Case(
        f"{FOR}icdr.bargain-contribute", "uses", ICDR, "pass",
        (({"deals": []}, "block"), ({"deals.0.meets_floor": False}, "pass"), ({"payments": []}, "obligation"), ({"payments": [{**PAID, "contributed": False}]}, "obligation"), ({"payments": [{**PAID, "basis": "creation"}]}, "obligation"), (SPEECH, "exempt")),
        ({"deals.0.agreed": GONE}, "block"), {"icdr": False},
    ),
    Case(
        f"{FOR}icdr.first-amendment", "exemptions", {"type": "first_amendment", "unneeded": False}, "exempt",
        (({"state": "claimed"}, "review"), ({"/intent.marketing": True}, "block"), ({"covers_intent": False}, "review"), ({"approver_role": "producer"}, "review")),
        ({"covers_intent": GONE}, "review"), {"type": "dub"},
    ),
    Case(f"{FOR}posthumous.survival", "uses", DEAD, "pass", (({"consents.0.survives": False}, "block"), ({"consents.0.covers_production": False}, "block")), ({"consents.0.survives": GONE}, "review"), {"deceased": False}),
    Case(
        f"{FOR}posthumous.new-consent", "uses", ESTATE, "pass",
        (({"consents.0.capacity": "agent"}, "block"), ({"consents": []}, "block"), (LATE, "review"), ({"consents.0.authority_attested": False}, "review"), ({"consents.0.capacity": "union", "consents.0.searched": False}, "review"), ({"consents.0.capacity": "union", "consents.0.bypasses": True}, "block")),
        ({"consents.0.capacity": GONE}, "block"), {"deceased": False},
    ),
    Case(
        f"{FOR}alteration.consent", "uses", ALTERED, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.purposes": ["use"]}, "block"), (LATE, "review"), ({"consents": [], "ordinary_finishing": True}, "exempt"),
            ({"consents": [], "ordinary_finishing": GONE}, "review"),
            ({**PENDING, "exemptions": [{"id": "e", "type": "post_production", "state": "claimed", "script_after_take": False}]}, "review"), ({"consents": [], "dub_or_double": True, "voice_source": "human_performer"}, "exempt"),
        ),
        ({"alteration_kinds": GONE}, "review"), {"alteration": False},
    ),
    Case(
        f"{FOR}alteration.exempt-post", "appearances", {}, "pass",
        (({"consents": [], "ordinary_finishing": True}, "exempt"), ({"consents": []}, "review"), ({"consents": [], "exemptions": [{"id": "e", "type": "post_production", "state": "approved", "covers_intent": True}]}, "exempt")),
        ({"alteration_kinds": GONE}, "review"), {"alteration_kinds": ["new_dialogue"]},
    ),
    Case(
        f"{FOR}alteration.exempt-dub-double", "appearances", {}, "pass",
        (({"consents": []}, "review"), ({"consents": [], "voice_source": "human_performer"}, "exempt"), ({"consents": [], "voice_source": "human_performer", "voiced_by": []}, "warn")),
        ({"dub_or_double": GONE}, "review"), {"dub_or_double": False},
    ),
    Case(
        f"{FOR}bg.notice-consent", "sessions", CROWD, "pass",
        (({"consents": []}, "block"), ({"consents.0.form": "voucher"}, "block"), ({"consents.0.signed_at": "2026-09-01"}, "review"), ({"notices": []}, "review")),
        ({"background": GONE}, "review"), {"background": False},
    ),
    Case(f"{FOR}bg.pay-creation", "sessions", CROWD, "pass", (({"payments": []}, "obligation"),), ({"payments.0.paid": GONE}, "obligation"), {"background": False}),
    Case(f"{FOR}bg.no-count-substitution", "background_days", {}, "pass", (({"engaged_live": 70}, "block"), ({"attestations": []}, "review"), ({"unrecorded": True}, "review")), ({"engaged_live": GONE}, "block"), {"replicas_used": False}),
    Case(
        f"{FOR}bg.principal-upgrade", "uses", BADR, "pass",
        (({"consents.0.covers_role": False}, "block"), (LATE, "review"), ({"estimates": []}, "block"), ({"paid_days": "0"}, "obligation")), ({"principal_role": GONE}, "review"), {"principal_role": False},
    ),
    Case(f"{FOR}bg.other-use", "uses", {**BADR, **OTHER}, "pass", (({"consents": []}, "block"), ({"deals": []}, "block"), (LATE, "review")), ({"deals.0.meets_floor": GONE}, "block"), {"other_project": False}),
    Case(
        f"{FOR}synthetic.notice-bargain", "synthetics", OF_2025, "pass",
        (({"notices": []}, "block"), ({"notices.0.delivered_at": "2026-10-01"}, "review"), ({"notices.0.delivered_at": "2026-10-01", "use_ahead": True}, "block"), ({"bargaining": []}, "review"), ({"notices": [], "conventional": True}, "not_applicable")),
        ({"notices.0.delivered_at": GONE}, "block"), {"in_human_role": False},
    ),
    Case(
        f"{FOR}synthetic.name-plus-feature", "prompts", OF_2025, "pass",
        (({"consents": []}, "block"), ({"consents": [], "recognised": False}, "review"), ({"consents": [], "name_used": False, "replaces_name": True}, "review"), ({"deals": []}, "block"), ({"deals.0.before_use": GONE}, "review"), ({"consents.0.covers_features": False}, "block"), (LATE, "review")),
        ({"name_used": GONE, "replaces_name": GONE}, "review"), {"features": []},
    ),
    Case(f"{FOR}synthetic.nonhuman-exempt", "appearances", {"in_human_role": False}, "pass", (({"references_person": True}, "warn"), ({"attestations": []}, "warn"), ({"in_human_role": GONE, "performer_in_open_role": True}, "not_applicable")), ({"in_human_role": GONE}, "review"), {"in_human_role": True}),
    Case(
        f"{FOR}meetings.semiannual", "meetings", {"dates.request": "2025-10-20"}, "pass",
        (({"days_since_last": 200}, "obligation"), ({"days_since_last": 200, "request_open": False}, "pass"), ({"ever_held": False, "days_since_last": GONE}, "obligation")), ({"days_since_last": GONE}, "obligation"), {"union": "wga"},
    ),
    Case(
        TRAINED_BY_INTERIM, "trainings", {}, "pass",
        (({"people.0.training_consented": False}, "block"), ({"union_consents": []}, "block"), ({"outputs_described": False}, "block")), ({"people": GONE}, "block"), {"nobody": True},
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.rule for case in CASES])
def test_rule(case: Case) -> None:
    """In order it passes; each change and each missing fact gives the stated result."""
    wrong = [f"{what}: {given}, expected {wanted}" for what, given, wanted in case.answers() if given != wanted]
    assert not wrong, "\n".join([case.rule, *wrong])
