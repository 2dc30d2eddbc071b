"""What runs inside of a bypass's container: carries bytes to one address, for so long, for those who may come.

Standard library only and in one file: it is handed to `python3 -c` as it stands here. It ends by itself at its time,
whatever becomes of watchdog: by a timer of its loop, and should that stand still, by the kernel's alarm.

Arguments: the port to listen on, host and port to lead to, seconds, and the nets that may come, as CIDR and
separated by commas ("*": whoever reaches it, which is for what is published on the loopback interface only).
"""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import sys
from contextlib import suppress

CHUNK = 64 * 1024
AT_ONCE = 64
CONNECT_WITHIN = 5.0
# A browser keeps connections open for a minute or two.
IDLE = 120.0
NO_UPSTREAM = 3
READABLE = 2.0


class Forwarder:
    """Carries bytes between whoever may come and one address."""

    def __init__(self, host: str, port: int, sources: tuple[ipaddress.IPv4Network, ...] | None) -> None:
        self._host = host
        self._port = port
        self._sources = sources
        self._busy = 0

    def lets_in(self, source: str) -> bool:
        """Whether this source may come."""
        if self._sources is None:
            return True
        try:
            address = ipaddress.ip_address(source)
        except ValueError:
            return False
        return isinstance(address, ipaddress.IPv4Address) and any(address in net for net in self._sources)

    async def reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to where it leads; the name is looked up each time, as a new container has a new address."""
        async with asyncio.timeout(CONNECT_WITHIN):
            return await asyncio.open_connection(self._host, self._port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One who came."""
        source = str((writer.get_extra_info("peername") or ("",))[0])
        if not self.lets_in(source):
            say(f"refused {source}")
            writer.transport.abort()
            return
        if self._busy >= AT_ONCE:
            writer.transport.abort()
            return
        self._busy += 1
        try:
            there, back = await self.reach()
            try:
                await asyncio.gather(carry(reader, back), carry(there, writer))
            finally:
                back.transport.abort()
        except (OSError, TimeoutError):
            pass
        finally:
            self._busy -= 1
            writer.transport.abort()


async def carry(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    """All that comes, until nothing does for a while."""
    try:
        while True:
            async with asyncio.timeout(IDLE):
                piece = await source.read(CHUNK)
                if not piece:
                    break
                to.write(piece)
                await to.drain()
    except (OSError, TimeoutError):
        to.transport.abort()
        return
    with suppress(OSError):
        if to.can_write_eof():
            to.write_eof()


def say(text: str) -> None:
    """A line of the log, which the engine bounds."""
    print(text, flush=True)  # noqa: T201 - it is all that it has to tell by


def read_sources(text: str) -> tuple[ipaddress.IPv4Network, ...] | None:
    """Who may come; nobody, where nothing is written."""
    if text == "*":
        return None
    return tuple(ipaddress.IPv4Network(each) for each in text.split(",") if each)


async def run(listen: int, forwarder: Forwarder, lasts: float) -> int:
    """Serve for so long; the exit code."""
    try:
        _, probe = await forwarder.reach()
        probe.transport.abort()
    except (OSError, TimeoutError):
        say("nobody answers there")
        # What a container said is gone with it: so long it can be read.
        await asyncio.sleep(READABLE)
        return NO_UPSTREAM
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.call_later(lasts, stopping.set)
    # IPv4 only: Docker's proxy would bring others in with its own address.
    server = await asyncio.start_server(forwarder.serve, "0.0.0.0", listen)  # noqa: S104 - of its own container
    say(f"open for {lasts:g} s")
    await stopping.wait()
    server.close()
    say("closed")
    return 0


def main(words: list[str]) -> int:
    """Until its time is over."""
    listen, host, port, lasts, sources = words
    signal.alarm(int(float(lasts)) + 5)
    return asyncio.run(run(int(listen), Forwarder(host, int(port), read_sources(sources)), float(lasts)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
