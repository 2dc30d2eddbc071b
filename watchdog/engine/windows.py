"""Owns the windows of maintenance and of silence: who may not be touched, and of whom nothing is told, until when.

A window is written before it counts, and what follows from its end in one transaction with it. Until the journal has
taken an end, the window is over by its clock all the same: it is asked, not waited for. Recurring ones are begun by
comparing the clock with what has happened, not by an alarm that may be missed: so a daemon that comes late, or a
clock that was set, begins what is still running, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from watchdog.config.records import Recurring
from watchdog.core.errors import GatewayError, NotThere, Refused
from watchdog.core.happening import Happening, Publish
from watchdog.core.maintenance import Purpose, Window, begin_occurrence, begin_window, covering
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Finding
from watchdog.plugins import Clock

# How often is added up what has passed of open windows, and recurring ones are compared with the clock; after how
# long a write that failed is tried again.
ROUND, AGAIN = 60.0, 5.0
# In place of targets, where all are meant.
WHOLE = "the whole stack"
UNTIL_ENDED = "somebody ends it"


class WindowBook(Protocol):
    """The journal, as far as windows need it."""

    async def begin(self, window: Window, text: str, told: tuple[Notification, ...], now: Moment) -> None:
        """Keep a window that begins."""
        ...

    async def keep(self, windows: tuple[Window, ...]) -> None:
        """Keep how much of these has passed."""
        ...

    async def end(
        self,
        window: Window,
        text: str,
        told: tuple[Notification, ...],
        still: tuple[Window, ...],
        now: Moment,
    ) -> int:
        """Keep that a window is over; how much that was silenced is to be told now."""
        ...

    async def unsettled(self) -> tuple[Window, ...]:
        """Those whose end was not kept yet."""
        ...

    async def latest(self, limit: int, purpose: Purpose) -> tuple[Window, ...]:
        """The latest, newest first."""
        ...

    async def occurrences(self) -> frozenset[str]:
        """What happened of the recurring ones."""
        ...

    async def last_number(self) -> int:
        """The number of the newest window."""
        ...


class Windows:
    """All windows that are not over, and those to come."""

    def __init__(
        self,
        *,
        journal: WindowBook,
        clock: Clock,
        recurring: Callable[[], Mapping[str, Recurring]],
        turned: Callable[[Window], None],
        told: Callable[[], None],
        publish: Publish,
        every: float = ROUND,
        again: float = AGAIN,
    ) -> None:
        """`turned`: a window began or is over, what it is for had better be looked at; `told`: there is something to tell."""
        self._journal = journal
        self._clock = clock
        self._recurring = recurring
        self._turned = turned
        self._told = told
        self._publish = publish
        self._every = every
        self._again = again
        self._windows: dict[str, Window] = {}
        self._happened: set[str] = set()
        self._number = 0
        self._news = asyncio.Event()
        # One write at a time: of two ends of one window the first stands.
        self._writing = asyncio.Lock()

    # --- for whoever decides, acts or tells ---

    def maintenance_of(self, target: str) -> Window | None:
        """The window because of which this target must not be touched now, the longest one; None if there is none."""
        return covering(self._windows.values(), Purpose.MAINTENANCE, target, self._clock.now())

    def silenced(self, target: str) -> Window | None:
        """The window because of which nothing is told of this target now, the longest one; None if there is none."""
        return covering(self._windows.values(), Purpose.SILENCE, target, self._clock.now())

    def open(self, purpose: Purpose) -> tuple[Window, ...]:
        """Those that are not over, in the order in which they began."""
        now = self._clock.now()
        return tuple(w for w in self._windows.values() if w.purpose is purpose and not w.over(now))

    async def latest(self, limit: int, purpose: Purpose) -> tuple[Window, ...]:
        """The latest, newest first, also those that are over."""
        kept = await self._journal.latest(limit, purpose)
        return tuple(self._windows.get(window.id, window) for window in kept)

    # --- for people ---

    def draft(
        self, purpose: Purpose, targets: Collection[str] | None, by: str, lasts: float | None, reason: str
    ) -> Window:
        """The window that `begin` would begin now. `lasts`: seconds, None until ended."""
        name, now = self._name(purpose), self._clock.now()
        return begin_window(name, purpose, targets, by, now, lasts=lasts, reason=reason)

    async def begin(
        self, purpose: Purpose, targets: Collection[str] | None, by: str, lasts: float | None, reason: str
    ) -> Window:
        """Begin a window; it is on disk when this returns. Raises `JournalError`: then there is none."""
        async with self._writing:
            return await self._open(self.draft(purpose, targets, by, lasts, reason))

    async def end(self, purpose: Purpose, by: str, window_id: str | None = None) -> Window:
        """End a window before its time; without an id the only one there is.

        Raises:
            NotThere: there is no such window.
            Refused: there are several.
            JournalError: it could not be written, and goes on.
        """
        async with self._writing:
            found = [w for w in self.open(purpose) if window_id in (None, w.id)]
            if not found:
                raise NotThere(f"there is no {purpose.value} {window_id or 'to end'}")
            if len(found) > 1:
                raise Refused(f"there is more than one {purpose.value}: {', '.join(w.id for w in found)}")
            return await self._close(found[0].closed(self._clock.now()), by)

    # --- as time passes ---

    async def remember(self) -> None:
        """Begin with what an earlier daemon left: what had passed of it is counted on from here."""
        now = self._clock.now()
        self._windows = {window.id: window.counted(now) for window in await self._journal.unsettled()}
        self._happened = set(await self._journal.occurrences())
        self._number = await self._journal.last_number()
        await self._round()

    def look(self) -> None:
        """Compare the recurring ones with the clock now: the configuration is another one."""
        self._news.set()

    async def run(self) -> None:
        """Begin what is due and end what is over, for ever."""
        while True:
            self._news.clear()
            nap = self._nap() if await self._round() else self._again
            with suppress(TimeoutError):
                async with asyncio.timeout(nap):
                    await self._news.wait()

    async def stop(self) -> None:
        """Keep what has passed, so that a machine that is off for long adds as little as possible."""
        with suppress(GatewayError):
            await self._count()

    async def _round(self) -> bool:
        """One look at the clock; whether all that followed could be written."""
        try:
            async with self._writing:
                now = self._clock.now()
                for window in [w for w in self._windows.values() if w.over(now)]:
                    await self._close(window.counted(now), "")
                await self._recur()
                await self._count()
        except GatewayError as error:
            self._say("journal.failed", reason=str(error))
            return False
        return True

    async def _recur(self) -> None:
        """Begin what has come round and is still running: the latest occurrence outlasts all before it."""
        now = self._clock.now()
        for name, due in self._recurring().items():
            at = due.cron.latest(now.wall, due.lasts)
            if at is None:
                continue
            window = begin_occurrence(name, at, due.targets, now, lasts=due.lasts, happened=self._happened)
            if window is not None:
                await self._open(replace(window, id=self._name(window.purpose)))

    async def _count(self) -> None:
        """Add up what has passed of the windows that end by themselves, and keep it."""
        now = self._clock.now()
        counted = {
            name: window.counted(now)
            for name, window in self._windows.items()
            if window.lasts is not None and not window.over(now)
        }
        if counted:
            await self._journal.keep(tuple(counted.values()))
            self._windows |= {name: window for name, window in counted.items() if name in self._windows}

    def _nap(self) -> float:
        """Seconds until there is something to do, at most a round."""
        now = self._clock.now()
        naps = [self._every]
        naps += [left for w in self._windows.values() if (left := w.left(now)) is not None]
        for due in self._recurring().values():
            following = due.cron.next_after(now.wall)
            if following is not None:
                naps.append((following - now.wall).total_seconds())
        # Timers may be early by a hair: then the clock says so, and this is asked again.
        return max(0.001, min(naps))

    # --- parts ---

    def _name(self, purpose: Purpose) -> str:
        return f"{purpose.value[0]}{self._number + 1}"

    async def _open(self, window: Window) -> Window:
        now = self._clock.now()
        until = self._until(window, now)
        text = f"{window.purpose.value} {window.id} of {_what(window)}, until {until}, begun by {window.by}"
        text += f": {window.reason}" if window.reason else ""
        await self._journal.begin(window, text, self._tell(Telling.MAINTENANCE_BEGUN, window, window.by), now)
        self._number += 1
        self._windows[window.id] = window
        self._happened |= {window.occurrence} - {""}
        self._turn(window, "begun", window.by)
        self._news.set()
        return window

    async def _close(self, window: Window, by: str) -> Window:
        """Write that a window is over, by somebody's word or by its time ("")."""
        now = self._clock.now()
        ended = f"ended by {by}" if by else "over"
        text = f"{window.purpose.value} {window.id} of {_what(window)} {ended}"
        others = tuple(each for each in self.open(Purpose.SILENCE) if each.id != window.id)
        told = self._tell(Telling.MAINTENANCE_ENDED, window, by)
        await self._journal.end(window, text, told, others, now)
        del self._windows[window.id]
        self._turn(window, "ended", by)
        return window

    def _turn(self, window: Window, what: str, by: str) -> None:
        self._say(
            f"{window.purpose.value}.{what}",
            id=window.id,
            what=_what(window),
            by=by or None,
            until=self._until(window, self._clock.now()) if what == "begun" else None,
            reason=window.reason or None,
        )
        self._turned(window)
        self._told()

    def _tell(self, telling: Telling, window: Window, by: str) -> tuple[Notification, ...]:
        """What people are told of it: of a silence nothing."""
        if window.purpose is not Purpose.MAINTENANCE:
            return ()
        now = self._clock.now()
        facts = {
            "what": _what(window),
            "by": by,
            "until": self._until(window, now),
            "why": window.reason,
            "window": window.id,
        }
        return (
            Notification(
                telling=telling,
                target=_what(window),
                at=now,
                finding=Finding("maintenance"),
                severity=Severity.WARNING,
                facts={name: fact for name, fact in facts.items() if fact},
            ),
        )

    @staticmethod
    def _until(window: Window, now: Moment) -> str:
        """When it ends, by the clock on the wall here."""
        end = window.shown_end(now)
        return UNTIL_ENDED if end is None else f"{end.astimezone():%Y-%m-%d %H:%M}"

    def _say(self, name: str, **facts: str | None) -> None:
        self._publish(Happening(name=name, at=self._clock.now(), facts=facts))


def _what(window: Window) -> str:
    """Its targets, for people."""
    return WHOLE if window.targets is None else ", ".join(sorted(window.targets))
