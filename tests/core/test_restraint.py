"""What stands against a step although its target would have its turn: the stack, doom, an unsure memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.tale import RECREATE, RESTART, Tale, remedy
from watchdog.core.decision import Approved, DaemonReturned, Order, Policy, StepEnded
from watchdog.core.incident import Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Telling
from watchdog.core.observation import Fact, Finding, Hand, Observation, Status
from watchdog.core.playbook import Autonomy, Playbook, Step
from watchdog.core.run import Outcome, Result
from watchdog.core.storm import Move
from watchdog.core.surroundings import ATTEMPTS_IN_MEMORY, Surroundings
from watchdog.core.verdict import Allow, Refuse

GENTLE = replace(RESTART, gentle=True)
SURE_STEPS = remedy(GENTLE, RECREATE)
REBUILD = Step(
    action="rebuild_service",
    autonomy=Autonomy.PROPOSE,
    undoable=True,
    repeatable=False,
    verify=RESTART.verify,
)
FOUR = tuple(frozenset(one) for one in "abcd")


def a_tale(playbook: Playbook = SURE_STEPS) -> Tale:
    return Tale(Policy(playbook=playbook))


def moments(tale: Tale, count: int) -> tuple[Moment, ...]:
    return tuple(tale.now for _ in range(count))


class TestBudget:
    def test_as_many_at_once_as_are_allowed(self) -> None:
        """A fifth action waits for a place, and is looked at as soon as one of the four ends."""
        tale = a_tale()
        tale.surrounded_by(Surroundings(running=FOUR))
        tale.crashed()
        assert tale.performed == []
        assert tale.told == [Telling.OPENED]
        assert tale.looks == [2.0]
        assert [look.slot for look in tale.decision.effects if hasattr(look, "slot")] == [True]
        tale.surrounded_by(Surroundings(running=FOUR[:3]))
        tale.crashed()
        assert tale.actions == ["restart_container"]

    def test_as_many_in_a_window_as_are_allowed(self) -> None:
        """The eleventh action in ten minutes waits until the first of them is ten minutes old."""
        tale = a_tale()
        tale.surrounded_by(Surroundings(begun=moments(tale, 10)))
        tale.passes(540)
        tale.crashed()
        assert tale.performed == []
        assert tale.looks == [60.0]
        assert not any(getattr(look, "slot", False) for look in tale.decision.effects)
        tale.passes(60)
        tale.crashed()
        assert tale.actions == ["restart_container"]
        assert tale.performed[0].counts

    @pytest.mark.parametrize("planned", ["ordered", "storm"])
    def test_planned_work_counts_against_those_at_once_only(self, planned: str) -> None:
        """What a person ordered, and the starts of a storm, do not wait for the window, but for a place."""
        tale = a_tale()
        spent = Surroundings(begun=moments(tale, 10))
        if planned == "storm":
            tale.in_a_storm(Move.START)
            spent = replace(tale.policy.around, begun=spent.begun)
        else:
            tale.surrounded_by(spent)
            tale.crashed()
            tale.order(Order.HEAL)
        tale.surrounded_by(replace(spent, running=FOUR))
        tale.crashed()
        assert tale.performed == []
        tale.surrounded_by(spent)
        tale.crashed()
        assert tale.actions == ["restart_container"]
        assert not tale.performed[0].counts

    def test_a_yes_is_planned_work(self) -> None:
        """An approved step waits for no window, and its yes is not forgotten while it waits for a place."""
        tale = a_tale(remedy(REBUILD))
        tale.crashed()
        tale.happens(Approved("1-1", "ada"))
        tale.surrounded_by(Surroundings(begun=moments(tale, 10), running=FOUR))
        tale.crashed()
        assert tale.performed == []
        tale.surrounded_by(Surroundings(begun=moments(tale, 10)))
        tale.crashed()
        assert tale.actions == ["rebuild_service"]
        assert not tale.performed[0].counts

    def test_a_refusal_is_no_reason_to_give_up(self) -> None:
        """However long it has to wait, nothing is held against the target."""
        tale = a_tale()
        tale.surrounded_by(Surroundings(running=FOUR))
        for _ in range(100):
            tale.crashed()
            tale.passes(2)
        assert tale.case.ledger.attempts == ()
        assert tale.stands(Phase.OPEN)

    def test_a_step_that_acts_on_another_target_takes_one_place(self) -> None:
        """Three pages whose steps restart what is behind them leave the fourth place free."""
        tale = a_tale()
        tale.surrounded_by(Surroundings(running=tuple(frozenset({f"page-{one}", one}) for one in "abc")))
        tale.crashed()
        assert tale.actions == ["restart_container"]

    def test_an_interrupted_step_is_repeated_when_there_is_a_place(self) -> None:
        """Four steps were cut short, others began meanwhile: repeating them keeps to those at once, not the window."""
        tale = a_tale()
        tale.crashed()
        tale.happens(DaemonReturned())
        tale.surrounded_by(Surroundings(begun=moments(tale, 10), running=FOUR))
        tale.crashed()
        assert len(tale.performed) == 1
        tale.surrounded_by(Surroundings(begun=moments(tale, 10)))
        tale.passes(2)
        tale.crashed()
        assert len(tale.performed) == 2
        assert tale.performed[1].again
        assert not tale.performed[1].counts

    def test_taking_back_waits_for_a_place_too(self) -> None:
        """A rebuild that did not help is taken back as soon as there is a place."""
        tale = a_tale(remedy(REBUILD))
        tale.crashed()
        tale.happens(Approved("1-1", "ada"))
        tale.crashed()
        tale.step_ends()
        tale.surrounded_by(Surroundings(running=FOUR))
        tale.crashed()
        assert len(tale.performed) == 1
        tale.surrounded_by(Surroundings(begun=moments(tale, 10)))
        tale.crashed()
        assert tale.performed[1].undo
        assert not tale.performed[1].counts


class TestStandingAside:
    def test_somebody_else_is_at_work(self) -> None:
        """A foreign update is in flight: we wait until it has been quiet, then look again."""
        tale = a_tale()
        tale.surrounded_by(Surroundings(aside=Refuse("standing-aside", wait=12.0)))
        tale.crashed()
        assert tale.performed == []
        assert tale.looks == [12.0]
        tale.surrounded_by(Surroundings(aside=Allow()))
        tale.crashed()
        assert tale.actions == ["restart_container"]

    def test_a_person_who_asks_for_it_is_not_kept_waiting(self) -> None:
        """An order stands above somebody else's work."""
        tale = a_tale()
        tale.surrounded_by(Surroundings(aside=Refuse("standing-aside", wait=12.0)))
        tale.crashed()
        tale.order(Order.HEAL)
        tale.crashed()
        assert tale.actions == ["restart_container"]

    def test_a_refusal_without_a_span_is_looked_at_again(self) -> None:
        """Whoever refuses without saying for how long is asked again soon."""
        tale = a_tale()
        tale.surrounded_by(Surroundings(aside=Refuse("standing-aside")))
        tale.crashed()
        assert tale.looks == [tale.policy.verify_every]


class TestSomethingElseItActsOn:
    ELSEWHERE = replace(RESTART, on="db")

    def test_what_a_person_holds_is_not_touched_for_another(self) -> None:
        """The step would restart the db, and a person holds that: it waits until it is given back."""
        tale = a_tale(remedy(self.ELSEWHERE))
        tale.surrounded_by(Surroundings(held=frozenset({"db"})))
        tale.unhealthy()
        assert tale.performed == []
        tale.alone()
        tale.unhealthy()
        assert tale.actions == ["restart_container"]

    def test_never_two_at_once_on_the_other_one(self) -> None:
        """A step runs on the db already: this one waits for its end."""
        tale = a_tale(remedy(self.ELSEWHERE))
        tale.surrounded_by(Surroundings(running=(frozenset({"page", "db"}),)))
        tale.unhealthy()
        assert tale.performed == []
        assert "target-busy" in tale.decision.reason


class TestStorm:
    def test_its_turn_has_not_come(self) -> None:
        """Others are started first; it is told nowhere that it waits."""
        tale = a_tale()
        tale.in_a_storm(Move.WAIT)
        tale.crashed()
        assert tale.performed == []
        assert tale.tells == []
        assert tale.looks == [2.0]


class TestUnsureOfItsMemory:
    def test_only_what_takes_nothing_away(self) -> None:
        """In safe mode a restart is made; replacing the container waits until all is known again."""
        tale = a_tale(remedy(replace(GENTLE, attempts=1), RECREATE))
        tale.surrounded_by(Surroundings(gentle="just-begun"))
        tale.crashed()
        tale.step_ends()
        tale.passes(20)
        tale.crashed()
        assert tale.actions == ["restart_container"]
        assert tale.looks == [10.0]
        assert "just-begun" in tale.decision.reason
        tale.alone()
        tale.crashed()
        assert tale.actions == ["restart_container", "recreate_service"]

    def test_two_attempts_from_memory(self) -> None:
        """While nothing can be written down a target is tried twice, and then waits for the disk."""
        tale = a_tale()
        tale.surrounded_by(Surroundings(gentle="journal-full", most_attempts=ATTEMPTS_IN_MEMORY))
        for _ in range(20):
            tale.crashed()
            if tale.stands(Phase.ACTING):
                tale.step_ends()
            tale.passes(60)
        assert tale.actions == ["restart_container"] * ATTEMPTS_IN_MEMORY
        assert "journal-full" in tale.decision.reason
        tale.alone()
        tale.crashed()
        assert tale.actions == ["restart_container"] * 3

    def test_nothing_is_taken_back(self) -> None:
        """Taking a rebuild back replaces the container: that waits, too."""
        tale = a_tale(remedy(REBUILD))
        tale.crashed()
        tale.happens(Approved("1-1", "ada"))
        tale.crashed()
        tale.step_ends()
        tale.surrounded_by(Surroundings(gentle="journal-full"))
        tale.crashed()
        assert len(tale.performed) == 1


def ended(tale: Tale, **facts: Fact) -> None:
    """A look shows that it ended by itself, with what was found out about why."""
    look = Observation(
        check="container",
        target="web",
        status=Status.CRITICAL,
        finding=Finding("exited", facts),
        at=tale.now,
        stopped_by=Hand.ITSELF,
        incarnation=f"c0ffee@{tale.life}",
        version=tale.version,
    )
    tale.happens(look)


DOOMED: dict[str, Fact] = {"doom": "config-error", "advice": "mend_config", "shown_by": "no such option"}


def refused(tale: Tale, reason: str) -> None:
    """The running step failed, and the engine said why."""
    tale.happens(StepEnded(str(tale.opened), Outcome(result=Result.FAILED, reason=reason)))


class TestDoom:
    def test_no_third_restart(self) -> None:
        """A wrong configuration is started twice, then a human gets the diagnosis and what to do about it."""
        tale = a_tale()
        for wait in (0, 10, 20, 40):
            tale.passes(wait)
            ended(tale, **DOOMED)
            if tale.stands(Phase.ACTING):
                tale.step_ends()
        assert tale.actions == ["restart_container"] * 2
        assert tale.told == [Telling.OPENED, Telling.ESCALATED]
        facts = tale.tells[-1].notification.facts
        assert facts["reason"] == "doomed"
        assert (facts["doom"], facts["advice"], facts["shown_by"]) == tuple(DOOMED.values())
        assert tale.case.ledger.given_up

    def test_an_order_is_carried_out_all_the_same(self) -> None:
        """A person who mended it need not wait for watchdog to believe so."""
        tale = a_tale()
        for wait in (0, 10, 20):
            tale.passes(wait)
            ended(tale, **DOOMED)
            if tale.stands(Phase.ACTING):
                tale.step_ends()
        tale.order(Order.RETRY)
        ended(tale, **DOOMED)
        assert len(tale.performed) == 3

    def test_where_only_replacing_helps_nothing_is_restarted(self) -> None:
        """A container that lost its network for good is replaced at once."""
        tale = a_tale()
        ended(tale, doom="network-owner-gone", advice="replace", replacing_helps=True)
        assert tale.actions == ["recreate_service"]

    def test_where_only_replacing_helps_and_nothing_replaces(self) -> None:
        """A ladder that only restarts is exhausted: a human."""
        tale = a_tale(remedy(GENTLE))
        ended(tale, doom="network-owner-gone", advice="replace", replacing_helps=True)
        assert tale.performed == []
        assert tale.incident.reason == "ladder-exhausted"

    def test_shown_only_by_the_refusal_of_our_own_step(self) -> None:
        """The container itself does not say that its mount is gone; the engine's answer to our start does."""
        tale = a_tale()
        refusal = "invalid mount config: bind source path does not exist: /srv/data"
        for wait in (0, 10, 20):
            tale.passes(wait)
            tale.crashed()
            if tale.stands(Phase.ACTING):
                refused(tale, refusal)
        assert len(tale.performed) == 2
        assert tale.incident.reason == "doomed"
        facts = tale.tells[-1].notification.facts
        assert facts["doom"] == "bad-mount"
        assert "/srv/data" in str(facts["shown_by"])

    def test_a_refusal_that_says_that_replacing_helps(self) -> None:
        """Joining the network of a container that is gone: no restart ever will, a new container does."""
        tale = a_tale()
        tale.crashed()
        refused(tale, "network shop_default not found")
        tale.passes(10)
        tale.crashed()
        assert tale.actions == ["restart_container", "recreate_service"]

    def test_a_refusal_of_long_ago_is_no_diagnosis(self) -> None:
        """The port was taken once; since then it was started, and fell for a reason of its own: the ladder goes on."""
        tale = a_tale()
        tale.crashed()
        refused(tale, "Bind for 0.0.0.0:80 failed: port is already allocated")
        tale.passes(10)
        tale.crashed()
        tale.step_ends()
        tale.passes(20)
        tale.crashed()
        assert len(tale.performed) == 3

    def test_a_refusal_that_tells_nothing(self) -> None:
        """What nobody can read is no diagnosis: the ladder goes on."""
        tale = a_tale()
        for wait in (0, 10, 20):
            tale.passes(wait)
            tale.crashed()
            if tale.stands(Phase.ACTING):
                refused(tale, "the engine was busy")
        assert len(tale.performed) == 3
