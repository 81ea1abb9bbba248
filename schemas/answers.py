"""How an asker's questions about a title are asked for and answered."""

from __future__ import annotations

from schemas.fields import Body, Flag, Nested, Plain, Several, Text, Timestamp, Whole


class AnswersQuery(Body):
    """What is asked about, and when; without a subject every asset of the title."""

    subject = Text(60, about="the id of a cut, delivery or asset")
    at = Timestamp(about="as true then; now where it is left out")


class OpenQuestion(Body):
    """A question that no record answers: about which record, and which fact is missing."""

    about = Text(200, required=True)
    question = Text(500, required=True)
    field = Text(200, required=True)


class AnsweredQuestion(OpenQuestion):
    """A question with its answer: a word, a number, true or false, or ids of papers."""

    answer = Plain(required=True)


class AnswersAnswer(Body):
    """Every question of the asker in order, what the records answer, and what they leave open."""

    asker = Text(40, required=True)
    production = Text(60, required=True)
    title = Text(300)
    subjects = Several(Text(60), most=1000, required=True)
    at = Timestamp(required=True)
    known_at = Whole(required=True, about="the size of the log that this was read from")
    answers = Several(Nested(AnsweredQuestion), most=100_000, required=True)
    not_answered = Several(Nested(OpenQuestion), most=100_000, required=True)
    complete = Flag(required=True, about="whether all of the title was looked at and nothing is left open")
    truncated = Flag(required=True, about="whether the title has more assets than were looked at; then name a subject")
    statements = Several(Plain(), most=10_000, required=True, about="the papers in which people answered, with their words")
    computed_tier = Whole(1, 3, about="of the human provenance label, where everything is declared")
