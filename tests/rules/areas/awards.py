"""Cases of awards: human performances and writing, contributions by category, the tiers of a label."""

from __future__ import annotations

from tests.rules.cases import GONE, PRODUCTION, Case

OSCARS = {"/objects.prd_1.awards": ["oscars"]}
GOOD = {
    "award_entries": {
        "id": "prd_1/oscars/0", "record": "prd_1", "production": PRODUCTION, "award": "oscars", "category": "Best Picture", "statement": True, "declared_tier": 2, "computed_tier": 2,
        "undeclared": [], "unauthored": [],
    },
    "screenplays": {"id": "prd_1/screenplay", "record": "prd_1", "production": PRODUCTION, "generated": False, "statement": True},
}  # fmt: skip
CASES = [
    Case(
        "award-oscars.osc-01", "performances", OSCARS, "pass",
        (({"stands_in": True}, "review"), ({"stands_in": GONE}, "review"), ({"consented": False}, "review"), ({"consented": False, "digital": False}, "pass")),
        ({"billed": GONE}, "review"), {"billed": False},
    ),
    Case(
        "award-oscars.osc-02", "screenplays", OSCARS, "pass",
        (({"generated": True}, "review"), ({"generated": GONE}, "review"), ({"statement": GONE}, "review"), ({"statement": False}, "review")),
        ({"/objects.prd_1.awards": GONE}, "review"), {"/objects.prd_1.awards": ["grammys"]},
    ),
    Case(
        "award-oscars.osc-03", "award_entries", {}, "pass", (({"undeclared": ["ast_1"]}, "warn"), ({"unauthored": ["ast_1"]}, "warn"), ({"award": "emmys", "undeclared": ["ast_1"]}, "warn")),
        ({"award": GONE}, "review"), {"award": "festival"},
    ),
    Case(
        "award-grammys.grm-01", "award_entries", {"award": "grammys"}, "pass", (({"statement": GONE}, "review"), ({"statement": False}, "review")),
        ({"award": GONE}, "review"), {"award": "oscars"},
    ),
    Case(
        "award-human-provenance.hpf-01", "award_entries", {"award": "human_provenance"}, "pass",
        (({"declared_tier": 1}, "review"), ({"declared_tier": GONE}, "review"), ({"computed_tier": GONE}, "review")), ({"award": GONE}, "review"), {"award": "oscars"},
    ),
]  # fmt: skip
