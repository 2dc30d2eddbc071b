"""How much may be done to the whole stack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock
from watchdog.core.budget import Budget, BudgetLimits, judge_budget, room_after
from watchdog.core.verdict import Allow, Refuse

LIMITS = BudgetLimits()
ABCD = tuple(frozenset(one) for one in "abcd")


def spent(times: int, clock: FakeClock, every: float = 1.0) -> Budget:
    """A budget of which so many actions were taken, one after the other."""
    budget = Budget()
    for _ in range(times):
        budget = budget.spent(LIMITS, clock.now())
        clock.advance(every)
    return budget


def test_ten_actions_in_ten_minutes() -> None:
    """The eleventh waits until the first is ten minutes old, to the second."""
    clock = FakeClock()
    assert judge_budget(spent(9, clock).begun, (), "web", LIMITS, clock.now()) == Allow()
    budget = spent(10, clock)
    assert judge_budget(budget.begun, (), "web", LIMITS, clock.now()) == Refuse("budget-spent", wait=590)
    clock.advance(590)
    assert judge_budget(budget.begun, (), "web", LIMITS, clock.now()) == Allow()
    assert len(budget.spent(LIMITS, clock.now()).begun) == 10


def test_four_at_once() -> None:
    """The fifth waits for one of them to end: it asks again."""
    clock = FakeClock()
    assert judge_budget((), ABCD[:3], "web", LIMITS, clock.now()) == Allow()
    assert judge_budget((), ABCD, "web", LIMITS, clock.now()) == Refuse("too-many-at-once", wait=2.0)


def test_an_action_counts_once_whatever_it_keeps_busy() -> None:
    """One on behalf of a page acts on what is behind it: two are busy, one is at work."""
    busy = tuple(frozenset({f"page-{one}", one}) for one in "abc")
    assert judge_budget((), busy, "web", LIMITS, FakeClock().now()) == Allow()
    assert judge_budget((), busy, "b", LIMITS, FakeClock().now()) == Refuse("target-busy", wait=2.0)


def test_never_two_on_one_target() -> None:
    """Whoever asks, and however much budget is left."""
    now = FakeClock().now()
    for planned in (False, True):
        verdict = judge_budget((), [{"web"}], "web", LIMITS, now, planned=planned)
        assert verdict == Refuse("target-busy", wait=2.0)


def test_planned_work_counts_against_those_at_once_only() -> None:
    """A backup at night does not wait for a spent budget, but for a free hand."""
    clock = FakeClock()
    begun = spent(20, clock).begun
    assert judge_budget(begun, ABCD[:1], "web", LIMITS, clock.now(), planned=True) == Allow()
    full = judge_budget(begun, ABCD, "web", LIMITS, clock.now(), planned=True)
    assert full == Refuse("too-many-at-once", wait=2.0)


def test_a_reboot_expires_nothing_early() -> None:
    """The seconds since the boot stand for the true span."""
    clock = FakeClock()
    budget = spent(10, clock, every=50)
    clock.reboot()
    assert judge_budget(budget.begun, (), "web", LIMITS, clock.now()) == Refuse("budget-spent", wait=599)


def test_a_wall_clock_that_jumps_changes_nothing() -> None:
    """Ten years forward are no ten minutes."""
    clock = FakeClock()
    budget = spent(10, clock)
    clock.wall = clock.wall.replace(year=2036)
    assert isinstance(judge_budget(budget.begun, (), "web", LIMITS, clock.now()), Refuse)


def test_no_budget_at_all_is_a_wait_and_not_the_end() -> None:
    """Zero actions a window: the refusal still has a wait."""
    none = BudgetLimits(actions=0)
    assert judge_budget((), (), "web", none, FakeClock().now()) == Refuse("budget-spent", wait=600)


@given(st.lists(st.floats(0, 300), max_size=60), st.integers(1, 10))
def test_no_window_ever_holds_more_than_is_allowed(gaps: list[float], most: int) -> None:
    """Whenever it is asked, and if it is obeyed."""
    clock = FakeClock()
    limits = BudgetLimits(actions=most)
    budget = Budget()
    begun: list[float] = []
    for gap in gaps:
        now = clock.advance(gap)
        verdict = judge_budget(budget.begun, (), "web", limits, now)
        if isinstance(verdict, Allow):
            budget = budget.spent(limits, now)
            begun.append(clock.boot)
        else:
            assert verdict.wait is not None
            assert 0 < verdict.wait <= limits.window
    for start in begun:
        assert sum(start <= at < start + limits.window - 1e-6 for at in begun) <= most


@pytest.mark.parametrize("order", [1, -1])
def test_room_does_not_depend_on_the_order(order: int) -> None:
    """The youngest count, wherever they stand."""
    clock = FakeClock()
    begun = spent(5, clock, every=10).begun
    assert room_after(begun[::order], 3, 100, clock.now()) == 70
