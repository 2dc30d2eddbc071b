"""Whole spells of trouble, told from the crash to the end."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.core.tale import RECREATE, RESTART, Tale, remedy
from watchdog.core.decision import Look, Order, Policy, StepEnded
from watchdog.core.incident import Act, Ending, Phase
from watchdog.core.notification import Telling
from watchdog.core.observation import Hand, Status
from watchdog.core.playbook import Autonomy
from watchdog.core.run import Outcome, Result
from watchdog.core.surroundings import Root, Surroundings

OPENED, HEALED, RECOVERED, ESCALATED, HELD, ASKED, RELEASED = (
    Telling.OPENED,
    Telling.HEALED,
    Telling.RECOVERED,
    Telling.ESCALATED,
    Telling.HELD,
    Telling.ASKED,
    Telling.RELEASED,
)


class TestHealing:
    def test_a_crash_is_acted_on_at_once_and_healed_after_ten_seconds_of_health(self) -> None:
        """A crash is told and acted on at the first look; healed is said after 10 s of health, not before."""
        tale = Tale()
        tale.crashed()
        assert tale.actions == ["restart_container"]
        assert [step.action for step in tale.performed[0].rung.companions] == ["collect_logs"]
        assert tale.stands(Phase.ACTING)
        tale.passes(1)
        tale.step_ends()
        assert tale.stands(Phase.VERIFYING)
        assert tale.looks == [0.0]
        tale.stays_well(9, every=1)
        assert tale.told == [OPENED]
        tale.passes(1)
        tale.well()
        assert tale.told == [OPENED, HEALED]
        assert tale.stands(Phase.RESOLVED)
        assert tale.incident.ending is Ending.HEALED

    def test_what_is_seen_while_anothers_step_runs_on_it_is_no_trouble_of_its_own(self) -> None:
        """A page's remedy restarts the container: down for a moment, it is told of only if it stays down."""
        tale = Tale()
        tale.surrounded_by(
            Surroundings(running=(frozenset({"web", "page"}),), root=Root(target="page", incident="9"))
        )
        tale.crashed(by=Hand.WATCHDOG)
        assert tale.phase is None
        assert tale.told == []
        assert tale.looks == [2.0]
        tale.alone()
        tale.passes(2)
        tale.crashed(by=Hand.WATCHDOG)
        assert tale.actions == ["restart_container"]

    def test_what_is_seen_while_a_step_runs_is_the_steps_own_doing(self) -> None:
        """A container seen down or up while our step runs on it changes nothing."""
        tale = Tale()
        tale.unhealthy()
        for _ in range(3):
            tale.passes(1)
            tale.crashed(by=Hand.WATCHDOG)
            tale.unclear()
        assert tale.stands(Phase.ACTING)
        assert len(tale.performed) == 1

    def test_a_look_made_before_the_step_ended_proves_nothing(self) -> None:
        """A slow look that began before the step ended neither heals nor condemns."""
        tale = Tale()
        tale.crashed()
        before = tale.now
        tale.passes(5)
        tale.step_ends()
        tale.crashed(at=before)
        tale.well(at=before)
        assert tale.stands(Phase.VERIFYING)
        assert tale.incident.well_since is None
        assert len(tale.performed) == 1

    def test_looks_of_the_boot_after_the_step_count(self) -> None:
        """After a reboot the clock begins anew, and looks are not taken for older than the latest step."""
        tale = Tale()
        tale.given_up()
        tale.clock.reboot()
        tale.passes(100)
        tale.daemon_returns()
        tale.started_anew()
        tale.stays_well(10)
        assert tale.told[-1] is RECOVERED

    def test_unhealthy_during_verification_fails_the_step_at_once(self) -> None:
        """A container that turns unhealthy is not watched to the end of the verification."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.starting()
        tale.passes(10)
        tale.unhealthy()
        assert tale.actions == ["restart_container", "restart_container"]
        assert tale.told == [OPENED]

    def test_a_page_gets_the_whole_time_of_the_verification(self) -> None:
        """A page or a series is no container: it needs a while after its server was helped, and then the next step."""
        tale = Tale()
        tale.see(Status.CRITICAL, "unreachable", incarnation="")
        tale.step_ends()
        for _ in range(5):
            tale.passes(11)
            tale.see(Status.CRITICAL, "unreachable", incarnation="")
        assert len(tale.performed) == 1
        assert tale.stands(Phase.VERIFYING)
        tale.passes(5)
        tale.see(Status.CRITICAL, "unreachable", incarnation="")
        assert len(tale.performed) == 2

    def test_a_failed_step_is_followed_by_the_next_after_its_wait(self) -> None:
        """A step that failed is not verified: the target is looked at and the next attempt waits its turn."""
        tale = Tale()
        tale.crashed()
        tale.step_ends(Result.FAILED)
        assert tale.stands(Phase.OPEN)
        tale.crashed()
        assert tale.looks == [10.0]
        assert tale.decision.reason == "backing-off: 10.0 s to go"
        tale.passes(10)
        tale.crashed()
        assert len(tale.performed) == 2

    def test_health_must_be_unbroken_within_one_incarnation(self) -> None:
        """A container that was started anew while it was verified has to prove itself from the beginning."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.stays_well(8)
        tale.started_anew()
        tale.passes(2)
        tale.well()
        assert tale.told == [OPENED]
        tale.stays_well(8)
        assert tale.told == [OPENED]
        tale.passes(2)
        tale.well()
        assert tale.told == [OPENED, HEALED]

    def test_a_late_decision_does_not_count_as_health(self) -> None:
        """The 10 s are counted between looks, not between the moments at which they were considered."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.well()
        tale.passes(1)
        second = tale.now
        tale.passes(30)
        tale.well(at=second)
        assert tale.told == [OPENED]

    @pytest.mark.parametrize("breaks", ["unseen", "starting"])
    def test_not_seen_well_breaks_the_proof(self, breaks: str) -> None:
        """Health that could not be seen, or a target still moving, starts the 10 s anew."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.stays_well(8)
        getattr(tale, breaks)()
        tale.passes(2)
        tale.well()
        assert tale.told == [OPENED]
        tale.stays_well(10)
        assert tale.told == [OPENED, HEALED]

    def test_recovered_without_an_attempt_is_no_success_of_ours(self) -> None:
        """What comes back while its attempt waits is verified all the same, and told as recovered."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.stays_well(10)
        tale.crashed()
        tale.step_ends()
        tale.stays_well(10)
        tale.crashed()
        assert tale.stands(Phase.OPEN)
        tale.started_anew()
        tale.well()
        assert tale.stands(Phase.VERIFYING)
        tale.stays_well(10)
        assert tale.told[-2:] == [OPENED, RECOVERED]
        assert tale.incident.ending is Ending.RECOVERED

    def test_starting_is_waited_for_as_long_as_the_target_needs(self) -> None:
        """The time allowed is `within` and the target's own patience; then the next attempt is made."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.passes(89)
        tale.starting(patience=30)
        assert tale.looks == [1.0]
        assert len(tale.performed) == 1
        tale.passes(1)
        tale.starting(patience=30)
        assert len(tale.performed) == 2

    def test_moving_targets_are_waited_for_outside_verification(self) -> None:
        """What is still moving is neither well nor sick: the look is repeated, nothing is done."""
        tale = Tale()
        tale.see(Status.WARNING, "engine_turn", by=Hand.ITSELF, settled=False, look_again=2.0)
        assert tale.looks == [2.0]
        assert tale.case.incident is None
        tale.starting()
        assert tale.looks == []
        tale.given_up()
        tale.starting()
        assert tale.looks == [2.0]
        assert tale.stands(Phase.ESCALATED)

    def test_a_finished_job_is_fine(self) -> None:
        """A container that ended with success and is not meant to go on is well, though it is down."""
        tale = Tale()
        for _ in range(3):
            tale.see(Status.OK, "finished", by=Hand.ITSELF)
            tale.passes(60)
        assert tale.told == []
        assert tale.case.hold is None

    def test_an_outcome_without_its_incident_changes_nothing(self) -> None:
        """The end of a step that belongs to no running incident is passed over."""
        tale = Tale()
        tale.happens(StepEnded("7", Outcome(result=Result.DONE)))
        assert tale.case.incident is None
        tale.crashed()
        tale.happens(StepEnded("7", Outcome(result=Result.DONE)))
        assert tale.stands(Phase.ACTING)


class TestLadder:
    def test_the_ladder_is_climbed_with_its_waits_and_then_given_up(self) -> None:
        """Three starts and two replacements, 0, 10, 20, 40 and 80 s apart, then a human, told once."""
        tale = Tale()
        begun = []
        for _ in range(200):
            tale.crashed()
            if tale.phase is Phase.ACTING:
                begun.append(tale.clock.boot)
                tale.step_ends()
                continue
            if tale.phase is Phase.ESCALATED:
                break
            assert tale.looks
            tale.passes(tale.looks[0])
        assert tale.actions == ["restart_container"] * 3 + ["recreate_service"] * 2
        assert [late - early for early, late in pairwise(begun)] == [10, 20, 40, 80]
        assert tale.incident.reason == "attempts-spent"
        assert tale.case.ledger.given_up
        for _ in range(5):
            tale.passes(600)
            tale.crashed()
        assert len(tale.performed) == 5
        assert tale.told.count(ESCALATED) == 1
        assert tale.told.count(OPENED) == 1

    def test_the_next_incident_climbs_on_where_the_last_one_stood(self) -> None:
        """Attempts outlive their incident: a target that falls again soon is not begun anew."""
        tale = Tale()
        for wait in (0, 10, 20):
            tale.passes(wait)
            tale.healed_by_a_step()
        tale.passes(40)
        tale.crashed()
        assert tale.actions[-1] == "recreate_service"
        assert tale.performed[-1].attempt == 4

    def test_ten_minutes_of_health_forget_the_attempts(self) -> None:
        """After 10 min of verified health the first step is tried first again, and at once."""
        tale = Tale()
        tale.healed_by_a_step()
        tale.stays_well(600, every=30)
        assert tale.case.ledger.attempts == ()
        tale.crashed()
        assert tale.performed[-1].index == 0
        assert len(tale.case.ledger.attempts) == 1

    def test_ten_minutes_count_also_when_nobody_had_a_reason_to_look(self) -> None:
        """Health lasts from the look that shows it to the next one that does not."""
        tale = Tale()
        tale.healed_by_a_step()
        tale.passes(590)
        tale.crashed()
        assert len(tale.case.ledger.attempts) == 1

    def test_nine_minutes_do_not_forget(self) -> None:
        """Health that lasted 9 min leaves the attempts where they are."""
        tale = Tale()
        tale.healed_by_a_step()
        tale.stays_well(530, every=10)
        tale.crashed()
        assert len(tale.case.ledger.attempts) == 2

    @pytest.mark.parametrize("breaks", ["unseen", "paused", "daemon_returns"])
    def test_only_unbroken_health_forgets(self, breaks: str) -> None:
        """A look that failed, a pause or a restart of the daemon in between: the 10 min start anew."""
        tale = Tale()
        tale.healed_by_a_step()
        tale.stays_well(300, every=30)
        getattr(tale, breaks)()
        tale.stays_well(330, every=30)
        tale.crashed()
        assert len(tale.case.ledger.attempts) == 2

    def test_a_hopeless_step_is_passed_over(self) -> None:
        """When doing the same again cannot help, the next attempt is the next rung."""
        tale = Tale()
        tale.crashed()
        tale.step_ends(Result.FAILED, hopeless=True)
        tale.passes(10)
        tale.crashed()
        assert tale.actions == ["restart_container", "recreate_service"]

    def test_a_ladder_without_hope_is_given_up_at_once(self) -> None:
        """When every rung is hopeless a human is told why, before the attempts are spent."""
        tale = Tale()
        for wait in (0, 10, 20):
            tale.passes(wait)
            tale.crashed()
            if tale.phase is Phase.ACTING:
                tale.step_ends(Result.FAILED, hopeless=True)
        assert tale.incident.reason == "ladder-exhausted"
        assert len(tale.performed) == 2
        assert tale.case.ledger.given_up

    def test_a_new_image_is_a_fresh_start_in_the_middle_of_the_ladder(self) -> None:
        """Another image has no attempts against it, and what could not help the old one may help it."""
        tale = Tale()
        tale.crashed()
        tale.step_ends(Result.FAILED, hopeless=True)
        tale.version = "sha256:b"
        tale.crashed()
        assert tale.actions == ["restart_container", "restart_container"]

    def test_a_new_image_is_a_fresh_start_after_giving_up(self) -> None:
        """A given up target is touched again when it runs another image."""
        tale = Tale()
        tale.given_up()
        tale.version = "sha256:b"
        tale.crashed()
        assert tale.stands(Phase.ACTING)
        assert len(tale.performed) == 6
        assert tale.performed[-1].index == 0

    def test_a_new_image_is_a_fresh_start_where_nothing_had_been_tried(self) -> None:
        """An incident that was handed over at its first look is taken up again for another image."""
        tale = Tale()
        tale.given_up()
        tale.started_anew()
        tale.stays_well(10)
        tale.crashed()
        assert tale.told[-2:] == [OPENED, ESCALATED]
        assert tale.incident.attempts == 0
        tale.version = "sha256:b"
        tale.crashed()
        assert tale.stands(Phase.ACTING)

    def test_rungs_found_hopeless_are_tried_on_a_new_image(self) -> None:
        """A ladder that was exhausted by hopeless steps is climbed again for another image."""
        tale = Tale()
        for wait in (0, 10, 20):
            tale.passes(wait)
            tale.crashed()
            if tale.phase is Phase.ACTING:
                tale.step_ends(Result.FAILED, hopeless=True)
        tale.version = "sha256:b"
        tale.crashed()
        assert tale.stands(Phase.ACTING)

    def test_a_given_up_target_that_comes_back_has_recovered(self) -> None:
        """What a human mended is told as recovered, and stays given up until its health is verified."""
        tale = Tale()
        tale.given_up()
        tale.started_anew()
        tale.stays_well(10)
        assert tale.told[-2:] == [ESCALATED, RECOVERED]
        tale.crashed()
        assert len(tale.performed) == 5
        tale.stays_well(620, every=20)
        tale.crashed()
        assert len(tale.performed) == 6

    def test_a_playbook_that_became_shorter_is_no_accident(self) -> None:
        """An incident whose rung is no longer in the playbook is verified by the first rung's rule."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.policy = replace(tale.policy, playbook=remedy(replace(RESTART, changes=False)))
        tale.stays_well(10)
        assert tale.told[-1] is HEALED

    def test_a_playbook_that_changes_nothing_hands_over(self) -> None:
        """Without a changing step there is nothing to try: a human is told."""
        tale = Tale(Policy(playbook=remedy(replace(RESTART, changes=False))))
        tale.crashed()
        assert tale.told == [OPENED, ESCALATED]
        tale.started_anew()
        tale.stays_well(10)
        assert tale.told == [OPENED, ESCALATED, RECOVERED]


class TestNotSeen:
    def test_nothing_follows_from_a_look_that_failed(self) -> None:
        """UNKNOWN opens no incident, holds nothing and does nothing."""
        tale = Tale()
        for _ in range(5):
            tale.unseen()
            tale.passes(60)
        assert (tale.told, tale.performed, tale.case.incident, tale.case.hold) == ([], [], None, None)

    def test_a_look_that_failed_is_made_again(self) -> None:
        """The list shows the target as it was: nothing else would ever say that it can be seen again."""
        tale = Tale()
        tale.unseen()
        assert tale.decision.effects == (Look(tale.policy.verify_every),)

    @pytest.mark.parametrize("phase", list(Phase))
    def test_a_look_that_failed_changes_no_phase(self, phase: Phase) -> None:
        """Whatever the phase, UNKNOWN moves nothing on and does nothing."""
        tale = Tale()
        match phase:
            case Phase.OPEN:
                tale.crashed()
                tale.step_ends(Result.FAILED)
            case Phase.ACTING:
                tale.crashed()
            case Phase.VERIFYING:
                tale.crashed()
                tale.step_ends()
            case Phase.ESCALATED:
                tale.given_up()
            case Phase.SUPPRESSED:
                tale.waits_for("db")
            case Phase.RESOLVED:
                tale.healed_by_a_step()
        assert tale.stands(phase)
        told, performed = len(tale.told), len(tale.performed)
        for _ in range(5):
            tale.passes(600)
            tale.unseen()
        assert tale.phase in (phase, None)
        assert (told, performed) == (len(tale.told), len(tale.performed))


class TestPeople:
    @pytest.mark.parametrize(
        ("down", "act"), [("stopped", Act.STOPPED), ("paused", Act.PAUSED), ("removed", Act.REMOVED)]
    )
    def test_what_a_person_took_down_stays_down(self, down: str, act: Act) -> None:
        """A stop, a pause or a removal by a person is told once, after 5 s, and never undone."""
        tale = Tale()
        tale.well()
        getattr(tale, down)()
        assert tale.told == []
        assert tale.looks == [5.0]
        for _ in range(100):
            tale.passes(60)
            getattr(tale, down)()
        assert tale.told == [HELD]
        assert tale.performed == []
        assert tale.case.hold is not None
        assert tale.case.hold.act is act
        assert tale.tells[0].notification.incident is None

    def test_a_quick_restart_by_a_person_tells_nothing(self) -> None:
        """`docker restart` is no news."""
        tale = Tale()
        tale.well()
        tale.stopped()
        tale.passes(2)
        tale.started_anew()
        tale.starting()
        tale.stays_well(20)
        assert tale.told == []
        assert tale.case.hold is None

    def test_a_slow_stop_is_told_when_it_is_over(self) -> None:
        """While a person's stop is under way watchdog waits; it is told once it has come to rest."""
        tale = Tale()
        for _ in range(4):
            tale.see(Status.WARNING, "being_stopped", by=Hand.PERSON, settled=False, look_again=2.0)
            assert tale.looks == [2.0]
            tale.passes(2)
        tale.see(Status.WARNING, "being_stopped", by=Hand.PERSON, settled=False)
        assert tale.looks == [tale.policy.verify_every]
        tale.stopped()
        assert tale.told == [HELD]

    def test_a_start_gives_it_back(self) -> None:
        """A person starts what was held: told, and healed again from then on."""
        tale = Tale()
        tale.stopped()
        tale.passes(5)
        tale.stopped()
        tale.started_anew()
        tale.well()
        assert tale.told == [HELD, RELEASED]
        assert tale.case.hold is None
        tale.crashed()
        assert tale.stands(Phase.ACTING)

    def test_a_start_gives_it_back_even_if_it_crashes_before_anybody_looks(self) -> None:
        """Started by a person and fallen by itself at once: that is a crash, no stop."""
        tale = Tale()
        tale.stopped()
        tale.passes(5)
        tale.stopped()
        tale.started_anew()
        tale.crashed()
        assert tale.told == [HELD, RELEASED, OPENED]
        assert tale.stands(Phase.ACTING)

    def test_a_held_target_whose_container_vanished_is_not_made_anew(self) -> None:
        """Held, and then its container is gone: nobody started it, so nobody gave it back."""
        tale = Tale()
        tale.stopped()
        tale.see(Status.CRITICAL, "missing", by=Hand.ITSELF, incarnation="c0ffee@gone")
        assert tale.performed == []
        assert tale.case.hold is not None

    def test_an_unpause_gives_it_back(self) -> None:
        """Paused and going on again is the same incarnation, and looked after again."""
        tale = Tale()
        tale.paused()
        tale.passes(5)
        tale.paused()
        tale.well()
        assert tale.told == [HELD, RELEASED]

    def test_unpaused_and_fallen_before_anybody_looks(self) -> None:
        """What fell by itself cannot have been paused any more."""
        tale = Tale()
        tale.paused()
        tale.crashed()
        assert tale.stands(Phase.ACTING)

    def test_a_paused_one_can_only_be_unpaused(self) -> None:
        """A release or a heal order cannot give back what only an unpause can: nothing is told twice."""
        tale = Tale()
        tale.paused()
        tale.passes(5)
        tale.paused()
        tale.order(Order.RELEASE)
        assert "unpause" in tale.decision.reason
        tale.order(Order.HEAL)
        tale.passes(10)
        tale.paused()
        assert tale.told == [HELD]

    def test_released_while_down_it_is_healed(self) -> None:
        """`watchdog release` of a stopped target: told, and brought back at once."""
        tale = Tale()
        tale.stopped()
        tale.passes(5)
        tale.stopped()
        tale.order(Order.RELEASE)
        assert tale.looks == [0.0]
        tale.stopped()
        assert tale.actions == ["restart_container"]
        tale.passes(1)
        tale.step_ends()
        tale.stays_well(10)
        assert tale.told == [HELD, RELEASED, OPENED, HEALED]
        assert tale.case.hold is None

    def test_released_after_it_was_removed_it_is_made_anew(self) -> None:
        """Stopped, then removed, then released: the release is for what is left of it now."""
        tale = Tale()
        tale.stopped()
        tale.passes(5)
        tale.removed()
        assert tale.case.hold is not None
        assert tale.case.hold.act is Act.REMOVED
        tale.order(Order.RELEASE)
        tale.removed()
        assert tale.actions == ["restart_container"]
        tale.step_ends()
        tale.see(Status.OK, "healthy", incarnation="decaf@1")
        assert tale.case.hold is None

    def test_a_second_stop_after_a_release_is_a_new_one(self) -> None:
        """A release is for one stop: stopped again, it is held again."""
        tale = Tale()
        tale.stopped()
        tale.order(Order.RELEASE)
        tale.stopped()
        tale.step_ends()
        tale.stays_well(10)
        tale.passes(5)
        tale.stopped()
        tale.passes(5)
        tale.stopped()
        assert tale.told[-1] is HELD
        assert len(tale.performed) == 1

    def test_a_release_ends_when_the_target_is_seen_up(self) -> None:
        """Given back while it was still being stopped, it went on running: a later stop is a new one."""
        tale = Tale()
        tale.see(Status.WARNING, "being_stopped", by=Hand.PERSON, settled=False)
        tale.order(Order.RELEASE)
        tale.well()
        tale.stopped()
        assert tale.performed == []
        assert tale.case.hold is not None
        assert not tale.case.hold.released

    def test_stopped_anew_in_another_incarnation_after_a_release(self) -> None:
        """Released, started by a person and stopped again before anybody looked: held again."""
        tale = Tale()
        tale.stopped()
        tale.order(Order.RELEASE)
        tale.started_anew()
        tale.stopped()
        assert tale.performed == []
        assert tale.case.hold is not None
        assert not tale.case.hold.released

    def test_release_of_what_is_not_held(self) -> None:
        """A release without a hold says so and does nothing."""
        tale = Tale()
        assert tale.order(Order.RELEASE).reason == "not held"
        tale.stopped()
        tale.order(Order.RELEASE)
        assert tale.order(Order.RELEASE).reason == "not held"
        assert tale.told == [RELEASED]

    def test_nobody_knows_who_stopped_it_so_a_human_is_asked_once(self) -> None:
        """Found down without a trace: asked once, not touched until answered."""
        tale = Tale()
        for _ in range(10):
            tale.unclear()
            tale.passes(5)
        assert tale.told == [ASKED]
        assert tale.performed == []
        tale.order(Order.RELEASE)
        tale.unclear()
        assert tale.stands(Phase.ACTING)

    def test_once_it_is_known_who_took_it_down_that_is_kept(self) -> None:
        """A person removes what was found down: removed it is, and an unclear look takes nothing back."""
        tale = Tale()
        tale.unclear()
        tale.removed()
        tale.unclear()
        assert tale.case.hold is not None
        assert tale.case.hold.act is Act.REMOVED

    def test_a_person_stops_it_in_the_middle_of_a_step(self) -> None:
        """The step is ended, the target is the person's, and people hear the end of the story at once."""
        tale = Tale()
        tale.unhealthy()
        tale.stopped()
        assert tale.aborted
        assert tale.incident.ending is Ending.TAKEN_OVER
        assert tale.told == [OPENED, HELD]
        assert tale.tells[-1].notification.incident == tale.incident.id
        tale.step_ends(Result.ABORTED)
        for _ in range(10):
            tale.passes(60)
            tale.stopped()
        assert len(tale.performed) == 1
        assert tale.told == [OPENED, HELD]

    @pytest.mark.parametrize("ended", [Result.DONE, Result.FAILED])
    def test_a_person_stops_it_between_two_steps(self, ended: Result) -> None:
        """Verification or waiting, a person's stop ends the incident and nothing more is done."""
        tale = Tale()
        tale.crashed()
        tale.step_ends(ended)
        tale.stopped()
        assert not tale.aborted
        assert tale.incident.ending is Ending.TAKEN_OVER
        assert tale.told == [OPENED, HELD]

    def test_a_look_from_before_the_stop_lifts_no_hold(self) -> None:
        """A slow look that still shows it up says nothing against the stop that was seen since."""
        tale = Tale()
        before = tale.now
        tale.passes(2)
        tale.stopped()
        tale.well(at=before)
        tale.unhealthy(at=before)
        assert tale.case.hold is not None
        assert tale.performed == []

    def test_a_look_from_after_the_stop_counts_although_the_stop_was_considered_late(self) -> None:
        """What counts is when it was seen: started after the stop was seen, it is given back."""
        tale = Tale()
        stopped = tale.now
        tale.passes(3)
        tale.see(Status.CRITICAL, "stopped", by=Hand.PERSON, at=stopped)
        tale.started_anew()
        tale.clock.boot -= 1
        started = tale.now
        tale.clock.boot += 1
        tale.well(at=started)
        assert tale.case.hold is None

    def test_taken_over_is_not_told_twice(self) -> None:
        """A takeover was told with its incident; the hold that follows is not told once more."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.stopped()
        tale.passes(60)
        tale.stopped()
        assert tale.told == [OPENED, HELD]


class TestNotAskedFor:
    """The project does not define the service any more."""

    @staticmethod
    def undefined(tale: Tale) -> None:
        tale.see(Status.OK, "undefined", by=Hand.ITSELF, incarnation="c0ffee@gone")

    def test_it_is_no_trouble_and_no_longer_held(self) -> None:
        """Nothing is told and nothing is done; a hold has nothing left to hold."""
        tale = Tale()
        tale.removed()
        self.undefined(tale)
        assert (tale.told, tale.performed, tale.case.hold) == ([], [], None)

    def test_an_open_incident_is_over(self) -> None:
        """Whoever took the service out of the project has taken the incident over, and that is told."""
        tale = Tale()
        tale.given_up()
        self.undefined(tale)
        assert tale.incident.ending is Ending.TAKEN_OVER
        assert tale.told[-2:] == [ESCALATED, HELD]
        assert tale.case.hold is None

    def test_it_is_over_while_a_hold_was_given_back(self) -> None:
        """Released, being made anew, and then taken out of the project: over as well."""
        tale = Tale()
        tale.removed()
        tale.order(Order.RELEASE)
        tale.removed()
        tale.step_ends(Result.FAILED)
        self.undefined(tale)
        assert tale.incident.ending is Ending.TAKEN_OVER
        assert tale.case.hold is None


class TestOrders:
    def test_hold_by_order(self) -> None:
        """A held target is watched and not touched, whatever becomes of it."""
        tale = Tale()
        tale.order(Order.HOLD)
        for _ in range(5):
            tale.crashed()
            tale.passes(60)
            tale.stopped()
            tale.well()
        assert tale.told == []
        assert tale.performed == []

    def test_hold_in_the_middle_of_a_step(self) -> None:
        """A hold ends the running step and the incident; both are told."""
        tale = Tale()
        tale.crashed()
        tale.order(Order.HOLD)
        assert tale.aborted
        assert tale.told == [OPENED, HELD]
        assert tale.stands(Phase.RESOLVED)

    def test_hold_while_an_incident_waits(self) -> None:
        """A hold closes an incident without a running step quietly."""
        tale = Tale()
        tale.given_up()
        tale.order(Order.HOLD)
        assert not tale.aborted
        assert tale.told[-2:] == [ESCALATED, HELD]

    def test_release_of_a_held_target_that_is_up(self) -> None:
        """Given back while it runs: the next crash is healed, the next stop by a person is respected."""
        tale = Tale()
        tale.order(Order.HOLD)
        tale.well()
        tale.order(Order.RELEASE)
        assert tale.told == [RELEASED]
        assert tale.case.hold is None
        tale.stopped()
        assert tale.performed == []

    def test_release_of_a_held_target_that_is_down(self) -> None:
        """Held, stopped and given back while it is down: it is brought back."""
        tale = Tale()
        tale.order(Order.HOLD)
        tale.well()
        tale.stopped()
        tale.order(Order.RELEASE)
        tale.stopped()
        assert tale.stands(Phase.ACTING)

    def test_release_of_a_held_target_that_was_up_again(self) -> None:
        """What was down under a hold and came back is up when it is given back."""
        tale = Tale()
        tale.order(Order.HOLD)
        tale.stopped()
        tale.started_anew()
        tale.well()
        tale.order(Order.RELEASE)
        assert tale.case.hold is None

    def test_release_of_a_held_target_that_is_paused(self) -> None:
        """Nothing can be done for a paused one: it stays held until it is unpaused, and that is told once."""
        tale = Tale()
        tale.order(Order.HOLD)
        tale.paused()
        tale.order(Order.RELEASE)
        tale.paused()
        tale.passes(5)
        tale.paused()
        assert tale.told == [RELEASED, HELD]
        assert tale.case.hold is not None
        assert tale.case.hold.act is Act.PAUSED

    def test_an_answer_of_no_and_then_yes(self) -> None:
        """Asked, answered with hold, and later released: brought back."""
        tale = Tale()
        tale.unclear()
        tale.order(Order.HOLD)
        tale.unclear()
        assert tale.performed == []
        tale.order(Order.RELEASE)
        tale.unclear()
        assert tale.stands(Phase.ACTING)

    @pytest.mark.parametrize("order", [Order.RETRY, Order.HEAL])
    def test_an_order_goes_on_after_giving_up(self, order: Order) -> None:
        """A human's order forgets the attempts: the ladder is climbed from its first rung."""
        tale = Tale()
        tale.given_up()
        tale.order(order)
        assert tale.looks == [0.0]
        tale.crashed()
        assert len(tale.performed) == 6
        assert tale.performed[-1].index == 0

    def test_an_order_while_a_step_runs_changes_nothing(self) -> None:
        """One step at a time on a target, also for people."""
        tale = Tale()
        tale.crashed()
        before = tale.case
        tale.order(Order.HEAL)
        assert tale.case == before

    def test_heal_brings_back_what_a_person_stopped(self) -> None:
        """`watchdog heal` of a stopped target is a release, and acts."""
        tale = Tale()
        tale.stopped()
        tale.order(Order.HEAL)
        tale.stopped()
        assert tale.stands(Phase.ACTING)

    def test_heal_ends_a_hold_by_order(self) -> None:
        """`watchdog heal` of a held target gives it back."""
        tale = Tale()
        tale.order(Order.HOLD)
        tale.crashed()
        tale.order(Order.HEAL)
        tale.crashed()
        assert tale.stands(Phase.ACTING)

    def test_heal_while_it_waits_for_its_next_attempt(self) -> None:
        """A human does not have to wait for the backoff."""
        tale = Tale()
        tale.crashed()
        tale.step_ends(Result.FAILED)
        tale.crashed()
        tale.order(Order.HEAL)
        tale.crashed()
        assert len(tale.performed) == 2


class TestRestraint:
    @pytest.mark.parametrize("of", ["target", "playbook"])
    def test_without_leave_to_act_a_human_is_told(self, of: str) -> None:
        """Told once, not touched; a human's order is leave for this incident."""
        policy = Policy(playbook=remedy())
        if of == "target":
            policy = replace(policy, autonomy=Autonomy.OBSERVE)
        else:
            policy = replace(policy, playbook=replace(policy.playbook, autonomy=Autonomy.OBSERVE))
        tale = Tale(policy)
        for _ in range(5):
            tale.crashed()
            tale.passes(60)
        assert tale.told == [OPENED, ESCALATED]
        assert tale.performed == []
        tale.order(Order.HEAL)
        tale.crashed()
        assert tale.stands(Phase.ACTING)

    def test_leave_given_by_a_new_config_counts_at_once(self) -> None:
        """An incident that was only told of is acted on when the configuration allows it."""
        tale = Tale(Policy(playbook=remedy(), autonomy=Autonomy.OBSERVE))
        tale.crashed()
        tale.policy = replace(tale.policy, autonomy=Autonomy.ACT)
        tale.crashed()
        assert tale.stands(Phase.ACTING)

    def test_a_standing_hold_keeps_hands_off(self) -> None:
        """A target that config or a label holds is watched and never touched."""
        tale = Tale(Policy(playbook=remedy(), standing_hold=True))
        for _ in range(5):
            tale.crashed()
            tale.passes(60)
        assert tale.told == []
        assert tale.performed == []

    def test_a_standing_hold_that_comes_later_ends_the_incident(self) -> None:
        """A hold by configuration takes an open incident over, and that is told."""
        tale = Tale()
        tale.crashed()
        tale.policy = replace(tale.policy, standing_hold=True)
        tale.crashed()
        assert tale.stands(Phase.ACTING)
        tale.step_ends()
        tale.well()
        assert tale.incident.ending is Ending.TAKEN_OVER
        assert tale.told == [OPENED, HELD]

    def test_a_machine_that_just_booted_is_given_its_time(self) -> None:
        """For the first minute after a boot nothing is judged: everything is still starting."""
        tale = Tale()
        tale.clock.boot = 20.0
        tale.crashed()
        assert tale.looks == [40.0]
        tale.unclear()
        tale.starting()
        assert (tale.told, tale.performed, tale.case.hold) == ([], [], None)
        tale.passes(40)
        tale.crashed()
        assert tale.stands(Phase.ACTING)

    def test_an_open_incident_waits_for_the_boot_too(self) -> None:
        """An incident that was open before a reboot is not acted on while everything is still starting."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.well()
        tale.clock.reboot()
        tale.daemon_returns()
        tale.crashed()
        assert len(tale.performed) == 1
        assert tale.incident.well_since is None
        tale.passes(60)
        tale.crashed()
        assert len(tale.performed) == 2

    def test_a_persons_stop_is_respected_even_in_the_first_minute(self) -> None:
        """A step that runs in the first minute is still ended by a person's stop."""
        tale = Tale()
        tale.crashed()
        tale.clock.boot = 5.0
        tale.stopped()
        assert tale.aborted


class TestDaemonReturns:
    def test_nothing_was_open(self) -> None:
        """Nothing to settle, nothing done."""
        tale = Tale()
        tale.daemon_returns()
        assert tale.decision.effects == ()

    def test_found_well_the_interrupted_step_is_verified(self) -> None:
        """Killed in the middle of a step that had worked: looked at, verified, not repeated."""
        tale = Tale()
        tale.crashed()
        tale.started_anew()
        tale.daemon_returns()
        assert tale.looks == [0.0]
        tale.stays_well(10)
        assert len(tale.performed) == 1
        assert tale.told == [OPENED, HEALED]

    def test_found_sick_the_interrupted_step_is_done_once_more(self) -> None:
        """Killed in the middle of a step that had not worked: once more, as the same attempt."""
        tale = Tale()
        tale.crashed()
        tale.daemon_returns()
        tale.crashed(by=Hand.WATCHDOG)
        assert [perform.again for perform in tale.performed] == [False, True]
        assert len(tale.case.ledger.attempts) == 1
        assert tale.told == [OPENED]

    def test_killed_again_it_is_not_repeated_without_a_count(self) -> None:
        """The second time the step counts as an attempt and waits its turn."""
        tale = Tale()
        tale.crashed()
        tale.daemon_returns()
        tale.crashed()
        tale.daemon_returns()
        tale.crashed()
        assert tale.stands(Phase.OPEN)
        tale.passes(10)
        tale.crashed()
        assert [perform.again for perform in tale.performed] == [False, True, False]
        assert len(tale.case.ledger.attempts) == 2

    def test_what_is_not_safe_to_repeat_is_handed_over(self) -> None:
        """An interrupted step that may do harm when done twice is a human's to judge."""
        tale = Tale(Policy(playbook=remedy(replace(RECREATE, repeatable=False))))
        tale.crashed()
        tale.daemon_returns()
        tale.crashed()
        assert tale.incident.reason == "interrupted"
        assert len(tale.performed) == 1

    def test_a_step_that_is_no_longer_in_the_playbook_is_not_repeated(self) -> None:
        """Interrupted, and its rung is gone from the playbook: handed over."""
        tale = Tale()
        tale.crashed()
        tale.daemon_returns()
        tale.policy = replace(tale.policy, playbook=remedy(replace(RESTART, changes=False)))
        tale.crashed()
        assert tale.incident.reason == "interrupted"

    def test_verification_starts_anew(self) -> None:
        """Health before the daemon's own end is no proof: nobody was watching in between."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.stays_well(8)
        tale.passes(60)
        tale.daemon_returns()
        tale.well()
        assert tale.told == [OPENED]
        tale.stays_well(10)
        assert tale.told == [OPENED, HEALED]

    def test_an_incident_goes_on_as_the_same_one(self) -> None:
        """Waiting for its next attempt, it is not told anew and not asked about, though no event tells who."""
        tale = Tale()
        tale.crashed()
        tale.step_ends(Result.FAILED)
        tale.crashed()
        tale.daemon_returns()
        tale.unclear()
        assert tale.told == [OPENED]
        assert tale.incident.finding.kind == "exited"
        tale.passes(10)
        tale.unclear()
        assert len(tale.performed) == 2

    def test_a_later_end_that_nobody_saw_is_asked_about(self) -> None:
        """Started and down again while the daemon was away: nobody knows by whose hand."""
        tale = Tale()
        tale.crashed()
        tale.step_ends(Result.FAILED)
        tale.crashed()
        tale.started_anew()
        tale.daemon_returns()
        tale.unclear()
        assert tale.told == [OPENED, ASKED]
        assert len(tale.performed) == 1

    def test_an_unhealthy_one_that_went_down_unseen_is_asked_about(self) -> None:
        """It was sick but up; who took it down while the daemon was away is not known."""
        tale = Tale()
        tale.given_up()
        tale.started_anew()
        tale.unhealthy()
        tale.daemon_returns()
        tale.unclear()
        assert tale.told[-1] is ASKED

    def test_an_escalated_one_stays_escalated(self) -> None:
        """A restart of the daemon is no reason to tell the same once more."""
        tale = Tale()
        tale.given_up()
        told = list(tale.told)
        tale.daemon_returns()
        tale.crashed()
        assert tale.told == told
        assert tale.stands(Phase.ESCALATED)

    def test_looks_are_asked_for(self) -> None:
        """Whatever was open is looked at as soon as the daemon is back."""
        tale = Tale()
        tale.given_up()
        tale.daemon_returns()
        assert tale.decision.effects == (Look(0.0),)
