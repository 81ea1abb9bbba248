"""The directors' agreements, rule by rule: facts in order, each way to fail, what is not known, what is not reached."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import AT, DATES, GONE, PRODUCTION, Case, attested

TALK: Final = {
    "id": "evd_k", "held": True, "held_at": "2026-09-01", "before_use": True, "with_director": True, "proposed": True, "advice": True, "response": True, "hollow": False,
}  # fmt: skip

GOOD: Final[dict[str, dict[str, Any]]] = {
    "directed_duties": {"id": "evd_u", "record": "evd_u", "production": PRODUCTION, "directing": True, "by_system": False},
    "creative_uses": {
        "id": "ast_1", "record": "ast_1", "asset": {"$ref": "ast_1"}, "production": PRODUCTION, "dates": DATES, "generative": True, "affects_creative": True, "ahead": True,
        "used_at": "2026-09-14", "in_picture": True, "consultations": [TALK], "sign_offs": [attested("director_control", by_director=True)], "attestations": [],
    },
    "guild_meetings": {"id": "prd_1/meetings", "record": "prd_1", "union": "dga", "days_since_last": 30, "production": PRODUCTION, "dates": {"request": AT}},
    "training_programmes": {"id": "prd_1/training-programme", "record": "prd_1", "opened": ["evd_t"], "production": PRODUCTION, "dates": {"request": AT}},
}  # fmt: skip

PAST: Final[dict[str, Any]] = {"ahead": False}
FOR = "dga-ba-2023."
SINCE = "dga-ba-2026."

CASES: list[Case] = [
    Case(f"{FOR}not-a-person", "directed_duties", {}, "pass", (({"by_system": True}, "block"), ({"by_system": GONE}, "review")), ({"directing": GONE}, "review"), {"directing": False}),
    Case(
        f"{FOR}consult-creative", "creative_uses", {}, "pass",
        (
            ({"consultations": []}, "block"), ({**PAST, "consultations": []}, "block"), ({"consultations.0.held": False}, "review"), ({"consultations.0.before_use": False}, "block"),
            ({**PAST, "consultations.0.before_use": False}, "review"), ({"consultations.0.advice": False}, "review"), ({"consultations.0.response": False}, "review"), ({"consultations.0.hollow": True}, "review"),
            ({"consultations.0.with_director": False}, "review"), ({"consultations.0.with_director": GONE}, "review"), ({"consultations.0.proposed": False}, "review"), ({"consultations": GONE}, "block"),
        ),
        ({"generative": GONE}, "review"), {"generative": False},
    ),
    Case(f"{FOR}consult-creative", "creative_uses", {}, "pass", (({"consultations.0.before_use": GONE}, "block"),), ({"affects_creative": GONE}, "review"), {"affects_creative": False}),
    Case(f"{FOR}meetings", "guild_meetings", {}, "pass", (({"days_since_last": 184}, "obligation"), ({"days_since_last": 9_999}, "obligation")), ({"days_since_last": GONE}, "obligation"), {"union": "wga"}),
    Case(
        f"{SINCE}director-control", "creative_uses", {}, "pass",
        (({"sign_offs": []}, "review"), ({"sign_offs.0.by_director": False}, "review"), ({"sign_offs.0.accepted": False}, "review"), ({"sign_offs.0.live": False}, "review")),
        ({"in_picture": GONE}, "review"), {"in_picture": False},
    ),
    Case(f"{SINCE}director-control", "creative_uses", {}, "pass", (({"sign_offs": GONE}, "review"),), ({"generative": GONE}, "review"), {"/act": "generate"}),
    Case(
        f"{SINCE}training-licence-consult", "guild_licences", {}, "pass",
        (
            ({"notices": [], "consulted": []}, "review"), ({"notices": []}, "pass"), ({"consulted": [], "met": []}, "obligation"), ({"consulted": []}, "pass"), ({"notices.0.unions": ["wga"], "consulted": []}, "review"),
            ({"compensated": False, "notices": [], "consulted": []}, "pass"), ({"system_commercial": GONE}, "review"),
        ),
        ({"covers_directing": GONE}, "review"), {"in_house": True},
    ),
    Case(f"{SINCE}training-programme", "training_programmes", {}, "pass", (({"opened": []}, "obligation"),), ({"opened": GONE}, "obligation"), {"dates.request": "2026-04-01", "/at": "2026-04-01T12:00:00Z"}),
]  # fmt: skip
