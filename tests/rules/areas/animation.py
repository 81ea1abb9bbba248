"""Television animation, rule by rule: in order, each failure, the unknown case, and the one that is not reached."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import CONSENT, DATES, GONE, PERSON, PRODUCTION, Case

STANDS: Final = {**CONSENT, "stands": True, "to_prompting": True}
TOLD: Final = {"id": "evd_n", "delivered_at": "2026-08-03", "arrived": True}
RELEASED: Final = {**DATES, "release": "2026-10-20T12:00:00Z"}

GOOD: Final[dict[str, dict[str, Any]]] = {
    "named_prompts": {
        "id": "gen_1/0", "record": "gen_1", "person": PERSON, "production": PRODUCTION, "dates": DATES, "named": True, "by_name": True,
        "use_ahead": False, "consents": [STANDS],
    },
    "voice_origins": {
        "id": "app_1/pty_1", "record": "app_1", "person": PERSON, "production": PRODUCTION, "dates": DATES, "voiced": True, "by_records": True,
        "sounds_alike": False, "use_ahead": False, "consents": [STANDS], "payments": [{"id": "evd_p", "paid": True}],
    },
    "synthetic_voices": {
        "id": "app_1", "record": "app_1", "production": PRODUCTION, "dates": DATES, "generated": True, "use_ahead": False, "used_at": "2026-09-14",
        "notices": [TOLD], "bargaining": [{"id": "evd_b", "outcome": "agreed", "good_faith": False}],
    },
    "foreign_versions": {
        "id": "app_1", "record": "app_1", "person": PERSON, "production": PRODUCTION, "dates": RELEASED, "language": "fr", "turned": True,
        "flags": [{"id": "evd_f", "sent": True, "for_language": True, "territories": ["US", "CA"]}],
    },
    "voice_credits": {"id": "evd_k", "human": True, "production": PRODUCTION, "dates": DATES},
    "regular_meetings": {
        "id": "prd_1/meetings", "production": PRODUCTION, "dates": DATES, "request_open": False, "held": True, "days_since_last": 90,
        "agenda_stated": True, "agenda": ["replica_tracking"],
    },
}  # fmt: skip

#: The title is bound to the animation agreement instead of the one of live action.
BOUND: Final[dict[str, Any]] = {
    "/objects.prd_1.bindings.0.agreement": "sagaftra-tvanim",
    "/objects.prd_1.bindings.0.edition": "sagaftra-tvanim-2023",
}
ELSEWHERE: Final[dict[str, Any]] = {"/objects.prd_1.bindings.0.agreement": "sagaftra-tvt"}
LATE: Final[dict[str, Any]] = {"consents.0.state_at_use": "late", "consents.0.live_at_use": False}
BY_EAR: Final[dict[str, Any]] = {"by_records": False, "sounds_alike": True}
FOR: Final = "sagaftra-tvanim-2023."

CASES: Final = [
    Case(
        f"{FOR}prompt-name", "named_prompts", BOUND, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.granted": False}, "block"), ({"consents.0.to_prompting": False}, "block"),
            ({"consents.0.covers_production": False}, "block"), ({"consents.0.stands": False}, "block"), (LATE, "review"),
            ({**LATE, "use_ahead": True}, "block"), ({"consents": [], "by_name": False}, "review"),
        ),
        ({"named": GONE}, "review"), {"named": False},
    ),
    Case(f"{FOR}prompt-name", "named_prompts", BOUND, "pass", (({"consents.0.live_at_use": GONE}, "review"),), ({"consents": GONE}, "block"), ELSEWHERE),
    Case(f"{FOR}prompt-name", "named_prompts", BOUND, "pass", (({"consents": []}, "block"),), ({"named": GONE}, "review"), {"dates": {"use": "2023-06-30"}}),
    Case(
        f"{FOR}replica-recognition", "voice_origins", BOUND, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.form": "standard_terms"}, "block"), ({"consents.0.described": False}, "block"), (LATE, "review"),
            ({"consents.0.description_attested": False}, "review"), ({"payments": []}, "obligation"), ({"consents": [], **BY_EAR}, "review"),
        ),
        ({"by_records": GONE}, "review"), {"by_records": False},
    ),
    Case(
        f"{FOR}replica-recognition", "voice_origins", {**BOUND, **BY_EAR}, "pass",
        (({"consents": []}, "review"),), ({"voiced": GONE}, "review"), {"voiced": False},
    ),
    Case(
        f"{FOR}synthetic-voice-notice", "synthetic_voices", BOUND, "pass",
        (
            ({"notices": []}, "block"), ({"notices.0.arrived": False}, "block"), ({"notices.0.delivered_at": "2026-09-20"}, "review"),
            ({"notices.0.delivered_at": "2026-09-20", "use_ahead": True}, "block"), ({"bargaining": []}, "review"),
            ({"bargaining.0.outcome": "open"}, "review"), ({"bargaining.0.outcome": "impasse"}, "review"), ({"notices": [], "use_ahead": True}, "block"),
        ),
        ({"generated": GONE}, "review"), {"generated": False},
    ),
    Case(
        f"{FOR}foreign-residuals", "foreign_versions", BOUND, "pass",
        (
            ({"flags": []}, "obligation"), ({"flags.0.sent": False}, "obligation"), ({"flags.0.for_language": False}, "obligation"),
            ({"flags.0.territories": ["CA"]}, "obligation"), ({"person": GONE}, "review"), ({"flags.0.territories": GONE}, "obligation"),
        ),
        ({"turned": GONE}, "review"), {"turned": False},
    ),
    Case(f"{FOR}foreign-residuals", "foreign_versions", BOUND, "pass", (({"flags": []}, "obligation"),), ({"turned": GONE}, "review"), {"/act": "generate"}),
    Case(f"{FOR}human-only", "voice_credits", BOUND, "pass", (({"human": False}, "block"),), ({"human": GONE}, "block"), {"/act": "generate"}),
    Case(
        f"{FOR}meetings", "regular_meetings", BOUND, "pass",
        (
            ({"held": False, "days_since_last": GONE, "agenda_stated": False, "agenda": []}, "obligation"), ({"request_open": True}, "obligation"),
            ({"days_since_last": 400}, "warn"), ({"agenda": ["technology"]}, "warn"),
        ),
        ({"request_open": GONE}, "obligation"), ELSEWHERE,
    ),
]  # fmt: skip
