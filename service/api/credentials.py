"""Signing assets, showing their manifests, and judging any file."""

from __future__ import annotations

from importlib.metadata import version
from io import FileIO
from typing import Any

from schemas.collections import record_answer
from schemas.credentials import Manifest, SignRequest, Verdict
from schemas.records.evidence.record import Evidence
from service import assets, errors, projections
from service.api.content import length
from service.api.operation import Answer, Call, operation
from service.api.records import answered
from service.content import look
from service.content.sniff import UNKNOWN
from service.content.store import Source
from service.credentials import record
from service.credentials.record import Order
from service.credentials.sign import kind_of
from service.records import read

LIBRARY = f"c2pa-python {version('c2pa-python')}"
SIDECAR_LIMIT = 16 << 20

_SIGN, _EVIDENCE, _VERDICT, _MANIFEST = SignRequest(), record_answer(Evidence)(), Verdict(), Manifest()


@operation(
    "POST",
    "/v1/assets/{id}/sign",
    permission="media.sign",
    tag="credentials",
    summary="Sign the asset's bytes with a C2PA manifest",
    body=_SIGN,
    answer=_EVIDENCE,
    status=201,
    writes=True,
    lane="media",
)
def sign(call: Call) -> Answer:
    """Sign, read the result afresh, and record it as evidence; nothing is recorded unless it reads as Trusted."""
    asset = read.get(call.context, "asset", call.path["id"])
    content = assets.original(call.context, asset)
    order = Order(call.body.get("form"), call.body.get("oversight"), call.body.get("decision"))
    recorded = record.sign(call.context, call.services.credentials, asset, content.sha256, order, call.key)
    return answered(call.context, recorded, 201)


@operation(
    "GET",
    "/v1/assets/{id}/manifest",
    permission="media.read",
    tag="credentials",
    summary="The credentials of an asset, judged now",
    answer=_MANIFEST,
    lane="media",
)
def manifest(call: Call) -> Answer:
    """The newest signing with its evidence, what the manifest says, and the verdict of this moment."""
    asset = read.get(call.context, "asset", call.path["id"])
    found = record.latest(call.context, asset.id)
    if found is None:
        raise errors.NotFound(f"{asset.id} was not signed here; POST /v1/assets/{asset.id}/sign does it.", "not_signed")
    details: dict[str, Any] = found.body["details"]
    store = call.context.blobs
    sidecar = store.read(details["manifest"]["sha256"]) if details["form"] == "sidecar" else None
    with store.open(assets.digest_of(details, "sha256") or "") as file:
        verdict = call.services.credentials.judge(file, call.context.now, sidecar=sidecar, report=True)
    said = (verdict.pop("store", {}).get("manifests") or {}).get(details["label"])
    return Answer({"evidence": found.id, "label": details["label"], "form": details["form"], "verdict": verdict, "manifest": said})


@operation(
    "POST",
    "/v1/verify",
    permission="media.verify",
    tag="credentials",
    summary="Judge the credentials of any file",
    answer=_VERDICT,
    stream=UNKNOWN,
    lane="upload",
)
def verify(call: Call) -> Answer:
    """Judge an upload: the file as the body, or `file` and `sidecar` as multipart/form-data. Nothing of it is kept."""
    source, sidecar, announced = _parts(call)
    with call.context.blobs.take(source, length=announced, limit=call.services.settings.upload_limit) as (file, digests):
        kind = kind_of(file)
        with call.services.lane("media"):
            verdict = call.services.credentials.judge(file, call.context.now, sidecar=sidecar, kind=kind)
            if verdict["state"] == "NoManifest" and sidecar is None:
                verdict |= _broken(call, file, digests.size)
    projections.catch_up(call.context.conn, call.context.studio_id, "digest")
    values = dict(digests.values())
    found = record.known(call.context, values, verdict["labels"])
    answer = {**verdict, "known": found, "media_type": kind.media_type, "bytes": digests.size, "digests": values, "library": LIBRARY}
    return Answer(answer)


def _broken(call: Call, file: FileIO, size: int) -> dict[str, Any]:
    """What to say instead of "no manifest" where the file itself is broken."""
    try:
        look.examine(call.services.sandbox, file.fileno(), size)
    except errors.Invalid as fault:
        return {"state": "Unreadable", "reason": fault.detail}
    return {}


def _parts(call: Call) -> tuple[Source, bytes | None, int | None]:
    """The file, its sidecar if one came along, and the length it was announced with."""
    announced = length(call, call.services.settings.upload_limit)
    if call.request.mimetype != "multipart/form-data":
        return call.request.stream, None, announced
    file, sidecar = call.request.files.get("file"), call.request.files.get("sidecar")
    if file is None:
        raise errors.BadRequest("Send the file to judge as the part named file, its manifest as the part named sidecar.", "no_file")
    content = sidecar.stream.read(SIDECAR_LIMIT + 1) if sidecar is not None else None
    if content is not None and len(content) > SIDECAR_LIMIT:
        raise errors.TooLarge(f"A sidecar may have up to {SIDECAR_LIMIT} bytes.", "content_too_large")
    return file.stream, content, None


@operation("GET", "/v1/credentials/ca.pem", permission="media.read", tag="credentials", summary="The certificate that our signatures lead to",
           produces="application/x-pem-file")  # fmt: skip
def anchor(call: Call) -> Answer:
    """Give this to whoever checks our files with other software: it is the only anchor they need."""
    return Answer(call.services.credentials.authority.anchor(call.context.now), media_type="application/x-pem-file")
