"""Cases of buyers and platforms: five questions, four approvals, the table of cases; a broadcaster, commercials, music, games."""

from __future__ import annotations

from typing import Any

from tests.rules.cases import DATES, GONE, PERSON, PRODUCTION, Case

TERMS: dict[str, Any] = {
    "id": "evd_t", "accepted": True, "reviewed": True, "read_before": True, "in_force": True, "withdrawn": False, "retention_days": 0, "ends": "2027-01-01",
}  # fmt: skip


def approval(subject: str, **more: Any) -> dict[str, Any]:
    """A written approval that names the use and came before it."""
    base = {
        "of_buyer": True,
        "subject": subject,
        "outcome": "approved",
        "approved": True,
        "names_use": True,
        "before_use": True,
        "live": True,
    }
    return {"id": f"evd_{subject}", **{name: value for name, value in {**base, **more}.items() if value is not GONE}}


GOOD = {
    "ai_uses": {
        "id": "ast_1", "record": "ast_1", "asset": {"$ref": "ast_1"}, "production": PRODUCTION, "dates": DATES, "item": True, "statements": ["evd_u"], "kind": "generative",
        "kinds": 1, "contradicted": False, "generative": True, "assisted": True, "arrived_as_ai": True, "file_says_ai": True, "can_say": True, "open": [], "proved": True,
        "stage": "final", "element": "background", "story_relevant": False, "use_ahead": False, "in_final": False, "talent": False, "talent_consented": False,
        "input_tags": [], "sensitive": False, "proprietary": False, "unlicensed": False, "trained_on_others": False, "references": [], "refers": False,
        "tools": [{"id": "gen_1", "name": "Studio tool", "terms": [TERMS], "self_hosted": False, "trains": False, "secured": True}], "secured": True, "on_premises": False,
        "single_sign_on": True, "custom_workflow": True, "steps": [{"id": "one", "tool": "Studio tool", "terms": [TERMS]}], "named": True, "fresh": True,
        "no_substantial_recreation": "yes", "tool_no_store_reuse_train": "yes", "enterprise_environment": "yes", "temporary_only": "yes",
        "no_talent_or_union_replacement": "yes", "similarity_report": True, "real_event_risk": False, "replaces_covered_work": False, "recreates": False,
        "approvals": [], "notified": True, "editorial_review": True, "overseen": True, "referral": True, "factual_research": False, "news": True,
        "player_facing": True, "generation_time": "runtime", "guardrails": True,
    },
    "commercials": {
        "id": "prd_1", "record": "prd_1", "production": PRODUCTION, "dates": DATES, "ad_id": True, "ad_id_dated": True, "ad_id_in_time": True, "talent_engaged": True, "nobody_engaged": False,
        "looked_at": ["US"], "undisclosed": False,
    },
    "performances": {
        "id": "app_1", "record": "app_1", "person": PERSON, "production": PRODUCTION, "dates": DATES, "type": "performance", "billed": True, "digital": True, "stands_in": False,
        "consented": True, "human_generated": True, "flagged": True, "advertising": True,
        "synthetic": True, "use_ahead": False, "buyer_approvals": [approval("talent_performance")], "legal_review": True, "union_notified": True,
    },
    "recordings": {
        "id": "ast_1", "record": "ast_1", "production": PRODUCTION, "areas": {"vocals": "none"}, "unanswered": [], "contradicted": False,
    },
}  # fmt: skip
MORE = {
    "uses": {"buyer_approvals": [approval("talent_performance")], "legal_review": True, "union_notified": True, "significant": True},
}
OBJECTS: dict[str, Any] = {}

FOR = "platform-netflix.nfx-"
ELSEWHERE = {"/objects.prd_1.platforms": ["other"]}
NAMED = ("names_use", "before_use", "live")


def question(number: int, name: str, subject: str, fails: tuple[tuple[dict[str, Any], str], ...]) -> Case:
    """One of the five questions: a no blocks, a doubt and silence are reviews, a written approval settles it."""
    common = (
        ({name: "no"}, "block"),
        ({name: "unsure"}, "review"),
        ({name: "unanswered"}, "review"),
        ({"fresh": False}, "review"),
        ({"fresh": GONE}, "review"),
        ({name: "no", "approvals": [approval(subject)]}, "exempt"),
        ({name: "no", "approvals": [approval("general")]}, "exempt"),
        *(({name: "no", "approvals": [approval(subject, **{field: False})]}, "block") for field in NAMED),
        ({name: "no", "approvals": [approval(subject, of_buyer=False)]}, "block"),
    )
    return Case(f"{FOR}p{number}", "ai_uses", {}, "pass", (*common, *fails), ({"generative": GONE}, "review"), ELSEWHERE)


def subjects(field: str, subject: str, also: dict[str, Any]) -> tuple[tuple[dict[str, Any], str], ...]:
    """What a missing, refused, conditional, foreign, late or ended approval gives."""
    return (
        ({**also, field: []}, "block"),
        ({**also, field: [approval(subject, outcome="refused", approved=False)]}, "block"),
        ({**also, field: [approval(subject, outcome="conditional", approved=False)]}, "review"),
        ({**also, field: [approval("model_reuse")]}, "block"),
        ({**also, field: [approval(subject, of_buyer=False)]}, "block"),
        ({**also, field: [approval(subject, names_use=False)]}, "block"),
        ({**also, field: [approval(subject, before_use=False)], "use_ahead": False}, "review"),
        ({**also, field: [approval(subject, before_use=False)], "use_ahead": True}, "block"),
        ({**also, field: [approval(subject, before_use=GONE)], "use_ahead": False}, "review"),
        ({**also, field: [approval(subject, live=False)]}, "review"),
    )


def written(field: str, subject: str, also: dict[str, Any]) -> dict[str, Any]:
    """An element with its approval."""
    return {**also, field: [approval(subject)]}


DATA, LOOKS = {"sensitive": True}, {"element": "key_visual"}
RISK = {"real_event_risk": True}
CASES = [
    question(
        1, "no_substantial_recreation", "creative_output",
        (
            ({"unlicensed": True}, "block"), ({"unlicensed": GONE}, "review"), ({"recreates": True}, "block"), ({"recreates": GONE}, "review"),
            ({"similarity_report": False}, "review"), ({"named": False}, "review"),
        ),
    ),
    question(
        2, "tool_no_store_reuse_train", "data_use",
        (
            ({"tools.0.trains": True}, "block"), ({"tools.0.trains": GONE}, "review"), ({"tools": []}, "review"), ({"tools.0.terms": []}, "review"),
            ({"tools.0.terms.0.retention_days": GONE}, "review"),
        ),
    ),
    question(
        3, "enterprise_environment", "workflow",
        (({"secured": False}, "review"), ({"secured": GONE}, "review"), ({"single_sign_on": False}, "review"), ({"single_sign_on": GONE, "on_premises": True}, "pass")),
    ),
    question(4, "temporary_only", "creative_output", (({"in_final": True}, "block"), ({"in_final": GONE}, "review"))),
    question(
        5, "no_talent_or_union_replacement", "talent_performance",
        (
            ({"talent": True}, "block"), ({"talent": True, "talent_consented": True}, "pass"), ({"talent": GONE}, "review"),
            ({"replaces_covered_work": True}, "block"), ({"replaces_covered_work": GONE}, "review"),
        ),
    ),
    Case(
        f"{FOR}d", "ai_uses", written("approvals", "data_use", DATA), "pass",
        (
            *subjects("approvals", "data_use", DATA),
            (written("approvals", "data_use", {"sensitive": False, "trained_on_others": True, "training_rights": False}), "block"),
            (written("approvals", "data_use", {"sensitive": False, "trained_on_others": True, "training_rights": True}), "pass"),
        ),
        ({"sensitive": GONE}, "review"), {"sensitive": False},
    ),
    Case(
        f"{FOR}c", "ai_uses", written("approvals", "creative_output", LOOKS), "pass",
        (*subjects("approvals", "creative_output", LOOKS), *subjects("approvals", "creative_output", {"refers": True, "element": "prop"})),
        ({"element": GONE}, "review"), {"element": "prop"},
    ),
    Case(
        f"{FOR}t", "uses", {}, "pass",
        (
            *subjects("buyer_approvals", "talent_performance", {}), ({"consents": []}, "block"), ({"consents.0.live_at_use": False}, "block"),
            ({"legal_review": False}, "block"), ({"legal_review": GONE}, "block"), ({"icdr": True, "union_notified": False}, "block"),
            ({"replicates": False, "alteration": True, "legal_review": GONE}, "block"), ({"replicates": False, "voice_source": "synthetic", "legal_review": GONE}, "block"),
        ),
        ({"replicates": GONE}, "review"), {"replicates": False},
    ),
    Case(
        f"{FOR}t-synthetic", "performances", {}, "pass",
        (*subjects("buyer_approvals", "talent_performance", {}), ({"legal_review": GONE}, "block"), ({"union_notified": False}, "block")),
        ({"synthetic": GONE}, "review"), {"synthetic": False},
    ),
    Case(
        f"{FOR}e", "ai_uses", written("approvals", "ethics_representation", RISK), "pass",
        (
            *subjects("approvals", "ethics_representation", RISK), *subjects("approvals", "ethics_representation", {"replaces_covered_work": True, "real_event_risk": False}),
            ({"editorial_review": False}, "block"), ({"editorial_review": GONE}, "block"),
        ),
        ({"real_event_risk": GONE}, "review"), {"real_event_risk": False},
    ),
    Case(
        f"{FOR}v", "ai_uses", {}, "pass",
        (
            ({"steps": GONE}, "block"), ({"steps.0.terms": []}, "block"), ({"steps.0.terms.0.accepted": False}, "block"),
            ({"steps.0.terms.0.in_force": GONE}, "block"), ({"steps.0.terms.0.withdrawn": True}, "block"),
        ),
        ({"custom_workflow": GONE}, "review"), {"custom_workflow": False},
    ),
    Case(f"{FOR}n", "ai_uses", {}, "pass", (({"notified": False}, "review"),), ({"generative": GONE}, "review"), {"generative": False}),
    Case(
        "platform-netflix.use-case", "ai_uses", {"approvals": [approval("general")]}, "pass",
        (
            ({"approvals": [], "talent": True}, "review"), ({"approvals": [], "unlicensed": True}, "review"), ({"approvals": [], "trained_on_others": True}, "review"),
            ({"approvals": [], "proprietary": True, "secured": False}, "review"), ({"approvals": [], "element": "key_visual"}, "review"),
            ({"approvals": [], "story_relevant": True}, "review"), ({"approvals": []}, "warn"), ({"approvals": [], "element": "other", "stage": "ideation"}, "warn"),
            ({"approvals": [approval("general", names_use=False)], "element": GONE}, "review"),
        ),
        ({"approvals": [], "element": GONE, "stage": GONE}, "review"), ELSEWHERE,
    ),
    Case(
        "platform-bbc.bbc-01", "ai_uses", {"/objects.prd_1.platforms": ["bbc"]}, "pass",
        (({"referral": False}, "block"), ({"referral": False, "news": False, "factual_research": True}, "block")),
        ({"news": GONE}, "review"), {"news": False},
    ),
    Case(
        "platform-bbc.bbc-02", "ai_uses", {"/objects.prd_1.platforms": ["bbc"]}, "pass", (({"overseen": False}, "block"), ({"overseen": GONE}, "block")),
        ({"generative": GONE}, "review"), {"generative": False},
    ),
    Case(
        "platform-ads.ads-01", "commercials", {}, "pass",
        (
            ({"ad_id": False}, "block"), ({"ad_id_in_time": False}, "block"), ({"ad_id_in_time": GONE, "ad_id_dated": False}, "block"), ({"ad_id_in_time": GONE}, "review"),
            ({"ad_id_in_time": GONE, "talent_engaged": False}, "review"), ({"ad_id_in_time": GONE, "talent_engaged": False, "nobody_engaged": True}, "pass"), ({"looked_at": []}, "block"), ({"looked_at": ["US-CA"]}, "block"), ({"undisclosed": True}, "block"), ({"/intent.territories": GONE}, "review"),
        ),
        ({"looked_at": GONE}, "block"), {"/act": "generate"},
    ),
    Case(
        "platform-ads.ads-02", "performances", {}, "pass", (({"flagged": False}, "block"), ({"flagged": False, "advertising": GONE, "/intent.marketing": True}, "block")),
        ({"human_generated": GONE}, "review"), {"human_generated": False},
    ),
    Case(
        "platform-music.mus-01", "recordings", {}, "pass", (({"unanswered": ["lyrics"]}, "review"), ({"contradicted": True}, "review")),
        ({"unanswered": GONE}, "review"), {"/act": "generate"},
    ),
    Case(
        "platform-steam.gam-01", "ai_uses", {"/objects.prd_1.platforms": ["steam"]}, "pass",
        (
            ({"player_facing": GONE}, "block"), ({"generation_time": GONE}, "block"), ({"guardrails": False}, "block"), ({"guardrails": False, "generation_time": "build"}, "pass"),
            ({"player_facing": False, "generation_time": GONE}, "pass"), ({"/objects.prd_1.platforms": ["valve", "corporation"], "guardrails": False}, "block"),
        ),
        ({"generative": GONE}, "review"), {"generative": False},
    ),
]  # fmt: skip
