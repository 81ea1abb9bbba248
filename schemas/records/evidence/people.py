"""Papers about people: notices, attestations, sessions, takes, the crowd, casting, union talks."""

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
    Nested,
    PartialDate,
    Privileged,
    Several,
    Territory,
    Text,
    Whole,
)
from schemas.parts import Blob, Digest, Money, Window, needs, ordered
from schemas.references import Reference

NOTICES: Final = (
    "replica_creation", "replica_use", "synthetic", "training_licence", "pre_production", "generative_tool", "transfer", "session",
    "employees", "termination", "other",
)  # fmt: skip


class Notice(Body):
    """A notice: of what, from whom to whom, when delivered and how that is shown (TV/Theatrical 2023 XX.A.2.a: 48 hours)."""

    kind = Choice(*NOTICES, required=True)
    sender = Reference("party", role="notice_from")
    recipients = Several(Reference("party", role="notice_to"), most=500)
    recipient_kind = Choice("performer", "union", "guild", "employees", "company", "representative", "distributor")
    written = Flag()
    sent_at = PartialDate()
    delivered_at = PartialDate()
    delivery = Choice("hand", "email", "post", "portal", "call_sheet", "verbal")
    proof = Reference("document", role="delivery_proof")
    description = Erasable(Text(4000))
    content = Nested(Digest)
    document = Reference("document")
    session = Reference("evidence", role="announced_session")
    response_due_at = PartialDate()
    response = Choice("none", "acknowledged", "agreed", "objected", "approved", "refused", "bargaining_requested", "meeting_requested")
    responded_at = PartialDate()

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """Nothing is delivered before it is sent, or answered before it is delivered."""
        ordered(data, "sent_at", "delivered_at", "responded_at")


ATTESTATIONS: Final = (
    "classification", "recognisability", "identifiability", "description_adequate", "conspicuousness", "good_faith_day_estimate",
    "no_avoidance", "no_displacement", "significant_additional_value", "security", "biometric_isolation", "non_human_character",
    "minor_counsel", "director_control", "origin", "nobody_appears", "people_complete", "cast_complete", "stunt_safety",
    "representative_authority", "diligence", "strike_applicability", "good_faith_bargaining", "meaningful_consultation",
    "vendor_training", "human_authorship", "identity", "disclosure_conspicuous", "evidently_fictional", "no_third_party_material",
    "principles_met", "business_reason_adequate", "union_status",
    "legal_review", "editorial_review", "agreement_read", "recast_for_other_reason", "consistent_with_contract", "other",
)  # fmt: skip


class Countersignature(Body):
    """A second person's signature under an attestation."""

    by = Reference("party", role="countersigned_by", required=True)
    role = Choice(*vocabulary.SIGNING_ROLES, required=True)
    at = PartialDate(required=True)
    outcome = Choice("confirmed", "rejected")


class Attestation(Body):
    """What a machine cannot decide, stated by a named role, with its evidence and expiry (the subjects stand beside it).

    `rejected` is the contrary finding: `no_displacement` rejected by labour relations says that somebody is displaced,
    `no_avoidance` that covered work was sent out to escape an agreement.
    """

    kind = Choice(*ATTESTATIONS, required=True, about="a rejected `identifiability` counts from casting and legal together")
    outcome = Choice("confirmed", "rejected", "unsure", required=True)
    statement = Erasable(Text(4000))
    reasons = Privileged(Text(8000))
    method = Erasable(Text(1000))
    classified_as = Choice(*vocabulary.REPLICA_KINDS, "synthetic", "alteration", "non_human", "no_person")
    days = Decimal(about="the estimate, for good_faith_day_estimate")
    compared_with = Several(Choice("performer", "replica"), most=2, about="for significant_additional_value")
    items = Nested(Blob, about="the item list of a bulk attestation")
    plan_tier = Text(100)
    signatory = Reference("party", role="attested_by")
    role = Choice(*vocabulary.SIGNING_ROLES, required=True)
    signed_at = PartialDate(required=True)
    expires_at = PartialDate()
    countersignatures = Several(Nested(Countersignature), most=20)
    materials = Several(Reference("asset", "document", "evidence", role="attestation_material"), most=100)
    supersedes = Reference("evidence", role="supersedes")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """An attestation expires after it is signed; an estimate of days says how many."""
        ordered(data, "signed_at", "expires_at")
        if data["kind"] == "good_faith_day_estimate":
            needs(data, "days", "for an estimate of days")


class BusinessReason(Body):
    """Why a performer is asked for a scan (TV/Theatrical 2026, 39.J), recorded before asking."""

    text = Erasable(Text(4000, required=True))
    scenes = Several(Text(100), most=200)
    use = Erasable(Text(1000))
    recorded_at = PartialDate()
    generic = Flag(about="whether it names no shot or need (in case we need it)")
    approved_by = Reference("party", role="approved_by")


class CaptureSession(Body):
    """A scan or voice recording of a person for a replica. `biometrics: []` says that none were taken."""

    person = Reference("party", required=True)
    production = Reference("production")
    requested_at = PartialDate(about="when the person was asked for it")
    kind = Choice("face_scan", "body_scan", "photogrammetry", "voice", "motion", "performance", "biometric", "mixed", "other")
    starts_at = PartialDate()
    ends_at = PartialDate()
    hours = Decimal()
    standalone = Flag(about="no other work on that day")
    accommodates_performer = Flag(about="the time was set for the performer's convenience")
    engagement = Reference("engagement")
    place = Erasable(Text(200))
    country = Territory()
    business_reason = Nested(BusinessReason)
    biometrics = Several(Choice("fingerprint", "palm", "iris", "retina", "voiceprint", "face_template", "gait"), most=10)
    biometric_purpose = Erasable(Text(1000))
    notice = Reference("evidence", role="notice")
    consents = Several(Reference("consent", role="session_consent"), most=50)
    operator = Reference("party", role="operator")
    assets = Several(Reference("asset", role="captured"), most=500)
    state = Choice("planned", "held", "cancelled")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """A session ends after it starts."""
        ordered(data, "starts_at", "ends_at")


class Delivered(Body):
    """A paper given to a person on a date."""

    to = Reference("party", role="delivered_to", required=True)
    at = PartialDate(required=True)
    proof = Reference("document", role="delivery_proof")


class ScriptVersion(Body):
    """A version of a script: when it came to be, its digest, to whom it was delivered, which scenes it holds."""

    production = Reference("production", required=True)
    label = Text(200)
    created_at = PartialDate(required=True)
    content = Nested(Digest)
    asset = Reference("asset", role="script_file")
    delivered = Several(Nested(Delivered), most=500)
    scenes = Several(Text(100), most=2000)


class Take(Body):
    """One recording of a performance."""

    person = Reference("party")
    scene = Text(100)
    name = Text(200)
    recorded_at = PartialDate()
    content = Nested(Digest)
    asset = Reference("asset", role="take_file")
    script_version = Reference("evidence", role="script_version", pins=True)


class Bargaining(Body):
    """Bargaining with a union or a person about consideration: opened, meetings, closed, outcome."""

    kind = Choice("synthetic", "replica_use", "other_use", "named_performer", "real_time", "secondary", "impact", "training", "other")
    parties = Several(Reference("party", role="bargaining_party"), most=50)
    person = Reference("party", role="bargained_with")
    notice = Reference("evidence", role="notice")
    opened_at = PartialDate()
    meetings = Several(PartialDate(), most=100)
    closed_at = PartialDate()
    outcome = Choice("open", "agreed", "waived", "impasse", "arbitration", "refused")
    agreed_amount = Encrypted(Nested(Money))
    at_least_minimum = Flag(about="stated by business affairs, where the amount itself is not recorded")
    rate_table = Reference("evidence", role="rate_table")
    rate_key = Text(200)
    share_of_rate = Decimal(about="the agreed amount as a multiple of the rate, 0.4 for 40 %")
    terms = Reference("document", role="terms")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """Bargaining closes after it opens."""
        ordered(data, "opened_at", "closed_at")


class Consultation(Body):
    """A consultation: asked for or proposed, held, what was advised and answered (DGA, IATSE, Animation Guild).

    `requested_at` says when an employee asked for it; `outcome: refused` that the company declined to hold it.
    """

    guild = Text(100)
    people = Several(Reference("party", role="consulted"), most=100)
    topic = Erasable(Text(1000))
    requested_at = PartialDate()
    proposed_at = PartialDate()
    held_at = PartialDate()
    proposal = Erasable(Text(4000))
    advice = Erasable(Text(4000))
    response = Erasable(Text(4000))
    alternatives_considered = Several(
        Erasable(Text(1000)), most=50, about="what was weighed instead, also tools without generation; [] none"
    )
    outcome = Choice("agreed", "advice_taken", "advice_declined", "pending", "refused")


class Meeting(Body):
    """A meeting with a union, asked for and held (semi-annual meetings; meetings on request)."""

    union = Reference("party", role="union")
    company = Reference("party", role="company", about="absent where the whole industry meets")
    requested_at = PartialDate()
    held_at = PartialDate()
    next_due_at = PartialDate()
    agenda = Several(
        Choice(
            "use_and_intended_use",
            "bias_mitigation",
            "unauthorised_performances",
            "remuneration",
            "training",
            "technology",
            "replica_tracking",
            "other",
        ),
        most=10,
    )
    minutes = Reference("document", role="minutes")


class BackgroundDay(Body):
    """The count of background actors on a day in a zone (Schedule X)."""

    production = Reference("production", required=True)
    date = PartialDate(required=True)
    zone = Text(100)
    unit = Text(100)
    scenes = Several(Text(100), most=200)
    required_count = Whole()
    engaged_live_count = Whole()
    replica_count = Whole()
    replicas = Several(Reference("replica", role="background_replica"), most=400)


class CastingEvent(Body):
    """One step of casting a part."""

    person = Reference("party", role="cast_person")
    type = Choice("considered", "offered", "accepted", "refused_replica", "refused", "recast", "released", required=True)
    at = PartialDate()
    reason = Privileged(Text(2000))


class CastingLog(Body):
    """What happened in casting a role (ACTRA: no penalty for refusing a replica)."""

    role = Reference("role", required=True)
    events = Several(Nested(CastingEvent), most=200, required=True)


class BiometricUse(Body):
    """A use of biometric data of a performer (TV/Theatrical 2026, 39.E)."""

    session = Reference("evidence", role="capture_session")
    person = Reference("party")
    type = Choice("fingerprint", "palm", "iris", "retina", "voiceprint", "face_template", "gait", required=True)
    purpose = Erasable(Text(1000, required=True))
    related_to_picture = Flag()
    set_security = Flag()
    window = Nested(Window)


class DataProtection(Body):
    """The lawful basis on which a person's data are processed."""

    person = Reference("party", required=True)
    lawful_basis = Choice("consent", "contract", "legitimate_interest", "legal_obligation", "vital_interest", "public_task")
    impact_assessment = Reference("document", role="impact_assessment")
    retention_end = PartialDate()
    deletion_date = PartialDate()


class IdentityCheck(Body):
    """A provider's check that a voice or face belongs to the person who consented."""

    person = Reference("party")
    provider = Text(200)
    provider_id = Erasable(Text(300))
    required = Flag()
    verified = Flag()
    at = PartialDate()
    similarity = Decimal()
    attempts = Whole()
    raw = Nested(Blob)


class Complaint(Body):
    """A complaint about compulsion, displacement or an unauthorised use."""

    by = Reference("party", role="complainant")
    at = PartialDate()
    topic = Choice("compulsion", "displacement", "penalty_for_refusal", "unauthorised_use", "credit", "payment", "other")
    text = Privileged(Text(4000))
    state = Choice("open", "settled", "rejected", "withdrawn")


class Employment(Body):
    """Severance and training programmes that an agreement asks for (IATSE, DGA)."""

    kind = Choice("severance", "retraining", "training_programme")
    person = Reference("party")
    employer = Reference("party", role="employer")
    cause = Erasable(Text(1000))
    amount = Encrypted(Nested(Money))
    starts_at = PartialDate()
    members_trained = Whole()


class DutyAssignment(Body):
    """Who carries out a duty or task: a covered person, or a system (DGA, IATSE)."""

    duty = Text(300, required=True)
    craft = Choice(*vocabulary.CRAFTS)
    person = Reference("party", role="assigned")
    system = Text(200, about="the system that does it in a person's place")
    employer = Reference("party", role="employer")
    covered = Flag()

    @validates_schema
    def someone(self, data: dict[str, Any], **_: Any) -> None:
        """A duty is with a person or a system."""
        if not data.keys() & {"person", "system"}:
            raise ValidationError({"person": ["Name the person who has this duty, or the system."]})


TYPES: Final[dict[str, type[Body]]] = {
    "notice": Notice,
    "attestation": Attestation,
    "capture_session": CaptureSession,
    "script_version": ScriptVersion,
    "take": Take,
    "bargaining": Bargaining,
    "consultation": Consultation,
    "meeting": Meeting,
    "background_day": BackgroundDay,
    "casting_log": CastingLog,
    "biometric_use": BiometricUse,
    "data_protection": DataProtection,
    "identity_check": IdentityCheck,
    "complaint": Complaint,
    "employment_programme": Employment,
    "duty_assignment": DutyAssignment,
}
