"""What is remembered of a disk for its forecast."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import FakeClock
from watchdog.core.disk import Room
from watchdog.core.disk_history import DiskSample, foretell_room, remember, sample_of
from watchdog.core.forecast import WINDOWS

GB = 10**9
HOUR = 3600.0
ROOM = Room(used=60 * GB, free=40 * GB, inodes_used=10, inodes_free=90, filesystem=0xAB)


class Past:
    """A disk of 100 GB on which a gigabyte an hour is written."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.samples: tuple[DiskSample, ...] = ()
        self.room = ROOM
        self.ballast = 0

    def goes_on(self, hours: float, every: float = 60.0, rate: int = GB) -> None:
        """It is looked at every so many seconds for so long."""
        for _ in range(int(hours * HOUR / every)):
            self.clock.advance(every)
            gone = int(rate * every / HOUR)
            self.room = replace(self.room, used=self.room.used + gone, free=self.room.free - gone)
            self.looked_at()

    def looked_at(self) -> None:
        new = sample_of("data", self.room, self.ballast, self.clock.now())
        self.samples = remember(self.samples, new, WINDOWS)

    @property
    def hours_left(self) -> float | None:
        found = foretell_room(self.samples, self.room, WINDOWS)["bytes"]
        return None if found is None else found.seconds / HOUR


def test_a_day_of_looks_is_a_few_hundred_samples() -> None:
    """Dense of late and thin before, however often it was looked at; and it foretells as well as all of them."""
    past = Past()
    past.goes_on(30, every=10.0)
    assert len(past.samples) < 200
    times = [each.at.boot for each in past.samples]
    assert times == sorted(set(times))
    assert times[-1] - times[0] <= 24 * HOUR
    assert len([each for each in times if times[-1] - each <= HOUR]) >= 60
    assert past.hours_left == pytest.approx(10, rel=0.02)


def test_another_filesystem_is_another_history() -> None:
    """A mount that is gone, or another disk in its place, is no growth: nothing is foretold from the difference."""
    past = Past()
    past.goes_on(2, rate=0)
    past.room = replace(past.room, filesystem=0xCD, used=90 * GB, free=10 * GB)
    past.looked_at()
    assert len(past.samples) == 1
    past.goes_on(0.4, rate=0)
    assert past.hours_left is None


def test_a_disk_that_was_made_larger_begins_anew() -> None:
    """The same filesystem of another size: what came in at once says nothing of what goes."""
    past = Past()
    past.goes_on(2)
    past.room = replace(past.room, free=past.room.free + 50 * GB)
    past.looked_at()
    assert len(past.samples) == 1


def test_a_reboot_or_an_earlier_time_begins_anew() -> None:
    """Only the wall clock could compare them, and that can be set."""
    past = Past()
    past.goes_on(2)
    now = past.clock.now()
    for then in (replace(now, boot_id="another", boot=5.0), replace(now, boot=now.boot - 10)):
        assert len(remember(past.samples, sample_of("data", ROOM, 0, then), WINDOWS)) == 1


def test_a_wall_clock_that_is_set_changes_nothing() -> None:
    """An hour ahead, a year back: time is counted since the boot."""
    past = Past()
    past.goes_on(1, rate=10 * GB)
    past.clock.wall = past.clock.wall.replace(year=2020)
    past.goes_on(1, rate=10 * GB)
    assert past.hours_left == pytest.approx(2, rel=0.02)


def test_setting_the_ballast_aside_is_no_growth() -> None:
    """It is made again after each trouble, at once: a step that a slope would take for growth."""
    past = Past()
    past.goes_on(0.5, rate=0)
    past.ballast = 20 * GB
    past.room = replace(past.room, used=past.room.used + 20 * GB, free=past.room.free - 20 * GB)
    past.goes_on(0.5, rate=0)
    assert past.hours_left is None


def test_inodes_are_foretold_where_they_are_counted() -> None:
    """Some filesystems have no number of them."""
    clock = FakeClock()
    assert set(foretell_room((), ROOM, WINDOWS)) == {"bytes", "inodes"}
    none = Room(used=1, free=1)
    sample = sample_of("data", none, 0, clock.now())
    assert set(foretell_room((sample,), none, WINDOWS)) == {"bytes"}
