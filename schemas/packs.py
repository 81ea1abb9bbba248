"""The life of rule packs over HTTP: drafts, their editions, publication, and what differs between two editions."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from schemas.collections import PAGE_LIMIT, AnyObject, Anything
from schemas.decisions import RuleAnswer, SignOffRequest
from schemas.fields import Body, Choice, Flag, Nested, Several, Text, Timestamp, Whole
from schemas.parts import Window
from schemas.records.evidence.rule_pack import DIGEST_FORM

STATES = ("draft", "signed_off", "published", "superseded")
YAML_LIMIT = 2_000_000


def digest(**more: Any) -> Text:
    """Return a field for the digest of an edition."""
    return Text(64, pattern=r"[0-9a-f]{64}", form=DIGEST_FORM, **more)


class PackDraft(Body):
    """A pack of the studio's own: its document, or the YAML text that a lawyer writes. Its `scenarios` are tried at once."""

    document: Any = Nested(AnyObject, about="the pack as JSON, in the form that GET /v1/rule-packs/{id} shows")
    yaml = Text(YAML_LIMIT, about="the pack as YAML 1.2 text")
    statement = Text(2000, about="why, or what changed; no personal data")

    @validates_schema
    def one(self, data: dict[str, Any], **_: Any) -> None:
        """Take exactly one of the two forms."""
        if ("document" in data) == ("yaml" in data):
            raise ValidationError({"document": ["Send the pack as document, or as yaml text, and not both."]})


class EditionSignOff(SignOffRequest):
    """A reader's signature under an edition of a pack; `digest` is needed where the pack has several."""

    digest = digest()


class PublishRequest(Body):
    """From when on a signed edition is the one to adopt."""

    digest = digest(required=True)
    effective = Nested(Window, required=True)


class EditionAnswer(Body):
    """One edition of a pack, by its digest."""

    digest = Text(64)
    state = Choice(*STATES)
    origin = Choice("service", "studio", about="whether it comes with the service, or is the studio's own")
    signed_off = Flag(about="whether two people have signed it")
    effective: Any = Nested(AnyObject)
    record = Text(60, about="the record of it in the log")
    drafted_by = Text(100)
    published_by = Text(100)
    published_at = Timestamp()
    statement = Text(2000)


class PackAnswer(EditionAnswer):
    """A pack in one edition: the one to adopt now, or the one that was asked for; and all its editions in short."""

    id = Text(100)
    title = Text(300)
    kind = Text(20)
    line = Text(100)
    status = Text(20)
    term: Any = Nested(AnyObject)
    territories = Several(Text(10), most=500)
    rules = Several(Nested(RuleAnswer), most=1000)
    editions = Several(Nested(EditionAnswer), most=5000)
    document: fields.Field[Any] = Anything(about="the whole pack, for one pack only")


class PackList(Body):
    """Every pack that the studio has."""

    items = Several(Nested(PackAnswer), most=PAGE_LIMIT)


class PackQuery(Body):
    """Which packs to list: of a kind, or in a state."""

    kind = Choice("agreement", "gate", "house", "law", "platform")
    state = Choice(*STATES, about="packs that have an edition in this state, shown in that edition")


class EditionQuery(Body):
    """Which edition: the one to adopt now unless a digest says otherwise."""

    digest = digest()


class DraftAnswer(PackAnswer):
    """A draft as it was recorded, with what its scenarios answered."""

    id = Text(100)
    tried = Whole(about="how many questions its scenarios ask")
    untested = Several(Text(200), most=1000, about="rules of which no scenario expects a failure, or none a pass")
    proof: Any = Nested(AnyObject, about="the place of the record in the log, with its proof")


class DiffQuery(Body):
    """Two editions of the pack: `from` is the one to adopt now unless told, `to` the newest."""

    from_ = digest(data_key="from")
    to = digest()


class DiffAnswer(Body):
    """What differs between two editions: rules added, removed, carried on, overridden, and each key that changed."""

    from_: Any = Nested(AnyObject, data_key="from")
    to: Any = Nested(AnyObject)
    pack: Any = Several(Nested(AnyObject), most=1000, about="keys of the pack itself: {key, before, after}")
    added = Several(Text(200), most=5000)
    removed = Several(Text(200), most=5000)
    carried = Several(Text(200), most=5000)
    overridden: Any = Nested(AnyObject, about="an older rule, and the rule that takes its place")
    changed: Any = Nested(AnyObject, about="a rule, and each of its keys that changed: {key, before, after}")
