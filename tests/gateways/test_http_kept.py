"""A kept connection over real sockets. Its failures are seen through Telegram's in `test_telegram.py`, too."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest
from aiohttp import web

from tests.telegram_api import serving
from watchdog.core.errors import Unreachable
from watchdog.gateways import http_kept
from watchdog.gateways.http_kept import KeptCaller

SECRET = "kAnArY-5f3c1a2b"


async def test_one_connection_serves_every_request_until_it_is_closed() -> None:
    """The second request pays for no connection; after closing, another one is opened."""
    async with serving() as api:
        caller = KeptCaller(5, "agent")
        for _ in range(3):
            status, body = await caller.post(f"{api.url}/bot1:a/x", {"a": "ü"})
            assert (status, b'"ok": false' in body) == (401, True)
        assert len(api.connections) == 1
        assert api.received[0].fields == {"a": "ü"}
        await caller.close()
        await caller.post(f"{api.url}/bot1:a/x", {})
        assert len(api.connections) == 2
        await caller.close()


async def test_an_endless_answer_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can fill our memory by an answer."""
    monkeypatch.setattr(http_kept, "LONGEST_ANSWER", 1000)
    async with serving() as api:
        caller = KeptCaller(5, "agent")
        api.answer_next(web.Response(text="x" * 100_000))
        with pytest.raises(Unreachable, match="no end"):
            await caller.post(f"{api.url}/{SECRET}", {})
        await caller.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"http://no-such-name.invalid/{SECRET}", "[Nn]ame"),
        (f"nonsense {SECRET}", "broke"),
        (f"http:///{SECRET}", "broke"),
    ],
)
async def test_an_address_that_leads_nowhere_is_told_without_being_shown(url: str, says: str) -> None:
    """The error and all that it came from are silent about the URL."""
    caller = KeptCaller(5, "agent")
    with pytest.raises(Unreachable, match=says) as caught:
        await caller.post(url, {})
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None
    await caller.close()


async def test_what_speaks_no_tls_is_not_trusted() -> None:
    """A certificate is asked for where the address says https."""
    async with serving() as api:
        caller = KeptCaller(5, "agent")
        with pytest.raises(Unreachable, match="TLS"):
            await caller.post(api.url.replace("http", "https"), {})
        await caller.close()


async def test_a_silent_name_server_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that hangs is left behind, in a thread that does not keep the process."""
    gate = threading.Event()

    def hang(*_: object, **__: object) -> None:
        gate.wait(20)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    caller = KeptCaller(0.2, "agent")
    try:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"no answer within 0.2 s"):
            await caller.post("http://somewhere.example/x", {})
        assert time.monotonic() - began < 2
        left = [thread for thread in threading.enumerate() if thread.name == "watchdog-lookup"]
        assert left
        assert all(thread.daemon for thread in left)
    finally:
        gate.set()
        await caller.close()


async def test_a_request_that_is_given_up_is_over_at_once() -> None:
    """Whoever waits can leave."""
    async with serving() as api:
        api.blackhole = True
        caller = KeptCaller(20, "agent")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await caller.post(f"{api.url}/bot1:a/x", {})
        await caller.close()
