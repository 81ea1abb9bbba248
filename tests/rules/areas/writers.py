"""The writers' agreements, rule by rule: facts in order, each way to fail, what is not known, what is not reached."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import AT, GONE, PRODUCTION, Case

WRITER: Final = {"$ref": "pty_1"}
CITED: Final = {"id": "ast_o", "generated": False, "wholly_generated": False, "barred": False, "doubtful": False}
LICENCE: Final = {
    "id": "evd_l", "record": "evd_l", "dates": {"licence": "2026-09-14"}, "covers_writing": True, "covers_directing": True, "in_house": False, "licensee_affiliated": False,
    "compensated": True, "system_public_facing": True, "system_commercial": True, "met": ["wga", "dga"], "asked_to_meet": ["wga"], "consulted": ["dga"],
    "notices": [{"id": "evd_n", "written": True, "unions": ["dga", "wga"], "delivered_at": "2026-09-01"}],
}  # fmt: skip

GOOD: Final[dict[str, dict[str, Any]]] = {
    "writings": {
        "id": "ast_d", "record": "ast_d", "sort": "material", "production": PRODUCTION, "author_kind": "mixed", "ai_involved": True, "wholly_generated": False,
        "literary": True, "system_credited": False,
    },
    "furnishings": {
        "id": "evd_f", "record": "evd_f", "material": "ast_o", "person": WRITER, "production": PRODUCTION, "dates": {"handover": "2026-09-14"}, "generated": True,
        "to_writer": True, "ahead": True, "disclosures": [{"id": "evd_d", "made": True, "in_time": True}], "contracts": [{"id": "evd_w", "signed": True, "before_work": True}],
    },
    "writer_papers": {
        "id": "evd_w", "record": "evd_w", "sort": "deal", "person": WRITER, "production": PRODUCTION, "dates": {"deal": "2026-09-14"}, "step": "first_draft", "listed": [CITED],
        "unpublished_supplied": True, "supplied": True, "reduced": False, "reduction_asked": True,
    },
    "rights_determinations": {
        "id": "evd_s", "record": "evd_s", "production": PRODUCTION, "dates": {"deal": "2026-09-14"}, "considered": True, "outcome": "granted",
    },
    "writer_runs": {
        "id": "gen_1", "record": "gen_1", "person": WRITER, "production": PRODUCTION, "dates": {"generation": "2026-09-14"}, "by_writer": True, "generative": True,
        "permissions": [{"id": "evd_p", "from_company": True, "covers_tool": True, "written": True, "in_time": True}], "acknowledgements": [{"id": "evd_a", "in_time": True}],
    },
    "writer_mandates": {
        "id": "evd_m", "record": "evd_m", "sort": "terms", "production": PRODUCTION, "to_writers": True, "compels": False, "struck": False, "complaints": [],
    },
    "script_trainings": {
        "id": "evd_l", "record": "evd_l", "dates": {"licence": "2026-09-14"}, "covers_writing": True, "unlicensed": [], "all_licensed": True,
        "writers": [{"id": "pty_1", "reserved": True, "licensed": True}],
    },
    "guild_licences": LICENCE,
    "guild_reviews": {
        "id": "pty_g/pty_s/review", "sort": "request", "company": "pty_s", "request_open": True, "days_since_last": 30, "production": PRODUCTION, "dates": {"request": AT},
    },
}  # fmt: skip

CREDIT: Final[dict[str, Any]] = {"sort": "credit", "ai_involved": False}
PAST: Final[dict[str, Any]] = {"ahead": False}
LATE: Final[dict[str, Any]] = {"disclosures.0.in_time": False}
USE: Final[dict[str, Any]] = {"sort": "use", "reviewed": True}
FOR = "wga-mba-2023."
SINCE = "wga-mba-2026."
CANADA = "wgc-ipa-2024."

CASES: list[Case] = [
    Case(
        f"{FOR}not-a-writer", "writings", {}, "pass",
        (({"wholly_generated": True}, "block"), ({"wholly_generated": True, "literary": False}, "pass"), ({**CREDIT, "system_credited": True}, "block"), ({**CREDIT, "system_credited": GONE}, "review"), (CREDIT, "pass")),
        ({"ai_involved": GONE}, "review"), {"ai_involved": False},
    ),
    Case(f"{FOR}not-a-writer", "writings", {"wholly_generated": True, "literary": False}, "pass", (({"literary": True}, "block"),), ({"literary": GONE}, "review"), {"ai_involved": False}),
    Case(
        f"{FOR}disclose-furnished", "furnishings", {}, "pass",
        (
            ({"disclosures": []}, "block"), (LATE, "block"), ({**PAST, "disclosures": []}, "review"), ({**PAST, **LATE}, "review"), ({"ahead": GONE, "disclosures": []}, "block"),
            ({"disclosures.0.in_time": GONE}, "block"), (PAST, "pass"),
        ),
        ({"generated": GONE}, "review"), {"generated": False},
    ),
    Case(f"{FOR}disclose-furnished", "furnishings", {}, "pass", (({**PAST, **LATE, "disclosures.0.made": False}, "review"),), ({"to_writer": GONE}, "review"), {"to_writer": False}),
    Case(
        f"{FOR}not-assigned-or-source", "writer_papers", {}, "pass",
        (
            ({"listed.0.barred": True}, "block"), ({"listed.0.doubtful": True}, "review"), ({"step": "rewrite"}, "obligation"), ({"step": GONE}, "obligation"),
            ({"sort": "notice", "step": GONE, "listed.0.barred": True}, "block"), ({"unpublished_supplied": GONE}, "review"), ({"listed": []}, "pass"),
        ),
        ({"listed": GONE}, "review"), {"dates.deal": "2023-01-10"},
    ),
    Case(f"{FOR}separated-rights", "rights_determinations", {}, "pass", (({"outcome": "denied"}, "block"), ({"outcome": "pending"}, "review"), ({"outcome": GONE}, "block")), ({"considered": GONE}, "review"), {"considered": False}),
    Case(
        f"{FOR}writer-use-consent", "writer_runs", {}, "pass",
        (
            ({"permissions": []}, "review"), ({"permissions.0.in_time": False}, "review"), ({"permissions.0.covers_tool": False}, "review"), ({"permissions.0.from_company": False}, "review"),
            ({"permissions.0.written": False}, "review"), ({"acknowledgements": []}, "review"), ({"acknowledgements.0.in_time": False}, "review"), ({"permissions.0.covers_tool": GONE}, "review"),
        ),
        ({"by_writer": GONE}, "review"), {"by_writer": False},
    ),
    Case(
        f"{FOR}no-compulsion", "writer_mandates", {}, "pass",
        (({"compels": True}, "block"), ({"compels": True, "struck": True}, "review"), ({"compels": GONE}, "review"), ({"complaints": ["evd_c"]}, "review")),
        ({"to_writers": GONE}, "review"), {"to_writers": False},
    ),
    Case(
        f"{FOR}training-reserved", "script_trainings", {}, "pass", (({"unlicensed": ["pty_1"]}, "block"), ({"all_licensed": False}, "review"), ({"unlicensed": GONE}, "block")),
        ({"covers_writing": GONE}, "review"), {"covers_writing": False},
    ),
    Case(f"{FOR}meetings", "meetings", {"union": "wga"}, "pass", (({"days_since_last": 200}, "obligation"), ({"request_open": False, "days_since_last": 200}, "pass")), ({"days_since_last": GONE}, "obligation"), {"union": "sagaftra"}),
    Case(
        f"{SINCE}training-licence-notice", "guild_licences", {}, "pass",
        (
            ({"notices": []}, "block"), ({"notices.0.unions": ["sagaftra"]}, "block"), ({"notices.0.written": False}, "block"), ({"notices.0.delivered_at": "2026-11-01"}, "block"), ({"met": []}, "obligation"),
            ({"met": [], "asked_to_meet": []}, "obligation"), ({"in_house": True, "notices": [], "met": []}, "warn"), ({"licensee_affiliated": True, "notices": []}, "warn"),
            ({"compensated": False, "notices": [], "met": []}, "pass"), ({"compensated": GONE, "notices": []}, "review"),
        ),
        ({"covers_writing": GONE}, "review"), {"covers_writing": False},
    ),
    Case(
        f"{SINCE}gai-use-review", "guild_reviews", {}, "pass",
        (({"days_since_last": 200}, "obligation"), ({"request_open": False, "days_since_last": 200}, "pass"), ({**USE, "reviewed": False}, "obligation"), (USE, "pass")),
        ({"days_since_last": GONE}, "obligation"), {"/at": "2026-04-01T12:00:00Z", "dates.request": "2026-04-01"},
    ),
    Case(
        f"{CANADA}disclose-and-contract", "furnishings", {}, "pass",
        (
            ({"disclosures": []}, "block"), (LATE, "block"), ({**PAST, **LATE}, "review"), ({**PAST, "disclosures": []}, "block"), ({"contracts": []}, "block"), ({"contracts.0.before_work": False}, "block"),
            ({**PAST, "contracts.0.before_work": False}, "review"), ({**PAST, "contracts": []}, "block"),
        ),
        ({"generated": GONE}, "review"), {"generated": False},
    ),
    Case(
        f"{CANADA}no-reduction", "writer_papers", {}, "pass",
        (({"reduced": True}, "block"), ({"reduced": GONE}, "block"), ({"reduced": True, "sort": "credit"}, "block")),
        ({"reduction_asked": GONE}, "review"), {"reduction_asked": False},
    ),
]  # fmt: skip
