"""The evidence record: one kind for all the papers that rules ask for, told apart by `type`."""

from __future__ import annotations

from typing import Final

from schemas.fields import Body, Choice, Several, Variant
from schemas.records.base import Record
from schemas.records.evidence import commercials, crafts, credential, custody, law, people, platforms, rule_pack, work
from schemas.references import Reference

TYPES: Final[dict[str, type[Body]]] = {
    **people.TYPES,
    **commercials.TYPES,
    **work.TYPES,
    **custody.TYPES,
    **credential.TYPES,
    **crafts.TYPES,
    **platforms.TYPES,
    **law.TYPES,
    **rule_pack.TYPES,
}


class Evidence(Record):
    """A paper or fact that a rule asks for. `type` says which, `details` holds its fields, `subjects` are the records that
    it is about (an appearance, a replica, an engagement …), so that each can be asked for its evidence.
    """

    type = Choice(*TYPES, required=True)
    subjects = Several(Reference(role="subject"), most=400)
    details = Variant("type", TYPES, required=True)
    documents = Several(Reference("document", role="document"), most=50)
