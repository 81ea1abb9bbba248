"""One run of a generating or altering tool, as told by its file, its provider or a person."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.fields import Body, Choice, Encrypted, Erasable, Flag, Nested, PartialDate, Settings, Several, Text, Web, choices
from schemas.parts import Blob, Digest, FrameRange, Identifier, Terms, digests, ordered
from schemas.records.base import Record
from schemas.references import Reference

INPUT_ROLES: Final = (
    "reference", "style_reference", "character_reference", "control", "driving_performance", "mask", "voice", "first_frame",
    "last_frame", "initial_image", "source_video", "source_audio", "text", "script", "lut", "plate", "scan", "prompt_image",
    "keyframe", "training", "parent", "component", "input", "unspecified", "other",
)  # fmt: skip
MODEL_ROLES: Final = (
    "checkpoint", "base", "lora", "adapter", "embedding", "vae", "text_encoder", "vision_encoder", "control", "upscaler", "voice",
    "face", "motion", "refiner", "hosted", "other",
)  # fmt: skip


class Tool(Body):
    """The program or service that ran, and whose it is."""

    name = Text(200, required=True)
    version = Text(200)
    vendor = Reference("party", role="tool_vendor")
    vendor_name = Text(200)
    tool_class = Choice(*vocabulary.TOOL_CLASSES)
    owner = Choice("employer", "employee", "vendor", "contractor", about="whose tool it is; employee where the operator brought it")
    environment = Choice(*vocabulary.ENVIRONMENTS)
    plan_tier = Text(100)


class UsedModel(Body):
    """A model that took part: the record where it is known, else the name and digest that the file gives."""

    model = Reference("model", pins=True)
    name = Text(500)
    version = Text(200)
    role = Choice(*MODEL_ROLES)
    strength = Text(40)
    settings = Settings()
    digests = digests()
    where = Text(500, about="where in the source it stood: a node, a field")
    grade = Choice(*vocabulary.GRADES)


class Input(Body):
    """Something that went into the run, in its role."""

    asset = Reference("asset", role="input")
    source = Reference("source", role="input_source")
    dataset = Reference("dataset", role="input_dataset", pins=True)
    replica = Reference("replica", role="input_replica")
    role = Choice(*INPUT_ROLES)
    name = Text(1000, about="the file name or address as the tool had it")
    identifiers = Several(Nested(Identifier), most=20)
    media_type = Text(100)
    digests = digests()
    where = Text(500)
    range = Nested(FrameRange)
    people = Several(Reference("party", role="shown_person"), most=100)
    consents = Several(Reference("consent", role="input_consent"), most=100)
    proprietary_to = Reference("party", role="proprietary_to", about="whose confidential material it is")
    grade = Choice(*vocabulary.GRADES)


class Output(Body):
    """Something that came out. The edge runs from the asset to this run: the run is an ancestor of what it made."""

    asset = Reference("asset", role="output")
    name = Text(1000)
    identifiers = Several(Nested(Identifier), most=20)
    url = Web()
    digests = digests()
    where = Text(500)
    variant = Choice("final", "preview", "watermarked", "alternative", "last_frame", "audio", "other")
    grade = Choice(*vocabulary.GRADES)


class Established(Body):
    """Who established a fact, how and when."""

    by = Reference("party", role="established_by")
    method = Choice("person", "panel", "reading_the_prompt", "adapter", "provider", "similarity_search", "contract")
    at = PartialDate()
    evidence = Reference("evidence", role="established_by_evidence")


class PromptEntity(Body):
    """A person or character that the prompt aims at, and by what means: by name, by facial features, by reference media."""

    person = Reference("party", role="prompt_person")
    character = Reference("role", role="prompt_character")
    name_used = Flag(about="whether the person's name stands in the prompt")
    nickname_used = Flag()
    character_name_used = Flag()
    facial_features = Several(Choice(*vocabulary.FACIAL_FEATURES), most=4)
    other_features = Several(Choice(*vocabulary.FEATURES), most=10)
    reference_media = Several(Reference("asset", "source", role="prompt_reference"), most=100)
    style_only = Flag(about="named for a manner of working only, as in the style of")
    established = Nested(Established)


class Prompt(Body):
    """A text that steered the run. The text is encrypted, under the keys of all whom the run is about; its digest may stand in for it."""

    text = Encrypted(Text(50000), everyone=True)
    digest = Nested(Digest)
    use = Choice("positive", "negative", "enhanced", "system", "lyrics", "speech", "unspecified")
    where = Text(500)
    grade = Choice(*vocabulary.GRADES)


class Sampling(Body):
    """One sampler of the run with its seed and settings, as they stood in the source; a seed is text, since it may exceed 2^53."""

    where = Text(500)
    seed = Text(100)
    settings = Settings()


class Raw(Body):
    """An untouched piece of the source: the workflow, the prompt graph, a request, a response, a metadata block."""

    name = Text(200, required=True)
    content = Nested(Blob, required=True)


class Provider(Body):
    """The provider's own names for the run."""

    name = Text(200, required=True)
    job_id = Text(300)
    request_id = Text(300)
    status = Text(100)
    region = Text(100)
    account = Encrypted(Text(300), subject="operator")
    verified = Flag(about="fetched from the provider by its id, not taken from a caller's word")


class Unresolved(Body):
    """Something that the file names and the ledger does not know: a model, an input, a node. Unknown is recorded, never guessed."""

    kind = Choice("model", "input", "node", "person", "tool", "terms", "other", required=True)
    name = Erasable(Text(500, required=True), everyone=True)
    digests = digests()


class Contradiction(Body):
    """Two sources that disagree, or something that a person must look at; both sides are kept. `settled` says who decided which is right."""

    code = Text(100, required=True)
    says = Erasable(Text(2000), everyone=True)
    between = Several(Text(200), most=10, about="the sides, each with what it says, without names of persons")
    settled = Nested(Established, about="who settled it, how and when; the record itself then says what is right")


class Generation(Record):
    """One run: tool, models, operator and employer, prompt, the people the prompt aims at, settings, inputs, outputs, the
    provider's raw answer, and the terms that held. `prompt_entities: []` is a person's statement that the prompt aims at
    nobody; an adapter leaves the field out.
    """

    tool = Nested(Tool)
    models = Several(Nested(UsedModel), most=100)
    started_at = PartialDate()
    generated_at = PartialDate()
    operator = Reference("party")
    operator_name = Encrypted(Text(300), subject="operator")
    operator_union = Reference("party", role="operator_union", about="the union under whose agreement the operator worked")
    operator_engagement = Reference("engagement", role="operator_engagement")
    employer = Reference("party")
    craft = Choice(*vocabulary.CRAFTS, about="whose work it is, where a guild's jurisdiction matters")
    stage = Choice(*vocabulary.STAGES)
    purpose = Erasable(Text(1000), everyone=True)
    creative_elements = Several(
        Choice("script", "casting", "design", "shooting", "editing", "other"), most=6,
        about="the creative elements of a picture that the output has a part in; [] none",
    )  # fmt: skip
    prompts = Several(Nested(Prompt), most=200)
    prompt_entities = Several(Nested(PromptEntity), most=200)
    prompts_complete = Flag(about="whether every prompt and reference of the run is recorded here")
    sampling = Several(Nested(Sampling), most=100)
    settings = Settings()
    inputs = Several(Nested(Input), most=500)
    outputs = Several(Nested(Output), most=500)
    replicas = Several(Reference("replica", role="replica"), most=100, about="replicas used in the run; [] none")
    consents = Several(Reference("consent", role="relied_on_consent"), most=100)
    provider = Nested(Provider)
    raw = Several(Nested(Raw), most=50)
    terms = Nested(Terms)
    moderation = Settings()
    modalities = choices(("text", "image", "video", "audio", "voice", "music", "model_3d", "motion", "code"))
    actions = Several(
        Choice("generate", "edit", "extend", "upscale", "inpaint", "interpolate", "transfer", "dub", "analyse", "grade"), most=10
    )
    adapter = Text(100, about="which importer read it")
    unresolved = Several(Nested(Unresolved), most=500)
    unread = Several(Text(500), most=400, about="parts of the source that the adapter did not understand; they are in raw")
    contradictions = Several(Nested(Contradiction), most=100)

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """A run ends after it starts, and what comes out did not go in."""
        ordered(data, "started_at", "generated_at")
        inputs = {item["asset"] for item in data.get("inputs", []) if isinstance(item.get("asset"), str)}
        for place, item in enumerate(data.get("outputs", [])):
            if isinstance(item.get("asset"), str) and item["asset"] in inputs:
                raise ValidationError(
                    {"outputs": {place: {"asset": ["This asset is an input of the same run; register the result apart."]}}}
                )
