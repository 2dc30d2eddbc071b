"""When will it be full? A robust slope over the last hours: what grew for a moment does not count.

The slope is the median of the slopes between all pairs of looks (Theil and Sen): up to a quarter of them may be
wild without moving it. One large file that came and stayed moves it all the same while it lies in the middle of the
window, so each half is asked, too: what counts is the median of the three. What a window has seen is believed only
for a few times as far ahead as it looks back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

WINDOWS = (3600.0, 6 * 3600.0, 24 * 3600.0)
# A window is used once so much of it was seen, by so many looks.
LEAST_SHARE, LEAST_LOOKS = 0.5, 5
# How far ahead a window is believed, in its own length.
REACH = 4.0
# So many looks of a window are compared with each other: half of their square of pairs.
MOST_COMPARED = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """So many bytes (or inodes) were free, at this second of the boot clock."""

    at: float
    free: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Nothing is left in so many seconds, if it goes on as in the window; `rate`: what goes each second."""

    seconds: float
    rate: float
    window: float


def slope(samples: Sequence[Sample]) -> float | None:
    """How much each second changes what is free; None when nothing can be said."""
    chosen = _thin(samples, MOST_COMPARED)
    slopes = [
        (later.free - earlier.free) / (later.at - earlier.at)
        for index, earlier in enumerate(chosen)
        for later in chosen[index + 1 :]
        if later.at > earlier.at
    ]
    return median(slopes) if slopes else None


def _steady_slope(samples: Sequence[Sample]) -> float | None:
    """The slope that the whole and its halves agree on best; None when nothing can be said."""
    middle = len(samples) // 2
    slopes = [slope(part) for part in (samples, samples[: middle + 1], samples[middle:])]
    known = [each for each in slopes if each is not None]
    return median(known) if len(known) == len(slopes) else None


def foretell(
    samples: Sequence[Sample], windows: Sequence[float] = WINDOWS, left: float | None = None
) -> Forecast | None:
    """The earliest end that a window with history enough believes in; None when none is in sight.

    `samples`: oldest first; the last one is the present. `left`: what is free now, where that is not the same number.
    """
    if not samples:
        return None
    last = samples[-1]
    found = []
    for window in windows:
        seen = [sample for sample in samples if sample.at >= last.at - window]
        if len(seen) < LEAST_LOOKS or last.at - seen[0].at < window * LEAST_SHARE:
            continue
        change = _steady_slope(seen)
        if change is None or change >= 0:
            continue
        seconds = (last.free if left is None else left) / -change
        if seconds <= window * REACH:
            found.append(Forecast(seconds=seconds, rate=-change, window=window))
    return min(found, key=lambda each: each.seconds, default=None)


def _thin(samples: Sequence[Sample], most: int) -> list[Sample]:
    """So many at most, as evenly in time as they are there: what was looked at more often counts no more for that."""
    if len(samples) <= most:
        return list(samples)
    last = samples[-1]
    spacing = (last.at - samples[0].at) / (most - 1)
    chosen: dict[int, Sample] = {}
    for sample in samples[:-1]:
        chosen.setdefault(int((sample.at - samples[0].at) / spacing), sample)
    return [*list(chosen.values())[: most - 1], last]
