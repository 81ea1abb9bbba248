"""The collections: every kind gets the same operations, made from its schema.

Kinds that only the service concludes (decisions, releases, reviews …) are read here and written by their own rooms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.collections import AnyObject, ChangeQuery, ListQuery, ReadQuery, page_answer, record_answer
from schemas.kinds import KINDS, Kind
from service import errors, projections
from service.api.operation import Answer, Call, View, operation
from service.context import Context
from service.records import read, search, write
from service.records.model import Change, Recorded
from service.records.patch import merge

WRITE_PERMISSION: Mapping[str, str] = {
    "party": "people.write",
    "engagement": "people.write",
    "role": "people.write",
    "production": "productions.write",
    "agreement": "agreements.write",
    "binding": "agreements.write",
    "licence": "rights.write",
    "source": "rights.write",
    "dataset": "rights.write",
    "model": "rights.write",
    "replica": "people.write",
    "consent": "consents.write",
    "event": "consents.write",
    "generation": "generations.write",
    "asset": "assets.write",
    "appearance": "assets.write",
    "evidence": "evidence.write",
    "document": "documents.write",
    "hold": "holds.write",
}
"""Who may write a kind through its collection; the kinds that are missing here are concluded by their own rooms."""

EXPLAINED = frozenset({"decision"})
"""Kinds that are read one by one through their own room, which adds what the record only points to."""

MADE_BY_ROOMS: Mapping[tuple[str, str], str] = {
    ("evidence", "credential"): "POST /v1/assets/{id}/sign makes it, after reading the signed file afresh.",
    ("evidence", "pack_sign_off"): "POST /v1/rule-packs/{id}/sign-off makes it, in the name of whoever signs.",
    ("event", "erased"): "POST /v1/parties/{id}/erase makes it, and erases.",
    ("evidence", "rule_pack"): "POST /v1/rule-packs drafts it, and POST /v1/rule-packs/{id}/publish publishes it.",
}
"""What a person may not state, because others take it as the service's own word: kind and type, with the way to it."""

_LIST, _READ, _CHANGE, _PATCH = ListQuery(), ReadQuery(), ChangeQuery(), AnyObject()


def answered(context: Context, recorded: Recorded, status: int = 200) -> Answer:
    """Return one version as an answer, secrets as this actor may see them, with its version as the ETag."""
    shown = read.disclose(context, [recorded])[0]
    headers = {"ETag": f'"{recorded.version}"'}
    if status == 201:
        headers["Location"] = f"/v1/{KINDS[recorded.kind].collection}/{recorded.id}"
    return Answer(shown.document(), status, headers)


def known_at(context: Context, query: Mapping[str, Any]) -> int | None:
    """Return the log size that `known_at` or `as_of` names, or `None` for now."""
    moment = query.get("as_of", query.get("known_at"))
    if moment is None or isinstance(moment, int):
        return moment
    return context.ledger.size_at(context.conn, context.studio_id, moment)


def _list(kind: Kind) -> View:
    def view(call: Call) -> Answer:
        query = call.query
        if "digest" in query:
            projections.catch_up(call.context.conn, call.context.studio_id, "digest")
        wanted = search.Filter(
            columns={name: query[name] for name in search.COLUMNS & query.keys()},
            production=query.get("production"),
            identifier=query.get("identifier"),
            digest=query.get("digest"),
            label=query.get("label"),
            known_at=known_at(call.context, query),
            at=query.get("as_of", query.get("at")),
        )
        page = search.find(call.context, kind.name, wanted, cursor=query.get("cursor"), limit=query.get("limit", 50))
        items = [recorded.document() for recorded in read.disclose(call.context, page.records)]
        return Answer({"items": items} | ({"next": page.cursor} if page.cursor else {}))

    return view


def _get(kind: Kind) -> View:
    def view(call: Call) -> Answer:
        size = known_at(call.context, call.query)
        at = call.query.get("as_of", call.query.get("at"))
        if at is None:
            return answered(
                call.context, read.get(call.context, kind.name, call.path["id"], version=call.query.get("version"), known_at=size)
            )
        history = [each for each in read.versions(call.context, kind.name, call.path["id"]) if size is None or each.index < size]
        recorded = read.in_effect(history, at)
        if recorded is None:
            raise errors.NotFound("No version of this record was in effect then.", "not_in_effect")
        return answered(call.context, recorded)

    return view


def _versions(kind: Kind) -> View:
    def view(call: Call) -> Answer:
        history = read.versions(call.context, kind.name, call.path["id"])
        return Answer({"items": [recorded.document() for recorded in read.disclose(call.context, history)]})

    return view


def stateable(kind: str, body: Any, pointer: str = "") -> None:
    """Refuse a record that only a room of the service may make."""
    way = MADE_BY_ROOMS.get((kind, str(body.get("type")))) if isinstance(body, Mapping) else None
    if way:
        raise errors.invalid(f"{pointer}/type", f"This is not stated but made: {way}", "made_by_the_service")


def _create(kind: Kind) -> View:
    def view(call: Call) -> Answer:
        stateable(kind.name, call.body)
        return answered(call.context, write.create(call.context, kind.name, call.body, key=call.key), 201)

    return view


def _replace(kind: Kind) -> View:
    def view(call: Call) -> Answer:
        stateable(kind.name, call.body)
        change = change_of(call.query)
        recorded = write.amend(call.context, kind.name, call.path["id"], call.body, if_match(call), change=change, key=call.key)
        return answered(call.context, recorded)

    return view


def _patch(kind: Kind) -> View:
    def view(call: Call) -> Answer:
        expected = if_match(call)
        stored = read.get(call.context, kind.name, call.path["id"])
        if stored.version != expected:
            raise stale(stored.version)
        body = merge(stored.body, call.body)
        stateable(kind.name, body)
        recorded = write.amend(call.context, kind.name, stored.id, body, expected, change=change_of(call.query), key=call.key)
        return answered(call.context, recorded)

    return view


def _upsert(kind: Kind) -> View:
    def view(call: Call) -> Answer:
        scope, value = call.path["scope"], call.path["value"]
        stateable(kind.name, call.body)
        body = _named(call.body, scope, value)
        stored = search.by_identifier(call.context, kind.name, scope, value)
        if stored is None:
            return answered(call.context, write.create(call.context, kind.name, body, key=call.key), 201)
        if unchanged(call.context, stored, body):
            return answered(call.context, stored)
        recorded = write.amend(call.context, kind.name, stored.id, body, stored.version, change=Change("correction"), key=call.key)
        return answered(call.context, recorded)

    return view


def unchanged(context: Context, stored: Recorded, body: Mapping[str, Any]) -> bool:
    """Tell whether a body says just what is recorded, also in its secret fields and followed references."""
    return read.open_all(context, [stored])[0].body == body


def if_match(call: Call) -> int:
    """Return the version that `If-Match` names; 428 without the header."""
    value = call.request.headers.get("If-Match")
    if value is None:
        raise errors.PreconditionRequired(
            'Send If-Match with the ETag of the version you read, for example If-Match: "3".', "if_match_required"
        )
    digits = value.removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise errors.BadRequest('If-Match takes one version in quotes, for example "3".', "bad_if_match")
    return int(digits)


def stale(current: int) -> errors.StaleVersion:
    """Return the refusal of a change to a version that is no longer current."""
    return errors.StaleVersion(
        f"The current version is {current}; read it, and send If-Match with it.", "stale_version", headers={"ETag": f'"{current}"'}
    )


def change_of(query: Mapping[str, Any]) -> Change:
    """Return why a version is written, from the query."""
    return Change(query.get("change", "correction"), query.get("effective_at"))


def _named(body: Any, scope: str, value: str) -> dict[str, Any]:
    if not isinstance(body, Mapping) or not isinstance(body.get("identifiers", []), list):
        raise errors.invalid("", "Send the record as an object; its identifiers are a list.")
    name = {"scope": scope, "value": value}
    named = list(body.get("identifiers") or [])
    return {**body, "identifiers": named if name in named else [*named, name]}


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _declare(kind: Kind) -> None:
    path, noun = f"/v1/{kind.collection}", kind.name
    answer = record_answer(type(kind.schema))
    one: dict[str, Any] = {"tag": kind.collection, "answer": answer()}
    many: dict[str, Any] = {"tag": kind.collection, "answer": page_answer(answer)()}
    operation(
        "GET", path, permission="records.read", summary=f"List {kind.collection}", query=_LIST, name=f"list_{kind.collection}", **many
    )(_list(kind))
    if noun not in EXPLAINED:
        operation("GET", f"{path}/{{id}}", permission="records.read", summary=f"Read one {noun}", query=_READ, name=f"get_{noun}", **one)(
            _get(kind)
        )
    operation(
        "GET", f"{path}/{{id}}/versions", permission="records.read", summary=f"Every version of one {noun}", name=f"versions_{noun}", **many
    )(_versions(kind))
    if noun in WRITE_PERMISSION:
        _declare_writes(kind, path, WRITE_PERMISSION[noun], one)


def _declare_writes(kind: Kind, path: str, permission: str, one: dict[str, Any]) -> None:
    noun = kind.name
    shared: dict[str, Any] = {"permission": permission, "writes": True, "checked_by_room": True, **one}
    operation("POST", path, summary=f"Record a new {noun}", body=kind.schema, status=201, name=f"create_{noun}", **shared)(_create(kind))
    operation(
        "PUT",
        f"{path}/by/{{scope}}/{{value}}",
        summary=f"Record or replace the {noun} of an outside id",
        body=kind.schema,
        name=f"upsert_{noun}",
        or_status=201,
        **shared,
    )(_upsert(kind))
    operation(
        "PUT",
        f"{path}/{{id}}",
        summary=f"Replace {_a(noun)} by a new version",
        body=kind.schema,
        query=_CHANGE,
        name=f"replace_{noun}",
        **shared,
    )(_replace(kind))
    operation(
        "PATCH",
        f"{path}/{{id}}",
        summary=f"Change fields of {_a(noun)} (merge patch, RFC 7396)",
        body=_PATCH,
        query=_CHANGE,
        name=f"patch_{noun}",
        **shared,
    )(_patch(kind))


for _kind in KINDS.values():
    _declare(_kind)
