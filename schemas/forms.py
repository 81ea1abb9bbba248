"""What the papers of a decision take and answer."""

from __future__ import annotations

from schemas.fields import Body, Nested, Several, Text


class FormQuery(Body):
    """For whom the paper is, where the decision asks for it for several people."""

    person = Text(60)


class Offered(Body):
    """A paper that would help: for whom, about which records, for which causes, and where the draft is."""

    form = Text(100)
    title = Text(300)
    person = Text(60)
    subjects = Several(Text(200), most=10**6)
    causes = Several(Text(300), most=10**4)
    draft = Text(300)


class FormsAnswer(Body):
    """The papers that a decision asks for."""

    items = Several(Nested(Offered), most=10**5)
