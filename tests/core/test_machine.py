"""The promises of `faults.md`, I1 to I7, under Hypothesis: a whole stack, random faults, random people, random kills.

Also: nothing is done under maintenance, the budget of the stack holds, no target waits for a cause that is well,
and once nothing new goes wrong everything comes to rest.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Search
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.core.realm import BUDGET, NEEDS, POLICY, SWEEP, Body, Realm, Watcher
from watchdog.core.decision import Answer, Approved, Declined, Order, Perform, Stale
from watchdog.core.event import EngineEvent, Life
from watchdog.core.incident import Act, Case, Incident, Phase
from watchdog.core.notification import Notification, Telling
from watchdog.core.observation import Hand, Observation, Status
from watchdog.core.suppression import STACK, WAIT_LOOK
from watchdog.engine.weather import STORM

# A cause that is well, its dependants' while to come back, and what may lie between two looks.
WAITS_AT_MOST = POLICY.cause_grace + 2 * WAIT_LOOK + 5.0
ENDS = {Telling.HEALED, Telling.RECOVERED, Telling.HELD, Telling.ASKED}
HEARD = {Telling.OPENED, Telling.ACTING, Telling.PROPOSED, Telling.ESCALATED, Telling.SUPPRESSED}
ELSEWHERE = {Telling.AFFECTED, Telling.FOLLOWED}
RESTS_WITHIN = 4000.0
TARGETS = st.sampled_from(sorted(NEEDS))


class Promises(Watcher):
    """Watches from outside, and counts by itself what the promises are counted by."""

    realm: Realm

    def __init__(self) -> None:
        self.hands_off: set[str] = set()
        self.latest: dict[str, Observation] = {}
        self.stepped: dict[str, float] = {}
        self.may_forget: set[str] = set()
        self.well_from: dict[str, float] = {}
        self.versions: dict[str, str] = {}
        self.unplanned: list[float] = []
        self.again: Counter[str] = Counter()
        self.told: defaultdict[str, list[Telling]] = defaultdict(list)
        self.resolved: Counter[str] = Counter()
        self.sick_from: dict[str, float] = {}
        self.free_from: dict[str, float] = {}

    # --- what happens ---

    def died(self) -> None:
        self.well_from.clear()
        self.sick_from.clear()
        self.free_from.clear()

    def looked(self, seen: Observation) -> None:
        self.latest[seen.target] = seen
        now, name = self.realm.seconds, seen.target
        taken = seen.stopped_by in (Hand.PERSON, Hand.UNKNOWN)
        if now - self.well_from.get(name, now) >= POLICY.limits.forget_after:
            self.may_forget.add(name)
        if not seen.well or taken:
            self.well_from.pop(name, None)
        else:
            self.well_from.setdefault(name, now)

    def step_ended(self, target: str) -> None:
        self.stepped[target] = self.realm.seconds

    def performs(self, order: Perform) -> None:
        """I1, I2, I3, I7: who may be touched at this moment, and how often."""
        realm, name = self.realm, order.target
        assert name not in self.hands_off, "I1: a person had taken it"
        running = {target for target, step in realm.running.items() if not step.aborted}
        assert len(running) < BUDGET.at_once, "I3: too many at once"
        assert name not in running, "I3: two on one target"
        assert self.latest[name].status is not Status.UNKNOWN, "I7: it could not be seen"
        assert name not in realm.maintained, "somebody works on it"
        assert not realm.gentle or order.rung.step.gentle, "only gentle steps may be done now"
        if order.again:
            self.again[order.incident] += 1
            assert self.again[order.incident] == 1, "I2: repeated more than once"
        elif not order.undo and order.rung.step.action != "rebuild_service":
            waited = realm.seconds - self.stepped.get(name, float("-inf"))
            assert waited >= POLICY.limits.wait_before(order.attempt - 1) - 1e-6, "I2: too soon"
            assert order.attempt <= POLICY.limits.attempts, "I2: too often"
        if order.counts:
            self.unplanned.append(realm.seconds)
            recent = [at for at in self.unplanned if realm.seconds - at < BUDGET.window]
            assert len(recent) <= BUDGET.actions, "the budget of the stack"

    def saved(self, before: Case | None, after: Case, told: tuple[Notification, ...]) -> None:
        """I2 and I5: what was counted is not forgotten; every story has one beginning and one end."""
        if before is not None and len(after.ledger.attempts) < len(before.ledger.attempts):
            new = after.ledger.version != before.ledger.version
            proved = after.incident is not None and after.incident.undo is not None
            assert new or proved or after.target in self.may_forget, "I2: forgotten without a reason"
            self.may_forget.discard(after.target)
        for each in told:
            if each.incident is not None and each.telling not in ELSEWHERE:
                self.told[each.incident].append(each.telling)
        was = before.incident if before is not None else None
        if is_open(was):
            assert after.incident is not None, "I5: an incident was lost"
            assert was is not None
            assert after.incident.id == was.id, "I5: two at a time"
        incident = after.incident
        if incident is not None and incident.check != STORM:
            self._check_story(incident, ended=not is_open(incident) and is_open(was))

    def _check_story(self, incident: Incident, *, ended: bool) -> None:
        told = self.told[incident.id]
        assert told.count(Telling.OPENED) <= 1, f"I5: {told}"
        heard = bool(HEARD & set(told))
        assert heard or incident.part_of or not is_open(incident), f"I5: nobody was told of {incident}"
        if ended:
            self.resolved[incident.id] += 1
            assert self.resolved[incident.id] == 1, "I5: closed twice"
            ends = sum(telling in ENDS for telling in told)
            assert ends == 1 or (not heard and ends == 0), f"I5: who was told hears the end, once: {told}"

    # --- what must not last ---

    def went_by(self) -> None:
        """I4, and who waits for a cause: bounds on what goes on by itself."""
        realm = self.realm
        cases = {case.target: case for case in realm.responder.cases()}
        usual = realm.engine_known and not realm.paper.full and realm.now().boot > POLICY.boot_grace + SWEEP
        for name, body in realm.bodies.items():
            case = cases.get(name)
            incident = case.incident if case is not None else None
            kept = incident is not None or (case is not None and case.hold is not None)
            if not (body.sick and usual) or kept or name in realm.maintained:
                self.sick_from.pop(name, None)
            elif realm.seconds - self.sick_from.setdefault(name, realm.seconds) > 2 * SWEEP:
                raise AssertionError(f"I4: {name} is {body.state}, and nobody knows: {case}")
            waits = incident is not None and incident.phase is Phase.SUPPRESSED
            if not waits or not usual or self._has_a_cause(name, cases) or not body.sick:
                self.free_from.pop(name, None)
            elif realm.seconds - self.free_from.setdefault(name, realm.seconds) > WAITS_AT_MOST:
                raise AssertionError(f"{name} waits for ever: {incident}")

    def _has_a_cause(self, name: str, cases: dict[str, Case]) -> bool:
        realm = self.realm
        if realm.stack.storm is not None or realm.maintained & {name}:
            return True
        return any(
            (other := cases.get(cause)) is None
            or other.incident is not None
            or other.hold is not None
            or realm.bodies[cause].state != "healthy"
            or realm.bodies[cause].ailing
            for cause in realm.stack.graph().beneath[name]
        )


class Machine(RuleBasedStateMachine):
    """Lets anything happen, in any order."""

    @initialize()
    def begin(self) -> None:
        self.promises = Promises()
        self.realm = self.promises.realm = Realm(self.promises)
        self.realm.begin()

    def teardown(self) -> None:
        if not hasattr(self, "realm"):
            return
        try:
            if not self.realm.broken:
                comes_to_rest(self.realm)
        finally:
            self.realm.end()

    def _body(self, name: str) -> Body:
        return self.realm.bodies[name]

    def _heard(self, name: str, *, heard: bool = True) -> None:
        if heard:
            self.realm.ask(name)
        self.realm.attend()

    # --- time and the machine ---

    @rule(seconds=st.sampled_from([1.0, 3.0, 10.0, 20.0, 40.0, 90.0, 300.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.realm.passes(seconds)

    @rule(seconds=st.sampled_from([3600.0, -3600.0, 3.2e8]))
    def the_clock_is_set(self, seconds: float) -> None:
        self.realm.drift = seconds

    @rule(pause=st.sampled_from([1.0, 60.0]), kept=st.booleans())
    def the_machine_reboots(self, *, pause: float, kept: bool) -> None:
        realm = self.realm
        realm.kill()
        self.promises.died()
        realm.loop.seconds += pause
        realm.next_sweep = realm.seconds
        realm.boot, realm.booted = realm.boot + 1, realm.seconds
        for body in realm.bodies.values():
            body.witnessed = False
            if body.up and kept:
                body.rises()
        realm.begin()

    # --- what goes wrong ---

    @rule(name=TARGETS, state=st.sampled_from(["exited", "unhealthy", "starting"]), heard=st.booleans())
    def one_falls(self, *, name: str, state: str, heard: bool) -> None:
        if self._body(name).up:
            self._body(name).falls(state, Hand.ITSELF)
            self._body(name).by = Hand.ITSELF if state == "exited" else None
            self._heard(name, heard=heard)

    @rule(
        names=st.sets(TARGETS, min_size=3),
        state=st.sampled_from(["exited", "exited", "unhealthy"]),
        luck=st.sampled_from(["healthy", "healthy", "exited", "unhealthy"]),
    )
    def many_fall(self, names: set[str], state: str, luck: str) -> None:
        for name in sorted(names):
            self._body(name).luck = luck
            self.one_falls(name=name, state=state, heard=True)

    @rule(name=TARGETS, heard=st.booleans())
    def one_comes_back(self, *, name: str, heard: bool) -> None:
        if self._body(name).up:
            self._body(name).state, self._body(name).ailing = "healthy", False
            self._heard(name, heard=heard)

    @rule(name=TARGETS)
    def one_ails(self, name: str) -> None:
        if self._body(name).state == "healthy":
            self._body(name).ailing = True
            self._heard(name)

    @rule(seconds=st.sampled_from([20.0, 120.0]))
    def a_cause_ails_for_a_while(self, seconds: float) -> None:
        self.one_ails(name="db")
        self.one_falls(name="api", state="unhealthy", heard=True)
        self.realm.passes(10.0)
        self.one_comes_back(name="db", heard=False)
        self.realm.passes(seconds)

    @rule(names=st.sets(TARGETS, min_size=4), seconds=st.sampled_from([60.0, 300.0]))
    def a_storm_that_nothing_helps(self, names: set[str], seconds: float) -> None:
        self.many_fall(names=names, state="exited", luck="exited")
        self.realm.passes(seconds)
        for name in sorted(names):
            self.a_person_brings_it_up(name)
        self.realm.passes(30.0)

    @rule(name=TARGETS, luck=st.sampled_from(["exited", "unhealthy", "starting", "fails", "healthy"]))
    def its_luck_turns(self, name: str, luck: str) -> None:
        self._body(name).luck = luck

    @rule(name=TARGETS)
    def one_is_doomed(self, name: str) -> None:
        self._body(name).doomed = True
        self.one_falls(name=name, state="exited", heard=True)

    @rule(name=TARGETS, times=st.integers(3, 8), every=st.sampled_from([2.0, 15.0]))
    def one_comes_and_goes(self, name: str, times: int, every: float) -> None:
        for _ in range(times):
            self.one_falls(name=name, state="unhealthy", heard=True)
            self.realm.passes(every)
            self.one_comes_back(name=name, heard=True)
            self.realm.passes(every)

    # --- people ---

    @rule(name=TARGETS, state=st.sampled_from(["stopped", "paused"]))
    def a_person_takes_it_down(self, name: str, state: str) -> None:
        if self._body(name).up:
            self._body(name).falls(state, Hand.PERSON)
            self._heard(name)
            if self.realm.engine_known and not self.realm.paper.full:
                self.promises.hands_off.add(name)

    @rule(name=TARGETS)
    def a_person_brings_it_up(self, name: str) -> None:
        body = self._body(name)
        if body.up:
            return
        if body.state == "paused":
            body.state, body.by = "healthy", None
        else:
            body.rises("healthy")
            event = EngineEvent(action="start", container_id=name, time=0, attributes={"name": name})
            self.realm.stack.heard(event, Hand.PERSON, Life(container_id=name), name, busy=False)
        self.promises.hands_off.discard(name)
        self._heard(name)

    @rule(name=TARGETS)
    def a_person_ships_a_new_image(self, name: str) -> None:
        body = self._body(name)
        body.image += 1
        body.doomed = False
        body.rises("healthy")
        self.promises.hands_off.discard(name)
        event = EngineEvent(action="create", container_id=name, time=0, attributes={"name": name})
        self.realm.stack.heard(event, Hand.PERSON, Life(container_id=name), name, busy=False)
        self._heard(name)

    @rule(name=TARGETS, order=st.sampled_from(list(Order)))
    def a_person_orders(self, name: str, order: Order) -> None:
        realm, promises = self.realm, self.promises
        case = realm.responder.case(name)
        if case is None or realm.paper.full:
            return
        acting = case.incident is not None and case.incident.phase is Phase.ACTING
        if (
            order is not Order.HOLD
            and case.hold is not None
            and case.hold.act is not Act.PAUSED
            and not acting
        ):
            promises.hands_off.discard(name)
        lives, might = realm.lives, name in promises.may_forget
        if order in (Order.RETRY, Order.HEAL):
            promises.may_forget.add(name)
        realm.do(lambda: realm.responder.order(name, order, "ada"))
        if order is Order.HOLD and realm.lives == lives:
            promises.hands_off.add(name)  # who was killed first has not answered
        if acting and not might:
            promises.may_forget.discard(name)  # an order changes nothing while a step runs

    @rule(name=TARGETS, answer=st.sampled_from(["yes", "no", "stale"]))
    def a_person_answers(self, name: str, answer: str) -> None:
        case = self.realm.responder.case(name)
        proposal = case.incident.proposal if case is not None and case.incident is not None else None
        if proposal is not None:
            said: dict[str, Answer] = {
                "yes": Approved(proposal.id, "ada"),
                "no": Declined(proposal.id, "ada"),
            }
            given = said.get(answer, Stale(proposal.id))
            self.realm.do(lambda: self.realm.responder.answer(name, given))

    @rule(names=st.sets(TARGETS))
    def maintenance(self, names: set[str]) -> None:
        changed = self.realm.maintained ^ names
        self.realm.maintained = set(names)
        for name in sorted(changed):
            self._heard(name)

    # --- what watchdog needs ---

    @rule()
    def the_engine_is_lost_or_found(self) -> None:
        self.realm.engine_known = not self.realm.engine_known
        for name in NEEDS:
            self.realm.ask(name)
        self.realm.attend()

    @rule()
    def the_disk_is_full_or_not(self) -> None:
        self.realm.paper.full = not self.realm.paper.full

    @rule()
    def safe_mode_begins_or_ends(self) -> None:
        self.realm.gentle = "" if self.realm.gentle else "just-begun"

    @rule(away=st.sampled_from([0.0, 5.0, 700.0]), forgets=st.booleans(), done=st.booleans())
    def the_daemon_is_killed(self, *, away: float, forgets: bool, done: bool) -> None:
        realm = self.realm
        realm.done_when_killed = done
        realm.kill()
        self.promises.died()
        realm.loop.seconds += away
        realm.next_sweep = realm.seconds
        for body in realm.bodies.values():
            body.witnessed &= body.up or not forgets
        realm.begin()

    @rule(when=st.sampled_from(["before", "after"]), done=st.booleans())
    def it_will_be_killed_as_it_writes(self, *, when: str, done: bool) -> None:
        self.realm.paper.cut = when
        self.realm.done_when_killed = done


def is_open(incident: Incident | None) -> bool:
    """Whether there is an incident that is not over."""
    return incident is not None and incident.phase is not Phase.RESOLVED


def comes_to_rest(realm: Realm) -> None:
    """Once nothing new goes wrong, everything is well, or a person's, or waits for one that is."""
    realm.engine_known, realm.paper.full, realm.paper.cut, realm.gentle = True, False, "", ""
    realm.maintained.clear()
    for body in realm.bodies.values():
        body.luck, body.doomed = "healthy", False
        if body.state == "starting":
            body.state = "healthy"
        body.ailing = False
    for name in NEEDS:
        realm.ask(name)
    waited = 0.0
    while (unrest := restless(realm)) and waited < RESTS_WITHIN:
        realm.passes(50.0)
        waited += 50.0
    assert not unrest, f"never comes to rest: {unrest}"


def restless(realm: Realm) -> list[str]:
    """What could still go on by itself."""
    cases = {case.target: case for case in realm.responder.cases()}
    return [
        f"{name} {body.state}: {cases.get(name)}"
        for name, body in realm.bodies.items()
        if not at_rest(realm, body, cases.get(name))
    ]


def at_rest(realm: Realm, body: Body, case: Case | None) -> bool:
    """Whether nothing is left to be done without a person."""
    incident = case.incident if case is not None else None
    if case is not None and case.hold is not None and not case.hold.released:
        return True
    if incident is None:
        return body.state == "healthy"
    if incident.phase is Phase.ESCALATED:
        return body.state != "healthy"
    if incident.phase is not Phase.SUPPRESSED or body.state == "healthy":
        return False
    beneath = realm.stack.graph().beneath[body.name]
    # What waits for a person: a cause that was handed over or is held, or all of them, unhealthy in a storm.
    return (incident.cause == STACK and body.state == "unhealthy") or any(
        realm.bodies[cause].state != "healthy" for cause in beneath
    )


# A story cut to its shortest is easier to read, and may take minutes to find.
MANY = "MACHINE_EXAMPLES" in os.environ
SEARCH = [Search.explicit, Search.reuse, Search.generate, *([Search.shrink] if MANY else [])]
Machine.TestCase.settings = settings(
    phases=SEARCH,
    max_examples=int(os.environ.get("MACHINE_EXAMPLES", "25")),
    stateful_step_count=int(os.environ.get("MACHINE_STEPS", "40")),
    deadline=None,
    # The same stories every time: a build must not fail by chance. To look for new ones, set MACHINE_EXAMPLES.
    derandomize=not MANY,
    suppress_health_check=[HealthCheck.too_slow],
)
TestMachine = pytest.mark.timeout(180)(Machine.TestCase)
