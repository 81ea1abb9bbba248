"""Titles and campaigns, and where their results are meant to go."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.fields import Body, Choice, Encrypted, Flag, Language, Nested, OpenList, PartialDate, Several, Territory, Text, Whole, choices
from schemas.parts import Money, Paydays, Window, ordered
from schemas.records.asset import DEPARTMENTS
from schemas.records.base import Record
from schemas.references import Reference

FORMATS: Final = (
    "feature", "series", "season", "episode", "short", "documentary", "programme", "variety", "news", "game", "commercial",
    "campaign", "sound_recording", "music_video", "podcast", "audiobook", "trailer", "corporate", "installation", "animation",
    "animated_series", "research", "other",
)  # fmt: skip
GENRES: Final = (
    "fiction", "documentary", "docudrama", "biography", "history", "satire", "parody", "sketch", "commentary", "news",
    "factual", "variety", "reality", "sport", "childrens", "advertising", "music", "scholarship",
    "current_affairs",
)  # fmt: skip
STATES: Final = (
    "development", "pre_production", "photography", "post_production", "delivered", "released", "live", "abandoned",
)  # fmt: skip


AWARDS: Final = ("oscars", "emmys", "grammys", "human_provenance", "festival", "other")


class Intent(Body):
    """Where a result is meant to go. `purpose` says whether it is the final work, a temporary aid, or marketing."""

    territories = OpenList(Territory(), most=500)
    media = choices(vocabulary.MEDIA)
    languages = OpenList(Language(), most=200)
    window = Nested(Window)
    recipients = Several(Reference("party", role="recipient"), most=100)
    purpose = Choice("final", "temp", "marketing")
    productions = Several(Reference("production", role="intended_production"), most=100)
    audience = Text(200)
    awards = Several(Choice(*AWARDS), most=6, about="the awards it is meant to be entered for, besides what the title lists; [] none")
    commercial = Flag(about="whether anybody is to earn with it; where absent, the production says so")


class IntentProfile(Intent):
    """An intent saved under a name on a production; the default one stands in where a caller names none."""

    name = Text(100, required=True, pattern=r"[a-z0-9][a-z0-9._-]*", form="Use lower-case letters, digits, dots and dashes.")
    default = Flag()


class CraftDetermination(Body):
    """What was found out about a craft: that nobody of it works here, that it is not covered, or what covers it."""

    craft = Choice(*vocabulary.CRAFTS, required=True)
    result = Choice("covered", "not_covered", "none_employed", "open", required=True)
    basis = Text(1000)
    by = Reference("party", role="determined_by")
    role = Choice(*vocabulary.SIGNING_ROLES)
    at = PartialDate()
    document = Reference("document", role="determination")


class ReleaseDate(Body):
    """A planned or past release of a title in a place and medium."""

    date = PartialDate(required=True)
    territories = OpenList(Territory(), most=500)
    media = choices(vocabulary.MEDIA)
    planned = Flag()


class Unit(Body):
    """A shooting or working unit with its place and employer, where a binding differs between units."""

    name = Text(100, required=True)
    country = Territory()
    employer = Reference("party", role="employer")


class AwardEntry(Body):
    """An award that the title, or somebody's part in it, is entered for, and what is declared there about AI."""

    award = Choice(*AWARDS, required=True)
    category = Text(200, about="the category entered, in the award's own words")
    department = Choice(*DEPARTMENTS, about="whose craft the category honours")
    declared_tier = Whole(1, 3, about="human provenance label: 1 no AI, 2 assistive only, 3 generated material in the final work")
    statement = Reference("evidence", role="award_statement", about="an attestation of human_authorship, or an ai_use")
    submitted_at = PartialDate()


class Production(Record):
    """A title or campaign: what it is, who signed for it, where and when it is made, and where it is to go.

    Dates of photography decide which edition of an agreement governs many a rule. `cast_list_complete_as_of` is the
    statement that every covered person engaged by then is recorded.
    """

    title = Text(300, required=True)
    working_titles = Several(Text(300), most=20)
    format = Choice(*FORMATS, required=True)
    genres = OpenList(Choice(*GENRES), most=20)
    state = Choice(*STATES)
    parent = Reference("production", role="parent", about="the series of an episode, the campaign of a commercial")
    signatories = Several(Reference("party", role="signatory"), most=100)
    producers = Several(Reference("party", role="producer"), most=100)
    countries = OpenList(Territory(), most=300, about="where it is made")
    languages = OpenList(Language(), most=200)
    units = Several(Nested(Unit), most=100)
    time_zone = Text(60, pattern=r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*", form="Write a zone of the tz database, as in America/Los_Angeles.")
    business_calendar = Text(60, about="whose business days count: us-federal (where absent), ca-federal, ca-on, uk-england-wales")
    paydays = Nested(Paydays, about="its ordinary paydays; an engagement may have its own")
    photography_start = PartialDate()
    photography_end = PartialDate()
    production_commenced = PartialDate(about="where an agreement counts from commencement, not photography")
    generative_ai_planned = Flag(about="whether work with generative AI is planned on it, said before any is on record")
    release_dates = Several(Nested(ReleaseDate), most=300)
    budget = Encrypted(Nested(Money))
    budget_tier = Text(100, about="the tier of an agreement, where one has tiers")
    budget_band = Choice(
        "under_250k", "from_250k_to_30m", "over_30m", about="a game's budget in US dollars, where the amount is not recorded"
    )
    original_language = Language(about="the language it was first written in")
    owner_country = Territory(about="where the company that owns it is based")
    distributors = Several(Reference("party", role="distributor"), most=100)
    advertiser = Reference("party", role="advertiser")
    product_line = Text(200)
    cast_list_complete_as_of = PartialDate()
    cast_list_stated_by = Reference("party", role="cast_list_stated_by")
    other_crafts_determined = Several(Nested(CraftDetermination), most=40)
    intent_profiles = Several(Nested(IntentProfile), most=50)
    commercial = Flag(
        about="whether anybody is to earn with it; false for teaching, study, charity; where absent only a research format is not commercial"
    )
    award_track = Flag(about="whether it is entered for awards at all")
    award_entries = Several(Nested(AwardEntry), most=200, about="[] says that it is entered for none")
    ad_id_at = PartialDate(about="when the Ad-ID was taken out, for a commercial; the id itself is an identifier of scope ad_id")
    talent_engaged_at = PartialDate(about="when the first performer was engaged, for a commercial")

    @validates_schema
    def dates_and_profiles(self, data: dict[str, Any], **_: Any) -> None:
        """Photography ends after it starts; profile names differ and one at most is the default."""
        ordered(data, "photography_start", "photography_end")
        profiles = data.get("intent_profiles", [])
        names = [profile["name"] for profile in profiles]
        for place, profile in enumerate(profiles):
            if profile["name"] in names[:place]:
                raise ValidationError({"intent_profiles": {place: {"name": ["Another profile has this name; choose a new one."]}}})
        defaults = [place for place, profile in enumerate(profiles) if profile.get("default")]
        if len(defaults) > 1:
            raise ValidationError({"intent_profiles": {defaults[1]: {"default": ["Only one profile can be the default; drop this."]}}})
