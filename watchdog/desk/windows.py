"""Maintenance and silences as people ask for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from watchdog.config.records import Recurring
from watchdog.core.errors import NotThere
from watchdog.core.maintenance import Purpose, Window
from watchdog.core.moment import Moment
from watchdog.core.target import service_of
from watchdog.desk.shapes import shape_moment
from watchdog.desk.unknown import UnknownName
from watchdog.plugins import Clock
from watchdog.wording import plain

Json = dict[str, Any]

# Nobody reads more at once.
MOST = 100
# Where the status lists them.
KEYS: Mapping[Purpose, str] = {Purpose.MAINTENANCE: "maintenance", Purpose.SILENCE: "silences"}


class Windows(Protocol):
    """The engine's part of that name."""

    def open(self, purpose: Purpose) -> tuple[Window, ...]:
        """Those that are not over."""
        ...

    def maintenance_of(self, target: str) -> Window | None:
        """Why this target is not touched now."""
        ...

    def silenced(self, target: str) -> Window | None:
        """Why nothing is told of this target now."""
        ...

    async def latest(self, limit: int, purpose: Purpose) -> tuple[Window, ...]:
        """The latest, newest first."""
        ...

    def draft(
        self, purpose: Purpose, targets: Collection[str] | None, by: str, lasts: float | None, reason: str
    ) -> Window:
        """What `begin` would begin."""
        ...

    async def begin(
        self, purpose: Purpose, targets: Collection[str] | None, by: str, lasts: float | None, reason: str
    ) -> Window:
        """Begin one. Raises `JournalError`."""
        ...

    async def end(self, purpose: Purpose, by: str, window_id: str | None = None) -> Window:
        """End one. Raises `NotThere`, `Refused`, `JournalError`."""
        ...


class WindowDesk:
    """What is not touched, and what is not told: the questions and the orders. Answers as in `shapes.py`."""

    def __init__(
        self,
        windows: Windows,
        clock: Clock,
        *,
        names: Callable[[], Collection[str]],
        recurring: Callable[[], Mapping[str, Recurring]],
    ) -> None:
        """`names`: the targets that are known."""
        self._windows = windows
        self._clock = clock
        self._names = names
        self._recurring = recurring

    def standing(self, target: str | None = None) -> Json:
        """What is in force now, of one target if it is named: {maintenance, silences}."""
        now = self._clock.now()
        return {
            key: [
                shape_window(window, now)
                for window in self._windows.open(purpose)
                if target is None or window.covers(target, now)
            ]
            for purpose, key in KEYS.items()
        }

    def of_target(self, target: str) -> dict[str, str | None]:
        """Why a target is not touched, and not told of: {maintenance, silence}, each the id of a window or None."""
        maintenance, silence = self._windows.maintenance_of(target), self._windows.silenced(target)
        return {
            "maintenance": maintenance.id if maintenance else None,
            "silence": silence.id if silence else None,
        }

    async def listed(self, purpose: Purpose, *, every: bool = False) -> Json:
        """Those that are not over, or the latest of all: {at, windows, recurring}."""
        found = await self._windows.latest(MOST, purpose) if every else self._windows.open(purpose)
        now = self._clock.now()
        return {
            "at": shape_moment(now),
            "windows": [shape_window(window, now) for window in found],
            "recurring": [_recurring(name, each, now) for name, each in self._recurring().items()]
            if purpose is Purpose.MAINTENANCE
            else [],
        }

    async def begin(
        self,
        purpose: Purpose,
        targets: Collection[str] | None,
        by: str,
        lasts: float | None,
        why: str,
        *,
        dry_run: bool = False,
    ) -> Json:
        """Begin a window; with `dry_run` nothing changes: {at, dry_run, window, covers}.

        `targets`: None for the whole stack; `lasts`: seconds, None until it is ended. `covers`: the targets that it
        is for today. Raises `UnknownName` for a target that nobody knows.
        """
        known = self._names()
        services = {service_of(name) for name in known}
        for target in targets or ():
            if target not in known and target not in services:
                raise UnknownName("target", target, {*known, *services})
        asked = (purpose, targets, plain(by), lasts, plain(why))
        window = self._windows.draft(*asked) if dry_run else await self._windows.begin(*asked)
        now = self._clock.now()
        return {
            "at": shape_moment(now),
            "dry_run": dry_run,
            "window": shape_window(window, now),
            "covers": sorted(name for name in known if window.means(name)),
        }

    async def end(self, purpose: Purpose, by: str, window_id: str | None) -> Json:
        """End a window; without an id the only one there is: {at, window}. Raises `UnknownName`, `Refused`."""
        try:
            window = await self._windows.end(purpose, plain(by), window_id)
        except NotThere as error:
            if window_id is None:
                raise
            known = (each.id for each in self._windows.open(purpose))
            raise UnknownName(purpose.value, window_id, known) from error
        now = self._clock.now()
        return {"at": shape_moment(now), "window": shape_window(window, now)}


def shape_window(window: Window, now: Moment) -> Json:
    """One window."""
    end, left = window.shown_end(now), window.left(now)
    over = window.over(now)
    return {
        "id": window.id,
        "purpose": window.purpose.value,
        "targets": None if window.targets is None else sorted(window.targets),
        "by": plain(window.by),
        "why": plain(window.reason),
        "begun": shape_moment(window.begun),
        "until": end.isoformat(timespec="milliseconds") if end is not None and not over else None,
        "left": None if left is None else round(left, 3),
        "over": over,
        "ended": shape_moment(window.ended) if window.ended else None,
        "occurrence": window.occurrence,
        "commands": [] if over else [f"watchdog {window.purpose.value} end {window.id}"],
    }


def _recurring(name: str, each: Recurring, now: Moment) -> Json:
    following = each.cron.next_after(now.wall)
    return {
        "name": name,
        "cron": str(each.cron),
        "zone": each.cron.zone,
        "seconds": each.lasts,
        "targets": None if each.targets is None else list(each.targets),
        "next": following.isoformat(timespec="milliseconds") if following else None,
    }
