"""Maintenance and silences, and what a silence kept back: windows are written before they count.

`WindowRows` is the SQL, for the journal's thread; `WindowBook` is what the others call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from watchdog.core.maintenance import Purpose, Window
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Telling
from watchdog.core.story import Delivery
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_outbox import Outbox
from watchdog.gateways.journal_rows import clean, dump, load
from watchdog.gateways.journal_story import add_entry

# Windows that are over and still remembered: their occurrences must not happen again.
KEPT = 1000
# Outside of any incident: what is still so when a silence ends, unless something newer was told of the same target.
_LASTING = (
    Telling.ASKED,
    Telling.HELD,
    Telling.SWITCHED_OFF,
    Telling.CONFIG_BROKEN,
    Telling.ENGINE_LOST,
    Telling.WARNED,
)


class WindowRows:
    """Windows in the journal. Each method is one transaction; it raises JournalError."""

    def __init__(self, file: JournalFile, outbox: Outbox) -> None:
        self._file = file
        self._outbox = outbox

    def begin(self, window: Window, text: str, told: tuple[Notification, ...], now: Moment) -> None:
        """Write a window that begins, with its line of the story and what is to be told of it, all or nothing."""
        with self._file.transaction():
            self._file.do("INSERT INTO windows (id, record) VALUES (?, ?)", window.id, dump(window))
            self._file.do(
                "DELETE FROM windows WHERE settled AND seq <= (SELECT max(seq) FROM windows) - ?", KEPT
            )
            self._tell(window, "begun", text, told, now)

    def keep(self, windows: tuple[Window, ...]) -> None:
        """Write how much of each of these has passed."""
        with self._file.transaction():
            for window in windows:
                self._put(window)

    def end(
        self,
        window: Window,
        text: str,
        told: tuple[Notification, ...],
        still: tuple[Window, ...],
        now: Moment,
    ) -> int:
        """Write that a window is over, and what follows from that, all or nothing.

        `still`: the silences that go on. What the others kept back and is still worth telling waits for its
        delivery again; returns how many notifications, each counted once a notifier.
        """
        with self._file.transaction():
            self._put(window)
            self._file.do("UPDATE windows SET settled = 1 WHERE id = ?", window.id)
            self._tell(window, "ended", text, told, now)
            if window.purpose is not Purpose.SILENCE:
                return 0
            return self._give_back(still, now)

    def silence(self, ids: tuple[int, ...], notifier: str, window: str, now: Moment) -> None:
        """Keep these notifications from a notifier, if this silence is not over yet: else nothing is written."""
        with self._file.transaction():
            for outbox_id in ids:
                self._file.do(
                    "INSERT INTO deliveries (notifier, outbox_id, state, attempts, tried)"
                    " SELECT ?, ?, ?, 0, ? WHERE EXISTS (SELECT 1 FROM windows WHERE id = ? AND NOT settled)"
                    " ON CONFLICT (notifier, outbox_id) DO UPDATE SET state = excluded.state, tried = excluded.tried"
                    " WHERE state = 'pending'",
                    *(notifier, outbox_id, Delivery.SILENCED.value, dump(now), window),
                )

    def unsettled(self) -> tuple[Window, ...]:
        """Those whose end was not written yet, oldest first."""
        with self._file.reading():
            rows = self._file.rows("SELECT record FROM windows WHERE NOT settled ORDER BY seq")
            return tuple(load(Window, record) for (record,) in rows)

    def latest(self, limit: int, purpose: Purpose) -> tuple[Window, ...]:
        """The latest windows, newest first, also those that are over."""
        with self._file.reading():
            rows = self._file.rows(
                "SELECT record FROM windows WHERE purpose = ? ORDER BY seq DESC LIMIT ?", purpose.value, limit
            )
            return tuple(load(Window, record) for (record,) in rows)

    def occurrences(self) -> frozenset[str]:
        """The occurrences of recurring windows that happened."""
        with self._file.reading():
            rows = self._file.rows("SELECT occurrence FROM windows WHERE occurrence IS NOT NULL")
            return frozenset(str(occurrence) for (occurrence,) in rows)

    def last_number(self) -> int:
        """The number of the newest window, 0 before the first."""
        with self._file.reading():
            return self._file.number("SELECT coalesce(max(seq), 0) FROM windows")

    def _put(self, window: Window) -> None:
        self._file.do("UPDATE windows SET record = ? WHERE id = ?", dump(window), window.id)

    def _tell(
        self, window: Window, what: str, text: str, told: tuple[Notification, ...], now: Moment
    ) -> None:
        only = next(iter(window.targets)) if window.targets is not None and len(window.targets) == 1 else None
        kind = f"{window.purpose.value}.{what}"
        add_entry(self._file, kind, clean(text), target=only, incident=None, now=now)
        for notification in told:
            self._file.do("INSERT INTO outbox (record) VALUES (?)", dump(notification))

    def _give_back(self, still: tuple[Window, ...], now: Moment) -> int:
        """The latest of each incident that is open, or whose beginning was told; and what else is still so."""
        marks = ", ".join("?" * len(_LASTING))
        rows = self._file.rows(
            "SELECT d.notifier, o.id, o.target, i.target FROM deliveries AS d"  # noqa: S608 - marks
            " JOIN outbox AS o ON o.id = d.outbox_id LEFT JOIN incidents AS i ON i.id = o.incident"
            " WHERE d.state = 'silenced' AND CASE WHEN o.incident IS NULL"
            f" THEN o.telling IN ({marks})"
            "  AND o.id = (SELECT max(id) FROM outbox WHERE target = o.target AND incident IS NULL)"
            " ELSE o.id = (SELECT max(id) FROM outbox WHERE incident = o.incident)"
            "  AND (i.phase <> 'resolved' OR EXISTS (SELECT 1 FROM deliveries AS p JOIN outbox AS q ON q.id = p.outbox_id"
            "   WHERE q.incident = o.incident AND p.notifier = d.notifier AND p.state = 'delivered'))"
            " END",
            *(telling.value for telling in _LASTING),
        )
        given = 0
        for notifier, outbox_id, *targets in rows:
            names = [name for name in targets if name]
            if any(window.covers(name, now) for window in still for name in names):
                continue
            given += self._file.do(
                "UPDATE deliveries SET state = 'pending' WHERE notifier = ? AND outbox_id = ?",
                *(notifier, outbox_id),
            )
        if given:
            self._outbox.look_back()
        return given


class Calling(Protocol):
    """The way into the journal's thread."""

    def __call__(self, work: Callable[[], Any]) -> Awaitable[Any]:
        """Have something done there."""
        ...


class WindowBook:
    """Windows, as the engine room asks for them and writes them. Every method raises JournalError."""

    def __init__(self, call: Calling, rows: WindowRows) -> None:
        self._call = call
        self._rows = rows

    async def begin(self, window: Window, text: str, told: tuple[Notification, ...], now: Moment) -> None:
        """Write a window that begins, with a line of the story and what is to be told of it."""
        await self._call(partial(self._rows.begin, window, text, told, now))

    async def keep(self, windows: tuple[Window, ...]) -> None:
        """Write how much of each of these has passed."""
        await self._call(partial(self._rows.keep, windows))

    async def end(
        self,
        window: Window,
        text: str,
        told: tuple[Notification, ...],
        still: tuple[Window, ...],
        now: Moment,
    ) -> int:
        """Write that a window is over; `still`: the silences that go on.

        How many notifications, each counted once a notifier, were silenced and wait for their delivery again.
        """
        given: int = await self._call(partial(self._rows.end, window, text, told, still, now))
        return given

    async def unsettled(self) -> tuple[Window, ...]:
        """Those whose end was not written yet, oldest first."""
        found: tuple[Window, ...] = await self._call(self._rows.unsettled)
        return found

    async def latest(self, limit: int, purpose: Purpose) -> tuple[Window, ...]:
        """The latest windows, newest first, also those that are over."""
        found: tuple[Window, ...] = await self._call(partial(self._rows.latest, limit, purpose))
        return found

    async def occurrences(self) -> frozenset[str]:
        """The occurrences of recurring windows that happened."""
        found: frozenset[str] = await self._call(self._rows.occurrences)
        return found

    async def last_number(self) -> int:
        """The number of the newest window, 0 before the first."""
        number: int = await self._call(self._rows.last_number)
        return number
