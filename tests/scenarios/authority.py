"""What the scenarios of a certificate share: a real Nginx that serves it, a real certbot, and Pebble as its authority.

The project's folders are those of the shipped playbook: all of certbot's, what Nginx has mounted for its pair, and
what it serves challenges from. The domain is the name of Nginx in the stack's network, where Pebble looks for it.
"""

from __future__ import annotations

import json
import shutil
import ssl
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from tests.front.acme import CONFIGURATION, DIRECTORY, DOMAIN, IMAGE, pebble_settings
from tests.gateways.certificates import Authority, self_signed
from tests.scenarios.daemon import Json
from tests.scenarios.interval import detected
from tests.scenarios.shipped import write
from tests.scenarios.stage import PLAYBOOKS, Stage, seconds_at

FRONT = "nginx"
DAY = 86400
# Beside the settings that the shipped playbook has for a real authority.
RENEWAL = """webroot: {work}/webroot
      network: {project}_default
      server: {directory}
      ca: {work}/ca.pem"""


def begin(stage: Stage, *, lasts: int = 90 * DAY, more: Mapping[str, str] | None = None) -> None:
    """Nginx serves a certificate that a person had issued once; its authority runs."""
    work = stage.work
    for name in ("ssl", "letsencrypt", "webroot", "conf", "pebble", "playbooks"):
        (work / name).mkdir()
    (work / "conf" / "nginx.conf").write_text(CONFIGURATION, encoding="utf-8")
    authority = Authority("pebble")
    authority.write_ca(work).rename(work / "ca.pem")
    authority.issue("pebble", "localhost").write(work / "pebble")
    (work / "pebble" / "privkey.pem").chmod(0o644)
    settings = json.dumps({"pebble": pebble_settings(lasts)})
    (work / "pebble" / "config.json").write_text(settings, encoding="utf-8")
    self_signed(DOMAIN).write(work / "ssl")
    shutil.copy(PLAYBOOKS / "container-crash.yml", work / "playbooks")
    renewal = RENEWAL.replace("{work}", str(work)).replace("{project}", stage.project)
    write(
        PLAYBOOKS / "certificate-expiry.yml",
        work / "playbooks" / "certificate-expiry.yml",
        {
            "bloomberg-nginx": FRONT,
            "/opt/bloomberg/nginx/ssl": f"{work}/ssl",
            "letsencrypt: /etc/letsencrypt": f"letsencrypt: {work}/letsencrypt\n      tls: {work}/roots.pem",
            "webroot: bloomberg-certbot-data": renewal.replace("{directory}", DIRECTORY),
            "stable: 10s": "stable: 5s",
            **(more or {}),
        },
    )
    stage.daemon.environment["WATCHDOG_IMAGE"] = IMAGE
    stage.up()
    stage.wait("the authority answers", lambda: fetch_roots(stage), 30)
    issue(stage)


def fetch_roots(stage: Stage) -> bool:
    """Write down whom Pebble's certificates are vouched for by; it makes that anew at each start."""
    address = stage.docker(
        "inspect",
        "--format",
        "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
        stage.container("pebble"),
    ).strip()
    context = ssl.create_default_context(cafile=str(stage.work / "ca.pem"))
    context.check_hostname = False
    try:
        with urllib.request.urlopen(f"https://{address}:15000/roots/0", timeout=5, context=context) as answer:
            (stage.work / "roots.pem").write_bytes(answer.read())
    except OSError:
        return False
    return True


def issue(stage: Stage) -> None:
    """A person has certbot issue a certificate, copies it to where Nginx reads it, and reloads."""
    certbot(
        stage,
        *("certonly", "--webroot", "-w", "/var/www/certbot", "-d", DOMAIN, "--non-interactive"),
        *("--agree-tos", "-m", "ops@example.test", "--no-eff-email"),
    )
    put_in_place(stage)
    stage.docker("exec", stage.container(FRONT), "nginx", "-s", "reload")
    stage.wait("the new certificate is served", lambda: served(stage) == newest(stage), 15)


def certbot(stage: Stage, *words: str) -> None:
    """Run a real certbot, as a person would."""
    work = stage.work
    stage.docker(
        *("run", "--rm", "--network", f"{stage.project}_default", "--label", "watchdog.enable=false"),
        *("-v", f"{work}/letsencrypt:/etc/letsencrypt", "-v", f"{work}/webroot:/var/www/certbot"),
        *("-v", f"{work}/ca.pem:/ca.pem:ro", "-e", "REQUESTS_CA_BUNDLE=/ca.pem", IMAGE),
        *("certbot", *words, "--server", DIRECTORY),
    )


def put_in_place(stage: Stage) -> None:
    """Copy certbot's newest pair to where Nginx reads it, and tell nobody."""
    live = stage.work / "letsencrypt" / "live" / DOMAIN
    for name in ("fullchain.pem", "privkey.pem"):
        shutil.copyfile(live / name, stage.work / "ssl" / name)


def newest(stage: Stage) -> str:
    """The fingerprint of certbot's newest certificate."""
    return fingerprint(stage.work / "letsencrypt" / "live" / DOMAIN / "fullchain.pem")


def fingerprint(file: Path) -> str:
    """Of the first certificate in a file."""
    return x509.load_pem_x509_certificate(file.read_bytes()).fingerprint(SHA256()).hex()


def over_at(stage: Stage) -> float:
    """When certbot's newest certificate is over, on the clock of the engine's events."""
    pem = (stage.work / "letsencrypt" / "live" / DOMAIN / "fullchain.pem").read_bytes()
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()


def served(stage: Stage) -> str:
    """The fingerprint of what Nginx serves now, by a handshake from beside it."""
    script = f"echo | openssl s_client -connect 127.0.0.1:443 -servername {DOMAIN} 2>/dev/null | openssl x509"
    pem = stage.docker("exec", stage.container(FRONT), "sh", "-c", script, check=False)
    try:
        return x509.load_pem_x509_certificate(pem.encode()).fingerprint(SHA256()).hex()
    except ValueError:
        return ""


def watch(stage: Stage) -> float:
    """Start the daemon, and wait until it has found the certificate good; the mark after that."""
    stage.start_daemon()
    stage.watching(FRONT)
    stage.standing(DOMAIN, lambda row: row["status"] in ("ok", "warning"), within=30)
    return stage.mark()


def found(stage: Stage, kind: str, *, within: float) -> Json:
    """Wait until the certificate is found to be so; its incident."""

    def there() -> bool:
        mine = stage.incidents(DOMAIN)
        return bool(mine) and str(mine[-1]["finding"]["kind"]) == kind

    stage.wait(f"the certificate is found to be {kind}", there, within)
    return stage.incidents(DOMAIN)[-1]


def healed(stage: Stage, since: float, action: str, *, within: float = 90) -> Json:
    """Wait until the incident is over, and note how long that took; the incident."""
    incident = stage.incident_of(DOMAIN, "resolved", within=within)
    steps = [s for s in stage.steps(str(incident["id"])) if s["action"] == action and s["result"] == "done"]
    stage.expect(f"healed by {action}: {stage.steps(str(incident['id']))}", steps)
    ended = seconds_at(steps[-1]["at"])
    detected(stage, incident, since)
    stage.timing.heal = ended - since
    stage.timing.verify = seconds_at(incident["resolved"]) - ended
    return incident


def asked_authority(stage: Stage, since: float) -> bool:
    """Whether anybody has asked the authority for a certificate since a mark."""
    done = stage.docker("logs", "--since", f"{since:.3f}", stage.container("pebble"))
    return "/order-plz" in done or "order" in done.lower()
