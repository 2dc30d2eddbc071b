"""How often the same must be seen before it counts."""

from __future__ import annotations

from tests.fakes import FakeClock
from watchdog.core.observation import Finding, Observation, Status
from watchdog.core.threshold import Streak, Threshold, believe

THREE = Threshold(failures=3, successes=2, again=4.0)


def look(status: Status, *, settled: bool = True) -> Observation:
    """One look."""
    return Observation(
        check="page",
        target="page",
        status=status,
        finding=Finding("x"),
        at=FakeClock().now(),
        settled=settled,
    )


def believed(threshold: Threshold, *statuses: Status) -> list[bool]:
    """Which of these looks, one after the other, count."""
    streak, counted = Streak(), []
    for status in statuses:
        streak, seen = believe(streak, look(status), threshold)
        counted.append(seen.settled)
        assert seen.settled or seen.look_again == threshold.again
    return counted


def test_one_failure_is_no_outage_three_are() -> None:
    """The third failure in a row counts, and all after it; a success between them begins the count anew."""
    assert believed(THREE, *[Status.CRITICAL] * 4) == [False, False, True, True]
    sick, well = Status.CRITICAL, Status.OK
    assert believed(THREE, sick, sick, well, sick, sick, sick) == [False, False, True, False, False, True]


def test_health_after_trouble_is_believed_at_the_second_look() -> None:
    """What was never seen sick is believed to be well at once."""
    sick, well = Status.CRITICAL, Status.OK
    assert believed(THREE, well, well) == [True, True]
    assert believed(THREE, sick, sick, sick, well, well) == [False, False, True, False, True]
    assert believed(THREE, sick, sick, sick, well, sick) == [False, False, True, False, True]


def test_by_default_every_look_counts() -> None:
    """Containers are judged by their own healthcheck's count."""
    assert believed(Threshold(), Status.CRITICAL, Status.OK, Status.WARNING) == [True] * 3


def test_what_could_not_be_seen_neither_counts_nor_ends_a_count() -> None:
    """UNKNOWN, and what still moves, are passed on as they are."""
    streak, _ = believe(Streak(), look(Status.CRITICAL), THREE)
    for seen in (look(Status.UNKNOWN), look(Status.CRITICAL, settled=False)):
        assert believe(streak, seen, THREE) == (streak, seen)
