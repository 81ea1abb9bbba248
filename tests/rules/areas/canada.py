"""The Canadian performers' agreements, rule by rule: in order, each failure, the unknown case, and the one that is not reached."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import CONSENT, DATES, DEAL, ESTIMATE, GONE, PAID, PERSON, PRODUCTION, Case

STANDS: Final = {**CONSENT, "stands": True, "for_advertising": True}
TOLD: Final = {"id": "evd_n", "delivered_at": "2026-08-03", "arrived": True, "described": True}

GOOD: Final[dict[str, dict[str, Any]]] = {
    "replications": {
        "id": "app_1", "record": "app_1", "step": "use", "replicates": True, "helped": False, "background": False, "person": PERSON, "production": PRODUCTION, "dates": DATES,
        "step_ahead": False, "advertising": False, "other_project": False, "ebdr": True, "icdr": False, "no_scan": False, "consents": [STANDS], "nearest": "con_1",
        "notices": [{"id": "evd_n", "delivered_at": "2026-08-05T15:00:00Z", "arrived": True}], "starts_at": "2026-08-10T16:00:00Z", "engaged_at": "2026-07-20T09:00:00Z", "payments": [PAID], "deals": [DEAL],
        "estimates": [ESTIMATE], "days": "1.5", "paid_days": "1.5", "first_of_estimate": True, "first_of_person": True, "cut_out": False, "flags": [{"id": "evd_f", "sent": True}],
        "deceased": False, "exemptions": [], "pay_days": "1", "article_read": True, "in_human_role": True, "used_at": "2026-09-14", "bargaining": [{"id": "evd_b", "outcome": "agreed"}],
    },
    "ai_plans": {
        "id": "prd_1/plan", "record": "prd_1", "production": PRODUCTION, "dates": {"photography": "2026-08-17"}, "planned": True, "replica_work": True, "begins": "2026-08-17", "begun": True, "notices": [TOLD],
    },
    "recastings": {
        "id": "con_1", "record": "con_1", "person": PERSON, "production": PRODUCTION, "dates": DATES, "lost": True, "reinstated": False, "reason_documented": True, "stated_by_human_resources": True, "related_use": True,
    },
}  # fmt: skip
MORE: Final = {"uses": {"branch_cleared": False}}

IPA: Final[dict[str, Any]] = {"/objects.prd_1.bindings.0.agreement": "actra-ipa", "/objects.prd_1.bindings.0.edition": "actra-ipa-2025"}
BRITISH_COLUMBIA: Final[dict[str, Any]] = {
    "/objects.prd_1.bindings.0.agreement": "actra-bcmpa",
    "/objects.prd_1.bindings.0.edition": "actra-bcmpa",
}
ELSEWHERE: Final[dict[str, Any]] = {"/objects.prd_1.bindings.0.agreement": "sagaftra-tvt"}
SESSION: Final[dict[str, Any]] = {"step": "creation", "helped": True}
SHORT: Final[dict[str, Any]] = {"notices.0.delivered_at": "2026-08-09T15:00:00Z"}
LATE: Final[dict[str, Any]] = {"consents.0.state_at_use": "late", "consents.0.live_at_use": False}
AHEAD: Final[dict[str, Any]] = {"step_ahead": True}
OTHER: Final[dict[str, Any]] = {"other_project": True}
ADVERTISED: Final[dict[str, Any]] = {"advertising": True}
ICDR: Final[dict[str, Any]] = {"ebdr": False, "icdr": True}
SPOKEN_FOR: Final[dict[str, Any]] = {"deceased": True}
CHANGED: Final[dict[str, Any]] = {"alteration": True, "payments": [{**PAID, "basis": "alteration"}]}
APPROVED: Final = {"id": "evd_c", "type": "as_scripted", "state": "approved", "covers_intent": True}
SYNTHETIC: Final[dict[str, Any]] = {"step": "synthetic", "replicates": False}

CASES: Final = [
    Case(
        "actra-ipa-2025.preproduction-notice", "ai_plans", IPA, "pass",
        (
            ({"notices": []}, "block"), ({"notices": [], "replica_work": False}, "review"), ({"notices.0.described": False}, "block"), ({"notices.0.arrived": False}, "block"),
            ({"notices.0.delivered_at": "2026-08-20"}, "review"), ({"notices.0.delivered_at": "2026-08-20", "begun": False}, "block"),
            ({"notices.0.delivered_at": "2026-08-20", "begun": False, "replica_work": False}, "review"), ({"begins": GONE}, "review"),
        ),
        ({"planned": GONE}, "review"), {"planned": False},
    ),
    Case("actra-ipa-2025.preproduction-notice", "ai_plans", IPA, "pass", (({"notices": []}, "block"),), ({"notices": GONE}, "block"), {"dates.photography": "2024-12-01"}),
    Case(
        "actra-ipa-2025.notice-48h", "replications", {**IPA, **SESSION}, "pass",
        (
            (SHORT, "review"), ({**SHORT, **AHEAD}, "block"), ({"notices": [], **AHEAD}, "block"), ({"notices": []}, "review"), ({"notices.0.delivered_at": "2026-08-08T16:00:01Z"}, "review"),
            ({**SHORT, "engaged_at": "2026-08-09T14:00:00Z"}, "review"),
        ),
        ({"helped": GONE}, "review"), {"step": "use"},
    ),
    Case("actra-ipa-2025.notice-48h", "replications", {**IPA, **SESSION}, "pass", ((SHORT, "review"),), ({"starts_at": GONE}, "review"), {"dates.session": "2025-01-20"}),
    Case(
        "actra-ipa-2025.consent", "replications", IPA, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.form": "verbal"}, "block"), ({"consents.0.form": "standard_terms"}, "block"), ({"consents.0.described": False}, "block"), ({"consents.0.ends": GONE}, "block"),
            ({"consents.0.covers_production": False}, "block"), ({"consents.0.for_purpose": False}, "block"), ({"consents.0.stands": False}, "block"), (LATE, "review"), ({**LATE, **AHEAD}, "block"),
            ({"consents.0.conspicuous_attested": False}, "review"), ({"consents.0.description_attested": False}, "review"), ({**SESSION, "consents": []}, "block"),
        ),
        ({"replicates": GONE}, "review"), {"replicates": False},
    ),
    Case(
        "actra-ipa-2025.no-penalty-for-refusal", "recastings", IPA, "pass",
        (
            ({"reason_documented": False}, "block"), ({"stated_by_human_resources": False}, "block"), ({"stated_by_human_resources": False, "related_use": False}, "review"),
            ({"stated_by_human_resources": False, "related_use": GONE}, "review"), ({"stated_by_human_resources": False, "reinstated": True}, "pass"),
        ),
        ({"lost": GONE}, "review"), {"lost": False},
    ),
    Case(
        "actra-ipa-2025.pay-other-use", "replications", {**IPA, **OTHER}, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.names_production": False}, "block"), (LATE, "review"), ({**LATE, **AHEAD}, "block"), ({"payments": []}, "obligation"),
            ({"payments.0.basis": "use_days"}, "obligation"), ({**ADVERTISED, "consents.0.for_advertising": False}, "block"),
        ),
        ({"other_project": GONE}, "review"), {"other_project": False},
    ),
    Case("actra-ipa-2025.pay-other-use", "replications", {**IPA, **ADVERTISED}, "pass", (({"consents.0.for_advertising": GONE}, "block"),), ({"consents": GONE}, "block"), {"advertising": False}),
    Case(
        "actra-ipa-2025.post-alteration", "uses", {**IPA, **CHANGED}, "pass",
        (
            ({"consents": []}, "review"), ({"consents.0.purposes": ["use"]}, "review"), ({"consents.0.live_at_use": False}, "review"), ({"payments": []}, "review"), ({"consents": [], "exemptions": [APPROVED]}, "pass"),
            ({"consents": [], "payments": [], "branch_cleared": True}, "pass"),
        ),
        ({"alteration": GONE}, "review"), {"alteration": False},
    ),
    Case(
        "actra-bcmpa.ebdr-icdr", "replications", BRITISH_COLUMBIA, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.described": False}, "block"), ({"consents.0.form": "verbal"}, "block"), (LATE, "review"), ({**LATE, **AHEAD}, "block"),
            ({"consents.0.description_attested": False}, "review"), ({"estimates": []}, "block"), ({"paid_days": "0"}, "obligation"), ({"flags": []}, "obligation"), ({"ebdr": GONE}, "review"),
            ({"ebdr": False}, "review"), ({"ebdr": False, "consents.0.names_production": False}, "block"), ({"ebdr": False, "no_scan": True}, "pass"), ({"consents": [], "exemptions": [APPROVED]}, "exempt"), ({"consents": [], "exemptions": [{**APPROVED, "state": "claimed"}]}, "review"),
        ),
        ({"background": GONE}, "review"), {"background": True},
    ),
    Case(
        "actra-bcmpa.ebdr-icdr", "replications", {**BRITISH_COLUMBIA, **SESSION}, "pass",
        (
            (SHORT, "review"), ({**SHORT, **AHEAD}, "block"), ({**SHORT, **AHEAD, "engaged_at": "2026-08-09T16:00:00Z"}, "pass"), ({"consents": []}, "block"), ({"consents.0.form": "voucher"}, "block"), (LATE, "review"),
            ({**LATE, **AHEAD}, "block"), ({"consents.0.conspicuous_attested": False}, "review"), ({"payments": []}, "obligation"),
        ),
        ({"helped": GONE}, "review"), ELSEWHERE,
    ),
    Case(
        "actra-bcmpa.ebdr-icdr", "replications", {**BRITISH_COLUMBIA, **ICDR}, "pass",
        (
            ({"deals": []}, "block"), ({"deals.0.before_use": False}, "review"), ({"payments": []}, "obligation"), ({"payments.0.contributed": False}, "obligation"), ({"consents.0.names_production": False}, "block"),
            ({"consents": [], "exemptions": [{**APPROVED, "type": "first_amendment"}]}, "review"),
        ),
        ({"deals": GONE}, "block"), {"replicates": False},
    ),
    Case(
        "actra-bcmpa.ebdr-icdr", "replications", {**BRITISH_COLUMBIA, **OTHER}, "pass",
        (({"consents.0.names_production": False}, "block"), ({"deals.0.meets_floor": False}, "block"), ({"deals": []}, "block")), ({"other_project": GONE}, "review"), {"background": True},
    ),
    Case(
        "actra-bcmpa.ebdr-icdr", "replications", {**BRITISH_COLUMBIA, **SPOKEN_FOR}, "pass",
        (({"consents.0.survives": False}, "block"), ({"consents.0.survives": False, "consents.0.capacity": "estate"}, "pass"), ({"consents.0.survives": False, "consents.0.capacity": "estate", "consents.0.authority_attested": False}, "block")),
        ({"consents.0.survives": GONE}, "review"),
    ),
    Case(
        "actra-bcmpa.background-gai", "replications", {**BRITISH_COLUMBIA, **SYNTHETIC}, "pass",
        (({"article_read": False}, "review"), ({"notices": []}, "review"), ({"notices.0.delivered_at": "2026-09-20"}, "review"), ({"bargaining": []}, "review")),
        ({"in_human_role": GONE}, "review"), {"in_human_role": False},
    ),
    Case(
        "actra-bcmpa.background-gai", "replications", {**BRITISH_COLUMBIA, "background": True}, "pass",
        (({"consents": []}, "review"), ({"consents.0.form": "voucher"}, "review"), (LATE, "review"), ({**SESSION, **SHORT}, "review")), ({"background": GONE}, "review"), {"background": False},
    ),
]  # fmt: skip
