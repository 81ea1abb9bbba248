"""Importing generations: what a file, its credentials and a provider's answer say becomes records, and the raw sources stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import orjson
from werkzeug.datastructures import FileStorage

from schemas.ingest import ImportAnswer, ImportOptions, ImportRequest, SourceQuery
from service import assets, errors, projections
from service.api.operation import Answer, Call, load, operation, parse_json, read_json_bytes
from service.content.look import examine
from service.content.sniff import UNKNOWN
from service.ingest import containers, importing, inline, register, xmp
from service.ingest.draft import Limits, Source
from service.records import read
from service.records.model import Recorded

SIDE_LIMIT = 16 << 20
_OPTIONS, _REQUEST, _ANSWER, _SOURCE = ImportOptions(), ImportRequest(), ImportAnswer(), SourceQuery()
_PARTS = {
    "options": _OPTIONS,
    "file": "what the generator put out",
    "request": "what a provider was asked, as JSON",
    "response": "what it answered, as JSON",
}


@dataclass(frozen=True, slots=True)
class _Given:
    """What one import was given, however it came in."""

    options: Mapping[str, Any]
    output: importing.Output
    request: bytes | None = None
    response: bytes | None = None


def _again(call: Call, written: Sequence[Recorded]) -> Answer:
    """What the same key imported before."""
    return _answer(call, importing.of_records(written))


@operation("POST", "/v1/generations/import", permission="generations.write", tag="generations", summary="Import what a generator made",
           stream="multipart/form-data", instead=_REQUEST, parts=_PARTS, answer=_ANSWER, status=201, or_status=200, writes=True, lane="media", replay=_again)  # fmt: skip
def post(call: Call) -> Answer:
    """Read a file (`file`), a provider's exchange (`request`, `response`) or a registered asset, and record what they say.

    As multipart/form-data with an `options` part in JSON, or as application/json. 200 when it was imported before.
    """
    given = _uploaded(call) if call.request.mimetype == "multipart/form-data" else _named(call)
    source = _source(call, given)
    drafts = register.read(source, Limits(), only=given.options.get("adapter"))
    draft = register.merge(drafts) if drafts else None
    if draft is None or (importing.says_nothing(draft) and given.output == importing.Output(name=given.output.name)):
        raise _nothing(source)
    draft = replace(draft, contradictions=(*draft.contradictions, *inline.remarks(source, Limits())))
    projections.catch_up(call.context.conn, call.context.studio_id, "digest")
    done = importing.record(
        call.context, draft, given.output, stated=given.options.get("stated"), links=given.options.get("links"), key=call.key
    )
    if done.asset and given.output.asset is None and given.output.sha256:
        call.context.blobs.grant(done.asset, given.output.sha256)
    return _answer(call, done)


def _nothing(source: Source) -> errors.Problem:
    """What to do where nothing was found: another name of the provider, or a record written by hand."""
    if source.provider is not None and not register.knows(source.provider):
        known = ", ".join(register.PROVIDERS)
        says = f"Nobody of this name is known here; leave it out, name one of {known}, or send a sheet with provider declared."
        return errors.invalid("/provider", says, "unknown_provider")
    says = "No adapter finds anything about how this was made; record the generation yourself with POST /v1/generations."
    if (source.name or "").lower().endswith((".json", ".csv", ".yaml", ".txt")):
        says += " What tells of a run is sent as request or response, beside the file that came out of it."
    elsewhere = xmp.elsewhere(source)
    if elsewhere:
        says += f" Its credentials are kept at {elsewhere[:200]}, and nothing is fetched here: send the file with its credentials inside."
    return errors.Invalid(says, "nothing_found")


@operation("GET", "/v1/generations/{id}/source", permission="confidential.read", tag="generations", query=_SOURCE,
           summary="A raw source of an imported generation", produces=UNKNOWN)  # fmt: skip
def source(call: Call) -> Answer:
    """The workflow, request or response as it was handed over, byte for byte."""
    generation = read.get(call.context, "generation", call.path["id"])
    return Answer(importing.raw(call.context, generation, call.query["name"]), media_type="application/octet-stream")


def _uploaded(call: Call) -> _Given:
    """The parts of a form; the file goes into the store first, and is looked at in a child process like every upload."""
    files, form = call.request.files, call.request.form
    strange = sorted((set(files) | set(form)) - {"file", "request", "response", "options"})
    if strange:
        raise errors.invalid(f"/{strange[0]}", "The form takes file, request, response and options.", "unknown_part")
    options = load(_OPTIONS, parse_json(_part(files, form, "options") or b"{}"))
    sides = (_part(files, form, "request") or _side(options, "request"), _part(files, form, "response") or _side(options, "response"))
    if "file" not in files:
        if "asset" not in options and not any(sides):
            raise errors.invalid("/file", "Send the file, name its asset in options, or send request and response.", "nothing_sent")
        return _Given(options, _registered(call, options), *sides)
    if "asset" in options:
        raise errors.invalid("/options/asset", "Send the file or name the asset, not both.", "asset_twice")
    return _Given(options, _stored(call, files["file"], options), *sides)


def _named(call: Call) -> _Given:
    """The JSON form."""
    options = load(_REQUEST, parse_json(read_json_bytes(call.request, SIDE_LIMIT)))
    return _Given(options, _registered(call, options), _side(options, "request"), _side(options, "response"))


def _part(files: Mapping[str, FileStorage], form: Mapping[str, str], name: str) -> bytes | None:
    if name in form:
        return form[name].encode()
    if name not in files:
        return None
    content = files[name].stream.read(SIDE_LIMIT + 1)
    if len(content) > SIDE_LIMIT:
        raise errors.TooLarge(f"The part {name} may have up to {SIDE_LIMIT} bytes.", "part_too_large")
    return content


def _side(options: Mapping[str, Any], name: str) -> bytes | None:
    value = options.get(name)
    return value.encode() if isinstance(value, str) else orjson.dumps(value) if value is not None else None


def _stored(call: Call, file: FileStorage, options: Mapping[str, Any]) -> importing.Output:
    looks: list[Any] = []
    stored = call.context.blobs.put(
        file.stream, check=lambda digests, staged: looks.append(examine(call.services.sandbox, staged.fileno(), digests.size))
    )
    media_type = looks[0].kind.media_type
    return importing.Output(
        name=options.get("file_name") or file.filename or None,
        sha256=stored.sha256,
        digests=stored.digests,
        size=stored.size,
        media_type=None if media_type == UNKNOWN else media_type,
    )


def _registered(call: Call, options: Mapping[str, Any]) -> importing.Output:
    """The output as an asset that is there, or nothing but a name."""
    if "asset" not in options:
        return importing.Output(name=options.get("file_name"))
    asset = read.get(call.context, "asset", str(options["asset"]))
    name = options.get("file_name") or asset.body.get("file_name") or asset.body.get("name")
    return importing.Output(
        asset=asset.id, name=name, sha256=assets.digest_of(asset.body, "sha256"), media_type=asset.body.get("media_type")
    )


def _source(call: Call, given: _Given) -> Source:
    """Everything an adapter may look at: the file's texts and credentials where its bytes are here, and the exchange."""
    source = Source(
        name=given.output.name,
        sha256=given.output.sha256,
        request=given.request,
        response=given.response,
        provider=register.provider_named(given.options["provider"]) if "provider" in given.options else None,
    )
    if given.output.sha256 is None or (given.output.asset and not call.context.blobs.granted(given.output.asset, given.output.sha256)):
        return source
    with closing(call.context.blobs.open(given.output.sha256)) as file:
        return replace(source, texts=containers.texts(file, Limits()), credentials=_credentials(call, file))


def _credentials(call: Call, file: BinaryIO) -> Mapping[str, Any] | None:
    """The judge's report with the manifests themselves; None when the file carries none."""
    file.seek(0)
    report: Mapping[str, Any] = call.services.credentials.judge(file, call.context.now, report=True)
    return report if "store" in report else None


def _answer(call: Call, done: importing.Imported) -> Answer:
    shown = read.disclose(call.context, [done.generation])[0]
    body = shown.body
    told: dict[str, Any] = {
        "generation": done.generation.id,
        "made": [record.id for record in done.made],
        "found": done.found,
        "record": shown.document(),
    }
    told |= {name: body[name] for name in ("adapter", "contradictions", "unresolved", "unread") if name in body}
    if done.asset:
        told["asset"] = done.asset
    return Answer(told, 200 if done.found else 201, {"Location": f"/v1/generations/{done.generation.id}"})
