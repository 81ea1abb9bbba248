"""Assets: the list with states, search and paging, and the small pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from service import docket, errors, projections
from service.assets import digest_of
from service.content import look
from service.content.store import Store
from service.context import Context
from service.records import read, search
from service.records.model import Recorded
from service.web import present
from service.web.page import Picture, Shown, Visit, page

SHOWN = 24
DECODED = frozenset({"image/png", "image/jpeg", "image/webp", "image/tiff", "image/gif", "image/avif"})
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
    q, production = visit.query.get("q", "").replace("\0", "").strip()[:200], visit.query.get("production", "")
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
        record.id, label, body["type"], body.get("origin"), production, record.recorded_at, digest, picture_of(context.blobs, record) is not None, standing
    )  # fmt: skip


def picture_of(blobs: Store, record: Recorded) -> str | None:
    """Return the SHA-256 of content that came in under the record and can be drawn, or `None`."""
    if record.body.get("media_type") not in DECODED:
        return None
    digest = digest_of(record.body, "sha256")
    return digest if digest is not None and blobs.granted(record.id, digest) else None


@page("/assets/<id>/picture", permission="media.read")
def picture(visit: Visit) -> Picture:
    """Answer a small JPEG of the content, decoded in the sandbox; 404 where there is nothing to draw."""
    record = read.get(visit.context, "asset", visit.path["id"])
    digest = picture_of(visit.context.blobs, record)
    if digest is None:
        raise errors.NotFound("There is no picture of this asset.", "no_picture")
    with visit.services.lane("media"):
        return Picture(look.thumbnail(visit.services.sandbox, visit.context.blobs, digest), "image/jpeg")
