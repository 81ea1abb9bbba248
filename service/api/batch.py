"""Many records in one request: NDJSON, one record a line, atomic up to 1,000 or line by line beyond, in constant memory."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any

import orjson
from marshmallow import ValidationError

from schemas.batch import BatchLine, BatchQuery
from service import errors
from service.api.operation import NDJSON, Answer, Call, operation, read_lines
from service.api.records import WRITE_PERMISSION, stateable
from service.context import Idempotency
from service.records import write
from service.records.model import Change, Draft, Recorded
from service.records.write import field_errors

CHUNK = 200

_LINE, _QUERY = BatchLine(), BatchQuery()


@operation(
    "POST",
    "/v1/batch",
    permission="records.read",
    tag="batch",
    summary="Record many at once",
    query=_QUERY,
    writes=True,
    stream=NDJSON,
    line=_LINE,
    produces=NDJSON,
    lane="bulk",
)
def post(call: Call) -> Answer:
    """Write the lines; each needs the permission of its kind. `?mode=lines` answers for each line by itself."""
    lines = read_lines(call.request)
    if call.query.get("mode", "atomic") == "lines":
        return Answer(_spooled(_by_line(call, lines)), media_type=NDJSON)
    drafts = [_draft(call, number, raw) for number, raw in islice(lines, write.ATOMIC_LIMIT + 1)]
    if len(drafts) > write.ATOMIC_LIMIT:
        raise errors.TooLarge(f"An atomic batch holds up to {write.ATOMIC_LIMIT} records; send more with ?mode=lines.", "batch_too_large")
    if not drafts:
        raise errors.invalid("", "Send at least one line.", "empty_batch")
    recorded = write.append(call.context, drafts, key=call.key)
    return Answer(b"".join(_line(draft.client_key, each) for draft, each in zip(drafts, recorded, strict=True)), media_type=NDJSON)


def _spooled(answers: Iterator[bytes]) -> Iterator[bytes]:
    """Run to the end, answers on disk, then send: many clients read nothing before they have sent everything."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115  (it lives until the answer is sent)
    for answer in answers:
        spool.write(answer)
    spool.seek(0)
    return _sent(spool)


def _sent(spool: IO[bytes]) -> Iterator[bytes]:
    with spool:
        yield from iter(lambda: spool.read(1 << 16), b"")


def _by_line(call: Call, lines: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
    """Write chunk by chunk; a chunk that fails is written line by line, so that only the guilty lines fail.

    What stops the whole (a line without end, no database) is the last answer: everything before it stands.
    """
    keys: dict[str, str] = {}
    done = 0
    try:
        while chunk := list(islice(lines, CHUNK)):
            yield from _chunk(call, chunk, keys, _part_key(call.key, done))
            done = chunk[-1][0] + 1
    except errors.Problem as problem:
        yield _refusal(done, problem)


def _chunk(call: Call, chunk: list[tuple[int, bytes]], keys: dict[str, str], key: Idempotency | None) -> Iterable[bytes]:
    good: list[tuple[int, Draft]] = []
    answers: dict[int, bytes] = {}
    for number, raw in chunk:
        try:
            good.append((number, _draft(call, number, raw, keys)))
        except errors.Problem as problem:
            answers[number] = _refusal(number, problem)
    answers.update(_append(call, good, keys, key))
    return [answers[number] for number, _ in chunk]


def _append(call: Call, numbered: list[tuple[int, Draft]], keys: dict[str, str], key: Idempotency | None) -> dict[int, bytes]:
    if not numbered:
        return {}
    drafts = [draft for _, draft in numbered]
    try:
        recorded = write.append(call.context, drafts, key=key)
    except errors.Unavailable:
        raise
    except errors.Problem as problem:
        if len(numbered) == 1:
            return {numbered[0][0]: _refusal(numbered[0][0], problem)}
        return {
            number: answer
            for position, one in enumerate(numbered)
            for number, answer in _append(call, [(one[0], _named(one[1], keys))], keys, _part_key(key, position)).items()
        }
    keys.update({draft.client_key: each.id for draft, each in zip(drafts, recorded, strict=True) if draft.client_key})
    return {number: _line(draft.client_key, each) for (number, draft), each in zip(numbered, recorded, strict=True)}


def _draft(call: Call, number: int, raw: bytes, keys: dict[str, str] | None = None) -> Draft:
    """Parse one line; its faults point at `/lines/<number>`."""
    at = f"/lines/{number}"
    try:
        line: dict[str, Any] = _LINE.load(orjson.loads(raw))
    except orjson.JSONDecodeError as fault:
        raise errors.invalid(at, f"This line is not valid JSON: {fault.msg}.", "malformed_json") from None
    except ValidationError as fault:
        raise errors.Invalid("A line is not valid.", "invalid", field_errors(fault, at)) from None
    kind = line["kind"]
    permission = WRITE_PERMISSION.get(kind)
    if permission is None or not call.context.actor.may(permission):
        raise errors.Forbidden(f"Line {number}: this key may not write a {kind}.", "missing_permission")
    stateable(kind, line["body"], f"{at}/body")
    version = line.get("expected_version", 0) + 1
    change = Change() if version == 1 else Change(line.get("change", "correction"), line.get("effective_at"))
    draft = Draft(kind, line["body"], line.get("id"), version, change, line.get("key"), f"{at}/body")
    return _named(draft, keys or {})


def _named(draft: Draft, keys: dict[str, str]) -> Draft:
    """Replace client keys of earlier chunks by the ids they became."""
    if not keys:
        return draft
    return Draft(draft.kind, _replaced(draft.body, keys), draft.id, draft.version, draft.change, draft.client_key, draft.pointer)


def _replaced(value: Any, keys: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(inner, keys) for name, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, keys) for inner in value]
    return keys.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value


def _part_key(key: Idempotency | None, part: int) -> Idempotency | None:
    """Return the key of one part of a long request: each part is a write of its own."""
    if key is None:
        return None
    number = part.to_bytes(8, "big")
    return Idempotency(hashlib.sha256(key.key_hash + number).digest(), hashlib.sha256(key.request_hmac + number).digest())


def _line(client_key: str | None, recorded: Recorded) -> bytes:
    answer = {"key": client_key} if client_key else {}
    envelope = {name: value for name, value in recorded.document().items() if name != "body"}
    return orjson.dumps(answer | envelope, option=orjson.OPT_APPEND_NEWLINE)


def _refusal(number: int, problem: errors.Problem) -> bytes:
    return orjson.dumps({"line": number, "problem": problem.document("")}, option=orjson.OPT_APPEND_NEWLINE)
