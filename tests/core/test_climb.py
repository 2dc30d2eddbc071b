"""Proposals and undoing: what needs a human yes, and what did not help and is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.tale import LOGS, RECREATE, RESTART, Tale, remedy
from watchdog.core.decision import Approved, Declined, Order, Policy, Propose, Shown, Stale, StepEnded
from watchdog.core.incident import Ending, Phase
from watchdog.core.notification import Telling
from watchdog.core.observation import Status
from watchdog.core.playbook import Autonomy, Step
from watchdog.core.run import Outcome, Result

ONCE = replace(RESTART, attempts=1)
REBUILD = Step(
    action="rebuild_service",
    autonomy=Autonomy.PROPOSE,
    undoable=True,
    repeatable=False,
    verify=RESTART.verify,
)


def climbed_to_rebuild() -> Tale:
    """A target whose restart did not help, at the rung that needs a yes."""
    tale = Tale(Policy(playbook=remedy(ONCE, REBUILD)))
    tale.crashed()
    tale.step_ends()
    tale.passes(20)
    tale.crashed()
    return tale


def rebuilt() -> Tale:
    """The same after a yes and a rebuild that was done."""
    tale = climbed_to_rebuild()
    tale.happens(Approved("1-1", "anna"))
    tale.crashed()
    tale.step_ends()
    return tale


class TestProposals:
    def test_a_step_that_needs_a_yes_is_proposed_once(self) -> None:
        """It is proposed and told once, and not done, however often the target is seen sick."""
        tale = climbed_to_rebuild()
        for _ in range(5):
            tale.passes(60)
            tale.crashed()

        assert [p.rung.step.action for p in tale.performed] == ["restart_container"]
        assert tale.told.count(Telling.PROPOSED) == 1
        assert tale.stands(Phase.OPEN)

    def test_people_are_asked_when_the_plan_is_made_and_with_its_words(self) -> None:
        """Until then nobody hears of it, and it is wanted again at each look: who was to make it may have died."""
        tale = Tale(Policy(playbook=remedy(ONCE, REBUILD)))
        tale.makes_plans = False
        tale.crashed()
        tale.step_ends()
        tale.passes(20)
        for _ in range(2):
            tale.crashed()
            assert [e.proposal for e in tale.decision.effects if isinstance(e, Propose)] == ["1-1"]
            tale.passes(2)
        assert tale.told == [Telling.OPENED]

        for _ in range(2):
            tale.happens(Shown("1-1", "build it"))
        assert tale.told == [Telling.OPENED, Telling.PROPOSED]
        facts = tale.tells[-1].notification.facts
        assert (facts["does"], facts["seconds"]) == ("build it", 3600)
        tale.passes(3599)
        tale.crashed()
        assert tale.stands(Phase.OPEN), "the time to answer begins when people are asked"
        assert not [e for e in tale.decision.effects if isinstance(e, Propose)]

    def test_nobody_is_asked_for_what_is_withdrawn(self) -> None:
        """Its plan says that it would be refused: people hear of it as little as of what was not allowed."""
        tale = Tale(Policy(playbook=remedy(ONCE, REBUILD)))
        tale.makes_plans = False
        tale.crashed()
        tale.step_ends()
        tale.passes(20)
        tale.crashed()
        tale.happens(Declined("1-1", "watchdog: nothing to build"))
        tale.crashed()
        assert tale.told == [Telling.OPENED, Telling.ESCALATED]
        assert "denied" not in tale.tells[-1].notification.facts

    @pytest.mark.parametrize("answer", ["no", "nothing"])
    def test_what_people_did_not_allow_is_told_to_who_is_called(self, answer: str) -> None:
        """The playbook had a step left; an order to retry asks for it again."""
        tale = climbed_to_rebuild()
        if answer == "no":
            tale.happens(Declined("1-1", "anna"))
        tale.passes(3600)
        tale.crashed()
        assert tale.told[-1] is Telling.ESCALATED
        assert tale.tells[-1].notification.facts["denied"] == "rebuild_service"
        tale.order(Order.RETRY)
        assert tale.incident.denied == ""

    def test_the_plan_is_ordered_with_the_proposal(self) -> None:
        """The shell is told to write down exactly what would be done."""
        tale = climbed_to_rebuild()

        proposed = [e for e in tale.decision.effects if isinstance(e, Propose)]

        assert [(p.proposal, p.rung.step.action, p.index) for p in proposed] == [
            ("1-1", "rebuild_service", 1)
        ]

    def test_nothing_is_proposed_while_the_wait_runs(self) -> None:
        """A proposal comes when its step could be done, not before."""
        tale = Tale(Policy(playbook=remedy(ONCE, REBUILD)))
        tale.crashed()
        tale.step_ends(Result.FAILED)
        tale.crashed()
        assert tale.looks == [10.0]
        assert Telling.PROPOSED not in tale.told

    def test_a_yes_lets_it_be_done_once(self) -> None:
        """After a yes the target is looked at again, and if it is still sick the step is done."""
        tale = climbed_to_rebuild()
        tale.happens(Approved("1-1", "anna"))
        assert tale.looks == [0.0]

        tale.crashed()

        assert tale.performed[-1].rung.step.action == "rebuild_service"
        tale.happens(Approved("1-1", "anna"))
        assert tale.decision.reason == "no such proposal waits"

    def test_a_yes_for_a_target_that_is_well_again_does_nothing(self) -> None:
        """A target that came back before the yes is verified, not rebuilt."""
        tale = climbed_to_rebuild()
        tale.happens(Approved("1-1", "anna"))
        tale.well()
        tale.passes(10)
        tale.well()

        assert tale.stands(Phase.RESOLVED)
        assert len(tale.performed) == 1

    def test_a_no_hands_over_to_a_human(self) -> None:
        """A declined step is passed over; with nothing left a human is told."""
        tale = climbed_to_rebuild()
        tale.happens(Declined("1-1", "anna"))
        tale.crashed()

        assert tale.told[-1] is Telling.ESCALATED
        assert len(tale.performed) == 1

    def test_no_answer_is_a_no(self) -> None:
        """A proposal that nobody answered in time is passed over."""
        tale = climbed_to_rebuild()
        tale.passes(3599)
        tale.crashed()
        assert tale.stands(Phase.OPEN)
        tale.passes(1)
        tale.crashed()

        assert tale.stands(Phase.ESCALATED)
        tale.happens(Approved("1-1", "anna"))
        assert tale.decision.reason == "no such proposal waits"

    def test_what_could_do_nothing_is_not_asked_for(self) -> None:
        """A service that nobody builds goes straight to a human."""
        tale = Tale(Policy(playbook=remedy(ONCE, REBUILD), impossible=frozenset({1})))
        tale.crashed()
        tale.step_ends()
        tale.passes(20)
        tale.crashed()

        assert Telling.PROPOSED not in tale.told
        assert tale.told[-1] is Telling.ESCALATED

    def test_why_the_latest_step_could_not_help_is_told(self) -> None:
        """A human reads what stood in the way, such as the name of an edited key."""
        tale = Tale(Policy(playbook=remedy(ONCE)))
        tale.crashed()
        outcome = Outcome(result=Result.FAILED, reason="environment.MODE changed", hopeless=True)
        tale.happens(StepEnded("1", outcome))
        tale.passes(20)
        tale.crashed()

        assert tale.told[-1] is Telling.ESCALATED
        assert tale.tells[-1].notification.facts["hindrance"] == "environment.MODE changed"

    def test_a_stale_proposal_is_made_anew(self) -> None:
        """When what was proposed has changed, another proposal with another name is made."""
        tale = climbed_to_rebuild()
        tale.happens(Stale("1-1"))
        tale.crashed()

        assert [e.proposal for e in tale.decision.effects if isinstance(e, Propose)] == ["1-2"]
        tale.happens(Approved("1-1", "anna"))
        assert tale.decision.reason == "no such proposal waits"

    def test_a_yes_stands_above_the_count_of_attempts(self) -> None:
        """Five attempts are spent, and the step that a human may allow is proposed all the same."""
        tale = Tale(Policy(playbook=remedy(replace(RESTART, attempts=5), REBUILD)))
        for _ in range(5):
            tale.crashed()
            tale.step_ends()
            tale.passes(300)
        tale.crashed()

        assert tale.told[-1] is Telling.PROPOSED

    @pytest.mark.parametrize("of", ["target", "playbook"])
    def test_a_target_may_be_set_to_ask_first(self, of: str) -> None:
        """With autonomy `propose` the first step, too, waits for a yes; an order to heal is one."""
        policy = Policy(playbook=remedy(ONCE))
        if of == "target":
            policy = replace(policy, autonomy=Autonomy.PROPOSE)
        else:
            policy = replace(policy, playbook=replace(policy.playbook, autonomy=Autonomy.PROPOSE))
        tale = Tale(policy)
        tale.crashed()
        assert tale.told == [Telling.OPENED, Telling.PROPOSED]
        assert tale.performed == []
        tale.order(Order.HEAL)
        tale.crashed()

        assert tale.stands(Phase.ACTING)

    def test_an_order_to_heal_is_no_yes_to_a_rebuild(self) -> None:
        """What would ship something new asks for a yes of its own."""
        tale = climbed_to_rebuild()
        tale.order(Order.HEAL)
        for _ in range(2):
            tale.crashed()
            tale.step_ends()
            tale.passes(60)

        assert {p.rung.step.action for p in tale.performed} == {"restart_container"}


class TestUndoing:
    def test_what_did_not_help_is_taken_back(self) -> None:
        """A rebuild after which the target is still sick is undone before a human is told."""
        tale = rebuilt()
        tale.crashed()
        assert tale.performed[-1].undo
        tale.step_ends()
        tale.crashed()

        assert tale.told[-1] is Telling.ESCALATED
        assert [p.undo for p in tale.performed] == [False, False, True]

    def test_another_image_made_by_us_is_no_new_beginning(self) -> None:
        """Neither the rebuilt image nor the old one put back lets the ladder begin anew."""
        tale = climbed_to_rebuild()
        tale.happens(Approved("1-1", "anna"))
        tale.crashed()
        tale.step_ends()
        tale.version = "sha256:rebuilt"
        tale.crashed()
        assert tale.performed[-1].undo
        assert tale.performed[-1].attempt >= 1
        tale.step_ends()
        tale.version = "sha256:a"
        tale.crashed()

        assert tale.told[-1] is Telling.ESCALATED
        assert len(tale.performed) == 3
        tale.version = "sha256:of a person"
        tale.crashed()
        assert tale.performed[-1].rung.step.action == "restart_container"

    def test_a_rebuilt_image_that_is_well_begins_anew(self) -> None:
        """An image that a person said yes to and that has proved itself has all its attempts."""
        tale = climbed_to_rebuild()
        tale.happens(Approved("1-1", "anna"))
        tale.crashed()
        tale.step_ends()
        tale.version = "sha256:rebuilt"
        tale.well()
        tale.passes(10)
        tale.well()

        assert tale.stands(Phase.RESOLVED)
        assert tale.case.ledger.attempts == ()

    def test_what_helped_is_kept(self) -> None:
        """A rebuild after which the target is well for long enough stays."""
        tale = rebuilt()
        tale.well()
        tale.passes(10)
        tale.well()

        assert tale.case.incident is not None
        assert tale.case.incident.ending is Ending.HEALED
        assert not any(p.undo for p in tale.performed)

    def test_what_changed_nothing_is_not_taken_back(self) -> None:
        """A rebuild that was passed over has nothing to undo."""
        tale = climbed_to_rebuild()
        tale.happens(Approved("1-1", "anna"))
        tale.crashed()
        tale.step_ends(Result.SKIPPED, hopeless=True)
        tale.crashed()

        assert tale.told[-1] is Telling.ESCALATED
        assert not any(p.undo for p in tale.performed)

    def test_a_failed_rebuild_is_taken_back(self) -> None:
        """A rebuild that failed half-way may have replaced something: it is undone."""
        tale = climbed_to_rebuild()
        tale.happens(Approved("1-1", "anna"))
        tale.crashed()
        tale.step_ends(Result.FAILED, hopeless=True)
        tale.crashed()

        assert tale.performed[-1].undo

    def test_what_had_to_be_taken_back_is_no_hindrance(self) -> None:
        """A person is told why the step failed, not that there was nothing to take back."""
        tale = climbed_to_rebuild()
        tale.happens(Approved("1-1", "anna"))
        tale.crashed()
        tale.step_ends(Result.FAILED, hopeless=True, reason="its Dockerfile is broken")
        tale.crashed()
        tale.step_ends(Result.SKIPPED, reason="nothing had been replaced")
        tale.crashed()

        assert tale.told[-1] is Telling.ESCALATED
        assert tale.case.incident is not None
        assert tale.case.incident.hindrance == "its Dockerfile is broken"

    def test_an_undoing_that_fails_is_told(self) -> None:
        """When not even that works, a human is told so at once."""
        tale = rebuilt()
        tale.crashed()
        tale.step_ends(Result.FAILED)

        assert tale.case.incident is not None
        assert tale.case.incident.reason == "undo-failed"
        assert tale.told[-1] is Telling.ESCALATED

    def test_a_rebuild_that_was_cut_short_is_taken_back(self) -> None:
        """The daemon died in the middle of a rebuild: on return it is undone, never built again blindly."""
        tale = climbed_to_rebuild()
        tale.happens(Approved("1-1", "anna"))
        tale.crashed()
        tale.daemon_returns()
        tale.crashed()

        assert tale.performed[-1].undo
        tale.step_ends()
        tale.crashed()
        assert tale.stands(Phase.ESCALATED)

    def test_an_undoing_that_was_cut_short_is_done_once_more(self) -> None:
        """Undoing is harmless when done twice; it is not tried for ever."""
        tale = rebuilt()
        tale.crashed()
        tale.daemon_returns()
        tale.crashed()
        assert [p.undo for p in tale.performed[-2:]] == [True, True]
        tale.daemon_returns()
        tale.crashed()

        assert tale.case.incident is not None
        assert tale.case.incident.reason == "undo-failed"


class TestWhoseSuccess:
    def test_what_a_person_mended_while_a_yes_was_awaited_is_no_success_of_ours(self) -> None:
        """It is told as recovered: no step of ours was being verified when it came back."""
        tale = climbed_to_rebuild()
        tale.started_anew()
        tale.stays_well(10)

        assert tale.incident.ending is Ending.RECOVERED
        assert tale.told[-1] is Telling.RECOVERED

    def test_a_proposal_lasts_as_long_as_it_was_made_for(self) -> None:
        """A shorter time in a new configuration does not cut off what was promised."""
        tale = climbed_to_rebuild()
        tale.policy = replace(tale.policy, proposal_lasts=60.0)
        tale.passes(600)
        tale.crashed()

        assert tale.stands(Phase.OPEN)


class TestForSomeFindingsOnly:
    @staticmethod
    def tale() -> Tale:
        """A start is for what is unhealthy, a replacement for what has exited."""
        start = replace(RESTART, when=frozenset({"unhealthy"}))
        return Tale(Policy(playbook=remedy(LOGS, start, replace(RECREATE, when=frozenset({"exited"})))))

    def test_a_step_for_another_finding_is_passed_over_and_people_can_read_it(self) -> None:
        """It is no failed step; what looks before it looks all the same."""
        tale = self.tale()
        tale.crashed()
        assert tale.actions == ["recreate_service"]
        assert tale.performed[0].rung.companions == (LOGS,)
        assert tale.decision.reason.endswith("(passed over, for other findings: restart_container)")

    def test_what_is_found_may_change_on_the_way(self) -> None:
        """A step below that was passed over has its turn when its finding comes."""
        tale = self.tale()
        tale.crashed()
        tale.step_ends()
        tale.passes(200)
        tale.unhealthy()
        assert tale.actions == ["recreate_service", "restart_container"]

    def test_without_a_step_for_it_a_human_is_told_so(self) -> None:
        """Nothing is counted against the target, and the ladder is not used up."""
        tale = self.tale()
        tale.see(Status.CRITICAL, "crash_loop")
        assert tale.stands(Phase.ESCALATED)
        assert tale.incident.reason == "no-step-for-this"
        assert not tale.case.ledger.given_up

    def test_something_else_found_later_is_acted_on(self) -> None:
        """A human was called for what nothing is written for; what comes then is healed all the same."""
        tale = self.tale()
        tale.see(Status.CRITICAL, "crash_loop")
        tale.passes(5)
        tale.see(Status.CRITICAL, "crash_loop")
        assert tale.performed == []
        tale.crashed()
        assert tale.actions == ["recreate_service"]
        assert tale.incident.reason == ""

    def test_a_ladder_that_is_used_up_is_used_up(self) -> None:
        """The attempts for this finding are spent, those for another one are not: that is the reason given."""
        tale = self.tale()
        for _ in range(3):
            tale.crashed()
            if tale.stands(Phase.ACTING):
                tale.step_ends(Result.FAILED, hopeless=True)
            tale.passes(100)
        assert tale.incident.reason == "no-step-for-this"
        assert len(tale.performed) == 1
