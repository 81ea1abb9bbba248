"""A whole title as the question."""

from __future__ import annotations

from typing import Any

from tests.rules.cases import AT, GONE, PRODUCTION, Case

GOOD: dict[str, dict[str, Any]] = {
    "whole_titles": {"id": "prd_1", "record": "prd_1", "production": PRODUCTION, "reached": True, "holds": True, "dates": {"release": AT}},
}
CASES = [
    Case(
        "x.title.reached",
        "whole_titles",
        {},
        "pass",
        (({"reached": False}, "review"), ({"reached": False, "holds": False}, "review")),
        ({"reached": GONE}, "review"),
        {"/act": "generate"},
    )
]
