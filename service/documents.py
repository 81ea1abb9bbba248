"""A document's bytes: kept encrypted under a key of the document's own, beside the digest of what was uploaded."""

from __future__ import annotations

from typing import Any

from service import errors
from service.content.digests import ALGORITHMS, Digests
from service.content.encrypted import Documents, Sealed
from service.content.store import Source
from service.content.vault import Erased
from service.context import Context
from service.records import read, write
from service.records.model import Change, Recorded
from service.records.patch import merge


def take_in(context: Context, document_id: str, source: Source, *, length: int | None, limit: int, content_digest: str | None) -> Recorded:
    """Encrypt and store the bytes of a document and complete its record; nothing is kept of bytes that do not fit it.

    The same document may be sent again: it is encrypted anew only when its bytes are not here yet. Raises BadRequest,
    Invalid (`digest_mismatch`), TooLarge, Unavailable.
    """
    document = read.get(context, "document", document_id)

    def check(digests: Digests) -> None:
        if content_digest is not None:
            digests.check(content_digest)
        _agree(document, digests)

    documents = Documents(context.blobs, context.vault)
    try:
        sealed = documents.put(context.studio_id, source, subject=document_id, length=length, limit=limit, check=check)
    except Erased:
        raise errors.Conflict("This paper went with the person whom it was about; register it anew if it must be kept.", "erased") from None
    if _is_here(context, document):
        return document
    context.blobs.grant(document.id, sealed.blob)
    patch = _additions(document, sealed)
    return write.amend(context, "document", document.id, merge(document.body, patch), document.version, change=Change("correction"))


def _is_here(context: Context, document: Recorded) -> bool:
    blob = (document.body.get("content") or {}).get("sha256")
    return blob is not None and context.blobs.granted(document.id, blob)


def _agree(document: Recorded, digests: Digests) -> None:
    values = digests.values()
    for place, digest in enumerate(document.body.get("digests") or ()):
        if values.get(digest["algorithm"], digest["value"]) != digest["value"]:
            raise errors.invalid(
                f"/digests/{place}",
                f"These bytes have another {digest['algorithm']} than the document is registered with; send the paper that was recorded.",
                "digest_mismatch",
            )


def _additions(document: Recorded, sealed: Sealed) -> dict[str, Any]:
    stated = list(document.body.get("digests") or ())
    have = {digest["algorithm"] for digest in stated}
    missing = [{"algorithm": name, "value": sealed.content.digests[name]} for name in ALGORITHMS if name not in have]
    return {"content": {"sha256": sealed.blob, "bytes": sealed.content.size}, "digests": stated + missing}
