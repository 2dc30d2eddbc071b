"""A whole stack in miniature, on virtual time: targets that live and fall, and a daemon that can be killed.

Its heart is the real one: `Responder`, `Stack`, `Weather` and all of core decide. The engine, the journal, the
monitor and the runner are the simplest things that can take their places.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tests.core.tale import LOGS, RECREATE, RESTART, remedy
from watchdog.core.budget import BudgetLimits
from watchdog.core.decision import Perform, Policy, StepEnded
from watchdog.core.errors import JournalError
from watchdog.core.incident import Case, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity
from watchdog.core.observation import Fact, Finding, Hand, Observation, Status
from watchdog.core.playbook import Autonomy, Step
from watchdog.core.roster import Known
from watchdog.core.run import Outcome, Result
from watchdog.core.story import StepRecord, Trigger
from watchdog.core.target import Wishes
from watchdog.engine.responder import Responder
from watchdog.engine.stack import Stack, StackLimits
from watchdog.engine.weather import Weather

CHECK = "containers"
SWEEP = 15.0
NEEDS = {"db": (), "api": ("db",), "web": ("api",), "worker": ("db",), "feed": (), "mail": (), "jobs": ()}
BUDGET = BudgetLimits(actions=6, at_once=2)
REBUILD = Step(
    action="rebuild_service",
    autonomy=Autonomy.PROPOSE,
    undoable=True,
    repeatable=False,
    verify=RESTART.verify,
)
LADDER = remedy(LOGS, replace(RESTART, gentle=True), replace(RECREATE, attempts=1), REBUILD)
POLICY = Policy(playbook=LADDER, budget=BUDGET, proposal_lasts=600.0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time is told to it."""

    seconds = 1000.0

    def time(self) -> float:
        return self.seconds

    def next_timer(self) -> float:
        """When the next timer is due, infinity if there is none."""
        timers: list[asyncio.TimerHandle] = getattr(self, "_scheduled", [])
        return min((timer.when() for timer in timers if not timer.cancelled()), default=float("inf"))


@dataclass
class Body:
    """One target as it really is. `luck`: what becomes of it when it is started."""

    name: str
    state: str = "healthy"
    by: Hand | None = None
    life: int = 1
    image: int = 1
    witnessed: bool = True
    ailing: bool = False
    doomed: bool = False
    luck: str = "healthy"

    @property
    def up(self) -> bool:
        return self.state in ("healthy", "unhealthy", "starting")

    @property
    def sick(self) -> bool:
        """In trouble by itself."""
        return self.state == "unhealthy" or (self.state == "exited" and self.by is Hand.ITSELF)

    @property
    def look(self) -> tuple[str, int, int]:
        """What the list shows of it."""
        return (self.state, self.life, self.image)

    def falls(self, state: str, by: Hand) -> None:
        self.state, self.by, self.witnessed = state, by, True

    def rises(self, state: str = "") -> None:
        """It is started; without a word for it, its luck decides."""
        self.life += 1
        self.ailing = False
        luck = "healthy" if self.luck == "fails" else self.luck  # the step of ours fails, not a start
        self.state, self.by, self.witnessed = state or luck, None, True
        if not state and self.doomed:
            self.state = "exited"
        if self.state == "exited":
            self.by = Hand.ITSELF

    def seen(self, at: Moment) -> Observation:
        by = self.by if self.by is None or self.witnessed or self.state == "paused" else Hand.UNKNOWN
        grave = {"healthy": Status.OK, "starting": Status.OK, "paused": Status.WARNING}
        facts: dict[str, Fact] = {}
        if self.doomed and self.state == "exited" and by is not Hand.UNKNOWN:
            facts = {"doom": "config-error", "advice": "mend_config", "shown_by": "no such option"}
        return Observation(
            check=CHECK,
            target=self.name,
            status=grave.get(self.state, Status.CRITICAL),
            finding=Finding("found_down" if by is Hand.UNKNOWN else self.state, facts),
            at=at,
            settled=self.state != "starting",
            look_again=5.0 if self.state == "starting" else None,
            stopped_by=by,
            incarnation=f"{self.name}{self.image}@{self.life}",
            version=f"sha256:{self.image}",
        )


@dataclass
class Paper:
    """The journal. `cut`: the daemon is killed at the next write, before or after it reaches the disk."""

    saved: Callable[[Case | None, Case, tuple[Notification, ...]], None]
    cases: dict[tuple[str, str], Case] = field(default_factory=dict)
    numbers: int = 0
    steps: list[StepRecord] = field(default_factory=list)
    full: bool = False
    cut: str = ""
    dead: bool = False

    async def save(
        self, case: Case, notifications: tuple[Notification, ...], reason: str, now: Moment
    ) -> None:
        await asyncio.sleep(0)
        if self.full:
            raise JournalError("the disk is full")
        if self.cut == "before" or self.dead:
            await self._die()
        before = self.cases.get((case.check, case.target))
        self.cases[case.check, case.target] = case
        if case.incident is not None:
            self.numbers = max(self.numbers, int(case.incident.id))
        self.saved(before, case, notifications)
        if self.cut:
            await self._die()

    async def _die(self) -> None:
        self.dead, self.cut = True, ""
        await asyncio.get_running_loop().create_future()

    async def load_cases(self) -> tuple[Case, ...]:
        over = (Phase.RESOLVED,)
        return tuple(
            replace(case, incident=None) if case.incident and case.incident.phase in over else case
            for case in self.cases.values()
        )

    async def steps_of(self, incident: str) -> tuple[StepRecord, ...]:
        return tuple(step for step in self.steps if step.incident == incident)

    def step_begins(self, order: Perform, now: Moment) -> None:
        self.steps.append(
            StepRecord(
                id=len(self.steps),
                incident=order.incident,
                playbook=order.playbook,
                target=order.target,
                trigger=Trigger.INCIDENT,
                action=order.rung.step.action,
                rung=order.index,
                attempt=order.attempt,
                container_id=order.target,
                text="",
                begun=now,
            )
        )

    def step_ends(self, target: str, outcome: Outcome, now: Moment) -> None:
        number = next(s.id for s in reversed(self.steps) if s.target == target)
        settled = outcome.result is Result.INTERRUPTED
        self.steps[number] = replace(self.steps[number], ended=now, outcome=outcome, settled=settled)

    async def last_incident_number(self) -> int:
        return self.numbers


@dataclass(frozen=True)
class Running:
    """A step that runs. `result`: how it will end; None: as its target's luck has it."""

    order: Perform
    ends: float
    aborted: bool = False


class Realm:
    """Bodies, one daemon over them once `begin` was called, and time."""

    def __init__(self, watcher: Watcher) -> None:
        self.loop = VirtualLoop()
        self.bodies = {name: Body(name) for name in NEEDS}
        self.watcher = watcher
        self.paper = Paper(self._saved)
        self.boot, self.booted, self.drift = 1, 0.0, 0.0
        self.engine_known = True
        self.maintained: set[str] = set()
        self.gentle = ""
        self.asked: dict[str, None] = {}
        self.ailing: set[str] = set()
        self.running: dict[str, Running] = {}
        self.listed: dict[str, tuple[str, int, int]] = {}
        self.next_sweep = 1000.0
        self.untold = False
        self.done_when_killed = False
        self.lives = 0
        self.broken = False

    # --- time ---

    @property
    def seconds(self) -> float:
        return self.loop.seconds

    def now(self) -> Moment:
        wall = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds + self.drift)
        return Moment(boot_id=str(self.boot), boot=self.seconds - self.booted, wall=wall)

    def passes(self, seconds: float) -> None:
        """Let time pass, with all that becomes due."""
        until = self.seconds + seconds
        while True:
            self.attend()
            steps = min((step.ends for step in self.running.values()), default=float("inf"))
            due = min(until, self.next_sweep, steps, self.loop.next_timer())
            self.loop.seconds = max(self.seconds, due)
            self._due()
            self.broken = True
            self.watcher.went_by()
            self.broken = False
            if self.seconds >= until:
                self.attend()
                return

    def _due(self) -> None:
        if self.seconds >= self.next_sweep:
            self.next_sweep += SWEEP
            for name, body in self.bodies.items():
                if self.listed.get(name) != body.look:
                    self.ask(name)
                self.listed[name] = body.look
        for target, step in list(self.running.items()):
            if self.seconds >= step.ends and self.running.get(target) is step:
                self._step_ends(target, step)

    # --- the daemon ---

    def begin(self) -> None:
        """A daemon begins, with what the journal holds."""
        self.stack = Stack(
            clock=self,
            cases=lambda: self.responder,
            known=self._known,
            wishes=lambda name: Wishes(depends_on=NEEDS[name] or None),
            limits=lambda: StackLimits(budget=BUDGET),
            ask=self.ask,
            maintained=lambda name: name in self.maintained,
            gentle=lambda: self.gentle,
        )
        weather = Weather(
            journal=self.paper,
            clock=self,
            sky=self.stack,
            limits=lambda: StackLimits().storm,
            severity=lambda _: Severity.HIGH,
            number=lambda: self.responder.take_number(),  # noqa: PLW0108 - it is built below
            ask=self.ask,
            told=self._told,
            publish=lambda _: None,
        )
        self.responder = Responder(
            journal=self.paper,
            clock=self,
            policy_of=self._policy,
            ask=self.ask,
            perform=self._perform,
            propose=lambda _: None,
            abort=self._abort,
            told=self._told,
            publish=lambda _: None,
            stack=self.stack,
            weather=weather,
        )
        self.lives += 1
        self.paper.dead, self.untold = False, False
        self.asked.clear()
        self.do(self._take_up)

    async def _take_up(self) -> None:
        for step in [step for step in self.paper.steps if step.outcome is None]:
            self.paper.step_ends(step.target, Outcome(result=Result.INTERRUPTED), self.now())
        self.stack.remember([step.begun for step in self.paper.steps[-50:]])
        await self.responder.remember()
        await self.responder.settle()
        for name in self.bodies:
            self.ask(name)

    def kill(self) -> None:
        """SIGKILL: timers, looks and what was not written are gone; a step may have been done or not."""
        self.paper.dead = True
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks))
        self.loop.run_until_complete(self.responder.stop())
        for target in self.running:
            self.watcher.step_ended(target)
            if self.done_when_killed and self.bodies[target].by is not Hand.PERSON:
                self.bodies[target].rises()
        self.running.clear()

    def end(self) -> None:
        self.kill()
        self.loop.close()

    def do(self, work: Callable[[], object]) -> None:
        """Let the daemon do this, then all that follows from it at once; if it dies of it, another one begins."""
        try:
            self.loop.run_until_complete(self._until_quiet(work))
        except BaseException:
            self.broken = True
            raise
        if self.paper.dead:
            self.watcher.died()
            self.kill()
            self.begin()
        assert not self.untold, "what was decided is handed to those who tell"

    def attend(self) -> None:
        """Let everything that is due at this moment happen."""
        self.do(lambda: None)

    async def _until_quiet(self, work: Callable[[], object]) -> None:
        begun = work()
        tasks = {asyncio.ensure_future(begun)} if asyncio.iscoroutine(begun) else set()
        idle = 0
        for _ in range(2000):
            for name in self.asked:
                tasks.add(asyncio.ensure_future(self._look(name)))
            self.asked.clear()
            await asyncio.sleep(0)
            for task in [task for task in tasks if task.done()]:
                tasks.remove(task)
                task.result()
            idle = 0 if tasks or self.asked else idle + 1
            if self.paper.dead or idle > 2:  # timers of this moment have fired by then
                return
        raise AssertionError("the daemon finds no rest")

    async def _look(self, name: str) -> None:
        seen = self.bodies[name].seen(self.now())
        if not self.engine_known:
            seen = Observation(
                check=CHECK,
                target=name,
                status=Status.UNKNOWN,
                finding=Finding("could_not_look"),
                at=self.now(),
                tell_after=None,
            )
        elif self.bodies[name].ailing:
            self.ailing.add(name)
        else:
            self.ailing.discard(name)
        self.watcher.looked(seen)
        await self.responder.receive(seen)

    def ask(self, name: str) -> None:
        self.asked[name] = None

    def _policy(self, check: str, target: str) -> Policy:
        return replace(POLICY, next_id=self.responder.next_number(), around=self.stack.surroundings(target))

    def _known(self) -> dict[str, Known]:
        return {
            name: Known(
                target=name, container_id=name, image_id=f"sha256:{body.image}", ailing=name in self.ailing
            )
            for name, body in self.bodies.items()
        }

    def _saved(self, before: Case | None, after: Case, told: tuple[Notification, ...]) -> None:
        self.untold |= bool(told)
        self.watcher.saved(before, after, told)

    def _told(self) -> None:
        self.untold = False

    # --- steps ---

    def _perform(self, order: Perform) -> None:
        self.watcher.performs(order)
        if order.counts:
            self.stack.began()
        self.paper.step_begins(order, self.now())
        self.running[order.target] = Running(order, self.seconds + 1.0)

    def _abort(self, target: str, reason: str) -> None:
        if target in self.running:
            self.running[target] = replace(self.running[target], ends=self.seconds, aborted=True)

    def _step_ends(self, target: str, step: Running) -> None:
        body = self.bodies[target]
        del self.running[target]
        result = Result.ABORTED if step.aborted else Result.FAILED if body.luck == "fails" else Result.DONE
        if result is Result.DONE and body.by is not Hand.PERSON:
            body.rises()
        self.watcher.step_ended(target)
        self.paper.step_ends(target, Outcome(result=result), self.now())
        ended = StepEnded(step.order.incident, Outcome(result=result))
        self.do(lambda: self.responder.step_ended(CHECK, target, ended))


class Watcher:
    """Who is told of all that happens; the tests' own."""

    def saved(self, before: Case | None, after: Case, told: tuple[Notification, ...]) -> None:
        """A decision reached the disk."""

    def looked(self, seen: Observation) -> None:
        """A look was made."""

    def performs(self, order: Perform) -> None:
        """A step begins."""

    def step_ended(self, target: str) -> None:
        """A step is over."""

    def went_by(self) -> None:
        """Time went on."""

    def died(self) -> None:
        """The daemon was killed."""
