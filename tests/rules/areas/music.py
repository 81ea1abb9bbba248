"""Musicians: who plays on a score, and pay for recordings that a generator was prompted with."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import GONE, PERSON, PRODUCTION, Case

FOR: Final = "afm-mp-2024."
USED: Final = {"generation": "2026-09-14", "use": "2026-09-14"}

GOOD: Final[dict[str, dict[str, Any]]] = {
    "scores": {
        "id": "evd_q", "record": "evd_q", "production": PRODUCTION, "dates": {"release": "2026-10-20", "use": "2026-10-20"}, "covered": True, "humans": 2, "canadian": True,
        "agreement_read": True,
    },
    "prompt_recordings": {
        "id": "ast_9/pty_1", "record": "ast_9", "recording": "ast_9", "run": "gen_1", "production": PRODUCTION, "person": PERSON, "dates": USED, "roster_known": True, "solo": False,
        "owed": True, "ai_minutes": "16", "hours_paid": "6",
    },
}  # fmt: skip

CASES = [
    Case(
        f"{FOR}human-musician", "scores", {}, "pass", (({"humans": 0}, "review"), ({"humans": GONE}, "review"), ({"humans": 1}, "pass")), ({"covered": GONE}, "review"),
        {"covered": False},
    ),
    Case(f"{FOR}human-musician", "scores", {}, "pass", (({"humans": 0}, "review"),), ({"covered": GONE}, "review"), {"/act": "generate"}),
    Case(
        f"{FOR}prompt-pay-ensemble", "prompt_recordings", {}, "pass",
        (
            ({"roster_known": False, "solo": GONE, "owed": False}, "block"), ({"hours_paid": "5"}, "obligation"), ({"hours_paid": "3", "ai_minutes": "15"}, "pass"),
            ({"hours_paid": "3", "ai_minutes": "15.1"}, "obligation"), ({"ai_minutes": GONE}, "review"), ({"ai_minutes": "0", "hours_paid": "0"}, "pass"),
            ({"hours_paid": "0", "pay_due": "2026-10-01"}, "review"), ({"owed": False}, "pass"),
        ),
        ({"roster_known": GONE, "solo": GONE}, "review"), {"solo": True},
    ),
    Case(
        f"{FOR}prompt-pay-solo", "prompt_recordings", {"solo": True, "hours_paid": "12"}, "pass",
        (
            ({"roster_known": False, "owed": False}, "block"), ({"hours_paid": "6"}, "obligation"), ({"hours_paid": "6", "ai_minutes": "14"}, "pass"), ({"ai_minutes": GONE}, "review"),
        ),
        ({"solo": GONE}, "review"), {"solo": False},
    ),
    Case(
        "afm-canada.sideletters", "scores", {}, "pass", (({"agreement_read": False}, "review"),), ({"canadian": GONE}, "review"), {"canadian": False},
    ),
]  # fmt: skip
