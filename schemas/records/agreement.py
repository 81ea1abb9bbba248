"""Collective agreements by edition, which of them governs what, and who works on a title as what."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import validates_schema

from schemas import vocabulary
from schemas.fields import (
    Body,
    Choice,
    Encrypted,
    Flag,
    Nested,
    OpenList,
    PartialDate,
    Privileged,
    Several,
    Territory,
    Text,
)
from schemas.parts import Money, Paydays, Signatory, Window, needs, ordered
from schemas.records.base import Record
from schemas.references import Reference

DATE_BASES: Final = ("photography_start", "production_commenced", "contract_date", "act_date", "release_date", "creation", "signing")
BASES: Final = (
    "signatory", "assumption", "interim", "one_production", "waiver", "side_letter", "localisation", "platform_agreement",
    "non_union_determination", "other",
)  # fmt: skip


class ClauseName(Body):
    """One clause under its two numbers: that of a summary and that of the code."""

    summary = Text(100)
    code = Text(100)
    subject = Text(200)


class Agreement(Record):
    """One edition of a collective agreement and its term. `pack` names the rules that say what it asks."""

    name = Text(300, required=True)
    edition = Text(100, about="2023, 2026 …")
    union = Reference("party", role="union")
    union_name = Text(100, about="SAG-AFTRA, WGA … where the union is no party here")
    counterparties = Several(Reference("party", role="counterparty"), most=200)
    crafts = OpenList(Choice(*vocabulary.CRAFTS), most=40)
    countries = OpenList(Territory(), most=300)
    term = Nested(Window)
    ai_effective_from = PartialDate()
    status = Choice("tentative", "in_force", "expired", "extended", "superseded", "terminated")
    supersedes = Reference("agreement", role="supersedes", pins=True)
    pack = Text(100, about="the id of the pack with its rules, as in sagaftra-tvt-2026")
    variant = Choice(
        "main", "tiered_budget", "localisation",
        about="which paper of its family: games have a tiered-budget and a localisation paper beside the main one, under the same pack",
    )  # fmt: skip
    date_basis = Choice(*DATE_BASES, about="what decides that this edition governs, where no rule says otherwise")
    covers_digital_replicas = Flag(about="whether it addresses digital replicas (California Labor Code 927, New York 5-302)")
    business_calendar = Text(60)
    clause_map = Several(Nested(ClauseName), most=300)
    documents = Several(Reference("document", role="document"), most=50)


class EditionRuling(Body):
    """Counsel's ruling which edition governs a rule on a title, so that two editions need not be weighed against each other."""

    rule = Text(200, about="the id of the rule, or absent for all")
    agreement = Reference("agreement", role="ruled_edition", pins=True, required=True)
    reason = Privileged(Text(4000))
    by = Reference("party", role="ruled_by")
    role = Choice(*vocabulary.SIGNING_ROLES)
    at = PartialDate()


class Binding(Record):
    """Which agreement edition governs which production, unit, country, signatory and craft, on what basis, from and to.

    `non_union_determination` is the recorded finding that no agreement covers the craft here; it names no agreement.
    """

    production = Reference("production", required=True)
    agreement = Reference("agreement", pins=True)
    basis = Choice(*BASES, required=True)
    signatory = Reference("party")
    crafts = OpenList(Choice(*vocabulary.CRAFTS), most=40)
    unit = Text(100)
    countries = OpenList(Territory(), most=300)
    bound = Nested(Window, about="from when to when it binds")
    rulings = Several(Nested(EditionRuling), most=200)
    signed_off = Several(Nested(Signatory), most=20, about="labour relations and others who signed this binding")
    documents = Several(Reference("document", role="document"), most=50)

    @validates_schema
    def agreement_or_none(self, data: dict[str, Any], **_: Any) -> None:
        """Every basis but the non-union determination names an agreement."""
        if data["basis"] != "non_union_determination":
            needs(data, "agreement", f"when the basis is {data['basis']}")


class Condition(Body):
    """A condition of employment that was set in an engagement (a scan, prompting, the use of a tool)."""

    type = Choice("scan_consent", "replica_consent", "prompting", "tool_use", "training_consent", "other", required=True)
    text = Privileged(Text(2000))


DEALS: Final = (
    "day", "three_day", "weekly", "term", "series_regular", "run_of_picture", "flat", "schedule_f", "overscale", "scale",
    "voucher", "session", "loan_out", "staff", "freelance", "spec", "option", "other",
)  # fmt: skip


class Engagement(Record):
    """Who works on a production as what: employer, agreement, dates, deal and representation.

    `representation` is the list of who advised the person on the contract (`union_cba`: a union whose agreement covers
    it); `conditions: []` says that no condition was set.
    """

    person = Reference("party", required=True)
    production = Reference("production", required=True)
    employer = Reference("party")
    agreement = Reference("agreement", pins=True)
    category = Choice(*vocabulary.CATEGORIES, required=True)
    status = Choice("offered", "booked", "engaged", "completed", "declined", "terminated", "recast")
    contract_date = PartialDate()
    engaged_at = PartialDate()
    services_start_at = PartialDate()
    services_end_at = PartialDate()
    unit = Text(100)
    country = Territory()
    role = Reference("role")
    deal_type = Choice(*DEALS)
    rate = Encrypted(Nested(Money))
    rate_period = Choice("hour", "day", "week", "session", "flat", "episode", "line", "side")
    representation = Several(Choice("counsel", "union_cba", "agent", "manager", "guardian", "self"), most=6)
    paydays = Nested(Paydays, about="where they are not those of the title")
    conditions = Several(Nested(Condition), most=20)
    covered = Flag(about="covered by a collective agreement")
    documents = Several(Reference("document", role="document"), most=50)

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """Nobody is engaged after the services start, and services end after they start."""
        ordered(data, "engaged_at", "services_start_at", "services_end_at")


class Character(Body):
    """What makes a character recognisable as such, and its voice (animation and games)."""

    name = Text(200)
    identifying = Several(Text(500), most=50)
    voiced_by = Several(Reference("party", role="character_voice"), most=20)


class Role(Record):
    """A part in a production. `played_by: []` and `voiced_by: []` say that no natural performer plays or voices it."""

    production = Reference("production", required=True)
    name = Text(200, required=True)
    human = Flag(about="whether the part is a human being")
    human_appearance = Flag(about="whether it is meant to look like one")
    category = Choice(*vocabulary.CATEGORIES)
    played_by = Several(Reference("party"), most=50)
    voiced_by = Several(Reference("party"), most=50)
    character = Nested(Character)
    would_otherwise_be_covered = Flag(about="whether a covered performer would otherwise play it")
    element = Choice("main_character", "supporting", "background", "creature", "narrator", "other")
