"""The manifest definition of an asset, out of facts the ledger holds. Pure: no clock, no chance, no database.

A manifest is a pointer and a minimum: how the content came to be, from what, what a reader must be told, and the URNs of
the records that say the rest. No person, no licence term and no prompt goes in; those change or must be erasable, and a file
that has left cannot be called back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from schemas.credentials import DEFINITION, IPTC, MINING, RECORD_LABEL
from service import errors
from service.version import VERSION

SPECIFICATION = "2.4.0"
PARENT = {"label": "parent", "relationship": "parentOf", "title": "the file as it came in"}
_SOURCE_TYPES = {
    "generated": "trainedAlgorithmicMedia",
    "mixed": "compositeWithTrainedAlgorithmicMedia",
    "camera": "digitalCapture",
    "recorded": "digitalCapture",
    "hand_made": "digitalCreation",
}
_AI = {"generated", "mixed"}


@dataclass(frozen=True, slots=True)
class Input:
    """Something that went into a generation: the id and version of its record; `public_name` only where the world knows it."""

    id: str
    version: int | None = None
    public_name: str | None = None

    @property
    def urn(self) -> str:
        """How a manifest points at the record."""
        return f"urn:clearance:{self.id}" if self.version is None else f"urn:clearance:{self.id}:{self.version}"


@dataclass(frozen=True, slots=True)
class SigningFacts:
    """All that goes into a manifest.

    `origin` is the asset's, None when unknown; `agent` name and version of the tool; `prompts` the salted commitments
    (hex) that stand in the log; `mining` the training-and-mining entries; `log` the origin of the log.
    """

    asset: str
    origin: str | None
    source_type: str | None = None
    agent: tuple[str, str | None] | None = None
    generation: str | None = None
    models: tuple[Input, ...] = ()
    datasets: tuple[Input, ...] = ()
    licences: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    decision: str | None = None
    prompts: tuple[str, ...] = ()
    oversight: str | None = None
    mining: Mapping[str, str] | None = None
    log: str | None = None


def build(facts: SigningFacts, label: str, *, has_parent: bool) -> dict[str, Any]:
    """The definition, already through the gate; `label` is `urn:c2pa:<uuid4>`.

    With `has_parent` the file already carries a manifest, which becomes the parent ingredient: the content was opened, not
    created. The same holds for content whose origin is unknown: we do not claim a creation we know nothing about.
    """
    ingredients = _ingredients(facts)
    source_type = facts.source_type or _SOURCE_TYPES.get(facts.origin or "")
    opened = has_parent or needs_parent(facts)
    action: dict[str, Any] = {"action": "c2pa.opened", "parameters": {"ingredientIds": [PARENT["label"]]}}
    if not opened:
        action = {
            "action": "c2pa.created",
            "digitalSourceType": source_type if source_type and "/" in source_type else f"{IPTC}{source_type}",
            **_agent(facts),
            **({"parameters": {"ingredientIds": [one["label"] for one in ingredients]}} if ingredients else {}),
        }
    assertions = [
        _assertion("c2pa.actions.v2", {"allActionsIncluded": True, "actions": [action]}),
        *_disclosure(facts),
        _assertion("cawg.training-mining", {"entries": _mining(facts)}, created=False),
        _assertion(RECORD_LABEL, _pointers(facts)),
    ]
    definition = {
        "label": label,
        "title": f"urn:clearance:{facts.asset}",
        "claim_generator_info": [{"name": "Clearance", "version": VERSION, "specVersion": SPECIFICATION}],
        "assertions": assertions,
        "ingredients": ingredients,
    }
    return gate(definition)


def needs_parent(facts: SigningFacts) -> bool:
    """Whether the content can only be opened, since nobody says how it was created."""
    return not facts.source_type and facts.origin not in _SOURCE_TYPES


def gate(definition: dict[str, Any]) -> dict[str, Any]:
    """Let nothing out that the specification, the rubric or our own rule (no names, no terms) would object to; raises Invalid."""
    try:
        DEFINITION.load(definition)
    except ValidationError as fault:
        message = f"This asset cannot be signed as it is recorded: {fault.messages}"
        raise errors.Invalid(message, "manifest_refused") from None
    return definition


def _ingredients(facts: SigningFacts) -> list[dict[str, Any]]:
    named = [(f"model{n}", one, "c2pa.types.model") for n, one in enumerate(facts.models, 1)]
    named += [(f"dataset{n}", one, "c2pa.types.dataset") for n, one in enumerate(facts.datasets, 1)]
    if facts.prompts and facts.generation:
        named.append(("prompt", Input(facts.generation, public_name="prompt"), "c2pa.types.generator.prompt"))
    return [
        {
            "label": label,
            "title": one.public_name or one.urn,
            "relationship": "inputTo",
            "instance_id": one.urn,
            "data_types": [{"type": kind}],
        }
        for label, one, kind in named
    ]


def _agent(facts: SigningFacts) -> dict[str, Any]:
    if facts.agent is None:
        return {}
    name, version = facts.agent
    return {"softwareAgent": {"name": name, **({"version": version} if version else {})}}


def _disclosure(facts: SigningFacts) -> list[dict[str, Any]]:
    """The AI disclosure, when a trained model took part."""
    if facts.origin not in _AI and not facts.models:
        return []
    data: dict[str, Any] = {"modelType": "c2pa.types.model"}
    if facts.models:
        first = facts.models[0]
        data |= {"modelIdentifier": first.urn, **({"modelName": first.public_name} if first.public_name else {})}
    if facts.oversight:
        data["contentProfile"] = {"humanOversightLevel": facts.oversight}
    return [_assertion("c2pa.ai-disclosure", data)]


def _mining(facts: SigningFacts) -> dict[str, Any]:
    """What the licences allow third parties; what they do not mention is not allowed."""
    told = facts.mining or {}
    return {entry: {"use": told.get(entry, "notAllowed")} for entry in MINING}


def _pointers(facts: SigningFacts) -> dict[str, Any]:
    pointers: dict[str, Any] = {"asset": f"urn:clearance:{facts.asset}"}
    for name, ids in (("licences", facts.licences), ("consents", facts.consents)):
        if ids:
            pointers[name] = [f"urn:clearance:{one}" for one in ids]
    if facts.datasets:
        pointers["datasets"] = [one.urn for one in facts.datasets]
    for name, value in (("generation", facts.generation), ("decision", facts.decision)):
        if value:
            pointers[name] = f"urn:clearance:{value}"
    if facts.prompts:
        pointers["promptCommitments"] = list(facts.prompts)
    if facts.log:
        pointers["log"] = facts.log
    return pointers


def _assertion(label: str, data: dict[str, Any], *, created: bool = True) -> dict[str, Any]:
    return {"label": label, **({"created": True} if created else {}), "data": data}
