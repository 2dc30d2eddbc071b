"""How much a target may be touched."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock
from watchdog.core.guardrail import Ledger, Limits, judge_attempt
from watchdog.core.verdict import Allow, Refuse

LIMITS = Limits()


def after(attempts: int, clock: FakeClock) -> Ledger:
    """A ledger with so many attempts, the last one just ended."""
    ledger = Ledger(target="web", version="a")
    for _ in range(attempts):
        ledger = ledger.begun("restart_container", clock.now())
    return ledger.ended(clock.now())


def test_the_waits_are_those_of_the_promise() -> None:
    """0, 10, 20, 40, 80, 160 s and never more than 300."""
    assert [LIMITS.wait_before(n) for n in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]


@given(
    first=st.floats(0, 1e6),
    factor=st.floats(1, 100),
    longest=st.floats(0, 1e6),
    attempt=st.integers(0, 10**6),
)
def test_no_wait_is_longer_than_the_longest_nor_shorter_than_the_one_before(
    first: float, factor: float, longest: float, attempt: int
) -> None:
    """Whatever is configured, and however many attempts there were."""
    limits = Limits(first=first, factor=factor, longest=longest)
    assert limits.wait_before(attempt) <= limits.wait_before(attempt + 1) <= longest


def test_the_first_attempt_is_immediate() -> None:
    """Nothing held against it, nothing to wait for."""
    assert judge_attempt(Ledger(target="web"), LIMITS, FakeClock().now()) == Allow()


@pytest.mark.parametrize("attempts", [1, 2, 3, 4])
def test_an_attempt_waits_from_the_end_of_the_one_before(attempts: int) -> None:
    """Refused until its wait is over, to the second; the refusal says how long."""
    clock = FakeClock()
    ledger = after(attempts, clock)
    wait = LIMITS.wait_before(attempts)
    assert judge_attempt(ledger, LIMITS, clock.now()) == Refuse("backing-off", wait=wait)
    clock.advance(wait - 0.5)
    assert judge_attempt(ledger, LIMITS, clock.now()) == Refuse("backing-off", wait=0.5)
    clock.advance(0.5)
    assert judge_attempt(ledger, LIMITS, clock.now()) == Allow()


def test_after_the_last_attempt_waiting_does_not_help() -> None:
    """Five attempts, then a human; the same for what is given up otherwise."""
    clock = FakeClock()
    spent = after(5, clock)
    clock.advance(1e6)
    assert judge_attempt(spent, LIMITS, clock.now()) == Refuse("attempts-spent")
    given_up = Ledger(target="web", given_up=True)
    assert judge_attempt(given_up, LIMITS, clock.now()) == Refuse("attempts-spent")


def test_a_reboot_shortens_no_wait() -> None:
    """The true span across a reboot is not known, so the time since the boot stands for it."""
    clock = FakeClock()
    ledger = after(3, clock)
    clock.reboot()
    assert judge_attempt(ledger, LIMITS, clock.now()) == Refuse("backing-off", wait=39.0)


def test_another_image_has_a_ledger_of_its_own() -> None:
    """A new version clears the attempts; an unknown one changes nothing; the first known one is noted."""
    clock = FakeClock()
    ledger = after(5, clock)
    assert ledger.for_version("b") == Ledger(target="web", version="b")
    assert ledger.for_version("") == ledger
    assert ledger.for_version("a") == ledger
    assert Ledger(target="web").begun("x", clock.now()).for_version("b").attempts != ()


def test_health_forgets_when_it_has_lasted() -> None:
    """Ten minutes of health clear the attempts and the giving up, nine do not; sickness ends the count."""
    clock = FakeClock()
    well = after(5, clock).seen_well(clock.now())
    clock.advance(599)
    assert well.seen_well(clock.now()) == well
    assert len(well.seen_otherwise(LIMITS, clock.now()).attempts) == 5
    assert well.seen_otherwise(LIMITS, clock.now()).healthy_since is None
    clock.advance(1)
    assert well.forgiven(LIMITS, clock.now()).attempts == ()
    assert well.forgiven(LIMITS, clock.now()).healthy_since == well.healthy_since
    assert well.seen_otherwise(LIMITS, clock.now()) == Ledger(target="web", version="a")


def test_sickness_without_health_before_changes_nothing() -> None:
    """There is nothing to end."""
    clock = FakeClock()
    ledger = after(2, clock)
    assert ledger.seen_otherwise(LIMITS, clock.now()) == ledger


def test_the_end_of_no_attempt_is_nothing() -> None:
    """An end without a beginning leaves the ledger as it is."""
    assert Ledger(target="web").ended(FakeClock().now()) == Ledger(target="web")


def test_the_waits_grow() -> None:
    """Each wait is at least as long as the one before."""
    assert all(early <= late for early, late in pairwise(LIMITS.wait_before(n) for n in range(50)))
