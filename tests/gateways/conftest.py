"""A Docker socket of our own making, and a gateway to it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateways.compose_parts import FakeShelf, StandIn
from tests.gateways.socket_server import SocketServer
from tests.gateways.speech import connect
from tests.gateways.waiting import until
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.docker import DockerEngine


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SocketServer]:
    async with SocketServer(tmp_path / "docker.sock") as made:
        yield made


@pytest.fixture
async def docker(server: SocketServer) -> AsyncIterator[DockerEngine]:
    made = connect(server.path)
    yield made
    made.close()
    await until(lambda: not any(t.name.startswith("watchdog-") for t in threading.enumerate()))


@pytest.fixture
def shelf() -> FakeShelf:
    return FakeShelf()


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    return StandIn(tmp_path)


@pytest.fixture
def origin(tmp_path: Path) -> ComposeOrigin:
    (tmp_path / "compose.yml").touch()
    return ComposeOrigin(
        project="demo",
        service="web",
        config_files=(f"{tmp_path}/compose.yml",),
        working_dir=str(tmp_path),
        image_id="sha256:1",
        image="web:1",
        container_id="c1",
        version="2.26.1",
        config_hash="abc",
    )
