"""When a disk will be full."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from watchdog.core.forecast import Sample, foretell, slope

HOUR = 3600.0
GB = 1e9


def samples(hours: float, free: Callable[[float], float], every: float = 60.0) -> list[Sample]:
    """Looks every minute for so long."""
    return [Sample(n * every, free(n * every)) for n in range(int(hours * HOUR / every) + 1)]


def test_a_steady_growth_is_told_to_the_minute() -> None:
    """A gigabyte an hour, and three are left: three hours."""
    forecast = foretell(samples(1, lambda t: 4 * GB - t / HOUR * GB))
    assert forecast is not None
    assert forecast.seconds == pytest.approx(3 * HOUR, rel=0.01)


def test_nothing_is_told_before_there_is_history_enough() -> None:
    """Of an hour's window half must have been seen."""
    assert foretell(samples(0.4, lambda t: 4 * GB - t / HOUR * GB)) is None
    assert foretell([]) is None
    assert foretell([Sample(0, 1)]) is None


def test_what_does_not_grow_is_never_full() -> None:
    """Neither a disk that stays as it is nor one that is being emptied."""
    assert foretell(samples(24, lambda _: 4 * GB)) is None
    assert foretell(samples(24, lambda t: GB + t)) is None


def test_one_large_file_for_a_while_does_not_count() -> None:
    """A backup that is made and removed within ten minutes of the hour changes nothing."""
    seen = samples(1, lambda t: 20 * GB - (10 * GB if 1800 < t < 2400 else 0))
    assert foretell(seen) is None


@pytest.mark.parametrize("minutes_ago", range(1, 60))
def test_one_large_file_that_stays_is_no_growth(minutes_ago: int) -> None:
    """A fifth of the disk was filled at once, whenever that was, and nothing since: it is not on its way to be full."""
    seen = samples(1, lambda t: 80 * GB - (20 * GB if t > HOUR - minutes_ago * 60 else 0))
    assert foretell(seen) is None


def test_a_file_an_hour_is_growth() -> None:
    """What comes in steps again and again is one day full, and that is told."""
    forecast = foretell(samples(12, lambda t: 30 * GB - t // HOUR * GB))
    assert forecast is not None
    assert forecast.seconds == pytest.approx(18 * HOUR, rel=0.2)


def test_a_saw_tooth_is_no_growth() -> None:
    """A database that compacts every hour comes back to where it was."""
    assert foretell(samples(24, lambda t: 5 * GB - (t % HOUR) / HOUR * GB), windows=(24 * HOUR,)) is None


def test_noise_moves_the_slope_little() -> None:
    """A fifth of the looks may be wild."""
    rng = random.Random(1)
    seen = [
        Sample(s.at, s.free if rng.random() > 0.2 else rng.uniform(0, 9 * GB))
        for s in samples(6, lambda t: 8 * GB - t / HOUR * GB)
    ]
    found = slope(seen)
    assert found is not None
    assert found == pytest.approx(-GB / HOUR, rel=0.15)


def test_a_window_is_believed_only_for_a_few_times_its_length() -> None:
    """What an hour has shown says nothing of next week; a day says more."""
    slow = samples(1, lambda t: 50 * GB - t / HOUR * GB)
    assert foretell(slow) is None
    assert foretell(samples(24, lambda t: 74 * GB - t / HOUR * GB)) is not None


def test_a_fast_growth_is_seen_within_the_shortest_window() -> None:
    """A day of quiet does not hide the last hour."""
    seen = samples(24, lambda t: 30 * GB - max(0.0, t - 23 * HOUR) / HOUR * 10 * GB)
    forecast = foretell(seen)
    assert forecast is not None
    assert forecast.window == HOUR
    assert forecast.seconds == pytest.approx(2 * HOUR, rel=0.05)


def test_what_was_looked_at_more_often_counts_no_more_for_that() -> None:
    """A verification looks every two seconds: those minutes are not the day."""
    quiet = samples(6, lambda _: 30 * GB)
    burst = [Sample(6 * HOUR + n * 2.0, 30 * GB - n * 1e7) for n in range(1, 300)]
    forecast = foretell([*quiet, *burst], windows=(6 * HOUR,))
    assert forecast is None


def test_the_hour_is_told_from_what_is_free_now() -> None:
    """What is set aside is in the slope, and not to be had by others."""
    forecast = foretell(samples(1, lambda t: 4 * GB - t / HOUR * GB), left=1.5 * GB)
    assert forecast is not None
    assert forecast.seconds == pytest.approx(1.5 * HOUR, rel=0.01)
