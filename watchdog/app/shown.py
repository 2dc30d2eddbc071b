"""What the daemon shows of itself, joined: health, metrics, the end of a run, and its last words."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from watchdog.config import CurrentConfig
from watchdog.core.errors import GatewayError
from watchdog.core.happening import Happening, Publish
from watchdog.core.moment import Moment
from watchdog.core.roster import ComposeOrigin
from watchdog.engine.absence import Absence
from watchdog.engine.aftermath import Switch
from watchdog.engine.census import Census
from watchdog.engine.dispatcher import Dispatcher
from watchdog.engine.heartbeat import Heartbeat
from watchdog.engine.listener import Listener
from watchdog.engine.reloader import Reloader
from watchdog.engine.responder import Responder
from watchdog.engine.runner import Runner
from watchdog.engine.safekeeping import Safekeeping
from watchdog.engine.scheduler import Scheduler
from watchdog.engine.windows import Windows
from watchdog.gateways.journal import Journal
from watchdog.plugins import Clock
from watchdog.telemetry.health import Health, Signs
from watchdog.telemetry.metrics import Metrics
from watchdog.telemetry.view import View
from watchdog.wording import Catalogue, describe_misbehaved, describe_switched_off

# No scrape and no end waits longer for a journal that is busy, or whose disk hangs: it goes without it.
JOURNAL_WITHIN = 1.0
# How often it is looked whether the engine is away. Seconds.
ABSENCE_EVERY = 5.0

Spawn = Callable[[str, Coroutine[Any, Any, None]], None]


def show(
    *,
    journal: Journal,
    current: CurrentConfig,
    census: Census,
    responder: Responder,
    dispatcher: Dispatcher,
    listener: Listener,
    reloader: Reloader,
    switch: Switch,
    windows: Windows,
    safekeeping: Safekeeping,
    clock: Clock,
) -> tuple[Health, Metrics, Callable[[], Awaitable[bytes]]]:
    """Health, metrics, and what answers a scrape."""

    async def write(now: Moment) -> None:
        """A journal that is kept in memory is a reason of its own, and no end of everything."""
        if not safekeeping.in_memory():
            await journal.beat(now)

    health = Health(
        Signs(
            connected=lambda: listener.connected,
            swept=lambda: listener.swept,
            sweep=lambda: current.config.sweep,
            config_broken=lambda: reloader.broken is not None,
            reload_ok=lambda: reloader.latest is None or reloader.latest.ok,
            switched_off=lambda: bool(switch.off),
            in_memory=safekeeping.in_memory,
            write=write,
        ),
        clock,
    )
    metrics = Metrics(
        View(
            targets=census.targets,
            checks=lambda: [check.name for check in current.config.checks],
            playbooks=lambda: current.config.playbooks,
            notifiers=dispatcher.names,
            cases=responder.cases,
            connected=lambda: listener.connected,
            swept=lambda: listener.swept,
            config_ok=lambda: reloader.ok,
            config_read=lambda: reloader.read,
            switched_off=lambda: switch.off,
            maintained=lambda target: windows.maintenance_of(target) is not None,
            silenced=lambda target: windows.silenced(target) is not None,
        )
    )

    async def scrape() -> bytes:
        depths: dict[str, int] = {}
        with suppress(GatewayError, TimeoutError):
            async with asyncio.timeout(JOURNAL_WITHIN):
                depths = await journal.depths(dispatcher.names())
        return metrics.render(depths)

    return health, metrics, scrape


def closing(
    current: CurrentConfig,
    census: Census,
    settled: Callable[[ComposeOrigin], Awaitable[None]],
    runner: Runner,
    spawn: Spawn,
) -> Publish:
    """Follows incidents to their end: then the run is closed, and what was built has proved itself."""

    async def settle(origin: ComposeOrigin) -> None:
        with suppress(GatewayError):
            await settled(origin)  # nothing is to be put back any more

    def close_run(happening: Happening) -> None:
        if happening.name in ("incident.resolved", "incident.escalated") and happening.incident:
            result = happening.name.removeprefix("incident.")
            current.forget(happening.incident)
            origin = census.origin_of(happening.target) if happening.target else None
            if happening.name == "incident.resolved" and origin is not None:
                spawn("settle a rebuild", settle(origin))
            spawn("close the run", runner.finish(happening.incident, result))

    return close_run


def troubles_of(switch: Switch, heartbeat: Heartbeat, words: Catalogue) -> Callable[[], tuple[str, ...]]:
    """What does not work as it should, in sentences without any text from outside."""

    def degraded() -> tuple[str, ...]:
        froze = (describe_switched_off(check, words) for check in switch.froze)
        misbehaved = (describe_misbehaved(check, words) for check in switch.misbehaved)
        return (*froze, *misbehaved, *heartbeat.degraded())

    return degraded


async def leave(journal: Journal, clock: Clock, end: Callable[[int], None]) -> None:
    """The engine's socket may be a stale file: only a restart mounts the new one."""
    text = (
        "the engine's socket refused every connection, it may be a stale file: watchdog ends, to be restarted"
    )
    try:
        await asyncio.wait_for(journal.note("engine.refused", text, now=clock.now()), JOURNAL_WITHIN)
    finally:
        end(os.EX_TEMPFAIL)


def tell_absence(
    scheduler: Scheduler, listener: Listener, journal: Journal, clock: Clock, told: Callable[[], None]
) -> None:
    """Look again and again whether the engine has been away for long, or is back."""
    absence = Absence(engine=listener, journal=journal, clock=clock)

    async def look() -> None:
        with suppress(GatewayError):  # the journal cannot be written: it is tried again
            if await absence.look():
                told()

    scheduler.every(ABSENCE_EVERY, "absence of the engine", look)
