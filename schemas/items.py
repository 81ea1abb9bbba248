"""How the items of a dataset are asked for and answered."""

from __future__ import annotations

from schemas.collections import Number
from schemas.fields import Body, Choice, Flag, Nested, Plain, Several, Text
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


class Overlap(Body):
    """Items that stand here under one pair of papers and elsewhere under another: how many, and one of them by name."""

    items = Plain(required=True)
    source = Text(200)
    licence = Text(200)
    name = Text(1000)
    elsewhere = Plain(
        data_key="with",
        required=True,
        about="the record that holds them too: {record, kind, source?, licence?, name}; this dataset itself for what stands twice",
    )
    same_licence = Flag(required=True, about="whether both stand under one licence, or come from one source")
    withdrawn_by = Text(60, about="the event that took them, or their licence there, back")


class Overlaps(Body):
    """What of a dataset stands elsewhere too, what was withdrawn or is under another licence first. The counts are complete; an item counts once for each pair of
    papers that it stands under elsewhere.
    """

    dataset = Text(60, required=True)
    version = Plain(required=True)
    other_licence = Plain(required=True)
    withdrawn = Plain(required=True)
    same_licence = Plain(required=True)
    overlaps = Several(Nested(Overlap), most=200, required=True)
    truncated = Flag(required=True)
