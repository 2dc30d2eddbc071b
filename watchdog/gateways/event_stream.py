"""An answer that is still being read by one thread, and how another one ends it.

Belongs here: cutting an answer off, and pumping an endless one into the loop. Does not: asking for it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from watchdog.core.errors import GatewayError, Unreachable
from watchdog.core.event import EngineEvent
from watchdog.gateways.engine_words import read_event

if TYPE_CHECKING:
    import requests

# More events than this waiting, and the loop has fallen behind for good: it had better list again.
BACKLOG = 4096
CHUNK = 64 * 1024


class Exchange:
    """One request on its way. Any thread may cut it; its own thread then gets an error instead of an answer."""

    def __init__(self) -> None:
        self.over = False
        self._lock = threading.Lock()
        self._response: requests.Response | None = None

    def answered(self, response: requests.Response) -> None:
        """The head of the answer is there, its body may still be coming."""
        with self._lock:
            self._response = response
            if not self.over:
                return
        response.close()
        raise Unreachable("nobody waits for this answer any more")

    def cut(self) -> None:
        """End it now. Never blocks; no error if it has ended."""
        with self._lock:
            self.over = True
            response = self._response
        if response is not None:
            # Shutting down wakes the thread that reads; closing would pull the ground from under it.
            with suppress(OSError, RuntimeError, ValueError):
                response.raw.shutdown()


class EventStream:
    """The events of an endless answer, one line each, read by a thread of its own until the answer ends."""

    def __init__(
        self, response: requests.Response, translate: Callable[[BaseException], GatewayError]
    ) -> None:
        self._response = response
        self._translate = translate
        self._loop = asyncio.get_running_loop()
        self._told: asyncio.Queue[EngineEvent | GatewayError] = asyncio.Queue()
        threading.Thread(target=self._pump, name="watchdog-events", daemon=True).start()

    async def next(self) -> EngineEvent:
        """The next event, once there is one. Raises `Unreachable` when the stream has ended."""
        told = await self._told.get()
        if isinstance(told, GatewayError):
            self._told.put_nowait(told)  # an ended stream stays ended
            raise told
        return told

    def _pump(self) -> None:
        end: GatewayError = Unreachable("the event stream of the Docker engine ended")
        try:
            with self._response:
                for line in self._response.iter_lines(chunk_size=CHUNK):
                    event = read_event(json.loads(line)) if line else None
                    if event is not None:
                        self._deliver(event)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the reader must hear that it is over
            end = self._translate(error)
        self._deliver(end)

    def _deliver(self, told: EngineEvent | GatewayError) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._receive, told)

    def _receive(self, told: EngineEvent | GatewayError) -> None:
        if self._told.qsize() == BACKLOG:
            self._told.put_nowait(Unreachable(f"{BACKLOG} events of the Docker engine were not read in time"))
        elif self._told.qsize() < BACKLOG:
            self._told.put_nowait(told)
