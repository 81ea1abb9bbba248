"""Time-stamps of the checkpoint (RFC 3161): what an authority outside has signed, and when, read from the bytes up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from service.ledger import note
from service.ledger.offline.folder import Folder
from service.ledger.offline.report import Report
from service.ledger.offline.signed import CONSISTENCY, Signed, Trusted, continues

STAMPS = "timestamps/"
SIGNED_DATA, MESSAGE_DIGEST = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.4"
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256, "2.16.840.1.101.3.4.2.2": hashes.SHA384, "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}  # fmt: skip
CHAIN = 5


class BadStamp(Exception):
    """The time-stamp does not hold; the sentence says why."""


@dataclass(frozen=True)
class Part:
    """A value in DER: its tag, its content, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self) -> list[Part]:
        """The values that this one is made of."""
        return list(der(self.content))

    def oid(self) -> str:
        """The object identifier that this is."""
        numbers, value = [], 0
        for byte in self.content:
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                numbers.append(value)
                value = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def der(content: bytes) -> Iterator[Part]:
    """Yield the values that stand one behind the other; raises `BadStamp` where one is cut off."""
    at = 0
    while at < len(content):
        tag, length, begin = content[at], content[at + 1] if at + 1 < len(content) else -1, at + 2
        if length & 0x80:
            begin += length & 0x7F
            length = int.from_bytes(content[at + 2 : begin], "big")
        end = begin + length
        if tag & 0x1F == 0x1F or length < 0 or end > len(content):
            raise BadStamp("it is not DER")
        yield Part(tag, content[begin:end], content[at:end])
        at = end


@dataclass(frozen=True)
class Token:
    """A time-stamp token: the statement, who signed it, and the certificates that came along."""

    statement: bytes
    imprint: tuple[str, bytes]
    time: datetime
    signer: list[Part]
    certificates: list[x509.Certificate]


def parse_token(response: bytes) -> Token:
    """Read a TimeStampResp; raises `BadStamp`."""
    try:
        status, token = next(der(response)).parts()
        kind, wrapped = token.parts()
        if status.parts()[0].content not in {b"\x00", b"\x01"} or kind.oid() != SIGNED_DATA:
            raise BadStamp("the authority granted no time-stamp")
        fields = next(der(wrapped.content)).parts()
        kind, inner = fields[2].parts()
        statement = next(der(inner.content)).content
        said = next(der(statement)).parts()
        algorithm, imprint = said[2].parts()
        time = datetime.strptime(said[4].content.decode().partition(".")[0].rstrip("Z"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        known = [x509.load_der_x509_certificate(each.whole) for part in fields[3:-1] if part.tag == 0xA0 for each in part.parts()]
        return Token(statement, (algorithm.parts()[0].oid(), imprint.content), time, fields[-1].parts()[0].parts(), known)
    except (ValueError, IndexError, StopIteration) as fault:
        raise BadStamp(f"it cannot be read ({fault})") from fault


def check_token(token: Token, text: bytes, own: Sequence[x509.Certificate]) -> x509.Certificate:
    """Hold a token against the text that it should be about, and return the certificate of who signed it; raises `BadStamp`."""
    name, imprint = token.imprint
    if name not in HASHES or _digest(HASHES[name](), text) != imprint:
        raise BadStamp("it is not about this checkpoint")
    _, issued, hashed, attributes, algorithm, signature, *_ = token.signer
    if attributes.tag != 0xA0 or hashed.parts()[0].oid() not in HASHES:
        raise BadStamp("it is signed in a way that this program does not know")
    used = HASHES[hashed.parts()[0].oid()]()
    stated = {pair[0].oid(): pair[1].parts()[0].content for each in attributes.parts() if (pair := each.parts())}
    if stated.get(MESSAGE_DIGEST) != _digest(used, token.statement):
        raise BadStamp("its statement was changed after it was signed")
    signer = _signer(issued, [*token.certificates, *own])
    _check_signature(signer, signature.content, b"\x31" + attributes.whole[1:], used, algorithm)
    return signer


def _digest(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    found = hashes.Hash(algorithm)
    found.update(content)
    return found.finalize()


def _signer(issued: Part, known: Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that a signature names: by issuer and number, or by the identifier of its key."""
    for each in known:
        if issued.tag == 0x30:
            issuer, number = issued.parts()
            if each.issuer.public_bytes() == issuer.whole and each.serial_number == int.from_bytes(number.content, "big"):
                return each
        elif x509.SubjectKeyIdentifier.from_public_key(each.public_key()).digest == issued.content:
            return each
    raise BadStamp("the certificate of who signed it is neither in it nor among those given")


def _check_signature(signer: x509.Certificate, signature: bytes, content: bytes, used: hashes.HashAlgorithm, algorithm: Part) -> None:
    try:
        key = signer.public_key()
        if isinstance(key, rsa.RSAPublicKey) and algorithm.parts()[0].oid() != "1.2.840.113549.1.1.10":
            key.verify(signature, content, padding.PKCS1v15(), used)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(used))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, content)
        else:
            raise BadStamp("it is signed in a way that this program does not know")
    except (InvalidSignature, UnsupportedAlgorithm) as fault:
        raise BadStamp("its signature is false") from fault


def leads_to(signer: x509.Certificate, known: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], time: datetime) -> bool:
    """Whether a certificate for time-stamping was valid then and leads to one of the roots."""
    try:
        if ExtendedKeyUsageOID.TIME_STAMPING not in signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value:
            return False
    except x509.ExtensionNotFound:
        return False
    each = signer
    for _ in range(CHAIN):
        if not each.not_valid_before_utc <= time <= each.not_valid_after_utc:
            return False
        if each in roots:
            return True
        above = next((other for other in (*roots, *known) if _issued(each, other)), None)
        if above is None:
            return False
        each = above
    return False


def _issued(each: x509.Certificate, other: x509.Certificate) -> bool:
    try:
        if not other.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        each.verify_directly_issued_by(other)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    return True


def check_stamps(folder: Folder, signed: Signed, trusted: Trusted, report: Report) -> None:
    """Check each time-stamp against the state of the log that it is about."""
    paths = [path for path in folder.under(STAMPS) if path.endswith(".tsr")]
    faults: list[str] = []
    for path in paths:
        try:
            _tell(folder, signed, trusted, report, path)
        except (BadStamp, UnsupportedAlgorithm) as fault:
            faults.append(f"The time-stamp {path} does not hold: {fault}.")
    report.faults += faults
    if not paths:
        report.open.append("When the checkpoint was made: no authority has time-stamped it.")


def _tell(folder: Folder, signed: Signed, trusted: Trusted, report: Report, path: str) -> None:
    size, _, name = path.removeprefix(STAMPS).removesuffix(".tsr").partition("-")
    text = folder.read(f"{STAMPS}{size}") if folder.has(f"{STAMPS}{size}") else signed.text
    tree = _state(text)
    if not continues(folder, signed, tree, f"{STAMPS}{size}{CONSISTENCY}"):
        raise BadStamp("what it is about is no state of this log")
    beside = folder.read(f"{STAMPS}{name}.pem") if folder.has(f"{STAMPS}{name}.pem") else b""
    given = _certificates(trusted.authorities if trusted.authorities is not None else beside)
    token = parse_token(folder.read(path))
    signer = check_token(token, text, [*given, *_certificates(beside)])
    trusts = leads_to(signer, [*token.certificates, *given], given, token.time)
    when = f"{token.time:%Y-%m-%d %H:%M:%S}Z"
    if trusted.authorities is not None and not trusts:
        raise BadStamp("the certificates that you gave do not vouch for who signed it")
    report.holds.append(f"The log with {tree.size:,} entries was there at {when}: {signer.subject.rfc4514_string()} has time-stamped it.")
    if trusted.authorities is None:
        report.open.append(
            f"Whether to believe the time-stamp of {when}: the certificates of {name} came with the bundle. Use --authorities."
        )


def _state(text: bytes) -> note.Checkpoint:
    try:
        return note.parse_checkpoint(text)
    except ValueError as fault:
        raise BadStamp("what it is about is no checkpoint") from fault


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem) if pem.strip() else []
    except ValueError as fault:
        raise BadStamp("the certificates given cannot be read") from fault
