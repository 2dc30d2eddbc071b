"""Sixty faults in any order, from a seed: whatever came together, the promises hold."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.engine.test_killed_anywhere import DyingThread
from tests.engine.world import QUICK, LiveClock, World, configure, grow_old
from tests.fakes import FakeCompose, FakeContainer, FakeEngine
from watchdog.app import App, Outside, build, start, stop
from watchdog.app.parts import JOURNAL
from watchdog.checks.container import Container, ContainerParameters
from watchdog.config import CheckConfig, Config
from watchdog.core.container import Healthcheck
from watchdog.core.errors import NotThere, Unreachable
from watchdog.core.incident import Incident, Phase
from watchdog.core.observation import Status
from watchdog.core.roster import ComposeOrigin
from watchdog.core.run import Result
from watchdog.core.story import StepRecord
from watchdog.desk.unknown import UnknownName
from watchdog.gateways.clock import SystemClock
from watchdog.gateways.journal import Journal

FAULTS = 60
# What was decided before a person's hand could be seen may still be carried out.
IN_FLIGHT = 0.2
# The engine's clock and the journal's may differ by so much: `app.past.CLOCK_SLACK_NS`.
SLACK = 1.0
ABORTED = Result.ABORTED
CLOCK = SystemClock()
PROBE = Healthcheck(interval=0.01, timeout=0.01, retries=1)
KINDS: dict[str, dict[str, object]] = {
    "plain": {},
    "probed": {"health": "healthy", "healthcheck": PROBE},
    "kept": {"restart_policy": "unless-stopped"},
    "kept-probed": {"restart_policy": "unless-stopped", "health": "healthy", "healthcheck": PROBE},
    "deaf": {"health": "healthy", "healthcheck": PROBE, "ignores_term": True},
}
UP, DOWN, HOLD, FREE = "up", "down", "hold", "free"


def boot() -> float:
    return CLOCK.now().boot


@dataclass
class Diary:
    """What persons did and what the daemon did, in order, seen from outside of it.

    Attributes:
        hands: (when, target, UP | DOWN | HOLD | FREE) by a person.
        acts: (begun, ended, target, act) by the daemon.
        blind: (begun, target, act) of acts on what could not be seen.
        lives: when each new daemon began.
        lines: all of it, for people who read a failed test.
    """

    hands: list[tuple[float, str, str]] = field(default_factory=list)
    acts: list[tuple[float, float, str, str]] = field(default_factory=list)
    blind: list[tuple[float, str, str]] = field(default_factory=list)
    lives: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    begun: float = field(default_factory=boot)
    app: App | None = None

    def say(self, line: str) -> None:
        self.lines.append(f"{boot() - self.begun:7.3f} {line}")

    def hand(self, target: str, what: str) -> None:
        self.hands.append((boot(), target, what))

    @contextmanager
    def act(self, target: str, act: str) -> Iterator[None]:
        begun = boot()
        self.say(f"    WE {act} {target}")
        seen = self.app.responder.latest(target) if self.app is not None else None
        if seen is not None and seen.status is Status.UNKNOWN and begun > seen.at.boot + IN_FLIGHT:
            self.blind.append((begun, target, act))
        try:
            yield
        finally:
            self.acts.append((begun, boot(), target, act))


class ChaosEngine(FakeEngine):
    """Its starts and stops take a moment, in which anything may happen."""

    def __init__(self, seed: int) -> None:
        super().__init__(LiveClock())
        self.diary = Diary()
        self.random = random.Random(seed)

    async def start(self, container_id: str) -> None:
        with self.diary.act(self._name(container_id), "start"):
            await asyncio.sleep(self.random.random() * 0.003)
            if container_id in self.containers:
                self.containers[container_id].restart_count = 0
            await super().start(container_id)
            await asyncio.sleep(self.random.random() * 0.003)

    async def stop(self, container_id: str, grace: float) -> None:
        with self.diary.act(self._name(container_id), "stop"):
            await asyncio.sleep(self.random.random() * 0.003)
            await super().stop(container_id, grace)
            await asyncio.sleep(self.random.random() * 0.003)

    def _name(self, container_id: str) -> str:
        found = self.containers.get(container_id)
        return found.name if found else "gone"

    def of(self, target: str) -> FakeContainer | None:
        """The container of a target, None if it has none."""
        return next((c for c in self.containers.values() if c.name == target), None)


class ChaosCompose(FakeCompose):
    """Writes down what it is asked to replace."""

    async def recreate(self, origin: ComposeOrigin, say: object = None) -> None:
        assert isinstance(self.engine, ChaosEngine)
        with self.engine.diary.act(origin.service, "recreate"):
            await super().recreate(origin)


def chaos_config() -> Config:
    rules = ContainerParameters.model_validate({"rest": "50ms", "loop_window": "1s"})
    config = configure()
    check = CheckConfig(name="containers", check=Container("containers", rules), playbook="container-crash")
    engine = replace(config.engine, reconnect_longest=0.1)
    return replace(config, checks=(check,), engine=engine, sweep=0.2)


@dataclass
class Life:
    """One life of the daemon."""

    world: World
    dying: DyingThread
    real: object
    killed: bool = False


async def begin(engine: ChaosEngine, state: Path) -> Life:
    compose = ChaosCompose(engine)
    app = await build(chaos_config(), state, (), Outside(engine=engine, compose=compose, clock=CLOCK))
    await app.journal.undelivered("test", 1)
    real = app.journal._thread
    dying = DyingThread(real, engine.hold_calls)
    app.journal._thread = dying
    engine.diary.app = app
    engine.diary.lives.append(boot())
    await start(app)
    return Life(World(app=app, engine=engine, compose=compose, state=state), dying, real)


async def kill(life: Life) -> None:
    """As by SIGKILL: nothing is written any more, nothing asked of the engine."""
    app, engine = life.world.app, life.world.engine
    life.dying.dead = True
    engine.hold_calls()
    app.scheduler.stop()
    await app.responder.stop()
    await app.control.stop()
    assert await app.supervisor.stop(2.0) == ()
    for unanswered in life.dying.unanswered:
        unanswered.cancel()
    await asyncio.sleep(0)
    app.journal._thread = life.real  # type: ignore[assignment]
    await app.journal.close()
    engine.resume()


class Chaos:
    """One seeded story."""

    def __init__(self, seed: int, state: Path) -> None:
        self.random = random.Random(seed)
        self.state = state
        self.engine = ChaosEngine(seed)
        grow_old(self.engine)
        self.diary = self.engine.diary
        for name, kind in KINDS.items():
            self.engine.add(name, **kind)  # type: ignore[arg-type]
        self.life: Life | None = None

    @property
    def world(self) -> World:
        assert self.life is not None
        return self.life.world

    @asynccontextmanager
    async def restart_policy(self) -> AsyncIterator[None]:
        """The engine's own restarts, whoever is alive."""

        async def restart() -> None:
            while True:
                await asyncio.sleep(0.01)
                for found in list(self.engine.containers.values()):
                    if found.state == "restarting" and self.engine.random.random() < 0.4:
                        self.diary.say(f"  engine restarts {found.name}")
                        self.engine.engine_restarts(found.id)

        task = asyncio.create_task(restart())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def run(self) -> None:
        self.life = await begin(self.engine, self.state)
        async with self.restart_policy():
            await self.world.looked(*KINDS)
            for _ in range(FAULTS):
                await asyncio.sleep(self.random.choice((0, 0, 0.001, 0.004, 0.01, 0.03, 0.06)))
                await self.fault()
            self.engine.resume()
            self.engine._errors.clear()
            self.diary.say("SETTLE")
            with suppress(TimeoutError):
                await self.settle()

    async def settle(self) -> None:
        """Until the engine is found, everything looked at, and all at rest for a while."""
        async with asyncio.timeout(8):
            calm = 0
            while calm < 15:
                await asyncio.sleep(0.01)
                await self.world.app.desk.probe()
                calm = calm + 1 if self.world.app.listener.connected and self.all_at_rest() else 0

    def all_at_rest(self) -> bool:
        return all(self.at_rest(name) for name in KINDS)

    async def end(self) -> None:
        await stop(self.world.app)

    def at_rest(self, name: str) -> bool:
        case, found = self.world.app.responder.case(name), self.engine.of(name)
        well = found is not None and found.state == "running" and found.health in ("", "healthy")
        held = case is not None and case.hold is not None
        if case is not None and case.incident is not None:
            return case.incident.phase is Phase.ESCALATED and not well
        # What ended with 0 and was stopped by nobody that anybody remembers has done its work.
        return well or held or self.world.finding(name) == "finished"

    async def fault(self) -> None:
        name = self.random.choice(tuple(KINDS))
        kinds = {
            self.crash: 10, self.unhealthy: 8, self.healthy: 2, self.stops: 4, self.kills: 3, self.starts: 6,
            self.restarts: 3, self.removes: 2, self.creates: 5, self.pauses: 2, self.unpauses: 4,
            self.doomed: 3, self.mended: 3, self.break_stream: 2, self.hang: 2, self.fails: 5, self.flood: 2,
            self.reborn: 2, self.killed: 3, self.order: 7,
        }  # fmt: skip
        chosen = self.random.choices(tuple(kinds), tuple(kinds.values()))[0]
        found = self.engine.of(name)
        state = f"{found.state} {found.health}" if found else "absent"
        self.diary.say(f"{chosen.__name__} {name} ({state})")
        await chosen(name, found)

    async def crash(self, name: str, found: FakeContainer | None) -> None:
        if found and found.state == "running":
            self.engine.crash(found.id, 1)

    async def unhealthy(self, name: str, found: FakeContainer | None) -> None:
        if found and found.state == "running" and found.healthcheck:
            self.engine.turn_unhealthy(found.id)

    async def healthy(self, name: str, found: FakeContainer | None) -> None:
        if found and found.state == "running" and found.healthcheck:
            self.engine.turn_healthy(found.id)

    async def stops(self, name: str, found: FakeContainer | None) -> None:
        if found and (found.up or found.state == "restarting"):
            self.diary.hand(name, DOWN)
            self.engine.person_stops(found.id)

    async def kills(self, name: str, found: FakeContainer | None) -> None:
        if found and found.state == "running":
            self.diary.hand(name, DOWN)
            self.engine.person_kills(found.id)

    async def starts(self, name: str, found: FakeContainer | None) -> None:
        if found and found.state in ("exited", "created"):
            self.diary.hand(name, UP)
            found.restart_count = 0
            self.engine.person_starts(found.id)

    async def restarts(self, name: str, found: FakeContainer | None) -> None:
        if found and found.state in ("running", "exited", "restarting"):
            self.diary.hand(name, UP)
            found.restart_count = 0
            if found.state == "exited":
                self.engine.person_starts(found.id)
            else:
                self.engine.person_restarts(found.id)

    async def removes(self, name: str, found: FakeContainer | None) -> None:
        if found:
            self.diary.hand(name, DOWN)
            self.engine.person_removes(found.id)

    async def creates(self, name: str, found: FakeContainer | None) -> None:
        if found is None:
            made = self.engine.create(name, **KINDS[name])
            await asyncio.sleep(self.random.choice((0, 0.001, 0.01)))
            if made.id in self.engine.containers:  # else a replacement of ours came first
                self.diary.hand(name, UP)
                self.engine.person_starts(made.id)

    async def pauses(self, name: str, found: FakeContainer | None) -> None:
        if found and found.state == "running":
            self.diary.hand(name, DOWN)
            self.engine.pause(found.id)

    async def unpauses(self, name: str, found: FakeContainer | None) -> None:
        if found and found.state == "paused":
            self.diary.hand(name, UP)
            self.engine.unpause(found.id)

    async def doomed(self, name: str, found: FakeContainer | None) -> None:
        if found and found.state == "running":
            found.crashes_on_start = self.random.choice((1, 1, 2, 3, 10**6))
            self.engine.crash(found.id, 1)

    async def mended(self, name: str, found: FakeContainer | None) -> None:
        if found:
            found.crashes_on_start = 0

    async def break_stream(self, name: str, found: FakeContainer | None) -> None:
        self.engine.break_stream()

    async def hang(self, name: str, found: FakeContainer | None) -> None:
        self.engine.hang()
        for _ in range(self.random.randrange(4)):
            await asyncio.sleep(self.random.random() * 0.05)
            other = self.random.choice(tuple(KINDS))
            chosen = self.random.choice((self.crash, self.stops, self.starts, self.unhealthy))
            self.diary.say(f"{chosen.__name__} {other}, unseen")
            await chosen(other, self.engine.of(other))
        self.engine.resume()
        self.engine.break_stream()
        self.diary.say("resumed")

    async def fails(self, name: str, found: FakeContainer | None) -> None:
        call = self.random.choice(("inspect", "start", "list"))
        self.engine.fail_next(Unreachable("the engine did not answer in time"), call)

    async def flood(self, name: str, found: FakeContainer | None) -> None:
        self.engine.flood()

    async def reborn(self, name: str, found: FakeContainer | None) -> None:
        await stop(self.world.app)
        await self.between_lives()

    async def killed(self, name: str, found: FakeContainer | None) -> None:
        assert self.life is not None
        await kill(self.life)
        await self.between_lives()

    async def between_lives(self) -> None:
        journal = await Journal.open(self.state / JOURNAL)
        cut_short = {step.target for step in await journal.open_steps()}
        await journal.close()
        for _ in range(self.random.choice((0, 0, 1, 2))):
            other = self.random.choice(tuple(KINDS))
            chosen = self.random.choice((self.crash, self.stops, self.starts, self.unhealthy, self.flood))
            if chosen == self.stops and other in cut_short:
                continue  # nobody can tell it from the end of the stop that our own step had asked for
            self.diary.say(f"{chosen.__name__} {other}, while no daemon lives")
            await chosen(other, self.engine.of(other))
        self.life = await begin(self.engine, self.state)

    async def order(self, name: str, found: FakeContainer | None) -> None:
        desk = self.world.app.desk
        what = self.random.choice(("hold", "release", "release", "retry", "heal"))
        if what != "hold":
            self.diary.hand(name, FREE)
        with suppress(UnknownName, NotThere):  # not looked at yet
            answer = await getattr(desk, what)(name, "somebody")
            self.diary.say(f"  {what} {name}: {answer['answer']}")
            if what == "hold" and not answer["answer"].startswith("not done"):
                self.diary.hand(name, HOLD)


# What must be true of any story.


def respects_people(diary: Diary) -> list[str]:
    """I1: nothing of ours between a person's hand and the next start or order."""
    wrong = []
    for name in KINDS:
        mine = [(at, 0, what) for at, target, what in diary.hands if target == name]
        mine += [(at, 1, act) for at, _, target, act in diary.acts if target == name]
        down = held = None
        for at, ours, what in sorted(mine):
            if not ours:
                down = at if what == DOWN else None if what in (UP, FREE) else down
                held = at if what == HOLD else None if what == FREE else held
            elif down is not None and at <= down + IN_FLIGHT:
                diary.say(f"OVERTAKEN {what} {name} at {at - diary.begun:.3f}, {at - down:.4f} s")
                down = None  # overtaken by what was under way: whoever came first, it is up again
            elif down is not None and any(down - SLACK <= life <= at for life in diary.lives):
                down = None  # so soon after a step of a daemon that died nobody can tell whose hand it was
            elif any(since is not None and at > since + IN_FLIGHT for since in (down, held)):
                since = ", ".join(f"{each - diary.begun:.3f}" for each in (down, held) if each is not None)
                wrong.append(f"I1 {what} {name} at {at - diary.begun:.3f}: hands off since {since}")
    return wrong


def backs_off(steps: list[StepRecord], diary: Diary) -> list[str]:
    """I2: attempts on one target keep their distance; only an interrupted step is repeated, once an incident."""
    wrong = []
    repeats = Counter[str]()
    for name in KINDS:
        mine = [step for step in steps if step.target == name and step.action != "collect_logs"]
        for one, two in pairwise(mine):
            at = f"{name} at {two.begun.boot - diary.begun:.3f}: {one.attempt} then {two.attempt}"
            if two.attempt == one.attempt and two.incident == one.incident and "once more" in two.text:
                repeats[two.incident] += 1
                continue
            if two.attempt <= one.attempt:
                ordered = any(
                    target == name and what == FREE and at <= two.begun.boot
                    for at, target, what in diary.hands
                )
                if two.attempt > 2 or not ordered:  # killed between counting and doing: the first is not seen
                    wrong.append(f"I2 counted anew: {at}")
                continue
            seen_to_end = one.ended and not one.settled and one.outcome and one.outcome.result is not ABORTED
            until = one.ended.boot if one.ended and seen_to_end else one.begun.boot
            gap = two.begun.boot - until
            if gap < QUICK.wait_before(two.attempt - 1) - 0.002:
                wrong.append(f"I2 too soon: {at}, {gap:.4f} s")
    return wrong + [f"I2 repeated {count}x: {incident}" for incident, count in repeats.items() if count > 1]


def acts_alone(diary: Diary) -> list[str]:
    """I3: never two acts of ours on one target at once."""
    wrong = []
    for name in KINDS:
        mine = sorted(act for act in diary.acts if act[2] == name)
        wrong += [f"I3 {one} and {two}" for one, two in pairwise(mine) if two[0] < one[1]]
    return wrong


ABOUT_OTHERS = ("affected", "followed")
ENDS = ("healed", "recovered", "held", "asked", "storm_over")
# A part of a storm is told by itself from the moment when a person took it, or a human is needed.
BEGINS = ("opened", "storm", "suppressed", "held", "asked", "escalated", "proposed")


def tells_once(incidents: tuple[Incident, ...], told: list[tuple[str, str]]) -> list[str]:
    """I5: opened once, ended at most once, told so. What is part of a storm or waits is told in another's message."""
    wrong = []
    for incident in incidents:
        mine = [telling for telling, number in told if number == incident.id and telling not in ABOUT_OTHERS]
        ends = [telling for telling in mine if telling in ENDS]
        if incident.part_of and not mine:
            continue
        if mine.count("opened") > 1 or mine[:1] not in [[begin] for begin in BEGINS]:
            wrong.append(f"I5 {incident.id} {incident.target} opened: {mine}")
        if len(ends) != (incident.phase is Phase.RESOLVED):
            wrong.append(f"I5 {incident.id} {incident.target} {incident.phase} ended: {mine}")
    return wrong


async def judge(chaos: Chaos) -> list[str]:
    world, diary, engine = chaos.world, chaos.diary, chaos.engine
    journal = world.app.journal
    incidents = await journal.incidents(1000)
    stories = [await journal.story(incident.id) for incident in incidents]
    steps = sorted((step for story in stories for step in story.steps), key=lambda step: step.id)
    told = [
        (entry.notification.telling.value, entry.notification.incident or "")
        for entry in await journal.undelivered("test", 1000)
    ]
    wrong = [*respects_people(diary), *backs_off(steps, diary), *acts_alone(diary)]
    wrong += tells_once(incidents, told)
    wrong += [f"I6 {act} {name} at {at - diary.begun:.3f}" for at, name, act in diary.blind]
    for name in KINDS:  # I4
        if not chaos.at_rest(name):
            case, found = world.app.responder.case(name), engine.of(name)
            seen, why = world.finding(name), world.app.responder.reason(name)
            state = f"{found.state} {found.health}" if found else "absent"
            wrong.append(f"I4 {name} is {state}; seen {seen}, {why}; {case}")
    if not world.app.desk.status()["engine"]["connected"]:  # I7
        wrong.append("I7 the engine is lost at the end")
    return wrong


async def live_through(seed: int, state: Path) -> tuple[list[str], Diary]:
    """One story, and what was wrong in it."""
    chaos = Chaos(seed, state)
    state.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    try:
        await chaos.run()
        return await judge(chaos), chaos.diary
    finally:
        await chaos.end()


@pytest.mark.parametrize("seed", range(5))
async def test_chaos(tmp_path: Path, seed: int) -> None:
    """Whatever comes in whatever order: people are respected, nobody is forgotten, nothing is done twice."""
    wrong, diary = await live_through(seed, tmp_path / "state")
    assert not wrong, "\n".join([*wrong, *diary.lines])
