"""Content under all its digests, and the people and performances that appear in it."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.fields import Body, Choice, Decimal, Erasable, Flag, Language, Nested, OpenList, PartialDate, Several, Text, Whole, choices
from schemas.parts import Blob, FrameRange, digests, needs, ordered
from schemas.records.base import Record
from schemas.records.reading import Reading
from schemas.references import Reference

TYPES: Final = (
    "image", "image_sequence", "video", "audio", "music", "text", "script", "storyboard", "model_3d", "motion", "texture", "scan",
    "cut", "timeline", "mix", "project", "lut", "caption", "game_build", "document", "package", "data", "other",
)  # fmt: skip
ORIGINS: Final = ("camera", "hand_made", "licensed_stock", "recorded", "generated", "mixed")
RELATIONS: Final = (
    "derived_from", "revision_of", "variant_of", "rendered_from", "transcoded_from", "composited_from", "cut_from", "placed",
    "reference_for", "generated_by", "trained_on", "graded_from", "mixed_from", "scanned_from", "wall_content", "translated_from",
)  # fmt: skip

ELEMENTS: Final = (
    "background", "prop", "key_visual", "main_character", "central_setting", "performance", "title", "score", "other",
)  # fmt: skip
DEPARTMENTS: Final = (
    "script", "visual_effects", "voice", "performance", "music", "edit", "marketing", "art", "camera", "animation", "localisation",
)  # fmt: skip
SENSITIVITIES: Final = ("buyer_proprietary", "unreleased", "personal_data", "third_party_unlicensed", "trade_secret")


class Technical(Body):
    """What the container says about the content."""

    width = Whole()
    height = Whole()
    frames = Whole()
    frame_rate = Decimal()
    duration_seconds = Decimal()
    sample_rate = Whole()
    channels = Whole()
    codec = Text(100)
    colour_space = Text(100)
    pages = Whole()
    word_count = Whole()


class Parent(Body):
    """What an asset was made from, and how. The parent may be an asset, the run that made it, a source or a take."""

    record = Reference("asset", "generation", "source", "evidence", "replica", role="parent", required=True)
    relation = Choice(*RELATIONS)
    range = Nested(FrameRange)
    grade = Choice(*vocabulary.GRADES)


class CutRange(Body):
    """One place of a cut: which part of which asset stands where."""

    asset = Reference("asset", role="cut_item", required=True)
    source = Nested(FrameRange)
    record = Nested(FrameRange)
    track = Text(100)
    name = Text(300)


class PeopleStatement(Body):
    """A person's statement who appears in an asset. `people: []` says nobody; `complete` that no one else does.

    An adapter never makes it.
    """

    people = Several(Reference("party", role="appearing_person"), most=400, required=True)
    complete = Flag()
    by = Reference("party", role="stated_by")
    role = Choice(*vocabulary.SIGNING_ROLES)
    method = Choice("person", "panel", "bulk_attestation")
    evidence = Reference("evidence", role="people_statement")
    at = PartialDate()


class Embedded(Body):
    """What credentials an incoming file carried, and how they were judged on the day."""

    state = Choice("trusted", "valid", "invalid", "none", "unreadable")
    instance_id = Text(300)
    label = Text(300)
    generator = Text(300)
    digital_source_types = Several(Text(200), most=50)
    signer = Text(300)
    signed_at = PartialDate()
    checked_at = PartialDate()
    manifest = Nested(Blob)
    reading = Nested(Reading, about="what a reader found in the manifest, for the conformance rubric")


class Authorship(Body):
    """Who wrote or made it as a human, and in what part, with what shows it."""

    kind = Choice("human", "generated", "mixed", "unknown")
    authors = Several(Reference("party", role="author"), most=200)
    statement = Erasable(Text(4000))
    evidence = Several(Reference("asset", "document", "evidence", role="authorship_evidence"), most=100)


class MusicAreas(Body):
    """How far AI made each part of a recording (the five areas of the DDEX disclosure)."""

    vocals = Choice("none", "partial", "full")
    instrumentation = Choice("none", "partial", "full")
    composition = Choice("none", "partial", "full")
    post_production = Choice("none", "partial", "full")
    lyrics = Choice("none", "partial", "full")


class Asset(Record):
    """Content, known by its digests. Bytes are optional: an asset may be registered by digests alone.

    `origin` says whether it comes from a camera, a hand, stock, a recording or a generator; `ai` how far AI took part. A
    sequence has an item list; a cut has ranges. `parents: []` is the statement that it was made from nothing else.
    """

    type = Choice(*TYPES, required=True)
    name = Text(500)
    digests = digests()
    bytes = Whole(about="size of the content in bytes")
    media_type = Text(100)
    file_name = Text(500)
    technical = Nested(Technical)
    origin = Choice(*ORIGINS)
    origin_evidence = Reference("evidence", role="origin", about="the attestation that settles the origin of a range of shots")
    ai = Choice("none", "assistive", "generative")
    digital_source_type = Text(200, about="the term of the IPTC list")
    created_at = PartialDate()
    created_by = Reference("party", role="created_by")
    parents = Several(Nested(Parent), most=400)
    items = Nested(Blob, about="the files of a sequence or package as an item list")
    item_count = Whole()
    ranges = Several(Nested(CutRange), most=400)
    range_list = Nested(Blob, about="more than 400 ranges, as a list")
    stage = Choice(*vocabulary.STAGES)
    version_state = Choice("temp", "final", "superseded")
    languages = OpenList(Language(), most=50)
    takes = Several(Reference("evidence", role="take"), most=100)
    scenes = Several(Text(100), most=500)
    people = Nested(PeopleStatement)
    credentials = Nested(Embedded)
    authorship = Nested(Authorship)
    literary_material = Flag()
    previously_exploited = Flag()
    music_areas = Nested(MusicAreas)
    element = Choice(*ELEMENTS)
    department = Choice(*DEPARTMENTS)
    sensitivity = Several(Choice(*SENSITIVITIES), most=5, about="what kind of confidential material it is; [] none")
    real_event_risk = Flag(about="could be mistaken for real events or statements")
    evidently_fictional = Flag()
    player_facing = Flag()
    generation_time = Choice("build", "runtime")
    guardrails = Text(4000)
    licences = Several(Reference("licence", role="licence"), most=100)
    advertiser = Reference("party", role="advertiser")
    product_line = Text(200)

    @validates_schema
    def consistent(self, data: dict[str, Any], **_: Any) -> None:
        """One digest for each algorithm; only a cut has ranges; a generated asset is not free of AI."""
        algorithms = [digest["algorithm"] for digest in data.get("digests", [])]
        for place, algorithm in enumerate(algorithms):
            if algorithm in algorithms[:place]:
                raise ValidationError({"digests": {place: [f"A second {algorithm} digest; one content has one, so drop one of them."]}})
        if data.keys() & {"ranges", "range_list"} and data["type"] not in ("cut", "timeline", "mix"):
            raise ValidationError({"type": ["Only a cut, timeline or mix has ranges; set type to cut, or drop them."]})
        if data.get("origin") == "generated" and data.get("ai") == "none":
            raise ValidationError({"ai": ["The origin says generated; correct the origin, or say assistive or generative."]})


APPEARANCES: Final = (
    "performance", "new_performance", "alteration", "dub", "synthetic", "background_fill", "score", "text", "trailer",
    "advertisement", "stunt", "scan", "archive", "still",
)  # fmt: skip
VOICES: Final = ("human_performer", "own_recording", "replica", "synthetic", "text_to_speech", "none")


class Vote(Body):
    """One reviewer's vote whether a person, or a feature of a person, is recognisable. Panels vote one by one."""

    reviewer = Reference("party", role="reviewer", required=True)
    role = Choice(*vocabulary.SIGNING_ROLES)
    person = Reference("party", role="recognised_person", about="absent where the vote is about no particular person")
    feature = Choice(*vocabulary.FEATURES, required=True)
    recognisable = Flag(required=True)
    at = PartialDate()
    evidence = Several(Reference("asset", "document", "evidence", role="vote_evidence"), most=20)


class RecognisedFeature(Body):
    """A feature of a real person that the result shows recognisably."""

    person = Reference("party", role="recognised_person", required=True)
    feature = Choice(*vocabulary.FEATURES, required=True)


class AgeShift(Body):
    """A change of apparent age. `direction: none` says that there is none."""

    direction = Choice("older", "younger", "none", required=True)
    depicted_age = Whole(0, 130)
    depicts_minor = Flag()


class ShootingDay(Body):
    """The day and zone of work that a background scene belongs to."""

    date = PartialDate(required=True)
    zone = Text(100)
    unit = Text(100)


class Appearance(Record):
    """A person, replica or synthetic performer appearing in an asset: what the agreements call a use.

    `recognisable_people: []` is a panel's or person's statement that nobody is recognisable; `voiced_by: []` that no person
    voices it; `content_flags: []` that nothing of the kind is in it. `minutes` and `estimated_days` are decimal strings.
    """

    asset = Reference("asset", required=True)
    range = Nested(FrameRange)
    production = Reference("production")
    type = Choice(*APPEARANCES, required=True)
    person = Reference("party")
    replica = Reference("replica")
    role = Reference("role")
    role_category = Choice(*vocabulary.CATEGORIES)
    engagement = Reference("engagement")
    generation = Reference("generation", role="generated_in")
    generated_at = PartialDate()
    first_use_at = PartialDate(about="when the result was first shown, shipped or went live")
    in_human_role = Flag()
    looks_human = Flag()
    meant_to_look_human = Flag()
    voiced_by = Several(Reference("party", role="voiced_by"), most=50)
    voice_source = Choice(*VOICES)
    recognisable_people = Several(Reference("party", role="recognisable_person"), most=200)
    recognisable_features = Several(Nested(RecognisedFeature), most=200)
    votes = Several(Nested(Vote), most=200)
    recognisability_disputed = Flag()
    sounds_like = Several(Reference("role", role="sounds_like"), most=50, about="characters whose voice people hear in the result; [] none")
    impression_intended = Flag(about="whether the result is to give the impression of that person")
    classification = Several(Reference("evidence", role="classification"), most=20)
    language = Language()
    original_language = Language()
    alteration_kinds = Several(Choice(*vocabulary.ALTERATIONS), most=40)
    alteration_purpose = Erasable(Text(1000))
    new_words = Flag()
    new_conduct = Flag()
    changes_meaning = Flag()
    unsafe_for_people = Flag(about="shows what no human can safely do")
    script_version = Reference("evidence", role="script_version", pins=True)
    takes = Several(Reference("evidence", role="take"), most=50)
    origin_production = Reference(
        "production", role="reused_from", about="the title that the performance or replica was first made for, where this is a reuse"
    )
    scenes = Several(Text(100), most=200)
    shooting_day = Nested(ShootingDay)
    modalities = choices(vocabulary.MODALITIES)
    seconds = Decimal()
    lines = Whole(about="spoken lines; in games a line is about ten words")
    words = Whole()
    minutes = Decimal()
    sides = Decimal()
    estimated_days = Decimal()
    day_estimate = Reference("evidence", role="day_estimate")
    content_flags = Several(Choice(*vocabulary.CONTENT_FLAGS), most=30)
    age_shift = Nested(AgeShift)
    real_time = Flag(about="generated while a user plays or talks, so that every reply is new; false: made beforehand")
    in_final_cut = Flag()
    advertising = Flag()
    crowd = Several(Reference("replica", role="crowd_replica"), most=400, about="the replicas that a background fill shows; [] none")
    headcount = Whole(about="how many figures a background fill shows")
    consents = Several(Reference("consent", role="relied_on_consent"), most=50)
    exemptions = Several(Reference("evidence", role="exemption"), most=50)
    tool_class = Choice(*vocabulary.TOOL_CLASSES)

    @validates_schema
    def typed(self, data: dict[str, Any], **_: Any) -> None:
        """A dub has a language; use does not begin before generation; a synthetic performer is no person."""
        if data["type"] == "dub":
            needs(data, "language", "for a dub")
        if data["type"] == "synthetic" and "replica" in data:
            raise ValidationError(
                {"type": ["A replica shows a person, so this is no synthetic performer; choose new_performance or drop replica."]}
            )
        ordered(data, "generated_at", "first_use_at")
