"""Follows the engine's event stream: subscribe first, list second, tell the difference."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from watchdog.core.errors import GatewayError
from watchdog.core.event import EngineEvent
from watchdog.core.happening import Happening, Publish
from watchdog.core.moment import Moment
from watchdog.core.refusals import Refusals
from watchdog.plugins import Clock

# Waits between two tries to reach a lost engine, doubled up to the configured longest.
FIRST_WAIT = 0.1
# These change which containers there are, not only how one is doing.
STRUCTURAL = frozenset({"create", "destroy"})
# A container that we had not listed yet shows itself by these.
NEW = frozenset({"create", "start"})


class Stream(Protocol):
    """The engine, as the listener needs it."""

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[EngineEvent]]:
        """Events from now on; raises `Unreachable` when the stream cannot be had or breaks."""
        ...

    async def recent_events(self) -> tuple[tuple[EngineEvent, ...], int | None]:
        """What the engine still remembers, and since when (engine time, ns) that is complete."""
        ...


class Rolls(Protocol):
    """The census, as the listener needs it."""

    async def take(self) -> frozenset[str]:
        """List everything; the targets that changed."""
        ...

    def hear(self, event: EngineEvent) -> str | None:
        """Take in an event; the target it concerns."""
        ...

    def recall(self, events: Iterable[EngineEvent], reach: int | None) -> None:
        """Take in what the engine remembers."""
        ...

    def lost(self) -> None:
        """The engine's events have ended."""
        ...

    def targets(self) -> tuple[str, ...]:
        """All watched targets."""
        ...


class Listener:
    """One task for the life of the daemon. An event only makes us look; what counts is what is seen then.

    Attributes:
        connected: whether the engine can be asked; `lost_because` and `lost_since` (None) say why not.
        swept: when the whole list was last compared, None before the first time.
    """

    def __init__(
        self,
        *,
        stream: Stream,
        census: Rolls,
        clock: Clock,
        ask: Callable[[str], None],
        arrived: Callable[[], Awaitable[None]],
        publish: Publish,
        longest_wait: float,
        refused_longest: float = math.inf,
        stale: Callable[[], None] | None = None,
    ) -> None:
        """`stale` is called, once, when the socket was refused for `refused_longest` seconds without a break."""
        self._stream = stream
        self._census = census
        self._clock = clock
        self._ask = ask
        self._arrived = arrived
        self._publish = publish
        self._longest_wait = longest_wait
        self._refused_longest = refused_longest
        self._stale = stale
        self._refusals = Refusals()
        self._streaming = False
        self.connected = False
        self.lost_because = "not asked yet"
        self.lost_since: Moment | None = clock.now()
        self.swept: Moment | None = None

    async def run(self) -> None:
        """Listen for ever; a lost engine is looked for again, sooner at first, then at the longest wait."""
        wait = FIRST_WAIT
        while True:
            try:
                await self._listen()
            except GatewayError as error:
                if self.connected:
                    wait = FIRST_WAIT
                self._census.lost()
                self._attempted(error)
                self.lose(str(error))
            await asyncio.sleep(wait)
            wait = min(self._longest_wait, wait * 2)

    def lose(self, reason: str) -> None:
        """Note that the engine cannot be asked; every target is unknown from now on."""
        if self.connected or self.lost_because != reason:
            self._publish(Happening(name="engine.lost", at=self._clock.now(), facts={"reason": reason}))
        self.lost_because = reason
        if self.connected:
            self.connected, self.lost_since = False, self._clock.now()
            for target in self._census.targets():
                self._ask(target)

    async def sweep(self) -> None:
        """Compare the whole list with what is known: what events missed is found here."""
        try:
            changed = await self._census.take()
        except GatewayError as error:
            self._attempted(error)
            self.lose(str(error))
            return
        self._attempted(None)
        self.swept = self._clock.now()
        if self.connected:
            for target in changed:
                self._ask(target)
        elif self._streaming:
            self._found()  # it was slow to answer once; no event was missed

    async def _listen(self) -> None:
        async with self._stream.subscribe() as events:
            recent, reach = await self._stream.recent_events()
            await self._census.take()
            self._census.recall(recent, reach)
            self.swept = self._clock.now()
            await self._arrived()
            self._found()
            self._streaming = True
            try:
                async for event in events:
                    await self._take_in(event)
            finally:
                self._streaming = False

    def _attempted(self, trouble: GatewayError | None) -> None:
        now = self._clock.now()
        self._refusals = self._refusals.after(trouble, now)
        seconds = self._refusals.lasted(now)
        if self._stale is not None and seconds >= self._refused_longest:
            stale, self._stale = self._stale, None
            self._publish(Happening(name="engine.refused", at=now, facts={"seconds": round(seconds)}))
            stale()

    def _found(self) -> None:
        self._attempted(None)
        self.connected, self.lost_because, self.lost_since = True, "", None
        self._publish(Happening(name="engine.found", at=self._clock.now()))
        for target in self._census.targets():
            self._ask(target)

    async def _take_in(self, event: EngineEvent) -> None:
        target = self._census.hear(event)
        facts = {"action": event.action, "health": event.attributes.get("health"), "time": event.time}
        self._publish(Happening(name="engine.event", at=self._clock.now(), target=target, facts=facts))
        if event.action in STRUCTURAL or (target is None and event.action in NEW):
            for changed in await self._census.take():
                self._ask(changed)
        if target is not None:
            self._ask(target)
