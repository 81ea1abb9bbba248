"""Shapes around credentials: the manifest definition we let out, and the answers about manifests.

The media library signs almost anything it is given, and the file then reads as trusted. So what we sign passes through
`Definition` first: only the words of the specification (C2PA 2.4, CAWG training and data mining 1.1, IPTC digital source
types), only URNs of ours as titles, and no field that could carry a name or the terms of a contract.
"""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from schemas.fields import Body, Choice, Flag, Nested, Several, Text, Whole
from schemas.records.reading import Reading

IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOURCE_TYPES: Final = tuple(
    IPTC + term
    for term in (
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "algorithmicMedia",
        "algorithmicallyEnhanced",
        "composite",
        "compositeCapture",
        "compositeSynthetic",
        "computationalCapture",
        "digitalCapture",
        "digitalCreation",
        "dataDrivenMedia",
        "humanEdits",
        "negativeFilm",
        "positiveFilm",
        "print",
        "screenCapture",
        "virtualRecording",
    )
)
MINING: Final = ("cawg.data_mining", "cawg.ai_inference", "cawg.ai_training", "cawg.ai_generative_training")
MINING_USES: Final = ("allowed", "notAllowed", "constrained")
OVERSIGHT: Final = ("fully_autonomous", "prompt_guided", "human_validated")
MANIFEST_LABEL: Final = r"urn:c2pa:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
RECORD_URN: Final = r"urn:clearance:[a-z]{3}_[0-9a-z]{26}(:\d+)?"
RECORD_LABEL: Final = "clearance.record"
STATES: Final = ("Trusted", "Valid", "Invalid", "NoManifest", "Unreadable")


def _urn(**more: Any) -> Text:
    return Text(80, pattern=RECORD_URN, form="Write urn:clearance: and the id of a record, with :version where one is pinned.", **more)


class Agent(Body):
    """The program that did an action."""

    name = Text(200, required=True)
    version = Text(200)


class IngredientIds(Body):
    """Which ingredients an action is about, by their labels in this definition."""

    ingredientIds = Several(Text(40, pattern=r"[a-z]+\d*", form="Use the label of an ingredient."), most=200, required=True)  # noqa: N815


class Action(Body):
    """What happened to the content; only how it began, and that it was put out."""

    action = Choice("c2pa.created", "c2pa.opened", "c2pa.published", required=True)
    digitalSourceType = Choice(*SOURCE_TYPES)  # noqa: N815
    softwareAgent = Nested(Agent)  # noqa: N815
    parameters = Nested(IngredientIds)

    @validates_schema
    def source_type(self, data: dict[str, Any], **_: Any) -> None:
        """Creation says from what source; opening never does, and is of exactly one file."""
        kind, told = data["action"], "digitalSourceType" in data
        if told != (kind == "c2pa.created"):
            raise ValidationError({"digitalSourceType": ["A c2pa.created action has one, any other action of ours has none."]})
        if kind == "c2pa.opened" and len(data.get("parameters", {}).get("ingredientIds", [])) != 1:
            raise ValidationError({"parameters": ["A c2pa.opened action names exactly one ingredient."]})


class Actions(Body):
    """The data of `c2pa.actions.v2`."""

    allActionsIncluded = Flag(required=True)  # noqa: N815
    actions = Several(Nested(Action), most=10, required=True)

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """The first action, and only the first, says how the content began."""
        begins = [action["action"] != "c2pa.published" for action in data["actions"]]
        if not begins or not begins[0] or sum(begins) != 1:
            raise ValidationError({"actions": ["Begin with c2pa.created or c2pa.opened, once."]})


class ContentProfile(Body):
    """How far a human stood behind generated content."""

    humanOversightLevel = Choice(*OVERSIGHT, required=True)  # noqa: N815


class Disclosure(Body):
    """The data of `c2pa.ai-disclosure`; only attached when a trained model was used."""

    modelType = Choice("c2pa.types.model", required=True)  # noqa: N815
    modelName = Text(200)  # noqa: N815
    modelIdentifier = _urn()  # noqa: N815
    contentProfile = Nested(ContentProfile)  # noqa: N815


class MiningUse(Body):
    """Whether one kind of mining is allowed."""

    use = Choice(*MINING_USES, required=True)


class Mining(Body):
    """The data of `cawg.training-mining`."""

    entries = fields.Dict(keys=fields.String(validate=validate.OneOf(MINING)), values=Nested(MiningUse), required=True)


class RecordPointers(Body):
    """Our own assertion: where the ledger says the rest. Pointers and digests only; what they point at may change, a file cannot."""

    asset = _urn(required=True)
    log = Text(200, pattern=r"[A-Za-z0-9./_-]+", form="The origin of the log, as in its checkpoints.")
    generation = _urn()
    datasets = Several(_urn(), most=200)
    licences = Several(_urn(), most=200)
    consents = Several(_urn(), most=200)
    decision = _urn()
    promptCommitments = Several(Text(64, pattern=r"[0-9a-f]{64}", form="A salted commitment in hexadecimal."), most=200)  # noqa: N815


ASSERTIONS: Final[dict[str, Body]] = {
    "c2pa.actions.v2": Actions(),
    "c2pa.ai-disclosure": Disclosure(),
    "cawg.training-mining": Mining(),
    RECORD_LABEL: RecordPointers(),
}


class Assertion(Body):
    """One assertion of ours."""

    label = Choice(*ASSERTIONS, required=True)
    created = Flag()
    data = fields.Dict(required=True)

    @validates_schema
    def checked(self, data: dict[str, Any], **_: Any) -> None:
        """The data fit the label."""
        found = ASSERTIONS[data["label"]].validate(data["data"])
        if found:
            raise ValidationError({"data": found})


class DataType(Body):
    """What an ingredient is."""

    type = Choice("c2pa.types.model", "c2pa.types.dataset", "c2pa.types.generator.prompt", required=True)


class Ingredient(Body):
    """Something that went in; known by its record, and by a public name only where it has one (a vendor's model)."""

    label = Text(40, pattern=r"[a-z]+\d*", form="Lower-case letters and a number.", required=True)
    title = Text(200, required=True)
    relationship = Choice("inputTo", required=True)
    instance_id = _urn(required=True)
    data_types = Several(Nested(DataType), most=1, required=True)


class Generator(Body):
    """Us."""

    name = Choice("Clearance", required=True)
    version = Text(40, required=True)
    specVersion = Choice("2.4.0", required=True)  # noqa: N815


class Definition(Body):
    """A whole manifest definition as it goes to the signer; `label` is fixed before signing, so a repeated attempt is the same manifest."""

    label = Text(60, pattern=MANIFEST_LABEL, form="Write urn:c2pa: and a UUID of version 4.", required=True)
    title = _urn(required=True)
    claim_generator_info = Several(Nested(Generator), most=1, required=True)
    assertions = Several(Nested(Assertion), most=10, required=True)
    ingredients = Several(Nested(Ingredient), most=400, required=True)

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """One assertion of each label; actions first; every ingredient an action names exists, or is the parent."""
        labels = [assertion["label"] for assertion in data["assertions"]]
        if labels[:1] != ["c2pa.actions.v2"] or len(set(labels)) != len(labels) or RECORD_LABEL not in labels:
            raise ValidationError({"assertions": [f"Put c2pa.actions.v2 first, {RECORD_LABEL} behind it, and each label once."]})
        known = {ingredient["label"] for ingredient in data["ingredients"]} | {"parent"}
        for action in data["assertions"][0]["data"]["actions"]:
            if not set(action.get("parameters", {}).get("ingredientIds", [])) <= known:
                raise ValidationError({"ingredients": ["An action names an ingredient that is not there."]})


DEFINITION: Final = Definition()


class SignRequest(Body):
    """How to sign: `embedded` into the file where its format can carry a manifest, or beside it as a `sidecar`."""

    form = Choice("embedded", "sidecar", about="left out: embedded where the format allows it")
    oversight = Choice(*OVERSIGHT, about="how far a human stood behind generated content; left out, nothing is said")
    decision = Text(40, about="the decision under which it is let go, to point at")


class Signer(Body):
    """Who signed, as the certificate says."""

    issuer = Text(500)
    common_name = Text(500)
    serial = Text(500)
    algorithm = Text(500)
    time = Text(500)


class Verdict(Body):
    """What a file's manifest is worth. `Valid` is not `Trusted`: it is sound, but nobody on our lists vouches for the signer."""

    state = Choice(*STATES, required=True)
    tampered = Flag(required=True)
    lineage = Several(Text(200), most=1000, required=True, about="codes of what is wrong with ingredients; [] is clean")
    failures = Several(Text(200), most=1000, about="codes of what is wrong with the file itself")
    signer = Nested(Signer, allow_none=True)
    generator = Text(500, allow_none=True)
    label = Text(500, allow_none=True, about="of the active manifest")
    labels = Several(Text(500), most=1000)
    trust_list = Text(500, allow_none=True, about="the edition of the list that vouches for the signer")
    rubric = Several(Text(500), most=1000, about="what the conformance rubric objects to")
    reading = Nested(Reading, about="what stands in the manifest; absent where it could not be read")
    reason = Text(2000, allow_none=True)
    known = Several(Text(40), most=1000, about="records of this studio with these bytes or this manifest")
    media_type = Text(100)
    digests = fields.Dict(keys=fields.String(), values=fields.String())
    bytes = Whole()
    library = Text(40)


class Manifest(Body):
    """The credentials we gave an asset, and what they are worth now."""

    evidence = Text(40, required=True, about="the record of the signing")
    label = Text(60, required=True)
    form = Choice("embedded", "sidecar", required=True)
    verdict = Nested(Verdict, required=True)
    manifest = fields.Dict(allow_none=True, metadata={"description": "what the active manifest says"})
