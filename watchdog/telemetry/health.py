"""How watchdog itself is, in one word with reasons from a closed list: for /healthz and `watchdog healthcheck`.

"failing" is kept for what keeps this process from doing its work and what it cannot overcome: a journal that
takes nothing, a sweep that stands still. An engine that is away is not among them: watchdog waits for it and
says so elsewhere, and what restarts containers that are unhealthy must not be made to restart watchdog for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from watchdog.core.errors import JournalError
from watchdog.core.happening import Happening
from watchdog.core.moment import Moment
from watchdog.plugins import Clock

# The journal is asked at most so often, and given up after so many seconds.
ASK_JOURNAL_EVERY = 10.0
JOURNAL_WITHIN = 2.0
# A sweep may be late by so much beyond four of its intervals.
SWEEP_SLACK = 60.0
SWEEPS = 4


class State(StrEnum):
    """How it is."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


class Reason(StrEnum):
    """Why it is no better."""

    JOURNAL = "journal-not-writable"
    MEMORY = "journal-in-memory"
    SWEEP = "sweep-stalled"
    ENGINE = "engine-lost"
    CONFIG = "config-broken"
    RELOAD = "reload-failed"
    CHECK = "check-switched-off"
    NOTIFIER = "notifier-failing"
    HEARTBEAT = "heartbeat-failing"


FATAL = frozenset({Reason.JOURNAL, Reason.SWEEP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is looked at, each read when health is asked for. `sweep`: seconds between two."""

    connected: Callable[[], bool]
    swept: Callable[[], Moment | None]
    sweep: Callable[[], float]
    config_broken: Callable[[], bool]
    reload_ok: Callable[[], bool]
    switched_off: Callable[[], bool]
    in_memory: Callable[[], bool]
    write: Callable[[Moment], Awaitable[None]]


class Health:
    """Hears happenings through `follow`; answers `report`."""

    def __init__(self, signs: Signs, clock: Clock, *, journal_within: float = JOURNAL_WITHIN) -> None:
        self._journal_within = journal_within
        self._signs = signs
        self._clock = clock
        self._failing: set[str] = set()
        self._heartbeat_failing = False
        self._journal_asked: Moment | None = None
        self._journal_ok = True

    def follow(self, happening: Happening) -> None:
        """Take in what happened."""
        match happening.name:
            case "notification.failed" if not happening.facts.get("permanent"):
                self._failing.add(str(happening.facts["notifier"]))
            case "notification.delivered":
                self._failing.discard(str(happening.facts["notifier"]))
            case "config.reloaded":
                self._failing.clear()  # one may be gone; the others will say so again
            case "heartbeat.sent":
                self._heartbeat_failing = False
            case "heartbeat.failed":
                self._heartbeat_failing = True

    async def report(self) -> dict[str, Any]:
        """How it is now, and why: {status, reasons}."""
        now, signs = self._clock.now(), self._signs
        found = {
            Reason.JOURNAL: not await self._writable(now),
            Reason.MEMORY: signs.in_memory(),
            Reason.SWEEP: self._stalled(now),
            Reason.ENGINE: not signs.connected(),
            Reason.CONFIG: signs.config_broken(),
            Reason.RELOAD: not signs.reload_ok(),
            Reason.CHECK: signs.switched_off(),
            Reason.NOTIFIER: bool(self._failing),
            Reason.HEARTBEAT: self._heartbeat_failing,
        }
        reasons = tuple(reason for reason, true in found.items() if true)
        state = State.DEGRADED if reasons else State.OK
        if FATAL & set(reasons):
            state = State.FAILING
        return {"status": state.value, "reasons": [reason.value for reason in reasons]}

    def _stalled(self, now: Moment) -> bool:
        """Whether the sweep stands still although the engine answers."""
        swept = self._signs.swept()
        if not self._signs.connected() or swept is None:
            return False
        return now.seconds_since(swept) > SWEEPS * self._signs.sweep() + SWEEP_SLACK

    async def _writable(self, now: Moment) -> bool:
        asked = self._journal_asked
        if asked is None or now.seconds_since(asked) >= ASK_JOURNAL_EVERY:
            self._journal_asked = now
            try:
                async with asyncio.timeout(self._journal_within):
                    await self._signs.write(now)
                self._journal_ok = True
            except (JournalError, TimeoutError):
                self._journal_ok = False
        return self._journal_ok
