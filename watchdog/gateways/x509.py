"""Certificates and keys, read: the only file that imports `cryptography`.

Importing it takes 80 ms: it happens where the first certificate is read, in the thread of whoever reads it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC
from typing import TYPE_CHECKING

from watchdog.core.certificate import Certificate, CertificateTrouble, Filed

if TYPE_CHECKING:
    from cryptography import x509

# A chain is a few KiB.
LARGEST_FILE = 128 * 1024


def read_der(der: bytes) -> Certificate:
    """What a certificate says; raises ValueError for what is none."""
    from cryptography import x509  # noqa: PLC0415 - only who reads certificates pays for it

    with _garbage():
        return _read(x509.load_der_x509_certificate(der))


def read_chain(pem: bytes) -> tuple[Certificate, ...]:
    """The certificates of a PEM file in their order; raises ValueError for what is none."""
    from cryptography import x509  # noqa: PLC0415 - the same

    with _garbage():
        return tuple(_read(each) for each in x509.load_pem_x509_certificates(pem))


def key_print_of(pem: bytes) -> str:
    """The print of the public half of a private key; raises ValueError for what is none."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - the same
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    with _garbage():
        try:
            key = load_pem_private_key(pem, password=None)
        except TypeError:
            raise ValueError("the key has a password") from None
        return _digest(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@contextmanager
def _garbage() -> Iterator[None]:
    """What the library says of oddities in words of its own becomes a ValueError."""
    from cryptography import x509  # noqa: PLC0415 - the same
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - the same

    try:
        yield
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm) as odd:
        raise ValueError(str(odd)) from None


def read_files(chain: str, key: str = "") -> Filed:
    """What lies in the file of a chain and, where one is named and may be read, of its key. Never raises."""
    pem = _read_file(chain)
    if isinstance(pem, CertificateTrouble):
        return Filed(trouble=pem)
    try:
        found = read_chain(pem)
        leaf = found[0]
    except (ValueError, IndexError):
        return Filed(trouble=CertificateTrouble.GARBAGE)
    fits: bool | None = None
    if key:
        secret = _read_file(key)
        if secret in (CertificateTrouble.TOO_LARGE, CertificateTrouble.FILE_MISSING):
            return Filed(certificate=leaf, chain=len(found), trouble=secret, where="key")
        # It is mostly root's alone: then whether it fits is for the server's own test.
        if isinstance(secret, bytes):
            try:
                fits = key_print_of(secret) == leaf.key_print
            except ValueError:
                trouble = CertificateTrouble.GARBAGE
                return Filed(certificate=leaf, chain=len(found), trouble=trouble, where="key")
    return Filed(certificate=leaf, chain=len(found), key_fits=fits)


def _read_file(path: str) -> bytes | CertificateTrouble:
    try:
        # A pipe in its place would keep us waiting.
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return CertificateTrouble.FILE_MISSING
    except (OSError, ValueError):
        return CertificateTrouble.FILE_UNREADABLE
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return CertificateTrouble.FILE_UNREADABLE
        content = b""
        while len(content) <= LARGEST_FILE and (more := os.read(opened, LARGEST_FILE + 1 - len(content))):
            content += more
    except OSError:
        return CertificateTrouble.FILE_UNREADABLE
    finally:
        os.close(opened)
    return CertificateTrouble.TOO_LARGE if len(content) > LARGEST_FILE else content


def _read(found: x509.Certificate) -> Certificate:
    from cryptography import x509  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 - the same
    from cryptography.x509.oid import AuthorityInformationAccessOID  # noqa: PLC0415 - the same

    names: tuple[str, ...] = ()
    with suppress(x509.ExtensionNotFound):
        kinds = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = (
            *kinds.get_values_for_type(x509.DNSName),
            *(str(each) for each in kinds.get_values_for_type(x509.IPAddress)),
        )
    names_issuer = False
    with suppress(x509.ExtensionNotFound):
        told = found.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        names_issuer = any(each.access_method == AuthorityInformationAccessOID.CA_ISSUERS for each in told)
    public = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Certificate(
        fingerprint=found.fingerprint(SHA256()).hex(),
        key_print=_digest(public),
        names=names,
        issuer=found.issuer.rfc4514_string()[:200],
        begins=found.not_valid_before_utc.astimezone(UTC),
        ends=found.not_valid_after_utc.astimezone(UTC),
        names_issuer=names_issuer,
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
