"""The crosswalk: which words of which standard speak of which of our permissions. Published with the API, and what the readers read by.

It loses something in every row: one bit of a protocol stands for three uses of ours, one word of ours is narrower than theirs, and most
standards say nothing of most uses. `fit` says how: `same`, `wider` (their word covers more than this use), `narrower`, `one_bit` (one
answer for several uses at once), `draft` (the standard may still change the word).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.ingest.reservations.observation import USES

VERSION: Final = "2026-11-21"
TRAINING: Final = ("mine", "train_other", "train_generative")


@dataclass(frozen=True, slots=True)
class System:
    """One standard that states permissions: the version that is read, where it stands, and what is lost on the way to ours."""

    name: str
    title: str
    version: str
    carriers: tuple[str, ...]
    loses: str
    read: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a standard, the permissions of ours that it speaks of, and how well it fits each."""

    system: str
    word: str
    permissions: tuple[str, ...]
    fit: str = "same"
    note: str | None = None


SYSTEMS: Final = (
    System("robots", "Robots Exclusion Protocol", "RFC 9309", ("robots_txt",), "It says who may fetch, not what for: what a program is known to fetch for stands for the use, and being let in is no permission."),
    System("content_signals", "Content Signals in robots.txt", "draft-romm-aipref-contentsignals-00", ("robots_txt",), "Three words; nothing on mining or on which kind of training."),
    System("aipref", "IETF AI Preferences (Content-Usage)", "draft-ietf-aipref-vocab-07", ("http_header", "robots_txt"), "Two categories, not yet agreed upon; a preference, which a contract overrides."),
    System("tdmrep", "TDM Reservation Protocol", "TDMRep 1.0 (2024-05-10)", ("well_known", "http_header", "html_meta", "xmp"), "One bit for all mining, in which training is contained; silent on use as input, on indexing and on search."),
    System("rsl", "Really Simple Licensing", "RSL 1.0", ("rsl_xml", "html_script"), "Does not tell generative from other training; terms of payment become words."),
    System("cawg", "CAWG training and data mining", "1.1", ("c2pa_manifest",), "Four uses that fit ours; indexing and search cannot be said; keys of one's own are kept as words."),
    System("c2pa", "C2PA training and data mining (superseded by CAWG)", "1.x", ("c2pa_manifest",), "As CAWG, under its earlier labels."),
    System("iptc_plus", "PLUS Data Mining in IPTC metadata", "PLUS-LDF 1.2", ("xmp",), "One value for everything; a permission that points to constraints elsewhere has no words of its own."),
    System("odrl_ai", "ODRL AI vocabulary", "W3C Community Group draft", ("licence",), "Actions only; the conditions are in the policy around them.", read=False),
    System("rsl_media", "RSL Media Human Consent Standard", "1.0 draft", ("registry",), "About a person or character, not about a work; not for production yet.", read=False),
)  # fmt: skip

WORDS: Final = (
    Word("robots", "*", USES, "wider", "every program is kept out, whatever it would do"),
    Word("content_signals", "ai-train", ("train_other", "train_generative"), "one_bit"),
    Word("content_signals", "ai-input", ("infer_input",), "draft"),
    Word("content_signals", "search", ("search",), "draft"),
    Word("aipref", "train-ai", ("train_generative",), "draft"),
    Word("aipref", "train-genai", ("train_generative",), "draft", "of earlier drafts"),
    Word("aipref", "search", ("search",), "draft"),
    Word("tdmrep", "tdm-reservation", TRAINING, "one_bit"),
    Word("rsl", "all", USES, "wider"),
    Word("rsl", "ai-all", ("train_other", "train_generative", "infer_input", "index_ai"), "one_bit"),
    Word("rsl", "ai-train", ("train_other", "train_generative"), "wider"),
    Word("rsl", "ai-input", ("infer_input",)),
    Word("rsl", "ai-index", ("index_ai",)),
    Word("rsl", "search", ("search",)),
    Word("rsl", "train-ai", ("train_other", "train_generative"), "wider", "of the drafts before 1.0"),
    Word("rsl", "train-genai", ("train_generative",), "same", "of the drafts before 1.0"),
    Word("rsl", "ai-use", ("infer_input",), "wider", "of the drafts before 1.0"),
    Word("rsl", "ai-summarize", ("infer_input",), "narrower", "of the drafts before 1.0"),
    *(Word("cawg", f"cawg.{word}", (use,)) for word, use in (
        ("data_mining", "mine"), ("ai_training", "train_other"), ("ai_generative_training", "train_generative"), ("ai_inference", "infer_input"),
    )),
    *(Word("c2pa", f"c2pa.{word}", (use,)) for word, use in (
        ("data_mining", "mine"), ("ai_training", "train_other"), ("ai_generative_training", "train_generative"), ("ai_inference", "infer_input"),
    )),
    Word("iptc_plus", "DMI-ALLOWED", TRAINING, "one_bit"),
    Word("iptc_plus", "DMI-PROHIBITED-AIMLTRAINING", ("train_other", "train_generative"), "one_bit"),
    Word("iptc_plus", "DMI-PROHIBITED-GENAIMLTRAINING", ("train_generative",)),
    Word("iptc_plus", "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", TRAINING, "one_bit", "search is allowed"),
    Word("iptc_plus", "DMI-PROHIBITED", (*TRAINING, "search"), "one_bit"),
    Word("iptc_plus", "DMI-PROHIBITED-SEECONSTRAINT", TRAINING, "one_bit", "under terms that stand elsewhere"),
    Word("odrl_ai", "data-mining", ("mine",), "draft"),
    Word("odrl_ai", "ai-training", ("train_other",), "draft"),
    Word("odrl_ai", "gen-ai", ("train_generative",), "draft"),
    Word("odrl_ai", "ai-augment", ("infer_input",), "draft"),
    Word("odrl_ai", "index", ("index_ai",), "draft"),
    Word("odrl_ai", "search", ("search",), "draft"),
    Word("rsl_media", "media:ai-train", ("replica_train",), "draft", "of a person"),
    Word("rsl_media", "media:ai-generate", ("replica_generate",), "draft", "of a person"),
)  # fmt: skip

MERGING: Final = (
    "An explicit licence counts before every signal.",
    "An explicit prohibition counts before every permission.",
    "Constrained without the terms at hand counts as prohibited.",
    "An explicit permission counts before silence.",
    "Silence is unknown: nobody has reserved anything, and nobody has allowed anything.",
    "Two signals that disagree are both kept, and the stricter counts; what cannot be read is looked at by a person.",
)
_KNOWN: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {(word.system, word.word.lower()): word.permissions for word in WORDS}


def permissions(system: str, word: str) -> tuple[str, ...]:
    """The permissions that a word of a standard speaks of; () for a word that nobody here knows."""
    return _KNOWN.get((system, word.lower()), ())


def version(system: str) -> str:
    """The version of a standard that is read here."""
    return next(each.version for each in SYSTEMS if each.name == system)


def published() -> dict[str, Any]:
    """The whole table as plain data."""
    used = [*USES, "replica_train", "replica_generate"]
    return {
        "version": VERSION,
        "lossy": True,
        "systems": [
            {"name": one.name, "title": one.title, "version": one.version, "carriers": list(one.carriers), "loses": one.loses, "read": one.read}
            for one in SYSTEMS
        ],
        "permissions": [{"permission": use, "words": [_word(word) for word in WORDS if use in word.permissions]} for use in used],
        "merging": list(MERGING),
    }  # fmt: skip


def _word(word: Word) -> dict[str, Any]:
    return {"system": word.system, "word": word.word, "fit": word.fit, **({"note": word.note} if word.note else {})}
