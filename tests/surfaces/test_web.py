from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from watchdog.core.address import Address
from watchdog.core.errors import ConfigError
from watchdog.surfaces.web import Web

SOMEWHERE = Address("127.0.0.1", 0)


class Daemon:
    """What the web surface asks."""

    def __init__(self) -> None:
        self.health: dict[str, Any] = {"status": "ok", "reasons": []}
        self.slow = asyncio.Event()
        self.slow.set()
        self.asked = 0

    async def report(self) -> dict[str, Any]:
        self.asked += 1
        await self.slow.wait()
        return self.health

    async def scrape(self) -> bytes:
        return b"watchdog_engine_connected 1\n"

    def web(self, address: Address | None = SOMEWHERE) -> Web:
        return Web(address, self.report, self.scrape)


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
async def web(daemon: Daemon) -> AsyncIterator[Web]:
    web = daemon.web()
    await web.start()
    yield web
    await web.stop()


async def get(web: Web, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://{web.address}{path}") as answer,
    ):
        return answer.status, await answer.text(), dict(answer.headers)


@pytest.mark.parametrize(("status", "code"), [("ok", 200), ("degraded", 200), ("failing", 503)])
async def test_health_is_a_word_with_reasons(daemon: Daemon, web: Web, status: str, code: int) -> None:
    """Only failing is a 503: what is degraded still does its work."""
    daemon.health = {"status": status, "reasons": ["engine-lost"]}

    answered, text, headers = await get(web, "/healthz")

    assert (answered, text) == (code, f'{{"status": "{status}", "reasons": ["engine-lost"]}}')
    assert headers["Cache-Control"] == "no-store"


async def test_metrics_are_answered_as_prometheus_wants_them(web: Web) -> None:
    """Text, format 0.0.4."""
    code, text, headers = await get(web, "/metrics")

    assert (code, text) == (200, "watchdog_engine_connected 1\n")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "/<script>hunter2", 404), ("POST", "/healthz?hunter2", 405), ("DELETE", "/metrics", 405)],
)
async def test_nothing_else_is_here_and_nothing_is_echoed(
    web: Web, method: str, path: str, code: int
) -> None:
    """Neither what was asked nor which software answers is told."""
    answered, text, headers = await get(web, path, method)

    assert answered == code
    assert "hunter2" not in text
    assert headers["Server"] == "watchdog"
    assert "/healthz" in text


async def test_a_port_that_is_taken_is_told_with_a_fix(daemon: Daemon, web: Web) -> None:
    """The address and what to do; the daemon does not start without what it was told to show."""
    assert web.address is not None

    with pytest.raises(ConfigError) as caught:
        await daemon.web(web.address).start()

    (problem,) = caught.value.problems
    fix = "end it, or choose another port in web.listen or WATCHDOG_LISTEN, or write off"
    assert problem == f"web.listen {web.address}: another program listens there already. Fix: {fix}"


async def test_an_address_of_another_machine_is_told(daemon: Daemon) -> None:
    """Typically the host's address, inside a container."""
    with pytest.raises(ConfigError, match="no such address"):
        await daemon.web(Address("192.0.2.1", 9120)).start()


async def test_off_is_off(daemon: Daemon) -> None:
    """Nothing listens, and stopping what never started is no error."""
    web = daemon.web(None)
    await web.start()

    assert web.address is None
    await web.stop()


async def test_it_stops_within_a_second_whoever_still_waits(daemon: Daemon) -> None:
    """An answer that hangs does not keep the daemon from ending."""
    web = daemon.web()
    await web.start()
    daemon.slow.clear()
    waiting = asyncio.create_task(get(web, "/healthz"))
    async with asyncio.timeout(5):
        while not daemon.asked:  # noqa: ASYNC110 - until it was asked
            await asyncio.sleep(0.005)
    began = time.monotonic()

    await web.stop()

    assert time.monotonic() - began < 1.5
    with pytest.raises(aiohttp.ClientError):
        await waiting
