"""Asking witnesses for cosignatures: the newest checkpoint goes to each of them, at once as well as it can and by the clock.

A witness that is away is asked again; nothing waits for it. One that refuses because it has seen another history is the
alarm that witnesses are for, so its refusal is kept until it agrees again, with the sentence that says what to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
from psycopg import Connection

from service import errors
from service.db import Database, transaction
from service.ledger import anchors, cosignature, note, submission
from service.ledger.anchors import Anchor, Cosigned, Result, State
from service.ledger.cosignature import Cosigner
from service.ledger.log import Ledger
from service.ledger.note import Checkpoint, Malformed, Note
from service.ledger.submission import Submission

log = logging.getLogger("clearance.witness")

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
ANSWER_BYTES = 64 << 10
SIZE_TYPE = "text/x.tlog.size"
_ATTEMPTS = 3
_YEAR_9999 = 253_402_300_799

Send = Callable[[str, bytes], httpx.Response]
Prove = Callable[[int], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking one witness: a cosignature, or a sentence; `size` is the largest tree that it has seen.

    `ahead`: that is larger than the checkpoint, which either was overtaken meanwhile or is of a log that was set back.
    """

    result: Result
    says: str
    size: int
    cosigned: Cosigned | None = None
    ahead: bool = False


def post(url: str, body: bytes) -> httpx.Response:
    """Send a request without following redirects, and read no more of the answer than one can be long."""
    with httpx.Client(timeout=TIMEOUT) as client, client.stream("POST", url, content=body) as answer:
        content = b""
        for part in answer.iter_bytes():
            content += part
            if len(content) > ANSWER_BYTES:
                raise httpx.DecodingError(f"the answer is longer than {ANSWER_BYTES} bytes")
    return httpx.Response(answer.status_code, headers={"Content-Type": answer.headers.get("Content-Type", "")}, content=content)


def ask(witness: Anchor, content: bytes, seen: int, prove: Prove, send: Send = post) -> Outcome:
    """Ask one witness to cosign a checkpoint. `seen` is the size that it cosigned last, as far as we know; `prove` gives the
    proof that the checkpoint continues the tree of a size.
    """
    cosigner, signed = cosignature.parse_cosigner(witness.key), note.parse(content)
    checkpoint = note.parse_checkpoint(signed.text)
    for _ in range(_ATTEMPTS):
        if seen > checkpoint.size:
            return Outcome("forked", _set_back(witness.name, checkpoint, seen), seen, ahead=True)
        try:
            answer = send(witness.url.rstrip("/") + submission.PATH, Submission(seen, prove(seen), content).body())
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            return _odd(witness.name, f"does not answer ({str(fault) or type(fault).__name__})", seen)
        if answer.status_code == httpx.codes.OK:
            return _taken(witness.name, cosigner, signed, checkpoint, answer.content, seen)
        told = _told(answer)
        if told is None or told == seen:
            return _refused(witness, checkpoint, answer, seen)
        seen = told
    return _odd(witness.name, "names another size each time it is asked", seen)


def _taken(name: str, cosigner: Cosigner, signed: Note, checkpoint: Checkpoint, answer: bytes, seen: int) -> Outcome:
    """Take the line of the witness's key from its answer, if it is good."""
    try:
        lines = cosignature.parse_lines(answer)
    except Malformed:
        lines = ()
    for line in lines:
        seconds = cosigner.time(signed.text, line)
        if seconds is not None:
            at = datetime.fromtimestamp(min(seconds, _YEAR_9999), UTC)
            cosigned = Cosigned(checkpoint.size, name, checkpoint.root, line.line().decode(), at)
            return Outcome("ok", "", checkpoint.size, cosigned)
    says = f"The witness {name} answered without a cosignature of the key {cosigner.text()}. If it has a new key, add it again with that."
    return Outcome("refused", says, seen)


def _told(answer: httpx.Response) -> int | None:
    """Return the size that a witness says it has cosigned."""
    text = answer.text.strip()
    if answer.status_code != httpx.codes.CONFLICT or answer.headers["Content-Type"].partition(";")[0].strip() != SIZE_TYPE:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _refused(witness: Anchor, checkpoint: Checkpoint, answer: httpx.Response, seen: int) -> Outcome:
    status, name = answer.status_code, witness.name
    if status == httpx.codes.UNPROCESSABLE_ENTITY or (status == httpx.codes.CONFLICT and seen == checkpoint.size):
        return Outcome("forked", _forked(name, checkpoint, seen), seen)
    if status == httpx.codes.NOT_FOUND:
        says = f"The witness {name} does not watch {checkpoint.origin}; give whoever runs it the log's key (GET /v1/ledger/key) for --log."
        return Outcome("refused", says, seen)
    if status == httpx.codes.FORBIDDEN:
        says = f"The witness {name} knows another key of {checkpoint.origin}; if ours was replaced, whoever runs it adds the new one with --log."
        return Outcome("refused", says, seen)
    return _odd(name, f"answered {status}", seen)


def _odd(name: str, did: str, seen: int) -> Outcome:
    return Outcome("away", f"The witness {name} {did}; it is asked again.", seen)


_REMEDY = (
    "Stop writing here. Compare with `clearance ledger fsck` and the other copies; if this database was restored, bring back the newer one"
    " (replica, WAL archive). If it is lost for good, keep this one for reading and open a new studio whose first record cites the last"
    " cosigned checkpoint. The witness's state and its evidence.jsonl are proof; do not reset them."
)


def _set_back(name: str, checkpoint: Checkpoint, seen: int) -> str:
    return (
        f"The witness {name} has cosigned {seen} entries of {checkpoint.origin}, but this database holds {checkpoint.size}: it is an older"
        f" copy, or another one has gone on. {_REMEDY}"
    )


def _forked(name: str, checkpoint: Checkpoint, seen: int) -> str:
    return (
        f"FORK: the witness {name} refuses {checkpoint.origin} at {checkpoint.size} entries, because they do not continue the {seen} that it"
        f" has cosigned: entries were changed, or two histories are signed with one key. {_REMEDY}"
    )


def submit(
    database: Database, ledger: Ledger, studio_id: str, now: Callable[[], datetime], away: frozenset[str] = frozenset(), send: Send = post
) -> dict[str, Outcome]:
    """Send the newest checkpoint of a log to each of its witnesses that has not cosigned it, and keep what they answer.

    `away` are those that have just not answered for another log.
    """
    with database.ledger() as conn:
        witnesses = [each for each in anchors.anchors(conn, "witness", studio_id) if each.name not in away]
    outcomes = {}
    for witness in witnesses:
        outcome = _ask(database, ledger, studio_id, witness, send)
        if outcome is not None:
            _keep(database, studio_id, witness, outcome, now())
            outcomes[witness.name] = outcome
    return outcomes


def _ask(database: Database, ledger: Ledger, studio_id: str, witness: Anchor, send: Send) -> Outcome | None:
    """Ask a witness about the newest checkpoint, and about a newer one if it was overtaken; `None` if there is nothing to ask."""
    outcome = None
    for _ in range(_ATTEMPTS):
        with database.ledger() as conn:
            content = ledger.checkpoint(conn, studio_id)
            seen = anchors.last_cosigned(conn, studio_id, witness.name)
            state = anchors.states(conn, studio_id).get(witness.name)
        size = note.parse_checkpoint(content).size if content else 0
        if outcome is not None and outcome.size > size:
            return outcome  # what the witness has seen is not here, even now
        if not content or (seen == size and state is not None and state.outcome == "ok"):
            return None
        outcome = ask(witness, content, min(seen, size), partial(_prove, database, ledger, studio_id, size), send)
        if not outcome.ahead:
            return outcome
    return _odd(witness.name, "is always ahead", outcome.size if outcome else 0)


def _prove(database: Database, ledger: Ledger, studio_id: str, second: int, first: int) -> tuple[bytes, ...]:
    with database.ledger() as conn:
        return ledger.consistency(conn, studio_id, first, second)


def _keep(database: Database, studio_id: str, witness: Anchor, outcome: Outcome, now: datetime) -> None:
    with database.ledger() as conn, transaction(conn):
        if outcome.cosigned is not None:
            anchors.keep_cosignature(conn, studio_id, outcome.cosigned)
        anchors.note_state(conn, studio_id, State(witness.name, outcome.result, outcome.says, outcome.size, now))
    if outcome.result != "ok":
        level = logging.ERROR if outcome.result == "forked" else logging.WARNING
        log.log(level, outcome.says, extra={"studio": studio_id, "witness": witness.name})


def sentences(conn: Connection[Any], studio_id: str) -> list[str]:
    """Return what is to be done about the anchors of a log, forks first."""
    asked = {anchor.name for anchor in anchors.anchors(conn, None, studio_id)}
    found = [state for state in anchors.states(conn, studio_id).values() if state.outcome != "ok" and state.name in asked]
    return [state.says for state in sorted(found, key=lambda state: (state.outcome != "forked", state.name))]


def checkpoint(ledger: Ledger, conn: Connection[Any], studio_id: str, least: int = 0, size: int | None = None) -> bytes | None:
    """Return the newest checkpoint that at least so many witnesses have cosigned, with their lines, or the one of the tree of
    `size`; `None` if there is none. Raises `Forked` if the database does not continue what was signed.
    """
    if least and size is None:
        size = anchors.newest_cosigned(conn, studio_id, least)
        if size is None:
            return None
    content = ledger.checkpoint(conn, studio_id, size)
    if content is None:
        return None
    stated = note.parse_checkpoint(content)
    lines = [each for each in anchors.cosignatures(conn, studio_id, stated.size) if each.root == stated.root]
    if len(lines) < least:
        raise errors.Unavailable("The stored cosignatures are of another tree; `clearance ledger fsck` names the fault.", "log_damaged")
    return anchors.with_cosignatures(content, lines)
