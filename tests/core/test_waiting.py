"""Waits of which people are told, so that nobody wonders why nothing happens."""

from __future__ import annotations

import pytest

from tests.core.tale import Tale, remedy
from watchdog.core.budget import BudgetLimits
from watchdog.core.decision import Policy
from watchdog.core.notification import Telling
from watchdog.core.storm import Move
from watchdog.core.surroundings import Surroundings
from watchdog.core.waiting import LONG_WAIT


def spent(tale: Tale) -> Surroundings:
    """The stack's budget was spent just now."""
    return Surroundings(begun=(tale.now,) * 10)


def test_a_spent_budget_is_told_once_with_the_time_it_takes() -> None:
    """The next trouble waits for minutes: its message says why and for how long, and does not repeat it."""
    tale = Tale()
    tale.surrounded_by(spent(tale))
    tale.crashed()
    assert tale.told == [Telling.OPENED, Telling.WAITING]
    assert tale.tells[-1].notification.facts == {"reason": "budget-spent", "seconds": 600}
    for _ in range(5):
        tale.passes(60)
        tale.crashed()
    assert tale.told == [Telling.OPENED, Telling.WAITING]
    assert tale.performed == []


def test_a_short_wait_is_not_told() -> None:
    """Seconds until the next attempt are nobody's business."""
    tale = Tale()
    tale.crashed()
    tale.step_ends()
    tale.crashed()
    assert tale.decision.reason.startswith("backing-off")
    assert tale.told == [Telling.OPENED]


@pytest.mark.parametrize(("passed", "told"), [(600 - LONG_WAIT, True), (600 - LONG_WAIT + 1, False)])
def test_where_the_border_is(passed: float, told: bool) -> None:
    """A minute and longer is a wait that is told."""
    tale = Tale()
    tale.surrounded_by(spent(tale))
    tale.passes(passed)
    tale.crashed()
    assert (Telling.WAITING in tale.told) is told


def test_what_is_a_part_of_another_trouble_does_not_tell_of_its_waits() -> None:
    """Many wait in a storm: one message tells of all of them."""
    tale = Tale(Policy(playbook=remedy(), budget=BudgetLimits(ask_again=90)))
    tale.in_a_storm(Move.WAIT)
    tale.crashed()
    assert tale.looks == [90]
    assert tale.told == []
