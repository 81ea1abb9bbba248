"""Commercials 2025, rule by rule: a pass, every failure, an unknown, and a trigger that is not there."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import CONSENT, DATES, DEAL, GONE, PERSON, Case

SPOT: Final = {"$ref": "prd_spot"}
RIDER: Final = {
    **CONSENT, "writing": True, "for_creation": True, "for_use": True, "outside": [], "open": [], "advance": False, "paid_for": False, "signed_at": "2026-08-03",
}  # fmt: skip
NOTICE: Final = {"id": "evd_n", "delivered_at": "2026-08-01T09:00:00Z", "described": True}

OBJECTS: Final[dict[str, Any]] = {
    "prd_spot": {
        "id": "prd_spot", "format": "commercial", "dates": {"commencement": "2026-07-01"},
        "bindings": [{"id": "bnd_s", "craft": "performer", "agreement": "sagaftra-commercials", "edition": "sagaftra-commercials-2025", "determination": "bound"}],
    },
}  # fmt: skip

GOOD: Final[dict[str, dict[str, Any]]] = {
    "commercial_services": {
        "id": "app_1", "record": "app_1", "kind": "use", "commercial": True, "replicates": True, "person": PERSON, "production": SPOT, "dates": DATES,
        "starts_at": "2026-09-14T10:00:00Z", "engaged_at": "2026-07-20T09:00:00Z", "service_ahead": False, "created_at": "2026-08-10T10:00:00Z", "created_ahead": False,
        "creation_here": True, "notices": [NOTICE], "consents": [RIDER], "first_rider": "con_1", "outside_first": False, "differs": [],
        "further": [{**RIDER, "id": "con_2"}], "rests_on_advance": False, "deals": [DEAL], "first_of_person": True, "commercials_made": 2, "commercials_paid": "2",
        "premiums": [{"id": "evd_p", "paid": True, "reaches_multiple": True, "contributed": True}], "use_fees": [{"id": "evd_q", "paid": True}],
    },
    "commercial_periods": {
        "id": "evd_c", "record": "evd_c", "production": SPOT, "dates": {"commencement": "2026-07-01"}, "carries_people": True, "ends": "2028-06-30", "over": False,
        "wanted_over": False, "runs_beyond": False, "too_long": False, "aired_after": [],
    },
    "commercial_synthetics": {
        "id": "app_1", "record": "app_1", "production": SPOT, "dates": DATES, "commercial": True, "in_human_role": True, "nobody_plays": True, "use_ahead": False,
        "used_at": "2026-09-14", "notices": [{"id": "evd_n", "arrived": True, "delivered_at": "2026-08-03", "unions": ["sagaftra"], "recipient_kind": "union"}],
        "bargaining": [{"id": "evd_b", "outcome": "agreed"}], "payments": [{"id": "evd_p", "payee": "pension_plan", "paid": True}],
    },
    "commercial_trainings": {
        "id": "mdl_1/dst_1", "record": "mdl_1", "lines": [], "dates": DATES, "contains": True, "generative": True, "ahead": False, "permitted": True,
    },
}  # fmt: skip

SESSION: Final[dict[str, Any]] = {"kind": "session", "starts_at": "2026-08-10T10:00:00Z", "record": "evd_s"}
LATE: Final[dict[str, Any]] = {"consents.0.state_at_use": "late", "consents.0.live_at_use": False}
OUTSIDE: Final[dict[str, Any]] = {"outside_first": True, "differs": ["media"], "consents.0.outside": ["media"]}
ADVANCE: Final[dict[str, Any]] = {
    "rests_on_advance": True, "consents.0.advance": True, "consents.0.same_advertiser": True, "consents.0.same_product_line": True, "consents.0.in_original_period": True,
}  # fmt: skip
FOR = "sagaftra-commercials-2025."

CASES = [
    Case(
        f"{FOR}notice-48h", "commercial_services", {}, "pass",
        (
            ({"notices": []}, "review"), ({"notices": [], "service_ahead": True}, "block"), ({"notices.0.delivered_at": "2026-09-12T11:00:00Z"}, "review"),
            ({"notices.0.delivered_at": "2026-09-12T11:00:00Z", "engaged_at": "2026-09-12T11:00:00Z"}, "pass"), ({"notices.0.described": False}, "review"),
            ({**SESSION, "notices.0.delivered_at": "2026-08-08T11:00:00Z", "service_ahead": True}, "block"), ({**SESSION, "notices.0.described": False, "service_ahead": True}, "block"),
        ),
        ({"notices.0.delivered_at": GONE}, "review"), {"commercial": False},
    ),
    Case(
        f"{FOR}consent.rider", "commercial_services", {}, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.writing": False}, "block"), ({"consents.0.described": False}, "block"), (LATE, "review"), ({**LATE, "service_ahead": True}, "block"),
            ({"consents.0.state_at_use": "expired"}, "block"), ({"consents.0.signed_at": "2026-08-20"}, "review"), ({"consents.0.signed_at": "2026-08-20", "created_ahead": True}, "block"),
            ({"consents.0.description_attested": False}, "review"), ({"consents.0.signed_at": "2026-08-20", "creation_here": False}, "pass"),
            (SESSION, "pass"), ({**SESSION, "consents": []}, "block"), ({**SESSION, "consents.0.signed_at": "2026-08-11"}, "review"),
            ({**SESSION, "consents.0.signed_at": "2026-08-11", "created_ahead": True}, "block"),
        ),
        ({"consents.0.writing": GONE}, "block"), {"replicates": False},
    ),
    Case(
        f"{FOR}consent.out-of-scope-use", "commercial_services", OUTSIDE, "pass",
        (
            ({"further": []}, "block"), ({"further.0.outside": ["media"]}, "block"), ({"further.0.state_at_use": "late", "further.0.live_at_use": False}, "review"),
            ({"further.0.state_at_use": "late", "further.0.live_at_use": False, "service_ahead": True}, "block"), ({"deals": []}, "block"),
            ({"deals": [], "further.0.paid_for": True}, "pass"), ({"further.0.open": ["languages"]}, "review"),
        ),
        ({"outside_first": GONE}, "review"), {"outside_first": False},
    ),
    Case(
        f"{FOR}consent.future-commercials", "commercial_services", ADVANCE, "pass",
        (
            ({"consents.0.same_advertiser": False}, "block"), ({"consents.0.same_product_line": False}, "block"), ({"consents.0.in_original_period": False}, "block"),
            ({"consents.0.in_original_period": GONE}, "block"), ({"consents.0.description_attested": False}, "review"),
        ),
        ({"consents.0.same_advertiser": GONE}, "block"), {"rests_on_advance": False},
    ),
    Case(
        f"{FOR}mpu.expiry", "commercial_periods", {"/act": "exhibit"}, "pass",
        (
            ({"over": True}, "block"), ({"wanted_over": True}, "block"), ({"runs_beyond": True}, "review"), ({"too_long": True}, "review"), ({"aired_after": ["2028-07-02"]}, "review"),
        ),
        ({"ends": GONE}, "review"), {"/act": "generate"},
    ),
    Case(
        f"{FOR}pay.replica", "commercial_services", {}, "pass",
        (
            ({"commercials_paid": "1"}, "obligation"), ({"premiums": [], "commercials_paid": "0"}, "obligation"), ({"premiums.0.reaches_multiple": False}, "review"),
            ({"use_fees": []}, "obligation"), ({"premiums.0.reaches_multiple": GONE}, "review"), ({"premiums.0.contributed": False}, "obligation"), ({"premium_due": "2026-10-01", "commercials_paid": "0"}, "review"),
        ),
        ({"commercials_made": GONE}, "review"), {"kind": "session"},
    ),
    Case(
        f"{FOR}synthetic.notice-pay", "commercial_synthetics", {}, "pass",
        (
            ({"notices": []}, "block"), ({"notices.0.unions": ["wga"]}, "block"), ({"notices.0.delivered_at": "2026-09-20"}, "review"), ({"notices.0.delivered_at": "2026-09-20", "use_ahead": True}, "block"),
            ({"bargaining": []}, "obligation"), ({"payments": []}, "obligation"), ({"payments.0.payee": "person"}, "obligation"),
        ),
        ({"in_human_role": GONE}, "review"), {"in_human_role": False},
    ),
    Case(
        f"{FOR}training.restriction", "commercial_trainings", {}, "review", (({"permitted": False}, "block"),), ({"contains": GONE}, "review"), {"generative": False},
    ),
]  # fmt: skip
