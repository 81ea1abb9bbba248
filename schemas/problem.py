"""Problem documents (RFC 9457), and how the errors of a schema become pointers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas.fields import Body, Nested, Several, Text, Whole
from schemas.references import pointer_of


class FieldFault(Body):
    """One thing wrong with the input: a JSON pointer (RFC 6901; empty for the whole) and a sentence with the remedy."""

    pointer = Text(2000, required=True)
    message = Text(4000, required=True)


class ProblemDocument(Body):
    """The body of every answer that is no answer: `type` and `code` are stable and for programs, the rest is for people."""

    type = Text(300, required=True)
    title = Text(300, required=True)
    status = Whole(400, 599, required=True)
    code = Text(100, required=True)
    detail = Text(4000, required=True)
    instance = Text(2000)
    request_id = Text(100, required=True)
    errors = Several(Nested(FieldFault), most=10000)


def faults(messages: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield (pointer, message) of every message in the nested `messages` of a marshmallow `ValidationError`."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from faults(inner, at if key == "_schema" else at + pointer_of(key))
    elif isinstance(messages, list | tuple):
        for inner in messages:
            yield from faults(inner, at)
    else:
        yield at, str(messages)
