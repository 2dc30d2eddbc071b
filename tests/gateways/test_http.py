"""Calls to the outside over real sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from watchdog.core.errors import Refused, Unreachable
from watchdog.gateways.http import LONGEST_ANSWER, HttpCaller

SECRET = "kAnArY-5f3c1a2b"


@dataclass
class Server:
    """A web server of the test's own.

    Attributes:
        heard: method, path with query, and body of each request.
    """

    heard: list[tuple[str, str, bytes]] = field(default_factory=list)
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    port: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.heard.append((request.method, request.path_qs, await request.read()))
        return await self.answer(request) if self.answer else web.Response(text="OK")

    def url(self, path: str = f"/ping/{SECRET}?a=1") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies play no part."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_what_is_sent_arrives() -> None:
    """Method, path, query and body as they were given; the answer as text."""
    async with serving() as server:
        answer = await HttpCaller().send("POST", server.url(), b"why", 5)
        assert answer == "OK"
        assert server.heard == [("POST", f"/ping/{SECRET}?a=1", b"why")]


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
async def test_an_answer_that_is_no_success_is_refused(status: int) -> None:
    """The status is told, the address is not."""
    async with serving() as server:

        async def refuse(_: web.Request) -> web.Response:
            return web.Response(status=status, text=f"no {SECRET}")

        server.answer = refuse
        with pytest.raises(Refused, match=f"it answered {status}") as caught:
            await HttpCaller().send("GET", server.url(), b"", 5)
        assert SECRET not in str(caught.value)


async def test_a_receiver_that_never_answers_is_given_up() -> None:
    """The deadline holds whatever the other side does."""
    async with serving() as server:

        async def sleep(_: web.Request) -> web.Response:
            await asyncio.sleep(20)
            return web.Response()

        server.answer = sleep
        with pytest.raises(Unreachable, match=r"no answer within 0\.1 s"):
            await HttpCaller().send("GET", server.url(), b"", 0.1)


async def test_a_post_tells_all_that_was_answered() -> None:
    """Success or not: the status, the headers by small names, the beginning of the body; headers of ours arrive."""
    async with serving() as server:
        seen: list[str | None] = []

        async def answer(request: web.Request) -> web.Response:
            seen.append(request.headers.get("X-Who"))
            return web.Response(status=429, text="later", headers={"Retry-After": "7"})

        server.answer = answer
        answered = await HttpCaller().post(server.url(), b"{}", 5, {"X-Who": "me"})
        assert (answered.status, answered.headers["retry-after"], answered.text) == (429, "7", "later")
        assert server.heard == [("POST", f"/ping/{SECRET}?a=1", b"{}")]
        assert seen == ["me"]


async def test_a_post_does_not_go_where_it_is_sent_on_to() -> None:
    """A redirect is the answer: what was posted is not sent anywhere else."""
    async with serving() as server:

        async def elsewhere(_: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": server.url("/elsewhere")})

        server.answer = elsewhere
        answered = await HttpCaller().post(server.url(), b"{}", 5, {})
        assert answered.status == 307
        assert len(server.heard) == 1


async def test_an_endless_answer_is_cut() -> None:
    """Nobody can fill our memory by an answer."""
    async with serving() as server:

        async def flood(_: web.Request) -> web.Response:
            return web.Response(text="x" * 1_000_000)

        server.answer = flood
        assert len(await HttpCaller().send("GET", server.url(), b"", 5)) <= LONGEST_ANSWER


async def test_nobody_there_is_told_without_the_address() -> None:
    """A refused connection, and what speaks no HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(Unreachable, match=r"cannot be connected to: .*refused") as caught:
        await HttpCaller().send("GET", f"http://127.0.0.1:{port}/{SECRET}", b"", 5)
    assert SECRET not in str(caught.value)

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0 hello\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable) as caught:
            await HttpCaller().send("GET", f"http://127.0.0.1:{port}/{SECRET}", b"", 5)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", [f"http://no-such-name.invalid/{SECRET}", f"http:///{SECRET}", f"nonsense {SECRET}"]
)
async def test_an_address_that_leads_nowhere_is_told_without_being_shown(url: str) -> None:
    """A name that nobody knows, and what is no address."""
    with pytest.raises(Unreachable) as caught:
        await HttpCaller().send("GET", url, b"", 5)
    assert SECRET not in str(caught.value)


async def test_a_silent_name_server_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that hangs is left behind: the call ends in time, and so does the process."""
    gate = threading.Event()

    def hang(*_: object, **__: object) -> None:
        gate.wait(20)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            await HttpCaller().send("GET", "http://somewhere.example/x", b"", 0.2)
        assert time.monotonic() - began < 2
        left = [thread for thread in threading.enumerate() if thread.name == "watchdog-lookup"]
        assert left
        assert all(thread.daemon for thread in left)
    finally:
        gate.set()


async def test_a_certificate_that_is_not_trusted_is_told(tmp_path: object) -> None:
    """What answers without TLS where TLS was asked for is not trusted."""
    async with serving() as server:
        with pytest.raises(Unreachable, match="TLS"):
            await HttpCaller().send("GET", f"https://127.0.0.1:{server.port}/{SECRET}", b"", 5)
