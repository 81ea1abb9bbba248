"""Papers about advertising: the commercial with its period of use, approvals of single advertisements, voices on a market place."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import validates_schema

from schemas.fields import Body, Choice, Nested, OpenList, PartialDate, Several, Territory, Text, Whole
from schemas.parts import Window, ordered
from schemas.references import Reference


class RenewedUse(Body):
    """A further period of use that was negotiated after the first."""

    window = Nested(Window, required=True)
    agreed_at = PartialDate()
    document = Reference("document", role="renewal")


class Commercial(Body):
    """A commercial: for whom, made when, how long it may run, and where and when it ran (Commercials 2025).

    One record for each commercial; `production` or the record's `subjects` say which title or file it is.
    """

    production = Reference("production")
    advertiser = Reference("party", role="advertiser")
    product_line = Text(200)
    categories = OpenList(
        Text(100), most=50, about="what kind of advertising it is, in the words in which performers decline it: alcohol, politics …"
    )
    production_start = PartialDate()
    replica_commercials = Whole(about="how many commercials were generated with a replica from this one; each is paid for")
    maximum_use = Nested(Window, about="the maximum period of use that was agreed first")
    renewals = Several(Nested(RenewedUse), most=50, about="periods that were negotiated later; [] none")
    exhibitions = Several(PartialDate(), most=400, about="the air log: days on which it ran")
    territories = OpenList(Territory(), most=500)


class AdvertisementApproval(Body):
    """A performer's approval or refusal of one advertisement that a voice platform makes with the performer's voice."""

    person = Reference("party", required=True)
    advertisement = Reference("asset", "production", role="approved_advertisement", required=True)
    advertisement_id = Text(100, about="the advertisement's own number, as an Ad-ID")
    platform = Reference("party", role="platform")
    categories = OpenList(Text(100), most=50, about="what kind of advertising it is")
    outcome = Choice("approved", "refused", "requested", required=True)
    requested_at = PartialDate()
    approved_at = PartialDate(about="when the performer answered")
    document = Reference("document")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """Nobody answers before being asked."""
        ordered(data, "requested_at", "approved_at")


class MarketplaceDeletion(Body):
    """What the platform deleted after a performer had left, with the certificate."""

    what = Choice("replica", "recordings", "both", required=True)
    at = PartialDate(required=True)
    by = Reference("party", role="deleted_by")
    proof = Reference("document", "evidence", role="deletion_proof")


class MarketplaceListing(Body):
    """A performer's voice on the market place of a voice platform: since when, which replicas and recordings, when the
    performer left. Leaving ends every use, and obliges the platform to delete.
    """

    person = Reference("party", required=True)
    platform = Reference("party", role="platform", required=True)
    replicas = Several(Reference("replica", role="listed_replica"), most=50)
    recordings = Several(Reference("asset", "source", role="listed_recording"), most=400)
    joined_at = PartialDate()
    left_at = PartialDate(about="when the performer left; absent while the performer is there")
    excluded_categories = OpenList(Text(100), most=100, about="kinds of advertising the performer declines here; [] none")
    deletions = Several(Nested(MarketplaceDeletion), most=20)

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """Nobody leaves before having joined."""
        ordered(data, "joined_at", "left_at")


TYPES: Final[dict[str, type[Body]]] = {
    "commercial": Commercial,
    "advertisement_approval": AdvertisementApproval,
    "marketplace_listing": MarketplaceListing,
}
