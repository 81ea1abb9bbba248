"""How the items of a dataset are asked for and answered."""

from __future__ import annotations

from schemas.collections import Number
from schemas.fields import Body, Choice, Nested, Several, Text
from schemas.records.model import ItemLine


class ItemQuery(Body):
    """Which items; several conditions narrow one another, and none means all. `held` asks for those set aside."""

    source = Text(60)
    licence = Text(60)
    person = Text(60)
    consent = Text(60)
    without_licence = Choice("true", "false")
    held = Choice("true", "false")
    version = Number(1, 1_000_000)
    cursor = Text(40)
    limit = Number(1, 10_000)


class Items(Body):
    """A page of lines, in the order of the list; `next` is the cursor of the page after it."""

    items = Several(Nested(ItemLine), most=10_000, required=True)
    next = Text(40)
