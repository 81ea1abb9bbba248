"""Sound Recordings 2024 and music videos, rule by rule: a pass, every failure, an unknown, and a trigger that is not there."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import CONSENT, DATES, GONE, PERSON, Case

SONG: Final = {"$ref": "prd_song"}
LINES: Final = ["sagaftra-src"]

OBJECTS: Final[dict[str, Any]] = {"prd_song": {"id": "prd_song", "format": "sound_recording", "bindings": []}}

GOOD: Final[dict[str, dict[str, Any]]] = {
    "recording_uses": {
        "id": "app_1", "record": "app_1", "recording": True, "replicates": True, "voice": True, "person": PERSON, "production": SONG, "dates": DATES, "lines": LINES,
        "release_ahead": True, "consents": [{**CONSENT, "blanket": False}], "first_of_person": True, "engaged_as": "royalty", "royalties": [{"id": "evd_r", "equal": True, "paid": True}],
        "sides": "3", "sides_paid": "3",
    },
    "recording_sessions": {
        "id": "evd_s", "record": "evd_s", "recording": True, "person": PERSON, "production": SONG, "dates": DATES, "lines": LINES, "starts_at": "2026-09-14T10:00:00Z", "held": True,
        "notices": [{"id": "evd_n", "delivered_at": "2026-09-12T09:00:00Z"}], "payments": [{"id": "evd_p", "paid": True}], "pay_days": "1",
    },
    "recording_voices": {
        "id": "app_1", "record": "app_1", "recording": True, "voice": True, "nobody": True, "production": SONG, "dates": DATES, "lines": LINES, "reports": ["evd_n"],
        "bargaining": [{"id": "evd_b", "outcome": "agreed"}],
    },
    "recording_credits": {"id": "evd_c", "record": "evd_c", "recording": True, "kept_for_people": True, "human": True, "role": "Singer", "production": SONG, "dates": DATES, "lines": LINES},
    "recording_trainings": {"id": "mdl_1/dst_1", "record": "mdl_1", "lines": [], "dates": DATES, "contains": True},
}  # fmt: skip

LATE: Final[dict[str, Any]] = {"consents.0.state_at_use": "late", "consents.0.live_at_use": False}
SINGER: Final[dict[str, Any]] = {"engaged_as": "session", "royalties": []}
FOR = "sagaftra-src-2024."

CASES = [
    Case(
        f"{FOR}consent.per-project", "recording_uses", {}, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.blanket": True}, "block"), ({"consents.0.names_production": False}, "block"), ({"consents.0.described": False}, "block"),
            ({**LATE, "release_ahead": False}, "review"), (LATE, "block"), ({"consents.0.conspicuous_attested": False}, "review"), ({"consents.0.description_attested": False}, "review"),
            ({"consents.0.state_at_use": "withdrawn", "consents.0.live_at_use": False}, "block"), ({"/act": "generate"}, "not_applicable"),
        ),
        ({"voice": GONE}, "review"), {"replicates": False},
    ),
    Case(
        f"{FOR}notice-session", "recording_sessions", {}, "pass",
        (
            ({"notices.0.delivered_at": "2026-09-12T11:00:00Z"}, "warn"), ({"notices.0.delivered_at": "2026-09-13T07:00:00Z"}, "review"), ({"notices": []}, "review"), ({"payments": []}, "obligation"),
            ({"payments": [], "held": False}, "pass"),
        ),
        ({"starts_at": GONE}, "review"), {"recording": False},
    ),
    Case(
        f"{FOR}pay", "recording_uses", {}, "pass",
        (
            ({"royalties": []}, "obligation"), ({"royalties.0.equal": False}, "obligation"), ({"royalties.0.paid": False}, "obligation"), (SINGER, "pass"), ({**SINGER, "sides": "2"}, "block"),
            ({**SINGER, "sides_paid": "0"}, "obligation"), ({**SINGER, "sides_paid": "0", "pay_due": "2026-10-01"}, "review"),
        ),
        ({"engaged_as": GONE}, "review"), {"voice": False},
    ),
    Case(
        f"{FOR}synthetic-voice", "recording_voices", {}, "pass", (({"reports": []}, "review"), ({"bargaining": []}, "obligation"), ({"bargaining.0.outcome": "open"}, "obligation")),
        ({"nobody": GONE}, "review"), {"nobody": False},
    ),
    Case(f"{FOR}human-artist", "recording_credits", {}, "pass", (({"human": False}, "block"),), ({"human": GONE}, "block"), {"kept_for_people": False}),
    Case(f"{FOR}training-gap", "recording_trainings", {}, "warn", (({}, "warn"),), ({"contains": GONE}, "review"), {"contains": False}),
    Case(
        "sagaftra-musicvideo.gap", "appearances", {"/objects.prd_1.format": "music_video"}, "review", (({}, "review"),), ({"/objects.prd_1.format": GONE}, "review"),
        {"/objects.prd_1.format": "feature"},
    ),
]  # fmt: skip
