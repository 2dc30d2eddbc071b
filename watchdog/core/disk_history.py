"""How much room there was on a disk, look by look: what its forecast rests on, kept small and never of two disks.

Time is that of the boot clock, which nobody can set; what was seen before a reboot is not compared with what is seen
after it. The ballast counts as free: making it is no growth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchdog.core.disk import Room
from watchdog.core.forecast import MOST_COMPARED, Forecast, Sample, foretell
from watchdog.core.moment import Moment

# A filesystem whose size has changed by more than this part of it is another one, or was made larger.
SAME_SIZE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSample:
    """One look at a disk. Bytes and inodes, `free` with the ballast.

    Attributes:
        filesystem: which one it was; `size`: of what can be used of it at all.
    """

    target: str
    at: Moment
    filesystem: str
    size: int
    free: int
    inodes_free: int


def sample_of(target: str, room: Room, ballast: int, now: Moment) -> DiskSample:
    """What a look at a disk leaves behind."""
    return DiskSample(
        target=target,
        at=now,
        filesystem=f"{room.filesystem:x}",
        size=room.used + room.free,
        free=room.free + ballast,
        inodes_free=room.inodes_free,
    )


def remember(
    samples: Sequence[DiskSample], new: DiskSample, windows: Sequence[float]
) -> tuple[DiskSample, ...]:
    """The samples with one more, thinned: of each window (seconds) as many as are compared with each other.

    Another boot, an earlier time or another filesystem begins anew.
    """
    kept = samples if samples and _goes_on(samples[-1], new) else ()
    oldest = new.at.boot - max(windows)
    return (*_thin([each for each in kept if each.at.boot >= oldest], new, sorted(windows)), new)


def foretell_room(
    samples: Sequence[DiskSample], room: Room, windows: Sequence[float]
) -> dict[str, Forecast | None]:
    """When nothing will be left, of "bytes" and of "inodes"; without those where there is no number of them."""
    found = {"bytes": foretell([Sample(each.at.boot, each.free) for each in samples], windows, room.free)}
    if room.inodes_used + room.inodes_free:
        inodes = [Sample(each.at.boot, each.inodes_free) for each in samples]
        found["inodes"] = foretell(inodes, windows, room.inodes_free)
    return found


def _goes_on(last: DiskSample, new: DiskSample) -> bool:
    return (
        last.at.boot_id == new.at.boot_id
        and last.at.boot <= new.at.boot
        and last.filesystem == new.filesystem
        and abs(new.size - last.size) <= last.size * SAME_SIZE
    )


def _thin(samples: Sequence[DiskSample], new: DiskSample, windows: Sequence[float]) -> list[DiskSample]:
    """The first of each short span; the spans of what is long ago are longer."""
    chosen: dict[tuple[float, int], DiskSample] = {}
    for each in samples:
        age = new.at.boot - each.at.boot
        spacing = next(window for window in windows if age <= window) / MOST_COMPARED
        chosen.setdefault((spacing, int(each.at.boot / spacing)), each)
    return list(chosen.values())
