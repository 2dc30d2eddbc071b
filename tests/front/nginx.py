"""A real Nginx in a container of the test's own, from the demo's image."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import RealEngine
from watchdog.core.target import PROJECT, SERVICE
from watchdog.gateways.docker import DockerEngine, EngineOptions
from watchdog.gateways.http_probe import PageCaller

NGINX_IMAGE = "watchdog-demo/nginx:local"
CONFIGURATION = """
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    server {{ listen 80; location / {{ {location} }} }}
    {more}
}}
"""


def need_image(real: RealEngine, image: str) -> None:
    """Skip the test where the image is not there."""
    if not json.loads(real.cli("image", "inspect", image, check=False) or "[]"):
        pytest.skip(f"no image {image}")


async def comes(ask: Callable[[], Awaitable[object]], within: float = 15.0) -> None:
    """Return as soon as what is asked for comes true; TimeoutError when it does not within so many seconds."""
    async with asyncio.timeout(within):
        while not await ask():  # noqa: ASYNC110 - it is another process that does it
            await asyncio.sleep(0.05)


@dataclass
class RealNginx:
    """One Nginx and the folder that its configuration lies in."""

    real: RealEngine
    engine: DockerEngine
    container: str
    folder: Path
    address: str
    project: str

    def write(self, location: str, more: str = "") -> None:
        """Another configuration, in the file that the container has mounted with its folder."""
        (self.folder / "nginx.conf").write_text(CONFIGURATION.format(location=location, more=more))

    async def answer(self) -> str:
        return (await PageCaller().get(f"http://{self.address}/", within=2)).body.decode()

    async def ready(self) -> None:
        await comes(self.answer)


@asynccontextmanager
async def real_nginx(
    real: RealEngine, *, network: str = "bridge", aliases: tuple[str, ...] = (), mounts: tuple[str, ...] = ()
) -> AsyncIterator[RealNginx]:
    """A running one, that answers `one` at port 80."""
    need_image(real, NGINX_IMAGE)
    folder, project = Path(tempfile.mkdtemp()), f"wdfront-{uuid.uuid4().hex[:8]}"
    engine = DockerEngine(EngineOptions(project=project))
    made = RealNginx(real, engine, "", folder, "", project)
    made.write("return 200 'one';")
    try:
        made.container = await asyncio.to_thread(
            real.cli,
            "run",
            "-d",
            "--init",
            *("--label", real.label, "--label", f"{PROJECT}={project}", "--label", f"{SERVICE}=nginx"),
            *("--restart", "unless-stopped", "--network", network),
            *(word for alias in aliases for word in ("--network-alias", alias)),
            *("-v", f"{folder}:/conf", *(word for mount in mounts for word in ("-v", mount))),
            *("--entrypoint", "nginx", NGINX_IMAGE, "-c", "/conf/nginx.conf", "-g", "daemon off;"),
        )
        # `nginx -t` and `-s` look where the image has its configuration.
        await asyncio.to_thread(
            real.cli, "exec", made.container, "ln", "-sf", "/conf/nginx.conf", "/etc/nginx/nginx.conf"
        )
        made.address = (await engine.inspect(made.container)).addresses[0]
        await made.ready()
        yield made
    finally:
        if made.container:
            await asyncio.to_thread(real.cli, "rm", "-f", "-v", made.container, check=False)
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)
