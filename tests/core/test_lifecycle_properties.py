"""What the lifecycle keeps true, whatever comes: a random world, random people, random crashes of the daemon."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.core.tale import remedy
from watchdog.core.decision import (
    DaemonReturned,
    Decision,
    Event,
    Look,
    Order,
    Ordered,
    Perform,
    Policy,
    StepEnded,
    Tell,
)
from watchdog.core.guardrail import Ledger, Limits
from watchdog.core.incident import Act, Case, Incident, Phase
from watchdog.core.lifecycle import advance
from watchdog.core.moment import Moment
from watchdog.core.notification import Telling
from watchdog.core.observation import Finding, Hand, Observation, Status
from watchdog.core.run import Outcome, Result

STABLE = 10.0
LIMITS = Limits()
ENDS = {Telling.HEALED, Telling.RECOVERED, Telling.HELD, Telling.ASKED}


@dataclass
class World:
    """What is really the case. `seconds` never stops, whatever the machine's own clocks say."""

    seconds: float = 1000.0
    boot: int = 1
    booted: float = 0.0
    life: int = 1
    body: int = 1
    state: str = "healthy"
    fell_by: Hand | None = None
    remembered: bool = True

    def now(self) -> Moment:
        wall = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)
        return Moment(boot_id=str(self.boot), boot=self.seconds - self.booted, wall=wall)

    def up(self, state: str = "healthy") -> None:
        self.life += 1
        self.state, self.fell_by, self.remembered = state, None, True

    def down(self, state: str, by: Hand) -> None:
        self.state, self.fell_by, self.remembered = state, by, True

    @property
    def is_up(self) -> bool:
        return self.state in ("healthy", "unhealthy", "starting")

    def look(self) -> Observation:
        by = self.fell_by if self.is_up or self.remembered or self.state == "paused" else Hand.UNKNOWN
        status = {"healthy": Status.OK, "starting": Status.OK, "paused": Status.WARNING}
        ending = "gone" if self.state == "gone" else str(self.life)
        return Observation(
            check="container",
            target="web",
            status=status.get(self.state, Status.CRITICAL),
            finding=Finding("found_down" if by is Hand.UNKNOWN else self.state),
            at=self.now(),
            settled=self.state != "starting",
            stopped_by=by,
            incarnation=f"{self.body}@{ending}",
            version="" if self.state == "gone" else f"sha256:{self.body}",
            patience=5.0,
        )


class Lifecycle(RuleBasedStateMachine):
    """Drives `advance` and checks after every decision what it promised."""

    @initialize(tidy=st.booleans(), grace=st.sampled_from([0.0, 60.0]))
    def begin(self, *, tidy: bool, grace: float) -> None:
        self.world = World()
        self.tidy = tidy
        self.policy = Policy(playbook=remedy(), limits=LIMITS, boot_grace=grace)
        self.case = Case(check="container", target="web", ledger=Ledger(target="web"))
        self.pending: Observation | None = None
        self.wanted: list[float] = []
        self.hands_off = False
        # What the promises are counted by, kept apart from what the lifecycle keeps.
        self.attempts = 0
        self.last_attempt = 0.0
        self.reset_allowed = False
        self.versions: set[str] = set()
        self.healthy_from: float | None = None
        self.proof: tuple[float, str] | None = None
        self.opened: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.resolved: Counter[str] = Counter()
        self.again: Counter[str] = Counter()

    # --- the world ---

    @rule(seconds=st.sampled_from([0.5, 2.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 300.0, 600.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.seconds += seconds

    @precondition(lambda self: self.world.is_up)
    @rule()
    def it_crashes(self) -> None:
        self.world.down("exited", Hand.ITSELF)

    @precondition(lambda self: self.world.is_up)
    @rule(state=st.sampled_from(["healthy", "healthy", "unhealthy", "starting"]))
    def its_health_changes(self, state: str) -> None:
        self.world.state = state

    @precondition(lambda self: self.world.is_up)
    @rule(state=st.sampled_from(["stopped", "paused"]))
    def a_person_takes_it_down(self, state: str) -> None:
        self.world.down(state, Hand.PERSON)

    @precondition(lambda self: self.world.state != "gone")
    @rule()
    def a_person_removes_it(self) -> None:
        self.world.down("gone", Hand.PERSON)

    @precondition(lambda self: not self.world.is_up)
    @rule(state=st.sampled_from(["healthy", "unhealthy"]))
    def a_person_brings_it_up(self, state: str) -> None:
        if self.world.state == "gone":
            self.world.body += 1
        if self.world.state == "paused":
            self.world.state, self.world.fell_by = state, None
        else:
            self.world.up(state)
        self.hands_off = False

    @rule()
    def a_person_ships_a_new_image(self) -> None:
        self.world.body += 1
        self.world.up()
        self.hands_off = False

    @rule(pause=st.floats(0.0, 100.0))
    def the_machine_reboots(self, pause: float) -> None:
        self.world.seconds += pause
        self.world.boot += 1
        self.world.booted = self.world.seconds
        if self.world.is_up:
            self.world.up("starting")
        self.world.remembered = False
        self.daemon_returns()

    # --- looks ---

    @precondition(lambda self: self.pending is None)
    @rule()
    def a_look(self) -> None:
        self.decide(self.world.look())

    @precondition(lambda self: self.pending is None)
    @rule(seconds=st.sampled_from([2.0, 5.0, 10.0]), times=st.integers(2, 8))
    def many_looks(self, seconds: float, times: int) -> None:
        for _ in range(times):
            self.a_look()
            self.world.seconds += seconds

    @precondition(lambda self: self.pending is None)
    @rule()
    def a_look_begins(self) -> None:
        self.pending = self.world.look()

    @precondition(lambda self: self.pending is not None)
    @rule(fails=st.booleans())
    def the_look_that_began_arrives(self, *, fails: bool) -> None:
        seen, self.pending = self.pending, None
        assert seen is not None
        if fails:
            seen = replace(seen, status=Status.UNKNOWN, stopped_by=None, incarnation="")
        self.decide(seen)

    @precondition(lambda self: self.pending is None)
    @rule(times=st.integers(2, 14), result=st.sampled_from([Result.DONE, Result.FAILED]))
    def a_spell_of_trouble(self, times: int, result: Result) -> None:
        for _ in range(times):
            if self.world.is_up:
                self.it_crashes()
            self.a_look()
            if self.acting:
                self.a_step_ends(result=result, becomes="exited", hopeless=False, takes=1.0)
            self.world.seconds += max(self.wanted, default=1.0)

    @precondition(lambda self: self.pending is None)
    @rule(times=st.integers(5, 50))
    def a_spell_of_health(self, times: int) -> None:
        if not self.world.is_up:
            self.a_person_brings_it_up("healthy")
        self.world.state = "healthy"
        for _ in range(times):
            self.a_look()
            if self.acting:
                self.a_step_ends(result=Result.DONE, becomes="healthy", hopeless=False, takes=1.0)
            self.world.seconds += 15.0

    # --- steps, people, the daemon ---

    @precondition(lambda self: self.acting)
    @rule(
        result=st.sampled_from([Result.DONE, Result.DONE, Result.FAILED, Result.SKIPPED, Result.INTERRUPTED]),
        becomes=st.sampled_from(["healthy", "healthy", "starting", "unhealthy", "exited"]),
        hopeless=st.booleans(),
        takes=st.sampled_from([0.0, 1.0, 30.0]),
    )
    def a_step_ends(self, *, result: Result, becomes: str, hopeless: bool, takes: float) -> None:
        self.world.seconds += takes
        persons = self.world.fell_by is Hand.PERSON
        if result is Result.DONE and not persons:
            self.world.up("healthy" if becomes == "exited" else becomes)
            if becomes == "exited":
                self.world.down("exited", Hand.ITSELF)
        self.last_attempt = self.world.seconds
        assert self.case.incident is not None
        hopeless = hopeless and result is Result.FAILED
        self.decide(StepEnded(self.case.incident.id, Outcome(result=result, hopeless=hopeless)))

    @rule(order=st.sampled_from(list(Order)))
    def an_order(self, order: Order) -> None:
        hold, acting = self.case.hold, self.acting
        if order in (Order.RETRY, Order.HEAL) and not acting:
            self.reset_allowed = True
        if order is Order.HOLD:
            self.hands_off = True
        elif hold is not None and not hold.released and hold.act is not Act.PAUSED and not acting:
            self.hands_off = False
        self.decide(Ordered(order, "ada"))

    @rule(away=st.sampled_from([0.0, 5.0, 700.0]), forgets=st.booleans())
    def the_daemon_is_killed_and_returns(self, *, away: float, forgets: bool) -> None:
        self.world.seconds += away
        if forgets and not self.world.is_up:
            self.world.remembered = False
        self.daemon_returns()

    def daemon_returns(self) -> None:
        self.case = copy.deepcopy(self.case)
        if self.acting:
            self.last_attempt = self.world.seconds
        self.pending = None
        self.decide(DaemonReturned())

    # --- the promises ---

    @property
    def acting(self) -> bool:
        return self.case.incident is not None and self.case.incident.phase is Phase.ACTING

    def decide(self, event: Event) -> None:
        before = self.case
        number = sum(self.opened.values()) + 1
        decision = advance(before, event, replace(self.policy, next_id=str(number)), self.world.now())
        self.note_health(event)
        self.check_resets(before, decision)
        for effect in decision.effects:
            if isinstance(effect, Perform):
                self.check_perform(before, decision, effect, event)
            if isinstance(effect, Tell):
                self.check_tell(before, effect, event)
        self.check_incident(before, decision)
        assert len(decision.case.ledger.attempts) <= LIMITS.attempts
        self.case = decision.case
        self.wanted = [effect.after for effect in decision.effects if isinstance(effect, Look)]
        if self.tidy and self.case.incident is not None and self.case.incident.phase is Phase.RESOLVED:
            self.case = replace(self.case, incident=None)
        hold = self.case.hold
        if (
            isinstance(event, Observation)
            and event == self.world.look()
            and event.stopped_by in (Hand.PERSON, Hand.UNKNOWN)
            and hold is not None
            and not hold.released
        ):
            self.hands_off = True

    def note_health(self, event: Event) -> None:
        """Health as the promises mean it: well at every look, seen by a daemon that was there all the time."""
        now = self.world.seconds
        if isinstance(event, Observation):
            taken = event.stopped_by in (Hand.PERSON, Hand.UNKNOWN)
            if not event.well or event.status is Status.UNKNOWN or taken:
                self.reset_allowed |= self.healthy_from is not None and now - self.healthy_from >= 600
                self.healthy_from, self.proof = None, None
            else:
                self.healthy_from = now if self.healthy_from is None else self.healthy_from
                self.reset_allowed |= now - self.healthy_from >= 600
                if self.proof is None or self.proof[1] != event.incarnation:
                    self.proof = (now, event.incarnation)
        elif isinstance(event, DaemonReturned):
            self.healthy_from, self.proof = None, None

    def check_resets(self, before: Case, decision: Decision) -> None:
        """Attempts are only forgotten for a human, a new image or 10 minutes of verified health."""
        begun = sum(isinstance(e, Perform) and not e.again for e in decision.effects)
        if len(decision.case.ledger.attempts) - begun < len(before.ledger.attempts):
            new_image = decision.case.ledger.version not in self.versions
            assert new_image or self.reset_allowed, "attempts were forgotten without a reason"
            assert len(decision.case.ledger.attempts) == begun
            self.attempts = 0
            self.reset_allowed = False
        self.versions.add(decision.case.ledger.version)

    def check_perform(self, before: Case, decision: Decision, perform: Perform, event: Event) -> None:
        """Nothing is done blind, to a held target, twice at once, too often or too soon."""
        assert isinstance(event, Observation)
        assert event.status is not Status.UNKNOWN
        assert before.incident is None or before.incident.phase is not Phase.ACTING
        assert decision.case.hold is None or decision.case.hold.released
        assert not self.hands_off, "a person had taken it"
        if perform.again:
            self.again[perform.incident] += 1
            assert self.again[perform.incident] == 1
            return
        assert len(decision.case.ledger.attempts) == self.attempts + 1, "every attempt is counted before"
        waited = self.world.seconds - self.last_attempt
        assert waited >= LIMITS.wait_before(self.attempts) - 1e-6
        self.attempts += 1
        self.last_attempt = self.world.seconds
        assert self.attempts <= LIMITS.attempts

    def check_tell(self, before: Case, tell: Tell, event: Event) -> None:
        """Opened once, ended once, healed only when it is proven, held told once."""
        told = tell.notification
        if told.telling is Telling.OPENED:
            assert told.incident is not None
            self.opened[told.incident] += 1
            assert self.opened[told.incident] == 1
        if told.incident is not None and told.telling in ENDS:
            self.ended[told.incident] += 1
            assert self.ended[told.incident] == 1
        if told.telling in (Telling.HEALED, Telling.RECOVERED):
            assert isinstance(event, Observation)
            assert self.proof is not None
            looked = self.world.seconds - self.world.now().seconds_since(event.at)
            assert looked - self.proof[0] >= STABLE - 1e-6
        if told.telling in (Telling.HELD, Telling.ASKED) and told.incident is None:
            assert before.hold is None or not before.hold.told or before.hold.released

    def check_incident(self, before: Case, decision: Decision) -> None:
        """At most one incident is open, and each is resolved at most once."""
        old, new = before.incident, decision.case.incident
        if is_open(old):
            assert new is not None
            assert old is not None
            assert new.id == old.id
        if new is not None and new.phase is Phase.RESOLVED and is_open(old):
            self.resolved[new.id] += 1
            assert self.resolved[new.id] == 1
            assert self.ended[new.id] == 1, "people hear how every story ends"
        if new is not None:
            assert self.opened[new.id] == 1


def is_open(incident: Incident | None) -> bool:
    """Whether there is an incident that is not over."""
    return incident is not None and incident.phase is not Phase.RESOLVED


TestLifecycle = Lifecycle.TestCase
# The same stories every time: a build must not fail by chance. To look for new ones, raise the numbers.
TestLifecycle.settings = settings(
    max_examples=150,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
