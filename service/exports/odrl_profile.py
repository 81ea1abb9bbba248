"""The ODRL profile that licences leave in, as JSON-LD: every term with what it means, so that a reader of a policy can look it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from service.exports.odrl_words import (
    ACTION,
    AFFECTED_BY,
    DAYS,
    DUE,
    ENDED_BY,
    EXCLUDED,
    FLAGS,
    GRANTED,
    LEFT_OUT,
    LISTS,
    NONE,
    NOT_STATED,
    ODRL,
    OWED_TO,
    PERMISSION,
    PREFIXES,
    PROFILE,
    REST,
    SECONDS,
    TRAINING,
)  # fmt: skip

_ACTIONS: Final = {
    ACTION["training"]: "To learn from the works with a machine; the actions below are kinds of it.",
    ACTION["output"]: "To use what contains the works or was made from them, and what a model made that learnt from them.",
    EXCLUDED: "A use that the licence forbids in words; dcterms:description has them.",
    "clearance:report": "To report on the use.",
    "clearance:label": "To label the result.",
    "clearance:noCompetition": "Not to compete with the works by the result.",
    "clearance:otherDuty": "A duty in words; dcterms:description has them.",
}
_TRAINING: Final = {
    "mine": "Text and data mining.",
    "train_other": "Training that is not generative.",
    "train_generative": "Training of generative models.",
    "infer_input": "Use as input, reference or context of a model, without training.",
    "index_ai": "Indexing for answers by a model.",
    "search": "Indexing for search.",
    "replica_train": "Training of a digital replica of a person.",
    "replica_generate": "Generation with a digital replica of a person.",
}
_OPERANDS: Final = {
    NOT_STATED: "What the licence does not state: the operands named on the right. Nobody can satisfy it until the licence states them.",
    LISTS["productions"]: "The title that the use is for.",
    LISTS["models"]: "The model that learns.",
    LISTS["kinds"]: "The kind of training: foundation, fine_tune, adapter, retrieval, evaluation, classifier, replica.",
    FLAGS["sublicence"]: "Whether rights may be passed on.",
    FLAGS["style_imitation"]: "Whether the result may imitate the author's style.",
    FLAGS["train_on_outputs"]: "Whether outputs of the trained model may be trained on again.",
    FLAGS["public_system"]: "Whether the model may be offered to the public.",
    FLAGS["modification"]: "Whether the works may be changed.",
    FLAGS["advertising"]: "Whether the result may advertise something.",
    SECONDS: "How many seconds of the result may be used.",
    PERMISSION: "The kind of machine use, where a permission names none of the actions.",
    GRANTED: "Whether anything is granted at all.",
    DUE: "When a duty is due: before_use, before_release, on_release, monthly, quarterly, yearly, on_end, on_request.",
    DAYS: "Within how many days a duty is due.",
}
_PROPERTIES: Final = {
    OWED_TO: "The party that a duty is owed to.",
    "clearance:exclusive": "Whether the permission is exclusive.",
    "clearance:works": "What is known of the works where none is named: clearance:any, clearance:none or clearance:notStated.",
    "clearance:count": "How many works the item list holds.",
    REST: "Terms of the licence that ODRL has no words for, as JSON.",
    LEFT_OUT: "Fields of the licence that the policy leaves out.",
    ENDED_BY: "The event that took the licence back or suspended it; nothing is granted as long as it stands.",
    AFFECTED_BY: "An event that changed what the licence grants; a person has to read it.",
}


def profile() -> dict[str, Any]:
    """Return the profile with all its terms."""
    return {
        "@context": {
            "odrl": ODRL,
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            **PREFIXES,
        },
        "@id": PROFILE,
        "@type": "skos:ConceptScheme",
        "dcterms:title": "Clearance: licences for training and for results",
        "dcterms:description": (
            "A permission under this profile states every limit of the licence. What it does not limit is allowed without limit; what the "
            "licence does not state is named in a constraint clearance:notStated. Prohibitions win (odrl:conflict is prohibit)."
        ),
        "skos:hasTopConcept": list(_terms()),
    }


def _terms() -> Iterator[dict[str, Any]]:
    for name, says in _ACTIONS.items():
        yield _term(name, "odrl:Action", says) | {"odrl:includedIn": {"@id": "odrl:use"}}
    for name, says in _TRAINING.items():
        yield _term(TRAINING[name], "odrl:Action", says) | {"odrl:includedIn": {"@id": ACTION["training"]}}
    yield from (_term(name, "odrl:LeftOperand", says) for name, says in _OPERANDS.items())
    yield from (_term(name, "rdfs:Property", says) for name, says in _PROPERTIES.items())
    yield _term("clearance:any", "odrl:RightOperand", "Any value.")
    yield _term(NONE, "odrl:RightOperand", "No value at all: nothing is allowed in this respect.")


def _term(name: str, kind: str, says: str) -> dict[str, Any]:
    return {"@id": name, "@type": [kind, "skos:Concept"], "skos:definition": says}
