"""Certificates as tests need them: an authority that issues what it is asked for, also what no real one would."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

DAY = timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, and the certificates between it and its authority."""

    certificate: x509.Certificate
    key: Key
    between: tuple[x509.Certificate, ...] = ()

    @property
    def leaf_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        return self.leaf_pem + b"".join(each.public_bytes(Encoding.PEM) for each in self.between)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def write(self, folder: Path, *, leaf_only: bool = False) -> tuple[Path, Path]:
        """As nginx wants them: fullchain.pem and privkey.pem."""
        folder.mkdir(parents=True, exist_ok=True)
        chain, key = folder / "fullchain.pem", folder / "privkey.pem"
        chain.write_bytes(self.leaf_pem if leaf_only else self.chain_pem)
        key.touch(mode=0o600)
        key.write_bytes(self.key_pem)
        return chain, key

    def context(self, folder: Path, *, leaf_only: bool = False) -> ssl.SSLContext:
        """For a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.write(folder / f"served-{self.fingerprint[:8]}", leaf_only=leaf_only))
        return context


@dataclass
class Authority:
    """A root, and where `between` is True an intermediate that issues in its stead."""

    name: str
    between: bool = False
    middle_begins: datetime | None = None
    middle_lasts: timedelta = 3650 * DAY
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.root = _make(self.name, self.key, self.name, self.key, ca=True)
        self._issuing, self._issuing_key = self.root, self.key
        if self.between:
            self._issuing_key = ec.generate_private_key(ec.SECP256R1())
            self._issuing = _make(
                f"{self.name} 2",
                self._issuing_key,
                self.name,
                self.key,
                ca=True,
                begins=self.middle_begins,
                lasts=self.middle_lasts,
            )

    def write_ca(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}-ca.pem"
        file.write_bytes(self.root.public_bytes(Encoding.PEM))
        return file

    def issue(
        self,
        *names: str,
        begins: datetime | None = None,
        lasts: timedelta = 90 * DAY,
        now: datetime | None = None,
        key: Key | None = None,
    ) -> Pair:
        """A certificate for these names."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        issuer = self._issuing.subject.rfc4514_string().removeprefix("CN=")
        certificate = _make(
            names[0],
            key,
            issuer,
            self._issuing_key,
            names=names,
            begins=begins,
            lasts=lasts,
            now=now,
            # As public authorities do.
            issuer_at="http://ca.invalid/issuer.der" if self.between else "",
        )
        return Pair(certificate, key, (self._issuing,) if self.between else ())


def self_signed(*names: str, lasts: timedelta = 90 * DAY, begins: datetime | None = None) -> Pair:
    """A certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Pair(_make(names[0], key, names[0], key, names=names, begins=begins, lasts=lasts), key)


def _make(
    subject: str,
    key: Key,
    issuer: str,
    signs: ec.EllipticCurvePrivateKey,
    *,
    names: tuple[str, ...] = (),
    ca: bool = False,
    begins: datetime | None = None,
    lasts: timedelta = 3650 * DAY,
    now: datetime | None = None,
    issuer_at: str = "",
) -> x509.Certificate:
    begins = begins or (now or datetime.now(UTC)) - timedelta(hours=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_alternative(each) for each in names]), critical=False
        )
    if issuer_at:
        place = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_at)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return builder.sign(signs, hashes.SHA256())
