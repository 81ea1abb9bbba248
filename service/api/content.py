"""Bytes of assets and documents, in and out."""

from __future__ import annotations

import logging
from io import BytesIO, FileIO
from typing import Any

from flask import Response, send_file

from schemas.collections import record_answer
from schemas.content import ContentQuery
from schemas.records.asset import Asset
from schemas.records.document import Document
from service import assets, errors
from service.api.operation import Answer, Call, operation
from service.api.records import answered
from service.content import look
from service.content.digests import content_digest
from service.content.encrypted import Documents
from service.content.sniff import KINDS, UNKNOWN
from service.content.vault import Erased, Unreadable
from service.credentials import arrived, record
from service.documents import take_in as take_in_document
from service.records import read

audit = logging.getLogger("clearance.audit")

DOCUMENT_LIMIT = 256 << 20
_SHOWN = {"image", "audio", "video"}  # may open in a browser; anything else is only ever saved

_ASSET, _DOCUMENT, _QUERY = record_answer(Asset)(), record_answer(Document)(), ContentQuery()


@operation(
    "PUT",
    "/v1/assets/{id}/content",
    permission="assets.write",
    tag="assets",
    summary="Upload the bytes of an asset",
    answer=_ASSET,
    stream=UNKNOWN,
    lane="upload",
)
def put(call: Call) -> Answer:
    """Take the bytes in, check them against `Content-Digest` and the registered digests, and complete the record: digests, size, kind,
    and the content credentials that the file carries.
    """
    announced = length(call, call.services.settings.upload_limit)  # before the stream is touched, which refuses less kindly
    recorded = assets.take_in(
        call.context,
        call.services.sandbox,
        call.path["id"],
        call.request.stream,
        length=announced,
        content_digest=call.request.headers.get("Content-Digest"),
        judge=lambda file: _arrived(call, file),
    )
    return answered(call.context, recorded)


def _arrived(call: Call, file: FileIO) -> dict[str, Any] | None:
    """The content credentials that a file carries, judged as it comes in."""
    with call.services.lane("media"):
        return arrived.embedded(call.services.credentials.judge(file, call.context.now), call.context.now)


@operation(
    "GET",
    "/v1/assets/{id}/content",
    permission="media.read",
    tag="assets",
    summary="The bytes of an asset",
    query=_QUERY,
    produces=UNKNOWN,
)
def get(call: Call) -> Answer:
    """Hand out the original, the signed copy, the sidecar manifest or a thumbnail; ranges and conditional requests work."""
    asset = read.get(call.context, "asset", call.path["id"])
    variant = call.query.get("variant", "original")
    if variant == "thumbnail":
        content = assets.original(call.context, asset)
        with call.services.lane("media"):
            picture = look.thumbnail(call.services.sandbox, call.context.blobs, content.sha256)
        return Answer(_sent(BytesIO(picture), "image/jpeg", f"{asset.id}.jpg", f"{content.sha256}-{look.EDGE}"))
    content = assets.original(call.context, asset) if variant == "original" else _signed(call, asset.id, variant)
    extension = KINDS.get(content.media_type, KINDS[UNKNOWN]).extension
    response = _sent(content.path, content.media_type, f"{asset.id}.{extension}", content.sha256)
    response.headers["Repr-Digest"] = content_digest(content.sha256)
    return Answer(response)


@operation(
    "PUT",
    "/v1/documents/{id}/content",
    permission="documents.write",
    tag="documents",
    summary="Upload the bytes of a document, which are kept encrypted",
    answer=_DOCUMENT,
    stream=UNKNOWN,
    lane="upload",
)
def put_document(call: Call) -> Answer:
    """Take the bytes in under the studio's key; the record gets their digests, the disk never sees them in the clear."""
    announced = length(call, DOCUMENT_LIMIT)
    recorded = take_in_document(
        call.context,
        call.path["id"],
        call.request.stream,
        length=announced,
        limit=DOCUMENT_LIMIT,
        content_digest=call.request.headers.get("Content-Digest"),
    )
    return answered(call.context, recorded)


@operation(
    "GET",
    "/v1/documents/{id}/content",
    permission="documents.read",
    tag="documents",
    summary="The bytes of a document",
    produces=UNKNOWN,
)
def get_document(call: Call) -> Answer:
    """Decrypt and hand out; every reading is written to the audit log."""
    document = read.get(call.context, "document", call.path["id"])
    if document.body.get("privileged") and not call.context.actor.may("privileged.read"):
        raise errors.Forbidden("Counsel's papers take the permission privileged.read.", "forbidden")
    blob = (document.body.get("content") or {}).get("sha256")
    if blob is None or not call.context.blobs.granted(document.id, blob):
        raise errors.NotFound(f"The bytes of {document.id} are not here; only its record is.", "no_content")
    try:
        content = b"".join(Documents(call.context.blobs, call.context.vault).read(call.context.studio_id, blob))
    except Erased:
        raise errors.NotFound(f"The bytes of {document.id} went with the person whom the paper was about.", "erased") from None
    except Unreadable as fault:
        raise errors.Unavailable(f"The document cannot be decrypted: {fault}.", "document_unreadable") from None
    audit.info("document read", extra={"record": document.id, "version": document.version, "actor": call.context.actor.account_id})
    media_type = document.body.get("media_type", UNKNOWN)
    return Answer(_sent(BytesIO(content), media_type, document.id, assets.digest_of(document.body, "sha256") or blob))


def length(call: Call, limit: int) -> int | None:
    """The announced length, None for a chunked body; raises TooLarge before anything is read."""
    announced = call.request.content_length
    if announced is not None and announced > limit:
        raise errors.TooLarge(
            f"{announced} bytes are announced and {limit} is the most; register larger content by its digests alone.", "content_too_large"
        )
    return announced


def _signed(call: Call, asset_id: str, variant: str) -> assets.Content:
    found = record.latest(call.context, asset_id)
    if found is None:
        raise errors.NotFound(f"{asset_id} was not signed here; POST /v1/assets/{asset_id}/sign does it.", "not_signed")
    details: dict[str, Any] = found.body["details"]
    if variant == "sidecar":
        return assets.held(call.context, details["manifest"]["sha256"], "application/c2pa")
    return assets.held(call.context, assets.digest_of(details, "sha256") or "", details.get("media_type", UNKNOWN))


def _sent(source: Any, media_type: str, name: str, tag: str) -> Response:
    """The response; the file's name is ours, since a recorded one may hold anything."""
    shown = KINDS.get(media_type, KINDS[UNKNOWN]).family in _SHOWN
    response = send_file(
        source, mimetype=media_type, as_attachment=not shown, download_name=name, etag=tag, last_modified=None, conditional=True
    )
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
