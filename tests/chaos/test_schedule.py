"""What comes when, from a seed."""

from __future__ import annotations

from collections import Counter

from tests.chaos.schedule import CALM, SERVICES, Kind, make_schedule


def test_the_same_seed_brings_the_same_faults() -> None:
    """A run that broke something can be had again; another seed is another story."""
    assert make_schedule(7, 60) == make_schedule(7, 60)
    assert make_schedule(7, 60) != make_schedule(8, 60)


def test_faults_come_in_order_within_the_time_and_to_those_that_there_are() -> None:
    """What begins also ends: who is paused is unpaused, who is killed comes back."""
    for seed in range(20):
        planned = make_schedule(seed, 120)
        assert [each.at for each in planned] == sorted(each.at for each in planned)
        assert all(CALM <= each.at <= 120 for each in planned)
        assert all(set(each.targets) <= set(SERVICES) for each in planned)
        counts = Counter(each.kind for each in planned)
        assert counts[Kind.DAEMON_KILLED] + counts[Kind.CUT] == counts[Kind.DAEMON_BACK]
        assert counts[Kind.PAUSE] == counts[Kind.UNPAUSE]
        assert counts[Kind.MAINTENANCE] == counts[Kind.MAINTENANCE_ENDS]


def test_every_kind_of_fault_comes_in_some_story() -> None:
    """Nothing is planned that never happens; there are twenty services."""
    seen = {each.kind for seed in range(20) for each in make_schedule(seed, 120)}

    assert seen == set(Kind)
    assert len(SERVICES) == 20
