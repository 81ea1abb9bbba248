"""What an unknown fact is called where people can record it: the field of the wire format that would settle it.

Facts are derived, and their names are the rules' own; whoever is to fill a gap reads only the description of the API. A name is a path in
the record that is named beside it (of evidence in its `details`), over a reference if need be, or the kind of a record or the type of an
evidence that would be about it, and its field. An element of the facts that knows better says so in `because`, and is taken at its word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from service.rules.paths import Gap

#: Of records that stand in elements of many collections, by the kind that their id tells.
OF_KIND: Final[Mapping[str, Mapping[str, str]]] = {
    "app": {
        "alteration": "type", "badr": "replica.kind", "principal_role": "role_category", "counsel": "engagement.representation", "days": "estimated_days", "depicts_minor": "age_shift.depicts_minor",
        "notified_at": "notice.delivered_at", "recognition_settled": "votes", "background": "role_category", "deceased": "person.death_date", "deceased_now": "person.death_date", "digital": "type",
        "ebdr": "replica.kind", "icdr": "replica.kind", "game": "production.format", "in_time": "generated_at", "known_minor": "person.birth_date",
        "minor_at_capture": "person.birth_date", "no_scan": "replica.kind", "nobody_plays": "recognisable_people", "nobody_recognisable": "recognisable_people",
        "nobody_voices": "voiced_by", "recognised": "votes", "replicates": "replica", "separate": "consent.form", "starts_at": "generated_at",
        "other_project": "origin_production", "name_used": "generation.prompt_entities", "replaces_name": "generation.prompt_entities",
    },
    "ast": {"generated_at": "created_at", "tools": "ai_use.tool", "generations": "generation.outputs", "needs_lineage": "origin", "person_bearing": "people"},
    "con": {
        "capacity": "capacity", "covers_production": "scope.productions", "covers_features": "scope.features", "covers_role": "scope.roles",
        "conspicuous_attested": "conspicuousness", "described": "description_specific", "ends": "window", "generated_at": "appearance.generated_at", "same_product_line": "scope.product_lines", "for_language": "scope.languages",
        "for_purpose": "scope.purposes", "granted": "answer", "in_time": "signed_at", "live_at_use": "window", "live_now": "window",
        "minor_at_signing": "person.birth_date", "names_production": "scope.productions", "purposes": "scope.purposes", "specific": "description_specific",
        "languages": "scope.languages", "signed_before_death": "signed_at", "state_at_use": "window", "state_now": "window", "survives": "limits_after_death.survives",
        "writing": "form", "written": "form",
    },
    "gen": {
        "covered_staff": "operator_union", "crafts": "craft", "inputs_stated": "inputs", "jurisdiction": "employer", "outside": "employer",
        "prompt_recorded": "prompts", "tool_class": "tool.tool_class", "tool_owner": "tool.owner", "used_at": "generated_at", "synthetic": "appearance.recognisable_people",
        "recognised": "appearance.votes", "generative": "tool.tool_class", "features": "prompt_entities.facial_features", "name_used": "prompt_entities.name_used",
        "replaces_name": "prompt_entities.character_name_used", "recognisable_people": "appearance.recognisable_people",
        "feeds_automation": "assignment_terms.feeds_automation", "replica": "replicas",
    },
    "evd": {"uncovered": "territories", "meets_floor": "at_least_minimum", "script.created_at": "script_version.created_at", "before_work": "writer_deal.work_started_at"},
    "lic": {"granted": "training.granted", "live_now": "window", "live_at_training": "window", "output_granted": "output.granted", "on_end_weights": "on_end.weights", "on_end_here": "on_end"},
    "mdl": {"ran": "generation.models", "trains_on_inputs": "trains_on_inputs"},
    "prd": {"awards": "award_track", "calendar": "business_calendar", "human_authorship": "ai_use.human_authorship", "ai_use": "ai_use.kind", "platforms": "distributors"},
    "pty": {"deceased": "death_date", "minor": "birth_date", "training_consented": "consent.scope"},
    "src": {"trained_on": "dataset.parts", "own": "acquired_how"},
}  # fmt: skip

#: Of the elements of a collection, and of the papers in them.
OF_COLLECTION: Final[Mapping[str, Mapping[str, str]]] = {
    "ai_plans": {"planned": "generative_ai_planned", "begins": "photography_start", "notices": "notice.kind"},
    "ai_uses": {
        "arrived_as_ai": "content_marking.incoming", "assisted": "ai_use.kind", "before_use": "written_at", "can_say": "media_type",
        "custom_workflow": "ai_use.custom_workflow", "editorial_review": "attestation.kind", "element": "ai_use.element", "factual_research": "ai_use.factual_research",
        "fresh": "ai_use.stated_at", "generative": "ai_use.kind", "in_final": "ai_use.in_final", "in_force": "window", "kind": "ai_use.kind", "kinds": "ai_use.kind",
        "news": "production.genres", "open": "generation.prompts", "overseen": "ai_use.overseer", "proved": "digests", "real_event_risk": "ai_use.real_event_risk",
        "recreates": "ai_use.substantial_recreation", "refers": "ai_use.references", "replaces_covered_work": "ai_use.replaces_covered_work",
        "retention_days": "terms.retention_days", "secured": "ai_use.environment", "sensitive": "ai_use.inputs", "steps": "ai_use.workflow",
        "story_relevant": "ai_use.story_relevant", "talent": "ai_use.likeness_subjects", "single_sign_on": "ai_use.single_sign_on", "talent_consented": "consent.scope", "trained_on_others": "ai_use.trained_on_third_party",
        "trains": "terms.trains_on_inputs", "unlicensed": "ai_use.inputs",
    },
    "assignments": {"asked": "requires_generative_tool", "prompting": "prompting_required", "crafts": "crafts"},
    "award_entries": {
        "award": "award_entries.award", "computed_tier": "asset.ai", "declared_tier": "award_entries.declared_tier", "statement": "award_entries.statement",
        "generated": "ai_use.kind",
    },
    "biometrics": {
        "purpose_stated": "biometric_use.purpose", "related_to_picture": "biometric_use.related_to_picture", "set_security": "biometric_use.set_security",
    },
    "borrowings": {"own": "acquired_how"},
    "commercial_periods": {"ends": "maximum_use", "over": "maximum_use", "carries_people": "asset.people"},
    "commercial_services": {
        "commercials_made": "commercial.replica_commercials", "outside_first": "consent.scope", "in_original_period": "commercial.maximum_use",
        "same_advertiser": "scope.advertisers", "reaches_multiple": "amount",
    },
    "commercial_trainings": {"contains": "dataset.contains_commercials"},
    "commercials": {"ad_id_in_time": "ad_id_at", "nobody_engaged": "cast_list_complete_as_of", "talent_engaged": "talent_engaged_at", "looked_at": "asset.origin"},
    "consultations": {"alternatives": "alternatives_considered", "requested": "requested_at", "crafts": "guild"},
    "crafts": {"agreement_read": "attestation.kind", "craft": "engagement.category"},
    "contradictions": {"gap": "contradictions.code", "settled": "contradictions.settled"},
    "creative_uses": {
        "affects_creative": "generation.creative_elements", "before_use": "held_at", "consultations": "consultation.held_at", "generative": "generation.tool",
        "in_picture": "stage", "sign_offs": "attestation.kind", "with_director": "people",
    },
    "credentials": {
        "actions": "reading", "actions_complete": "reading", "ai_disclosure": "reading", "assertions": "reading", "failures": "reading", "hard_binding": "reading",
        "has_manifest": "credential.reading", "inception": "reading", "ingredients": "reading", "labelled": "label", "lineage": "lineage", "linked_hashes": "reading",
        "signal": "reading", "specification": "reading", "time_stamp": "reading", "trained": "reading", "validated": "reading", "state": "state", "signer": "signer",
    },
    "credits": {"because_of_ai": "because_of_tool_use", "craft": "craft", "crafts": "craft", "system_named": "system", "system_credited": "person"},
    "crew_scans": {"conditioned": "engagement.conditions", "crafts": "engagement.category"},
    "directed_duties": {"by_system": "person", "directing": "duty"},
    "exposures": {
        "placed_on_market_at": "system_role.placed_on_market_at", "ai_disclosure": "credential.reading", "could_pass": "authenticity_assessment.could_pass_as_authentic", "digital_human": "authenticity_assessment.digital_human",
        "episode": "production.format", "incoming_marks": "content_marking.incoming", "informs_public": "authenticity_assessment.informs_public",
        "operator": "system_role.roles", "provider": "system_role.roles", "relies": "relies_on_computer_generated_copyright", "synthetic": "origin",
        "synthetic_performer": "appearance.recognisable_people", "user_notice": "system_role.user_notice_given",
    },
    "foreign_versions": {"turned": "voice_source"},
    "furnishings": {"ahead": "at", "generated": "material.author_kind", "in_time": "at", "to_writer": "to"},
    "games": {"band": "budget_band", "foreign_script": "original_language"},
    "guild_licences": {"covers_directing": "crafts", "covers_writing": "crafts"},
    "guild_meetings": {"days_since_last": "meeting.held_at"},
    "guild_reviews": {"days_since_last": "meeting.held_at"},
    "impacts": {"attributed": "attributed_to_ai", "days_since_last": "meeting.held_at", "crafts": "craft", "unhelped": "people"},
    "licence_terms": {"attribution": "open_licence.attribution", "commercial": "production.commercial", "non_commercial": "open_licence.non_commercial"},
    "meetings": {"days_since_last": "meeting.held_at", "last_agenda": "agenda"},
    "model_chains": {"not_told": "base_models"},
    "named_prompts": {"named": "prompt_entities"},
    "network_synthetics": {
        "dates.commencement": "production_commenced", "nobody_plays": "recognisable_people", "name_used": "generation.prompt_entities",
        "replaces_name": "generation.prompt_entities",
    },
    "obligations": {"overdue": "due_at", "settled": "proof"},
    "offered_models": {
        "general_purpose": "system_role.general_purpose", "generative": "tool_class", "latent_disclosure_on": "system_role.latent_disclosure_on",
        "licensees_keep_disclosure": "system_role.licensees_keep_disclosure", "one_person": "people", "placed_on_market_at": "system_role.placed_on_market_at",
        "public": "public_facing", "users_over_million": "system_role.users_over_million", "detector_offered": "system_role.detector_offered",
        "visible_option_offered": "system_role.visible_option_offered", "copyright_policy": "training_documentation.copyright_policy",
    },
    "overrides": {"over": "outcome", "two_people": "approved_by"},
    "pact_work": {"british": "engagement.agreement"},
    "performances": {
        "before_use": "signed_at", "billed": "role_category", "human_generated": "role.human", "legal_review": "attestation.kind", "stands_in": "type",
        "synthetic": "recognisable_people",
    },
    "platform_voices": {"excluded": "consent.scope", "platform": "consent.platform"},
    "processings": {"use_ahead": "generated_at"},
    "prompt_recordings": {"ai_minutes": "cue.ai_minutes", "roster_known": "roster.musicians", "solo": "roster.solo"},
    "recastings": {"lost": "engagement.status"},
    "recording_credits": {"human": "person"},
    "recording_trainings": {"contains": "dataset.contains_recordings"},
    "recording_uses": {"engaged_as": "engagement.category", "voice": "modalities"},
    "recording_voices": {"nobody": "recognisable_people"},
    "recordings": {"unanswered": "music_areas"},
    "recreations": {"identifiable": "prompt_entities"},
    "registrations": {"contains_generated": "components", "disclosed": "generated_material_disclosed"},
    "regular_meetings": {"request_open": "meeting.requested_at"},
    "replications": {
        "deals": "bargaining.outcome", "for_advertising": "scope.purposes", "helped": "replica.performer_participated", "background": "role_category",
        "starts_at": "capture_session.starts_at",
    },
    "reuses": {"new_title": "origin_production"},
    "rights_determinations": {"considered": "generated_material_considered"},
    "scores": {"canadian": "production.countries", "covered": "covered", "humans": "musicians"},
    "screenplays": {"awards": "award_track", "generated": "asset.authorship", "statement": "award_entries.statement"},
    "script_trainings": {"covers_writing": "crafts", "unlicensed": "licences"},
    "sessions": {
        "recorded_at": "business_reason.recorded_at", "stated": "business_reason.text", "specific": "business_reason.generic",
        "starts_at": "starts_at",
    },
    "synthetic_voices": {"generated": "voice_source"},
    "taints": {"lifted": "event.ends"},
    "tool_uses": {"covers": "tools", "covered_staff": "operator_union", "crafts": "craft", "type": "craft", "tool_owner": "tool.owner"},
    "training_claims": {"british": "works"},
    "training_licences": {"covered": "agreements"},
    "trainings": {"people": "dataset.people"},
    "training_programmes": {"opened": "employment_programme.starts_at"},
    "unread_signals": {"signals": "opt_outs"},
    "uses": {
        "background_part": "role_category", "before_launch": "agreed_at", "before_use": "signed_at", "dead_within_40": "person.death_date",
        "dead_within_70": "person.death_date", "identifiable": "recognisable_people", "identity_checked": "identity_check.verified",
        "intimate": "content_flags", "legal_review": "attestation.kind", "legal_reviewed": "attestation.kind", "line_units": "lines", "live": "real_time",
        "may_be_montanan": "person.domicile", "meets_rate": "rate", "multiple": "share_of_rate", "pay_agreed": "consent.compensation",
        "stated_minimum": "at_least_minimum", "suspended_at_use": "generated_at", "visual": "modalities", "vocal": "modalities",
    },
    "voice_credits": {"human": "person"},
    "voice_origins": {"by_records": "voice_source", "voiced": "voice_source", "sounds_alike": "votes"},
    "web_sources": {"trained_on": "dataset.parts"},
    "whole_titles": {"reached": "delivery.items", "holds": "asset.productions"},
    "writer_mandates": {"compels": "requires_generative_tool", "to_writers": "crafts"},
    "writer_papers": {"listed": "assigned_materials", "reduction_asked": "assigned_materials", "unpublished_supplied": "assigned_materials"},
    "writer_runs": {"by_writer": "operator", "covers_tool": "tools", "in_time": "at", "from_company": "given_by"},
    "writings": {"ai_involved": "writing_material.author_kind", "literary": "literary_material", "system_credited": "credit.person"},
}  # fmt: skip

#: Where an element stands for a record that has no such paper yet, the type of the paper.
OF_PAPER: Final[Mapping[tuple[str, str], str]] = {
    ("credentials", "ast"): "credential",
    ("scores", "app"): "cue_sheet",
    ("scores", "ast"): "cue_sheet",
}

#: What an appearance leads to; anything else that a name begins with is another record about it.
_OF_APPEARANCE: Final = frozenset({"age_shift", "asset", "engagement", "generation", "person", "production", "replica", "role"})

_NONE: Final[Mapping[str, str]] = {}
#: Details are evidence's own; the prefix adds nothing that its record does not say.
_OWN: Final = "details."


def told(gaps: Iterable[Gap], collection: str | None) -> list[Gap]:
    """The gaps by the names of the wire format, each once, in order."""
    return sorted({_gap(record, name, collection or "") for record, name in gaps})


def _gap(record: str, name: str, collection: str) -> Gap:
    """A run, or an asset, with somebody in it stands for an appearance that nobody has recorded: what is missing is that appearance."""
    stands_for, _, person = record.partition("/")
    if person[:4] not in ("pty_", "rep_") or stands_for[:4] not in ("gen_", "ast_", "plan"):
        return record, _told(record, name, collection)
    found = _told("app", name, collection)
    other = "." in found and found.partition(".")[0] not in _OF_APPEARANCE
    return stands_for, found if other else f"appearance.{found}"


def _told(record: str, name: str, collection: str) -> str:
    kind = record[:3]
    found = OF_COLLECTION.get(collection, _NONE).get(name) or OF_KIND.get(kind, _NONE).get(name, name)
    paper = OF_PAPER.get((collection, kind))
    if paper and "." not in found:
        return f"{paper}.{found}"
    return found.removeprefix(_OWN) if kind == "evd" else found
