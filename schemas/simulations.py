"""What would change under other packs, or if something were otherwise: asked, and answered by cause."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.collections import AnyObject
from schemas.fields import Body, Choice, Flag, Nested, Plain, Several, Text, Timestamp, Whole
from schemas.records.decision import SUBJECTS
from schemas.records.production import Intent
from schemas.references import Reference

PACK_FORM = 'Bring a pack as its document, name one by its id, or one of its editions as {"pack": "…", "digest": "…"}.'


class PackGiven(Plain):
    """A pack's document, the id of a pack, or an edition by its digest."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if (isinstance(value, str) and 0 < len(value) <= 100) or (isinstance(value, dict) and value):
            return value
        raise ValidationError(PACK_FORM)


class SimulationRequest(Body):
    """What would be different about these items: under these packs, with this overlay? `at` is when the act would be done."""

    subjects = Several(Reference(*SUBJECTS), most=2000)
    production = Reference("production", about="all its current assets, where no subjects are named")
    act = Choice(*vocabulary.ACTS, required=True)
    at = Timestamp()
    known_at = Whole()
    intent = Nested(Intent)
    profile = Text(100, about="the name of an intent profile of the production; its default one where neither is given")
    ahead = Flag()
    packs = Several(PackGiven(), most=50, about=f"taken as adopted and signed off. {PACK_FORM}")
    overlay: Any = Several(
        Nested(AnyObject), most=500,
        about="{kind, key?, body} a new record, an event too; {id, body} or {id, patch} the next version of one; {id, gone: true} one that is not there",
    )  # fmt: skip
    cursor = Text(200, about="the `next` of the answer before")
    limit = Whole(1, 2000, about="how many items to look at in this request; 500 unless told")

    @validates_schema
    def named(self, data: dict[str, Any], **_: Any) -> None:
        """Take a way through the library only where one is walked."""
        if data.get("subjects") and "cursor" in data:
            raise ValidationError({"cursor": ["Named subjects are looked at all at once; drop the cursor."]})


class OutcomeCount(Body):
    """How many items would go from one outcome to another."""

    before = Choice(*vocabulary.OUTCOMES)
    after = Choice(*vocabulary.OUTCOMES)
    count = Whole()


class ItemChange(Body):
    """One item that the cause concerns: whose it is, and its outcome before and after."""

    id = Text(60)
    name = Text(1000)
    productions = Several(Text(60), most=1000)
    before = Choice(*vocabulary.OUTCOMES)
    after = Choice(*vocabulary.OUTCOMES)


class CauseChange(Body):
    """A cause that appears or goes away, who has to mend it, and for which items."""

    id = Text(300)
    change = Choice("appears", "goes")
    rule = Text(200)
    requirement = Text(200)
    code = Text(200)
    result = Choice("block", "review", "obligation")
    would_be = Text(20)
    mode = Choice("advisory", "blocking")
    pack = Text(100)
    clause = Text(500)
    confidence = Text(10)
    says = Text(4000)
    sentence = Text(4000)
    fix = Text(4000)
    owner = Text(60)
    form = Text(100)
    count = Whole()
    productions: Any = Several(Nested(AnyObject), most=10**4, about="how many items of which production: {id, count}")
    items = Several(Nested(ItemChange), most=100, about="the first of them; count counts all")


class SimulationAnswer(Body):
    """What would change. Nothing of it is recorded."""

    known_at = Whole(about="the size of the log that this is about")
    packs: Any = Several(Nested(AnyObject), most=50)
    looked_at = Whole()
    changed = Whole()
    outcomes = Several(Nested(OutcomeCount), most=16)
    causes = Several(Nested(CauseChange), most=10**4)
    next = Text(200, allow_none=True, about="send it as cursor to look at further items; null when that was all")
