"""A production takes a pack as its rules, and people answer for what the pack says: two of them, each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas import dates
from service import errors
from service.context import Context, Idempotency
from service.decisions import governance, packs
from service.records import read, search, write
from service.records.model import Change, Recorded, instant
from service.records.patch import merge
from service.rules.pack import Pack


def propose(context: Context, body: Mapping[str, Any], *, key: Idempotency | None = None) -> Recorded:
    """Record that a production should adopt an edition of a pack; a second person confirms it.

    Raises `Conflict` `not_published` for a draft. Without a window of its own it counts as long as the edition does.
    """
    edition = packs.named(context, body["pack"], body["digest"]) if "digest" in body else packs.find(context, body["pack"])[0]
    pack = edition.pack
    if pack.kind == "gate":
        raise errors.invalid("/pack", f"{pack.id} is part of every decision; there is nothing to adopt.")
    if not edition.published:
        raise errors.Conflict(
            "This edition is a draft; it is signed off by two people and published before it is adopted.", "not_published"
        )
    window = body.get("effective") or edition.effective
    _within(window, edition.effective)
    governance.keep(context, pack)
    proposed = {
        "mode": "blocking", **body, "digest": pack.digest, "state": "proposed",
        "proposed_by": context.actor.account_id, "proposed_at": instant(context.now),
    }  # fmt: skip
    return write.create(context, "adoption", {**proposed, **({"effective": dict(window)} if window else {})}, key=key)


def _within(window: Mapping[str, Any], published: Mapping[str, Any]) -> None:
    """Refuse to adopt an edition before the day from which it is published."""
    start, first = window.get("start"), published.get("start")
    if first and (start is None or dates.interval(start)[0] < dates.interval(first)[0]):
        raise errors.invalid("/effective/start", "The edition is published from a later day on; adopt it from that day, or later.")


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
    body = merge(adoption.body, fields)
    return write.amend(context, "adoption", adoption.id, body, adoption.version, change=Change("amendment", instant(context.now)), key=key)


def sign_off(
    context: Context, name: str, role: str, statement: str | None, digest: str | None = None, *, key: Idempotency | None = None
) -> Recorded:
    """Sign that the actor read this edition of the pack against the signed text; the second signature makes it count.

    Raises `Conflict` `signed_already` for a second signature of the same person, `Invalid` where it is not said which edition was read.
    """
    pack = packs.named(context, name, digest).pack
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
