"""A studio's own edition of a pack of rules: its content by digest, what it is, and since when it is published."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import validates_schema

from schemas.fields import Body, Choice, Nested, Text, Timestamp, Whole
from schemas.parts import Blob, Window, needs

DIGEST_FORM: Final = "Write the SHA-256 of the pack as 64 hexadecimal digits."


class RulePack(Body):
    """One edition of a pack of the studio's own. `content` is its canonical JSON, `source` the text that it was drafted as,
    `scenarios` what it was tried with. Two people sign it off by its digest before it is published.
    """

    pack = Text(100, required=True)
    digest = Text(64, pattern=r"[0-9a-f]{64}", form=DIGEST_FORM, required=True)
    title = Text(300)
    pack_kind = Choice("agreement", "house", "law", "platform", required=True)
    line = Text(100)
    content = Nested(Blob, required=True)
    source = Nested(Blob)
    scenarios = Nested(Blob)
    rules = Whole(about="how many rules are written in it")
    state = Choice("draft", "published", required=True)
    drafted_by = Text(100, required=True, about="the account that drafted it")
    statement = Text(2000, about="why, or what changed; no personal data")
    published_by = Text(100)
    published_at = Timestamp()
    effective = Nested(Window, about="from when on it is the edition to adopt")

    @validates_schema
    def published(self, data: dict[str, Any], **_: Any) -> None:
        """What is published says by whom and since when."""
        if data["state"] == "published":
            needs(data, "published_by", "for a published pack")
            needs(data, "effective", "for a published pack")


TYPES: Final[dict[str, type[Body]]] = {"rule_pack": RulePack}
