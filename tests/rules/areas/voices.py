"""Voice platforms, rule by rule: a pass, every failure, an unknown, and a trigger that is not there."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import CONSENT, DATES, GONE, PERSON, PRODUCTION, Case

GOOD: Final[dict[str, dict[str, Any]]] = {
    "platform_voices": {
        "id": "app_1", "record": "app_1", "kind": "use", "platform": "narrativ", "spoken": True, "person": PERSON, "production": PRODUCTION, "dates": DATES, "use_ahead": False,
        "advertisement": True, "approvals": [{"id": "evd_a", "given": True, "before_use": True}], "refused": False, "excluded": False, "left": False, "replica_deleted": False,
        "recordings_deleted": False, "payments": [{"id": "evd_p", "paid": True, "contributed": True, "reaches_minimum": True}], "opted_out": False,
        "projects": [{**CONSENT, "before_opting_out": True}], "consents": [CONSENT],
    },
}  # fmt: skip

LEGACY: Final[dict[str, Any]] = {"platform": "replica_studios"}

CASES = [
    Case(
        "sagaftra-narrativ-2024.per-ad-approval", "platform_voices", {}, "pass",
        (
            ({"approvals": []}, "block"), ({"approvals.0.given": False}, "block"), ({"approvals.0.before_use": False}, "review"), ({"approvals.0.before_use": False, "use_ahead": True}, "block"),
            ({"refused": True}, "block"), ({"excluded": True}, "block"), ({"excluded": GONE}, "review"), ({"payments": []}, "obligation"), ({"payments.0.reaches_minimum": False}, "review"),
            ({"payments.0.contributed": False}, "obligation"), ({"left": True}, "block"), ({"left": True, "replica_deleted": True, "recordings_deleted": True}, "block"),
            ({"kind": "replica", "left": True, "replica_deleted": True, "recordings_deleted": False}, "obligation"),
            ({"kind": "replica", "left": True, "replica_deleted": True, "recordings_deleted": True}, "pass"), ({"kind": "replica", "left": True}, "block"),
            ({"advertisement": False, "approvals": []}, "pass"),
        ),
        ({"platform": GONE}, "review"), {"platform": "none"},
    ),
    Case(
        "sagaftra-replica-2024.legacy", "platform_voices", LEGACY, "review",
        (
            ({"projects": []}, "block"), ({"projects.0.state_at_use": "expired"}, "block"), ({"projects.0.state_at_use": "late", "projects.0.live_at_use": False}, "review"),
            ({"projects.0.state_at_use": "late", "projects.0.live_at_use": False, "use_ahead": True}, "block"), ({"opted_out": True, "projects.0.before_opting_out": False}, "block"),
            ({"opted_out": True}, "review"), ({"kind": "replica", "projects": []}, "review"),
        ),
        ({"platform": GONE}, "review"), {"platform": "narrativ"},
    ),
    Case("sagaftra-ethovox-2024.gap", "platform_voices", {"platform": "ethovox"}, "review", (({"kind": "model"}, "review"),), ({"platform": GONE}, "review"), {"platform": "none"}),
]  # fmt: skip
