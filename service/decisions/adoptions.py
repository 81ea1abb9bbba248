"""A production takes a pack as its rules, and people answer for what the pack says: two of them, each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service import errors
from service.context import Context, Idempotency
from service.decisions import governance
from service.records import read, search, write
from service.records.model import Change, Recorded, instant
from service.rules.load import load_packs
from service.rules.pack import Pack


def known_pack(name: str) -> Pack:
    """The pack that the service has under this id; raises `NotFound`."""
    pack = load_packs().get(name)
    if pack is None:
        raise errors.NotFound(f"There is no rule pack {name[:100]!r}; GET /v1/rule-packs lists them.", "not_found")
    return pack


def propose(context: Context, body: Mapping[str, Any], *, key: Idempotency | None = None) -> Recorded:
    """Record that a production should adopt a pack, in the version the service has now; a second person confirms it."""
    pack = known_pack(body["pack"])
    if pack.kind == "gate":
        raise errors.invalid("/pack", f"{pack.id} is part of every decision; there is nothing to adopt.")
    if body.get("digest", pack.digest) != pack.digest:
        raise errors.invalid("/digest", f"The pack reads {pack.digest} now; read it again before you propose it.")
    governance.keep(context, pack)
    proposed = {
        "mode": "blocking", **body, "digest": pack.digest, "state": "proposed",
        "proposed_by": context.actor.account_id, "proposed_at": instant(context.now),
    }  # fmt: skip
    return write.create(context, "adoption", proposed, key=key)


def confirm(context: Context, adoption_id: str, *, key: Idempotency | None = None) -> Recorded:
    """Adopt what somebody else proposed. Raises `Forbidden` for the proposer, `Conflict` when it is no proposal any more."""
    adoption = read.get(context, "adoption", adoption_id)
    if adoption.body["state"] != "proposed":
        raise errors.Conflict(f"This adoption is {adoption.body['state']} already.", "wrong_state")
    second_person(context, adoption.body["proposed_by"])
    adopted = {"state": "adopted", "adopted_by": context.actor.account_id, "adopted_at": instant(context.now)}
    return _next(context, adoption, adopted, key)


def end(context: Context, adoption_id: str, *, key: Idempotency | None = None) -> Recorded:
    """End an adoption; decisions from now on do not weigh the pack and say so."""
    adoption = read.get(context, "adoption", adoption_id)
    if adoption.body["state"] == "ended":
        raise errors.Conflict("This adoption has ended already.", "wrong_state")
    return _next(context, adoption, {"state": "ended"}, key)


def _next(context: Context, adoption: Recorded, fields: Mapping[str, Any], key: Idempotency | None) -> Recorded:
    body = {**read.open_all(context, [adoption])[0].body, **fields}
    return write.amend(context, "adoption", adoption.id, body, adoption.version, change=Change("amendment", instant(context.now)), key=key)


def sign_off(context: Context, name: str, role: str, statement: str | None, *, key: Idempotency | None = None) -> Recorded:
    """Sign that the actor read the pack, as it is now, against the signed text; the second signature makes it count.

    Raises `Conflict` `signed_already` for a second signature of the same person.
    """
    pack = known_pack(name)
    governance.keep(context, pack)
    reader: dict[str, Any] = {"account": context.actor.account_id, "role": role, "at": instant(context.now), "statement": statement}
    reader = {field: value for field, value in reader.items() if value is not None}
    known = _sign_off_of(context, pack)
    if known is None:
        first = {"pack": pack.id, "digest": pack.digest, "readers": [reader]}
        return write.create(context, "evidence", {"type": "pack_sign_off", "subjects": [], "details": first}, key=key)
    details: dict[str, Any] = dict(known.body["details"])
    if context.actor.account_id in {one["account"] for one in details["readers"]}:
        raise errors.Conflict("You have signed this pack already; a second person is needed.", "signed_already")
    details["readers"] = [*details["readers"], reader]
    change = Change("amendment", instant(context.now))
    return write.amend(context, "evidence", known.id, {**known.body, "details": details}, known.version, change=change, key=key)


def _sign_off_of(context: Context, pack: Pack) -> Recorded | None:
    """The sign-off of this very version that still takes signatures."""
    wanted = search.Filter({"type": "pack_sign_off"}, label="pack_sign_off")
    found = (one for one in governance.every(context, "evidence", wanted) if one.body["details"]["digest"] == pack.digest)
    return next(found, None)


def second_person(context: Context, first: str) -> None:
    """Refuse the account that did the first half; four eyes belong to two people."""
    if context.actor.account_id == first:
        raise errors.Forbidden("This needs a second person; whoever asked for it cannot approve it.", "four_eyes")
