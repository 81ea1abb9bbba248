"""Papers about work and money: writing, credits, pay, rates, residuals, music."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import validates_schema

from schemas import vocabulary
from schemas.fields import (
    Body,
    Choice,
    Decimal,
    Encrypted,
    Flag,
    Language,
    Nested,
    OpenList,
    PartialDate,
    Privileged,
    Several,
    Territory,
    Text,
    Whole,
)
from schemas.parts import Blob, Digest, Money, Window, ordered
from schemas.records.evidence.people import Delivered
from schemas.references import Reference


class WritingMaterial(Body):
    """Written material and who wrote it (MBA Article 72): a person, a generator, or both."""

    asset = Reference("asset", role="material")
    title = Text(300)
    author_kind = Choice(
        "human", "generated", "mixed", "unknown",
        about="who wrote it; unknown says that somebody looked and could not tell (a supplier_warranty then answers for it)",
    )  # fmt: skip
    authors = Several(Reference("party", role="author"), most=50)
    generations = Several(Reference("generation", role="written_by_run"), most=100)
    supplier_warranty = Reference("document", role="supplier_warranty")
    previously_exploited = Flag(about="published or exploited before")
    literary_material = Flag(about="whether it is marked, credited or registered as literary material")
    content = Nested(Digest)


class Furnishing(Body):
    """Material given to a writer, and whether as the basis of the work."""

    material = Reference("evidence", "asset", role="furnished_material", required=True)
    to = Reference("party", role="furnished_to", required=True)
    sender = Reference("party", role="furnished_by")
    at = PartialDate(about="when it was or will be handed over; absent while that is still to come")
    instructed_as_basis = Flag()


class Disclosure(Body):
    """The disclosure that furnished or handed-in material was generated."""

    material = Reference("evidence", "asset", role="disclosed_material")
    sender = Reference("party", role="disclosed_by")
    to = Reference("party", role="disclosed_to", required=True)
    at = PartialDate()
    content = Nested(Digest)
    acknowledged_at = PartialDate()
    document = Reference("document")


class WriterDeal(Body):
    """A writer's deal: step, fee against the baseline, assigned and source material, reserved rights (MBA Article 16.B)."""

    writer = Reference("party", required=True)
    engagement = Reference("engagement")
    step = Choice("treatment", "first_draft", "rewrite", "polish", "story", "teleplay", "episode", "option", "other")
    signed_at = PartialDate()
    work_started_at = PartialDate()
    fee = Encrypted(Nested(Money))
    baseline_fee = Encrypted(Nested(Money))
    fee_reduced = Flag(about="whether the fee lies under the baseline, stated where amounts are not recorded")
    assigned_materials = Several(
        Reference("evidence", "asset", role="assigned_material"),
        most=50,
        about="what the deal lists as assigned or source material; [] none",
    )
    reserved_rights = Flag(about="whether the writer keeps reserved rights in the works")
    works = Several(Reference("asset", "source", "production", role="written_work"), most=200)
    fee_reduced_because = Choice("generated_material", "other", about="why the fee lies under the baseline")
    requires_generative_tool = Flag(about="whether a term of the deal makes the writer use a generative tool")


class NamedCredit(Body):
    """One credit of a notice: the role and the person, or the system where one is named in a person's place."""

    role = Text(200, required=True)
    person = Reference("party", role="credited")
    system = Text(200)


class CreditNotice(Body):
    """The notice of tentative writing credits and the source material it names."""

    credits = Several(Text(300), most=50, about="the credits as they are worded")
    names = Several(Nested(NamedCredit), most=50, about="the same credits, each with who is named")
    source_materials = Several(Reference("evidence", "asset", role="source_material"), most=50)
    at = PartialDate()


class SeparatedRights(Body):
    """A determination of separated rights and the factors it rests on."""

    writer = Reference("party", required=True)
    factors = Several(Text(500), most=50)
    materials = Several(
        Reference("evidence", "asset", role="factor_material"), most=50, about="the material that the factors cite; [] none"
    )
    outcome = Choice("granted", "denied", "pending")
    generated_material_considered = Flag()
    at = PartialDate()


class Credit(Body):
    """A credit. `person` is absent where a system is named. `before` and `after` tell a change and its reason; `before` alone,
    that the credit is gone.
    """

    role = Text(200, required=True)
    craft = Choice(*vocabulary.CRAFTS, about="writer for a writing credit, director for a directing credit …")
    person = Reference("party", role="credited")
    system = Text(200)
    before = Text(300)
    after = Text(300)
    reduced = Flag(about="whether the change makes it a lesser credit")
    because_of_generated_material = Flag(about="whether generated material that was supplied is the reason of the change")
    because_of_tool_use = Flag(about="whether it was changed because the person had used a generative tool")
    entitlement_lost = Flag(about="whether pay, residuals or another right went with it")
    reason = Text(1000)
    at = PartialDate()


BASES: Final = (
    "creation", "use_days", "line", "side", "session", "session_multiple", "replica_commercial", "other_use", "real_time",
    "secondary", "prompt_hours", "synthetic", "kit_rental", "royalty_share", "residual", "licence_fee", "alteration", "principal_upgrade",
    "day", "use_fee",
)  # fmt: skip


class Compensation(Body):
    """Pay owed or made: to whom (a person, a fund or an escrow), on what basis, how many units at what rate.

    Amounts are encrypted; `at_least_minimum` and `share_of_rate` state the comparison a rule asks for, by who may see both.
    """

    basis = Choice(*BASES, required=True)
    person = Reference("party", role="paid_person")
    payee = Choice("person", "estate", "health_plan", "pension_plan", "benefit_funds", "union", "escrow", "loan_out", "employer")
    payee_party = Reference("party", role="payee")
    units = Decimal(about="how many units the amount is for; one where absent")
    hours = Decimal(about="hours that are paid; without them a unit of prompt_hours is an hour, one of session three hours")
    rate = Encrypted(Nested(Money))
    amount = Encrypted(Nested(Money))
    rate_table = Reference("evidence", role="rate_table")
    rate_key = Text(200)
    at_least_minimum = Flag()
    share_of_rate = Decimal(
        about="what one unit was paid as a multiple of the rate: 1.5, 7.5, 0.4; where both amounts are recorded they say it"
    )
    pension_health = Flag(about="whether contributions are included or remitted")
    pension_health_rate = Decimal(about="in per cent")
    equal_to_other_recordings = Flag(about="for a royalty share: the same as for the artist's other recordings under the contract")
    agreed_at = PartialDate()
    due_at = PartialDate()
    paid_at = PartialDate()
    proof = Reference("document", role="payment_proof")
    session = Reference("evidence", role="paid_session")
    deal = Reference("evidence", "document", role="deal")


class Rate(Body):
    """One rate of a table, valid for a window."""

    key = Text(200, required=True, about="day_performer, background_day, session_fee …")
    amount = Nested(Money, required=True)
    unit = Choice("hour", "day", "week", "session", "line", "side", "episode", "flat")
    window = Nested(Window)


class RateTable(Body):
    """Minimum rates of an agreement, published by the union and therefore not encrypted."""

    agreement = Reference("agreement", pins=True)
    rates = Several(Nested(Rate), most=400, required=True)
    source = Text(1000)
    read_at = PartialDate()


class ResidualFlag(Body):
    """The word to payroll that a person is to earn residuals, as if the scenes had been performed in person."""

    person = Reference("party", required=True)
    production = Reference("production")
    basis = Choice("as_if_performed", "foreign_language", "independently_created", "other")
    language = Language()
    territories = OpenList(Territory(), most=500)
    sent_to_payroll_at = PartialDate()


class UsageReport(Body):
    """What was used of a replica in a period, and to whom it was reported (Interactive 2025)."""

    person = Reference("party")
    replica = Reference("replica")
    guild = Text(100)
    period = Nested(Window)
    shipped_at = PartialDate(about="when the update that used it went out")
    lines = Whole()
    words = Whole()
    days = Decimal()
    titles = Several(Reference("production", role="reported_title"), most=200)
    uses = Nested(Blob)
    delivered_at = PartialDate()
    recipient = Reference("party", role="reported_to")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """A report follows what it reports."""
        ordered(data, "shipped_at", "delivered_at")


class Cue(Body):
    """A music cue: its length, how much of it a generator made, from which runs, who played."""

    name = Text(200)
    asset = Reference("asset", role="cue_file")
    minutes = Decimal(about="how long it runs in the show")
    ai_minutes = Decimal(about="how much of that a generator made; 0 none")
    ensemble = Choice("solo", "ensemble")
    generations = Several(Reference("generation", role="cue_run"), most=100)
    musicians = Several(Reference("party", role="musician"), most=500, about="who plays on it; [] nobody")


class CueSheet(Body):
    """The cues of a production and the musicians on them."""

    production = Reference("production")
    cues = Several(Reference("evidence", role="cue"), most=400)
    musicians = Several(Reference("party", role="musician"), most=400, about="who plays on the score; [] nobody")
    covered = Flag(about="whether the picture falls under a musicians' agreement")


class Roster(Body):
    """Who played on a recording that a generator was prompted with (AFM 2024)."""

    recording = Reference("asset", "source", role="recording")
    musicians = Several(Reference("party", role="musician"), most=500, about="everybody who plays on it; [] nobody, absent not known")
    solo = Flag(about="whether it is the performance of one musician")
    agreement = Reference("agreement", pins=True)


class Policy(Body):
    """A policy about generative tools that was delivered, and acknowledged."""

    version = Text(200, required=True)
    permission_required = Flag(about="whether a tool may be used only with the producer's consent; absent where the policy asks for none")
    document = Reference("document")
    delivered = Several(Nested(Delivered), most=400, about="whom it was given to, one by one")
    delivered_to_all_at = PartialDate(about="when every employee had it, where it went to all of them")
    acknowledged = Several(Nested(Delivered), most=400)


class ToolPermission(Body):
    """Permission to use tools, from whom to whom."""

    given_by = Reference("party", role="permitted_by")
    to = OpenList(Reference("party", role="permitted"), most=500, about='["*"] everybody on the productions')
    tools = OpenList(Text(200), most=100, about='the names of the tools; ["*"] any')
    at = PartialDate()
    written = Flag(about="whether it was given in writing")
    withdrawn_at = PartialDate()
    document = Reference("document")


class AssignmentTerms(Body):
    """Whether work was assigned with a demand to prompt or to use a generator (MBA 72: no compulsion; IATSE).

    A memo that makes a tool compulsory is one too: it names the people or, for all of a craft, `people: ["*"]` with `crafts`.
    """

    people = OpenList(Reference("party", role="assigned"), most=500)
    crafts = OpenList(Choice(*vocabulary.CRAFTS), most=40, about="whose work it speaks of")
    requires_generative_tool = Flag()
    prompting_required = Flag(about="whether the people are asked to write prompts")
    feeds_automation = Flag(about="whether the prompts go into automating the job of another covered employee")
    displaces = Flag(about="whether it is conceded that they cost somebody the job; what labour relations finds is an attestation")
    displaced_jobs = Several(Text(200), most=50)
    tools = OpenList(Text(200), most=100)
    at = PartialDate()
    withdrawn_at = PartialDate(about="when the demand was struck")
    issued_by = Reference("party", role="issued_by")
    document = Reference("document")
    text = Privileged(Text(4000))


TYPES: Final[dict[str, type[Body]]] = {
    "writing_material": WritingMaterial,
    "furnishing": Furnishing,
    "disclosure": Disclosure,
    "writer_deal": WriterDeal,
    "credit_notice": CreditNotice,
    "separated_rights": SeparatedRights,
    "credit": Credit,
    "compensation": Compensation,
    "rate_table": RateTable,
    "residual_flag": ResidualFlag,
    "usage_report": UsageReport,
    "cue": Cue,
    "cue_sheet": CueSheet,
    "roster": Roster,
    "policy_delivery": Policy,
    "tool_permission": ToolPermission,
    "assignment_terms": AssignmentTerms,
}
