"""What operations on witnesses and time-stamps of a log take and answer."""

from __future__ import annotations

from schemas.collections import Number
from schemas.fields import Body, Choice, Nested, Several, Text, Whole
from schemas.ledger import SIZE

WITNESSES = 32
_OUTCOME = Choice(
    "waiting",
    "ok",
    "away",
    "refused",
    "forked",
    required=True,
    about="`forked`: it has seen another history of this log; `says` says what to do",
)


class CheckpointQuery(Body):
    """Which checkpoint: the newest, or the newest that so many witnesses have cosigned."""

    witnessed = Choice("true", "false")
    witnesses = Number(1, WITNESSES)


class PolicyQuery(Body):
    """How many of the witnesses must have cosigned; all of them unless told, 0 for none."""

    quorum = Number(0, WITNESSES)


class WitnessAnswer(Body):
    """A witness of this log, and how far it has followed."""

    name = Text(200, required=True)
    key = Text(500, required=True, about="C2SP verifier key of its cosignatures")
    size = Whole(required=True, about="the largest tree that it has cosigned")
    cosigned_at = Text(40)
    outcome = _OUTCOME
    says = Text(4_000, required=True)
    tried_at = Text(40)


class WitnessesAnswer(Body):
    """The witnesses of this log."""

    items = Several(Nested(WitnessAnswer), required=True)


class StampsQuery(Body):
    """Which time-stamps: of the tree of one size, or those of the largest trees."""

    size = Number(1, SIZE)
    limit = Number(1, 1_000)


class AuthorityAnswer(Body):
    """A time-stamp authority of this log, with the certificates that its answers are checked against."""

    name = Text(200, required=True)
    certificates = Text(100_000, required=True)
    outcome = _OUTCOME
    says = Text(4_000, required=True)
    tried_at = Text(40)


class StampAnswer(Body):
    """An RFC 3161 response (DER, base64) over `text`, the three lines of a checkpoint: `openssl ts -verify -data` takes both."""

    size = Whole(required=True)
    name = Text(200, required=True)
    stamped_at = Text(40, required=True)
    text = Text(1_000, required=True)
    response = Text(400_000, required=True)


class StampsAnswer(Body):
    """Time-stamps of this log's checkpoints, largest trees first."""

    authorities = Several(Nested(AuthorityAnswer), required=True)
    items = Several(Nested(StampAnswer), required=True)
