"""A daemon that is killed at every single write of its journal, from its very first one: the next one goes on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import pytest

from tests.engine.world import World, configure, make_engine
from tests.fakes import FakeCompose, FakeEngine
from tests.scissors import Scissors, bury, take_scissors
from watchdog.app import Outside, build, start
from watchdog.config import Config
from watchdog.core.guardrail import Limits
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.clock import SystemClock
from watchdog.gateways.journal import Journal
from watchdog.plugins import Letter, Notifier, Parameters


class Nothing(Parameters):
    """Nothing to configure."""


class Phone(Notifier[Nothing]):
    """Whoever is told."""

    kind: ClassVar[str] = "phone"
    parameters_type: ClassVar[type[Parameters]] = Nothing

    def __init__(self) -> None:
        super().__init__("phone", Nothing())
        self.heard: list[str] = []

    async def deliver(self, letter: Letter) -> str:
        await asyncio.sleep(0)
        self.heard.append(str(letter.news.telling.value))
        return f"message-{len(self.heard)}"


Condition = Callable[[World], bool]
AT_ONCE = 6


@dataclass
class Tale:
    """What happens to one container, and how it is to end.

    Attributes:
        fault: what happens to it.
        over: whether the end has come.
        needed: how many starts and replacements it takes, undisturbed.
        told: what people are told, whatever else they are told.
        ending: how the incident ends.
        crashes: how many of its next starts end at once.
        writes: at least so many, undisturbed.
    """

    fault: Callable[[FakeEngine], None]
    over: Condition
    needed: int = 0
    told: tuple[str, ...] = ()
    ending: str | None = None
    crashes: int = 0
    writes: int = 12
    config: Config = field(default_factory=configure)


def well(world: World) -> bool:
    """It runs, is healthy, and no incident is open."""
    case, container = world.app.responder.case("app"), world.engine.container("app")
    return (
        case is not None
        and case.incident is None
        and container.state == "running"
        and container.health in ("", "healthy")
    )


def given_up(world: World) -> bool:
    """A human was called."""
    case = world.app.responder.case("app")
    return case is not None and case.incident is not None and case.incident.phase.value == "escalated"


def held(world: World) -> bool:
    """It is a person's, and that was told."""
    case = world.app.responder.case("app")
    return case is not None and case.hold is not None and case.hold.told


TALES = {
    "crash": Tale(
        fault=lambda engine: engine.crash("app", 1),
        over=well,
        needed=1,
        told=("opened", "healed"),
        ending="healed",
    ),
    "unhealthy": Tale(
        fault=lambda engine: engine.turn_unhealthy("app"),
        over=well,
        needed=1,
        told=("opened", "healed"),
        ending="healed",
    ),
    "crash again": Tale(
        fault=lambda engine: engine.crash("app", 1),
        over=well,
        crashes=1,
        needed=2,
        told=("opened", "healed"),
        ending="healed",
    ),
    "given up": Tale(
        fault=lambda engine: engine.crash("app", 1),
        over=given_up,
        crashes=99,
        needed=2,
        told=("opened", "escalated"),
        config=replace(configure(), limits=Limits(first=0.02, longest=0.05, attempts=2)),
    ),
    "replaced": Tale(
        fault=lambda engine: engine.crash("app", 1),
        over=well,
        crashes=3,
        writes=30,
        needed=4,
        told=("opened", "healed"),
        ending="healed",
    ),
    "stopped by a person": Tale(
        fault=lambda engine: engine.person_stops("app"),
        over=held,
        writes=6,
        told=("held",),
    ),
}


class MortalCompose(FakeCompose):
    """It waits for the engine, so what a dead daemon asks of it is not done either."""

    async def recreate(self, origin: ComposeOrigin, say: Callable[[str], None] | None = None) -> None:
        await self.engine._open.wait()
        await super().recreate(origin, say)


class Stage:
    """One tale, from before anything happened."""

    def __init__(self, tale: Tale, state: Path) -> None:
        self.tale = tale
        self.state = state
        self.engine = make_engine()
        self.engine.add("app", health="healthy", crashes_on_start=tale.crashes)
        self.compose = MortalCompose(self.engine)
        self.phone = Phone()
        self.happened = False
        state.mkdir()

    @asynccontextmanager
    async def life(self, scissors: Scissors) -> AsyncIterator[World | None]:
        """A daemon that ends with the block, or at the cut, as if by SIGKILL; None if it dies while it is built."""
        engine = self.engine
        journal = await Journal.open(self.state / "journal.db")
        cut = await take_scissors(journal, scissors, engine.hold_calls)
        outside = Outside(engine=engine, compose=self.compose, clock=SystemClock())
        config = replace(self.tale.config, notifiers=(self.phone,))
        building = asyncio.create_task(build(config, self.state, (), outside, journal=journal))
        beginning: asyncio.Task[None] | None = None
        world: World | None = None
        try:
            await until(lambda: scissors.dead or building.done())
            if building.done():
                world = World(app=building.result(), engine=engine, compose=self.compose, state=self.state)
                beginning = begun = asyncio.create_task(start(world.app))
                await until(lambda: scissors.dead or begun.done())
                if begun.done():
                    begun.result()
            yield world
        finally:
            scissors.dead = True
            engine.hold_calls()
            for task in (building, beginning):
                if task is not None:
                    task.cancel()
                    await asyncio.wait([task])
            if world is not None:
                app = world.app
                app.scheduler.stop()
                await app.responder.stop()
                await app.control.stop()
                assert await app.supervisor.stop(2.0) == ()
                app.black_box.close()
            await bury(journal, cut)
            engine.resume()

    async def live(self, scissors: Scissors) -> bool:
        """One life, in which the fault happens, or after it; whether the daemon outlived the tale."""
        async with self.life(scissors) as world:
            if world is not None:
                await self.go_on(world, scissors)
            survived = not scissors.dead
        if not self.happened:
            self.happen()  # while nobody looked
        return survived

    async def go_on(self, world: World, scissors: Scissors) -> None:
        """Until the tale is over or the daemon is dead."""
        await until(lambda: scissors.dead or world.app.responder.latest("app"))
        if not self.happened and not scissors.dead:
            self.happen()
            # What was seen before the fault does not count.
            await until(lambda: scissors.dead or not self.tale.over(world) or self.tale.needed == 0)
        await until(lambda: scissors.dead or self.tale.over(world), within=8.0)

    def happen(self) -> None:
        self.tale.fault(self.engine)
        self.happened = True

    async def end_well(self, *, where: str, deaths: int) -> None:
        """A daemon that lives brings the tale to its end, and everything that was promised is so."""
        scissors, tale = Scissors(), self.tale
        try:
            async with self.life(scissors) as world:
                assert world is not None
                await self.go_on(world, scissors)
                await all_told(world.app.journal)
                incidents = await world.app.journal.incidents(10)
                left_open = await world.app.journal.open_steps()
        except TimeoutError:
            pytest.fail(f"{where}: no good end, told: {self.phone.heard}, done: {self.engine.acts}")
        assert [incident.id for incident in incidents] == (["1"] if tale.needed else []), where
        assert left_open == (), where
        if tale.ending:
            assert incidents[0].ending is not None, where
            assert incidents[0].ending.value in (tale.ending, "recovered"), where
        # At most one step more for each death; none at all for what a person stopped.
        done = self.engine.acts.count(("start", "app")) + len(self.compose.acts)
        most = tale.needed + deaths if tale.needed else 0
        # An attempt is counted before it is made: one that a second death prevented is not made up for.
        least = tale.needed if tale.ending or deaths == 1 else tale.needed - deaths
        assert least <= done <= most, (where, self.engine.acts, self.compose.acts)
        heard = Counter("healed" if telling == "recovered" else telling for telling in self.phone.heard)
        for telling in tale.told:
            assert 1 <= heard[telling] <= 1 + deaths, (where, self.phone.heard)


async def until(condition: Callable[[], object], within: float = 5.0) -> None:
    """Wait for a condition with a deadline."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - a test polls, with a deadline
            await asyncio.sleep(0.001)


async def all_told(journal: Journal) -> None:
    """Wait until nobody is owed anything."""
    async with asyncio.timeout(5):
        while await journal.undelivered("phone", 10):  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.005)


async def cut_at(name: str, folder: Path, cut: int, *, lost: bool) -> bool:
    """One tale with a death at one write; whether that write never came."""
    stage, scissors = Stage(TALES[name], folder / str(cut)), Scissors(cut, lost=lost)
    survived = await stage.live(scissors)
    where = f"{name}: killed {'before' if lost else 'after'} write {cut} ({scissors.last})"
    await stage.end_well(where=where, deaths=1)
    return survived


@pytest.mark.parametrize("lost", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("name", TALES)
async def test_killed_at_every_write(tmp_path: Path, name: str, lost: bool) -> None:
    """Wherever it is cut: one incident, at most one step more, everybody told at least once, no hold forgotten."""
    cut, survived = 1, False
    while not survived:
        # Each has a stack of its own, and all of them mostly wait.
        wave = range(cut, cut + AT_ONCE)
        survived = any(await asyncio.gather(*(cut_at(name, tmp_path, each, lost=lost) for each in wave)))
        cut += AT_ONCE
    assert cut > TALES[name].writes


@pytest.mark.parametrize("name", TALES)
async def test_killed_twice_anywhere(tmp_path: Path, name: str) -> None:
    """And again while it finds its way back: the same promises hold, with one step more for each death."""
    chance = random.Random(name)

    async def die_twice(number: int, first: Scissors, second: Scissors) -> None:
        stage = Stage(TALES[name], tmp_path / str(number))
        await stage.live(first)
        await stage.live(second)
        where = f"{name}: killed at writes {first.at} ({first.last}) and {second.at} ({second.last})"
        await stage.end_well(where=where, deaths=2)

    cuts = [Scissors(chance.randint(1, 22), lost=chance.random() < 0.5) for _ in range(32)]
    for begin in range(0, 16, AT_ONCE):
        pairs = zip(cuts[begin:16], cuts[begin + 16 :], strict=True)
        await asyncio.gather(
            *(die_twice(begin + each, *pair) for each, pair in zip(range(AT_ONCE), pairs, strict=False))
        )
