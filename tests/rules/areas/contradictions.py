"""What cannot both be true, what was left unproved, what was declared unfit, and signals that nobody could read."""

from __future__ import annotations

from typing import Any

from tests.rules.cases import GONE, PRODUCTION, Case

GOOD: dict[str, dict[str, Any]] = {
    "contradictions": {
        "id": "gen_1/origin_differs", "record": "gen_1", "production": PRODUCTION, "code": "origin_differs", "sides": ["c2pa: digitalCapture", "comfyui: generated"],
        "gap": False, "settled": True,
    },
    "taints": {"id": "evt_1/dst_1", "record": "dst_1", "event": "evt_1", "type": "tainted", "lifted": True, "production": PRODUCTION},
    "unread_signals": {"id": "src_1", "record": "src_1", "production": PRODUCTION, "signals": []},
}  # fmt: skip
CASES = [
    Case(
        "x.record.contradiction", "contradictions", {}, "pass",
        (
            ({"settled": False}, "review"), ({"settled": False, "code": "time_differs"}, "review"), ({"settled": False, "code": "model_hash_differs"}, "review"),
            ({"settled": False, "code": "seed_differs"}, "review"), ({"settled": False, "gap": True, "code": "model_hash_unknown"}, "warn"), ({"gap": True}, "pass"),
        ),
        ({"settled": GONE}, "review"),
    ),
    Case(
        "x.record.declared-unfit", "taints", {}, "pass",
        (({"lifted": False}, "review"), ({"lifted": False, "type": "deleted"}, "review"), ({"lifted": False, "type": "quarantined"}, "block"), ({"lifted": False, "type": "recalled"}, "block")),
        ({"lifted": GONE}, "review"),
    ),
    Case("licences.source.opt-out-readable", "unread_signals", {}, "pass", (({"signals": ["rsl at https://a.example/licence.xml"]}, "review"),), ({"signals": GONE}, "review")),
]  # fmt: skip
