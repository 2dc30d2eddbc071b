"""Notifications on their way: what was decided, and how far it got with each notifier."""

from __future__ import annotations

import json

from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Telling
from watchdog.core.story import Delivery, OutboxEntry, Told
from watchdog.core.surplus import MOST, Surplus, Waiting, choose_surplus
from watchdog.gateways.journal_file import JournalFile, Row
from watchdog.gateways.journal_rows import clean, dump, load, load_optional

# What the story says of it.
_LEFT_OUT = "too many waited: it was only counted"


class Outbox:
    """Deliveries in the journal. Each method raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        self._before = 0
        self.let_go_of_the_past()
        # Up to which row each notifier has nothing left to do: what is past is not searched again.
        self._settled: dict[str, int] = {}

    def let_go_of_the_past(self) -> None:
        """Let a notifier that never asked before start at the present, unless none ever asked for what is there."""
        with self._file.reading():
            self._before = self._file.number(
                "SELECT coalesce(max(id), 0) FROM outbox WHERE EXISTS (SELECT 1 FROM notifiers)"
            )

    def undelivered(self, notifier: str, limit: int) -> tuple[OutboxEntry, ...]:
        """What one notifier has still to deliver, oldest first."""
        after = self._start_of(notifier)
        with self._file.reading():
            rows = self._file.rows(
                "SELECT id, record, state, attempts, tried, error, receipt FROM outbox"
                " LEFT JOIN deliveries ON outbox_id = id AND notifier = ?"
                " WHERE id > ? AND coalesce(state, 'pending') = 'pending' ORDER BY id LIMIT ?",
                *(notifier, after, limit),
            )
            entries = tuple(_entry(notifier, row) for row in rows)
        if entries:
            self._settled[notifier] = entries[0].id - 1
        return entries

    def bound(self, notifier: str, now: Moment, most: int = MOST) -> Surplus | None:
        """Leave out what is more than `most` may wait for; what was left out so far and not told of, None for nothing."""
        after = self._start_of(notifier)
        with self._file.reading():
            latest = self._file.number("SELECT coalesce(max(id), 0) FROM outbox")
        if latest - after > most and self.depths((notifier,))[notifier] > most:
            surplus = json.dumps(choose_surplus(self._waiting(notifier, after), most))
            with self._file.transaction():
                self._file.do(
                    "INSERT INTO deliveries (notifier, outbox_id, state, attempts, tried, error)"
                    " SELECT ?, value, 'merged', 0, ?, ? FROM json_each(?) WHERE true"
                    " ON CONFLICT (notifier, outbox_id) DO UPDATE"
                    " SET state = excluded.state, attempts = 0, error = excluded.error",
                    *(notifier, dump(now), _LEFT_OUT, surplus),
                )
        with self._file.reading():
            count, incidents, oldest, newest = self._file.row(
                "SELECT count(*), count(DISTINCT incident), min(id), max(id) FROM deliveries"
                " JOIN outbox ON id = outbox_id WHERE notifier = ? AND state = 'merged' AND attempts = 0",
                notifier,
            ) or (0, 0, 0, 0)
            if not count:
                return None
            first = self._file.row("SELECT record FROM outbox WHERE id = ?", oldest)
            since = load(Notification, first[0]).at if first else now
            return Surplus(count=count, incidents=incidents, since=since, latest=newest)

    def surplus_told(self, notifier: str, surplus: Surplus) -> None:
        """Write that people were told how many were left out."""
        with self._file.transaction():
            self._file.do(
                "UPDATE deliveries SET attempts = 1"
                " WHERE notifier = ? AND outbox_id <= ? AND state = 'merged' AND attempts = 0",
                *(notifier, surplus.latest),
            )

    def _waiting(self, notifier: str, after: int) -> tuple[Waiting, ...]:
        rows = self._file.rows(
            "SELECT o.id, o.telling, o.target, o.incident, coalesce(i.phase = 'resolved', 0),"
            " EXISTS (SELECT 1 FROM outbox AS q CROSS JOIN deliveries AS p ON p.outbox_id = q.id"
            "  WHERE q.incident = o.incident AND p.notifier = ? AND p.state = 'delivered')"
            " FROM outbox AS o LEFT JOIN deliveries AS d ON d.outbox_id = o.id AND d.notifier = ?"
            " LEFT JOIN incidents AS i ON i.id = o.incident"
            " WHERE o.id > ? AND coalesce(d.state, 'pending') = 'pending' ORDER BY o.id",
            *(notifier, notifier, after),
        )
        return tuple(
            Waiting(
                id=number,
                telling=Telling(telling),
                target=target,
                incident=incident,
                over=bool(over),
                begun=bool(begun),
            )
            for number, telling, target, incident, over, begun in rows
        )

    def look_back(self) -> None:
        """Something older waits for its delivery again: search from the beginning."""
        self._settled.clear()

    def thread(self, notifier: str, incident: str) -> tuple[OutboxEntry, ...]:
        """All that was to be told of one incident since this notifier is known, oldest first."""
        after = self._first_of(notifier)
        with self._file.reading():
            rows = self._file.rows(
                "SELECT id, record, state, attempts, tried, error, receipt FROM outbox"
                " LEFT JOIN deliveries ON outbox_id = id AND notifier = ?"
                " WHERE incident = ? AND id > ? ORDER BY id",
                *(notifier, incident, after),
            )
            return tuple(_entry(notifier, row) for row in rows)

    def tell(self, notification: Notification) -> None:
        """Write down what is to be told outside any decision."""
        with self._file.transaction():
            self._file.do("INSERT INTO outbox (record) VALUES (?)", dump(notification))

    def last_told(self, *tellings: Telling) -> Notification | None:
        """The latest notification of one of these kinds."""
        with self._file.reading():
            row = self._file.row(
                f"SELECT record FROM outbox WHERE telling IN ({', '.join('?' * len(tellings))})"  # noqa: S608 - marks
                " ORDER BY id DESC LIMIT 1",
                *(telling.value for telling in tellings),
            )
            return load_optional(Notification, row[0] if row else None)

    def depths(self, notifiers: tuple[str, ...]) -> dict[str, int]:
        """How many notifications each of these has still to deliver."""
        depths = {}
        for notifier in notifiers:
            after = self._start_of(notifier)
            with self._file.reading():
                depths[notifier] = self._file.number(
                    "SELECT count(*) FROM outbox LEFT JOIN deliveries ON outbox_id = id AND notifier = ?"
                    " WHERE id > ? AND coalesce(state, 'pending') = 'pending'",
                    *(notifier, after),
                )
        return depths

    def tried(
        self,
        ids: tuple[int, ...],
        notifier: str,
        state: Delivery,
        now: Moment,
        *,
        error: str = "",
        receipt: str = "",
    ) -> None:
        """Write how one try to deliver these in one message went."""
        with self._file.transaction():
            self._file.do("INSERT OR IGNORE INTO notifiers VALUES (?, ?)", notifier, self._before)
            for outbox_id in ids:
                self._file.do(
                    "INSERT INTO deliveries (notifier, outbox_id, state, attempts, tried, error, receipt)"
                    " VALUES (?, ?, ?, 1, ?, ?, ?)"
                    " ON CONFLICT (notifier, outbox_id) DO UPDATE SET state = excluded.state,"
                    " attempts = attempts + 1, tried = excluded.tried, error = excluded.error,"
                    " receipt = excluded.receipt",
                    *(notifier, outbox_id, state.value, dump(now), clean(error), clean(receipt)),
                )

    def told(self, incident: str) -> tuple[Told, ...]:
        """What was told of an incident, oldest first, with what became of it."""
        with self._file.reading():
            return tuple(
                Told(
                    id=number,
                    notification=load(Notification, record),
                    deliveries=self._deliveries(number, record),
                )
                for number, record in self._file.rows(
                    "SELECT id, record FROM outbox WHERE incident = ? ORDER BY id", incident
                )
            )

    def _deliveries(self, number: int, record: str) -> tuple[OutboxEntry, ...]:
        return tuple(
            _entry(notifier, (number, record, *rest))
            for notifier, *rest in self._file.rows(
                "SELECT notifier, state, attempts, tried, error, receipt FROM deliveries WHERE outbox_id = ? ORDER BY notifier",
                number,
            )
        )

    def _start_of(self, notifier: str) -> int:
        if notifier not in self._settled:
            self._settled[notifier] = self._first_of(notifier)
        return self._settled[notifier]

    def _first_of(self, notifier: str) -> int:
        """After which row this notifier is told what there is."""
        with self._file.transaction():
            self._file.do("INSERT OR IGNORE INTO notifiers VALUES (?, ?)", notifier, self._before)
            return self._file.number("SELECT after FROM notifiers WHERE name = ?", notifier)


def _entry(notifier: str, row: Row) -> OutboxEntry:
    number, record, state, attempts, tried, error, receipt = row
    return OutboxEntry(
        id=number,
        notification=load(Notification, record),
        notifier=notifier,
        state=Delivery(state or Delivery.PENDING),
        attempts=attempts or 0,
        tried=load_optional(Moment, tried),
        error=error or "",
        receipt=receipt or "",
    )
