"""What the operations on content take."""

from __future__ import annotations

from schemas.fields import Body, Choice


class ContentQuery(Body):
    """Which bytes: those that came in, the signed copy, the sidecar manifest, or a small picture."""

    variant = Choice("original", "signed", "sidecar", "thumbnail")
