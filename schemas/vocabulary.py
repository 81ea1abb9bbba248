"""The closed lists that more than one kind uses. A word is never removed from a list, because old entries use it.

The lists follow the facts that the agreements, laws and platforms ask for; where one clause needs a finer word than
another, the finer one stands here and the rule groups them.
"""

from __future__ import annotations

from typing import Final

CONFIDENTIALITY: Final = ("public", "internal", "confidential", "restricted")
GRADES: Final = ("asserted", "imported", "provider_confirmed", "signed", "verified")

CRAFTS: Final = (
    "performer", "background", "stunt", "voice", "singer", "dancer", "writer", "director", "assistant_director", "crew",
    "editor", "musician", "composer", "animator", "storyboard_artist", "art_department", "visual_effects", "casting",
    "driver", "unit_production_manager", "associate_director", "stage_manager",
    "location", "electrician", "plasterer", "basic_crafts", "other",
)  # fmt: skip

CATEGORIES: Final = (
    "principal", "background", "stunt", "stunt_coordinator", "voice", "narrator", "dubbing", "singer", "dancer", "puppeteer",
    "motion_capture", "stand_in", "double", "writer", "director", "assistant_director", "unit_production_manager", "crew",
    "editor", "musician", "composer", "animator", "storyboard_artist", "visual_effects_artist", "prompt_artist",
    "royalty_artist", "session_singer", "other",
)  # fmt: skip

MEDIA: Final = (
    "theatrical", "streaming", "free_streaming", "television", "pay_television", "home_video", "download", "airline",
    "festival", "game", "live_service_game", "theme_park", "radio", "podcast", "audio_download", "sound_recording",
    "advertising_television", "advertising_online", "advertising_social", "advertising_radio", "advertising_out_of_home",
    "advertising_cinema", "trailer", "social", "web", "print", "merchandise", "stage", "corporate", "internal", "interactive",
)  # fmt: skip

MODALITIES: Final = (
    "voice", "singing_voice", "face", "body", "motion", "likeness", "name", "signature", "hands", "hair", "gesture", "text",
)  # fmt: skip

PURPOSES: Final = (
    "creation", "use", "alteration", "dub", "synthetic_feature", "training", "scan", "real_time", "advertising", "promotion",
    "tool_use", "biometrics", "test", "archive",
)  # fmt: skip

# The list of ordinary finishing work (TV/Theatrical 2023, Item 15, XX.B exceptions), then dubbing and doubling, then
# changes that need consent.
FINISHING: Final = (
    "appearance_fix", "costume_fix", "noise_cleaning", "retiming", "continuity_repair", "pitch_tuning", "tone_tuning",
    "clarity", "effects", "filter", "standards_edit", "rating_edit", "dialogue_adjustment", "narration_adjustment",
    "comparable_finishing",
)  # fmt: skip
DUBBING: Final = ("dub_lip_adjustment", "dub_face_adjustment", "dub_body_adjustment", "dub_voice_adjustment", "doubling")
SUBSTANTIVE: Final = (
    "new_dialogue", "changed_dialogue", "changed_conduct", "changed_meaning", "age_change", "face_replacement",
    "body_replacement", "voice_replacement", "expression_change", "performance_transfer", "nudity", "removal", "reuse_elsewhere",
    "other",
)  # fmt: skip
ALTERATIONS: Final = (*FINISHING, *DUBBING, *SUBSTANTIVE)

CONTENT_FLAGS: Final = (
    "nudity", "simulated_sex", "profanity", "violence", "gore", "drugs", "alcohol", "tobacco", "gambling", "weapons",
    "political", "religious", "medical", "hate", "slurs", "self_harm", "crime", "other_sensitive",
)  # fmt: skip

FACIAL_FEATURES: Final = ("eyes", "nose", "mouth", "ears")
FEATURES: Final = ("whole", "face", *FACIAL_FEATURES, "voice", "body", "movement", "name")

CAPACITIES: Final = (
    "self", "guardian", "authorised_representative", "estate", "heir", "union", "agent", "attorney", "loan_out_company",
    "company", "employer", "court",
)  # fmt: skip

CONSENT_FORMS: Final = (
    "separate_writing", "signed_rider", "digital_replica_rider", "initialed_clause", "separately_signed_clause",
    "standard_terms", "voucher", "collective_agreement", "click_through", "email", "recorded_statement", "verbal",
)  # fmt: skip

REPLICA_KINDS: Final = (
    "employment_based", "independently_created", "background", "vocal", "visual", "sound_recording_voice", "crew", "other",
)  # fmt: skip

TOOL_CLASSES: Final = ("generative", "assistive", "traditional", "processing", "analysis", "live")
ACTS: Final = ("capture", "generate", "train", "hand_over", "license_out", "transfer", "publish", "release", "exhibit")
STAGES: Final = ("ideation", "previs", "temp", "post", "final", "marketing", "localisation", "live_runtime")
OUTCOMES: Final = ("blocked", "review", "cleared_with_obligations", "cleared")
ENVIRONMENTS: Final = ("on_premises", "enterprise_tenant", "business_account", "personal_account", "public", "other")
PERMISSIONS: Final = (
    "mine", "train_other", "train_generative", "infer_input", "index_ai", "search", "replica_train", "replica_generate",
)  # fmt: skip
TRAINING_KINDS: Final = ("foundation", "fine_tune", "adapter", "retrieval", "evaluation", "classifier", "replica")

# Whose task it is to settle a finding: departments, beside the people who sign.
DEPARTMENTS: Final = (
    "business_affairs", "legal", "casting", "labour_relations", "production", "payroll", "security", "vfx", "rights", "post", "marketing",
)  # fmt: skip

# Who signs what a machine cannot decide (union-rules E).
SIGNING_ROLES: Final = (
    "performer", "guardian", "representative", "union", "producer", "business_affairs", "labour_relations", "production_counsel",
    "labour_counsel", "casting", "legal", "post_supervisor", "visual_effects_supervisor", "stunt_coordinator", "director",
    "writer", "security_lead", "music_supervisor", "payroll", "human_resources", "distributor", "rights_manager",
    "pipeline_supervisor", "reviewer", "other",
)  # fmt: skip

OWNERS: Final = tuple(dict.fromkeys((*DEPARTMENTS, *SIGNING_ROLES)))
