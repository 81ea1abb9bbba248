"""The words that ODRL 2.2 and a licence have in common, and the profile that adds what ODRL lacks.

Under the profile (`PROFILE`) a permission says all there is to say: what it does not limit is allowed without limit, and what the licence
does not state is named in a constraint `clearance:notStated`, which nobody can satisfy until somebody states it. So a reader that does not
know a term finds a constraint that it cannot satisfy, never a permission without one.
"""

from __future__ import annotations

from typing import Any, Final

from schemas import vocabulary
from service.exports.names import TERMS

PROFILE: Final = "urn:clearance:odrl:1"
ODRL: Final = "http://www.w3.org/ns/odrl/2/"
ODRL_CONTEXT: Final = "http://www.w3.org/ns/odrl.jsonld"
PREFIXES: Final = {
    "clearance": TERMS,
    "dcterms": "http://purl.org/dc/terms/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
CONTEXT: Final[list[Any]] = [ODRL_CONTEXT, PREFIXES]

NOT_STATED: Final = "clearance:notStated"
NONE: Final = "clearance:none"
GRANTED: Final = "clearance:granted"
SECONDS: Final = "clearance:seconds"
PERMISSION: Final = "clearance:permission"

LISTS: Final = {
    "territories": "spatial",
    "media": "media",
    "purposes": "purpose",
    "languages": "language",
    "productions": "clearance:production",
    "models": "clearance:model",
    "kinds": "clearance:trainingKind",
}
"""Dimension of a grant → left operand; ODRL's own where it has one."""

WINDOW: Final = "dateTime"

FLAGS: Final = {
    "sublicence": "clearance:sublicence",
    "style_imitation": "clearance:styleImitation",
    "train_on_outputs": "clearance:trainingOnOutputs",
    "public_system": "clearance:publicSystem",
    "modification": "clearance:modification",
    "advertising": "clearance:advertising",
}
"""Yes-or-no grants → left operand; a no is the constraint that it equal false."""

WORDS: Final = {
    "media": frozenset(vocabulary.MEDIA),
    "purposes": frozenset({"final", "temp", "marketing"}),
    "kinds": frozenset(vocabulary.TRAINING_KINDS),
}
"""Dimensions whose values are words of ours, written as terms."""

RECORDS: Final = {"productions": "production", "models": "model"}
"""Dimensions whose values are records, written as URNs."""

SIDES: Final = {
    "training": (
        ("territories", "productions", "models", "kinds"),
        ("sublicence", "style_imitation", "train_on_outputs", "public_system"),
    ),
    "output": (
        ("purposes", "media", "territories", "productions", "languages"),
        ("modification", "advertising", "sublicence"),
    ),
}
"""The two grants of a licence: which lists and which yes-or-no grants limit each."""

ACTION: Final = {"training": "clearance:train", "output": "clearance:useOutput"}
"""What each grant allows: to learn from the works; to use what contains them or was made from them."""

TRAINING: Final = {
    "mine": "clearance:mine",
    "train_other": "clearance:trainOther",
    "train_generative": "clearance:trainGenerative",
    "infer_input": "clearance:inferInput",
    "index_ai": "clearance:indexForAi",
    "search": "clearance:search",
    "replica_train": "clearance:trainReplica",
    "replica_generate": "clearance:generateReplica",
}
"""Our words for kinds of machine use → actions of the profile, each included in `clearance:train`."""

EXCLUDED: Final = "clearance:excludedUse"

DUTIES: Final = {
    "credit": "attribute",
    "payment": "compensate",
    "notice": "inform",
    "approval": "obtainConsent",
    "deletion": "delete",
    "audit": "acceptTracking",
    "report": "clearance:report",
    "label": "clearance:label",
    "no_competition": "clearance:noCompetition",
    "other": "clearance:otherDuty",
}
"""Type of a duty → action; ODRL's own where it has one."""

OWED: Final = {
    "attribute": "attributedParty",
    "compensate": "compensatedParty",
    "inform": "informedParty",
    "obtainConsent": "consentingParty",
}
OWED_TO: Final = "clearance:owedTo"
DUE: Final = "clearance:due"
DAYS: Final = "clearance:days"
REST: Final = "clearance:terms"
LEFT_OUT: Final = "clearance:leftOut"
ENDED_BY: Final = "clearance:endedBy"
AFFECTED_BY: Final = "clearance:affectedBy"

KEPT: Final = ("type", "signed_at", "effective_at", "schedule_count", "governing_law", "on_end", "withdrawal")
"""Fields of a licence that ODRL has no words for; they travel as they are."""
