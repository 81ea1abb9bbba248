"""Laws by place and date: what they ask of what goes out, of people shown, of models let out, of sources and registrations."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.cases import AT, GONE, PERSON, PRODUCTION, Case

SHOWN: Final[dict[str, Any]] = {
    "id": "evd_o", "text": True, "kind": "visible_label", "perceived": True, "shown": True, "territories": ["*"], "uncovered": [], "conspicuous": True,
    "starts_at_seconds": "0", "seconds": "2.5", "height_percent": "6",
}  # fmt: skip
PLAN: Final[dict[str, Any]] = {
    "id": "evd_q", "placements": ["opening_card"], "before_first_exposure": True, "accessible": True, "territories": ["*"], "uncovered": [], "ends": "*",
}  # fmt: skip
MARK: Final[dict[str, Any]] = {
    "id": "evd_m", "layer": "watermark", "scheme": "aigc", "incoming": False, "found": True, "says_generated": True, "producer": True, "produced": True,
    "identified": True, "latent": True, "removable": False,
}  # fmt: skip
SIGNED: Final[dict[str, Any]] = {"id": "evd_s", "ai_disclosure": True, "readable": True, "lineage_clean": True, "says_generated": True}
PAPER: Final[dict[str, Any]] = {
    "id": "evd_t", "form": "ca_ab2013", "published": True, "topics_missing": [], "blocks_missing": [], "this_version": True, "synthetic_unnamed": [],
}  # fmt: skip
CREATION: Final[dict[str, Any]] = {"id": "con_1", "granted": True, "live_now": True, "for_purpose": True}

GOOD: Final[dict[str, dict[str, Any]]] = {
    "exposures": {
        "id": "ast_1", "record": "ast_1", "asset": {"$ref": "ast_1"}, "production": PRODUCTION, "type": "video", "synthetic": True, "moving": True, "sound": False,
        "standard_editing": False, "depicts_existing": True, "could_pass": True, "artistic": False, "artistic_settled": False, "informs_public": True, "digital_human": True,
        "episode": True, "disclosures": [SHOWN], "plans": [PLAN], "marks": [MARK], "incoming_marks": [{"id": "ast_0", "latent": True}], "credentials": [SIGNED],
        "attestations": [{"id": "evd_r", "kind": "editorial_review", "accepted": True, "live": True}], "provider": True, "bought": False, "operator": True,
        "placed_on_market_at": "2026-09-01", "user_notice": True, "advertisement": True, "synthetic_performer": True, "ad_exceptions": [],
        "bases": [{"id": "evd_b", "territories": ["GB"], "relies": False}], "generated_at": "2026-10-01", "dates": {"release": AT, "generation": "2026-10-01", "use": "2026-10-01"},
    },
    "offered_models": {
        "id": "mdl_1", "record": "mdl_1", "model": {"$ref": "mdl_1"}, "production": PRODUCTION, "generative": True, "ours": True, "public": True, "general_purpose": True,
        "provider": True, "users_over_million": True, "detector_offered": True, "visible_option_offered": True, "latent_disclosure_on": True, "licensees_keep_disclosure": True, "hosting_site": True,
        "placed_on_market_at": "2026-03-01", "documents": [PAPER], "uncovered_datasets": [], "copyright_policy": True, "person": PERSON, "one_person": True,
        "creation_consents": [CREATION], "inquiries": [{"id": "evd_i", "days": 30}], "dates": {"release": AT},
    },
    "web_sources": {
        "id": "src_1", "record": "src_1", "production": PRODUCTION, "trained_on": True, "licensed": False, "looked": True, "reserved": [], "unread": [], "late": False, "kept": True,
        "dates": {"release": AT},
    },
    "registrations": {
        "id": "evd_g", "record": "evd_g", "production": PRODUCTION, "office": "us_copyright_office", "open": True, "filed": True, "contains_generated": True, "disclosed": True,
        "excluded": True, "parts_stated": True, "claimed_generated": [], "undecided": [], "material": True, "dates": {"release": AT},
    },
}  # fmt: skip

MORE: Final[dict[str, dict[str, Any]]] = {
    "uses": {
        "dead_within_70": True, "dead_within_50": True, "dead_within_40": True, "dead_within_20": True, "may_be_montanan": True, "died_under_ny_law": True, "lived_in_new_york": True, "may_be_new_yorker": True, "intimate": False,
        "intimate_stated": False, "legal_reviewed": True,
    },
}  # fmt: skip

EUROPE: Final[dict[str, Any]] = {"/intent.territories": ["FR"]}
CHINA: Final[dict[str, Any]] = {"/intent.territories": ["CN"]}
INDIA: Final[dict[str, Any]] = {"/intent.territories": ["IN"]}
KOREA: Final[dict[str, Any]] = {"/intent.territories": ["KR"]}
DEAD: Final[dict[str, Any]] = {"deceased_now": True, "deceased": True}
NUDE: Final[dict[str, Any]] = {"intimate": True, "intimate_stated": True}
DANISH: Final[dict[str, Any]] = {"/intent.territories": ["DK"]}
BRITISH: Final[dict[str, Any]] = {"/intent.territories": ["GB"]}
ART: Final[dict[str, Any]] = {**EUROPE, "artistic": True, "artistic_settled": True}
BARE: Final[dict[str, Any]] = {"disclosures": [], "plans": []}


def away(place: str) -> tuple[dict[str, Any], str]:
    """The intent goes elsewhere."""
    return {"/intent.territories": [place]}, "not_applicable"


def before(day: str, basis: str = "release") -> tuple[dict[str, Any], str]:
    """The date that the rule counts from lies before the law."""
    return {f"dates.{basis}": day}, "not_applicable"


OLD: Final = {"id": "con_9", "granted": True, "live_at_use": False, "live_now": True, "capacity": "estate", "mismatch": [], "unstated": []}
REFUSED: Final = {"id": "con_8", "granted": False, "mismatch": [], "unstated": []}
LONE: Final = {"counsel": False, "covering_agreement": False}
SATIRE: Final = {"id": "evd_c", "type": "first_amendment", "category": "satire", "state": "approved", "covers_intent": True}

CASES: Final[list[Case]] = [
    Case("law-ca927-ny5302.replica-clause", "uses", {}, "pass", (before("2024-12-31", "use"), ({"consents.0.may_replace_work": False}, "not_applicable"), ({**LONE, "consents.0.specific": False, "dates.use": "2025-01-01"}, "block"), ({**LONE, "consents.0.specific": False, "consents.0.consistent": True}, "pass"), away("FR")), ({"consents.0.capacity": GONE}, "review"), {"deceased": True}),
    Case(
        "law-us.il-hb4762.replica-clause", "uses", {}, "pass",
        (({**LONE, "consents.0.specific": False}, "block"), ({"consents.0.specific": False}, "warn"), (LONE, "pass"), ({**LONE, "consents.0.specific": False, "dates.use": "2024-08-08"}, "not_applicable"), away("US-CA")),
        ({"replicates": GONE}, "review"), {"consents": []},
    ),
    Case(
        "law-us.ca-ab1836.deceased", "uses", DEAD, "pass",
        (
            ({"consents": []}, "block"), ({"consents.0.survives": False}, "review"), ({"consents.0.survives": GONE}, "review"), ({"consents": [OLD]}, "review"), ({"consents.0.mismatch": ["productions"]}, "block"), ({"consents": [REFUSED]}, "block"),
            ({"consents": [], "exemptions": [SATIRE]}, "exempt"), ({"consents": [], "exemptions": [{**SATIRE, "state": "claimed"}]}, "review"), before("2024-12-31"), away("US-NY"), ({"/act": "generate"}, "not_applicable"),
            ({"dead_within_70": False}, "not_applicable"),
        ),
        ({"dead_within_70": GONE}, "review"), {"deceased_now": False},
    ),
    Case(
        "law-us.ny-50f.deceased", "uses", DEAD, "pass",
        (
            ({"consents": []}, "block"), ({"consents": [], "lived_in_new_york": False}, "review"), ({"consents": [OLD]}, "review"), ({"consents": [], "exemptions": [SATIRE]}, "exempt"), before("2025-12-10"),
            away("US-CA"), ({"may_be_new_yorker": False}, "not_applicable"), ({"died_under_ny_law": False}, "not_applicable"),
        ),
        ({"dead_within_40": GONE}, "review"), {"deceased_now": False},
    ),
    Case(
        "law-us.tn-elvis.voice-likeness", "uses", {}, "pass",
        (
            ({"consents": []}, "review"), ({"consents": [], "/intent.marketing": True}, "block"), ({"consents": [REFUSED]}, "block"), ({"consents.0.live_at_use": False}, "review"), ({"consents.0.mismatch": ["purposes"]}, "review"), ({"consents": [], "exemptions": [SATIRE]}, "exempt"),
            before("2024-06-30"), away("US-CA"), ({"/intent.territories": ["US-TN"], "consents": []}, "review"),
        ),
        ({"consents.0.live_at_use": GONE}, "review"), {"replicates": False},
    ),
    Case(
        "law-us.il-hb4875.replica", "uses", {}, "pass",
        (({"consents": []}, "review"), ({"consents": [], "/intent.marketing": True}, "block"), ({"consents": [REFUSED]}, "block"), ({"consents": [], "exemptions": [SATIRE]}, "exempt"), before("2024-12-31"), away("US-TN")),
        ({"replicates": GONE}, "review"), {"consent_needed": False},
    ),
    Case(
        "law-us.ar-hb1071.likeness", "uses", {}, "pass",
        (
            ({"consents": []}, "review"), ({"consents": [], "/intent.marketing": True}, "block"), ({"consents": [REFUSED]}, "block"), ({"consents": [], "exemptions": [SATIRE]}, "exempt"), before("2025-02-24"), away("US-TN"),
            ({"consents": [], **DEAD, "dead_within_50": False}, "not_applicable"), ({"consents": [], **DEAD}, "review"),
        ),
        ({"replicates": GONE}, "review"), {"consent_needed": False},
    ),
    Case(
        "law-us.mt-hb513.depiction", "uses", {}, "pass",
        (
            ({"consents": []}, "review"), ({"consents": [], "/intent.marketing": True}, "block"), ({"consents": [REFUSED]}, "block"), ({"consents": [], "exemptions": [SATIRE]}, "exempt"), before("2025-12-31"), away("US-TN"),
            ({"consents": [], **DEAD, "dead_within_20": False}, "not_applicable"), ({"consents": [], "may_be_montanan": False}, "not_applicable"),
        ),
        ({"may_be_montanan": GONE}, "review"), {"replicates": False},
    ),
    Case("law-us.mt-hb513.tool", "offered_models", {}, "pass", (({"creation_consents": []}, "block"), ({"creation_consents.0.live_now": False}, "block"), before("2025-12-31"), away("US-TN")), ({"one_person": GONE}, "review"), {"one_person": False}),
    Case("law-us.tn-elvis.tool", "offered_models", {}, "pass", (({"creation_consents": []}, "block"), ({"creation_consents.0.live_now": False}, "block"), ({"creation_consents.0.for_purpose": False}, "block"), away("US-CA")), ({"one_person": GONE}, "review"), {"one_person": False}),
    Case(
        "law-ny396b.synthetic-ad-disclosure", "exposures", {}, "pass",
        (
            ({"disclosures": []}, "block"), ({"disclosures.0.conspicuous": GONE}, "block"), ({"disclosures.0.conspicuous": False}, "block"), ({"disclosures.0.perceived": False}, "block"), ({"disclosures.0.shown": False}, "block"),
            ({"disclosures.0.territories": ["FR"]}, "block"), ({"disclosures.0.territories": ["US-NY"]}, "pass"), ({"disclosures": [], "ad_exceptions": [{"id": "evd_x", "ground": "expressive_work"}]}, "exempt"),
            ({"disclosures": [], "sound": True}, "not_applicable"), ({**BARE, "/intent.territories": ["US-NY"]}, "block"), before("2026-06-08"), away("US-CA"), ({"advertisement": False}, "not_applicable"), ({"synthetic": False}, "not_applicable"),
        ),
        ({"synthetic_performer": GONE}, "review"), {"synthetic_performer": False},
    ),
    Case(
        "law-us.ca-ab2013.training-documentation", "offered_models", {}, "pass",
        (({"documents": []}, "block"), ({"documents.0.published": False}, "block"), ({"documents.0.topics_missing": ["purpose"]}, "block"), ({"documents.0.this_version": False}, "review"), before("2025-12-31"), away("US-NY"), ({"public": False}, "not_applicable")),
        ({"public": GONE}, "review"), {"ours": False},
    ),
    Case(
        "law-us.ca-sb942.provider", "offered_models", {}, "pass",
        (({"detector_offered": False}, "block"), ({"visible_option_offered": False}, "block"), ({"latent_disclosure_on": GONE}, "block"), before("2026-08-01"), away("US-NY")),
        ({"users_over_million": GONE}, "review"), {"users_over_million": False},
    ),
    Case("law-us.ca-sb942.licensees", "offered_models", {"/act": "license_out"}, "pass", (({"licensees_keep_disclosure": False}, "block"), ({"licensees_keep_disclosure": GONE}, "block"), ({"/act": "release", "licensees_keep_disclosure": False}, "not_applicable"), before("2026-08-01"), away("US-NY")), ({"users_over_million": GONE}, "review"), {"users_over_million": False}),
    Case("law-us.ca-ab853.hosting", "offered_models", {"dates.release": "2027-01-01"}, "pass", (({"latent_disclosure_on": False}, "block"), ({"latent_disclosure_on": GONE}, "block"), before("2026-12-31"), away("US-NY")), ({"generative": GONE}, "review"), {"hosting_site": False}),
    Case("law-us.ca-sb942.latent-read", "exposures", {"bought": True}, "pass", (({"incoming_marks": []}, "warn"), ({"incoming_marks.0.latent": False}, "warn"), before("2026-08-01", "generation"), away("US-NY")), ({"synthetic": GONE}, "review"), {"bought": False}),
    Case(
        "law-us.ca-sb942.latent-kept", "exposures", {}, "pass",
        (({"credentials": [], "marks": []}, "warn"), ({"credentials.0.lineage_clean": False, "marks": []}, "warn"), ({"credentials": []}, "pass"), before("2026-08-01"), away("US-NY"), ({"incoming_marks.0.latent": False}, "not_applicable")),
        ({"credentials": GONE, "marks": []}, "warn"), {"incoming_marks": []},
    ),
    Case(
        "law-us.take-it-down.intimate-forgery", "uses", NUDE, "pass",
        (({"consents": []}, "block"), ({"consents.0.mismatch": ["sensitive_content"]}, "block"), ({"consents.0.unstated": ["sensitive_content"]}, "block"), ({"known_minor": True}, "block"), ({"consents.0.live_now": False}, "block"), before("2025-05-18"), away("FR")),
        ({"consents.0.live_at_use": GONE}, "block"), {"intimate_stated": False},
    ),
    Case(
        "law-us.copyright.registration-disclosure", "registrations", {}, "pass",
        (({"parts_stated": False}, "review"), ({"undecided": ["ast_1"]}, "review"), ({"disclosed": False}, "review"), ({"disclosed": GONE}, "review"), ({"excluded": False}, "review"), ({"claimed_generated": ["ast_1"]}, "review"), ({"office": "other"}, "not_applicable"), away("FR")),
        ({"contains_generated": GONE}, "review"), {"contains_generated": False},
    ),
    Case(
        "law-eu.ai-act-50-2.marking", "exposures", EUROPE, "pass",
        (
            ({"credentials": [], "marks": []}, "block"), ({"credentials": []}, "block"), ({"marks": []}, "block"), ({"marks.0.layer": "logging"}, "block"), ({"credentials.0.ai_disclosure": False}, "warn"), ({"credentials.0.ai_disclosure": GONE}, "warn"), ({"credentials.0.readable": False}, "block"), ({"credentials.0.says_generated": False}, "block"),
            ({"marks.0.found": False}, "block"), ({"marks": [], "placed_on_market_at": "2026-07-01"}, "not_applicable"), ({"marks": [], "placed_on_market_at": "2026-07-01", "/at": "2026-12-01T23:59:59Z"}, "not_applicable"), ({"marks": [], "placed_on_market_at": "2026-07-01", "/at": "2026-12-02T00:00:00Z"}, "review"), ({"marks": [], "placed_on_market_at": "2026-07-01", "/at": "2026-12-02T12:00:00Z", "generated_at": "2026-12-02"}, "block"),
            ({"marks": [], "placed_on_market_at": GONE}, "review"), ({"marks": [], "generated_at": "2026-08-01"}, "review"), before("2026-08-01"),
            ({"marks": [], "standard_editing": True}, "not_applicable"), ({"marks": [], "provider": False}, "not_applicable"), away("US"), ({"/intent.territories": ["DE", "US"], "marks": []}, "block"), ({"/intent.territories": ["EU"], "marks": []}, "block"),
        ),
        ({"provider": GONE}, "review"), {"synthetic": False},
    ),
    Case(
        "law-eu.ai-act-50-2.bought-marking", "exposures", {**EUROPE, "bought": True}, "pass",
        (({"credentials": [], "marks": []}, "warn"), ({"credentials": [], "marks.0.layer": "metadata"}, "warn"), ({"marks": []}, "warn"), before("2026-08-01", "generation"), away("US"), ({"marks": [], "standard_editing": True}, "not_applicable")),
        ({"synthetic": GONE}, "review"), {"bought": False},
    ),
    Case(
        "law-eu.ai-act-50-2.mark-kept", "exposures", EUROPE, "pass",
        (({"credentials": [], "marks": []}, "review"), ({"credentials.0.lineage_clean": False, "marks": []}, "review"), ({"credentials": []}, "pass"), before("2026-08-01"), away("US")),
        ({"incoming_marks": GONE}, "review"), {"incoming_marks": []},
    ),
    Case(
        "law-eu.ai-act-50-4.deepfake", "exposures", EUROPE, "pass",
        (
            (BARE, "block"), ({**BARE, "artistic": True}, "block"), ({**BARE, **ART}, "not_applicable"), ({"disclosures": [], "plans.0.before_first_exposure": False}, "block"), ({"disclosures": [], "plans.0.uncovered": ["FR"]}, "block"),
            ({"plans": [], "disclosures.0.uncovered": ["US"]}, "pass"), ({"plans": [], "disclosures.0.perceived": False}, "block"), ({"plans.0.accessible": GONE, "disclosures": []}, "review"), ({"plans": [], "disclosures.0.conspicuous": GONE}, "review"),
            before("2026-08-01"), away("GB"), ({**BARE, "standard_editing": True}, "not_applicable"), ({**BARE, "depicts_existing": False}, "not_applicable"), ({**BARE, "type": "text"}, "not_applicable"), ({**BARE, "/intent.territories": ["US", "EU"]}, "block"),
        ),
        ({"could_pass": GONE}, "review"), {"could_pass": False},
    ),
    Case(
        "law-eu.ai-act-50-4.artistic", "exposures", ART, "pass",
        (({"artistic_settled": False}, "review"), (BARE, "review"), ({"plans": [], "disclosures.0.kind": "metadata"}, "review"), ({"disclosures": []}, "pass"), ({"plans": [], "disclosures.0.kind": "store_page"}, "pass"), before("2026-08-01"), away("US")),
        ({"could_pass": GONE}, "review"), {"artistic": False},
    ),
    Case(
        "law-eu.ai-act-50-4.text", "exposures", {**EUROPE, "type": "text"}, "pass",
        (({**BARE, "attestations": []}, "review"), ({"attestations": []}, "pass"), (BARE, "pass"), ({**BARE, "attestations.0.live": False}, "review"), before("2026-08-01"), away("US")),
        ({"informs_public": GONE}, "review"), {"informs_public": False},
    ),
    Case(
        "law-eu.ai-act-5.intimate-imagery", "uses", {**EUROPE, **NUDE, "/at": "2026-12-10T12:00:00Z"}, "pass",
        (({"consents": []}, "block"), ({"consents.0.mismatch": ["sensitive_content"]}, "block"), ({"legal_reviewed": GONE}, "block"), ({"legal_reviewed": False}, "block"), ({"known_minor": True}, "block"), ({"consents": [], "/at": "2026-12-01T23:59:59Z"}, "not_applicable"), ({"consents": [], "/at": "2026-12-02T00:00:00Z"}, "block"), ({"consents": [], "/intent.territories": GONE}, "review"), away("US")),
        ({"intimate": GONE}, "review"), {"intimate": False},
    ),
    Case(
        "law-eu.ai-act-53-1-c.copyright-policy", "offered_models", EUROPE, "pass",
        (({"copyright_policy": False}, "block"), ({"copyright_policy": GONE, "placed_on_market_at": "2025-06-01"}, "not_applicable"), before("2025-08-01"), away("US")),
        ({"general_purpose": GONE}, "review"), {"general_purpose": False},
    ),
    Case(
        "law-eu.ai-act-53-1-d.training-summary", "offered_models", {**EUROPE, "documents.0.form": "eu_summary"}, "pass",
        (
            ({"documents": []}, "block"), ({"documents.0.form": "ca_ab2013"}, "block"), ({"documents.0.blocks_missing": ["processing_aspects"]}, "review"), ({"uncovered_datasets": ["dst_1"]}, "review"), ({"documents.0.synthetic_unnamed": ["dst_1"]}, "review"),
            ({"documents.0.this_version": False}, "review"), ({"placed_on_market_at": "2025-06-01"}, "not_applicable"), ({"placed_on_market_at": "2025-06-01", "documents": [], "/at": "2027-08-03T12:00:00Z"}, "block"), before("2025-08-01"), away("US"),
        ),
        ({"placed_on_market_at": GONE}, "review"), {"ours": False},
    ),
    Case(
        "law-eu.dsm-4.reservation-observed", "web_sources", EUROPE, "pass",
        (({"looked": False}, "block"), ({"reserved": ["robots at https://example.org"]}, "block"), ({"late": True}, "review"), ({"unread": ["robots at https://example.org"]}, "review"), ({"kept": False}, "warn"), ({"looked": False, "licensed": True}, "not_applicable"), before("2021-06-06"), away("US")),
        ({"trained_on": GONE}, "review"), {"trained_on": False},
    ),
    Case(
        "law-cn.labelling.visible", "exposures", CHINA, "pass",
        (
            ({"disclosures": []}, "block"), ({"disclosures.0.perceived": False}, "block"), ({"disclosures.0.height_percent": "4.9"}, "block"), ({"disclosures.0.height_percent": GONE}, "block"), ({"disclosures.0.seconds": "1.9"}, "block"),
            ({"disclosures.0.starts_at_seconds": "3"}, "block"), ({"disclosures.0.territories": ["US"]}, "block"), ({"moving": False, "type": "image", "disclosures.0.seconds": GONE}, "pass"),
            ({"sound": True, "moving": False, "type": "audio"}, "block"), ({"sound": True, "moving": False, "type": "audio", "disclosures.0.kind": "audible_label", "disclosures.0.height_percent": GONE}, "pass"), before("2025-08-31"), away("US"),
        ),
        ({"synthetic": GONE}, "review"), {"synthetic": False},
    ),
    Case(
        "law-cn.labelling.metadata", "exposures", CHINA, "pass",
        (({"marks": []}, "block"), ({"marks.0.found": False}, "block"), ({"marks.0.scheme": "c2pa"}, "block"), ({"marks.0.producer": False}, "block"), ({"marks.0.produced": False}, "block"), ({"marks.0.says_generated": False}, "block"), before("2025-08-31"), away("US")),
        ({"synthetic": GONE}, "review"), {"synthetic": False},
    ),
    Case(
        "law-in.synthetic.label", "exposures", INDIA, "pass",
        (({"disclosures": []}, "review"), ({"disclosures.0.conspicuous": GONE}, "review"), ({"marks": [], "credentials": []}, "review"), ({"marks.0.removable": True, "credentials": []}, "review"), ({"marks": []}, "pass"), before("2026-02-19"), away("US"), ({"standard_editing": True}, "not_applicable")),
        ({"could_pass": GONE}, "review"), {"could_pass": False},
    ),
    Case(
        "law-kr.basic-act-31.label", "exposures", KOREA, "pass",
        (
            ({"disclosures": [], "marks": [], "credentials": []}, "review"), ({"disclosures": [], "marks": [], "credentials": [], "/at": "2027-03-01T12:00:00Z"}, "block"), ({"user_notice": GONE}, "review"), ({"disclosures": []}, "review"),
            ({"disclosures": [], "artistic": True}, "pass"), ({"disclosures": [], "could_pass": False}, "pass"), before("2026-01-21"), away("US"),
        ),
        ({"operator": GONE}, "review"), {"operator": False},
    ),
    Case(
        "law-us-proposed.no-fakes.licence", "uses", {"consents.0.written": True}, "pass",
        (({"consents.0.described": False}, "warn"), ({"consents.0.written": False}, "warn"), ({"consents.0.written": GONE}, "warn"), ({"consents": []}, "warn"), ({"consents.0.ends": "2040-01-01"}, "warn"), ({"consents.0.ends": "*"}, "warn"), ({"consents.0.ends": "2040-01-01", "deceased_now": True}, "pass"), ({"minor_at_capture": True}, "warn"), ({"minor_at_capture": True, "consents.0.capacity": "guardian"}, "pass"), ({"minor_at_capture": True, "consents.0.capacity": "guardian", "consents.0.ends": "2031-09-01"}, "warn"), away("FR")), ({"replicates": GONE}, "warn"), {"replicates": False},
    ),
    Case("law-us-proposed.ca-ab412.inquiry", "offered_models", {}, "pass", (({"inquiries": []}, "warn"), ({"inquiries.0.days": 31}, "warn"), away("US-NY")), ({"public": GONE}, "warn"), {"public": False}),
    Case(
        "law-dk-proposed.imitation", "uses", DANISH, "pass",
        (({"consents": []}, "warn"), ({"consents": [], "exemptions": [SATIRE]}, "warn"), ({"consents": [], "deceased_now": True, "dead_within_50": False}, "not_applicable"), ({"consents": [], "/intent.territories": ["EU"]}, "warn"), away("SE")),
        ({"replicates": GONE}, "warn"), {"replicates": False},
    ),
    Case("law-cn-proposed.persona", "exposures", CHINA, "pass", (({"disclosures": []}, "warn"), ({"disclosures.0.kind": "audible_label"}, "warn"), away("US")), ({"digital_human": GONE}, "warn"), {"digital_human": False}),
    Case("law-cn-proposed.cloning", "uses", CHINA, "pass", (({"consents": []}, "warn"), ({"consents.0.live_at_use": False}, "warn"), ({"consents.0.live_now": False}, "warn"), away("US")), ({"replicates": GONE}, "warn"), {"replicates": False}),
    Case("law-cn-proposed.drama", "exposures", CHINA, "pass", (({"disclosures": []}, "warn"), ({"disclosures.0.perceived": False}, "warn"), away("US")), ({"episode": GONE}, "warn"), {"episode": False}),
    Case("law-gb-proposed.clearance-basis", "exposures", BRITISH, "pass", (({"bases": []}, "warn"), ({"bases.0.relies": True}, "warn"), ({"bases.0.relies": GONE}, "warn"), away("US")), ({"synthetic": GONE}, "warn"), {"synthetic": False}),
]  # fmt: skip
