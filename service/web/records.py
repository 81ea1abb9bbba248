"""Any record on a plain page, and lists of any kind, so that every id anywhere is a working link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from schemas.kinds import KINDS
from schemas.prefixes import KIND_OF
from service import docket, errors
from service.api.operation import REGISTER
from service.context import Context
from service.records import read, search
from service.records.model import Recorded
from service.web import causes, decisions, imports, ledger, present
from service.web.page import Shown, Visit, page

SHOWN = 40
STATES: Mapping[str, tuple[str, ...]] = {
    "decision": ("blocked", "review", "cleared_with_obligations", "cleared"),
    "review": ("open", "confirmed", "rejected", "withdrawn"),
    "waiver": ("requested", "approved", "refused", "revoked"),
    "obligation": ("open", "done", "cancelled"),
    "adoption": ("proposed", "adopted", "ended"),
    "delivery": ("draft", "gated", "released", "withdrawn"),
    "exception": ("noted", "settled"),
    "asset": ("camera", "hand_made", "licensed_stock", "recorded", "generated", "mixed"),
    "model": ("disclosed", "vendor_warranted", "undisclosed"),
}
"""The states that a list of a kind may be narrowed to."""
DOCUMENTS: Mapping[str, tuple[str, str]] = {
    "ml-bom": ("bill of materials (CycloneDX)", "cdx.json"),
    "prov": ("lineage (W3C PROV)", "prov.json"),
    "croissant": ("dataset description (Croissant)", "croissant.json"),
    "dps": ("Data Provenance record", "dps.json"),
    "odrl": ("policy (ODRL)", "odrl.json"),
}
"""The documents of other standards: what people call each, and how its file ends."""


@page("/records/<id>", permission="records.read")
def show(visit: Visit) -> Shown:
    """Show one record: what it states, its references both ways, its versions with their proofs."""
    context, given = visit.context, visit.path["id"]
    version = visit.query.get("version", "")
    stored = read.get(context, None, given, version=int(version) if version.isdecimal() and len(version) < 10 else None)
    record = read.disclose(context, [stored])[0]
    versions = read.versions(context, record.kind, record.id)
    names = docket.names(context, {record.id, *present.ids_in(record.body), *(each["id"] for each in record.refs)})
    referrers = docket.referrers(context, record.id)
    names |= docket.names(context, {each.source for each in referrers})
    kind = KINDS[record.kind]
    body = present.in_order(kind.schema, record.body) | _question(context, record, names)
    label = names[record.id].label
    values = {
        "title": label, "here": "records", "names": names, "record": record, "label": label,
        "collection": kind.collection, "record_state": _state(record), "special": SPECIAL.get(record.kind, "").format(record.id),
        "newest": versions[-1].version, "body": present.readable(body),
        "refs": [{"version": None, "affects": False, "kind": KIND_OF[each["id"][:3]], **each} for each in record.refs],
        "referrers": referrers, "versions": ledger.proved(context, versions), "documents": documents(visit, kind.collection),
        "accounts": docket.account_names(context, (each.recorded_by for each in versions)),
    }  # fmt: skip
    return Shown("record.html", values)


def documents(visit: Visit, collection: str) -> list[tuple[str, str, str]]:
    """Return the documents that records of a collection can leave as and this person may take: last part of the address, name, file ending."""
    may = visit.context.actor.may
    offered = {each.path for each in REGISTER if may(each.permission)}
    return [(name, *told) for name, told in DOCUMENTS.items() if f"/v1/{collection}/{{id}}/{name}" in offered]


SPECIAL = {
    "asset": "/assets/{}", "decision": "/decisions/{}", "review": "/reviews/{}", "waiver": "/waivers/{}", "obligation": "/obligations/{}",
}  # fmt: skip


def _question(context: Context, record: Recorded, names: dict[str, docket.Name]) -> dict[str, Any]:
    """Return what a review asks with its places filled, nothing for other kinds."""
    if record.kind != "review":
        return {}
    asked = decisions.questions(context, [record])[record.id]
    named = names | docket.names(context, present.ids_in(asked))
    return {"question": causes.reason(asked, {key: name.label for key, name in named.items()})}


def _state(record: Recorded) -> str | None:
    state = KINDS[record.kind].state(dict(record.body))
    return state if record.kind in STATES and record.kind not in ("asset", "model") else None


@page("/records", permission="records.read")
def lists(visit: Visit) -> Shown:
    """List the records of one kind, newest first."""
    kind, state = _wanted(visit)
    values = {
        "title": present.words(KINDS[kind].collection), "here": "decisions" if kind == "decision" else "records", "kind": kind,
        "kinds": list(KINDS.values()), "collection": KINDS[kind].collection, "states": STATES.get(kind, ()), "chosen": state,
        "may_import": bool(imports.may(visit)),
    }  # fmt: skip
    return Shown("records.html", values | _rows(visit.context, kind, state, visit.query.get("cursor")))


@page("/records/rows", permission="records.read")
def rows(visit: Visit) -> Shown:
    """Answer more of a list as a fragment."""
    kind, state = _wanted(visit)
    return Shown("record_rows.html", _rows(visit.context, kind, state, visit.query.get("cursor")))


def _wanted(visit: Visit) -> tuple[str, str | None]:
    kind = visit.query.get("kind", "production")
    if kind not in KINDS:
        raise errors.NotFound(f"There is no kind {kind[:40]!r}.", "not_found")
    return kind, visit.query.get("state") if visit.query.get("state") in STATES.get(kind, ()) else None


def _rows(context: Context, kind: str, state: str | None, cursor: str | None) -> dict[str, Any]:
    wanted = search.Filter(columns={"state": state} if state else {})
    found = search.find(context, kind, wanted, cursor=cursor, limit=SHOWN)
    rows = [_row(each) for each in found.records]
    named = {key for row in rows for key in (row["id"], row["party"], *row["productions"]) if key}
    more = urlencode({"kind": kind, "state": state or "", "cursor": found.cursor or ""})
    return {"rows": rows, "cursor": found.cursor, "more": more, "names": docket.names(context, named)}


def _row(record: Recorded) -> dict[str, Any]:
    kind, body = KINDS[record.kind], dict(record.body)
    return {
        "id": record.id, "type": kind.type(body), "state": kind.state(body), "party": kind.party(body),
        "productions": [each for each in kind.productions(body) if each != record.id],
        "recorded_at": record.recorded_at, "version": record.version,
    }  # fmt: skip
