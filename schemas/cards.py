"""What the import of a card takes and answers."""

from __future__ import annotations

from schemas.fields import Body, Flag, Several, Text
from schemas.ingest import AnyJson
from schemas.references import Reference


class CardQuery(Body):
    """Whose card it is, where it does not say so itself."""

    name = Text(300, about="the repository (owner/name), the file or the output that the card is about")
    production = Reference("production", about="the title that the new records belong to")


class CardAnswer(Body):
    """What an import of a card did: `found` is true when the model or dataset was there before, and then nothing was written."""

    id = Text(60, required=True)
    made = Several(Text(60), about="ids of all records that this import wrote, what is named before what names it")
    found = Flag(required=True)
    adapter = Text(100)
    contradictions = AnyJson()
    unread = Several(Text(500), about="what stands in the card and in no field; the card is kept whole")
    record = AnyJson(about="the model or dataset as GET answers it")
