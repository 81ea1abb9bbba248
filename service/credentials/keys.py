"""The development certificate authority and the signing key: made once, below DATA/keys, renewed before they run out.

The leaf follows the profile of the C2PA conformance programme (claim-signing and e-mail protection as purposes, the C2PA
policy, assurance level 1, at most 90 days), so that what works with it works with a certificate that is bought. An OCSP
address is left out: a development authority answers no such questions.

Only the service holds the key. A media child gets the chain and asks for each signature over its channel.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from service.durable import make_directory, replace

CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_POLICY = x509.ObjectIdentifier("1.3.6.1.4.1.62558.1.1")
_ASSURANCE = x509.ObjectIdentifier("1.3.6.1.4.1.62558.3")
_ASSURANCE_LEVEL_1 = bytes.fromhex("060a2b06010401 83e85e030a".replace(" ", ""))
ROOT_DAYS = 3650
LEAF_DAYS = 90
RENEW_DAYS = 30
_SKEW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Signer:
    """A signing key in use: the certificate chain (PEM, leaf first), and ES256 signatures as r and s (64 bytes)."""

    chain: str
    not_after: datetime
    key: ec.EllipticCurvePrivateKey

    def sign(self, data: bytes) -> bytes:
        """The ES256 signature of `data`."""
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Authority:
    """A development authority in one directory: `ca.pem` (the anchor to hand out), `ca.key`, `leaf.pem`, `leaf.key`."""

    def __init__(self, directory: Path, organization: str) -> None:
        """Nothing is made until it is first needed; `organization` appears in the certificates."""
        self.directory, self.organization = directory, organization
        self._made: tuple[str, Signer] | None = None

    def anchor(self, now: datetime) -> str:
        """The root certificate as PEM, the only thing a reader outside needs to trust our signatures."""
        return self._current(now)[0]

    def signer(self, now: datetime) -> Signer:
        """The current signing key; made or renewed when there is none with at least RENEW_DAYS left."""
        return self._current(now)[1]

    def _current(self, now: datetime) -> tuple[str, Signer]:
        """Anchor and signer, read once and kept until the leaf wants renewing."""
        made = self._made
        if made is None or not _fresh(made[1].not_after, now):
            self._made = made = self._read(now)
        return made

    def _read(self, now: datetime) -> tuple[str, Signer]:
        with self._locked():
            root, root_key = self._root(now)
            stored = self._load("leaf")
            if stored is None or stored[0].issuer != root.subject or not _fresh(stored[0].not_valid_after_utc, now):
                stored = self._renew(root, root_key, now)
        certificate, key = stored
        return _pem(root), Signer(_pem(certificate), certificate.not_valid_after_utc, key)

    def _root(self, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        stored = self._load("ca")
        if stored is not None:
            return stored
        key = ec.generate_private_key(ec.SECP384R1())
        name = _name(self.organization, "Clearance development root")
        certificate = (
            _certificate(name, name, key.public_key(), now, ROOT_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA384())
        )
        self._save("ca", certificate, key)
        return certificate, key

    def _renew(
        self, root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, now: datetime
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(self.organization, "Clearance claim signer")
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
        certificate = (
            _certificate(name, root.subject, key.public_key(), now, LEAF_DAYS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
            .add_extension(x509.CertificatePolicies([x509.PolicyInformation(_POLICY, None)]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(authority, critical=False)
            .add_extension(x509.UnrecognizedExtension(_ASSURANCE, _ASSURANCE_LEVEL_1), critical=False)
            .sign(root_key, hashes.SHA384())
        )
        self._save("leaf", certificate, key)
        return certificate, key

    def _save(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        """Key and certificate, the key first: a crash in between leaves a key without certificate, which is made anew."""
        plain = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        replace(self.directory / f"{name}.key", pem)
        replace(self.directory / f"{name}.pem", _pem(certificate).encode())

    def _load(self, name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
        """What is stored, if certificate and key belong together."""
        try:
            key = serialization.load_pem_private_key((self.directory / f"{name}.key").read_bytes(), None)
            certificate = x509.load_pem_x509_certificate((self.directory / f"{name}.pem").read_bytes())
        except FileNotFoundError:
            return None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
            return None
        return certificate, key

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time makes keys."""
        make_directory(self.directory)
        handle = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _fresh(not_after: datetime, now: datetime) -> bool:
    return timedelta(days=RENEW_DAYS) <= not_after - now <= timedelta(days=LEAF_DAYS)


def _name(organization: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    start = now - _SKEW
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=start,
        not_valid_after=start + timedelta(days=days),
    )


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
