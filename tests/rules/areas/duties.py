"""What is owed and due."""

from __future__ import annotations

from tests.rules.cases import GONE, Case

GOOD = {
    "obligations": {
        "id": "obl_1", "type": "pay", "to": {"$ref": "pty_1"}, "production": {"$ref": "prd_1"}, "due": "2026-10-01", "overdue": True, "settled": True, "dates": {},
    }
}  # fmt: skip

CASES = [
    Case(
        "x.obligation.due",
        "obligations",
        {},
        "pass",
        (({"settled": False}, "review"), ({"settled": GONE}, "review")),
        ({"overdue": GONE}, "review"),
        {"overdue": False},
    )
]
