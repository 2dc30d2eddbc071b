"""A Docker socket of our own making, and a gateway to it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateways.socket_server import SocketServer
from tests.gateways.speech import connect
from tests.gateways.waiting import until
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
