"""Time-stamps of checkpoints (RFC 3161): an authority outside signs when it saw the text of a checkpoint.

What is stamped is the text of the checkpoint (origin, size, root: three lines, without signatures), so it can be written
down again at any time, whichever keys sign by then: `openssl ts -verify -data TEXT -in RESPONSE -CAfile ROOTS` accepts it.
An authority that is away is asked again by the clock; a later stamp covers everything that came before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, TimeStampResponse, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError
from rfc3161_client.tsp import PKIStatus

from service.db import Database, transaction
from service.ledger import anchors, note
from service.ledger.anchors import Anchor, Result, Stamped, State
from service.ledger.log import Ledger
from service.ledger.note import Checkpoint

log = logging.getLogger("clearance.stamps")

EVERY = timedelta(minutes=10)
"""How often a log that grows is stamped by one authority: they bill and limit, and courts do not think in seconds."""
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
ANSWER_BYTES = 256 << 10
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}

Send = Callable[[str, bytes], bytes]


class Refused(Exception):
    """The authority's answer is no time-stamp of this text that the configured certificates vouch for."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """What is trusted of an authority: roots, intermediates, and its own certificate if that is not sent along."""

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]
    own: x509.Certificate | None


def certificates(pem: str) -> Certificates:
    """Read the certificates of an authority; raises `ValueError` unless there is a root among them."""
    found = x509.load_pem_x509_certificates(pem.encode())
    roots = tuple(each for each in found if each.subject == each.issuer)
    own = next((each for each in found if each not in roots and _stamps(each)), None)
    if not roots:
        raise ValueError("no root certificate (one that is its own issuer) is among them")
    return Certificates(roots, tuple(each for each in found if each not in roots and each != own), own)


def _stamps(certificate: x509.Certificate) -> bool:
    try:
        return ExtendedKeyUsageOID.TIME_STAMPING in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False


def post(url: str, body: bytes) -> bytes:
    """Send a request and return the answer's bytes; raises `httpx.HTTPError`."""
    with httpx.Client(timeout=TIMEOUT) as client, client.stream("POST", url, content=body, headers=_HEADERS) as answer:
        answer.raise_for_status()
        content = b""
        for part in answer.iter_bytes():
            content += part
            if len(content) > ANSWER_BYTES:
                raise httpx.DecodingError(f"the answer is longer than {ANSWER_BYTES} bytes")
    return content


def stamp(authority: Anchor, text: bytes, send: Send = post) -> tuple[bytes, datetime]:
    """Ask for a time-stamp of a text; answers the response and its time, both checked. Raises `Refused`, `httpx.HTTPError`.

    The authority's own certificate is asked for, unless it is among those configured: some send a chain in an order that
    is not DER, which cannot be read.
    """
    trusted = certificates(authority.key)
    builder = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=trusted.own is None)
    request = builder.build()
    content = send(authority.url, request.as_bytes())
    return content, _checked(content, text, trusted, request.nonce)


def verify(content: bytes, text: bytes, pem: str) -> datetime:
    """Check a stored response against its text and the authority's certificates, and return its time; raises `Refused`."""
    return _checked(content, text, certificates(pem), None)


def _checked(content: bytes, text: bytes, trusted: Certificates, nonce: int | None) -> datetime:
    answer = _decoded(content)
    if answer.status not in {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}:
        raise Refused(f"it refuses: {' '.join(answer.status_string) or f'status {answer.status}'}")
    verifier = VerifierBuilder(
        tsa_certificate=trusted.own, intermediates=list(trusted.intermediates), roots=list(trusted.roots), nonce=nonce
    ).build()
    try:
        verifier.verify_message(answer, text)
    except (VerificationError, ValueError) as fault:
        raise Refused(f"its time-stamp does not hold: {fault}") from fault
    return answer.tst_info.gen_time.replace(tzinfo=UTC)


def _decoded(content: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(content)
    except ValueError as fault:
        raise Refused(
            f"its answer is no time-stamp in DER ({fault}); add its own certificate to those configured, then no chain is sent"
        ) from fault


def submit(database: Database, ledger: Ledger, studio_id: str, now: datetime) -> list[State]:
    """Have the newest checkpoint of a log stamped by each of its authorities that is due, and keep what they answer."""
    with database.ledger() as conn:
        authorities = anchors.anchors(conn, "time_stamp", studio_id)
        states = anchors.states(conn, studio_id)
        content = ledger.checkpoint(conn, studio_id) if authorities else None
    if content is None:
        return []
    checkpoint = note.parse_checkpoint(content)
    due = [each for each in authorities if checkpoint.size and _due(states.get(each.name), checkpoint.size, now)]
    return [_keep(database, studio_id, checkpoint, authority, now) for authority in due]


def _due(state: State | None, size: int, now: datetime) -> bool:
    if state is None or state.outcome != "ok":
        return True
    return size > state.size and now - state.tried_at >= EVERY


def _keep(database: Database, studio_id: str, checkpoint: Checkpoint, authority: Anchor, now: datetime) -> State:
    stamped, state = _try(checkpoint, authority, now)
    with database.ledger() as conn, transaction(conn):
        if stamped is not None:
            anchors.keep_stamp(conn, studio_id, stamped)
        anchors.note_state(conn, studio_id, state)
    if state.outcome != "ok":
        log.warning(state.says, extra={"studio": studio_id, "authority": authority.name})
    return state


def _try(checkpoint: Checkpoint, authority: Anchor, now: datetime) -> tuple[Stamped | None, State]:
    def state(outcome: Result, says: str) -> State:
        return State(authority.name, outcome, f"The time-stamp authority {authority.name}: {says}. It is asked again.", 0, now)

    try:
        response, stamped_at = stamp(authority, checkpoint.text())
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        return None, state("away", str(fault) or type(fault).__name__)
    except (Refused, ValueError) as fault:
        return None, state("refused", str(fault))
    stamped = Stamped(checkpoint.size, authority.name, checkpoint.root, response, stamped_at)
    return stamped, State(authority.name, "ok", "", checkpoint.size, now)
