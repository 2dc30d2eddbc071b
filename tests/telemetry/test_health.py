from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tests.fakes import FakeClock
from watchdog.core.errors import JournalError
from watchdog.core.happening import Happening
from watchdog.core.moment import Moment
from watchdog.core.observation import Fact
from watchdog.telemetry.health import Health, Signs


@dataclass
class Scene:
    """A daemon, as far as its health goes."""

    clock: FakeClock = field(default_factory=FakeClock)
    connected: bool = True
    swept: Moment | None = None
    broken: bool = False
    reload_ok: bool = True
    switched_off: bool = False
    writes: int = 0
    errors: list[Exception] = field(default_factory=list)
    hangs: bool = False
    journal_within: float = 2.0

    def __post_init__(self) -> None:
        signs = Signs(
            connected=lambda: self.connected,
            swept=lambda: self.swept,
            sweep=lambda: 15.0,
            config_broken=lambda: self.broken,
            reload_ok=lambda: self.reload_ok,
            switched_off=lambda: self.switched_off,
            in_memory=lambda: False,
            write=self.write,
        )
        self.health = Health(signs, self.clock, journal_within=self.journal_within)

    def fail_next(self) -> None:
        self.errors.append(JournalError("the disk is full"))

    async def write(self, now: Moment) -> None:
        self.writes += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.errors:
            raise self.errors.pop(0)

    def happens(self, name: str, **facts: Fact) -> None:
        self.health.follow(Happening(name=name, at=self.clock.now(), facts=facts))

    async def said(self) -> tuple[str, list[str]]:
        report = await self.health.report()
        return report["status"], report["reasons"]


async def test_all_is_well() -> None:
    """Nothing to complain about is ok, also before the first list of the engine."""
    assert await Scene().said() == ("ok", [])


async def test_an_engine_that_is_away_is_no_reason_to_restart_watchdog() -> None:
    """It degrades, it never fails: what restarts unhealthy containers must not restart watchdog for it."""
    scene = Scene(connected=False)
    scene.swept = scene.clock.now()
    scene.clock.advance(86400)

    assert await scene.said() == ("degraded", ["engine-lost"])


async def test_a_journal_that_takes_nothing_fails() -> None:
    """Without it nothing may be done; it is asked again after a while, and not at every question."""
    scene = Scene()
    scene.fail_next()
    assert await scene.said() == ("failing", ["journal-not-writable"])
    scene.clock.advance(5)
    assert await scene.said() == ("failing", ["journal-not-writable"])
    assert scene.writes == 1

    scene.clock.advance(5)

    assert await scene.said() == ("ok", [])


async def test_a_journal_that_hangs_does_not_hang_the_answer() -> None:
    """It is given up after a moment."""
    assert await Scene(hangs=True, journal_within=0.01).said() == ("failing", ["journal-not-writable"])


async def test_a_sweep_that_stands_still_fails() -> None:
    """The engine answers, and nobody looks at its list: that is watchdog's own fault."""
    scene = Scene()
    scene.swept = scene.clock.now()
    scene.clock.advance(119)
    assert await scene.said() == ("ok", [])

    scene.clock.advance(2)

    assert await scene.said() == ("failing", ["sweep-stalled"])


async def test_what_does_not_keep_it_from_working_degrades() -> None:
    """A broken configuration, a check that is switched off, a heartbeat or notifier that gets no answer."""
    scene = Scene(broken=True, reload_ok=False, switched_off=True)
    scene.happens("notification.failed", notifier="phone", reason="away")
    scene.happens("heartbeat.failed", reason="away")

    assert await scene.said() == (
        "degraded",
        ["config-broken", "reload-failed", "check-switched-off", "notifier-failing", "heartbeat-failing"],
    )


async def test_what_is_mended_is_forgotten() -> None:
    """A delivery, a beat that arrives and a reload clear what was said before."""
    scene = Scene()
    scene.happens("notification.failed", notifier="phone", reason="away")
    scene.happens("notification.failed", notifier="gone", reason="away")
    scene.happens("notification.failed", notifier="fine", reason="that one message", permanent=True)
    scene.happens("heartbeat.failed", reason="away")

    scene.happens("notification.delivered", notifier="phone")
    scene.happens("heartbeat.sent", ping="success")
    assert await scene.said() == ("degraded", ["notifier-failing"])
    scene.happens("config.reloaded", by="anna", changes=1)

    assert await scene.said() == ("ok", [])
