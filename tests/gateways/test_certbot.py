"""What certbot is asked, and the way to the challenge. The real one runs in tests/actions/test_renew_certificate.py."""

from __future__ import annotations

import pytest
from aiohttp import web

from tests.front.tools import FakeShots
from tests.gateways.pages import serving
from watchdog.core.errors import Refused
from watchdog.gateways.certbot import Certbot, renew, renewal_shot, try_challenge
from watchdog.gateways.certificate_pair import PairPlaces
from watchdog.gateways.program import Ended

HOST = "dash.example.com"
CERTBOT = Certbot(
    places=PairPlaces(lineage=HOST, letsencrypt="/etc/letsencrypt", folder="/srv/ssl"),
    webroot="bloomberg-certbot-data",
)


def test_certbot_is_asked_for_one_certificate_at_once_and_by_webroot() -> None:
    """It does not sleep first, takes no port, runs no hook of the host's, and sees its own folder and the webroot."""
    shot = renewal_shot(CERTBOT)
    said = " ".join(shot.command)
    assert said.startswith(f"certbot renew --cert-name {HOST} --non-interactive --no-random-sleep-on-renew")
    assert "--webroot --webroot-path /var/www/certbot --no-directory-hooks" in said
    for hook in ("--pre-hook", "--post-hook", "--deploy-hook"):
        assert f"{hook} true" in said
    assert "--server" not in said
    assert [(each.source, each.writable) for each in shot.lent] == [
        ("/etc/letsencrypt", True),
        ("bloomberg-certbot-data", True),
    ]


def test_an_authority_of_ones_own_is_named_and_trusted() -> None:
    """Its directory and its own root."""
    own = Certbot(
        places=CERTBOT.places, webroot="w", network="n", server="https://ca.example/dir", ca="/srv/ca.pem"
    )
    shot = renewal_shot(own)
    assert shot.command[-2:] == ("--server", "https://ca.example/dir")
    assert (shot.network, shot.environment) == ("n", {"REQUESTS_CA_BUNDLE": "/run/ca.pem"})
    assert not shot.lent[-1].writable


async def test_the_challenge_is_asked_for_by_the_domain_and_taken_away_again() -> None:
    """Well only if what comes back is what was put there."""
    shots = FakeShots()
    async with serving() as site:

        async def echo(request: web.Request) -> web.Response:
            return web.Response(text=request.path.rpartition("/")[2])

        site.answer = echo
        at = f"127.0.0.1:{site.port}"
        assert await try_challenge(shots, CERTBOT, HOST, at) == ""
        assert site.heard[0][0] == HOST
        site.answer = None
        why = await try_challenge(shots, CERTBOT, HOST, at)
    assert why == "Nginx does not serve the challenge at port 80 (it answered 200, and not what lies there)"
    assert "cannot be connected to" in await try_challenge(shots, CERTBOT, HOST, at)
    put, taken = shots.ran[0], shots.ran[1]
    assert put.command[-1] == taken.command[-1]
    assert "rm -f" in taken.command[2]
    assert len(shots.ran) == 6


async def test_a_webroot_that_cannot_be_written_is_told() -> None:
    """Before anybody is asked."""
    shots = FakeShots()
    shots.endings.append(Ended(1, b"", b"Read-only file system"))
    with pytest.raises(Refused, match="cannot be written"):
        await try_challenge(shots, CERTBOT, HOST, "127.0.0.1:1")
    assert len(shots.ran) == 1


async def test_certbots_own_configuration_is_kept_first_and_given_back() -> None:
    """Kept before certbot is asked, or it is not asked; given back whatever it says."""
    shots = FakeShots()
    shots.endings += [Ended(0, b"", b""), Ended(1, b"said", b"complained")]
    assert await renew(shots, CERTBOT) == "said\ncomplained"
    kept, asked, back = shots.ran
    assert (kept.command[0], asked.command[0], back.command[0]) == ("sh", "certbot", "sh")
    assert back.command[2] in kept.command[2]  # what a killed one left is given back first
    shots.endings.append(Ended(1, b"", b"Read-only file system"))
    with pytest.raises(Refused, match="could not be kept"):
        await renew(shots, CERTBOT)
    assert len(shots.ran) == 4
