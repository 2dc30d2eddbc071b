"""A target whose trouble is another's waits for that one, and is told in its message."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.tale import RESTART, STORM, Tale, remedy
from watchdog.core.decision import Approved, Order, Policy
from watchdog.core.incident import Ending, Phase
from watchdog.core.notification import Telling
from watchdog.core.observation import Status
from watchdog.core.playbook import Autonomy, Step
from watchdog.core.storm import Move
from watchdog.core.suppression import STACK, WAIT_LOOK
from watchdog.core.surroundings import Surroundings

OPENED, SUPPRESSED, AFFECTED, FOLLOWED = (
    Telling.OPENED,
    Telling.SUPPRESSED,
    Telling.AFFECTED,
    Telling.FOLLOWED,
)
ROOT = "9"


def told_where(tale: Tale) -> list[tuple[Telling, str | None]]:
    """What was told so far, and in the message of which incident."""
    told = [tell.notification for tell in tale.tells]
    return [(each.telling, each.incident) for each in told if each.telling is not Telling.ACTING]


class TestWaiting:
    def test_a_dependant_is_told_in_its_causes_message_and_not_touched(self) -> None:
        """The api waits for the db: measured, never healed, and one line in the db's message."""
        tale = Tale()
        for _ in range(10):
            tale.waits_for("db", ROOT)
            tale.passes(WAIT_LOOK)
        assert tale.performed == []
        assert told_where(tale) == [(AFFECTED, ROOT)]
        assert tale.tells[0].notification.facts["cause"] == "db"
        assert tale.looks == [WAIT_LOOK]
        assert tale.stands(Phase.SUPPRESSED)
        assert tale.case.ledger.attempts == ()

    def test_well_after_its_cause_it_is_told_there_too(self) -> None:
        """It came back when the db did: said in the db's message, no success of ours."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.alone()
        tale.stays_well(10)
        assert told_where(tale) == [(AFFECTED, ROOT), (FOLLOWED, ROOT)]
        assert tale.stands(Phase.RESOLVED)
        assert tale.incident.ending is Ending.RECOVERED

    def test_a_cause_that_was_handed_to_a_human_is_waited_for_no_more(self) -> None:
        """Nobody will mend it soon: what can be done about this one is done at once."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.surrounded_by(Surroundings(given_up=True))
        tale.unhealthy()
        assert tale.actions == ["restart_container"]

    def test_a_front_that_asks_an_old_address_does_not_come_back_by_itself(self) -> None:
        """What was behind it is well again, at another address: it is told at once."""
        tale = Tale()
        tale.waits_for("grafana", ROOT)
        tale.alone()
        tale.see(Status.CRITICAL, "web_upstream_stale")
        assert tale.actions == ["restart_container"]

    def test_what_was_told_already_goes_on_in_its_own_message(self) -> None:
        """Its trouble was told before the cause was known: people hear in both messages that it waits."""
        tale = Tale()
        tale.unhealthy()
        tale.step_ends()
        tale.passes(1)
        tale.waits_for("db", ROOT)
        assert told_where(tale) == [(OPENED, "1"), (AFFECTED, ROOT), (SUPPRESSED, "1")]
        tale.alone()
        tale.stays_well(10)
        assert told_where(tale)[3:] == [(Telling.RECOVERED, "1")]

    def test_a_cause_in_a_persons_hands_has_no_message_of_its_own(self) -> None:
        """The db is held: who waits for it says so by itself, once, and tells its own end."""
        tale = Tale()
        tale.waits_for("db")
        tale.waits_for("db")
        tale.alone()
        tale.stays_well(10)
        assert told_where(tale) == [(SUPPRESSED, "1"), (Telling.RECOVERED, "1")]

    def test_another_cause_is_waited_for_without_another_word(self) -> None:
        """Behind the db it is the disk: the wait goes on."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.waits_for("disk", "10")
        assert tale.incident.cause == "disk"
        assert told_where(tale) == [(AFFECTED, ROOT)]

    def test_still_moving_it_waits_on(self) -> None:
        """A dependant that starts anew meanwhile is looked at again, and nothing else."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.starting()
        assert tale.looks == [WAIT_LOOK]
        assert tale.stands(Phase.SUPPRESSED)

    def test_stopped_by_a_person_while_it_waits(self) -> None:
        """A person takes it down: that is told, it is held, and waits for nothing any more."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.stopped()
        assert told_where(tale)[-1] == (Telling.HELD, "1")
        assert tale.incident.ending is Ending.TAKEN_OVER

    def test_it_waits_on_after_a_restart_of_the_daemon(self) -> None:
        """The daemon was killed: the wait goes on, and is not told again."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.daemon_returns()
        assert tale.looks == [0.0]
        tale.waits_for("db", ROOT)
        assert told_where(tale) == [(AFFECTED, ROOT)]
        assert tale.stands(Phase.SUPPRESSED)


class TestItsCauseIsGone:
    def test_what_is_up_gets_a_minute_to_come_back(self) -> None:
        """59 s after its cause it is left alone, at 60 s it has a trouble of its own: told, and healed."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.alone()
        tale.unhealthy()
        assert tale.looks == [WAIT_LOOK]
        tale.passes(59)
        tale.unhealthy()
        assert tale.looks == [1.0]
        assert tale.performed == []
        tale.passes(1)
        tale.unhealthy()
        assert told_where(tale) == [(AFFECTED, ROOT), (OPENED, "1")]
        assert tale.actions == ["restart_container"]

    def test_the_minute_begins_anew_when_the_cause_falls_again(self) -> None:
        """Whoever waits for a flapping db is not restarted in between."""
        tale = Tale()
        for _ in range(5):
            tale.waits_for("db", ROOT)
            tale.alone()
            tale.unhealthy()
            tale.passes(50)
        assert tale.performed == []

    def test_what_is_down_acts_at_once(self) -> None:
        """A container that ended does not come back by itself."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.alone()
        tale.crashed()
        assert tale.actions == ["restart_container"]
        assert told_where(tale)[-1] == (OPENED, "1")

    def test_what_has_lost_its_network_acts_at_once(self) -> None:
        """A container stranded without the network of its cause needs a restart, not a minute."""
        tale = Tale()
        tale.waits_for("vpn", ROOT)
        tale.alone()
        tale.see(Status.CRITICAL, "stranded")
        assert tale.actions == ["restart_container"]

    def test_who_was_told_by_itself_is_not_opened_twice(self) -> None:
        """Its own message was there already: it only goes on."""
        tale = Tale()
        tale.waits_for("db")
        tale.alone()
        tale.crashed()
        assert told_where(tale) == [(SUPPRESSED, "1")]
        assert tale.actions == ["restart_container"]

    def test_what_fell_while_it_waited_is_known_to_have_fallen(self) -> None:
        """After a restart of the daemon nobody remembers events; the incident still does, and it is healed."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.crashed()
        assert tale.performed == []
        tale.alone()
        tale.daemon_returns()
        tale.unclear()
        assert tale.case.hold is None
        assert tale.actions == ["restart_container"]


class TestAPersonKnowsBetter:
    @pytest.mark.parametrize("order", [Order.HEAL, Order.RETRY])
    def test_an_order_is_an_order_to_heal_this_one(self, order: Order) -> None:
        """Told to heal the api it heals the api, whatever the db is doing."""
        tale = Tale()
        tale.waits_for("db", ROOT)
        tale.order(order)
        tale.unhealthy()
        assert tale.actions == ["restart_container"]
        assert not tale.performed[0].counts

    def test_a_yes_to_a_step_means_this_one(self) -> None:
        """A yes that was given is not lost because a cause turned up in between."""
        ask = Step(action="recreate_service", autonomy=Autonomy.PROPOSE, verify=RESTART.verify)
        tale = Tale(Policy(playbook=remedy(ask)))
        tale.unhealthy()
        tale.happens(Approved("1-1", "ada"))
        tale.waits_for("db", ROOT)
        assert tale.actions == ["recreate_service"]

    def test_who_was_called_for_it_is_told_how_it_ends(self) -> None:
        """Escalated is escalated: a cause that turns up later changes nothing."""
        tale = Tale()
        tale.given_up()
        tale.waits_for("db", ROOT)
        assert tale.stands(Phase.ESCALATED)
        assert AFFECTED not in tale.told


class TestStorm:
    def test_many_are_told_in_one_message_and_started(self) -> None:
        """One of many that ended: started, and not a word of its own from beginning to end."""
        tale = Tale()
        tale.in_a_storm(Move.START)
        tale.healed_by_a_step()
        assert tale.stands(Phase.RESOLVED)
        assert tale.tells == []
        assert not tale.performed[0].counts

    def test_the_one_that_all_others_need_is_healed(self) -> None:
        """The shared cause is acted upon although it runs."""
        tale = Tale()
        tale.in_a_storm(Move.HEAL)
        tale.unhealthy()
        assert tale.actions == ["restart_container"]

    def test_the_unhealthy_are_left_alone(self) -> None:
        """What runs is not restarted because half of the stack is sick: a human was asked."""
        tale = Tale()
        tale.in_a_storm(Move.ASK)
        tale.unhealthy()
        assert tale.stands(Phase.SUPPRESSED)
        assert tale.incident.cause == STACK
        assert tale.tells == []
        assert "a human was asked" in tale.decision.reason
        tale.alone()
        tale.stays_well(10)
        assert tale.tells == []

    def test_told_before_the_storm_it_says_that_it_is_part_of_it(self) -> None:
        """Its own message was sent already: it says there that nothing is done, and how it ended."""
        tale = Tale(Policy(playbook=remedy(replace(RESTART, attempts=1))))
        tale.unhealthy()
        tale.step_ends()
        tale.in_a_storm(Move.ASK)
        tale.unhealthy()
        assert told_where(tale) == [(OPENED, "1"), (SUPPRESSED, "1")]
        tale.alone()
        tale.stays_well(10)
        assert told_where(tale)[-1] == (Telling.RECOVERED, "1")

    def test_who_needs_another_of_them_waits_and_is_started_then(self) -> None:
        """In the storm's message it is told for whom it waits; its start is no news of its own."""
        tale = Tale()
        tale.in_a_storm(Move.WAIT_FOR, cause="db")
        tale.crashed()
        assert told_where(tale) == [(AFFECTED, STORM)]
        tale.in_a_storm(Move.START)
        tale.crashed()
        assert tale.actions == ["restart_container"]
        tale.step_ends()
        tale.stays_well(10)
        assert told_where(tale) == [(AFFECTED, STORM)]

    def test_still_sick_after_the_storm_it_is_told_by_itself(self) -> None:
        """The storm is over and this one is not: from now on it has its own message."""
        tale = Tale()
        tale.in_a_storm(Move.START)
        tale.crashed()
        tale.step_ends()
        tale.alone()
        tale.crashed()
        assert told_where(tale) == [(OPENED, "1")]
        tale.passes(20)
        tale.crashed()
        tale.step_ends()
        tale.stays_well(10)
        assert told_where(tale) == [(OPENED, "1"), (Telling.HEALED, "1")]

    def test_a_human_who_is_called_in_a_storm_hears_how_it_ends(self) -> None:
        """Escalated in the middle of a storm it is told by itself, to its end."""
        tale = Tale()
        tale.in_a_storm(Move.START)
        tale.given_up()
        tale.started_anew()
        tale.stays_well(10)
        assert told_where(tale) == [(Telling.ESCALATED, "1"), (Telling.RECOVERED, "1")]

    def test_a_human_who_is_asked_in_a_storm_hears_how_it_ends(self) -> None:
        """A proposal is a question to a person: who answers wants to know."""
        ask = Step(action="recreate_service", autonomy=Autonomy.PROPOSE, verify=RESTART.verify)
        tale = Tale(Policy(playbook=remedy(ask)))
        tale.in_a_storm(Move.START)
        tale.crashed()
        tale.happens(Approved("1-1", "ada"))
        tale.crashed()
        tale.step_ends()
        tale.stays_well(10)
        assert told_where(tale) == [(Telling.PROPOSED, "1"), (Telling.HEALED, "1")]
