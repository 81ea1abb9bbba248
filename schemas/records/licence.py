"""Licences, and the sources they cover: what may be trained on is said apart from what the result may be used for."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.dates import surely_before
from schemas.fields import (
    Body,
    Choice,
    Encrypted,
    Erasable,
    Flag,
    Language,
    Nested,
    OpenList,
    PartialDate,
    Several,
    Territory,
    Text,
    Web,
    Whole,
    choices,
)
from schemas.parts import Blob, Money, Signatory, Window, digests, needs
from schemas.records.base import Record
from schemas.references import Reference


class Authority(Body):
    """Why the grantor may grant: owner, agent, or a chain of papers."""

    kind = Choice("owner", "author", "exclusive_licensee", "agent", "assignee", "estate", "collecting_society", "platform", "other")
    statement = Erasable(Text(1000))
    chain = Several(Reference("document", role="chain_of_title"), most=50)
    warranted = Flag()


class TrainingGrant(Body):
    """What may be learnt from the licensed works. `granted: false` is the proof that training was not licensed."""

    granted = Flag(required=True)
    kinds = choices(vocabulary.TRAINING_KINDS)
    permissions = choices(vocabulary.PERMISSIONS)
    style_imitation = Flag(about="whether the result may imitate the author's style")
    train_on_outputs = Flag(about="whether outputs of the trained model may be trained on again")
    sublicence = Flag()
    models = OpenList(Reference("model", role="licensed_model"), most=200)
    productions = OpenList(Reference("production", role="licensed_production"), most=500)
    window = Nested(Window)
    territories = OpenList(Territory(), most=500)
    public_system = Flag(about="whether the model may be offered to the public")


class OutputGrant(Body):
    """What results that contain or derive from the works may be used for."""

    granted = Flag(required=True)
    media = choices(vocabulary.MEDIA)
    territories = OpenList(Territory(), most=500)
    window = Nested(Window)
    productions = OpenList(Reference("production", role="licensed_production"), most=500)
    purposes = OpenList(Choice("final", "temp", "marketing"), most=3)
    languages = OpenList(Language(), most=200)
    sublicence = Flag()
    exclusive = Flag()
    modification = Flag()
    advertising = Flag()
    seconds = Whole()


class Duty(Body):
    """Something the licensee owes: a credit, a report, a payment, a notice, an approval, a deletion, a label."""

    type = Choice(
        "credit", "report", "payment", "notice", "approval", "deletion", "label", "audit", "no_competition", "other", required=True
    )
    text = Erasable(Text(2000))
    due = Choice("before_use", "before_release", "on_release", "monthly", "quarterly", "yearly", "on_end", "on_request")
    days = Whole()
    owed_to = Reference("party")


class Royalty(Body):
    """How royalties are counted."""

    basis = Choice(
        "none", "flat", "per_item", "per_output", "per_second", "revenue_share", "attribution_share", "per_seat", "other", required=True
    )
    rate = Encrypted(Text(200))
    text = Encrypted(Text(2000))


class OnEnd(Body):
    """What the end of the licence means for weights, unreleased and released results."""

    weights = Choice("keep", "keep_without_new_outputs", "retrain_without", "delete")
    unreleased = Choice("keep", "finish_in_progress", "review", "delete")
    released = Choice("keep", "sell_off", "withdraw", "review")
    sell_off_days = Whole()


class Withdrawal(Body):
    """Whether and how the grantor may take a grant back. A silent contract is `stated: false`."""

    stated = Flag(about="whether the paper says anything about it")
    allowed = Flag()
    clause = Text(200)
    notice_days = Whole()
    reaches = Several(Choice("not_yet_generated", "unreleased", "released", "weights"), most=4)


class OpenLicence(Body):
    """A public licence: its SPDX id or address, and what it asks."""

    spdx = Text(100)
    url = Web()
    name = Text(200)
    non_commercial = Flag()
    attribution = Flag()
    share_alike = Flag()
    reviewed_by = Reference("party", role="reviewed_by")


TYPES: Final = (
    "works", "collection", "catalogue", "dataset", "footage", "stock", "music", "sound_recording", "text", "scan", "model",
    "style", "character", "open", "provider_terms", "other",
)  # fmt: skip


class Licence(Record):
    """What a grantor allows a grantee to do with sources or items. The training grant stands apart from the output
    grant; what neither states is unknown, and unknown is not allowed.
    """

    grantor = Reference("party", required=True)
    grantee = Reference("party")
    type = Choice(*TYPES)
    authority = Nested(Authority)
    signed_at = PartialDate()
    effective_at = PartialDate()
    sources = OpenList(Reference("source", role="source"), most=400)
    items = Nested(Blob, about="the licensed items as an item list, when they are not whole sources")
    schedule_count = Whole(about="how many items the schedule of the paper lists")
    training = Nested(TrainingGrant)
    output = Nested(OutputGrant)
    territories = OpenList(Territory(), most=500)
    media = choices(vocabulary.MEDIA)
    window = Nested(Window)
    productions_allowed = OpenList(Reference("production", role="licensed_production"), most=500)
    models_allowed = OpenList(Reference("model", role="licensed_model"), most=500)
    excluded = Several(Text(500), most=100, about="uses that are forbidden in words")
    duties = Several(Nested(Duty), most=100)
    royalty = Nested(Royalty)
    fee = Encrypted(Nested(Money))
    on_end = Nested(OnEnd)
    withdrawal = Nested(Withdrawal)
    open_licence = Nested(OpenLicence)
    governing_law = Territory()
    signatures = Several(Nested(Signatory), most=20)
    documents = Several(Reference("document", role="document"), most=50)
    policy = Nested(Blob, about="the policy that it was read from, as found")

    @validates_schema
    def consistent(self, data: dict[str, Any], **_: Any) -> None:
        """An open licence says which; no licence ends before it takes effect."""
        if data.get("type") == "open":
            needs(data, "open_licence", "for an open licence")
        window = data.get("window", {})
        if "effective_at" in data and "end" in window and surely_before(window["end"], data["effective_at"]):
            raise ValidationError({"effective_at": ["The licence ends before it takes effect; correct one of the two dates."]})


CARRIERS: Final = (
    "robots_txt", "well_known", "http_header", "html_meta", "html_link", "html_script", "rsl_xml", "xmp", "c2pa_manifest", "paper", "other",
)  # fmt: skip


class OptOut(Body):
    """One look for a reservation of rights, with the place, the day and the answer found there."""

    signal = Choice(
        "robots", "content_signals", "tdmrep", "aipref", "rsl", "cawg", "c2pa", "iptc_plus", "terms_of_use", "letter", "registry", "other",
        required=True,
    )  # fmt: skip
    place = Text(2000, required=True, about="the address or register where it was looked up")
    observed_at = PartialDate(required=True)
    answer = Choice("reserved", "constrained", "allowed", "none_found", "unreadable", required=True)
    permissions = Several(Choice(*vocabulary.PERMISSIONS), most=20, about="which uses the answer is about; absent: all of them")
    carrier = Choice(*CARRIERS, about="in what it stood at that place")
    version = Text(60, about="of the signal's standard, as it was read")
    found = Text(500, about="the words as they stood there")
    about = Web(about="the address of the work that was asked about")
    terms = Web(about="where the licence or the policy lies that the signal refers to")
    payment = Text(190, about="what it costs, in the signal's own words")
    reader = Text(60, about="which reader told what the words mean")
    raw = Nested(Blob, about="what was found, byte for byte")
    by = Reference("party", role="observed_by")


SOURCE_TYPES: Final = (
    "image", "painting", "photograph", "collection", "film", "footage", "audio", "music", "sound_recording", "text", "script",
    "model_3d", "motion", "scan", "voice_recording", "web", "social", "stock", "game", "dataset", "code", "mixed", "other",
)  # fmt: skip


class Source(Record):
    """A work or collection that may be licensed or learnt from. `people: []` says that a person looked and nobody
    recognisable is in it.
    """

    title = Text(300, required=True)
    type = Choice(*SOURCE_TYPES)
    authors = Several(Reference("party", role="author"), most=200)
    owner = Reference("party")
    created = PartialDate()
    published = Flag()
    items = Nested(Blob)
    item_count = Whole()
    digests = digests()
    url = Web()
    acquired_at = PartialDate()
    acquired_how = Choice("commissioned", "licensed", "purchased", "own_production", "public_web", "donated", "public_domain", "other")
    acquired_from = Reference("party", role="acquired_from")
    origin_production = Reference("production", role="origin_production")
    people = OpenList(Reference("party", role="person"), most=400)
    covered_by = OpenList(Choice(*vocabulary.CRAFTS), most=40, about="crafts whose covered work it contains")
    covered_commercial = Flag(about="a commercial made under a union agreement")
    personal_data = Flag()
    contains_generated = Flag()
    opt_outs = Several(Nested(OptOut), most=200, about="[] says that nobody looked")
    rights_statement = Text(1000)
    documents = Several(Reference("document", role="document"), most=50)
