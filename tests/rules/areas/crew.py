"""The crew and the Basic Crafts: tools at work, assignments, scans, consultations, what becomes of jobs."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import DATES, GONE, PERSON, PRODUCTION, Case, attested

FOR: Final = "iatse-ba-2024."
USED: Final = "2026-09-14T10:00:00Z"
SCAN_CONSENT: Final = {
    "id": "con_s", "granted": True, "for_purpose": True, "elsewhere": False, "form": "separate_writing", "signed_at": "2026-08-03",
    "state_at_use": "live", "live_at_use": True,
}  # fmt: skip

GOOD: Final[dict[str, dict[str, Any]]] = {
    "tool_uses": {
        "id": "gen_1", "record": "gen_1", "type": "run", "runs": 3, "person": PERSON, "production": PRODUCTION, "dates": {"generation": USED, "use": USED}, "crafts": ["crew"],
        "tool": "Plate cleaner", "tool_owner": "employee", "generative": True, "first_used_at": USED, "covered_staff": True, "outside": False, "avoidance_found": False,
        "avoidance_denied": False, "permissions": [{"id": "evd_p", "at": "2026-08-01", "until": "*", "covers": True}],
        "policies": [{"id": "evd_q", "delivered_at": "2026-08-01", "acknowledged_at": "2026-08-02", "reached": True, "permission_required": True}],
        "fees": [{"id": "evd_f", "basis": "kit_rental", "paid": True, "overdue": False}],
    },
    "assignments": {
        "id": "evd_a", "record": "evd_a", "production": PRODUCTION, "person": PERSON, "dates": DATES, "crafts": ["crew"], "prompting": True, "asked": True, "withdrawn": False,
        "feeds_automation": True, "needs_attestation": True, "displacing": False, "attested": True, "attestations": [attested("no_displacement", role="labour_relations", signed_at="2026-08-20")],
        "complaint_open": False, "bargained": False, "assigned_at": "2026-09-01", "first_use": USED, "use_ahead": False,
        "notices": [{"id": "evd_n", "kind": "generative_tool", "written": True, "reaches": True, "delivered_at": "2026-08-25"}],
    },
    "crew_scans": {
        "id": "evd_s", "record": "evd_s", "person": PERSON, "production": PRODUCTION, "dates": DATES, "crafts": ["crew"], "starts_at": "2026-08-10T16:00:00Z",
        "consents": [SCAN_CONSENT], "conditioned": False,
    },
    "consultations": {
        "id": "evd_c", "record": "evd_c", "production": PRODUCTION, "dates": {"request": "2026-10-10"}, "crafts": ["crew"], "requested": True, "held": True, "refused": False,
        "alternatives": ["paint by hand"],
    },
    "impacts": {
        "id": "evd_i", "record": "evd_i", "type": "displacement", "production": PRODUCTION, "dates": {"request": "2026-09-14"}, "crafts": ["crew"], "attributed": True, "layoff": True,
        "decided": True, "displaced": True, "bargaining": [{"id": "evd_b", "agreed": True}], "unhelped": [],
    },
}  # fmt: skip
MORE: Final[dict[str, dict[str, Any]]] = {"crafts": {"agreement_read": True}}

OPEN: dict[str, Any] = {"held": False, "days_open": 10}
MEETING: dict[str, Any] = {
    "type": "meeting",
    "union": "iatse",
    "company": "pty_s",
    "request_open": True,
    "days_since_last": 30,
    "interval": 92,
}

CASES = [
    Case(
        f"{FOR}prompt-displacement", "assignments", {}, "pass",
        (
            ({"displacing": True}, "block"), ({"displacing": True, "bargained": True}, "pass"), ({"attested": False}, "review"), ({"attested": False, "feeds_automation": GONE}, "review"),
            ({"attested": False, "feeds_automation": False}, "pass"), ({"attestations.0.signed_at": "2026-09-20"}, "review"), ({"complaint_open": True}, "review"),
        ),
        ({"prompting": GONE}, "review"), {"prompting": False},
    ),
    Case(f"{FOR}prompt-displacement", "assignments", {"crafts": ["animator"]}, "not_applicable", (({"crafts": ["crew"]}, "pass"),), ({"crafts": GONE}, "review"), {"withdrawn": True}),
    Case(
        f"{FOR}covered-work", "tool_uses", {}, "pass",
        (
            ({"covered_staff": False}, "review"), ({"outside": True}, "review"), ({"outside": True, "avoidance_found": True}, "block"), ({"avoidance_found": True}, "block"),
            ({"covered_staff": GONE}, "review"), ({"outside": GONE}, "review"), ({"outside": True, "avoidance_denied": True}, "pass"),
            ({"type": "task", "jurisdiction": True, "covered_staff": False}, "review"),
        ),
        ({"crafts": GONE}, "review"), {"crafts": ["visual_effects"]},
    ),
    Case(f"{FOR}covered-work", "tool_uses", {"type": "task", "jurisdiction": True}, "pass", (({"outside": True}, "review"),), ({"jurisdiction": GONE}, "review"), {"jurisdiction": False}),
    Case(
        f"{FOR}scan-consent", "crew_scans", {}, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.form": "standard_terms"}, "block"), ({"consents.0.form": "initialed_clause"}, "block"), ({"consents.0.for_purpose": False}, "block"),
            ({"consents.0.granted": False}, "block"), ({"consents.0.state_at_use": "withdrawn", "consents.0.live_at_use": False}, "block"), ({"consents.0.elsewhere": True}, "block"),
            ({"consents.0.state_at_use": "late", "consents.0.live_at_use": False}, "review"), ({"conditioned": True}, "block"),
            ({"consents.0.state_at_use": "late", "consents.0.live_at_use": False, "/at": "2026-08-09T00:00:00Z"}, "block"),
        ),
        ({"conditioned": GONE}, "block"), {"crafts": ["visual_effects"]},
    ),
    Case(f"{FOR}scan-consent", "crew_scans", {}, "pass", (({"consents.0.form": GONE}, "block"),), ({"crafts": GONE}, "review")),
    Case(
        f"{FOR}consultation", "consultations", {}, "pass", ((OPEN, "obligation"), ({**OPEN, "days_open": 20}, "obligation")), ({"requested": GONE}, "review"), {"requested": False},
    ),
    Case(
        f"{FOR}policy-indemnity", "tool_uses", {}, "pass",
        (
            ({"permissions": []}, "warn"), ({"permissions.0.covers": False}, "warn"), ({"permissions.0.at": "2026-10-01"}, "warn"), ({"permissions.0.until": "2026-09-01"}, "warn"),
            ({"policies.0.acknowledged_at": GONE}, "warn"), ({"policies": []}, "pass"), ({"permissions.0.covers": GONE}, "warn"),
        ),
        ({"type": GONE}, "review"), {"crafts": ["animator"]},
    ),
    Case(
        f"{FOR}kit-fee", "tool_uses", {}, "pass",
        (({"fees": []}, "warn"), ({"fees.0.paid": False}, "obligation"), ({"fees.0.paid": False, "fee_due": "2026-10-01"}, "review")),
        ({"tool_owner": GONE}, "review"), {"tool_owner": "employer"},
    ),
    Case(
        f"{FOR}impact-bargaining-meetings", "impacts", {}, "pass",
        (({"decided": False}, "review"), ({"bargaining": []}, "obligation"), ({"unhelped": ["pty_1"]}, "obligation"), ({"displaced": False, "bargaining": [], "unhelped": ["pty_1"]}, "pass")),
        ({"attributed": GONE}, "review"), {"attributed": False},
    ),
    Case(
        f"{FOR}impact-bargaining-meetings", "impacts", MEETING, "pass", (({"days_since_last": 120}, "obligation"), ({"days_since_last": 120, "request_open": False}, "pass"), ({"days_since_last": 120, "interval": 183}, "pass")),
        ({"days_since_last": GONE}, "obligation"), {"union": "sagaftra"},
    ),
    Case("hbc-399-2024.gap", "crafts", {"craft": "basic_crafts"}, "pass", (({"agreement_read": False}, "review"),), ({"agreement_read": GONE}, "review"), {"craft": "crew"}),
]  # fmt: skip
