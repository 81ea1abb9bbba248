"""The offline bundle as a download: made while it is sent, so that neither its size nor its reader's speed costs memory."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from schemas.ledger import BundleQuery, BundleRequest, DisclosureAnswer, DisclosureRequest
from service import auth
from service.api.operation import Answer, Call, operation
from service.bundles.archive import FORMATS
from service.bundles.make import members
from service.bundles.select import Selection, Wanted, select
from service.bundles.single import disclosure
from service.records.read import PERMISSION_OF_PROTECTION

TAG = "ledger"
SHOWN = ("erasable", "personal", "encrypted")
"""What is disclosed unless told; counsel's reasons only where they are asked for by name."""


@operation("GET", "/v1/ledger/bundle", permission="ledger.read", tag=TAG, summary="The log, or a part of it, to be checked offline",
           query=BundleQuery(), produces="application/zip", name="get_bundle")  # fmt: skip
def get(call: Call) -> Answer:
    """Answer an archive with entries, proofs, checkpoint, rules, facts and findings, disclosed values and the verifier itself."""
    asked = call.query
    return _sent(
        call, {name: asked.get(part) for name, part in (("assets", "asset"), ("productions", "production"), ("records", "record"))}
    )


@operation("POST", "/v1/ledger/bundle", permission="ledger.read", tag=TAG, summary="The same, for more ids than an address holds",
           body=BundleRequest(), produces="application/zip", name="make_bundle")  # fmt: skip
def post(call: Call) -> Answer:
    """Answer as GET does; nothing is written."""
    return _sent(call, call.body)


@operation("POST", "/v1/ledger/disclosure", permission="ledger.read", tag=TAG, summary="Prove some secret fields of a record, and show no others",
           body=DisclosureRequest(), answer=DisclosureAnswer(), name="make_disclosure")  # fmt: skip
def disclose(call: Call) -> Answer:
    """Answer the entry with its proof and the chosen values with their salts; each takes the permission for its kind."""
    asked, actor = call.body, call.context.actor
    told = disclosure(
        call.context, asked["record"], asked["pointers"], asked.get("version"), lambda permission: auth.require(actor, permission)
    )
    return Answer(told, headers={"Cache-Control": "no-store"})


def _sent(call: Call, named: Mapping[str, Any]) -> Answer:
    auth.require(call.context.actor, "decisions.read")  # facts and findings travel along
    told: Mapping[str, Any] = call.body if call.body is not None else call.query
    assets, productions, records = (tuple(named.get(name) or ()) for name in ("assets", "productions", "records"))
    wanted = Wanted(assets, productions, records, _disclosed(call, told))
    selection = select(call.context, wanted)
    media_type, _ = FORMATS[told.get("format", "zip")]
    name = f"{call.context.studio_id}-{selection.size}.{told.get('format', 'zip')}"
    return Answer(
        _Sending(call, selection, told.get("format", "zip")),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        media_type=media_type,
    )


def _disclosed(call: Call, told: Mapping[str, Any]) -> tuple[str, ...]:
    """The protections to open: those named, which take their permission, or those that are open to the caller anyway."""
    named: Sequence[str] | None = told.get("disclose")
    if named is None:
        return tuple(name for name in SHOWN if call.context.actor.may(PERMISSION_OF_PROTECTION[name]))
    chosen = tuple(name for name in named if name != "none")
    for name in chosen:
        auth.require(call.context.actor, PERMISSION_OF_PROTECTION[name])
    return chosen


class _Sending:
    """The archive on its way: a connection and a place of the lane, held until it is sent or given up."""

    def __init__(self, call: Call, selection: Selection, form: str) -> None:
        self._held = ExitStack()
        weakref.finalize(self, self._held.close)  # also where the server forgets to close what it never began to send
        self._held.enter_context(call.services.lane("bulk"))
        conn = self._held.enter_context(call.services.database.app(call.context.studio_id))
        context = replace(call.context, conn=conn)
        self._pieces = FORMATS[form][1](members(context, selection), call.context.now)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the archive."""
        try:
            yield from filter(None, self._pieces)
        finally:
            self.close()

    def close(self) -> None:
        """Let go; the server calls it also where nobody reads to the end."""
        self._held.close()
