"""Which certificates are believed."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.gateways.certificates import Authority
from watchdog.gateways.trust import Trust, read_trust, tls_context


def test_off_believes_anybody_and_the_default_nobody_unknown() -> None:
    """What is off is off on purpose; the default verifies names and issuers."""
    believing, verifying = tls_context(read_trust("off")), tls_context(read_trust("verify"))
    assert (believing.verify_mode, believing.check_hostname) == (ssl.CERT_NONE, False)
    assert (verifying.verify_mode, verifying.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_ones_own_authority_is_believed_and_no_other(tmp_path: Path) -> None:
    """With a file of one's own, the system's authorities are not believed."""
    context = tls_context(Trust(ca=str(Authority("ours").write_ca(tmp_path))))
    assert len(context.get_ca_certs()) == 1


def test_a_file_that_holds_no_authority_is_an_error(tmp_path: Path) -> None:
    """Missing, or something else."""
    (tmp_path / "x").write_text("nothing")
    for file in ("gone", "x"):
        with pytest.raises((OSError, ValueError)):
            tls_context(Trust(ca=str(tmp_path / file)))


@pytest.mark.parametrize("wrong", ["sometimes", "", 3, None, "relative/ca.pem"])
def test_what_is_no_way_to_trust_is_refused(wrong: object) -> None:
    """Nothing is believed by mistake."""
    with pytest.raises(ValueError, match="write verify, off"):
        read_trust(wrong)
