"""A daemon whose loop stood still was ended by its own watch: what can be said of it, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# So many freezes in its own code, and a check is not asked any more.
ENOUGH = 2
# What is told of a traceback in one line: the innermost places.
PLACES = 3
_HEAD = re.compile(
    r"^Timeout \((?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d(?:\.\d+)?)\)!$", re.MULTILINE
)
# Where a loop stands that has nothing to do, or may not go on.
_WAITS = "select ("
_PLACE = re.compile(r'^  File "(?P<file>[^"]*)", line (?P<line>\d+) in (?P<function>.+)$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Liveness:
    """How long the loop may stand still before the process ends itself, in seconds."""

    freeze: float = 60.0


@dataclass(frozen=True, slots=True)
class Probe:
    """A check that was being asked about a target."""

    check: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """One end by freezing.

    Attributes:
        seconds: how long the loop had stood still.
        places: where, innermost first: `function (file:line)`.
        probe: whose code ran at that moment, None if it was no check's.
    """

    seconds: float
    places: tuple[str, ...] = ()
    probe: Probe | None = None


def read_freeze(
    traceback: str, probe: Probe | None, outside: Mapping[int, Probe] | None = None
) -> Freeze | None:
    """What `faulthandler` left behind when it ended the process; None if it did not.

    `probe`: whose code ran on the loop. `outside`: whose code ran in which other thread, likely ones first: one of
    them held the GIL if the loop itself was only waiting for it, or did nothing of a check's.
    """
    head = _HEAD.search(traceback)
    if head is None:
        return None
    seconds = int(head["hours"]) * 3600 + int(head["minutes"]) * 60 + float(head["seconds"])
    # Of all threads the oldest comes last: that is the one of the loop.
    _, _, loop = traceback.rpartition("(most recent call first):")
    places = _places(loop)
    if outside and (probe is None or (places[:1] and places[0].startswith(_WAITS))):
        thread, probe = next(iter(outside.items()))
        _, _, there = traceback.partition(f"Thread 0x{thread:016x} ")
        places = _places(there.partition("\n\n")[0]) or places
    return Freeze(seconds=seconds, places=places, probe=probe)


def _places(stack: str) -> tuple[str, ...]:
    """The innermost ones."""
    found = (_PLACE.match(line) for line in stack.splitlines())
    return tuple(f"{f['function']} ({_short(f['file'])}:{f['line']})" for f in found if f)[:PLACES]


def switched_off(freezes: Mapping[str, int], checks: Iterable[str]) -> tuple[str, ...]:
    """Which of these checks are not asked, by how often each froze this version with this configuration."""
    return tuple(check for check in checks if freezes.get(check, 0) >= ENOUGH)


def _short(file: str) -> str:
    return "/".join(file.split("/")[-2:])
