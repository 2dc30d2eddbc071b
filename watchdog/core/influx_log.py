"""What InfluxDB says of writes that broke on a full disk: in its log, and in a bucket of its own.

Its words are Go's own for ENOSPC, wherever in the storage engine it happened (write-ahead log, index, snapshot):
"no space left on device". Seen with InfluxDB 2.7.12 on a full ext4, 2026-11: the log says nothing of a write that is
refused. Each is a row `write_errors` in the bucket `_monitoring`, which answers from memory when it cannot be written
either. The log tells of a shard that could not be created, and of a snapshot that failed: due when a shard's cache
holds 25 MB, or nothing was written to it for ten minutes, which a feeder that tries on puts off for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchdog.core.timestamp import read_timestamp

FULL = "no space left on device"
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """The latest word of a full disk: when it was said (0 if there is none), and itself."""

    last: float = 0.0
    line: str = ""


def read_complaints(lines: Sequence[str], started: int, proven: float) -> Complaints:
    """The last complaint of the log since the process began and since writing was last proven.

    `lines`: each with the engine's time and a space before it; `started`: nanoseconds since 1970; `proven`: the
    Unix time of the complaint after which it was proven that writing works.
    """
    for stamped in reversed(lines):
        at, _, line = stamped.partition(" ")
        moment = read_timestamp(at, 0.0)
        if moment is None or FULL not in line.lower():
            continue
        return _counted(moment, line, started, proven)
    return Complaints()


def add_refusal(found: Complaints, at: float | None, words: str, started: int, proven: float) -> Complaints:
    """The later one of what was found and of a refused write (`at`: its Unix time, None: there is none)."""
    told = _counted(at, words, started, proven) if at is not None else Complaints()
    return told if told.last > found.last else found


def _counted(moment: float, line: str, started: int, proven: float) -> Complaints:
    if moment <= proven or moment < started / 1e9:
        return Complaints()
    return Complaints(last=moment, line=" ".join(line.split())[:_LONGEST])
