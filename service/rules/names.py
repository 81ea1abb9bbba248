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
        "act", "ahead", "at", "intent", "known_at", "planned", "production", "rates", "strikes", "subjects",
    }
)  # fmt: skip

#: Top-level collections, each with the alias its elements get in a rule (`each: replicas` binds `replica`).
COLLECTIONS: Final[dict[str, str]] = {
    "appearances": "appearance",
    "assets": "asset",
    "background_days": "day",
    "biometrics": "biometric",
    "consents": "consent",
    "crafts": "craft",
    "datasets": "dataset",
    "deliveries": "delivery",
    "engagements": "engagement",
    "exemptions": "claim",
    "generations": "generation",
    "licences": "licence",
    "meetings": "meeting",
    "models": "model",
    "prompts": "prompt",
    "replicas": "replica",
    "sessions": "session",
    "sources": "source",
    "synthetics": "synthetic",
    "training_licences": "grant",
    "trainings": "training",
    "transfers": "transfer",
    "uses": "use",
}

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
        "consult", "contribute", "credit", "delete", "disclose", "label", "meet", "notify", "pay", "report",
        "residuals",
    }
)  # fmt: skip


def worst(results: list[str]) -> str:
    """The worst of `results`; `not_applicable` for none."""
    return min(results, key=RANK.__getitem__, default="not_applicable")
