"""How an event is taken: recorded, or only its impact shown."""

from __future__ import annotations

from marshmallow import fields

from schemas.fields import Body


class EventQuery(Body):
    """`dry_run=true` records nothing."""

    dry_run = fields.Boolean(error_messages={"invalid": "Write true or false."})
