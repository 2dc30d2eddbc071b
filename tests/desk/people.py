"""A desk on fakes, for the tests of the desk, of the control surface and of the command line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.fakes import FakeClock, FakeCompose, FakeEngine
from watchdog.checks.container import Container, ContainerParameters
from watchdog.config import CheckConfig, Config, CurrentConfig, Watch
from watchdog.core.container import ContainerFacts, Sighting
from watchdog.core.decision import Answer, Approved, Order, Shown
from watchdog.core.errors import NotThere, WatchdogError
from watchdog.core.event import Announcement
from watchdog.core.guardrail import Attempt, Ledger
from watchdog.core.happening import Happening
from watchdog.core.incident import Act, Case, Hold, Incident, Phase
from watchdog.core.maintenance import Purpose, Window
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity
from watchdog.core.observation import Finding, Observation, Status
from watchdog.core.playbook import Playbook, PlaybookKind, Step, Verification
from watchdog.core.proposal import ProposalRecord, ProposalState
from watchdog.core.roster import ComposeOrigin
from watchdog.core.run import Outcome
from watchdog.core.story import Story
from watchdog.desk import Desk
from watchdog.desk.proposals import Proposals
from watchdog.engine.reloader import Broken, Reloaded
from watchdog.engine.windows import Windows
from watchdog.plugins import Tools
from watchdog.surfaces import Control

PLAYBOOK = Playbook(
    name="container-crash",
    kind=PlaybookKind.REMEDY,
    title={"en": "A container crashed"},
    target_kind="container",
    steps=(
        Step(action="collect_logs", params={"tail": 50}, changes=False),
        Step(action="restart_container", attempts=2),
        Step(action="recreate_service", verify=Verification(within=120.0, stable=10.0)),
    ),
)


class FakeAction:
    def __init__(self, step: Step) -> None:
        self.step = step
        self.pins: dict[str, str] = {}
        self.error: WatchdogError | None = None

    async def describe(self, target: str, tools: Tools) -> str:
        if self.error is not None:
            raise self.error
        return f"{self.step.action} of {target}"

    async def pin(self, target: str, tools: Tools) -> dict[str, str]:
        if self.error is not None:
            raise self.error
        return dict(self.pins)

    async def run(self, target: str, tools: Tools) -> Outcome:
        raise AssertionError("a desk carries nothing out")


class FakeListener:
    connected = True
    lost_because = ""


class FakeContainers:
    async def look(self, target: str) -> Sighting:
        raise AssertionError("a desk looks through the monitor")

    def container_of(self, target: str) -> str | None:
        return None

    def known_down(self, target: str) -> bool:
        return False

    def just_seen(self, target: str) -> ContainerFacts | None:
        return None

    def origin_of(self, target: str) -> ComposeOrigin | None:
        return None

    def replicas_of(self, target: str) -> int:
        return 1

    def announce(self, announcement: Announcement, target: str, lasts: float = 0.0) -> None:
        raise AssertionError("a desk announces nothing")


class FakeResponder:
    """Remembers cases and orders; `follows` is what an order sets going."""

    def __init__(self) -> None:
        self.known: dict[str, Case] = {}
        self.seen: dict[str, Observation] = {}
        self.reasons: dict[str, str] = {}
        self.orders: list[tuple[str, Order, str]] = []
        self.answers: list[Answer] = []
        # For which proposals people were asked, and what they would do.
        self.asked_for: list[tuple[str, str]] = []
        self.follows: Callable[[], None] = lambda: None
        self._failures: deque[WatchdogError] = deque()

    def fail_next(self, error: WatchdogError) -> None:
        self._failures.append(error)

    async def order(self, target: str, order: Order, by: str) -> str:
        if self._failures:
            raise self._failures.popleft()
        if target not in self.known:
            raise NotThere(f"there is no target {target!r}")
        self.orders.append((target, order, by))
        self.follows()
        return f"{order.value} by {by}"

    async def answer(self, target: str, answer: Answer) -> str:
        if self._failures:
            raise self._failures.popleft()
        case = self.known.get(target)
        incident = case.incident if case is not None else None
        proposal = incident.proposal if incident is not None else None
        if case is None or incident is None or proposal is None or proposal.id != answer.proposal:
            raise NotThere(f"{target} waits for no proposal {answer.proposal}")
        if isinstance(answer, Shown):
            self.asked_for.append((answer.proposal, answer.does))
            asked = replace(incident, proposal=replace(proposal, told=True))
            self.known[target] = replace(case, incident=asked)
            return "shown"
        self.answers.append(answer)
        kept = replace(proposal, approved_by=answer.by) if isinstance(answer, Approved) else None
        self.known[target] = replace(case, incident=replace(incident, proposal=kept))
        return f"{type(answer).__name__.lower()}"

    def case(self, target: str) -> Case | None:
        return self.known.get(target)

    def cases(self) -> tuple[Case, ...]:
        return tuple(self.known.values())

    def latest(self, target: str) -> Observation | None:
        return self.seen.get(target)

    def reason(self, target: str) -> str:
        return self.reasons.get(target, "not looked at yet")


class FakeMonitor:
    def __init__(self, responder: FakeResponder) -> None:
        self.names: list[str] = []
        self.asked: list[str] = []
        self.follows: Callable[[], None] = lambda: None
        self._responder = responder

    async def ask(self, target: str) -> tuple[Observation, ...]:
        self.asked.append(target)
        self.follows()
        seen = self._responder.seen.get(target)
        return () if seen is None else (seen,)

    def targets(self) -> tuple[str, ...]:
        return tuple(self.names)


class FakeJournal:
    def __init__(self) -> None:
        self.past: list[Incident] = []
        self.stories: dict[str, Story] = {}
        self.notes: list[tuple[str, str, str | None]] = []
        self.kept: dict[str, ProposalRecord] = {}
        self._failures: deque[WatchdogError] = deque()

    def fail_next(self, error: WatchdogError) -> None:
        self._failures.append(error)

    async def save_proposal(self, proposal: ProposalRecord) -> None:
        if self._failures:
            raise self._failures.popleft()
        self.kept[proposal.id] = proposal

    async def proposal(self, proposal_id: str) -> ProposalRecord:
        if proposal_id not in self.kept:
            raise NotThere(f"there is no proposal {proposal_id}")
        return self.kept[proposal_id]

    async def proposals(self, limit: int, *states: ProposalState) -> tuple[ProposalRecord, ...]:
        found = [each for each in self.kept.values() if not states or each.state in states]
        return tuple(reversed(found))[:limit]

    async def incidents(self, limit: int, target: str | None = None) -> tuple[Incident, ...]:
        return tuple(i for i in self.past if target in (None, i.target))[:limit]

    async def story(self, incident_id: str) -> Story:
        if incident_id not in self.stories:
            raise NotThere(f"there is no incident {incident_id}")
        return self.stories[incident_id]

    async def note(self, kind: str, text: str, *, now: Moment, target: str | None = None) -> None:
        if self._failures:
            raise self._failures.popleft()
        self.notes.append((kind, text, target))


class FakeWindowBook:
    """Keeps windows in a list, newest last."""

    def __init__(self) -> None:
        self.windows: list[Window] = []
        self.lines: list[str] = []

    async def begin(self, window: Window, text: str, told: tuple[Notification, ...], now: Moment) -> None:
        self.windows.append(window)
        self.lines.append(text)

    async def keep(self, windows: tuple[Window, ...]) -> None:
        raise AssertionError(windows)

    async def end(
        self,
        window: Window,
        text: str,
        told: tuple[Notification, ...],
        still: tuple[Window, ...],
        now: Moment,
    ) -> int:
        self.windows = [window if each.id == window.id else each for each in self.windows]
        self.lines.append(text)
        return 0

    async def unsettled(self) -> tuple[Window, ...]:
        return ()

    async def latest(self, limit: int, purpose: Purpose) -> tuple[Window, ...]:
        return tuple(each for each in reversed(self.windows) if each.purpose is purpose)[:limit]

    async def occurrences(self) -> frozenset[str]:
        return frozenset()

    async def last_number(self) -> int:
        return len(self.windows)


class FakeReloader:
    """Answers with `next`; how the configuration stands is what a test says."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.broken: Broken | None = None
        self.latest: Reloaded | None = None
        self.waiting: tuple[str, ...] = ()
        self.next = Reloaded(at=clock.now(), by="", ok=True)

    @property
    def read(self) -> Moment:
        return self.clock.now()

    async def reload(self, by: str) -> Reloaded:
        self.latest = replace(self.next, by=by)
        return self.latest


class Office:
    """A desk, and everything that it is given."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.responder = FakeResponder()
        self.monitor = FakeMonitor(self.responder)
        self.journal = FakeJournal()
        self.listener = FakeListener()
        self.reloader = FakeReloader(self.clock)
        self.health: dict[str, object] = {"status": "ok", "reasons": []}
        self.degraded: tuple[str, ...] = ()
        self.actions: list[FakeAction] = []
        self.failing: WatchdogError | None = None
        check = CheckConfig(
            name="containers",
            check=Container("containers", ContainerParameters()),
            playbook=PLAYBOOK.name,
        )
        engine = FakeEngine(self.clock)
        config = Config(watch=Watch(project="demo"), checks=(check,), playbooks={PLAYBOOK.name: PLAYBOOK})
        tools = Tools(
            engine=engine,
            compose=FakeCompose(engine),
            containers=FakeContainers(),
            clock=self.clock,
            redact=lambda text: text,
        )
        self.pins: dict[str, str] = {}
        self.published: list[Happening] = []
        self.proposals = Proposals(
            responder=self.responder,
            journal=self.journal,
            playbook=config.playbooks.get,
            lasts=lambda: 3600.0,
            build_action=self._build,
            tools=tools,
            publish=self.published.append,
        )
        self.book = FakeWindowBook()
        self.windows = Windows(
            journal=self.book,
            clock=self.clock,
            recurring=dict,
            turned=lambda _: None,
            told=lambda: None,
            publish=self.published.append,
        )
        self.desk = Desk(
            responder=self.responder,
            monitor=self.monitor,
            journal=self.journal,
            engine=self.listener,
            current=CurrentConfig(config),
            reloader=self.reloader,
            health=self._health,
            degraded=lambda: self.degraded,
            tools=tools,
            proposals=self.proposals,
            windows=self.windows,
            build_action=self._build,
        )

    def control(self, folder: Path, sign_of_life: float = 2.0) -> Control:
        return Control(self.desk, folder / "control.sock", sign_of_life=sign_of_life)

    async def _health(self) -> dict[str, object]:
        return self.health

    def watch(self, target: str, status: Status = Status.OK, kind: str = "healthy") -> None:
        """A target as it was last seen."""
        self.monitor.names.append(target)
        self.see(target, status, kind)
        self.responder.known[target] = Case(check="containers", target=target, ledger=Ledger(target=target))

    def see(
        self, target: str, status: Status, kind: str, *, settled: bool = True, evidence: str = ""
    ) -> None:
        """Another look at a target."""
        self.responder.seen[target] = Observation(
            check="containers",
            target=target,
            status=status,
            finding=Finding(kind, {"exit_code": 137} if kind == "exited" else {"reason": "no answer"}),
            at=self.clock.now(),
            settled=settled,
            evidence=(evidence,) if evidence else (),
        )

    def incident(self, target: str, phase: Phase, **more: object) -> Incident:
        """An incident of a target, open from now on."""
        opened = self.clock.now()
        incident = Incident(
            id=str(len(self.journal.past) + 7),
            check="containers",
            target=target,
            playbook=PLAYBOOK.name,
            severity=Severity.HIGH,
            opened=opened,
            finding=Finding("exited", {"exit_code": 137}),
            phase=phase,
        )
        incident = replace(incident, **more)  # type: ignore[arg-type] # fields by name
        self.journal.past.insert(0, incident)
        case = self.responder.known[target]
        attempts = (Attempt(action="restart_container", at=opened),) * incident.attempts
        ledger = replace(case.ledger, attempts=attempts)
        still = incident if phase is not Phase.RESOLVED else None
        self.responder.known[target] = replace(case, incident=still, ledger=ledger)
        return incident

    def held(self, target: str, act: Act, *, released: bool = False) -> None:
        """A person's hold on a target."""
        case = self.responder.known[target]
        hold = Hold(target=target, act=act, by="ada", since=self.clock.now(), released=released)
        self.responder.known[target] = replace(case, hold=hold)

    def _build(self, step: Step) -> FakeAction:
        action = FakeAction(step)
        action.error = self.failing
        action.pins = self.pins
        self.actions.append(action)
        return action
