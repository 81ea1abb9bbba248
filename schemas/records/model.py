"""Datasets, models and replicas: what was learnt from what, and whose likeness it carries."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.fields import Body, Choice, Erasable, Flag, Nested, OpenList, PartialDate, Personal, Several, Text, Web, Whole, choices
from schemas.parts import Blob, Terms, Window, digests, needs, ordered
from schemas.records.base import Record
from schemas.records.generation import Contradiction
from schemas.references import Reference


class ItemLine(Body):
    """One line of an item list: a file under its digests, with its source, licence, persons and consents."""

    name = Text(1000)
    bytes = Whole()
    digests = digests()
    asset = Reference("asset", role="item")
    source = Reference("source", role="source")
    licence = Reference("licence", role="licence")
    people = OpenList(Reference("party", role="person"), most=50, about="whose face or voice is in it; [] nobody's; absent: not stated")
    consents = Several(Reference("consent", role="consent"), most=50)


class Part(Body):
    """One part of a dataset: the items that come from one source under one licence, with the people in them."""

    source = Reference("source")
    licence = Reference("licence")
    items = Nested(Blob)
    item_count = Whole()
    people = OpenList(Reference("party", role="person"), most=400, about="faces and voices in this part; [] none")
    consents = Several(Reference("consent", role="consent"), most=400)

    @validates_schema
    def named(self, data: dict[str, Any], **_: Any) -> None:
        """A part says at least one of source and licence."""
        if "licence" not in data:
            needs(data, "source", "for a part without a licence")


class ItemGroup(Body):
    """Items of a list that have something in common: how many they are, and the names of some."""

    source = Reference("source")
    licence = Reference("licence")
    items = Whole(required=True)
    names = Several(Text(1000), most=20)


class PersonItems(Body):
    """In how many items of a list a person can be seen or heard; which, the list says, and no record does."""

    person = Reference("party", role="person", required=True)
    items = Whole(required=True)


class ListReading(Body):
    """What the lines of an item list say, as the service counted them when the dataset was recorded; of each group some are named."""

    sha256 = Text(64, required=True, about="the list that was read")
    without_licence = Several(Nested(ItemGroup), most=400, about="items that neither a line nor a part puts under a licence, by source")
    not_on_schedule = Several(Nested(ItemGroup), most=400, about="items that are not on the item list of the licence they stand under")
    people = Several(Nested(PersonItems), most=400, about="who can be seen or heard, and in how many items")
    consents = Several(Reference("consent", role="consent"), most=400, about="those that lines rely upon")
    people_not_stated = Nested(ItemGroup, about="items of which nobody has said who can be seen or heard")


class Dataset(Record):
    """A version of a dataset: an item list, each item tied to a source, a licence and, for faces and voices, to persons
    and consents. A new list of items is a new version. `held_items` are those set aside until their papers are found.

    Lines of the list that name source and licence need no `parts`: the service reads the list, adds the parts that it finds, with
    their counts and people, and says in `list_reading` what has no licence, is on no schedule, or whose people nobody has stated.
    """

    name = Text(300, required=True)
    label = Text(100, about="the studio's own version name")
    purpose = Choice("training", "fine_tuning", "evaluation", "retrieval", "reference", "replica", "other")
    items = Nested(Blob, about="the item list")
    members = Several(Nested(ItemLine), most=100, about="the items themselves, where they are few")
    item_count = Whole()
    parts = Several(
        Nested(Part), most=400, about="what comes from which source under which licence; found in the item list where its lines say so"
    )
    list_reading = Nested(ListReading, about="written by the service alone; what is sent here is replaced")
    derived_from = Several(Reference("dataset", role="derived_from", pins=True), most=100)
    held_items = Nested(Blob)
    people = OpenList(Reference("party", role="person"), most=400)
    contains_commercials = Flag(about="whether commercials made under a union agreement are in it")
    contains_recordings = Flag(about="whether sound recordings made under a union agreement are in it")
    contains_generated = Flag()
    created_at = PartialDate()
    frozen_at = PartialDate()
    card = Nested(Blob, about="a data card as found")
    contradictions = Several(Nested(Contradiction), most=100, about="what the card contradicts or leaves open")
    documents = Several(Reference("document", role="document"), most=50)

    @validates_schema
    def counted(self, data: dict[str, Any], **_: Any) -> None:
        """A list and its count agree, and a dataset is not frozen before it exists."""
        ordered(data, "created_at", "frozen_at")
        listed = data.get("items", {}).get("count")
        if listed is not None and data.get("item_count", listed) != listed:
            raise ValidationError({"item_count": [f"The item list holds {listed} lines; correct the count or the list."]})


class Training(Body):
    """The run that made a model: when, by whom, on which machine, for which purpose."""

    kind = Choice(*vocabulary.TRAINING_KINDS)
    started_at = PartialDate()
    finished_at = PartialDate()
    by = Reference("party", role="trained_by")
    purpose = Text(1000)
    run = Text(300, about="the id of the experiment in its tracker")
    raw = Nested(Blob)

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """A run ends after it starts."""
        ordered(data, "started_at", "finished_at")


MODEL_TYPES: Final = (
    "base", "checkpoint", "fine_tune", "lora", "adapter", "embedding", "merge", "quantised", "vae", "text_encoder", "vision_encoder",
    "control", "upscaler", "voice", "face", "motion", "hosted", "other",
)  # fmt: skip


class Model(Record):
    """A version of a model: what it was built from, its weights, its vendor and terms. `datasets: []` and
    `base_models: []` say that there are none; absent is unknown. `training_disclosure` is how far the vendor says what it
    learnt from.
    """

    name = Text(300, required=True)
    label = Text(100, about="the vendor's version name")
    file_name = Text(500)
    type = Choice(*MODEL_TYPES)
    vendor = Reference("party")
    base_models = Several(Reference("model", role="base_model", pins=True), most=100)
    datasets = Several(Reference("dataset", role="dataset", pins=True), most=400)
    training = Nested(Training)
    training_disclosure = Choice("disclosed", "vendor_warranted", "undisclosed")
    weights = digests(about="digests of the weights; [] where the vendor keeps them")
    hosting = Choice("self_hosted", "vendor_hosted", "on_device")
    terms = Nested(Terms)
    plan_tier = Text(100)
    trains_on_inputs = Flag()
    retention_days = Whole()
    environment = Choice(*vocabulary.ENVIRONMENTS)
    licences = Several(Reference("licence", role="licence"), most=100, about="under which it was trained or is used")
    scope_productions = OpenList(Reference("production", role="scope_production"), most=200, about="titles it may be used on")
    people = OpenList(Reference("party", role="person"), most=200, about="people it was trained to show or sound like; [] none")
    replicas = Several(Reference("replica", role="replica"), most=200)
    modalities = choices(("text", "image", "video", "audio", "voice", "music", "model_3d", "motion", "code", "multimodal"))
    tool_class = Choice(*vocabulary.TOOL_CLASSES)
    public_facing = Flag()
    commercially_available = Flag()
    card = Nested(Blob)
    contradictions = Several(Nested(Contradiction), most=100, about="what the card contradicts or leaves open")
    url = Web()
    documents = Several(Reference("document", role="document"), most=50)


class Material(Body):
    """Media that a replica was built from, and where they come from."""

    asset = Reference("asset", role="source_media")
    source = Reference("source", role="source_media")
    origin = Choice(
        "capture_session", "production_media", "archive", "performer_supplied", "licensed_in", "public_web", "publicity", "other",
        required=True,
    )  # fmt: skip
    production = Reference("production", role="source_production")
    description = Erasable(Text(500))
    digests = digests()


class Custody(Body):
    """Who held the replica from when to when, and by what right."""

    party = Reference("party", role="custodian", required=True)
    window = Nested(Window)
    basis = Choice("maker", "vendor_under_our_responsibility", "assumption", "licence", "sale", "performer", "other")
    location = Erasable(Text(200))


class Deletion(Body):
    """Proof that something was deleted."""

    at = PartialDate(required=True)
    by = Reference("party", role="deleted_by")
    proof = Reference("document", "evidence", role="deletion_proof")


class Replica(Record):
    """A digital replica of a person: how it was made, from what, by whom, and who keeps it.

    `sessions: []` says that no scan or other session took place (TV/Theatrical 2026 treats such a replica of a person
    engaged on the picture as employment-based all the same). A union's classification may be given by `kind`; when it is
    absent, the replica is unclassified.
    """

    person = Reference("party", required=True)
    name = Erasable(Text(200))
    kind = Choice(*vocabulary.REPLICA_KINDS)
    modalities = choices(vocabulary.MODALITIES)
    performer_participated = Flag()
    sessions = Several(Reference("evidence", role="capture_session"), most=100)
    materials = Several(Nested(Material), most=500)
    origin_production = Reference("production", role="origin_production")
    engagement = Reference("engagement")
    created_at = PartialDate()
    made_by = Reference("party", role="made_by")
    made_for = Reference("party", role="made_for")
    licensed_in = Flag(about="made by somebody else and licensed to the studio")
    licence = Reference("licence")
    subject_age_at_capture = Personal(Whole(0, 130), subject="person")
    minor_at_capture = Flag(about="stated by somebody who knows, where no birth date is recorded")
    linked_by = Several(Choice("contract", "session_record", "recognition", "statement"), most=4)
    models = Several(Reference("model", role="model", pins=True), most=50)
    assets = Several(Reference("asset", role="replica_file"), most=200)
    custody = Several(Nested(Custody), most=100)
    state = Choice("active", "quarantined", "transferred", "deleted")
    deletion = Nested(Deletion)
    documents = Several(Reference("document", role="document"), most=50)

    @validates_schema
    def deleted(self, data: dict[str, Any], **_: Any) -> None:
        """A deleted replica says when."""
        if data.get("state") == "deleted":
            needs(data, "deletion", "for a deleted replica")
