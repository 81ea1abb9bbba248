"""The closed vocabulary of names: what a path may start with, what a result may be.

A path in a pack begins with the alias of its element, with one of the top-level names below, or with a
field of the element. The list is closed, so that a misspelled name is an error when the pack is loaded
and never a silent "unknown" when a release is waiting.
"""

from __future__ import annotations

from typing import Final

#: Top-level names of the facts document that hold one value.
VALUES: Final = frozenset(
    {
        "act", "ahead", "at", "intent", "planned", "production", "rates", "strikes", "subjects",
    }
)  # fmt: skip

#: Top-level collections, each with the alias its elements get in a rule (`each: replicas` binds `replica`).
COLLECTIONS: Final[dict[str, str]] = {
    "ai_plans": "plan",
    "ai_uses": "ai_use",
    "appearances": "appearance",
    "assets": "asset",
    "assignments": "assignment",
    "award_entries": "entry",
    "background_days": "day",
    "biometrics": "biometric",
    "borrowings": "borrowing",
    "commercial_periods": "commercial",
    "commercial_services": "service",
    "commercial_synthetics": "synthetic",
    "commercial_trainings": "training",
    "commercials": "commercial",
    "consents": "consent",
    "consultations": "consultation",
    "contradictions": "contradiction",
    "crafts": "craft",
    "creative_uses": "creative",
    "credentials": "credential",
    "credits": "credit",
    "crew_scans": "scan",
    "datasets": "dataset",
    "deliveries": "delivery",
    "directed_duties": "assignment",
    "engagements": "engagement",
    "exemptions": "claim",
    "exposures": "exposure",
    "foreign_versions": "version",
    "furnishings": "furnishing",
    "games": "game",
    "generations": "generation",
    "guild_licences": "grant",
    "guild_meetings": "meeting",
    "guild_reviews": "review",
    "impacts": "impact",
    "licence_terms": "terms",
    "licences": "licence",
    "meetings": "meeting",
    "model_chains": "chain",
    "models": "model",
    "named_prompts": "naming",
    "network_synthetics": "made",
    "obligations": "duty",
    "offered_models": "offered",
    "overrides": "override",
    "pact_work": "work",
    "performances": "performance",
    "platform_voices": "voice",
    "processings": "processing",
    "prompt_recordings": "recording",
    "prompts": "prompt",
    "recastings": "recasting",
    "recording_credits": "credit",
    "recording_sessions": "session",
    "recording_trainings": "training",
    "recording_uses": "use",
    "recording_voices": "voice",
    "recordings": "recording",
    "recreations": "recreation",
    "registrations": "registration",
    "regular_meetings": "meeting",
    "replicas": "replica",
    "replications": "replication",
    "reuses": "reuse",
    "rights_determinations": "determination",
    "scores": "score",
    "screenplays": "screenplay",
    "script_trainings": "training",
    "sessions": "session",
    "shipped_uses": "shipped",
    "sources": "source",
    "synthetic_voices": "voice",
    "synthetics": "synthetic",
    "taints": "taint",
    "tool_uses": "tool_use",
    "training_claims": "licensing",
    "training_licences": "grant",
    "training_programmes": "programme",
    "trainings": "training",
    "transfers": "transfer",
    "unnamed": "use",
    "unread_signals": "unread",
    "uses": "use",
    "voice_credits": "credit",
    "voice_origins": "origin",
    "web_sources": "web_source",
    "whole_titles": "whole",
    "writer_mandates": "mandate",
    "writer_papers": "paper",
    "writer_runs": "run",
    "writings": "writing",
}

#: Collections of what speaks against something: facts leave them out where the log holds none, and then there is none.
ADVERSE: Final = frozenset({"contradictions", "taints", "unread_signals"})

#: Results of a finding, worst first.
RESULTS: Final = ("block", "review", "obligation", "warn", "exempt", "pass", "not_applicable")

#: Position of a result in that order: smaller is worse.
RANK: Final[dict[str, int]] = {result: rank for rank, result in enumerate(RESULTS)}

#: What is about to be done (DESIGN 1).
ACTS: Final = frozenset({"capture", "generate", "train", "hand_over", "license_out", "transfer", "publish", "release", "exhibit"})

#: The events a rule may take its date from.
BASES: Final = frozenset(
    {
        "always", "commencement", "contract", "creation", "custody", "deal", "generation", "handover", "licence",
        "photography", "release", "request", "session", "transfer", "use",
    }
)  # fmt: skip

#: Who mends a finding.
OWNERS: Final = frozenset(
    {
        "business_affairs", "casting", "labour_relations", "legal", "marketing", "payroll", "post",
        "production", "rights", "security", "vfx",
    }
)  # fmt: skip

#: What can be owed.
DUTIES: Final = frozenset(
    {
        "bargain", "consult", "contribute", "credit", "delete", "disclose", "label", "meet", "notify", "pay", "report",
        "residuals",
    }
)  # fmt: skip


def worst(results: list[str]) -> str:
    """The worst of `results`; `not_applicable` for none."""
    return min(results, key=RANK.__getitem__, default="not_applicable")
