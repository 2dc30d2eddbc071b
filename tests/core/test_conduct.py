"""When a check is not asked any more."""

from __future__ import annotations

from watchdog.core.conduct import ENOUGH, Conduct


def test_five_failures_in_a_row_are_enough() -> None:
    """Not four; and what it answers in between forgives all."""
    conduct = Conduct()
    assert [conduct.failed("app") for _ in range(ENOUGH)] == [False] * (ENOUGH - 1) + [True]
    conduct = Conduct()
    for _ in range(ENOUGH * 2):
        assert not conduct.failed("app")
        conduct.answered()


def test_one_outage_that_breaks_all_looks_counts_once() -> None:
    """Twenty targets that cannot be looked at for one moment switch nothing off."""
    conduct = Conduct()
    assert not any(conduct.failed(f"app#{n}") for n in range(20))
