"""Hands off for a while, or quiet for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock
from watchdog.core.maintenance import (
    Purpose,
    Window,
    begin_occurrence,
    begin_window,
    covering,
    name_occurrence,
)

HOUR = 3600.0


def window(
    clock: FakeClock, *targets: str, lasts: float | None = HOUR, purpose: Purpose = Purpose.MAINTENANCE
) -> Window:
    """A window that begins now; without targets it is for the whole stack."""
    return begin_window("1", purpose, targets or None, "ada", clock.now(), lasts=lasts, reason="disks")


def test_it_covers_its_targets_until_it_is_over() -> None:
    """A service is all of its replicas, a replica only itself."""
    clock = FakeClock()
    one = window(clock, "api", "db#2")
    covered = {name for name in ("api", "api#3", "db", "db#2", "web") if one.covers(name, clock.now())}
    assert covered == {"api", "api#3", "db#2"}
    clock.advance(HOUR - 1)
    assert one.covers("api", clock.now())
    clock.advance(1)
    assert not one.covers("api", clock.now())
    assert one.over(clock.now())


def test_without_targets_it_is_for_the_whole_stack() -> None:
    """And an empty list of targets is a mistake, never all of them."""
    clock = FakeClock()
    assert window(clock).covers("anything", clock.now())
    with pytest.raises(ValueError, match="no target"):
        begin_window("1", Purpose.SILENCE, [], "ada", clock.now())


def test_until_somebody_ends_it() -> None:
    """Without a length it lasts; ended, it is over at once and stays so."""
    clock = FakeClock()
    one = window(clock, lasts=None)
    clock.advance(1e6)
    assert one.left(clock.now()) is None
    assert one.shown_end(clock.now()) is None
    closed = one.closed(clock.now())
    assert closed.over(clock.now())
    assert closed.ended == clock.now()
    later = clock.advance(5)
    assert closed.closed(later) == closed


def test_a_wall_clock_that_jumps_does_not_end_it() -> None:
    """Ten years forward or an hour back; only what is shown to people moves."""
    clock = FakeClock()
    one = window(clock)
    clock.wall = datetime(2036, 1, 1, tzinfo=UTC)
    assert one.left(clock.now()) == HOUR
    assert one.shown_end(clock.now()) == datetime(2036, 1, 1, 1, tzinfo=UTC)


def test_what_passed_before_a_reboot_counts_if_it_was_kept() -> None:
    """50 of 60 minutes, counted, then a reboot: ten minutes are left, and not sixty."""
    clock = FakeClock()
    one = window(clock)
    clock.advance(50 * 60)
    kept = one.counted(clock.now())
    clock.reboot()
    clock.advance(5 * 60 - 1)
    assert kept.left(clock.now()) == 5 * 60
    assert one.left(clock.now()) == 55 * 60


def test_it_survives_reboot_after_reboot() -> None:
    """However often the machine restarts within the hour, it ends when an hour of running has passed."""
    clock = FakeClock()
    one = window(clock)
    for _ in range(6):
        clock.advance(600)
        one = one.counted(clock.now())
        clock.reboot()
    assert one.over(clock.now())


@given(
    st.lists(st.tuples(st.floats(0, 2000), st.floats(0, 2000), st.booleans()), max_size=12),
    st.floats(1, 5000),
)
def test_it_never_ends_early(spans: list[tuple[float, float, bool]], lasts: float) -> None:
    """Whatever is counted and kept, and however long the machine was off in between."""
    clock = FakeClock()
    one = window(clock, lasts=lasts)
    truth = 0.0
    for runs, off, kept in spans:
        clock.advance(runs)
        truth += runs
        if kept:
            one = one.counted(clock.now())
        if one.over(clock.now()):
            assert truth >= lasts - 1e-6
        clock.reboot()
        truth += off + clock.boot


def test_what_covers_longest_is_named() -> None:
    """Of several windows; another purpose does not count."""
    clock = FakeClock()
    short, long, endless = window(clock, lasts=60), window(clock, "api"), window(clock, "web", lasts=None)
    silence = window(clock, lasts=None, purpose=Purpose.SILENCE)
    windows = [short, long, endless, silence]
    assert covering(windows, Purpose.MAINTENANCE, "api", clock.now()) == long
    assert covering(windows, Purpose.MAINTENANCE, "web", clock.now()) == endless
    assert covering(windows, Purpose.SILENCE, "db", clock.now()) == silence
    clock.advance(61)
    assert covering(windows, Purpose.MAINTENANCE, "db", clock.now()) is None


def test_an_occurrence_has_a_name_of_its_own() -> None:
    """In UTC, so that the hour which the end of summer time repeats is two."""
    due = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    assert name_occurrence("backup", due) == "recurring:backup:2026-11-23T02:00"
    paris = due.astimezone(timezone(timedelta(hours=1)))
    assert name_occurrence("backup", paris) == "recurring:backup:2026-11-23T02:00"


def test_a_recurring_window_happens_once() -> None:
    """However often it fires, and when a clock that was set back lets it be due again."""
    clock = FakeClock()
    due = clock.now().wall
    first = begin_occurrence("backup", due, None, clock.now(), lasts=HOUR, happened=())
    assert first is not None
    assert (first.id, first.left(clock.now())) == ("recurring:backup:2026-11-23T12:00", HOUR)
    clock.wall -= timedelta(hours=1)
    again = begin_occurrence("backup", due, None, clock.now(), lasts=HOUR, happened={first.occurrence})
    assert again is None


def test_a_recurring_window_that_is_late_lasts_what_is_left_of_it() -> None:
    """The daemon was down when it began; an hour later nothing of it is left."""
    clock = FakeClock()
    due = clock.now().wall
    now = clock.advance(2400)
    late = begin_occurrence("backup", due, ["db"], now, lasts=HOUR, happened=())
    assert late is not None
    assert late.left(now) == 1200
    assert begin_occurrence("backup", due, ["db"], clock.advance(1200), lasts=HOUR, happened=()) is None


def test_an_end_beyond_the_calendar_is_not_shown() -> None:
    """A window of a million years is one all the same."""
    clock = FakeClock()
    one = window(clock, lasts=1e14)
    assert one.shown_end(clock.now()) is None
    assert one.covers("web", clock.now())
