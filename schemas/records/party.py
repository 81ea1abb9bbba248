"""People and organisations, and those who speak for them."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.fields import Body, Choice, Erasable, Flag, Nested, OpenList, PartialDate, Personal, Several, Territory, Text, Web
from schemas.parts import Window, needs
from schemas.records.base import Record
from schemas.references import Reference

OCCUPATIONS: Final = (
    *vocabulary.CRAFTS, "artist", "photographer", "author", "studio", "producer", "distributor", "broadcaster", "vendor",
    "ai_developer", "advertiser", "agency", "talent_agency", "union", "estate", "guardian", "representative", "publisher",
    "record_label", "collecting_society", "archive", "library", "law_firm", "benefit_plan", "government", "public_figure",
)  # fmt: skip
PERSONAL_ONLY: Final = ("professional_name", "legal_name", "other_names", "birth_date", "death_date", "living_as_of", "guardians")


class Search(Body):
    """One attempt to find somebody (diligence before a union may consent in a representative's place)."""

    at = PartialDate(required=True)
    by = Reference("party", role="searched_by")
    method = Erasable(Text(500, required=True), about="where and how it was searched")
    result = Choice("found", "not_found", "no_answer", "declined")
    document = Reference("document", role="search_log")


class Representative(Body):
    """Somebody who may speak for a person: in what capacity, on what authority, and whether located."""

    party = Reference("party", role="representative", about="absent while nobody is identified")
    capacity = Choice(*(word for word in vocabulary.CAPACITIES if word != "self"), required=True)
    authority = Erasable(Text(500), about="what the authority covers, in a sentence")
    authority_document = Reference("document", role="authority")
    located = Flag()
    search_log = Several(Nested(Search), most=200, about="[] says that nobody searched")
    window = Nested(Window)


class Guardian(Body):
    """A guardian of a minor, with the paper that shows it."""

    party = Reference("party", role="guardian", required=True)
    document = Reference("document", role="guardianship")
    court_order = Reference("document", role="court_order")
    window = Nested(Window)


class Membership(Body):
    """Membership of a guild, with its dates."""

    union = Reference("party", role="union")
    name = Text(100, about="the guild's short name, where it is no party here: SAG-AFTRA, WGA, Equity")
    number = Personal(Text(100), subject="self")
    status = Choice("member", "fee_paying", "eligible", "suspended", "resigned", "permit")
    window = Nested(Window)

    @validates_schema
    def named(self, data: dict[str, Any], **_: Any) -> None:
        """A membership names its guild one way or the other."""
        if "union" not in data:
            needs(data, "name", "when no union is referenced")


class Identification(Body):
    """How somebody's identity was checked."""

    method = Choice("passport", "identity_document", "agency_confirmation", "union_confirmation", "provider", "in_person", "other")
    provider = Text(200)
    at = PartialDate()
    document = Reference("document", role="identity")
    grade = Choice(*vocabulary.GRADES)


class Party(Record):
    """A person or an organisation. A person's names and dates are personal and never stand in the log in the clear;
    an organisation has a plain `name`.
    """

    type = Choice("person", "organisation", required=True)
    name = Text(300, about="organisations only; a person has professional_name")
    professional_name = Personal(Text(300), subject="self", about="the name under which a person works")
    legal_name = Personal(Text(300), subject="self")
    other_names = Personal(Several(Text(300), most=50), subject="self", about="stage names, nicknames, transliterations")
    contact = Personal(Text(1000), subject="self")
    occupations = OpenList(Choice(*OCCUPATIONS), most=40)
    public_figure = Flag()
    birth_date = Personal(PartialDate(), subject="self")
    death_date = Personal(PartialDate(), subject="self")
    living_as_of = Personal(PartialDate(), subject="self", about="known to be alive on this date")
    domicile = Territory(about="where a person lives or last lived, or an organisation is registered")
    guardians = Several(Nested(Guardian), most=10)
    representatives = Several(Nested(Representative), most=50, about="[] says that there is none")
    memberships = Several(Nested(Membership), most=50)
    excluded_categories = OpenList(Text(100), most=100, about="advertising categories a person declines; [] none")
    identifications = Several(Nested(Identification), most=20)
    parent = Reference("party", role="parent", about="the company that controls this one; companies of one parent are affiliates")
    affiliates = Several(Reference("party", role="affiliate"))
    same_as = Several(Reference("party", role="same_as"), about="other records of this very party")
    website = Web()
    notes = Personal(Text(4000), subject="self", about="free notes about a person or an organisation")

    @validates_schema
    def person_or_organisation(self, data: dict[str, Any], **_: Any) -> None:
        """Names and dates of people are personal fields; an organisation has none of them."""
        if data["type"] == "organisation":
            needs(data, "name", "for an organisation")
            wrong = [name for name in PERSONAL_ONLY if name in data]
            if wrong:
                raise ValidationError({name: ["Only a person has this; set type to person, or drop the field."] for name in wrong})
        elif "name" in data:
            raise ValidationError({"name": ["A person's name is personal: send it as professional_name or legal_name."]})
        elif not data.keys() & {"professional_name", "legal_name"}:
            raise ValidationError({"professional_name": ["A person needs professional_name or legal_name; add one."]})
