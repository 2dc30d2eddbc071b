"""Why a renewal failed, from what certbot really says.

The words of the authorities are those of Let's Encrypt's and Pebble's answers and of certbot 2 to 5; the ones of
DNS, an absent server and what is not due are also heard from real ones in tests/actions/test_renew_certificate.py.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watchdog.core.renewal import RenewalTrouble, explain_failure

HEAD = """\
Processing /etc/letsencrypt/renewal/dash.example.com.conf
Renewing an existing certificate for dash.example.com

Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:
  Domain: dash.example.com
"""
TAIL = "\nAll renewals failed. The following certificates could not be renewed:\n  /etc/letsencrypt/live/x/fullchain.pem (failure)\n1 renew failure(s), 0 parse failure(s)"


@pytest.mark.parametrize(
    ("said", "trouble", "lasting"),
    [
        (
            HEAD + "  Type:   dns\n  Detail: DNS problem: NXDOMAIN looking up A for dash.example.com" + TAIL,
            RenewalTrouble.DNS,
            False,
        ),
        (
            HEAD
            + "  Type:   connection\n  Detail: 203.0.113.7: Timeout during connect (likely firewall problem)",
            RenewalTrouble.PORT_80,
            False,
        ),
        (
            HEAD
            + "  Type:   connection\n  Detail: 203.0.113.7: Fetching http://x/: Connection refused"
            + TAIL,
            RenewalTrouble.PORT_80,
            False,
        ),
        (
            HEAD + "  Type:   unauthorized\n  Detail: 203.0.113.7: Invalid response from http://x/: 404",
            RenewalTrouble.WRONG_ANSWER,
            False,
        ),
        (
            HEAD + "  Type:   caa\n  Detail: CAA record for dash.example.com prevents issuance" + TAIL,
            RenewalTrouble.CAA,
            True,
        ),
        (
            "Failed to renew certificate x with error: Could not bind TCP port 80 because it is already in use",
            RenewalTrouble.PORT_TAKEN,
            True,
        ),
        (
            "No certificate found with name dash.example.com (expected /etc/x)",
            RenewalTrouble.NO_LINEAGE,
            True,
        ),
        (
            (
                "Renewal configuration file /etc/letsencrypt/renewal/x.conf is broken.\nThe error was: expected "
                "/etc/letsencrypt/live/x/cert.pem to be a symlink\nSkipping."
            ),
            RenewalTrouble.BROKEN_LINEAGE,
            True,
        ),
        ("urn:ietf:params:acme:error:accountDoesNotExist :: unknown", RenewalTrouble.NO_ACCOUNT, True),
        ("An unexpected error occurred:\nService busy; retry later.", RenewalTrouble.SERVER_BUSY, False),
        ("ValueError: Requesting pebble/dir: Connection refused", RenewalTrouble.SERVER_AWAY, False),
        (
            "Certificate not yet due for renewal\n\nNo renewals were attempted.",
            RenewalTrouble.NOT_DUE,
            False,
        ),
        ("Another instance of Certbot is already running.\nAsk for help", RenewalTrouble.AT_WORK, False),
        ("It is raining.", RenewalTrouble.UNKNOWN, False),
        ("", RenewalTrouble.UNKNOWN, False),
    ],
)
def test_each_failure_is_told_in_plain_words(said: str, trouble: RenewalTrouble, lasting: bool) -> None:
    """What is the matter, and whether it is of any use to try again."""
    failure = explain_failure(said)
    assert (failure.trouble, failure.lasting) == (trouble, lasting)
    assert failure.words


def test_a_rate_limit_says_when_to_try_again() -> None:
    """The authority names the date, and nobody tries before."""
    failure = explain_failure(
        "An unexpected error occurred:\nError creating new order :: too many certificates (5) already issued for "
        "this exact set of identifiers in the last 168h0m0s, retry after 2026-11-24 10:30:00 UTC: see "
        "https://letsencrypt.org/docs/rate-limits/#new-certificates-per-exact-set-of-identifiers"
    )
    assert (failure.trouble, failure.lasting) == (RenewalTrouble.RATE_LIMIT, True)
    assert failure.retry_at == datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
    assert failure.words.endswith("it issues nothing before 2026-11-24 10:30 UTC")


def test_a_date_that_is_none_is_passed_over() -> None:
    """What an authority says of dates may be anything."""
    failure = explain_failure("too many requests, retry after 2026-13-99 99:99:99 UTC")
    assert (failure.trouble, failure.retry_at) == (RenewalTrouble.RATE_LIMIT, None)


def test_the_line_that_shows_it_is_kept_short() -> None:
    """The detail of the authority, not the whole log."""
    failure = explain_failure(
        HEAD + "  Type:   dns\n  Detail: DNS problem: NXDOMAIN looking up A" + "x" * 5000
    )
    assert failure.shown_by.startswith("Detail: DNS problem: NXDOMAIN looking up A")
    assert len(failure.shown_by) <= 300
