"""Drains the outbox: hands every notification to every notifier, at least once and in order.

It never delays healing: what it sends was saved with the decision, and it sends in its own task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from watchdog.core.errors import DeliveryError, GatewayError
from watchdog.core.happening import Happening, Publish
from watchdog.core.moment import Moment
from watchdog.core.story import OutboxEntry
from watchdog.plugins import Clock, Notifier, Parameters

# Between two tries of a delivery that failed, doubled each time.
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
BATCH = 50


class Outbox(Protocol):
    """The journal, as the dispatcher needs it."""

    async def undelivered(self, notifier: str, limit: int) -> tuple[OutboxEntry, ...]:
        """What this notifier has still to hand over, oldest first."""
        ...

    async def delivered(self, outbox_id: int, notifier: str, now: Moment) -> None:
        """It was handed over."""
        ...

    async def failed(
        self, outbox_id: int, notifier: str, error: str, *, permanent: bool, now: Moment
    ) -> None:
        """It was not; `permanent`: it will never be."""
        ...


class Dispatcher:
    """One task a notifier, so that a slow one delays no other."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        notifiers: Sequence[Notifier[Parameters]],
        clock: Clock,
        publish: Publish,
        first_wait: float = FIRST_WAIT,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._publish = publish
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._notifiers = {notifier.name: notifier for notifier in notifiers}
        self._news = {name: asyncio.Event() for name in self._notifiers}
        self._asked: dict[str, asyncio.Event] = {}
        self._replaced = asyncio.Event()

    def wake(self) -> None:
        """There is something to hand over."""
        for news in self._news.values():
            news.set()

    def names(self) -> tuple[str, ...]:
        """The notifiers, each with a loop of its own."""
        return tuple(self._notifiers)

    def replace(self, notifiers: Sequence[Notifier[Parameters]]) -> None:
        """Deliver by these from now on. One that goes ends what it is delivering; waits are over: all try at once."""
        self._notifiers = {notifier.name: notifier for notifier in notifiers}
        for name in self._notifiers:
            self._news.setdefault(name, asyncio.Event())
        replaced, self._replaced = self._replaced, asyncio.Event()
        replaced.set()
        self.wake()

    async def acknowledge(self, name: str) -> None:
        """Return once this notifier's loop has come round: also while it waits to try a delivery again."""
        if name not in self._notifiers:
            return
        came_round = self._asked.setdefault(name, asyncio.Event())
        self._news[name].set()
        await came_round.wait()

    async def run(self) -> None:
        """Deliver for ever."""
        self.wake()
        serving: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                replaced = self._replaced
                for name in self._notifiers:
                    if name not in serving or serving[name].done():
                        serving[name] = group.create_task(self._serve(name))
                await replaced.wait()

    async def _serve(self, name: str) -> None:
        """Deliver by the notifier of this name, for as long as there is one."""
        wait = self._first_wait
        while name in self._notifiers:
            await self._come_round(name)
            try:
                while name in self._notifiers and await self._drain(self._notifiers[name]):
                    wait = self._first_wait
            except (DeliveryError, GatewayError) as error:
                self._say("notification.failed", name, reason=str(error))
                await self._pause(name, wait)
                wait = min(self._longest_wait, wait * 2)
                self._news[name].set()

    async def _come_round(self, name: str) -> None:
        await self._news[name].wait()
        self._news[name].clear()
        asked = self._asked.pop(name, None)
        if asked is not None:
            asked.set()

    async def _pause(self, name: str, seconds: float) -> None:
        """Wait, but no longer than until the notifiers are replaced: the reason may be gone."""
        replaced = self._replaced
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not replaced.is_set():
                    await self._come_round(name)

    async def _drain(self, notifier: Notifier[Parameters]) -> bool:
        """Hand over one batch in order; False when nothing was left."""
        entries = await self._outbox.undelivered(notifier.name, BATCH)
        for entry in entries:
            try:
                await _deliver(notifier, entry)
            except DeliveryError as error:
                now = self._clock.now()
                await self._outbox.failed(
                    entry.id, notifier.name, str(error), permanent=error.permanent, now=now
                )
                if error.permanent:
                    self._say("notification.failed", notifier.name, reason=str(error), permanent=True)
                    continue
                raise
            await self._outbox.delivered(entry.id, notifier.name, self._clock.now())
            self._say("notification.delivered", notifier.name)
        return bool(entries)

    def _say(self, name: str, notifier: str, **facts: str | bool) -> None:
        self._publish(Happening(name=name, at=self._clock.now(), facts={"notifier": notifier, **facts}))


async def _deliver(notifier: Notifier[Parameters], entry: OutboxEntry) -> None:
    try:
        await notifier.deliver(entry.notification)
    except DeliveryError:
        raise
    except Exception as error:
        # A broken notifier must not silence the others, nor itself for ever: it is tried again.
        raise DeliveryError(f"the notifier itself failed: {type(error).__name__}: {error}") from error
