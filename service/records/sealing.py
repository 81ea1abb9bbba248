"""Sealing: each secret value of a body gives way to a salted commitment, and is kept beside the entry under its subject's key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from schemas.fields import Carried, Sealed
from schemas.kinds import KINDS
from schemas.references import secret, visit
from service import errors
from service.content.vault import Erased, Ring
from service.ledger.log import Disclosure
from service.records import pointers
from service.records.model import Body, Draft
from service.records.subjects import People

_ABSENT: Final = object()


def seal(ring: Ring, draft: Draft, body: dict[str, Any], people: People, before: Body | None) -> Iterator[Disclosure]:
    """Replace each secret value by its commitment, in place, and yield what is kept apart.

    `before` is the version that this one follows. Raises `Conflict` (`subject_erased`) for a new value about an erased person.
    """
    for spot in visit(KINDS[draft.kind].schema, body):
        if not isinstance(spot.field, Sealed):
            continue
        if isinstance(spot.value, Carried):
            spot.container[spot.key] = spot.value.value
            continue
        found = secret(spot)
        subject = draft.id if found.subject == "self" else found.subject
        if not spot.field.subject:
            subject = people.owner(everyone=found.everyone)
        try:
            sealed = ring.seal_value(subject, orjson.dumps(found.value, option=orjson.OPT_SORT_KEYS))
        except Erased:
            if _at(before, spot.pointer) == spot.value:  # it stands in the log in the clear since before it was sealed
                continue
            raise _erased(draft.pointer + found.pointer, str(subject)) from None
        spot.container[spot.key] = {"commitment": sealed.commitment.hex()}
        yield Disclosure(found.pointer, sealed.commitment, sealed.ciphertext, subject, found.protection)


def _at(before: Body | None, pointer: str) -> Any:
    try:
        return pointers.get(before, pointer) if before is not None else _ABSENT
    except (KeyError, IndexError, TypeError):
        return _ABSENT


def _erased(pointer: str, subject: str) -> errors.Conflict:
    fault = errors.FieldError(pointer, f"Leave it out: {subject} was erased, and nothing personal is kept about them any more.")
    return errors.Conflict("This would record something about a person who was erased.", "subject_erased", (fault,))
