"""A road to the engine that can be blocked: between the daemon and the real socket, for nobody else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.scenarios.stage import SOCKET


class Road(StrEnum):
    """How the road is.

    PASS: open. SWALLOW: connections are accepted, and nothing comes through either way; what was held back
    goes on when it is open again. DRIP: questions pass, answers come at one byte a second. REFUSE: nobody
    listens, and what was open is closed.
    """

    PASS = "pass"
    SWALLOW = "swallow"
    DRIP = "drip"
    REFUSE = "refuse"


class EngineProxy:
    """A context: entering opens the road. Its loop runs in a thread of its own."""

    def __init__(self, path: Path, engine: str = SOCKET) -> None:
        self._path = path
        self._engine = engine
        self._road = Road.PASS
        self._cut_next = False
        self._loop = asyncio.new_event_loop()
        self._changed = asyncio.Event()
        self._server: asyncio.AbstractServer | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def be(self, road: Road) -> None:
        """Change the road, at once."""
        self._do(self._become(road))

    def cut_next_event(self) -> None:
        """The next event gets through by half, then its stream is closed."""
        self._cut_next = True

    # From here on in the thread of the loop.

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _become(self, road: Road) -> None:
        self._road = road
        self._changed.set()
        self._changed = asyncio.Event()
        if road is Road.REFUSE:
            await self._close()
        elif self._server is None:
            await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_unix_server(self._carry, self._path)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self._path.unlink(missing_ok=True)
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _carry(self, asking: asyncio.StreamReader, answering: asyncio.StreamWriter) -> None:
        reader, writer = await asyncio.open_unix_connection(self._engine)
        stream = False

        def note(data: bytes) -> bytes:
            nonlocal stream
            line = data.partition(b"\r\n")[0]
            stream = stream or (b"/events?" in line and b"until=" not in line)
            return data

        def cut(data: bytes) -> bytes:
            # What begins with a chunk of JSON is an event; the first answer is a header.
            if not (self._cut_next and stream and b'{"' in data):
                return data
            self._cut_next = False
            self._loop.call_later(0.05, answering.transport.abort)
            return data[: len(data) // 2]

        self._open |= {answering, writer}
        ways = (self._pump(asking, writer, note, slow=False), self._pump(reader, answering, cut, slow=True))
        await asyncio.gather(*ways)
        self._open -= {answering, writer}

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        through: Callable[[bytes], bytes],
        *,
        slow: bool,
    ) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                data = through(data)
                while data:
                    changed = self._changed
                    if self._road is Road.SWALLOW:
                        await changed.wait()
                        continue
                    some = data[:1] if slow and self._road is Road.DRIP else data
                    data = data[len(some) :]
                    sink.write(some)
                    await sink.drain()
                    if data:
                        with suppress(TimeoutError):
                            await asyncio.wait_for(changed.wait(), 1)
        # A half-closed connection is of no use to anybody here.
        sink.close()
