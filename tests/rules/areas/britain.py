"""Equity and Pact, rule by rule: there is no term, so the best answer to any scan, replica or training is a review."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import CONSENT, DATES, GONE, PERSON, PRODUCTION, Case

GOOD: Final[dict[str, dict[str, Any]]] = {
    "pact_work": {
        "id": "app_1", "record": "app_1", "step": "replica", "person": PERSON, "production": PRODUCTION, "dates": DATES, "british": True, "status_watched": True,
        "consents": [{**CONSENT, "stands": True, "for_training": False, "deletion_date": "2028-01-01"}], "protection": [{"id": "evd_d", "lawful_basis": "consent", "assessed": True}],
    },
    "training_claims": {"id": "evd_l", "record": "evd_l", "production": PRODUCTION, "british": True, "dates": DATES},
}  # fmt: skip

CASES: Final = [
    Case(
        "equity-pact.no-ai-term", "pact_work", {}, "review",
        (
            ({"consents": []}, "review"), ({"consents.0.deletion_date": GONE}, "review"), ({"consents.0.for_training": True}, "review"), ({"protection": []}, "review"),
            ({"status_watched": False}, "review"), ({"step": "training"}, "review"), ({"step": "scan"}, "review"),
        ),
        ({"british": GONE}, "review"), {"british": False},
    ),
    Case("equity-pact.training-claim", "training_claims", {}, "warn", (({"dates": {}}, "warn"),), ({"british": GONE}, "review"), {"british": False}),
]  # fmt: skip
