"""Consents and refusals of people, and the events that change what a consent or licence allows."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.fields import (
    Body,
    Choice,
    Encrypted,
    Flag,
    Language,
    Nested,
    OpenList,
    PartialDate,
    Personal,
    Privileged,
    Several,
    Territory,
    Text,
    Whole,
    choices,
)
from schemas.parts import Blob, Digest, Identifier, Window, needs, ordered
from schemas.records.base import Record
from schemas.records.licence import Withdrawal
from schemas.references import Reference


class Limits(Body):
    """How much a consent allows, counted over all its uses."""

    seconds = Whole()
    lines = Whole()
    words = Whole()
    items = Whole()
    uses = Whole()
    days = Whole()
    titles = Whole()


class Scope(Body):
    """What a consent covers, field by field. A field that is absent was not stated, `["*"]` is any, `[]` is none.

    `unnamed_productions` is true where the paper says "and other productions" without naming them, which is no description.
    """

    productions = OpenList(Reference("production", role="consented_production"), most=500)
    unnamed_productions = Flag()
    scenes = OpenList(Text(100), most=400)
    roles = OpenList(Reference("role", role="consented_role"), most=200)
    purposes = choices(
        vocabulary.PURPOSES, about="creation and use are of a replica; synthetic_feature lends a feature, a voice or the name to a prompt"
    )
    modalities = choices(vocabulary.MODALITIES)
    features = choices(vocabulary.FEATURES)
    languages = OpenList(Language(), most=200)
    media = choices(vocabulary.MEDIA)
    territories = OpenList(Territory(), most=500)
    alterations = choices(vocabulary.ALTERATIONS)
    limits = Nested(Limits)
    training = Flag()
    training_kinds = choices(vocabulary.TRAINING_KINDS)
    models = OpenList(Reference("model", role="consented_model"), most=200)
    tools = OpenList(Text(200), most=100)
    replicas = OpenList(Reference("replica", role="consented_replica"), most=200)
    advertisers = OpenList(Reference("party", role="consented_advertiser"), most=100)
    product_lines = OpenList(Text(200), most=100)
    future_commercials = Flag(
        about="whether it speaks for later commercials of the advertiser and product line, beside the productions it names"
    )
    real_time = Flag(about="whether replies may be generated while a user plays or talks")
    sensitive_content = choices(vocabulary.CONTENT_FLAGS)
    script_version = Reference("evidence", role="script_version", pins=True)


class Clause(Body):
    """Where in the paper the consent stands."""

    document = Reference("document", role="consent_document")
    number = Text(100)
    page = Whole(1)
    heading = Text(200)


class Signature(Body):
    """The signature under the consent: where it stands, how it was given, when."""

    position = Choice("own_signature_block", "beside_the_clause", "initials_at_the_clause", "end_of_the_contract", "none")
    signed_at = PartialDate()
    method = Choice("ink", "electronic", "click", "recorded_speech", "other")
    provider = Text(200)
    document = Reference("document", role="signature")


class AfterDeath(Body):
    """What the consent says about the time after the person's death. `stated: false` is a paper that says nothing."""

    stated = Flag()
    survives = Flag()
    productions = OpenList(Reference("production", role="posthumous_production"), most=200)
    purposes = choices(vocabulary.PURPOSES)
    until = PartialDate()
    text = Personal(Text(4000), subject=("person", "grantor"))


class Consent(Record):
    """A grant or a refusal: who answered in what capacity for which person, in what form, over what scope and time.

    `grantor` signs, `person` is the one whose likeness, voice or work it is about (both the same for `self`). The
    description stays under the person's key; whether it is reasonably specific is for an attestation to say. A company's
    permission to use a tool is a consent too: capacity `company`, `given_to` the writer or artist.
    """

    grantor = Reference("party", required=True)
    person = Reference("party", about="absent only where the consent is about no one person, as a union's for a whole title")
    capacity = Choice(*vocabulary.CAPACITIES, required=True)
    answer = Choice("granted", "refused", required=True)
    authority_document = Reference("document", role="authority")
    court_approval = Reference("document", role="court_approval")
    obtained_by = Reference("party", role="obtained_by")
    given_to = Reference("party", role="given_to")
    form = Choice(*vocabulary.CONSENT_FORMS)
    clause = Nested(Clause)
    signature = Nested(Signature)
    requested_at = PartialDate()
    signed_at = PartialDate()
    conspicuousness = Reference("evidence", role="conspicuousness")
    description = Personal(Text(8000), subject=("person", "grantor"))
    description_specific = Reference("evidence", role="description_specific")
    scope = Nested(Scope)
    window = Nested(Window, about="from when to when it is valid")
    limits_after_death = Nested(AfterDeath)
    withdrawal = Nested(Withdrawal)
    deletion_date = PartialDate(about="when the recordings, scans and replicas made under it are to be deleted")
    condition_of_employment = Flag()
    replaces_work = Flag(about="whether the clause lets a replica stand in for work the person would have done in person")
    compensation = Encrypted(Text(2000))
    platform = Reference(
        "party",
        role="platform",
        about="the market place or voice platform that holds the consent (a paper of development has the purpose creation, one of use names its project)",
    )
    diligence = Several(Reference("evidence", "document", role="diligence"), most=50)
    documents = Several(Reference("document", role="document"), most=50)

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """Who speaks for another names that person; nobody signs before being asked; two signing dates must agree."""
        if data["capacity"] not in ("self", "company", "employer", "union"):  # a union may agree for a title
            needs(data, "person", f"when the capacity is {data['capacity']}")
        if data["capacity"] == "self" and data.get("person", data["grantor"]) != data["grantor"]:
            raise ValidationError({"capacity": ["Grantor and person differ, so this is not self; say in what capacity the grantor signs."]})
        ordered(data, "requested_at", "signed_at")
        signed = data.get("signature", {}).get("signed_at")
        if signed is not None and data.get("signed_at", signed) != signed:
            raise ValidationError({"signature": {"signed_at": ["This differs from signed_at; keep one of the two, or make them equal."]}})


CONSENT_EVENTS: Final = ("narrowed", "suspended", "resumed", "withdrawn", "expired", "superseded", "refused", "confirmed")
LICENCE_EVENTS: Final = ("revoked", "terminated", "reinstated", "items_withdrawn", "extended")
OTHER_EVENTS: Final = (
    "certificate_distrusted", "strike_called", "strike_ended", "opted_out", "tainted", "recalled", "terms_changed",
    "responsibility_released", "complaint", "barred", "bar_lifted", "quarantined", "deleted", "erased",
)  # fmt: skip
EVENTS: Final = (*CONSENT_EVENTS, *LICENCE_EVENTS, *OTHER_EVENTS)
TARGETS: Final = (
    "consent", "licence", "replica", "model", "dataset", "source", "agreement", "binding", "engagement", "asset", "release",
    "delivery", "evidence", "party", "production", "document", "waiver", "generation", "adoption",
)  # fmt: skip


class Strike(Body):
    """A strike: of which union, under which agreements, against whom."""

    union = Reference("party", role="union", required=True)
    agreements = OpenList(Reference("agreement", role="struck_agreement", affects=True), most=50)
    employers = OpenList(Reference("party", role="struck_employer"), most=500, about='["*"] all employers of the agreements')
    productions = OpenList(Reference("production", role="struck_production", affects=True), most=500)
    declaration = Reference("document", role="declaration")
    declared_by = Reference("party", role="declared_by")


class Certificate(Body):
    """A signing certificate that is no longer trusted, and from when on."""

    digest = Nested(Digest)
    serial = Text(100)
    issuer = Text(500)
    trusted_until = PartialDate()


class Erasure(Body):
    """What was forgotten about a person: how many values of how many records, and the list of what the log still holds of them."""

    values = Whole(required=True)
    records = Whole(required=True)
    papers = Whole(about="how many papers went whole, with their content")
    plans = Whole(about="how many descriptions of planned subjects went, which decisions had kept")
    commitments = Nested(Blob, about="their commitments, one a line in hexadecimal; random bytes to everybody from now on")


class Event(Record):
    """Something that happened to other records and changes what they allow: a withdrawal, a suspension, a revocation, a
    strike. It is a record of its own and `targets` are affected by it; nothing is changed in place.
    """

    type = Choice(*EVENTS, required=True)
    targets = Several(Reference(*TARGETS, role="target", affects=True), most=400)
    effective_at = PartialDate(required=True)
    by = Reference("party", role="by")
    basis = Choice(
        "contract_clause", "contract_silent", "law", "court_order", "strike", "mistake", "agreement", "policy", "breach", "expiry",
        "union_declaration", "security", "other",
    )  # fmt: skip
    clause = Text(200)
    scope = Nested(Scope, about="what is narrowed, suspended or withdrawn; absent means the whole")
    items = Nested(Blob, about="the items that are withdrawn, as an item list")
    item_identifiers = Several(Nested(Identifier), most=400)
    superseded_by = Reference("consent", "licence", "agreement", "model", "dataset", role="superseded_by")
    strike = Nested(Strike)
    ends = Reference("event", role="ends", affects=True, about="the event that this one brings to an end")
    certificate = Nested(Certificate)
    erasure = Nested(Erasure, about="what was erased; the service says so itself")
    statement = Personal(Text(8000), about="the words in which it was said")
    reason = Privileged(Text(4000))
    document = Reference("document")

    @validates_schema
    def aimed(self, data: dict[str, Any], **_: Any) -> None:
        """A strike says whose; every other event but a distrusted certificate names what it affects."""
        if data["type"] in ("strike_called", "strike_ended"):
            needs(data, "strike", f"for {data['type']}")
        elif data["type"] == "certificate_distrusted":
            needs(data, "certificate", "for certificate_distrusted")
        elif not data.get("targets"):
            raise ValidationError({"targets": [f"Name the records that are {data['type']}; an event without target changes nothing."]})
        for kind, field in (("superseded", "superseded_by"), ("erased", "erasure")):
            if data["type"] == kind:
                needs(data, field, f"for {kind}")
