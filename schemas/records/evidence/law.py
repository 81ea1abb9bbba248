"""Papers that laws on generated content ask for: what could be taken for real, how the public is told, which marks a file bears,
who stands where under the law, what a model was trained on, what is claimed at a register.

Each field has three states: true, false, not stated. Whoever states something says in what role and when.
"""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.fields import Body, Choice, Erasable, Flag, Language, Nested, OpenList, PartialDate, Several, Territory, Text, Web, Whole
from schemas.parts import Window, needs, ordered
from schemas.references import Reference


class Stated(Body):
    """What all of these papers share: who states it, in what role, from when until when it counts."""

    by = Reference("party", role="stated_by", about="who states it")
    role = Choice(*vocabulary.SIGNING_ROLES, required=True)
    at = PartialDate(required=True, about="when it was stated; it counts from that day")
    expires_at = PartialDate(about="when it is to be looked at again; it counts no longer after that")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """A statement ends after it is made."""
        ordered(data, "at", "expires_at")


class Assessment(Stated):
    """Whether generated or altered content could be taken for the real thing (EU AI Act Art. 50(4); India; South Korea).

    It speaks of the `assets` named here or among the subjects, and of a cut's parts with it; with `production`, of a whole title.
    """

    assets = Several(Reference("asset", role="assessed"), most=400)
    production = Reference("production", role="whole_title", about="the whole title, where it is stated of everything in it")
    depicts_existing = Flag(about="whether it resembles existing people, objects, places, entities or events")
    depicts = Several(Choice("people", "objects", "places", "entities", "events"), most=5, about="what of that; [] nothing")
    could_pass_as_authentic = Flag(about="whether somebody could wrongly take it for authentic or truthful")
    standard_editing_only = Flag(about="whether AI only assisted ordinary editing and changed nothing of substance")
    evidently_artistic = Flag(about="whether it is evidently artistic, creative, satirical or fictional work")
    artistic_kind = Choice("artistic", "creative", "satirical", "fictional", "analogous")
    reasons = Erasable(Text(4000), about="why; without reasons and a reviewer the lighter duty for art and fiction cannot be relied on")
    informs_public = Flag(about="whether a text is published to inform the public on matters of public interest")
    intimate = Flag(about="whether it shows an identifiable person in an intimate way")
    digital_human = Flag(about="whether a virtual human speaks or acts in it (China, draft)")


PLACEMENTS: Final = (
    "on_screen", "opening_card", "credits", "caption", "icon", "spoken", "adjacent_text", "listing_text", "other",
)  # fmt: skip


class DisclosurePlan(Stated):
    """How the public is told that content is generated or altered: in which words, where, when, in a form that all can perceive."""

    assets = Several(Reference("asset", role="disclosed_asset"), most=400)
    production = Reference("production", role="whole_title")
    text = Text(1000, required=True)
    placements = Several(Choice(*PLACEMENTS), most=9, required=True)
    language = Language()
    territories = OpenList(Territory(), most=500, about="for which places; absent is all")
    before_first_exposure = Flag(about="whether it is perceived at the latest when somebody first meets the content")
    accessible = Flag(about="whether people with disabilities perceive it as well")
    accessibility = Text(1000, about="by what means: spoken, described, readable by a screen reader")


class Marking(Body):
    """A mark in a file that machines can read: one that we put in, or one that was found in what came in.

    `found: false` is the statement that somebody looked and it was not there.
    """

    asset = Reference("asset", role="marked_asset", required=True)
    layer = Choice("signed_metadata", "metadata", "watermark", "fingerprint", "logging", required=True)
    scheme = Choice("c2pa", "aigc", "iptc", "xmp", "soft_binding", "other", about="aigc is the hidden label of GB 45438-2025")
    incoming = Flag(about="whether it was found in material as it came in, and not put in by us")
    found = Flag(required=True, about="whether a reader or detector found it")
    checked_at = PartialDate()
    detector = Text(300, about="what looked for it, with its version")
    digital_source_type = Text(200, about="the term of the IPTC list that it carries")
    provider = Text(300, about="the provider of the generating system, as the mark names it")
    system = Text(300, about="name and version of the generating system, as the mark names it")
    made_at = PartialDate(about="the time that the mark gives")
    unique_id = Text(300)
    label = Text(20, about="aigc: the value of Label, 1 for generated")
    content_producer = Text(300, about="aigc: ContentProducer")
    produce_id = Text(300, about="aigc: ProduceID")
    content_propagator = Text(300, about="aigc: ContentPropagator")
    propagate_id = Text(300, about="aigc: PropagateID")
    removable = Flag(about="whether it can be taken out without trace")


ROLES: Final = ("provider", "deployer", "operator", "user", "distributor", "licensee", "intermediary", "hosting_site")


class SystemRole(Stated):
    """In what role the studio stands towards a generating system: who offers it to whom, and what it must offer with it.

    It speaks of a `model`, or with `production` of every system used on a title. `roles: [user]` says that the studio only
    uses it to make content.
    """

    model = Reference("model", role="system_model")
    production = Reference("production", role="whole_title")
    tool = Text(200, about="the program or service, where it has no model record")
    roles = Several(Choice(*ROLES), most=8, required=True, about="hosting_site: it offers models of others to the public")
    territories = OpenList(Territory(), most=500, about="for which places; absent is all")
    placed_on_market_at = PartialDate(about="when the system was first offered or put into service")
    public_facing = Flag(about="whether the public can use it")
    users_over_million = Flag(about="whether it has more than a million visitors or users a month (California SB 942)")
    general_purpose = Flag(about="whether it is a general-purpose model (EU AI Act Art. 53)")
    detector_offered = Flag(about="whether anybody can test content for its marks free of charge")
    visible_option_offered = Flag(about="whether its users can add a visible disclosure")
    latent_disclosure_on = Flag(about="whether its output always carries a latent disclosure")
    licensees_keep_disclosure = Flag(about="whether licences to it oblige licensees to keep the latent disclosure (California SB 942)")
    user_notice_given = Flag(about="whether its users are told in advance that it generates content (South Korea)")
    code_signatory = Flag(about="whether the EU code of practice on marking and labelling is signed")

    @validates_schema
    def something(self, data: dict[str, Any], **_: Any) -> None:
        """A role is one towards something."""
        if not data.keys() & {"model", "production", "tool"}:
            raise ValidationError({"model": ["Name the model, the tool, or the production that this is about."]})


TOPICS: Final = (
    "sources_and_owners", "purpose", "number_of_data_points", "types_of_data_points", "intellectual_property", "bought_or_licensed",
    "personal_information", "aggregate_consumer_information", "processing", "collection_period", "first_use_dates", "synthetic_data",
)  # fmt: skip
BLOCKS: Final = ("general_information", "list_of_data_sources", "processing_aspects")


class DataCovered(Body):
    """What a statement says of one dataset version."""

    dataset = Reference("dataset", role="covered_dataset", pins=True, required=True)
    source_class = Choice("public", "licensed", "private", "crawled", "user", "synthetic", "other")
    modality = Choice("text", "image", "video", "audio", "music", "model_3d", "motion", "code", "multimodal")
    size = Text(100, about="the size range as published")
    collected = Nested(Window)
    basis = Choice("licence", "own", "public_domain", "exception", "consent", "other", about="licence or legal basis")
    generating_model = Reference("model", role="generating_model", about="what made the data, where they are synthetic")


class TrainingDocumentation(Stated):
    """A statement on what a model was trained on, for the public: California AB 2013, or the EU summary (Art. 53(1)(d))."""

    model = Reference("model", role="documented_model", pins=True, required=True)
    form = Choice("ca_ab2013", "eu_summary", required=True)
    topics = Several(Choice(*TOPICS), most=12, about="AB 2013: the topics that it answers")
    blocks = Several(Choice(*BLOCKS), most=3, about="EU: the blocks of the template that are filled in")
    data = Several(Nested(DataCovered), most=400, about="what it says of each dataset version")
    copyright_policy = Flag(about="EU Art. 53(1)(c): whether a policy to comply with copyright and opt-outs is in place")
    published_at = PartialDate()
    updated_at = PartialDate()
    url = Web()
    document = Reference("document")

    @validates_schema
    def after(self, data: dict[str, Any], **_: Any) -> None:
        """What is updated was published before."""
        ordered(data, "published_at", "updated_at")


class AdvertisingException(Stated):
    """Why an advertisement with a synthetic performer needs no disclosure (New York General Business Law 396-b)."""

    assets = Several(Reference("asset", role="excepted_asset"), most=400)
    production = Reference("production", role="whole_title")
    ground = Choice("audio_only", "translation_only", "expressive_work", required=True)
    reasons = Erasable(Text(4000, required=True))
    work = Reference("production", role="advertised_work", about="the work that is advertised, for expressive_work")

    @validates_schema
    def reviewed(self, data: dict[str, Any], **_: Any) -> None:
        """An exception has a reviewer with a name."""
        needs(data, "by", "for an exception")


class Component(Body):
    """A generated part of a work at a register: what a human gave to it, and whether it is claimed."""

    asset = Reference("asset", role="claimed_component")
    name = Text(300)
    human_contribution = Erasable(Text(4000))
    more_than_de_minimis = Flag(about="whether the generated part is more than trivial")
    decision = Choice("claim", "exclude")


class Registration(Stated):
    """The registration of a work, planned or filed, and what it says of generated material. `components: []` says there is none."""

    office = Choice("us_copyright_office", "other", required=True)
    work = Reference("production", "asset", role="registered_work", required=True)
    state = Choice("planned", "filed", "registered", "refused", "cancelled", required=True)
    filed_at = PartialDate()
    number = Text(100)
    generated_material_disclosed = Flag(about="whether the application says that there is generated material")
    excluded = Text(4000, about="the words that exclude it from the claim")
    components = Several(Nested(Component), most=400)


class ClearanceBasis(Stated):
    """On what basis a likeness was cleared for a place that has no statute about replicas (United Kingdom)."""

    assets = Several(Reference("asset", role="cleared_asset"), most=400)
    production = Reference("production", role="whole_title")
    territories = OpenList(Territory(), most=500, required=True)
    bases = Several(Choice("contract", "passing_off", "data_protection", "defamation", "other"), most=5, required=True)
    relies_on_computer_generated_copyright = Flag(about="whether protection of wholly computer-generated work is relied on")
    statement = Erasable(Text(4000))


class InquiryChannel(Stated):
    """Where owners of rights may ask whether their work was used in training, and how fast they are answered."""

    model = Reference("model", role="system_model")
    production = Reference("production", role="whole_title")
    url = Web(required=True)
    answer_days = Whole(about="days until an answer")


TYPES: Final[dict[str, type[Body]]] = {
    "authenticity_assessment": Assessment,
    "disclosure_plan": DisclosurePlan,
    "content_marking": Marking,
    "system_role": SystemRole,
    "training_documentation": TrainingDocumentation,
    "advertising_exception": AdvertisingException,
    "registration": Registration,
    "clearance_basis": ClearanceBasis,
    "inquiry_channel": InquiryChannel,
}
