"""Is there room on a disk?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes import FakeClock
from watchdog.core.disk import (
    DiskRules,
    Room,
    Weight,
    is_near,
    judge_forecast,
    judge_room,
    may_keep_ballast,
    tell_freed,
    tell_weights,
)
from watchdog.core.forecast import Forecast
from watchdog.core.observation import Status

GB = 10**9


@pytest.mark.parametrize(
    ("used", "kind"),
    [
        (0, "disk_roomy"),
        (79, "disk_roomy"),
        (80, "disk_low"),
        (89, "disk_low"),
        (90, "disk_critical"),
        (100, "disk_critical"),
    ],
)
def test_the_share_in_use_decides(used: int, kind: str) -> None:
    """Low from 80 %, and acted upon from 90 %."""
    assert judge_room(Room(used=used * GB, free=(100 - used) * GB), DiskRules())[1].kind == kind


def test_what_root_keeps_for_itself_is_not_free() -> None:
    """The share is that of what programs may use, as df says it: 95 of 100 GB, of which 5 are root's, is full."""
    status, finding = judge_room(Room(used=95 * GB, free=0), DiskRules())
    assert (status, finding.facts["used"]) == (Status.CRITICAL, 100)


def test_what_is_left_can_decide_too() -> None:
    """A gigabyte of a large disk is little, whatever the share."""
    rules = DiskRules(warn_free=10 * GB, critical_free=2 * GB)
    assert judge_room(Room(used=100 * GB, free=900 * GB), rules)[0] is Status.OK
    assert judge_room(Room(used=10 * GB, free=9 * GB), rules)[0] is Status.WARNING
    assert judge_room(Room(used=1 * GB, free=1 * GB), rules)[0] is Status.CRITICAL


def test_a_disk_without_inodes_is_full() -> None:
    """A million small files leave bytes, and room for none more."""
    few = Room(used=GB, free=99 * GB, inodes_used=95, inodes_free=5)
    assert judge_room(few, DiskRules())[1].kind == "inodes_critical"
    some = Room(used=GB, free=99 * GB, inodes_used=85, inodes_free=15)
    assert judge_room(some, DiskRules())[1].kind == "inodes_low"


def test_a_filesystem_that_counts_no_inodes_is_judged_by_its_bytes() -> None:
    """Btrfs says 0 of 0; an empty answer is not full either."""
    assert judge_room(Room(used=1, free=99), DiskRules())[0] is Status.OK
    assert judge_room(Room(used=0, free=0), DiskRules())[0] is Status.OK


def test_the_ballast_is_made_only_far_above_the_warning_line() -> None:
    """Twice its size above: making it never brings a warning about."""
    rules, size = DiskRules(), 10 * GB
    assert may_keep_ballast(Room(used=60 * GB, free=40 * GB), rules, size)
    assert not may_keep_ballast(Room(used=61 * GB, free=39 * GB), rules, size)
    assert not may_keep_ballast(Room(used=0, free=100 * GB), rules, 0)
    assert not may_keep_ballast(Room(used=0, free=100 * GB), DiskRules(warn_free=90 * GB), size)


def test_the_hour_is_told() -> None:
    """Full in three hours is told with the hour of the local clock, and only when that is near."""
    clock = FakeClock(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    soon = {"bytes": Forecast(seconds=3 * 3600, rate=GB / 3600, window=3600), "inodes": None}
    seen = judge_forecast("disks", "data-forecast", soon, DiskRules(), clock.now())
    assert (seen.status, seen.finding.kind, seen.near) == (Status.WARNING, "disk_forecast", True)
    full = (clock.wall + timedelta(hours=3)).astimezone()
    assert seen.finding.facts == {"age": 10800, "at": f"{full:%Y-%m-%d %H:%M}", "rate": GB}
    assert seen.measurements == {"seconds_left": 10800.0}
    far = judge_forecast("disks", "data-forecast", soon, DiskRules(ahead=3600), clock.now())
    assert (far.status, far.finding.kind) == (Status.OK, "disk_steady")
    few = judge_forecast(
        "disks", "x", {**soon, "inodes": Forecast(seconds=60, rate=1, window=60)}, DiskRules(), clock.now()
    )
    assert few.finding.kind == "inodes_forecast"


def test_a_step_says_what_it_freed_as_the_disk_has_it() -> None:
    """Measured before and after; nothing, or less than nothing, is said too."""
    before, after = Room(used=9 * GB, free=GB), Room(used=8 * GB, free=2 * GB)
    assert tell_freed(before, after, "a ballast") == (GB, "a ballast: that freed 1 GB, 2 GB are free now")
    assert tell_freed(after, before, "it") == (0, "it: that freed nothing")


def test_the_heaviest_are_listed_first() -> None:
    """A few lines, without what takes no room."""
    weights = [Weight(what="image", name=str(n), size=n) for n in range(20)]
    assert tell_weights(weights, most=2) == ("19 B: image 19", "18 B: image 18")


@pytest.mark.parametrize(
    ("room", "near"),
    [
        (Room(used=79 * GB, free=21 * GB), True),
        (Room(used=77 * GB, free=23 * GB), False),
        (Room(used=10, free=90, inodes_used=79, inodes_free=21), True),
        (Room(used=10 * GB, free=int(5.4 * GB)), True),
        (Room(used=GB, free=int(5.6 * GB)), False),
    ],
)
def test_just_below_its_warning_line_a_disk_is_not_roomy_yet(room: Room, near: bool) -> None:
    """Two hundredths of a share, or a tenth of what has to be free: what is written there goes up and down."""
    assert is_near(room, DiskRules(warn_free=5 * GB)) is near
