"""What the status operations answer."""

from __future__ import annotations

from schemas.fields import Body, Text


class StatusAnswer(Body):
    """`ok`, or the request fails with a problem."""

    status = Text(20, required=True)
