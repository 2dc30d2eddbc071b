"""What InfluxDB's log says of writes that broke on a full disk.

Its lines are Go's own words for ENOSPC, wherever in the storage engine it happened (write-ahead log, snapshot,
compaction): "no space left on device".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchdog.core.timestamp import read_timestamp

_FULL = "no space left on device"
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """The latest line that tells of a full disk: when it was written (0 if there is none), and itself."""

    last: float = 0.0
    line: str = ""


def read_complaints(lines: Sequence[str], started: int, proven: float) -> Complaints:
    """The last complaint since the process began and since writing was last proven.

    `lines`: each with the engine's time and a space before it; `started`: nanoseconds since 1970; `proven`: the
    Unix time of the complaint after which it was proven that writing works.
    """
    for stamped in reversed(lines):
        at, _, line = stamped.partition(" ")
        moment = read_timestamp(at, 0.0)
        if moment is None or _FULL not in line.lower():
            continue
        if moment <= proven or moment < started / 1e9:
            return Complaints()
        return Complaints(last=moment, line=" ".join(line.split())[:_LONGEST])
    return Complaints()
