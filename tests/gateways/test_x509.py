"""Reading certificates and keys."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from tests.gateways.certificates import Authority, self_signed
from watchdog.core.certificate import CertificateTrouble
from watchdog.gateways.x509 import key_print_of, read_chain, read_der, read_files


def test_a_chain_is_read_in_its_order() -> None:
    """The server's own certificate first, then those that vouch for it."""
    pair = Authority("ours", between=True).issue("a.example.com", "10.0.0.1")
    own, between = read_chain(pair.chain_pem)
    assert (own.fingerprint, own.names, own.issuer) == (
        pair.fingerprint,
        ("a.example.com", "10.0.0.1"),
        "CN=ours 2",
    )
    assert between.names == ()
    assert own.ends > own.begins
    assert read_der(pair.certificate.public_bytes(Encoding.DER)) == own


def test_a_key_is_known_by_its_public_half() -> None:
    """It fits its own certificate and no other."""
    mine, other = self_signed("a"), self_signed("a")
    assert key_print_of(mine.key_pem) == read_chain(mine.leaf_pem)[0].key_print
    assert key_print_of(other.key_pem) != read_chain(mine.leaf_pem)[0].key_print


def test_what_is_none_is_an_error_of_value() -> None:
    """Garbage, and a key that nobody can open without its password."""
    locked = self_signed("a").key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a password")
    )
    with pytest.raises(ValueError, match="password"):
        key_print_of(locked)
    for read in (read_chain, read_der, key_print_of):
        with pytest.raises(ValueError, match=r"."):
            read(b"garbage")


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("551d13", "551d11"),  # one extension twice
        ("2a8648ce3d030107", "2a8648ce3d03017f"),  # a key on a curve that nobody knows
    ],
    ids=["an extension twice", "an unknown curve"],
)
def test_a_certificate_that_nobody_should_have_made_is_garbage(
    there: str, instead: str, tmp_path: Path
) -> None:
    """Whatever its library makes of it, it is told as what it is."""
    der = Authority("ours").issue("dash.example.com").certificate.public_bytes(Encoding.DER)
    odd = der.replace(bytes.fromhex(there), bytes.fromhex(instead))
    assert odd != der
    with pytest.raises(ValueError, match=r"."):
        read_der(odd)
    file = tmp_path / "odd.pem"
    file.write_bytes(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(odd) + b"-----END CERTIFICATE-----\n"
    )
    assert read_files(str(file)).trouble is CertificateTrouble.GARBAGE


@pytest.mark.timeout(10)
def test_a_pipe_in_place_of_a_file_keeps_nobody(tmp_path: Path) -> None:
    """Opening it would wait for somebody to write."""
    os.mkfifo(tmp_path / "fullchain.pem")
    assert read_files(str(tmp_path / "fullchain.pem")).trouble is CertificateTrouble.FILE_UNREADABLE
