"""Maintenance and flapping, as the story of one target: when it is left alone, and how it ends."""

from __future__ import annotations

from tests.core.tale import Tale
from watchdog.core.decision import Order
from watchdog.core.incident import Ending, Phase
from watchdog.core.notification import Telling
from watchdog.core.storm import Move
from watchdog.core.surroundings import Surroundings

MAINTAINED = Surroundings(maintenance=True)
OPENED, FLAPPING, HEALED, RECOVERED = (
    Telling.OPENED,
    Telling.FLAPPING,
    Telling.HEALED,
    Telling.RECOVERED,
)


class TestMaintenance:
    def test_what_falls_meanwhile_is_neither_told_nor_touched(self) -> None:
        """Somebody works on it: a crash is theirs, and no incident."""
        tale = Tale()
        tale.surrounded_by(MAINTAINED)
        for _ in range(20):
            tale.crashed()
            tale.unhealthy()
            tale.starting()
            tale.passes(30)
        assert tale.performed == []
        assert tale.tells == []
        assert tale.case.incident is None

    def test_still_sick_when_it_is_over_it_is_judged(self) -> None:
        """At the first look after it the trouble is ours."""
        tale = Tale()
        tale.surrounded_by(MAINTAINED)
        tale.crashed()
        tale.alone()
        tale.crashed()
        assert tale.told == [OPENED]
        assert tale.actions == ["restart_container"]

    def test_an_open_incident_waits_and_may_end(self) -> None:
        """It began before: nothing is done about it any more, and it is closed when the target is well."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.surrounded_by(MAINTAINED)
        for _ in range(20):
            tale.crashed()
            tale.passes(30)
        assert len(tale.performed) == 1
        assert tale.told == [OPENED]
        tale.started_anew()
        tale.stays_well(10)
        assert tale.stands(Phase.RESOLVED)
        assert tale.incident.ending is Ending.HEALED

    def test_health_must_be_seen_without_a_break_here_too(self) -> None:
        """Well, sick, well: the proof begins anew."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.surrounded_by(MAINTAINED)
        tale.stays_well(8)
        tale.unhealthy()
        tale.stays_well(8)
        assert not tale.stands(Phase.RESOLVED)

    def test_a_step_that_ran_is_not_repeated(self) -> None:
        """The daemon was killed in its middle and maintenance began: nothing is done once more."""
        tale = Tale()
        tale.crashed()
        tale.daemon_returns()
        tale.surrounded_by(MAINTAINED)
        tale.crashed()
        assert len(tale.performed) == 1

    def test_an_order_waits_until_it_is_over(self) -> None:
        """Even an order to heal is carried out only then: maintenance says that nothing is touched."""
        tale = Tale()
        tale.crashed()
        tale.step_ends()
        tale.surrounded_by(MAINTAINED)
        tale.order(Order.HEAL)
        tale.crashed()
        assert len(tale.performed) == 1
        tale.alone()
        tale.crashed()
        assert len(tale.performed) == 2

    def test_what_a_person_stops_is_held_as_ever(self) -> None:
        """Stopped during maintenance it stays stopped after it."""
        tale = Tale()
        tale.surrounded_by(MAINTAINED)
        tale.stopped()
        tale.passes(5)
        tale.stopped()
        tale.alone()
        tale.passes(60)
        tale.stopped()
        assert tale.case.hold is not None
        assert tale.performed == []


def flaps(tale: Tale, times: int, every: float = 15.0) -> None:
    """It is well and sick by turns; steps that begin are done."""
    for _ in range(times):
        tale.well()
        tale.passes(every)
        tale.unhealthy()
        if tale.stands(Phase.ACTING):
            tale.passes(1)
            tale.step_ends()
        tale.passes(every)


class TestFlapping:
    def test_it_is_one_incident_told_once(self) -> None:
        """Ten minutes of up and down are told as what they are: one opening, one word about flapping."""
        tale = Tale()
        flaps(tale, 4, every=4)
        opened = tale.opened
        flaps(tale, 40, every=4)
        assert tale.told.count(FLAPPING) == 1
        assert tale.opened == opened
        assert tale.told.count(OPENED) == opened

    def test_three_actions_in_ten_minutes(self) -> None:
        """It flaps for an hour: never more than three steps within ten minutes, and a human before the sixth."""
        tale = Tale()
        at: list[float] = []
        for _ in range(120):
            before = len(tale.performed)
            flaps(tale, 1)
            at += [tale.clock.boot] * (len(tale.performed) - before)
        assert at
        for first in at:
            assert sum(first <= each < first + 600 for each in at) <= 3
        assert len(at) <= 5

    def test_it_is_closed_only_after_it_was_steady(self) -> None:
        """Ten seconds of health prove nothing for what comes and goes: it takes ten minutes."""
        tale = Tale()
        flaps(tale, 6, every=4)
        tale.stays_well(590, every=10)
        assert tale.phase in (Phase.VERIFYING, Phase.ESCALATED)
        tale.stays_well(10, every=10)
        assert tale.stands(Phase.RESOLVED)
        assert tale.told[-1] in (HEALED, RECOVERED)

    def test_long_health_is_watched_less_often(self) -> None:
        """Nobody needs three hundred looks to see ten minutes of health."""
        tale = Tale()
        flaps(tale, 6, every=4)
        tale.well()
        assert tale.looks == [15.0]
        tale.stays_well(550, every=10)
        assert tale.looks == [2.0]

    def test_a_person_who_orders_it_need_not_wait(self) -> None:
        """An order to heal is carried out, however often it was touched."""
        tale = Tale()
        flaps(tale, 12)
        made = len(tale.performed)
        tale.order(Order.HEAL)
        tale.unhealthy()
        assert len(tale.performed) == made + 1

    def test_under_maintenance_it_is_not_told(self) -> None:
        """What comes and goes while somebody works on it is their doing."""
        tale = Tale()
        tale.surrounded_by(MAINTAINED)
        flaps(tale, 6, every=4)
        assert tale.tells == []

    def test_in_a_storm_it_is_not_told_by_itself(self) -> None:
        """One of many that comes and goes: one message tells of all of them."""
        tale = Tale()
        tale.in_a_storm(Move.START)
        flaps(tale, 6, every=4)
        assert tale.case.ledger.flaps is not None
        assert tale.case.ledger.flaps.since is not None
        assert FLAPPING not in tale.told
