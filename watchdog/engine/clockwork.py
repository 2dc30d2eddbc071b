"""Notices when somebody sets the clock: nothing we do counts on it, but what people read does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from watchdog.core.errors import GatewayError
from watchdog.core.happening import Happening, Publish
from watchdog.core.moment import Moment
from watchdog.core.observation import Fact
from watchdog.plugins import Clock

# Slewing (NTP) moves a clock by half a millisecond a second; what moves by more between two ticks was set.
JUMP = 2.0
# Seconds between two looks: nothing that is scheduled stands still for longer.
EVERY = 5.0


class Note(Protocol):
    """Writes a line of the story."""

    async def __call__(self, kind: str, text: str, *, now: Moment) -> None:
        """Of this kind, at this moment."""
        ...


class Clockwork:
    """Compares how far the wall clock and the boot clock went between two ticks."""

    def __init__(
        self,
        *,
        clock: Clock,
        note: Note,
        publish: Publish,
        jumped: Callable[[], None] = lambda: None,
        jump: float = JUMP,
    ) -> None:
        """`jumped` is called after each jump: schedules that go by the wall clock are to be set anew."""
        self._clock = clock
        self._note = note
        self._publish = publish
        self._jumped = jumped
        self._jump = jump
        self._before: Moment | None = None

    async def run(self) -> None:
        """Look for ever, by a clock that nobody sets."""
        while True:
            await self.tick()
            await asyncio.sleep(EVERY)

    async def tick(self) -> None:
        """Look at both clocks. A jump is one line of the story and one happening; it changes nothing else."""
        now, before = self._clock.now(), self._before
        self._before = now
        if before is None or before.boot_id != now.boot_id:
            return
        moved = (now.wall - before.wall).total_seconds() - (now.boot - before.boot)
        if abs(moved) < self._jump:
            return
        facts: dict[str, Fact] = {"seconds": round(moved, 3)}
        self._publish(Happening(name="clock.jumped", at=now, facts=facts))
        self._jumped()
        way = "forward" if moved > 0 else "back"
        text = (
            f"the clock was set {way} by {abs(moved):.0f} s: times before and after do not fit together; "
            "waits, budgets and windows count on another clock and are as they were"
        )
        with suppress(GatewayError):  # a line less, no more
            await self._note("clock.jumped", text, now=now)
