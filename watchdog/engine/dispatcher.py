"""Drains the outbox: hands every notification to every notifier, at least once and in order.

What a silence covers is kept back instead; its end makes it wait here again, as far as it is still worth telling.

It never delays healing: what it sends was saved with the decision, and it sends in its own task.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from watchdog.core.errors import DeliveryError, GatewayError
from watchdog.core.happening import Happening, Publish
from watchdog.core.letters import Batch, QuietHours, batch_alone, batch_incident
from watchdog.core.maintenance import Window
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Fact, Finding
from watchdog.core.story import Delivery, OutboxEntry
from watchdog.core.surplus import Surplus
from watchdog.plugins import DELIVERY_WITHIN, Clock, Letter, Notifier, Parameters

# Between two tries of a delivery that failed, doubled each time.
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
CLOSE_WITHIN = 2.0
# News comes with a decision. What was decided goes first: it waits for the same disk, and for the same processor.
ASIDE = 0.03
# Making ready may be half a second of work: so long after the daemon's start it is done at the latest, and before that
# only for what there is to be told.
PREPARE_AFTER = 3.0


class Outbox(Protocol):
    """The journal, as the dispatcher needs it."""

    async def bound(self, notifier: str, now: Moment) -> Surplus | None:
        """Leave out what is more than may wait; what was left out and not told of yet."""
        ...

    async def surplus_told(self, notifier: str, surplus: Surplus) -> None:
        """People were told how many were left out."""
        ...

    async def undelivered(self, notifier: str, limit: int) -> tuple[OutboxEntry, ...]:
        """What this notifier has still to hand over, oldest first."""
        ...

    async def thread(self, notifier: str, incident: str) -> tuple[OutboxEntry, ...]:
        """All that this notifier is to tell of an incident, oldest first, delivered or not."""
        ...

    async def delivered(self, ids: tuple[int, ...], notifier: str, receipt: str, now: Moment) -> None:
        """They were handed over in one message."""
        ...

    async def failed(
        self, ids: tuple[int, ...], notifier: str, error: str, *, permanent: bool, now: Moment
    ) -> None:
        """They were not; `permanent`: they will never be."""
        ...

    async def silence(self, ids: tuple[int, ...], notifier: str, window: str, now: Moment) -> None:
        """They are kept back by this silence; nothing becomes of it when that is over by now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How people want to be told: in which language, and when without a sound."""

    language: str = "en"
    quiet: QuietHours = field(default_factory=QuietHours)


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
        manners: Callable[[], Manners] = Manners,
        silenced: Callable[[str], Window | None] = lambda _: None,
        redact: Callable[[str], str] = str,
        within: float = DELIVERY_WITHIN,
        aside: float = ASIDE,
        prepare_after: float = PREPARE_AFTER,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._publish = publish
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._manners = manners
        self._silenced = silenced
        self._redact = redact
        self._within = within
        self._aside = aside
        self._prepare_after = prepare_after
        # Those that cannot be used before a person does something: only news makes them try again.
        self._blocked: set[str] = set()
        self._notifiers = {notifier.name: notifier for notifier in notifiers}
        self._news = {name: asyncio.Event() for name in self._notifiers}
        self._asked: dict[str, asyncio.Event] = {}
        self._replaced = asyncio.Event()
        self._gone: list[Notifier[Parameters]] = []

    def wake(self) -> None:
        """There is something to hand over."""
        self._blocked.clear()
        for news in self._news.values():
            news.set()

    def names(self) -> tuple[str, ...]:
        """The notifiers, each with a loop of its own."""
        return tuple(self._notifiers)

    def replace(self, notifiers: Sequence[Notifier[Parameters]]) -> None:
        """Deliver by these from now on. One that goes ends what it is delivering; waits are over: all try at once."""
        gone = [notifier for notifier in self._notifiers.values() if notifier not in notifiers]
        self._notifiers = {notifier.name: notifier for notifier in notifiers}
        for name in self._notifiers:
            self._news.setdefault(name, asyncio.Event())
        self._gone += gone
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
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    replaced = self._replaced
                    for name in self._notifiers:
                        if name not in serving or serving[name].done():
                            serving[name] = group.create_task(self._serve(name))
                    await self._close(self._gone)
                    self._gone = []
                    await replaced.wait()
        finally:
            await self._close([*self._gone, *self._notifiers.values()])

    async def _prepare(self, notifier: Notifier[Parameters]) -> None:
        try:
            async with _translated(self._within):
                await notifier.prepare()
        except DeliveryError as error:
            # Delivering prepares too: it is said there, if it lasts.
            self._say("notification.failed", notifier.name, reason=str(error))

    async def _close(self, notifiers: Sequence[Notifier[Parameters]]) -> None:
        for notifier in notifiers:
            try:
                async with _translated(CLOSE_WITHIN):
                    await notifier.close()
            except DeliveryError as error:
                self._say("notification.failed", notifier.name, reason=str(error), permanent=True)

    async def _serve(self, name: str) -> None:
        """Deliver by the notifier of this name, for as long as there is one."""
        wait = self._first_wait
        prepared: Notifier[Parameters] | None = None
        while name in self._notifiers:
            if prepared is not self._notifiers[name] and await self._nothing_to_tell(name):
                prepared = self._notifiers[name]
                await self._prepare(prepared)
            await self._come_round(name)
            try:
                while name in self._notifiers and name not in self._blocked and await self._send_next(name):
                    wait = self._first_wait
            except DeliveryError as error:
                self._say("notification.failed", name, reason=str(error), blocked=error.blocked)
                if error.blocked:
                    self._blocked.add(name)
                    continue
                await self._pause(name, wait if error.retry_after is None else error.retry_after)
            except GatewayError as error:
                self._say("notification.failed", name, reason=str(error))
                await self._pause(name, wait)
            else:
                continue
            wait = min(self._longest_wait, wait * 2)
            self._news[name].set()

    async def _nothing_to_tell(self, name: str) -> bool:
        """Whether no news comes for a while: what is told meanwhile makes its notifier ready by itself."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._prepare_after):
                await self._news[name].wait()
                return False
        return True

    async def _come_round(self, name: str) -> None:
        await self._news[name].wait()
        await asyncio.sleep(self._aside)
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

    async def _send_next(self, name: str) -> bool:
        """Hand over the oldest that waits, with what waits of the same incident, or keep it back; False when none is left."""
        notifier = self._notifiers[name]
        surplus = await self._outbox.bound(name, self._clock.now())
        if surplus is not None:
            await self._tell_of(surplus, notifier)
        waiting = await self._outbox.undelivered(name, 1)
        if not waiting:
            return False
        if self._notifiers.get(name) is not notifier:
            return True  # a reload took it away meanwhile: who comes after it goes on
        story = await self._story(name, waiting[0])
        if await self._keep_back(name, story):
            return True
        # An incident's message tells of other targets too: those that are silenced are left out of it.
        told = [
            e for e in story if e.state is not Delivery.SILENCED or not self._silenced(e.notification.target)
        ]
        batch = batch_incident(told) if notifier.edits else batch_alone(waiting[0], told)
        ids = tuple(entry.id for entry in batch.entries)
        try:
            async with _translated(self._within):
                receipt = await notifier.deliver(self._letter(batch))
        except DeliveryError as error:
            permanent = error.permanent and not error.blocked
            # A notifier that broke may have said anything.
            reason = self._redact(str(error))
            await self._outbox.failed(ids, name, reason, permanent=permanent, now=self._clock.now())
            if not permanent:
                raise
            self._say("notification.failed", name, reason=str(error), permanent=True)
            return True
        await self._outbox.delivered(ids, name, receipt, self._clock.now())
        self._say("notification.delivered", name, told=len(ids), edited=bool(batch.receipt))
        return True

    async def _tell_of(self, surplus: Surplus, notifier: Notifier[Parameters]) -> None:
        """Hand over how many are left out. It is made when it can be sent: until then there may be more."""
        facts: dict[str, Fact] = {
            "count": surplus.count,
            "incidents": surplus.incidents,
            "since": f"{surplus.since.wall.astimezone():%Y-%m-%d %H:%M}",
        }
        told = Notification(
            telling=Telling.LEFT_OUT,
            target=notifier.name,
            at=self._clock.now(),
            finding=Finding(Telling.LEFT_OUT.value, facts),
            severity=Severity.WARNING,
            facts=facts,
        )
        try:
            async with _translated(self._within):
                language = self._manners().language
                await notifier.deliver(Letter(notifications=(told,), loud=False, language=language))
        except DeliveryError as error:
            if error.blocked or not error.permanent:
                raise
            self._say("notification.failed", notifier.name, reason=str(error), permanent=True)
        await self._outbox.surplus_told(notifier.name, surplus)
        self._say("notification.left_out", notifier.name, **facts)

    async def _story(self, name: str, entry: OutboxEntry) -> tuple[OutboxEntry, ...]:
        """All that there is to be told with this one, oldest first: of its incident, or it alone."""
        incident = entry.notification.incident
        return (entry,) if incident is None else await self._outbox.thread(name, incident)

    async def _keep_back(self, name: str, story: Sequence[OutboxEntry]) -> bool:
        """Write of what waits that it is silenced, as far as it is; whether anything was."""
        whole = self._silenced(story[0].notification.target)
        found = False
        for entry in story:
            silence = whole or self._silenced(entry.notification.target)
            if entry.state is Delivery.PENDING and silence is not None:
                await self._outbox.silence((entry.id,), name, silence.id, self._clock.now())
                found = True
        return found

    def _letter(self, batch: Batch) -> Letter:
        manners = self._manners()
        local = self._clock.now().wall.astimezone().time()
        return Letter(
            notifications=batch.notifications,
            receipt=batch.receipt,
            reply_to=batch.reply_to,
            loud=batch.is_loud(manners.quiet, local),
            language=manners.language,
            left_out=batch.left_out,
        )

    def _say(self, name: str, notifier: str, **facts: Fact) -> None:
        self._publish(Happening(name=name, at=self._clock.now(), facts={"notifier": notifier, **facts}))


@asynccontextmanager
async def _translated(within: float) -> AsyncIterator[None]:
    """Whatever goes wrong with a notifier, and a notifier that takes too long, is a failed delivery.

    A broken one must not silence the others, nor itself for ever: it is tried again.
    """
    try:
        async with asyncio.timeout(within):
            yield
    except DeliveryError:
        raise
    except TimeoutError as error:
        raise DeliveryError(f"it was not done within {within:g} s") from error
    except Exception as error:
        raise DeliveryError(f"the notifier itself failed: {type(error).__name__}: {error}") from error
