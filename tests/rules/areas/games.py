"""Games under the interactive agreement, and programmes under the network code, rule by rule."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import CONSENT, DATES, DEAL, GONE, PERSON, PRODUCTION, Case, attested

FOR: Final = "sagaftra-ima-2025."
CODE: Final = "sagaftra-netcode-2024."

LATE: dict[str, Any] = {"consents.0.state_at_use": "late", "consents.0.live_at_use": False}
HERE: dict[str, Any] = {
    "/objects.prd_1.bindings": [
        {"id": "bnd_1", "craft": "performer", "agreement": "sagaftra-ima", "edition": "sagaftra-ima-2025", "determination": "bound"}
    ]
}
ON_AIR: dict[str, Any] = {
    "/objects.prd_1.bindings": [
        {"id": "bnd_1", "craft": "performer", "agreement": "sagaftra-netcode", "edition": "sagaftra-netcode-2024", "determination": "bound"}
    ],
    "/objects.prd_1.dates.commencement": "2025-03-03",
}
LIVE: dict[str, Any] = {**HERE, "live": True, "use_ahead": True}
PROMPT: dict[str, Any] = {**ON_AIR, "kind": "prompt"}
OTHER_CUE: dict[str, Any] = {"by_name": False, "by_cue": True}
CLAIM: Final = {"id": "evd_c", "type": "processing", "state": "approved", "covers_intent": True}
PAYMENT: Final = {"id": "evd_l", "basis": "line", "paid": True, "overdue": False, "units": "12", "meets_rate": True, "under_rate": False}
FEE: Final = {"id": "evd_r", "agreed": True, "before_launch": True, "multiple": "7.5"}

MORE: Final[dict[str, dict[str, Any]]] = {
    "uses": {
        "game": True, "identifiable": True, "processing": False, "background_part": False, "live": False, "vocal": True, "visual": True,
        "created_at": "2026-08-10", "creation_ahead": False, "suspended_at_use": False, "suspended_now": False, "suspended_without_strike": False,
        "line_units": "12", "line_units_known": "12", "line_units_paid": "12", "line_payments": [PAYMENT], "lines_overdue": False, "first_of_lines": True,
        "visual_days_paid": "1.5", "visual_days_overdue": False, "live_fees": [FEE], "programme": True,
        "captures": [{"id": "evd_s", "starts_at": "2026-08-10T16:00:00Z", "engaged_at": "2026-07-20T09:00:00Z", "notices": [{"id": "evd_n", "delivered_at": "2026-08-05T15:00:00Z"}], "consents": [CONSENT]}],
    },
}  # fmt: skip

GOOD: Final[dict[str, dict[str, Any]]] = {
    "recreations": {
        "id": "gen_1/0", "record": "gen_1", "game": True, "person": PERSON, "production": PRODUCTION, "dates": DATES, "by_name": True, "by_character": False, "by_cue": False,
        "outside": False, "identifiable": True, "consents": [CONSENT], "deals": [DEAL], "use_ahead": False,
    },
    "reuses": {
        "id": "app_1", "game": True, "person": PERSON, "production": PRODUCTION, "dates": DATES, "new_title": True, "replica": True, "consents": [CONSENT],
        "payments": [{"id": "evd_p", "basis": "secondary", "paid": True}], "use_ahead": False,
    },
    "shipped_uses": {
        "id": "rep_1/2026-09-14", "record": "app_1", "game": True, "person": PERSON, "production": PRODUCTION, "dates": DATES, "shipped_at": "2026-09-14", "days": 36,
        "reported": True, "complete": True,
    },
    "processings": {"id": "app_1", "game": True, "person": PERSON, "production": PRODUCTION, "dates": DATES, "tool_classes": ["processing"], "listed": True, "exemptions": []},
    "games": {"id": "prd_1", "production": PRODUCTION, "dates": DATES, "bound": ["main"], "band": "over_30m", "foreign_script": False, "owner_abroad": False},
    "network_synthetics": {
        "id": "app_1", "record": "app_1", "kind": "performer", "person": PERSON, "asset": {"$ref": "ast_1"}, "production": PRODUCTION, "dates": DATES, "in_human_role": True,
        "nobody_plays": True, "would_be_covered": True, "use_ahead": False, "used_at": "2026-09-14", "notices": [{"id": "evd_n", "delivered_at": "2026-08-03"}],
        "bargaining": [{"id": "evd_b", "outcome": "agreed"}], "attestations": [attested("non_human_character")], "references_person": False, "synthetic": True,
        "name_used": True, "features": ["eyes"], "replaces_name": False, "recognised": True, "consents": [CONSENT], "deals": [DEAL],
    },
}  # fmt: skip

CASES: list[Case] = [
    Case(f"{FOR}scope.identifiable", "uses", HERE, "pass", (({"identifiable": GONE}, "review"), ({"replicates": GONE}, "review")), ({"game": GONE}, "review"), {"identifiable": False}),
    Case(f"{FOR}scope.identifiable", "uses", HERE, "pass", (({"identifiable": GONE}, "review"),), ({"background_part": GONE}, "review"), {"background_part": True}),
    Case(
        f"{FOR}consent.separate-writing", "uses", HERE, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.form": "standard_terms"}, "block"), ({"consents.0.form": "initialed_clause"}, "block"), ({"consents.0.form": GONE}, "block"),
            ({"consents.0.purposes": ["use"]}, "block"), ({"consents.0.signed_at": "2026-08-12"}, "review"), ({"consents.0.signed_at": "2026-08-12", "creation_ahead": True}, "block"), (LATE, "review"),
            ({**LATE, "use_ahead": True}, "block"), ({"consents.0.conspicuous_attested": False}, "review"), ({"consents.0.covers_production": False}, "block"),
            ({"consents.0.state_at_use": "expired", "consents.0.live_at_use": False}, "block"), ({"consents.0.signed_at": GONE}, "review"),
        ),
        ({"identifiable": GONE}, "review"), {"processing": True},
    ),
    Case(
        f"{FOR}consent.description-fields", "uses", HERE, "pass",
        (
            ({"live": True, "consents.0.mismatch": ["real_time"]}, "block"), ({"live": True}, "pass"), ({"content_flags": ["profanity"], "consents.0.unstated": ["sensitive_content"]}, "block"),
            ({"content_flags": ["slurs"], "consents.0.mismatch": ["sensitive_content"]}, "block"), ({"content_flags": ["profanity"]}, "pass"), ({"content_flags": GONE}, "review"),
            ({"consents.0.description_attested": False}, "review"), ({"consents.0.mismatch": ["modalities"]}, "review"), ({"consents": []}, "block"),
        ),
        ({"live": GONE}, "review"), {"replicates": False},
    ),
    Case(
        f"{FOR}icdr.consent-bargain", "recreations", HERE, "pass",
        (
            ({"consents": []}, "block"), ({"deals": []}, "block"), ({"deals.0.agreed": False}, "block"), ({"deals.0.before_use": False}, "review"), ({"deals.0.meets_floor": False}, "pass"), (LATE, "review"),
            ({**OTHER_CUE, "consents": []}, "review"), ({"by_name": False, "by_character": True, "deals": []}, "review"), ({"by_name": False, "outside": True, "consents": []}, "block"),
        ),
        ({"identifiable": GONE}, "review"), {"identifiable": False},
    ),
    Case(
        f"{FOR}pay.vocal-lines", "uses", HERE, "pass",
        (
            ({"line_units_paid": "0", "line_payments": []}, "obligation"), ({"line_units": "13"}, "review"), ({"line_payments.0.meets_rate": False, "line_payments.0.under_rate": True}, "review"), ({"line_payments.0.meets_rate": GONE}, "obligation"),
            ({"line_units": GONE, "line_units_paid": "0", "line_payments": []}, "obligation"), ({"line_units": GONE}, "review"), ({"lines_overdue": True, "line_units_paid": "0", "line_payments": []}, "review"),
        ),
        ({"vocal": GONE}, "review"), {"vocal": False},
    ),
    Case(
        f"{FOR}pay.visual-days", "uses", HERE, "pass",
        (({"visual_days_paid": "0"}, "obligation"), ({"visual_days_paid": "1"}, "obligation"), ({"estimates": [], "days": GONE}, "obligation"), ({"visual_days_overdue": True, "visual_days_paid": "1"}, "review")),
        ({"visual": GONE}, "review"), {"visual": False},
    ),
    Case(
        f"{FOR}pay.real-time-750", "uses", LIVE, "pass",
        (
            ({"live_fees.0.multiple": "6"}, "block"), ({"live_fees.0.multiple": "7"}, "block"), ({"live_fees": []}, "block"), ({"live_fees.0.multiple": GONE}, "block"), ({"live_fees.0.agreed": False}, "block"),
            ({"live_fees.0.multiple": GONE, "live_fees.0.stated_minimum": True}, "pass"), ({"consents.0.mismatch": ["real_time"]}, "block"), ({"live_fees.0.before_launch": False}, "review"),
            ({"live_fees.0.before_launch": GONE}, "review"),
        ),
        ({"live": GONE}, "review"), {"live": False},
    ),
    Case(
        f"{FOR}pay.secondary", "reuses", HERE, "pass",
        (({"payments": []}, "obligation"), ({"consents": []}, "block"), ({"consents.0.names_production": False}, "block"), ({"consents": [], "replica": False}, "pass"), ({"replica": False, "payments": []}, "obligation")),
        ({"new_title": GONE}, "review"), {"new_title": False},
    ),
    Case(
        f"{FOR}usage-report", "shipped_uses", HERE, "pass",
        (
            ({"reported": False, "days": 29}, "obligation"), ({"reported": False, "days": 30}, "warn"), ({"reported": False, "days": 89}, "warn"), ({"reported": False, "days": 90}, "review"),
            ({"complete": False}, "obligation"),
        ),
        ({"game": GONE}, "review"), {"dates": {"release": "2025-07-01"}},
    ),
    Case(
        f"{FOR}strike.performer-suspension", "uses", HERE, "pass",
        (
            ({"suspended_at_use": True, "suspended_now": True}, "block"), ({"suspended_now": True}, "pass"), ({"suspended_without_strike": True}, "review"), ({"struck_at_use": True, "struck_now": True}, "pass"),
            ({"suspended_at_use": True, "exemptions": [{"id": "e", "state": "approved"}]}, "block"), ({"suspended_at_use": True, "identifiable": GONE}, "review"),
        ),
        ({"suspended_at_use": GONE}, "block"), {"game": False},
    ),
    Case(
        f"{FOR}exempt.processing", "processings", HERE, "exempt",
        (({"listed": False}, "review"), ({"listed": False, "exemptions": [CLAIM]}, "exempt"), ({"listed": False, "exemptions": [{**CLAIM, "state": "claimed"}]}, "review")),
        ({"listed": GONE}, "review"), {"game": False},
    ),
    Case(
        f"{FOR}scope.tiered-localisation", "games", HERE, "pass",
        (
            ({"band": "from_250k_to_30m"}, "review"), ({"bound": ["tiered_budget"]}, "review"), ({"bound": ["tiered_budget"], "band": "from_250k_to_30m"}, "pass"), ({"band": "under_250k"}, "pass"),
            ({"foreign_script": True}, "review"), ({"foreign_script": True, "owner_abroad": True, "bound": ["localisation"]}, "pass"), ({"foreign_script": True, "bound": ["localisation"]}, "review"),
            ({"bound": ["localisation"]}, "review"), ({"foreign_script": GONE}, "review"),
        ),
        ({"band": GONE}, "review"), {"bound": []},
    ),
    Case(
        f"{CODE}synthetic", "network_synthetics", ON_AIR, "pass",
        (
            ({"notices": []}, "block"), ({"notices.0.delivered_at": "2026-09-20"}, "review"), ({"notices.0.delivered_at": "2026-11-20"}, "block"), ({"bargaining": []}, "review"),
            ({"in_human_role": False, "notices": [], "bargaining": []}, "pass"), ({"in_human_role": False, "attestations": []}, "warn"), ({"in_human_role": False, "references_person": True}, "warn"),
            ({"/objects.prd_1.dates.commencement": GONE}, "review"),
            ({"/objects.prd_1.dates.commencement": GONE, "notices": []}, "review"),
        ),
        ({"nobody_plays": GONE}, "review"), {"/objects.prd_1.dates.commencement": "2024-05-20"},
    ),
    Case(
        f"{CODE}synthetic", "network_synthetics", PROMPT, "pass",
        (
            ({"consents": []}, "block"), ({"consents": [], "recognised": False}, "review"), ({"consents": [], "name_used": False, "replaces_name": True}, "review"), ({"deals": []}, "block"), (LATE, "review"),
            ({**LATE, "use_ahead": True}, "block"),
        ),
        ({"name_used": GONE, "replaces_name": GONE}, "review"), {"synthetic": False},
    ),
    Case(
        f"{CODE}replica", "uses", ON_AIR, "review",
        (({"consents": []}, "review"), ({"captures.0.notices": []}, "review"), ({"captures.0.consents": []}, "review"), ({"/objects.prd_1.dates.commencement": "2024-05-20"}, "not_applicable")),
        ({"replicates": GONE}, "review"), {"programme": False},
    ),
]  # fmt: skip
