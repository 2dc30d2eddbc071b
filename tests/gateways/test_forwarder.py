"""What runs inside of a bypass, as a process of its own and in parts."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.gateways.pages import babbling, serving
from watchdog.core.http_judgement import Reach
from watchdog.gateways import forwarder
from watchdog.gateways.forwarder import Forwarder, read_sources
from watchdog.gateways.http_probe import PageCaller

SOURCE = Path(forwarder.__file__).read_text("utf-8")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@asynccontextmanager
async def forwarding(
    to: int, lasts: float, sources: str, source: str = SOURCE
) -> AsyncIterator[tuple[int, asyncio.subprocess.Process]]:
    """As its container runs it: its source, handed to python3 -c."""
    listen = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", source, str(listen), "127.0.0.1", str(to), str(lasts), sources),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 10)
        assert line.startswith((b"open for", b"nobody answers")), line
        yield listen, process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_carries_pages_until_its_time_is_over() -> None:
    """Then it ends by itself, with nobody's help."""
    async with serving() as site, forwarding(site.port, 1, "*") as (port, process):
        got = await PageCaller().get(f"http://127.0.0.1:{port}/")
        assert (got.reach, got.body) == (Reach.ANSWERED, b"well")
        assert await asyncio.wait_for(process.wait(), 5) == 0
        assert (await PageCaller().get(f"http://127.0.0.1:{port}/")).reach is Reach.NO_CONNECTION


async def test_it_ends_though_its_loop_stands_still() -> None:
    """The kernel's alarm ends what cannot end itself."""
    stuck = SOURCE.replace("await stopping.wait()", "import time; time.sleep(1000)").replace("+ 5)", "+ 1)")
    async with serving() as site, forwarding(site.port, 1, "*", stuck) as (_, process):
        assert await asyncio.wait_for(process.wait(), 8) == -signal.SIGALRM


async def test_only_who_is_named_may_come() -> None:
    """Everybody else is hung up on, and told of in the log."""
    async with serving() as site, forwarding(site.port, 20, "203.0.113.0/24") as (port, process):
        got = await PageCaller().get(f"http://127.0.0.1:{port}/")
        assert got.reach is Reach.BROKEN
        assert site.heard == []
        assert process.stdout is not None
        assert await process.stdout.readline() == b"refused 127.0.0.1\n"


async def test_no_more_than_so_many_are_carried_at_once() -> None:
    """It has 64 MiB: who comes beyond that is hung up on, and those who are there go on."""

    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with babbling(wait) as there, forwarding(there, 20, "*") as (port, _process):
        came = [await asyncio.open_connection("127.0.0.1", port) for _ in range(forwarder.AT_ONCE + 1)]
        try:
            ended = [asyncio.ensure_future(reader.read()) for reader, _ in came]
            async with asyncio.timeout(10):
                done, going = await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
            assert (len(done), len(going)) == (1, forwarder.AT_ONCE)
            await asyncio.gather(*done, return_exceptions=True)
        finally:
            for _, writer in came:
                writer.transport.abort()
            await asyncio.gather(*ended, return_exceptions=True)


async def test_where_nobody_answers_it_does_not_open() -> None:
    """A bypass that leads nowhere is none."""
    async with forwarding(free_port(), 20, "*") as (port, process):
        assert await asyncio.wait_for(process.wait(), 10) == forwarder.NO_UPSTREAM
        assert (await PageCaller().get(f"http://127.0.0.1:{port}/")).reach is Reach.NO_CONNECTION


@pytest.mark.parametrize(
    ("sources", "source", "may"),
    [
        ("*", "172.18.0.1", True),
        ("*", "", True),
        ("203.0.113.7/32", "203.0.113.7", True),
        ("203.0.113.7/32,198.51.100.0/24", "198.51.100.9", True),
        ("203.0.113.7/32", "203.0.113.8", False),
        ("203.0.113.7/32", "172.18.0.1", False),
        ("203.0.113.7/32", "::ffff:203.0.113.7", False),
        ("203.0.113.7/32", "", False),
        ("", "203.0.113.7", False),
    ],
)
def test_sources_are_told_apart(sources: str, source: str, may: bool) -> None:
    """With an empty list nobody may come: only a star is everybody."""
    assert Forwarder("x", 1, read_sources(sources)).lets_in(source) is may
