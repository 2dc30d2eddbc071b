"""Servers of the test's own: pages that behave, and sockets that do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ssl import SSLContext

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Babble = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Site:
    """A web server. `heard`: host as asked for, and path, of each request."""

    port: int = 0
    heard: list[tuple[str, str]] = field(default_factory=list)
    answer: Answer | None = None

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.heard.append((request.host, request.path_qs))
        return await self.answer(request) if self.answer else web.Response(text="well")


@asynccontextmanager
async def serving(
    answer: Answer | None = None, context: SSLContext | None = None, port: int = 0
) -> AsyncIterator[Site]:
    """A web server on the loopback interface."""
    site = Site(answer=answer)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", site.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        await runner.cleanup()


@asynccontextmanager
async def babbling(babble: Babble, context: SSLContext | None = None) -> AsyncIterator[int]:
    """A bare socket, its port: what it says to each who connects is the test's."""
    tasks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await babble(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
