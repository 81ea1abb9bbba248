"""Assets: the list with pictures and states, and the page of one with its lineage, rights, credentials and history."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from service import docket, errors, projections
from service.content.store import Store
from service.context import Context
from service.lineage import graph as lineage
from service.records import read, search
from service.records.model import Recorded
from service.sandbox.pool import Busy, Died, Refused
from service.services import Services
from service.web import decisions, graph, ledger, present, rights
from service.web.page import Picture, Shown, Visit, page

SHOWN = 24
LINEAGE = 1_500
"""So many records of a lineage are read; what is drawn one by one is fewer (`graph.CAP`)."""
TABLE = 600
EDGE, SECONDS, KEPT = 432, 10, 256
DECODED = frozenset({"image/png", "image/jpeg", "image/webp", "image/tiff", "image/gif", "image/avif"})
FACTS = (
    "type", "origin", "ai", "digital_source_type", "stage", "version_state", "created_at", "created_by", "media_type", "bytes", "technical",
    "digests", "identifiers", "people", "scenes", "languages", "origin_evidence", "licences", "productions", "grade",
)  # fmt: skip
"""What the asset page shows of the body, in this order; the record page shows all of it."""

_HEX = {64: "sha256", 40: "sha1", 32: "md5", 128: "sha512", 16: "xxh64"}


@dataclass(frozen=True, slots=True)
class Line:
    """One asset of the list."""

    id: str
    label: str
    type: str
    origin: str | None
    production: str | None
    recorded_at: str
    digest: str | None
    picture: bool
    standing: docket.Standing


@page("/assets", permission="records.read")
def lists(visit: Visit) -> Shown:
    """List assets, newest first; `q` is a part of a name or a digest."""
    productions = search.find(visit.context, "production", search.Filter(), limit=200).records
    named = docket.names(visit.context, [each.id for each in productions])
    values = {"title": "Assets", "here": "assets", "productions": sorted(named.values(), key=lambda name: name.label.lower())}
    return Shown("assets.html", values | _rows(visit))


@page("/assets/rows", permission="records.read")
def rows(visit: Visit) -> Shown:
    """Answer the list, or more of it, as a fragment."""
    return Shown("asset_rows.html", _rows(visit))


def _rows(visit: Visit) -> dict[str, Any]:
    context = visit.context
    q, production = visit.query.get("q", "").strip()[:200], visit.query.get("production", "")
    found = search.find(context, "asset", _filter(context, q, production), cursor=visit.query.get("cursor"), limit=SHOWN)
    standing = docket.standing(context, [each.id for each in found.records])
    lines = [_line(context, each, standing.get(each.id, docket.Standing())) for each in found.records]
    more = urlencode({"q": q, "production": production, "cursor": found.cursor or ""})
    names = docket.names(context, {line.production for line in lines if line.production})
    return {"q": q, "production": production, "assets": lines, "cursor": found.cursor, "more": more, "names": names}


def _filter(context: Context, q: str, production: str) -> search.Filter:
    digest = algorithm_of(q)
    if digest:
        projections.catch_up(context.conn, context.studio_id, "digest")
    part = q if q and not digest else None
    return search.Filter(production=production if present.is_id(production) else None, digest=digest, label_part=part)


def algorithm_of(text: str) -> tuple[str, str] | None:
    """Return the digest that a text can only be, or `None`."""
    if re.fullmatch(r"c4[1-9A-HJ-NP-Za-km-z]{88}", text):
        return "c4", text
    lower = text.lower()
    return (_HEX[len(lower)], lower) if len(lower) in _HEX and re.fullmatch(r"[0-9a-f]+", lower) else None


def _line(context: Context, record: Recorded, standing: docket.Standing) -> Line:
    body = record.body
    digest = next((f"{each['algorithm']} {each['value']}" for each in body.get("digests", ())), None)
    production = next((each for each in body.get("productions", ())), None)
    label = body.get("name") or body.get("file_name") or record.id
    return Line(
        record.id, label, body["type"], body.get("origin"), production, record.recorded_at, digest, picture_of(context.blobs, body) is not None, standing
    )  # fmt: skip


def picture_of(blobs: Store, body: Mapping[str, Any]) -> str | None:
    """Return the SHA-256 of content that we hold and can draw, or `None`."""
    if body.get("media_type") not in DECODED:
        return None
    for each in body.get("digests", ()):
        if each["algorithm"] == "sha256" and blobs.stat(each["value"]) is not None:
            return str(each["value"])
    return None


_pictures: OrderedDict[str, bytes] = OrderedDict()
_pictures_lock = threading.Lock()


@page("/assets/<id>/picture", permission="media.read")
def picture(visit: Visit) -> Picture:
    """Answer a small JPEG of the content, decoded in the sandbox; 404 where there is nothing to draw."""
    record = read.get(visit.context, "asset", visit.path["id"])
    digest = picture_of(visit.context.blobs, record.body)
    if digest is None:
        raise errors.NotFound("There is no picture of this asset.", "no_picture")
    with _pictures_lock:
        kept = _pictures.get(digest)
    return Picture(kept or _drawn(visit.services, visit.context.blobs, digest), "image/jpeg")


def _drawn(services: Services, blobs: Store, digest: str) -> bytes:
    with services.lane("media"), blobs.open(digest) as file:
        try:
            reply = services.sandbox.run("service.content.examine:thumbnail", {"edge": EDGE}, seconds=SECONDS, files=[file.fileno()])
        except (Refused, Died):
            raise errors.NotFound("There is no picture of this asset.", "no_picture") from None
        except Busy:
            raise errors.Unavailable("Too many pictures are being drawn; try again.", "busy", headers={"Retry-After": "2"}) from None
    with _pictures_lock:
        _pictures[digest] = reply.parts[0]
        while len(_pictures) > KEPT:
            _pictures.popitem(last=False)
    return reply.parts[0]


@page("/assets/<id>", permission="records.read")
def show(visit: Visit) -> Shown:
    """Show one asset."""
    context = visit.context
    record = read.disclose(context, [read.get(context, "asset", visit.path["id"])])[0]
    asked = _decisions(context, record.id)
    standing = docket.standing(context, [record.id]).get(record.id, docket.Standing())
    path = decisions.blocking_path(context, next((each for each in asked if each.id == standing.decision), None))
    found = _lineage(context, record.id, path)
    signed = _signings(context, record.id)
    versions = read.versions(context, "asset", record.id)
    body = {name: record.body[name] for name in FACTS if name in record.body}
    effective = rights.of_asset(context, record.id)
    ids = {
        record.id,
        *present.ids_in(body),
        *found["kinds"],
        *(key for each in effective for key in each.limits),
        *present.ids_in([each.body for each in signed]),
    }
    names = docket.names(context, ids)
    label = names[record.id].label
    values = {
        "title": label, "here": "assets", "record": record, "label": label, "names": names, "standing": standing,
        "picture": picture_of(context.blobs, record.body), "body": present.readable(body), "rights": effective,
        "reason": next((each.body.get("summary") for each in asked if each.id == standing.decision), None),
        "credentials": _credentials(record, signed), "decisions": asked, "versions": ledger.proved(context, versions),
        "accounts": docket.account_names(context, (each.recorded_by for each in versions)),
        **_drawing(found, names, record.id),
    }  # fmt: skip
    return Shown("asset.html", values)


def _decisions(context: Context, asset: str) -> list[Recorded]:
    """Return the decisions on an asset, newest first."""
    asking = [each.source for each in docket.referrers(context, asset) if each.kind == "decision" and each.role == "subject"]
    found = read.current(context.conn, context.studio_id, asking)
    return [found[each] for each in asking if each in found and read.visible(context.actor, found[each])]


def _signings(context: Context, asset: str) -> list[Recorded]:
    """Return the evidence of signings of an asset, newest first."""
    told = [
        each.source for each in docket.referrers(context, asset) if each.kind == "evidence" and each.role == "signed_asset" and each.current
    ]
    found = read.current(context.conn, context.studio_id, told)
    shown = [found[each] for each in told if each in found and read.visible(context.actor, found[each])]
    return read.disclose(context, shown)


def _credentials(record: Recorded, signed: Iterable[Recorded]) -> list[dict[str, Any]]:
    found = []
    for each in signed:
        details = dict(each.body.get("details", {}))
        state = details.pop("state", "unknown")
        title = f"Signed here, {details.get('form', '')}".rstrip(", ")
        facts = {
            name: details[name]
            for name in ("signed_at", "signer", "label", "lineage", "media_type", "digests", "decision")
            if name in details
        }
        found.append({"state": state, "title": title, "facts": present.readable({"record": each.id, **facts})})
    incoming = record.body.get("credentials")
    if incoming:
        facts = {name: value for name, value in incoming.items() if name != "state"}
        found.append({"state": incoming.get("state"), "title": "As it arrived", "facts": present.readable(facts)})
    return found


def _lineage(context: Context, asset: str, path: Iterable[str]) -> dict[str, Any]:
    """Return what the asset rests on and what rests on it, with the blocking path marked."""
    older, younger = lineage.ancestors(context, asset, limit=LINEAGE), lineage.descendants(context, asset, limit=LINEAGE)
    nodes = {node.id: node for node in (*older.nodes, *younger.nodes)}
    way = [each for each in path if each in nodes]
    steps = {frozenset(pair) for pair in pairwise(way)}
    edges = [
        graph.Edge(edge.older, edge.younger, edge.role, frozenset((edge.older, edge.younger)) in steps)
        for edge in (*older.edges, *younger.edges)
    ]
    kinds = {key: node.kind for key, node in nodes.items()}
    return {
        "nodes": nodes,
        "edges": list(dict.fromkeys(edges)),
        "kinds": kinds,
        "way": set(way),
        "truncated": older.truncated or younger.truncated,
    }


def _drawing(found: Mapping[str, Any], names: Mapping[str, docket.Name], asset: str) -> dict[str, Any]:
    nodes = [
        graph.Node(
            key,
            node.kind,
            names[key].label if key in names else "outside your productions",
            marked=key in found["way"] and len(found["way"]) > 1,
        )
        for key, node in found["nodes"].items()
    ]
    edges = sorted(found["edges"], key=lambda edge: not edge.marked)
    return {
        "drawing": graph.draw(nodes, edges, asset) if len(nodes) > 1 else None, "edges": edges[:TABLE], "edges_left": max(0, len(edges) - TABLE),
        "kinds": found["kinds"], "marked": len(found["way"]) > 1, "truncated": found["truncated"],
    }  # fmt: skip
