"""Emergency bypasses as long as the daemon runs: whom each is for, how long it has, and that it is withdrawn.

One is withdrawn when its incident is over, when its time is over, and when the daemon ends; what a killed daemon
left open is closed at the next start, or by its own end. People read of it in the incident's message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from watchdog.core.bypass import Bypass, OpenBypass
from watchdog.core.decision import Perform
from watchdog.core.errors import GatewayError
from watchdog.core.happening import Happening, Publish
from watchdog.core.notification import Notification, Telling
from watchdog.core.observation import Fact, Finding
from watchdog.plugins import Clock

# How often people are told how long it has left, and how soon a leftover is tried again that could not be closed. Seconds.
LEFT_EVERY = 300.0
AGAIN = 5.0


class Doors(Protocol):
    """`gateways.bypasses.Bypasses`, as the watch needs it."""

    async def open(self, bypass: Bypass) -> OpenBypass:
        """Open it, or return the one that is open for this target. Raises `Refused` with the reason."""
        ...

    async def close(self, container: str) -> int:
        """Close the one of this forwarder; how many that were."""
        ...

    async def close_all(self) -> int:
        """Close all that this stack's watchdog opened; how many."""
        ...

    async def list(self) -> tuple[OpenBypass, ...]:
        """What is open."""
        ...


@dataclass(frozen=True, slots=True)
class _Reason:
    """For whom a bypass is opened: the incident, and the target that is in trouble."""

    incident: str = ""
    page: str = ""


class BypassWatch:
    """What actions open and close bypasses through (`gateways.front.Opens`)."""

    def __init__(
        self,
        *,
        doors: Doors,
        clock: Clock,
        tell: Callable[[Notification], Awaitable[None]],
        told: Callable[[], None],
        spawn: Callable[[str, Coroutine[Any, Any, None]], None],
        publish: Publish,
        left_every: float = LEFT_EVERY,
        again: float = AGAIN,
    ) -> None:
        """`tell`: write it down for people; `told`: there is news for them."""
        self._doors = doors
        self._clock = clock
        self._tell = tell
        self._told = told
        self._spawn = spawn
        self._publish = publish
        self._left_every = left_every
        self._again = again
        self._clean = asyncio.Event()
        self._for: dict[str, _Reason] = {}
        self._approved: set[str] = set()
        self._open: dict[str, OpenBypass] = {}

    # --- what actions ask ---

    async def open(self, bypass: Bypass) -> OpenBypass:
        """Open it for the incident whose step asks for that, once nothing is left of an earlier daemon."""
        await self._clean.wait()
        reason = self._for.get(bypass.target, _Reason())
        opened = await self._doors.open(replace(bypass, incident=reason.incident, page=reason.page))
        known = self._open.get(bypass.target)
        if known is None or known.container != opened.container:
            self._open[bypass.target] = opened
            await self._say(Telling.BYPASS_OPEN, opened, seconds=bypass.lasts)
            self._spawn(f"bypass of {bypass.target}", self._count_down(opened, bypass.lasts))
        return opened

    def approved(self, target: str) -> bool:
        """Whether a human has said yes to the step that runs on this target now."""
        return target in self._approved

    # --- what happens ---

    def began(self, order: Perform, *, approved: bool) -> None:
        """A step begins. A yes was for that one, and is gone with the next."""
        acted_on = order.rung.step.on or order.target
        self._for[acted_on] = _Reason(order.incident, order.target)
        if approved:
            self._approved.add(acted_on)
        else:
            self._approved.discard(acted_on)

    def follow(self, happening: Happening) -> None:
        """An incident that is over needs no bypass."""
        if happening.name != "incident.resolved":
            return
        for target, opened in tuple(self._open.items()):
            if opened.incident == happening.incident:
                self._spawn(f"withdraw the bypass of {target}", self._end_it(opened, "bypass-not-needed"))

    async def begin(self) -> None:
        """Close what an earlier daemon left open; tried until the engine has answered."""
        while not self._clean.is_set():
            try:
                left = await self._doors.list()
                closed = await self._doors.close_all()
            except GatewayError:
                await asyncio.sleep(self._again)
                continue
            self._clean.set()
            for opened in left if closed else ():
                await self._say(Telling.BYPASS_CLOSED, opened, reason="bypass-daemon")

    async def end(self) -> None:
        """The daemon ends."""
        mine, self._open = tuple(self._open.values()), {}
        if mine:
            with suppress(GatewayError):
                await self._doors.close_all()
            for opened in mine:
                await self._say(Telling.BYPASS_CLOSED, opened, reason="bypass-daemon")

    # --- parts ---

    async def _count_down(self, opened: OpenBypass, lasts: float) -> None:
        left = lasts
        while self._open.get(opened.target) is opened:
            pause = min(left, self._left_every)
            await asyncio.sleep(pause)
            left -= pause
            if self._open.get(opened.target) is not opened:
                return
            if left <= 0:
                await self._end_it(opened, "bypass-expired")
                return
            await self._say(Telling.BYPASS_LEFT, opened, seconds=left)

    async def _end_it(self, opened: OpenBypass, reason: str) -> None:
        """Withdraw it, however often that takes; at its time it ends by itself, whatever the engine says.

        It and no other: one that takes its place may be on its way at this moment.
        """
        target = opened.target
        while self._open.get(target) is opened:
            try:
                await self._doors.close(opened.container)
            except GatewayError as error:
                facts: dict[str, Fact] = {"reason": str(error)}
                self._publish(
                    Happening(name="bypass.not_closed", at=self._clock.now(), target=target, facts=facts)
                )
                await asyncio.sleep(self._again)
                continue
            if self._open.get(target) is opened:
                del self._open[target]
                await self._say(Telling.BYPASS_CLOSED, opened, reason=reason)

    async def _say(self, telling: Telling, opened: OpenBypass, **facts: Fact) -> None:
        until = f"{opened.until:%H:%M} UTC"
        told: dict[str, Fact] = {"app": opened.target, "where": opened.where, "until": until, **facts}
        # Who has to know how to get there: through this machine, or from one of these addresses.
        told |= {"sources": opened.sources} if opened.sources else {"tunnel": opened.where}
        name = "bypass." + telling.value.removeprefix("bypass_")
        now = self._clock.now()
        self._publish(
            Happening(name=name, at=now, target=opened.target, incident=opened.incident or None, facts=told)
        )
        notification = Notification(
            telling=telling,
            target=opened.page or opened.target,
            at=now,
            finding=Finding("bypass"),
            incident=opened.incident or None,
            facts=told,
        )
        with suppress(GatewayError):  # a journal that cannot be written is told of elsewhere
            await self._tell(notification)
            self._told()
