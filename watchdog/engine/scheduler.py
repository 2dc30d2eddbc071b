"""Fires triggers on a schedule; the work itself runs in our own supervised tasks.

APScheduler lives here and nowhere else. Its jobs only start a task: a hung job of its own would never be
run again, and its default grace of one second drops runs silently.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

Work = Callable[[], Coroutine[Any, Any, None]]


class Spaced(IntervalTrigger):  # type: ignore[misc]  # it has no types
    """Every so often, counted anew from now when the last time is longer ago than one span.

    The library goes through each time that was missed: ten years of every 5 s, when the clock is set, take minutes
    in which nothing else runs.
    """

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """When it fires next."""
        following: datetime | None = super().get_next_fire_time(previous_fire_time, now)
        if previous_fire_time is not None and following is not None and following <= now:
            return now + timedelta(seconds=self.interval_length)
        return following


class Scheduler:
    """Runs things every so often, in UTC, until stopped."""

    def __init__(self, spawn: Callable[[str, Coroutine[Any, Any, None]], None]) -> None:
        self._spawn = spawn
        self._jobs = AsyncIOScheduler(timezone=UTC)
        self._every: dict[str, tuple[float, Work]] = {}

    def every(self, seconds: float, name: str, work: Work) -> None:
        """Do `work` every so many seconds (whole ones, at least 1), the first time after that span.

        Of two by the same name the later one stands.
        """
        self._every[name] = (seconds, work)
        self._add(name)

    def keep(self, names: Collection[str], among: str) -> None:
        """Of what is called `among` and more, do only these from now on."""
        for name in [each for each in self._every if each.startswith(among) and each not in names]:
            del self._every[name]
            self._jobs.remove_job(name)

    def realign(self) -> None:
        """The wall clock was set: what was to happen at a time that is far away now happens after its span again."""
        for name in self._every:
            self._add(name)

    def _add(self, name: str) -> None:
        seconds, work = self._every[name]

        async def fire() -> None:
            self._spawn(name, work())

        trigger = Spaced(seconds=max(1, round(seconds)), timezone=UTC)
        self._jobs.add_job(
            fire, trigger, id=name, coalesce=True, misfire_grace_time=None, replace_existing=True
        )

    def start(self) -> None:
        """Begin to fire."""
        self._jobs.start()

    def stop(self) -> None:
        """Fire no more."""
        if self._jobs.running:
            self._jobs.shutdown(wait=False)
