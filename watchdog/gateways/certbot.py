"""certbot in a one-shot container: the path of its challenge is tried first, then one certificate is renewed.

Its exit code says nothing (0 for renewed, and for not due), so nobody asks for it: what counts is whether the
certificate is another one afterwards.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from watchdog.core.errors import Refused
from watchdog.gateways.certificate_pair import LETSENCRYPT, WRITES, PairPlaces, Shots
from watchdog.gateways.http_probe import PageCaller
from watchdog.gateways.one_shot import Lent, OneShot
from watchdog.gateways.trust import Trust

WEBROOT = "/var/www/certbot"
CA = "/run/ca.pem"
# An authority waits for DNS, and asks from several places.
RENEW_WITHIN = 300.0
PATH = ".well-known/acme-challenge"

# The folder's mode is its owner's; one that is made here may be read by Nginx.
_PUT = f'set -eu; umask 022; d="{WEBROOT}/{PATH}"; mkdir -p "$d"; printf %s "$1" > "$d/$1"'
# certbot reads what ends in .conf.
_GIVE_BACK = f'set -eu; c="{LETSENCRYPT}/renewal/$1.conf"; [ ! -e "$c.watchdog" ] || mv -f "$c.watchdog" "$c"'
_KEEP = f'{_GIVE_BACK}; [ ! -e "$c" ] || {{ cp -p "$c" "$c.new"; mv -f "$c.new" "$c.watchdog"; }}'
_TAKE = f'rm -f "{WEBROOT}/{PATH}/$1"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Certbot:
    """How certificates are renewed.

    Attributes:
        places: where certificates are.
        webroot: what Nginx serves the challenge from: an absolute path of the host, or the name of a volume.
        network: from which the authority is reached.
        server: the authority's directory; that of the certificate's own configuration by default.
        ca: a file of authorities on the host, for an authority of one's own; "" for the image's.
    """

    places: PairPlaces
    webroot: str
    network: str = "bridge"
    server: str = ""
    ca: str = ""


def renewal_shot(certbot: Certbot) -> OneShot:
    """What renews the certificate."""
    command = [
        *("certbot", "renew", "--cert-name", certbot.places.lineage, "--non-interactive"),
        # Without a terminal it would sleep for up to eight minutes first.
        "--no-random-sleep-on-renew",
        # Its configuration may say standalone, and Nginx has port 80.
        *("--webroot", "--webroot-path", WEBROOT),
        # Hooks are commands of the host: they would fail here, and what they do is done by the next steps. Those of
        # the certificate's own configuration are run unless others are named.
        *("--no-directory-hooks", "--pre-hook", "true", "--post-hook", "true", "--deploy-hook", "true"),
        *("--config-dir", LETSENCRYPT, "--work-dir", "/tmp/work", "--logs-dir", "/tmp/logs"),  # noqa: S108 - the container's own
        *(("--server", certbot.server) if certbot.server else ()),
    ]
    lent = (
        Lent(certbot.places.letsencrypt, LETSENCRYPT, writable=True),
        Lent(certbot.webroot, WEBROOT, writable=True),
        *((Lent(certbot.ca, CA),) if certbot.ca else ()),
    )
    return OneShot(
        command=tuple(command),
        lent=lent,
        capabilities=WRITES,
        network=certbot.network,
        environment={"REQUESTS_CA_BUNDLE": CA} if certbot.ca else {},
        within=RENEW_WITHIN,
    )


async def try_challenge(shots: Shots, certbot: Certbot, domain: str, at: str) -> str:
    """Whether Nginx serves what certbot will put there: "", or why not. Asks Nginx itself, at `at`, by the domain."""
    token = f"watchdog-{secrets.token_hex(16)}"
    lent = (Lent(certbot.webroot, WEBROOT, writable=True),)
    put = await shots.run(OneShot(command=("sh", "-c", _PUT, "sh", token), lent=lent, capabilities=WRITES))
    if put.code != 0:
        raise Refused("the folder of the challenge cannot be written")
    try:
        # An authority follows a redirect to TLS, and asks for no good certificate there: it is to mend that.
        got = await PageCaller().get(f"http://{domain}/{PATH}/{token}", at=at, trust=Trust(verify=False))
    finally:
        await shots.run(OneShot(command=("sh", "-c", _TAKE, "sh", token), lent=lent, capabilities=WRITES))
    if got.body == token.encode():
        return ""
    what = got.detail or f"it answered {got.status}, and not what lies there"
    return f"Nginx does not serve the challenge at port 80 ({what})"


async def renew(shots: Shots, certbot: Certbot) -> str:
    """All that certbot said. Raises `Unreachable` when it did not end in time, `Refused` when it cannot be run.

    Its configuration of the certificate is afterwards what it was: it would keep the paths and the webroot of our
    container, with which the host's own timer renews nothing any more.
    """
    # What is kept lies beside it, so that the next one puts it back if this one is killed.
    kept = await shots.run(_on_configuration(_KEEP, certbot))
    if kept.code != 0:
        raise Refused("certbot's configuration of the certificate could not be kept as it is")
    try:
        ended = await shots.run(renewal_shot(certbot))
    finally:
        await give_back_configuration(shots, certbot)
    return (ended.output + b"\n" + ended.complaint).decode("utf-8", "replace")


async def give_back_configuration(shots: Shots, certbot: Certbot) -> None:
    """Put back what was kept of certbot's configuration, where that was not done: after one that was cut short."""
    await shots.run(_on_configuration(_GIVE_BACK, certbot))


def _on_configuration(script: str, certbot: Certbot) -> OneShot:
    lent = (Lent(certbot.places.letsencrypt, LETSENCRYPT, writable=True),)
    return OneShot(command=("sh", "-c", script, "sh", certbot.places.lineage), lent=lent, capabilities=WRITES)
