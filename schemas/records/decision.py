"""What the service concludes, and what people conclude about it: decisions, reviews, waivers, releases, deliveries."""

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
    OpenList,
    PartialDate,
    Privileged,
    Several,
    Territory,
    Text,
    Timestamp,
    Whole,
)
from schemas.parts import Blob, Money, Window, digests, needs, ordered
from schemas.records.base import Record
from schemas.records.production import Intent
from schemas.references import Reference

SUBJECTS: Final = (
    "asset", "delivery", "appearance", "generation", "replica", "model", "dataset", "source", "licence", "evidence", "production",
    "role", "engagement", "consent", "party", "obligation", "binding", "event",
)  # fmt: skip
RULE_FORM: Final = "Write the id of a rule as in sagaftra-tvt-2026.scan.business-reason."
RULE: Final = r"[a-z0-9][a-z0-9._-]*"


class PackUsed(Body):
    """A pack that took part: its id, the SHA-256 of its canonical JSON, and whether it could block."""

    id = Text(100, required=True)
    digest = Text(64, pattern=r"[0-9a-f]{64}", form="Write the SHA-256 of the pack as 64 hexadecimal digits.", required=True)
    mode = Choice("advisory", "blocking")
    signed_off = Flag()


class Counts(Body):
    """How many findings there are of each result."""

    block = Whole()
    review = Whole()
    obligation = Whole()
    warn = Whole()
    exempt = Whole()
    passed = Whole()
    not_applicable = Whole()


class Decision(Record):
    """The stored answer on subjects, an act, a time and an intent. Facts and findings are blobs; `log_size` is what was
    known; `valid_until` the earliest end of anything it rests on. A planned subject stands in `planned`, not in the ledger.
    """

    subjects = Several(Reference(*SUBJECTS, role="subject", pins=True), most=400)
    subject_list = Nested(Blob, about="more than 400 subjects, as a list of ids")
    planned = Nested(Blob)
    production = Reference("production")
    act = Choice(*vocabulary.ACTS, required=True)
    at = Timestamp(required=True)
    ahead = Flag()
    known_at = Whole()
    profile = Text(100)
    intent = Nested(Intent)
    outcome = Choice(*vocabulary.OUTCOMES, required=True)
    summary = Text(2000)
    causes = Several(Text(300), most=400, about="the stable codes of its causes")
    cause_count = Whole()
    counts = Nested(Counts)
    facts = Nested(Blob, required=True)
    findings = Nested(Blob, required=True)
    coverage = Nested(Blob)
    read = Nested(Blob, about="the record versions it read, as a list")
    packs = Several(Nested(PackUsed), most=200, required=True)
    evaluator = Whole(required=True)
    log_size = Whole(required=True)
    valid_until = Timestamp()
    dry_run = Flag()
    hypothetical = Flag(about="made with packs of the caller or an overlay; it can never back a release")
    decided_by = Text(100, about="the account that asked")


class Review(Record):
    """A question that a person with a role must settle: grouped by cause, so that one answer settles all that are alike."""

    decision = Reference("decision", required=True)
    cause = Text(300, required=True)
    rules = Several(
        Text(200, pattern=RULE, form=RULE_FORM), most=500, about="whose question it is; each is settled by itself, for what was looked at"
    )
    question = Text(2000)
    subjects = Several(Reference(*SUBJECTS, role="subject"), most=400)
    subject_list = Nested(Blob)
    role = Choice(*vocabulary.OWNERS, about="who must settle it")
    state = Choice("open", "confirmed", "rejected", "withdrawn", required=True)
    assigned_to = Text(100)
    decided_by = Text(100)
    decided_as = Choice(*vocabulary.OWNERS)
    decided_at = Timestamp()
    attestation = Reference("evidence", role="attestation")
    reason = Privileged(Text(8000))
    notes = Erasable(Text(4000), about="what was found, in plain words for everybody who reads the review; it names nobody")
    expires_at = PartialDate()

    @validates_schema
    def settled(self, data: dict[str, Any], **_: Any) -> None:
        """A settled review says who settled it and when."""
        if data["state"] in ("confirmed", "rejected"):
            needs(data, "decided_by", f"when the review is {data['state']}")
            needs(data, "decided_at", f"when the review is {data['state']}")


class Waiver(Record):
    """A rule set aside for a scope and a time, by two people. It never reaches an absolute bar."""

    rules = Several(Text(200, pattern=RULE, form=RULE_FORM), most=100, required=True)
    requirement = Text(200)
    subjects = Several(Reference(*SUBJECTS, role="subject"), most=400)
    scope_productions = Several(Reference("production", role="waived_production"), most=100)
    territories = OpenList(Territory(), most=500)
    acts = Several(Choice(*vocabulary.ACTS), most=10)
    reason = Privileged(Text(8000), about="why, in counsel's words")
    state = Choice("requested", "approved", "refused", "revoked", required=True)
    requested_by = Text(100, required=True)
    requested_at = Timestamp()
    approved_by = Text(100)
    approved_at = Timestamp()
    approver_role = Choice(*vocabulary.SIGNING_ROLES)
    expires_at = PartialDate(required=True)
    documents = Several(Reference("document", role="document"), most=50)

    @validates_schema
    def four_eyes(self, data: dict[str, Any], **_: Any) -> None:
        """An approved waiver names a second person."""
        if data["state"] == "approved":
            needs(data, "approved_by", "for an approved waiver")
        if data.get("approved_by") == data["requested_by"]:
            raise ValidationError({"approved_by": ["A waiver needs a second person; let somebody else approve it."]})


class Release(Record):
    """Assets or a delivery let go under a decision."""

    decision = Reference("decision", pins=True, required=True)
    assets = Several(Reference("asset", role="released", pins=True), most=400)
    delivery = Reference("delivery", role="released_delivery", pins=True)
    asset_list = Nested(Blob)
    intent = Nested(Intent)
    released_at = Timestamp(required=True)
    released_by = Text(100)
    recipients = Several(Reference("party", role="recipient"), most=100)
    first = Flag(about="the first release of this content")
    waivers = Several(Reference("waiver", role="waiver"), most=100)

    @validates_schema
    def something(self, data: dict[str, Any], **_: Any) -> None:
        """A release lets something go."""
        if not data.keys() & {"assets", "delivery", "asset_list"}:
            raise ValidationError({"assets": ["Name the assets, or the delivery, that are released."]})


class DeliveryItem(Body):
    """One line of a delivery: the asset and the name it goes under."""

    asset = Reference("asset", role="delivered", pins=True, about="absent while no asset matches")
    path = Text(1000)
    digests = digests()
    bytes = Whole()
    state = Choice("matched", "weak", "unknown", "failed", "missing")


class Remark(Body):
    """Something about a manifest that a person must know before relying on it."""

    code = Text(100, required=True)
    says = Text(2000, required=True)


class Delivery(Record):
    """A set of assets handed over as one, with the manifest it came from. What is too long for one record stands in `parts`,
    which are deliveries themselves; `item_count` counts all of it.
    """

    name = Text(300, required=True)
    production = Reference("production")
    recipients = Several(Reference("party", role="recipient"), most=100)
    items = Several(Nested(DeliveryItem), most=400)
    parts = Several(Reference("delivery", role="delivered", pins=True), most=400)
    item_list = Nested(Blob, about="more than 400 items, as an item list")
    item_count = Whole()
    manifest = Nested(Blob)
    manifest_format = Choice("asc_mhl", "packing_list", "otio", "edl", "csv", "asset_ids", "perforce", "other")
    unmatched = Several(Text(1000), most=400, about="lines of the manifest that no asset matches; [] none")
    remarks = Several(Nested(Remark), most=100)
    profile = Text(100)
    intent = Nested(Intent)
    stage = Choice("publish", "farm", "conform", "delivery")
    due_at = PartialDate()
    decision = Reference("decision")
    state = Choice("draft", "gated", "released", "withdrawn")


OBLIGATIONS: Final = (
    "pay", "contribute", "report", "notify", "meet", "consult", "disclose", "delete", "credit", "label", "residuals", "approval",
    "bargain", "attest", "register", "other",
)  # fmt: skip


class Obligation(Record):
    """Something owed under a finding: to whom, by when on which calendar, and the proof that it was done."""

    type = Choice(*OBLIGATIONS, required=True)
    rule = Text(200, pattern=RULE, form=RULE_FORM)
    requirement = Text(200)
    decision = Reference("decision")
    production = Reference("production")
    subjects = Several(Reference(role="subject"), most=400)
    text = Text(2000, about="the words of the rule; they name nobody")
    owed_by = Reference("party", role="owed_by")
    owed_to = Reference("party", role="owed_to")
    under = Reference(
        "evidence", role="owed_under", about="the paper that says how much, as an estimate of days does, for all its uses together"
    )
    owner = Choice(*vocabulary.OWNERS)
    quantity = Decimal()
    unit = Text(40)
    basis = Text(100)
    amount = Encrypted(Nested(Money))
    due_at = PartialDate()
    due_basis = Choice(
        "date", "after_release", "before_release", "payday", "on_reuse", "on_request", "periodic", "stated",
        about="date: the rule says the day; stated: somebody stated it",
    )  # fmt: skip
    due_days = Whole()
    calendar = Text(60, about="the calendar that `due_days` are counted on; payday: on the first payday of the engagement or title")
    before_release = Flag(about="whether it holds the release until it is proved")
    state = Choice("open", "done", "cancelled", required=True)
    reason = Text(2000, about="why its day was stated, or why it was cancelled")
    cancelled_by = Reference("decision", role="cancelled_by", about="the decision about the same uses that no longer finds it owed")
    done_at = PartialDate()
    proof = Several(Reference("evidence", "document", role="proof"), most=50)

    @validates_schema
    def proved(self, data: dict[str, Any], **_: Any) -> None:
        """What is done says when, and with what proof."""
        if data["state"] == "done":
            needs(data, "done_at", "when the obligation is done")
            needs(data, "proof", "when the obligation is done")


class Adoption(Record):
    """A production takes a pack as its rules, by two people, advisory or blocking, from a date on."""

    production = Reference("production", required=True)
    pack = Text(100, required=True)
    digest = Text(64, pattern=r"[0-9a-f]{64}", form="Write the SHA-256 of the pack as 64 hexadecimal digits.")
    mode = Choice("advisory", "blocking")
    effective = Nested(Window)
    state = Choice("proposed", "adopted", "ended", required=True)
    proposed_by = Text(100, required=True)
    proposed_at = Timestamp()
    adopted_by = Text(100)
    adopted_at = Timestamp()
    reason = Privileged(Text(4000))

    @validates_schema
    def four_eyes(self, data: dict[str, Any], **_: Any) -> None:
        """An adopted pack names a second person."""
        if data["state"] == "adopted":
            needs(data, "adopted_by", "for an adopted pack")
        if data.get("adopted_by") == data["proposed_by"]:
            raise ValidationError({"adopted_by": ["A pack is adopted by two people; let somebody else confirm it."]})


class Shortfall(Record):
    """A past shortfall that cannot be cured: which rule was missed by what, when, and what was done about it."""

    rule = Text(200, pattern=RULE, form=RULE_FORM, required=True)
    requirement = Text(200)
    code = Text(300)
    decision = Reference("decision")
    production = Reference("production")
    subjects = Several(Reference(role="subject"), most=400)
    happened_at = PartialDate()
    noted_at = PartialDate()
    noted_by = Text(100)
    told = Several(Reference("party", role="told"), most=50)
    statement = Erasable(Text(4000))
    reason = Privileged(Text(8000))
    breach = Flag()
    state = Choice("noted", "settled")


class Hold(Record):
    """A hold (litigation, retention, inquiry) that stops erasure and release of what it names."""

    type = Choice("litigation", "retention", "inquiry", "security", required=True)
    targets = Several(Reference(role="held", affects=True), most=400)
    stops = Several(Choice("erasure", "release", "generation"), most=3)
    matter = Encrypted(Text(500))
    reason = Privileged(Text(8000))
    placed_by = Text(100)
    placed_at = PartialDate(required=True)
    until = PartialDate()
    lifted_at = PartialDate()
    lifted_by = Text(100)

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """A hold is lifted after it was placed."""
        ordered(data, "placed_at", "lifted_at")
