"""Observing reserved rights: what somebody fetched is read, and becomes what the source knows of its owner's wishes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from typing import Any, BinaryIO

import orjson
from werkzeug.datastructures import FileStorage

from schemas.reservations import Crosswalk, ObservationAnswer, ObservationOptions, ObservationRequest
from service import errors
from service.api.operation import Answer, Call, load, operation, parse_json, read_json_bytes
from service.content.sniff import UNKNOWN, sniff
from service.ingest import containers
from service.ingest.draft import Limits, Source
from service.ingest.reservations import cawg, crosswalk, plus, recording, register
from service.ingest.reservations.observation import MOST_BYTES, Observation
from service.ingest.reservations.register import Fetched
from service.ingest.xmp import packet
from service.records import read
from service.records.model import Recorded

_JSON_LIMIT = 1 << 20
_MEDIA = frozenset({"image", "video", "audio"})
_OPTIONS, _REQUEST, _ANSWER, _CROSSWALK = ObservationOptions(), ObservationRequest(), ObservationAnswer(), Crosswalk()
_PARTS: Mapping[str, Any] = {"file": "what was fetched, byte for byte; with its head in front (curl -i) or without", "options": _OPTIONS}


def _again(call: Call, written: Sequence[Recorded]) -> Answer:
    """What the same key recorded before."""
    return _answer(call, recording.Observed(written[-1], (), found=False))


@operation("POST", "/v1/sources/{id}/observations", permission="rights.write", tag="sources", summary="Observe what the owner of a source reserves",
           stream="multipart/form-data", instead=_REQUEST, parts=_PARTS, answer=_ANSWER, status=201, or_status=200, writes=True, lane="media", replay=_again)  # fmt: skip
def post(call: Call) -> Answer:
    """Read what was fetched (robots.txt, tdmrep.json, an RSL document, a page, header fields, a picture or film with IPTC metadata or a
    C2PA manifest, an XMP sidecar, a PDF) and add what it says to the source's `opt_outs`, as a new version.

    Nothing is fetched here: the caller says from where and when. As multipart/form-data with a `file` and `options`, or as JSON where only
    header fields or a status are known. Of a picture or film only what speaks of rights is kept, of everything else all of it. 200 when
    nothing of it was new.
    """
    source = read.get(call.context, "source", call.path["id"])
    if call.request.mimetype == "multipart/form-data":
        given, file = _uploaded(call)
    else:
        given, file = load(_REQUEST, parse_json(read_json_bytes(call.request, _JSON_LIMIT))), None
    headers = {name.lower(): tuple(lines) for name, lines in (given.get("headers") or {}).items()}
    fetched = Fetched(str(given["url"]), _about(given, source, file), given.get("status"), headers)
    with closing(file) if file is not None else nullcontext():
        found, look = _read(call, fetched, file, given)
    return _answer(call, recording.record(call.context, source.id, found, look, key=call.key))


@operation("GET", "/v1/sources/{id}/observations/{digest}", permission="records.read", tag="sources", summary="What was found when a source was observed",
           produces=UNKNOWN)  # fmt: skip
def kept(call: Call) -> Answer:
    """The bytes that an observation names under `raw`, as they were handed over."""
    source = read.get(call.context, "source", call.path["id"])
    digest = call.path["digest"]
    named = {one["raw"]["sha256"] for one in source.body.get("opt_outs") or () if one.get("raw")}
    if digest not in named or not call.context.blobs.granted(source.id, digest):
        raise errors.NotFound(f"{source.id} keeps no such finding.", "no_content")
    return Answer(call.context.blobs.read(digest), media_type="application/octet-stream")


@operation("GET", "/v1/crosswalk", permission="rules.read", tag="sources", summary="Which words of which standard speak of which permission",
           answer=_CROSSWALK)  # fmt: skip
def table(_call: Call) -> Answer:
    """The crosswalk by which reservations are read. It loses something in every row, and says what."""
    return Answer(crosswalk.published())


def _about(given: Mapping[str, Any], source: Recorded, file: FileStorage | None) -> str:
    """The address of the work: as the caller says, as the source has it, else where it was fetched, unless a file for others lies there."""
    place = str(given["url"])
    told = given.get("about") or source.body.get("url")
    if told is None and file is not None and place.endswith((".xml", ".json", ".txt")):
        raise errors.invalid("/about", "Say which work was looked at: its address in about, or in the source's url.", "about_missing")
    return str(told or place)


def _uploaded(call: Call) -> tuple[dict[str, Any], FileStorage]:
    files, form = call.request.files, call.request.form
    strange = sorted((set(files) | set(form)) - {"file", "options"})
    if strange:
        raise errors.invalid(f"/{strange[0]}", "The form takes file and options.", "unknown_part")
    if "file" not in files:
        raise errors.invalid("/file", "Send what was fetched as the part file, or header fields and status as JSON.", "nothing_sent")
    options = files["options"].stream.read(_JSON_LIMIT) if "options" in files else form.get("options", "{}").encode()
    return dict(load(_OPTIONS, parse_json(options))), files["file"]


def _read(call: Call, fetched: Fetched, file: FileStorage | None, given: Mapping[str, Any]) -> tuple[list[Observation], recording.Look]:
    """What it says, and what of it is kept."""
    at, by = str(given["fetched_at"]), given.get("by")
    if file is None:
        told = {"url": fetched.place, "status": fetched.status, "headers": fetched.headers}
        content = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
        return register.read(fetched), recording.Look(at, fetched.about, by, content)
    stream: BinaryIO = file.stream  # type: ignore[assignment]  # the stubs say only what it is at least
    head = stream.read(4096)
    stream.seek(0)
    if sniff(head).family in _MEDIA:
        return _media(call, fetched, stream, at, by)
    content = stream.read(16 * MOST_BYTES + 1)
    if len(content) > 16 * MOST_BYTES:
        raise errors.TooLarge(f"A file that speaks of rights may have up to {16 * MOST_BYTES} bytes.", "file_too_large")
    found = register.read(Fetched(fetched.place, fetched.about, fetched.status, fetched.headers, content))
    return found, recording.Look(at, fetched.about, by, content)


def _media(call: Call, fetched: Fetched, stream: BinaryIO, at: str, by: str | None) -> tuple[list[Observation], recording.Look]:
    """A picture or film: what its metadata and its manifest say of rights is kept, of the work and of all else only the digest."""
    words = packet(Source(texts=containers.texts(stream, Limits())))
    stream.seek(0)
    report = call.services.credentials.judge(stream, call.context.now, report=True)
    found = [*(register.read(fetched) if fetched.headers else []), *plus.read(words, fetched.place), *cawg.read(report, fetched.place)]
    stream.seek(0)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # a file, as it was spooled
    said = {"xmp": plus.kept(words), "assertions": cawg.kept(report)}
    if not any(said.values()):
        return found, recording.Look(at, fetched.about, by, blob={"sha256": digest, "bytes": stream.seek(0, 2)})
    content = orjson.dumps({"url": fetched.place, "sha256": digest, "state": report.get("state"), **said}, default=str)
    return found, recording.Look(at, fetched.about, by, content)


def _answer(call: Call, done: recording.Observed) -> Answer:
    shown = read.disclose(call.context, [done.source])[0]
    told = {
        "id": done.source.id,
        "version": done.source.version,
        "found": done.found,
        "observations": list(done.observations),
        "record": shown.document(),
    }
    return Answer(told, 200 if done.found else 201, {"Location": f"/v1/sources/{done.source.id}"})
