"""The tools of the web front, joined: one-shots, bypasses, and who said yes to what is published."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from watchdog.app.outside import Outside
from watchdog.core.decision import Perform
from watchdog.core.errors import GatewayError
from watchdog.core.happening import Happening, Publish
from watchdog.core.notification import Notification
from watchdog.engine.bypass_watch import AGAIN, BypassWatch
from watchdog.gateways.front import Front


class Tells(Protocol):
    """The journal, as the front needs it."""

    async def tell(self, notification: Notification) -> None:
        """Write down what is to be told outside any decision on a target."""
        ...


class WebFront:
    """What the front's tools need as long as the daemon runs. `tools` is None where the outside has none."""

    def __init__(
        self,
        outside: Outside,
        *,
        journal: Tells,
        told: Callable[[], None],
        spawn: Callable[[str, Coroutine[Any, Any, None]], None],
        publish: Publish,
        again: float = AGAIN,
    ) -> None:
        self._shots = outside.shots
        self._spawn = spawn
        self._again = again
        self._bypasses: BypassWatch | None = None
        self.tools: Front | None = None
        if outside.doors is not None and outside.shots is not None:
            self._bypasses = BypassWatch(
                doors=outside.doors,
                clock=outside.clock,
                tell=journal.tell,
                told=told,
                spawn=spawn,
                publish=publish,
            )
            self.tools = Front(shots=outside.shots, bypasses=self._bypasses, approved=self._bypasses.approved)

    def begin(self) -> None:
        """Remove what a daemon left behind that was killed: beside everything else, the engine may be away."""
        if self._bypasses is not None:
            self._spawn("bypasses left open", self._bypasses.begin())
        if self._shots is not None:
            self._spawn("one-shots left behind", self._sweep())

    async def end(self) -> None:
        """The daemon ends: nothing stays published."""
        if self._bypasses is not None:
            await self._bypasses.end()

    def step_begins(self, order: Perform, approved: bool) -> None:
        """A step begins, with a human yes or without."""
        if self._bypasses is not None:
            self._bypasses.began(order, approved=approved)

    def follow(self, happening: Happening) -> None:
        """Something happened."""
        if self._bypasses is not None:
            self._bypasses.follow(happening)

    async def _sweep(self) -> None:
        while self._shots is not None:
            try:
                await self._shots.remove_leftovers()
            except GatewayError:  # the engine is away
                await asyncio.sleep(self._again)
            else:
                return
