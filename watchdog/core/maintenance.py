"""Do not touch, or do not tell, for a while: maintenance and silences.

They count seconds on the boot clock, and what has certainly passed is added up and kept: `counted`. A window so
never ends early, whatever the wall clock does. After a reboot it ends late by no more than the time that the
machine was off, and what had passed since it was last counted and kept. The wall clock only shows when that is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from watchdog.core.moment import Moment
from watchdog.core.target import service_of


class Purpose(StrEnum):
    """What a window is for: nothing is touched, or nothing is told."""

    MAINTENANCE = "maintenance"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A while of maintenance, or of silence.

    Attributes:
        targets: target names, or services for all of their replicas; None for the whole stack.
        by: who asked for it; `reason` is theirs too, words for people.
        begun: when.
        lasts: seconds, None until somebody ends it.
        passed: seconds of it that had certainly passed at `seen`.
        occurrence: of a recurring window, which one; it happens once.
        ended: when somebody ended it before its time.
    """

    id: str
    purpose: Purpose
    targets: frozenset[str] | None
    by: str
    begun: Moment
    seen: Moment
    lasts: float | None = None
    passed: float = 0.0
    reason: str = ""
    occurrence: str = ""
    ended: Moment | None = None

    def left(self, now: Moment) -> float | None:
        """Seconds until it is over, 0 when it is; None until somebody ends it."""
        if self.ended is not None:
            return 0.0
        if self.lasts is None:
            return None
        return max(0.0, self.lasts - self.passed - now.seconds_since(self.seen))

    def over(self, now: Moment) -> bool:
        """Whether it is over."""
        return self.left(now) == 0.0

    def means(self, target: str) -> bool:
        """Whether it is for this target, or was while it lasted."""
        return self.targets is None or target in self.targets or service_of(target) in self.targets

    def covers(self, target: str, now: Moment) -> bool:
        """Whether it is for this target, now."""
        return self.means(target) and not self.over(now)

    def counted(self, now: Moment) -> Window:
        """The same with what has passed by now added up. To be kept now and then, and when the daemon ends."""
        return replace(self, passed=self.passed + now.seconds_since(self.seen), seen=now)

    def closed(self, now: Moment) -> Window:
        """The same, ended by somebody. What is over already stays as it was."""
        return self if self.over(now) else replace(self, ended=now)

    def shown_end(self, now: Moment) -> datetime | None:
        """When it will be over by the wall clock of now: for people only."""
        left = self.left(now)
        if left is None:
            return None
        try:
            return now.wall + timedelta(seconds=left)
        except OverflowError:
            return None  # so far away that the calendar ends first


def begin_window(
    id: str,  # noqa: A002 - what it is called everywhere
    purpose: Purpose,
    targets: Collection[str] | None,
    by: str,
    now: Moment,
    *,
    lasts: float | None = None,
    reason: str = "",
) -> Window:
    """A window that begins now. An empty collection of targets is a mistake of the caller, never "all"."""
    if targets is not None and not targets:
        raise ValueError("a window for no target at all")
    meant = None if targets is None else frozenset(targets)
    return Window(
        id=id, purpose=purpose, targets=meant, by=by, begun=now, seen=now, lasts=lasts, reason=reason
    )


def name_occurrence(name: str, due: datetime) -> str:
    """The name of one occurrence of a recurring window, `recurring:backup:2026-11-23T02:00`.

    In UTC: an hour that a change of the clocks repeats is two occurrences.
    """
    return f"recurring:{name}:{due.astimezone(UTC):%Y-%m-%dT%H:%M}"


def begin_occurrence(
    name: str,
    due: datetime,
    targets: Collection[str] | None,
    now: Moment,
    *,
    lasts: float,
    happened: Collection[str],
) -> Window | None:
    """The window of a recurring maintenance that was due at `due`; None if it happened before, or is past.

    `happened`: the occurrences that are remembered. They must be kept for as long as a wall clock may be set
    back. A daemon that comes late opens what is left of it: by the wall clock, which is what it is written in.
    """
    occurrence = name_occurrence(name, due)
    late = max(0.0, (now.wall - due).total_seconds())
    if occurrence in happened or late >= lasts:
        return None
    window = begin_window(
        occurrence, Purpose.MAINTENANCE, targets, "the configuration", now, lasts=lasts, reason=name
    )
    return replace(window, passed=late, occurrence=occurrence)


def covering(windows: Iterable[Window], purpose: Purpose, target: str, now: Moment) -> Window | None:
    """The window for this purpose that covers the target and lasts longest from now on, if any does."""
    open_ones = [window for window in windows if window.purpose is purpose and window.covers(target, now)]

    def length(window: Window) -> float:
        left = window.left(now)
        return float("inf") if left is None else left

    return max(open_ones, key=length, default=None)
