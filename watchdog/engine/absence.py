"""Tells people that the Docker engine cannot be asked for a while, and that it answers again: meanwhile nothing is healed."""

from __future__ import annotations

from typing import Protocol

from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Fact, Finding
from watchdog.plugins import Clock

# What these notifications are about, where others name a target.
ENGINE = "Docker engine"
# Seconds. An engine that is updated is back within 20: ten for its containers to stop, the rest for itself. And a stale
# socket, which ends the daemon after 60 (`engine.refused_exit`), is told before.
GONE_FOR = 30.0
# One that comes and goes is not told of each time.
BACK_FOR = 60.0
_KINDS = (Telling.ENGINE_LOST, Telling.ENGINE_FOUND)


class Engine(Protocol):
    """Whether the engine can be asked; if not, since when and why. What a `Listener` knows."""

    connected: bool
    lost_because: str
    lost_since: Moment | None


class Book(Protocol):
    """The journal, as far as this needs it. Raises JournalError."""

    async def tell(self, notification: Notification) -> None:
        """Write down what is to be told."""
        ...

    async def last_told(self, *tellings: Telling) -> Notification | None:
        """The latest notification of one of these kinds."""
        ...


class Absence:
    """To be looked at every few seconds. What was told is asked of the journal: a restart tells nothing twice."""

    def __init__(self, *, engine: Engine, journal: Book, clock: Clock) -> None:
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._back_since: Moment | None = None
        # What was told of an absence that is not over; asked of the journal once.
        self._lost: Notification | None = None
        self._recalled = False

    async def look(self) -> bool:
        """Whether people are told something. Raises JournalError when it could not be written down: then look again."""
        now = self._clock.now()
        if self._engine.connected:
            self._back_since = self._back_since or now
            return await self._back(now, self._back_since)
        self._back_since = None
        since = self._engine.lost_since
        if since is None or now.seconds_since(since) < GONE_FOR or await self._told() is not None:
            return False
        facts: dict[str, Fact] = {
            "reason": self._engine.lost_because,
            "seconds": round(now.seconds_since(since)),
        }
        await self._tell(Telling.ENGINE_LOST, Severity.CRITICAL, facts, now)
        return True

    async def _back(self, now: Moment, since: Moment) -> bool:
        if now.seconds_since(since) < BACK_FOR:
            return False
        lost = await self._told()
        if lost is None:
            return False
        before = float(str(lost.facts.get("seconds", 0)))
        facts: dict[str, Fact] = {"seconds": round(since.seconds_since(lost.at) + before)}
        await self._tell(Telling.ENGINE_FOUND, Severity.HIGH, facts, now)
        return True

    async def _told(self) -> Notification | None:
        if not self._recalled:
            last = await self._journal.last_told(*_KINDS)
            self._lost = last if last is not None and last.telling is Telling.ENGINE_LOST else None
            self._recalled = True
        return self._lost

    async def _tell(self, telling: Telling, severity: Severity, facts: dict[str, Fact], now: Moment) -> None:
        finding = Finding(telling.value, facts)
        told = Notification(
            telling=telling, target=ENGINE, at=now, finding=finding, severity=severity, facts=facts
        )
        await self._journal.tell(told)
        self._lost = told if telling is Telling.ENGINE_LOST else None
