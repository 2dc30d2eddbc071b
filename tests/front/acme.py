"""A real ACME server (Pebble), a real certbot and a real Nginx that serves what it issues, on a network of their own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import RealEngine
from tests.front.nginx import NGINX_IMAGE, comes, need_image
from tests.front.tools import of_engine
from tests.gateways.certificates import Authority, Pair, self_signed
from watchdog.core.target import PROJECT, SERVICE
from watchdog.gateways.certbot import CA
from watchdog.gateways.docker import DockerEngine, EngineOptions
from watchdog.gateways.tls import TlsCaller
from watchdog.gateways.trust import Trust
from watchdog.plugins import Tools

IMAGE = "watchdog-test/front:local"
DOMAIN = "dash.example.test"
DIRECTORY = "https://pebble:14000/dir"
YEARS = 5 * 365 * 86400
CONFIGURATION = """
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 64; }
http {
    access_log off;
    server {
        listen 80;
        location /.well-known/acme-challenge/ { root /var/www/certbot; }
        location / { return 301 https://$host$request_uri; }
    }
    server {
        listen 443 ssl;
        ssl_certificate /etc/nginx/ssl/fullchain.pem;
        ssl_certificate_key /etc/nginx/ssl/privkey.pem;
        location / { return 200 'well'; }
    }
}
"""


@dataclass
class Town:
    """All of them. `folder` has what they share: ssl, letsencrypt, webroot, conf."""

    real: RealEngine
    engine: DockerEngine
    folder: Path
    network: str
    nginx: str = ""
    pebble: str = ""
    address: str = ""
    said: list[str] = field(default_factory=list)

    @property
    def ssl(self) -> Path:
        return self.folder / "ssl"

    @property
    def letsencrypt(self) -> Path:
        return self.folder / "letsencrypt"

    @property
    def parameters(self) -> dict[str, object]:
        """What both actions on certificates are told here."""
        return {
            "nginx": "nginx",
            "folder": str(self.ssl),
            "letsencrypt": str(self.letsencrypt),
            "tls": "off",
        }

    @property
    def renewal(self) -> dict[str, object]:
        return {
            **self.parameters,
            "webroot": str(self.folder / "webroot"),
            "network": self.network,
            "server": DIRECTORY,
            "ca": str(self.folder / "ca.pem"),
        }

    @property
    def tools(self) -> Tools:
        return of_engine(self.engine, IMAGE, {"nginx": self.nginx}, lambda _, line: self.said.append(line))

    async def cli(self, *words: str, check: bool = True) -> str:
        return await asyncio.to_thread(self.real.cli, *words, check=check)

    async def served(self) -> str:
        """The fingerprint of what Nginx serves now."""
        seen = await TlsCaller().served(DOMAIN, at=f"{self.address}:443", trust=Trust(verify=False))
        return seen.certificate.fingerprint if seen.certificate is not None else ""

    async def issue(self) -> None:
        """Have certbot issue its first certificate, as a person did it once."""
        await self.cli(
            *("run", "--rm", "--network", self.network, "--label", self.real.label),
            *("-v", f"{self.letsencrypt}:/etc/letsencrypt", "-v", f"{self.folder}/webroot:/var/www/certbot"),
            *("-v", f"{self.folder}/ca.pem:{CA}:ro", "-e", f"REQUESTS_CA_BUNDLE={CA}", IMAGE),
            *(
                "certbot",
                "certonly",
                "--webroot",
                "-w",
                "/var/www/certbot",
                "-d",
                DOMAIN,
                "--non-interactive",
            ),
            *("--agree-tos", "-m", "ops@example.test", "--no-eff-email", "--server", DIRECTORY),
        )

    async def person_reloads(self) -> None:
        await self.cli("exec", self.nginx, "nginx", "-s", "reload")

    def put(self, pair: Pair) -> None:
        """Put a pair where Nginx reads it."""
        pair.write(self.ssl)


@asynccontextmanager
async def town(real: RealEngine, *, lasts: int = YEARS) -> AsyncIterator[Town]:
    """A running town, whose Nginx serves a certificate of its own making. `lasts`: of what Pebble issues, seconds."""
    need_image(real, IMAGE)
    need_image(real, NGINX_IMAGE)
    folder, network = Path(tempfile.mkdtemp()), f"wdfront-{uuid.uuid4().hex[:8]}"
    engine = DockerEngine(EngineOptions(project=network))
    made = Town(real, engine, folder, network)
    for name in ("ssl", "letsencrypt", "webroot", "conf", "pebble"):
        (folder / name).mkdir()
    os.chmod(folder, 0o755)  # noqa: PTH101 - as below
    # The pair's folder is a user's, as in a project's folder; certbot's is root's.
    os.chown(made.ssl, 1000, 1000)
    authority = Authority("pebble")
    authority.write_ca(folder).rename(folder / "ca.pem")
    authority.issue("pebble", "localhost").write(folder / "pebble")
    (folder / "pebble" / "privkey.pem").chmod(0o644)
    (folder / "pebble" / "config.json").write_text(json.dumps({"pebble": pebble_settings(lasts)}))
    (folder / "conf" / "nginx.conf").write_text(CONFIGURATION)
    made.put(self_signed(DOMAIN))
    common = ("--label", real.label, "--label", f"{PROJECT}={network}")
    try:
        await made.cli("network", "create", "--label", real.label, network)
        made.pebble = await made.cli(
            *("run", "-d", *common, "--network", network, "--network-alias", "pebble"),
            *(
                "-v",
                f"{folder}/pebble:/pebble:ro",
                "-e",
                "PEBBLE_VA_NOSLEEP=1",
                "-e",
                "PEBBLE_WFE_NONCEREJECT=0",
                # An authority remembers for a while whom it has verified: here it asks each time.
                "-e",
                "PEBBLE_AUTHZREUSE=0",
            ),
            *(IMAGE, "pebble", "-config", "/pebble/config.json"),
        )
        authority_at = (await engine.inspect(made.pebble)).addresses[0]

        async def issues() -> bool:
            seen = await TlsCaller().served("pebble", at=f"{authority_at}:14000", trust=Trust(verify=False))
            return seen.certificate is not None

        made.nginx = await made.cli(
            *("run", "-d", "--init", *common, "--label", f"{SERVICE}=nginx", "--network", network),
            *("--network-alias", DOMAIN, "-v", f"{made.ssl}:/etc/nginx/ssl"),
            *("-v", f"{folder}/webroot:/var/www/certbot:ro"),
            *("-v", f"{folder}/conf/nginx.conf:/etc/nginx/nginx.conf:ro"),
            *("--entrypoint", "nginx", NGINX_IMAGE, "-g", "daemon off;"),
        )
        made.address = (await engine.inspect(made.nginx)).addresses[0]
        await comes(made.served)
        await comes(issues)
        yield made
    finally:
        for container in (made.nginx, made.pebble):
            if container:
                await made.cli("rm", "-f", "-v", container, check=False)
        await made.cli("network", "rm", network, check=False)
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)


def pebble_settings(lasts: int) -> dict[str, object]:
    """The configuration of a Pebble whose certificates last so many seconds."""
    return {
        "listenAddress": "0.0.0.0:14000",
        "managementListenAddress": "0.0.0.0:15000",
        "certificate": "/pebble/fullchain.pem",
        "privateKey": "/pebble/privkey.pem",
        "httpPort": 80,
        "tlsPort": 443,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "profiles": {"default": {"description": "", "validityPeriod": lasts}},
        "certificateValidityPeriod": lasts,
    }
