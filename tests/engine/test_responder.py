"""Deciding, saving and only then acting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import replace

import pytest

from tests.engine.parts import News, Tasks, until
from tests.engine.world import LADDER, QUICK
from tests.fakes import FakeClock
from watchdog.core.decision import Abort, Order, Perform, Policy, StepEnded
from watchdog.core.errors import JournalError, NotThere
from watchdog.core.guardrail import Attempt, Ledger
from watchdog.core.incident import Act, Case, Hold, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Finding, Hand, Observation, Status
from watchdog.core.run import Outcome, Result
from watchdog.core.story import StepRecord
from watchdog.core.surroundings import Surroundings
from watchdog.engine.responder import Responder

DONE = Outcome(result=Result.DONE)


class FakeBook:
    """The journal of decisions.

    Attributes:
        told: the notifications, in order.
        written: a write waits for it.
        steps: those that were begun.
    """

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.cases: dict[tuple[str, str], Case] = {}
        self.told: list[Notification] = []
        self.steps: list[StepRecord] = []
        self.number = 0
        self.written = asyncio.Event()
        self.written.set()
        self._errors = 0

    def fail_next(self, times: int = 1) -> None:
        self._errors += times

    async def save(
        self, case: Case, notifications: tuple[Notification, ...], reason: str, now: Moment
    ) -> None:
        await asyncio.sleep(0)
        await self.written.wait()
        if self._errors:
            self._errors -= 1
            raise JournalError("the disk is full")
        self.cases[case.check, case.target] = case
        self.told.extend(notifications)
        self.log.append(f"save {case.target}")

    async def steps_of(self, incident: str) -> tuple[StepRecord, ...]:
        return tuple(step for step in self.steps if step.incident == incident)

    async def load_cases(self) -> tuple[Case, ...]:
        return tuple(self.cases.values())

    async def last_incident_number(self) -> int:
        return self.number


class FakeStack:
    """Says whose turn it is. `down`: of what it says that it is still as it was seen."""

    def __init__(self) -> None:
        self.turn: set[str] = set()
        self.down: set[str] = set()

    def saw(self, seen: Observation) -> None:
        pass

    def waiting_for(self, target: str) -> tuple[str, ...]:
        return ()

    def next_in_line(self, queue: Collection[tuple[str, str]]) -> Collection[tuple[str, str]]:
        return [(check, target) for check, target in queue if target in self.turn]

    def is_still_down(self, seen: Observation) -> bool:
        return seen.target in self.down


class Room:
    """A responder whose effects are only noted.

    Attributes:
        log: what was saved and ordered, in order.
    """

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.news = News()
        self.log: list[str] = []
        self.orders: list[Perform] = []
        self.asked: list[str] = []
        self.book = FakeBook(self.log)
        self.stack = FakeStack()
        self.tasks = Tasks()
        self.around = Surroundings()
        self.responder = self.another()

    def another(self) -> Responder:
        """A responder that knows nothing yet, as after a restart of the daemon."""
        self.responder = Responder(
            journal=self.book,
            clock=self.clock,
            policy_of=self._policy,
            ask=self.asked.append,
            perform=self._perform,
            propose=lambda proposal: self.log.append(f"propose {proposal.proposal}"),
            abort=lambda target, reason: self.log.append(f"abort {target}: {reason}"),
            told=lambda: self.log.append("told"),
            publish=self.news.publish,
            retry_save=0.01,
            stack=self.stack,
            spawn=self.tasks.spawn,
        )
        return self.responder

    def _policy(self, check: str, target: str) -> Policy:
        return Policy(
            playbook=LADDER,
            limits=QUICK,
            boot_grace=0.0,
            tell_hold_after=0.0,
            verify_every=0.02,
            next_id=self.responder.next_number(),
            around=self.around,
        )

    def _perform(self, order: Perform) -> None:
        self.orders.append(order)
        self.log.append(f"perform {order.target}")

    def look(self, target: str = "app", *, check: str = "containers", sick: bool = True) -> Observation:
        """What a check sees of a target now."""
        return Observation(
            check=check,
            target=target,
            status=Status.CRITICAL if sick else Status.OK,
            finding=Finding("exited" if sick else "running"),
            at=self.clock.now(),
            stopped_by=Hand.ITSELF if sick else None,
            incarnation="body@1",
            version="image-1",
        )

    async def end_step(self, outcome: Outcome = DONE) -> None:
        """The step that was ordered last has ended."""
        order = self.orders[-1]
        self.clock.advance(1)
        await self.responder.step_ended("containers", order.target, StepEnded(order.incident, outcome))

    def phase(self, target: str = "app") -> Phase | None:
        case = self.responder.case(target)
        return case.incident.phase if case and case.incident else None


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    """A responder that has seen nothing."""
    room = Room()
    yield room
    await room.responder.stop()
    await room.tasks.stop()


async def test_a_decision_is_saved_before_it_is_carried_out(room: Room) -> None:
    """First it is written down, then it is done and told."""
    await room.responder.receive(room.look())

    assert room.log == ["save app", "told", "perform app", "told"]
    assert room.phase() is Phase.ACTING
    assert room.news.names() == ["observation.changed", "decision", "incident.opened", "incident.acting"]


async def test_what_cannot_be_saved_is_not_done(room: Room) -> None:
    """When the journal refuses a decision nothing is remembered or done, and the target is looked at again."""
    room.book.fail_next()

    await room.responder.receive(room.look())

    assert room.log == []
    assert room.phase() is None
    assert room.news.reasons("journal.failed") == ["the disk is full"]
    await until(lambda: room.asked == ["app"])
    await room.responder.receive(room.look())
    assert room.log == ["save app", "told", "perform app", "told"]


async def test_the_end_of_a_step_is_not_lost_with_a_failing_journal(room: Room) -> None:
    """A step ends once only: when that cannot be saved, it is made up for at the next look."""
    await room.responder.receive(room.look())
    room.book.fail_next(2)
    await room.end_step()
    assert room.phase() is Phase.ACTING
    await until(lambda: room.asked == ["app"])

    room.clock.advance(1)
    await room.responder.receive(room.look(sick=False))  # fails as well
    await until(lambda: room.asked == ["app", "app"])
    await room.responder.receive(room.look(sick=False))

    assert room.phase() is Phase.VERIFYING
    assert len(room.orders) == 1


@pytest.mark.parametrize("known_down", [True, False])
async def test_the_next_one_has_its_turn_when_a_step_ends(room: Room, known_down: bool) -> None:
    """Those that still wait are left in peace; what is known to be down is not looked at once more."""
    await room.responder.receive(room.look())
    room.around = Surroundings(running=tuple(frozenset(one) for one in "wxyz"))
    await room.responder.receive(room.look("db"))
    await room.responder.receive(room.look("web"))
    assert [order.target for order in room.orders] == ["app"]
    room.around = Surroundings()
    room.stack.turn = {"db"}
    room.stack.down = {"db", "web"} if known_down else set()

    await room.end_step()

    if known_down:
        await until(lambda: [order.target for order in room.orders] == ["app", "db"])
        assert "db" not in room.asked
    else:
        assert room.asked.count("db") == 1
    assert "web" not in room.asked


async def test_an_order_that_cannot_be_saved_is_answered_so(room: Room) -> None:
    """A person is told that nothing follows from the order."""
    await room.responder.receive(room.look(sick=False))
    room.book.fail_next()

    answer = await room.responder.order("app", Order.HOLD, "anna")

    assert answer == "not done, the journal cannot be written: the disk is full"
    case = room.responder.case("app")
    assert case is not None
    assert case.hold is None


async def test_every_incident_has_its_own_number(room: Room) -> None:
    """Twenty targets that fall at once, while the disk is slow, get twenty numbers."""
    room.book.number = 41
    await room.responder.remember()
    room.book.written.clear()
    falling = [asyncio.create_task(room.responder.receive(room.look(f"t{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    room.book.written.set()
    await asyncio.gather(*falling)

    assert sorted(int(order.incident) for order in room.orders) == list(range(42, 62))
    assert room.responder.next_number() == "62"


async def test_a_number_whose_incident_could_not_be_saved_is_not_given_to_two(room: Room) -> None:
    """A refused write leaves a gap at most."""
    room.book.fail_next()
    await asyncio.gather(*(room.responder.receive(room.look(name)) for name in ("a", "b", "c")))

    assert len({order.incident for order in room.orders}) == 2


async def test_decisions_on_one_target_are_made_one_after_the_other(room: Room) -> None:
    """Two looks at once at a fallen target begin one step."""
    await asyncio.gather(*(room.responder.receive(room.look()) for _ in range(5)))

    assert len(room.orders) == 1


async def test_what_changes_nothing_is_not_saved(room: Room) -> None:
    """A target that stays well costs the journal nothing."""
    await room.responder.receive(room.look(sick=False))
    room.log.clear()
    for _ in range(5):
        room.clock.advance(1)
        await room.responder.receive(room.look(sick=False))

    assert room.log == []
    assert room.responder.reason("app") == "well"
    assert room.responder.reason("db") == "not looked at yet"


async def test_checks_of_one_target_share_its_hold(room: Room) -> None:
    """What a person holds is held for every check."""
    await room.responder.receive(room.look(sick=False))
    await room.responder.receive(room.look(sick=False, check="http"))
    await room.responder.order("app", Order.HOLD, "anna")

    await room.responder.receive(room.look(check="http"))
    await room.responder.receive(room.look(check="later"))

    assert room.orders == []
    assert all(case.hold is not None and case.hold.act is Act.ORDERED for case in room.responder.cases())


async def test_checks_of_one_target_share_its_ledger(room: Room) -> None:
    """Attempts count against the target, whichever check asked for them."""
    await room.responder.receive(room.look())
    await room.responder.receive(room.look(sick=False, check="http"))

    ledgers = {case.check: len(case.ledger.attempts) for case in room.responder.cases()}

    assert ledgers == {"containers": 1, "http": 1}


async def test_a_later_look_replaces_the_one_that_was_due(room: Room) -> None:
    """However often something is decided, one look is due."""
    await room.responder.receive(room.look())
    await room.end_step()
    assert room.asked == ["app"]
    room.asked.clear()
    for _ in range(5):
        await room.responder.receive(room.look(sick=False))

    await until(lambda: room.asked)
    await asyncio.sleep(0.03)

    assert room.asked == ["app"]


async def test_a_stopped_responder_asks_no_more(room: Room) -> None:
    """No look is due any more once the daemon ends."""
    await room.responder.receive(room.look())
    await room.end_step()
    await room.responder.receive(room.look(sick=False))
    room.asked.clear()

    await room.responder.stop()
    await asyncio.sleep(0.03)

    assert room.asked == []


async def test_a_person_who_takes_over_aborts_the_running_step(room: Room) -> None:
    """A hold ends what runs, and the end of the aborted step changes nothing any more."""
    await room.responder.receive(room.look())
    await room.responder.order("app", Order.HOLD, "anna")
    assert room.log[-2:] in (
        ["abort app: held by anna", "told"],
        ["told", "abort app: held by anna"],
    )

    await room.end_step(Outcome(result=Result.ABORTED))

    assert room.phase() is None
    assert room.book.told[-1].telling is Telling.HELD


async def test_an_order_for_a_target_that_nobody_knows(room: Room) -> None:
    """A typing mistake is answered, not obeyed."""
    with pytest.raises(NotThere, match="there is no target"):
        await room.responder.order("nobody", Order.HOLD, "anna")


async def test_a_resolved_incident_is_over(room: Room) -> None:
    """After an incident was resolved the next fall opens a new one."""
    await room.responder.receive(room.look())
    await room.end_step()
    for _ in range(2):
        room.clock.advance(1)
        await room.responder.receive(room.look(sick=False))
    assert room.phase() is None
    assert "incident.resolved" in room.news.names()
    room.clock.advance(1)

    await room.responder.receive(room.look())

    assert [order.incident for order in room.orders] == ["1", "2"]


def interrupted(now: Moment) -> Case:
    """What a daemon remembers that died in the middle of a step."""
    incident = Incident(
        id="7",
        check="containers",
        target="app",
        playbook="container-crash",
        severity=Severity.HIGH,
        opened=now,
        finding=Finding("exited"),
        phase=Phase.ACTING,
        attempts=1,
        rung=0,
    )
    ledger = Ledger(
        target="app",
        version="image-1",
        attempts=(Attempt(action="restart_container", at=now),),
        healthy_since=now,
    )
    return Case(check="containers", target="app", ledger=ledger, incident=incident)


async def test_a_step_that_was_cut_short_is_settled_by_looking(room: Room) -> None:
    """A new daemon takes the incident up, looks, and repeats the step only if the target is still down."""
    room.book.cases["containers", "app"] = interrupted(room.clock.now())
    await room.responder.remember()
    assert room.asked == []
    await room.responder.settle()
    assert room.asked == ["app"]
    assert room.phase() is Phase.VERIFYING

    room.clock.advance(1)
    await room.responder.receive(room.look())

    assert [(order.incident, order.again) for order in room.orders] == [("7", True)]
    await room.responder.settle()  # the engine was lost and found: settled once only
    assert room.phase() is Phase.ACTING


async def test_a_settlement_that_cannot_be_saved_is_made_up_for(room: Room) -> None:
    """A journal that fails at that moment does not leave the incident acting for ever."""
    room.book.cases["containers", "app"] = interrupted(room.clock.now())
    await room.responder.remember()
    room.book.fail_next()
    await room.responder.settle()
    assert room.phase() is Phase.ACTING
    await until(lambda: room.asked == ["app"])

    room.clock.advance(1)
    await room.responder.receive(room.look())

    assert [(order.incident, order.again) for order in room.orders] == [("7", True)]


async def test_health_is_not_believed_across_a_restart(room: Room) -> None:
    """Nobody watched while the daemon was away: verified health counts anew, the hold stays."""
    hold = Hold(target="app", act=Act.ORDERED, by="anna", since=room.clock.now(), told=True)
    room.book.cases["containers", "app"] = replace(interrupted(room.clock.now()), incident=None, hold=hold)

    await room.responder.remember()
    await room.responder.settle()

    case = room.responder.case("app")
    assert case is not None
    assert case.ledger.healthy_since is None
    assert len(case.ledger.attempts) == 1
    assert case.hold == hold


async def test_only_news_is_published(room: Room) -> None:
    """The same sight twice is one piece of news; the end of a hold is another."""
    await room.responder.receive(room.look(sick=False))
    await room.responder.receive(room.look(sick=False))
    await room.responder.order("app", Order.HOLD, "anna")
    await room.responder.order("app", Order.RELEASE, "anna")

    names = room.news.names()
    assert names.count("observation.changed") == 1
    assert names.count("hold.begun") == names.count("hold.ended") == 1


def test_an_effect_that_nobody_knows_is_a_mistake(room: Room) -> None:
    """A new kind of effect cannot be forgotten here."""
    with pytest.raises(AssertionError):
        room.responder._carry_out("containers", "app", Abort)
