"""The Animation Guild: written notice, consultation with alternatives, prompts, credits, policy and consent."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import GONE, PERSON, PRODUCTION, Case

FOR: Final = "tag-ma-2024."
ANIMATED: dict[str, Any] = {"crafts": ["animator"]}

GOOD: Final[dict[str, dict[str, Any]]] = {
    "credits": {
        "id": "evd_k", "record": "evd_k", "person": PERSON, "production": PRODUCTION, "dates": {"release": "2026-10-20", "use": "2026-10-01"}, "crafts": ["animator"],
        "role": "Animator", "system_named": False, "changed": True, "because_of_ai": False,
    },
}  # fmt: skip

CASES = [
    Case(
        f"{FOR}notify", "assignments", ANIMATED, "pass",
        (
            ({"notices": []}, "block"), ({"notices.0.written": False}, "block"), ({"notices.0.reaches": False}, "block"), ({"notices.0.delivered_at": GONE}, "block"),
            ({"notices.0.delivered_at": "2026-09-20"}, "review"), ({"notices.0.delivered_at": "2026-09-20", "use_ahead": True}, "block"), ({"notices.0.written": GONE}, "block"),
        ),
        ({"asked": GONE}, "review"), {"asked": False},
    ),
    Case(
        f"{FOR}consult-alternative", "consultations", ANIMATED, "pass",
        (({"held": False, "days_open": 3}, "obligation"), ({"alternatives": []}, "obligation"), ({"alternatives": GONE}, "obligation"), ({"refused": True, "held": False}, "review")),
        ({"requested": GONE}, "review"), {"requested": False},
    ),
    Case(
        f"{FOR}prompt-displacement", "assignments", ANIMATED, "pass",
        (
            ({"displacing": True}, "block"), ({"displacing": True, "bargained": True}, "block"), ({"attested": False}, "review"), ({"attested": False, "feeds_automation": False}, "pass"),
            ({"attested": False, "feeds_automation": GONE}, "review"), ({"attestations.0.signed_at": "2026-09-20"}, "review"), ({"complaint_open": True}, "review"),
        ),
        ({"prompting": GONE}, "review"), {"prompting": False},
    ),
    Case(
        f"{FOR}credit-rights", "credits", {}, "pass",
        (({"because_of_ai": True}, "block"), ({"because_of_ai": GONE}, "block"), ({"system_named": True, "changed": False}, "block")),
        ({"crafts": GONE}, "review"), {"changed": False},
    ),
    Case(
        f"{FOR}policy-consent", "tool_uses", ANIMATED, "pass",
        (
            ({"policies": []}, "review"), ({"policies.0.delivered_at": "2026-10-01"}, "review"), ({"policies.0.delivered_at": GONE}, "review"), ({"permissions": []}, "review"),
            ({"permissions": [], "policies.0.permission_required": False}, "pass"), ({"permissions.0.at": "2026-10-01"}, "review"),
        ),
        ({"crafts": GONE}, "review"), {"crafts": ["crew"]},
    ),
    Case(f"{FOR}no-opt-out", "crafts", {"craft": "animator"}, "warn", (({"craft": "crew"}, "not_applicable"),), ({"craft": GONE}, "review"), {"craft": "performer"}),
]  # fmt: skip
