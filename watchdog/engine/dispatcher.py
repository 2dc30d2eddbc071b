"""Drains the outbox: hands every notification to every notifier, at least once and in order.

It never delays healing: what it sends was saved with the decision, and it sends in its own task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
        self._notifiers = tuple(notifiers)
        self._clock = clock
        self._publish = publish
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._news = {notifier.name: asyncio.Event() for notifier in self._notifiers}

    def wake(self) -> None:
        """There is something to hand over."""
        for news in self._news.values():
            news.set()

    async def run(self) -> None:
        """Deliver for ever."""
        self.wake()
        async with asyncio.TaskGroup() as group:
            for notifier in self._notifiers:
                group.create_task(self._serve(notifier))

    async def _serve(self, notifier: Notifier[Parameters]) -> None:
        wait = self._first_wait
        while True:
            await self._news[notifier.name].wait()
            self._news[notifier.name].clear()
            try:
                while await self._drain(notifier):
                    wait = self._first_wait
            except (DeliveryError, GatewayError) as error:
                self._say("notification.failed", notifier, str(error))
                await asyncio.sleep(wait)
                wait = min(self._longest_wait, wait * 2)
                self._news[notifier.name].set()

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
                    self._say("notification.failed", notifier, str(error))
                    continue
                raise
            await self._outbox.delivered(entry.id, notifier.name, self._clock.now())
        return bool(entries)

    def _say(self, name: str, notifier: Notifier[Parameters], reason: str) -> None:
        facts = {"notifier": notifier.name, "reason": reason}
        self._publish(Happening(name=name, at=self._clock.now(), facts=facts))


async def _deliver(notifier: Notifier[Parameters], entry: OutboxEntry) -> None:
    try:
        await notifier.deliver(entry.notification)
    except DeliveryError:
        raise
    except Exception as error:
        # A broken notifier must not silence the others, nor itself for ever: it is tried again.
        raise DeliveryError(f"the notifier itself failed: {type(error).__name__}: {error}") from error
