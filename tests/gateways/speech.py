"""What an engine says, for sockets that say it badly, and gateways to listen with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path

import pytest

from watchdog.core.errors import Unreachable
from watchdog.gateways.docker import DockerEngine, EngineOptions

MINE = {"com.docker.compose.project": "demo"}


def row(number: int = 1, **more: object) -> dict[str, object]:
    return {
        "Id": f"{number:064x}",
        "Names": [f"/demo-{number}"],
        "ImageID": "sha256:1",
        "State": "running",
        "Labels": MINE,
        **more,
    }


def told(action: str, time_ns: int = 5, kind: str = "container", **attributes: str) -> bytes:
    actor = {"ID": "c1", "Attributes": {**MINE, **attributes}}
    event = {"Type": kind, "Action": action, "Actor": actor, "timeNano": time_ns}
    return json.dumps(event).encode() + b"\n"


def connect(path: Path, call_within: float = 5.0, **more: object) -> DockerEngine:
    return DockerEngine(EngineOptions(socket=str(path), project="demo", call_within=call_within, **more))  # type: ignore[arg-type]


async def unreachable(call: Awaitable[object]) -> str:
    with pytest.raises(Unreachable) as caught:
        await call
    return str(caught.value)


async def warm_up(docker: DockerEngine) -> None:
    """Load the SDK and connect, whose time is no part of what is measured."""
    async with asyncio.timeout(10):
        while True:
            try:
                await docker.ping()
            except Unreachable:
                continue
            return
