"""Papers about custody, training, disclosure and approval: who may reach a replica, who was told, who allowed it."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.fields import (
    Body,
    Choice,
    Decimal,
    Encrypted,
    Erasable,
    Flag,
    Language,
    Nested,
    OpenList,
    PartialDate,
    Privileged,
    Several,
    Territory,
    Text,
    choices,
)
from schemas.parts import Blob, Money, Signatory, Terms, Window, needs, ordered
from schemas.references import Reference


class Transfer(Body):
    """The transfer of replicas to another company (TV/Theatrical 2026, 39.I)."""

    replicas = Several(Reference("replica", role="transferred"), most=400, required=True)
    giver = Reference("party", role="transferor")
    taker = Reference("party", role="transferee")
    at = PartialDate()
    releases_transferor = Flag(about="whether the giver wants to be free of responsibility")
    released_declared_at = PartialDate()
    vendor_under_our_responsibility = Flag()
    assumption = Reference("document", role="assumption")
    arbitration_right = Flag()
    financial_evidence = Reference("document", role="financial_evidence")
    notice = Reference("evidence", role="notice")
    union_notice_delivered_at = PartialDate()
    union_response = Choice("none", "approved", "refused")
    responded_at = PartialDate()
    controls = Text(2000, about="the taker's controls")

    @validates_schema
    def answered(self, data: dict[str, Any], **_: Any) -> None:
        """An answer has a date, after the notice."""
        if data.get("union_response", "none") != "none":
            needs(data, "responded_at", "for an answer of the union")
        ordered(data, "union_notice_delivered_at", "responded_at")


class AccessPolicy(Body):
    """Who may reach replica files, and by what controls (TV/Theatrical 2026, 39.H)."""

    replicas = OpenList(Reference("replica", role="protected"), most=400, required=True)
    roles = Several(Text(200), most=100, required=True, about="roles with a business need")
    controls = Several(Text(500), most=100)
    at = PartialDate(about="when it was put in force")
    window = Nested(Window)
    owner = Reference("party", role="policy_owner")


class AccessLog(Body):
    """Who reached a replica, when, for what; the log itself is a blob."""

    replica = Reference("replica")
    period = Nested(Window)
    log = Nested(Blob)
    anomalies = Several(Erasable(Text(1000)), most=100, about="[] says that somebody looked and found none")


class TrainingLicence(Body):
    """The licensing out of covered material for training (TV/Theatrical 2026, 39.L): the four conditions and the works."""

    licensor = Reference("party", role="licensor")
    licensee = Reference("party", role="licensee")
    licence = Reference("licence")
    licences = Several(
        Reference("licence", role="training_licence"), most=400, about="licences of those who keep rights in the works, writers among them"
    )
    licensee_affiliated = Flag()
    compensated = Flag()
    system_public_facing = Flag()
    system_commercial = Flag()
    in_house = Flag(about="the studio trains a model of its own")
    signed_at = PartialDate()
    works = OpenList(Reference("production", "source", "asset", role="covered_work"), most=400)
    work_list = Nested(Blob)
    crafts = OpenList(Choice(*vocabulary.CRAFTS), most=40)
    agreements = OpenList(Reference("agreement", role="covered_agreement"), most=50)
    contains_commercials = Flag()
    contains_recordings = Flag(about="whether sound recordings made under a union agreement are in it")
    fee = Encrypted(Nested(Money))
    meeting_requested_at = PartialDate()


class TrainingJob(Body):
    """A training run that is asked for or was made: on what, for what."""

    datasets = Several(Reference("dataset", role="training_dataset", pins=True), most=400)
    works = Several(Reference("production", "source", "asset", role="training_work"), most=400)
    model = Reference("model", role="trained_model", pins=True)
    licences = Several(Reference("licence", role="training_licence"), most=400)
    kind = Choice(*vocabulary.TRAINING_KINDS)
    purpose = Text(1000)
    intended_outputs = Text(2000)
    planned_at = PartialDate()
    started_at = PartialDate()
    state = Choice("asked", "running", "done", "stopped")


class Overlay(Body):
    """A disclosure shown with an asset: text, where, for which places."""

    asset = Reference("asset", role="disclosed_asset")
    text = Text(1000, required=True)
    language = Language()
    position = Text(300)
    kind = Choice("visible_label", "audible_label", "caption", "metadata", "credit", "store_page", "watermark")
    conspicuous = Reference("evidence", role="conspicuous", about="an attestation of kind disclosure_conspicuous")
    territories = OpenList(Territory(), most=500, about="for which places it is shown; absent is all")
    shown_from = PartialDate(about="from when on it goes with the asset")
    starts_at_seconds = Decimal(about="when it begins, from the start of a video or recording")
    seconds = Decimal(about="how long it stays")
    height_percent = Decimal(about="its height in per cent of the shorter side of the picture")


EXEMPTIONS: Final = (
    "as_scripted", "post_production", "dub", "double", "first_amendment", "non_human", "unrecognisable", "safety", "processing",
    "incidental", "other",
)  # fmt: skip
FIRST_AMENDMENT: Final = ("commentary", "criticism", "scholarship", "parody", "satire", "docudrama", "history", "biography")


class ExemptionClaim(Body):
    """A claim that an exemption holds for a rule and a use; it counts only once somebody with authority approved it."""

    type = Choice(*EXEMPTIONS, required=True)
    rule = Text(200, about="the id of the rule it is claimed against")
    category = Choice(*FIRST_AMENDMENT)
    basis = Erasable(Text(4000))
    media = choices(vocabulary.MEDIA)
    territories = OpenList(Territory(), most=500)
    productions = OpenList(Reference("production", role="exempt_production"), most=100)
    advertising_covered = Flag()
    script_version = Reference("evidence", role="script_version", pins=True)
    takes = Several(Reference("evidence", role="take"), most=50)
    output = Reference("asset", role="exempt_output")
    materials = Several(Reference("asset", "document", "evidence", role="exemption_material"), most=100)
    counsel_memo = Reference("document", role="counsel_memo")
    claimed_by = Reference("party", role="claimed_by")
    claimed_at = PartialDate()
    state = Choice("claimed", "approved", "rejected", "withdrawn", required=True)
    approved_by = Reference("party", role="approved_by", about="somebody else than the claimant, entitled to approve such a claim")
    approver_role = Choice(*vocabulary.SIGNING_ROLES)
    approved_at = PartialDate()
    expires_at = PartialDate()
    reasons = Privileged(Text(8000))

    @validates_schema
    def approved(self, data: dict[str, Any], **_: Any) -> None:
        """An approval says in what role and when; an approval on the First Amendment says which kind of work."""
        if data["state"] in ("approved", "rejected"):
            needs(data, "approver_role", f"when the claim is {data['state']}")
            needs(data, "approved_at", f"when the claim is {data['state']}")
        if data["type"] == "first_amendment":
            needs(data, "category", "for a First Amendment claim")
        ordered(data, "claimed_at", "approved_at", "expires_at")


class Approval(Body):
    """The approval of a buyer, advertiser or union for a use, in writing, with its scope."""

    sender = Reference("party", role="approved_by")
    of = Choice("distributor", "advertiser", "union", "platform", "broadcaster", "rights_holder", "producer", "insurer")
    subject = Choice("data_use", "creative_output", "talent_performance", "ethics_representation", "model_reuse", "workflow", "general")
    outcome = Choice("approved", "refused", "conditional", "requested", "notified", required=True)
    requested_at = PartialDate()
    written_at = PartialDate()
    text = Erasable(Text(4000))
    productions = OpenList(Reference("production", role="approved_production"), most=100)
    shots = Several(
        Text(200), most=400, about="what it approves, in words, before any record of that exists: names, file names or outside ids of shots"
    )
    scenes = Several(Text(100), most=400, about="the scenes that it approves, as the shots name them")
    window = Nested(Window)
    document = Reference("document")
    reference = Text(200)


class ToolTerms(Body):
    """The terms of a tool as read by somebody on a day, and whether they were accepted for productions."""

    tool = Text(200, required=True)
    vendor = Reference("party", role="tool_vendor")
    model = Reference("model", pins=True)
    terms = Nested(Terms, required=True)
    reviewed_by = Reference("party", role="reviewed_by")
    accepted = Flag()


class VendorDetermination(Body):
    """Legal's decision about a vendor's undisclosed training, once for each model version and plan tier, with expiry."""

    model = Reference("model", pins=True, required=True)
    plan_tier = Text(100)
    outcome = Choice("accepted", "accepted_with_conditions", "refused", required=True)
    conditions = Text(4000)
    productions = OpenList(Reference("production", role="determined_production"), most=200)
    decided_by = Reference("party", role="decided_by")
    role = Choice(*vocabulary.SIGNING_ROLES)
    decided_at = PartialDate(required=True)
    expires_at = PartialDate(required=True)
    reasons = Privileged(Text(8000))


class Origin(Body):
    """One bulk attestation that settles where a range of shots or files comes from, as camera originals do."""

    origin = Choice("camera", "hand_made", "licensed_stock", "recorded", "generated", "mixed", required=True)
    assets = Several(
        Reference("asset", role="origin_of"), most=400, about="the shots; any number of others name it in their origin_evidence"
    )
    items = Nested(Blob, about="the files of the range as an item list, for the record; what is settled are the assets")
    production = Reference("production")
    shooting = Nested(Window)
    signatory = Nested(Signatory, required=True)
    ai_used = Flag()


class PackReader(Body):
    """Somebody who read a pack against the signed text: the account, in what role, when."""

    account = Text(100, required=True)
    role = Choice(*vocabulary.SIGNING_ROLES)
    at = PartialDate()
    statement = Text(2000)


class PackSignOff(Body):
    """The sign-off of a pack by its digest: two people read it against the signed text of the agreement or law."""

    pack = Text(100, required=True)
    digest = Text(64, pattern=r"[0-9a-f]{64}", form="Write the SHA-256 of the pack as 64 hexadecimal digits.", required=True)
    readers = Several(Nested(PackReader), most=20, required=True)
    text_read = Reference("document", role="text_read")
    expires_at = PartialDate()

    @validates_schema
    def two_people(self, data: dict[str, Any], **_: Any) -> None:
        """Nobody signs twice; one reader alone is a first signature."""
        accounts = [reader["account"] for reader in data["readers"]]
        for place, account in enumerate(accounts):
            if account in accounts[:place]:
                raise ValidationError({"readers": {place: {"account": ["This person signed already; a second person is needed."]}}})


TYPES: Final[dict[str, type[Body]]] = {
    "transfer": Transfer,
    "access_policy": AccessPolicy,
    "access_log": AccessLog,
    "training_licence": TrainingLicence,
    "training_job": TrainingJob,
    "disclosure_overlay": Overlay,
    "exemption_claim": ExemptionClaim,
    "approval": Approval,
    "tool_terms": ToolTerms,
    "vendor_determination": VendorDetermination,
    "origin": Origin,
    "pack_sign_off": PackSignOff,
}
