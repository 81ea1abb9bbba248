"""The one way to declare an HTTP operation: path, permission, schemas; parsing and answering happen here.

A view takes a `Call` and returns an `Answer`; it never touches Flask. Declaring an operation without a
permission is a `TypeError` at import, and the app refuses to start for a permission that no role carries.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from flask import Request, Response, request
from marshmallow import Schema, ValidationError

from service import errors
from service.context import Context, Idempotency
from service.records.model import Recorded
from service.records.write import field_errors

if TYPE_CHECKING:
    from service.content.vault import Vault
    from service.services import Services

PUBLIC = "public"
JSON_LIMIT = 4 * 1024 * 1024
KEY_LIMIT = 255
LINE_LIMIT = 1024 * 1024
_PIECE = 64 * 1024
NDJSON = "application/x-ndjson"

View = Callable[["Call"], "Answer"]
Replay = Callable[["Call", list[Recorded]], "Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view returns: a JSON value, raw bytes, an iterable of bytes, or a ready Flask response."""

    body: Any = None
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One declared operation; `path` is in OpenAPI form (`/v1/assets/{id}`), `lane` bounds heavy work.

    `checked_by_room` leaves the body's validation to the room that writes it, so that it is not done twice; `stream`
    names the media type of a body that the view reads itself, `line` what each line of it holds, `instead` its form as JSON where it has
    one, and `parts` what a form of several parts may hold (a schema, or what the bytes are); `replay` answers a repeated idempotency key with what it
    wrote, where that is not simply the first record.
    """

    method: str
    path: str
    view: View
    permission: str
    summary: str
    tag: str
    body: Schema | None = None
    query: Schema | None = None
    answer: Schema | None = None
    status: int = 200
    or_status: int | None = None
    writes: bool = False
    checked_by_room: bool = False
    replay: Replay | None = None
    stream: str | None = None
    line: Schema | None = None
    instead: Schema | None = None
    parts: Mapping[str, Schema | str] = field(default_factory=dict)
    produces: str = "application/json"
    lane: str | None = None
    name: str = ""

    @property
    def rule(self) -> str:
        """Return the path as Flask writes it; an outside id may hold slashes."""
        return re.sub(r"\{(path|value)\}", r"<path:\1>", self.path).replace("{", "<").replace("}", ">")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, parsed: `body` and `query` have passed their schemas, `key` is the idempotency key."""

    context: Context
    services: Services
    operation: Operation
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    key: Idempotency | None
    request: Request


REGISTER: list[Operation] = []


def operation(method: str, path: str, *, permission: str, summary: str, tag: str, **options: Any) -> Callable[[View], View]:
    """Declare the decorated view as an operation; `options` are the remaining fields of `Operation`."""

    def declare(view: View) -> View:
        declared = {"name": f"{view.__module__.rpartition('.')[2]}_{view.__name__}", **options}
        REGISTER.append(Operation(method, path, view, permission, summary, tag, **declared))
        return view

    return declare


def parse(declared: Operation) -> tuple[Mapping[str, Any], Any, bytes]:
    """Return the validated query, the validated body and the raw bytes of the current request."""
    query = load(declared.query, request.args.to_dict()) if declared.query else _no_query()
    if declared.body is None:
        return query, None, b""
    raw = read_json_bytes(request)
    body = parse_json(raw)
    return query, body if declared.checked_by_room else load(declared.body, body), raw


def load(schema: Schema, data: Any) -> Any:
    """Validate through the schema; raise `Invalid` with one JSON pointer per fault."""
    try:
        return schema.load(data)
    except ValidationError as fault:
        found = field_errors(fault)
        raise errors.Invalid("The input is not valid; each entry of errors says where and what to do.", "invalid", found) from None


def read_json_bytes(incoming: Request, limit: int = JSON_LIMIT) -> bytes:
    """Return the body, refusing other media types and anything over `limit` before it is read."""
    if incoming.mimetype not in {"application/json", "application/merge-patch+json"} and not incoming.mimetype.endswith("+json"):
        raise errors.UnsupportedMedia("Send the body as application/json.", "unsupported_media_type")
    if (incoming.content_length or 0) > limit:
        raise errors.TooLarge(f"A JSON body may have up to {limit} bytes; use /v1/batch or an upload for more.", "body_too_large")
    raw = incoming.stream.read(limit + 1)
    if len(raw) > limit:
        raise errors.TooLarge(f"A JSON body may have up to {limit} bytes; use /v1/batch or an upload for more.", "body_too_large")
    return raw


def read_lines(incoming: Request) -> Iterator[tuple[int, bytes]]:
    """Yield (number, bytes) of each line of an NDJSON body that is not blank, holding no more than a piece and the line it breaks off in."""
    if incoming.mimetype not in {NDJSON, "application/ndjson", "application/jsonl"}:
        raise errors.UnsupportedMedia(f"Send the lines as {NDJSON}.", "unsupported_media_type")
    number, rest, piece = 0, b"", b"-"
    while piece:
        piece = incoming.stream.read(_PIECE)  # a call of the server for each line would cost more than the line
        *lines, rest = (rest + piece).split(b"\n") if piece else (rest, b"")
        for raw in lines:
            if len(raw) > LINE_LIMIT:
                raise _long_line(number)
            if raw.strip():
                yield number, raw
            number += 1
        if len(rest) > LINE_LIMIT:
            raise _long_line(number)


def _long_line(number: int) -> errors.TooLarge:
    return errors.TooLarge(f"Line {number} is longer than {LINE_LIMIT} bytes.", "line_too_long")


def parse_json(raw: bytes) -> Any:
    """Parse strict JSON; depth, lone surrogates and broken UTF-8 are refused by the parser."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as fault:
        raise errors.BadRequest(
            f"The body is not valid JSON at line {fault.lineno}, column {fault.colno}: {fault.msg}.", "malformed_json"
        ) from None


def idempotency(declared: Operation, studio_id: str, vault: Vault, raw: bytes) -> Idempotency | None:
    """Return the key of the request, bound to studio, operation and exact body; `None` where none was sent."""
    value = request.headers.get("Idempotency-Key")
    if value is None or not declared.writes:
        return None
    if not 1 <= len(value) <= KEY_LIMIT or not value.isprintable():
        raise errors.BadRequest("Idempotency-Key takes 1 to 255 printable characters.", "bad_idempotency_key")
    key = hashlib.sha256(f"{studio_id}\0{value}".encode()).digest()
    what = f"{declared.method} {request.path}?{request.query_string.decode('latin-1')}\0".encode()
    return Idempotency(key, vault.mac(studio_id, "idempotency", what + raw))


def render(declared: Operation, answer: Answer) -> Response:
    """Turn an answer into the response; dictionaries and lists become JSON, a stream stays one."""
    if isinstance(answer.body, Response):
        return answer.body
    body = answer.body
    if answer.media_type == "application/json" and not isinstance(body, bytes):
        body = orjson.dumps(body)
    response = Response(body, status=answer.status or declared.status, content_type=answer.media_type)
    response.headers.extend(answer.headers)
    return response


def _no_query() -> Mapping[str, Any]:
    if request.args:
        name = next(iter(request.args))
        raise errors.Invalid(
            "The input is not valid.", "invalid", (errors.FieldError(f"/query/{name}", "This operation takes no query parameters."),)
        )
    return {}
