"""Is data still arriving?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes import FakeClock
from watchdog.core.freshness import FreshnessRules, Mark, Reading, closed, judge_freshness
from watchdog.core.observation import Observation, Status
from watchdog.core.trading_hours import parse_hours

RULES = FreshnessRules(warn=120, critical=300, ahead=30)


class Series:
    """One series, looked at again and again."""

    def __init__(self, rules: FreshnessRules = RULES) -> None:
        self.clock = FakeClock()  # a Monday, 12:00 UTC
        self.rules = rules
        self.mark: Mark | None = None

    def time(self, age: float = 0) -> float:
        return self.clock.wall.timestamp() - age

    def look(self, newest: float | None, *, future: float | None = None, whole: bool = True) -> Observation:
        reading = Reading(newest=newest, future=future, whole=whole)
        seen, self.mark = judge_freshness(
            "feeds", "prices", reading, self.mark, rules=self.rules, now=self.clock.now()
        )
        return seen

    def kind(self, newest: float | None, **more: float | bool) -> str:
        return self.look(newest, **more).finding.kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("age", "status", "kind"),
    [
        (0, Status.OK, "fresh"),
        (120, Status.OK, "fresh"),
        (121, Status.WARNING, "late"),
        (300, Status.WARNING, "late"),
        (301, Status.CRITICAL, "silent"),
        (-20, Status.OK, "fresh"),
        (-31, Status.UNKNOWN, "from_the_future"),
    ],
)
def test_age_decides(age: float, status: Status, kind: str) -> None:
    """Up to two minutes fresh, up to five late, then silent; a point of the future proves nothing."""
    series = Series()
    seen = series.look(series.time(age))
    assert (seen.status, seen.finding.kind) == (status, kind)
    assert (seen.check, seen.target, seen.incarnation, seen.stopped_by, seen.settled) == (
        "feeds",
        "prices",
        "",
        None,
        True,
    )
    if age >= 0:
        assert seen.measurements == {"age_seconds": age}


def test_no_point_ever_is_not_known() -> None:
    """Nothing was ever seen: a mistyped name looks the same, so nothing follows."""
    assert Series().look(None).status is Status.UNKNOWN


def test_points_that_are_gone_are_silence() -> None:
    """There were points, and the answer is empty now: the silence goes on and is counted from the last one."""
    series = Series()
    last = series.time()
    assert series.kind(last) == "fresh"
    series.clock.advance(400)
    assert series.kind(None) == "silent"
    assert series.kind(None, whole=False) == "no_points"
    assert series.kind(None) == "silent"


def test_what_still_moves_is_not_silent() -> None:
    """Old points that arrive one after the other: it is catching up, and is let alone."""
    series = Series()
    series.look(series.time(3000))
    for _ in range(5):
        series.clock.advance(30)
        assert series.kind(series.time(2500)) == "behind"
    stuck = series.time(2500)
    series.clock.advance(121)
    assert series.kind(stuck) == "silent"


def test_a_point_of_the_future_hides_no_silence_and_causes_none() -> None:
    """While fresh points come, one of the future is of no importance; without them nothing is known."""
    series = Series()
    ahead = series.time(-9000)
    assert series.kind(series.time(5), future=ahead) == "fresh"
    assert series.kind(series.time(900), future=ahead) == "from_the_future"


@pytest.mark.parametrize("jump", [-7200, 7200])
def test_a_clock_that_is_set_is_no_silence(jump: float) -> None:
    """Nothing follows from ages right after the clock was set; a point of the new time ends that."""
    series = Series()
    series.look(series.time(1))
    last = series.time(1)
    series.clock.wall += timedelta(seconds=jump)
    series.clock.advance(30)
    seen = series.look(last)
    assert seen.status is Status.UNKNOWN
    assert seen.finding.kind == ("clock_was_set" if jump > 0 else "from_the_future")
    series.clock.advance(30)
    assert series.kind(series.time(2)) == "fresh"
    stuck = series.time(0)
    series.clock.advance(301)
    assert series.kind(stuck) == "silent"


def test_a_clock_that_was_set_excuses_no_longer_than_a_silence_lasts() -> None:
    """Five minutes after the clock was set, a series that did not move is silent all the same."""
    series = Series()
    last = series.time()
    series.look(last)
    series.clock.wall += timedelta(hours=2)
    for _ in range(10):
        series.clock.advance(30)
        assert series.kind(last) == "clock_was_set"
    series.clock.advance(60)
    assert series.kind(last) == "silent"


def test_another_boot_is_no_jump() -> None:
    """After a reboot the two clocks cannot be compared, and nothing is made of it."""
    series = Series()
    series.look(series.time())
    series.clock.reboot()
    series.clock.wall += timedelta(seconds=400)
    assert series.kind(series.time(400)) == "silent"


def test_outside_its_hours_nothing_is_expected() -> None:
    """Closed at night; after the opening the silence of the night does not count."""
    series = Series(FreshnessRules(warn=120, critical=300, hours=parse_hours("Mon-Fri 08:00-12:00 UTC")))
    last = series.time()
    night = series.look(last)
    assert (night.status, night.finding.kind) == (Status.OK, "closed")
    assert closed("feeds", "prices", series.rules, series.clock.now()) == night
    series.clock.advance(20 * 3600 + 60)  # Tuesday, 08:01
    assert closed("feeds", "prices", series.rules, series.clock.now()) is None
    assert series.kind(last) == "fresh"
    series.clock.advance(120)
    assert series.kind(last) == "late"
    series.clock.advance(180)
    assert series.kind(last) == "silent"


def test_the_first_look_may_find_silence() -> None:
    """After a restart of the daemon the age alone decides: a silence of an hour is one at once."""
    series = Series()
    assert series.kind(series.time(3600)) == "silent"
