"""The whole daemon in process: its real parts, with an engine, Compose and a clock in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from tests.fakes import FakeClock, FakeCompose, FakeEngine
from tests.front.tools import FakeShots
from watchdog.app import App, Outside, build, start, stop
from watchdog.checks.container import Container, ContainerParameters
from watchdog.config import CheckConfig, Config, TargetConfig, Watch
from watchdog.core.budget import BudgetLimits
from watchdog.core.guardrail import Limits
from watchdog.core.incident import Incident
from watchdog.core.playbook import Playbook, PlaybookKind, Step, Verification
from watchdog.core.stand_aside import AsideLimits
from watchdog.core.target import Wishes
from watchdog.engine.bypass_watch import Doors
from watchdog.gateways.clock import SystemClock
from watchdog.notifiers.log import Log, LogParameters

Kind = TypeVar("Kind", bound=FakeEngine)

SOON = Verification(within=0.3, stable=0.05)
LADDER = Playbook(
    name="container-crash",
    kind=PlaybookKind.REMEDY,
    title={"en": "A container crashed"},
    target_kind="container",
    steps=(
        Step(action="collect_logs", params={"tail": 100}, changes=False),
        Step(action="restart_container", attempts=3, verify=SOON, gentle=True),
        Step(action="recreate_service", attempts=2, verify=SOON),
    ),
)
QUICK = Limits(first=0.02, longest=0.1, forget_after=60.0)


def configure(*, expect_running: tuple[str, ...] = (), held: tuple[str, ...] = ()) -> Config:
    """The shipped configuration with every wait made short."""
    wishes = {name: Wishes(expect_running=True) for name in expect_running}
    wishes |= {name: Wishes(hold=True) for name in held}
    check = Container("containers", ContainerParameters.model_validate({"rest": "50ms"}))
    return Config(
        watch=Watch(project="demo"),
        checks=(CheckConfig(name="containers", check=check, playbook="container-crash"),),
        playbooks={"container-crash": LADDER},
        notifiers=(Log("log", LogParameters()),),
        targets={name: TargetConfig(wishes=wish) for name, wish in wishes.items()},
        boot_grace=0.0,
        tell_hold_after=0.05,
        verify_every=0.02,
        limits=QUICK,
        # A test's day has more troubles than ten minutes may have; those about the budget set their own.
        budget=BudgetLimits(actions=1000, ask_again=0.05),
        stand_aside=AsideLimits(quiet=0.0),
    )


@dataclass
class World:
    """A daemon and the engine that it watches."""

    app: App
    engine: FakeEngine
    compose: FakeCompose
    state: Path

    async def until(self, condition: Callable[[], object], within: float = 5.0) -> None:
        """Wait for a condition with a deadline."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - a test polls, with a deadline
                await asyncio.sleep(0.005)

    async def looked(self, *targets: str) -> None:
        """Wait until these targets have been looked at."""
        await self.until(lambda: all(self.app.responder.latest(target) for target in targets))

    async def incidents(self) -> tuple[Incident, ...]:
        """All incidents of the journal, newest first."""
        return await self.app.journal.incidents(50)

    async def newest(self, phase: str, within: float = 5.0) -> Incident:
        """Wait until the newest incident is in this phase; the incident."""
        async with asyncio.timeout(within):
            while True:
                found = await self.incidents()
                if found and found[0].phase.value == phase:
                    return found[0]
                await asyncio.sleep(0.005)

    async def tellings(self) -> list[str]:
        """What people were told so far, in order, but for the words that a step begins."""
        waiting = await self.app.journal.undelivered("test", 1000)
        told = [entry.notification.telling.value for entry in waiting]
        return [telling for telling in told if telling != "acting"]

    def finding(self, target: str) -> str:
        """The kind of what was last seen of a target."""
        seen = self.app.responder.latest(target)
        return seen.finding.kind if seen else ""


class LiveClock(FakeClock):
    """The engine's clock goes with the machine's, as on a real host, from where it was set."""

    _ahead = timedelta()

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))

    @property
    def wall(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    @wall.setter
    def wall(self, wall: datetime) -> None:
        self._ahead = wall - datetime.now(UTC)


def make_engine() -> FakeEngine:
    """An engine whose memory of events reaches back further than any stop may take."""
    return grow_old(FakeEngine(LiveClock()))


def grow_old(engine: Kind) -> Kind:
    """The same engine with an event that is older than any stop may take."""
    engine.clock.advance(-60)
    engine.add("old")
    engine.person_removes("old")
    engine.clock.advance(60)
    return engine


async def build_world(
    engine: FakeEngine, state: Path, config: Config | None = None, doors: Doors | None = None
) -> World:
    """A daemon that is not started yet."""
    state.mkdir(exist_ok=True)  # noqa: ASYNC240 - nothing else runs yet
    compose = FakeCompose(engine)
    shots = FakeShots() if doors is not None else None
    outside = Outside(engine=engine, compose=compose, clock=SystemClock(), shots=shots, doors=doors)
    app = await build(config or configure(), state, (), outside)
    await app.journal.undelivered("test", 1)  # a notifier of the test's own, from now on
    return World(app=app, engine=engine, compose=compose, state=state)


@asynccontextmanager
async def running(
    engine: FakeEngine, state: Path, config: Config | None = None, doors: Doors | None = None
) -> AsyncIterator[World]:
    """A daemon that runs until the block ends. `doors`: emergency bypasses, which it has none of by default."""
    world = await build_world(engine, state, config, doors)
    await start(world.app)
    try:
        yield world
    finally:
        await stop(world.app)


def with_ladder(config: Config, *steps: Step) -> Config:
    """The same configuration with another ladder."""
    return replace(config, playbooks={"container-crash": replace(LADDER, steps=steps)})
