"""Forgetting: what is closed, told and old leaves the journal, a little at a time.

Age is counted in the time that daemons lived through, on a clock that nobody can set: a wall clock that jumps
ten years ahead makes nothing old. While no daemon runs nothing ages.
"""

from __future__ import annotations

from watchdog.core.moment import Moment
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_rows import dump, load

DAY = 86400.0
# So much is forgotten in one transaction: a few milliseconds, in which nothing else can be written.
INCIDENTS, ROWS, PAGES = 10, 200, 100
# Free pages that are kept: on a full disk the journal still grows into them.
SPARE = 64

# Told to one of these neither with nor without success; or kept back by a silence that may still give it back. `?`:
# their names as JSON.
_OWED = (
    "EXISTS (SELECT 1 FROM json_each(?) AS n LEFT JOIN notifiers AS k ON k.name = n.value"
    " LEFT JOIN deliveries AS d ON d.notifier = n.value AND d.outbox_id = o.id"
    " WHERE coalesce(k.after, 0) < o.id AND (coalesce(d.state, 'pending') = 'pending' OR d.state = 'silenced'"
    " AND EXISTS (SELECT 1 FROM windows WHERE purpose = 'silence' AND NOT settled)))"
)


class Age:
    """What of the journal is old. Each method is one transaction; it raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def grow(self, keep: float, now: Moment) -> int:
        """Count the time that was lived; returns the day whose rows have become old, 0 if none has."""
        with self._file.transaction():
            lived = self._live(now)
            latest = self._file.row("SELECT lived FROM days ORDER BY id DESC LIMIT 1")
            if latest is None or lived - latest[0] >= min(DAY, keep):
                self._file.do(
                    "INSERT INTO days (lived, incident, entry, news, freeze)"
                    " SELECT ?, (SELECT coalesce(max(seq), 0) FROM incidents), (SELECT coalesce(max(id), 0) FROM entries),"
                    " (SELECT coalesce(max(id), 0) FROM outbox), (SELECT coalesce(max(id), 0) FROM freezes)",
                    lived,
                )
            old = self._file.number("SELECT coalesce(max(id), 0) FROM days WHERE lived <= ?", lived - keep)
            self._file.do("DELETE FROM days WHERE id < ?", old)
            return old

    def forget(self, day: int, notifiers: str) -> int:
        """Forget some of what was old on that day; how many rows, 0 when there are no more.

        `notifiers`: the names of those that deliver today, as JSON: what one of them has not told yet stays.
        """
        with self._file.transaction():
            marks = self._file.row("SELECT incident, entry, news, freeze FROM days WHERE id = ?", day)
            if marks is None:
                return 0
            incident, entry, news, freeze = marks
            return (
                self._forget_incidents(incident, entry, news, notifiers)
                or self._forget_entries(entry)
                or self._forget_news(news, notifiers)
                or self._file.do("DELETE FROM freezes WHERE id <= ?", freeze)
            )

    def tidy(self) -> int:
        """Give some unused pages back to the disk; how many, 0 when there are no more to give."""
        unused = self._file.number("PRAGMA freelist_count") - SPARE
        if unused <= 0 or not self._file.number("PRAGMA auto_vacuum"):
            return 0
        given = min(unused, PAGES)
        self._file.tidy(given)
        return given

    def _live(self, now: Moment) -> float:
        row = self._file.row("SELECT lived, at FROM life")
        lived = float(row[0]) + now.seconds_since(load(Moment, row[1])) if row else 0.0
        self._file.do(
            "INSERT INTO life (id, lived, at) VALUES (1, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET lived = excluded.lived, at = excluded.at",
            *(lived, dump(now)),
        )
        return lived

    def _forget_incidents(self, latest: int, entry: int, news: int, notifiers: str) -> int:
        # The highest number stays: the next incident is numbered after it. Each decision wrote a line: the
        # latest one says when an incident was closed.
        rows = self._file.rows(
            "SELECT i.id FROM incidents AS i WHERE i.seq <= ? AND i.phase = 'resolved'"  # noqa: S608 - ours, all of it
            " AND i.number < (SELECT max(number) FROM incidents)"
            " AND NOT EXISTS (SELECT 1 FROM entries AS e WHERE e.incident = i.id AND e.id > ?)"
            " AND NOT EXISTS (SELECT 1 FROM steps AS s WHERE s.run = i.id AND s.ended IS NULL)"
            f" AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.incident = i.id AND (o.id > ? OR {_OWED}))"
            " ORDER BY i.seq LIMIT ?",
            *(latest, entry, news, notifiers, INCIDENTS),
        )
        gone = 0
        for (incident,) in rows:
            for sql in (
                "DELETE FROM deliveries WHERE outbox_id IN (SELECT id FROM outbox WHERE incident = ?)",
                "DELETE FROM outbox WHERE incident = ?",
                "DELETE FROM entries WHERE incident = ?",
                "DELETE FROM steps WHERE run = ?",
                "DELETE FROM runs WHERE incident = ?",
                "DELETE FROM proposals WHERE incident = ?",
                "DELETE FROM incidents WHERE id = ?",
            ):
                gone += self._file.do(sql, incident)
        return gone

    def _forget_entries(self, entry: int) -> int:
        return self._file.do(
            "DELETE FROM entries WHERE id IN"
            " (SELECT id FROM entries WHERE id <= ? AND incident IS NULL ORDER BY id LIMIT ?)",
            *(entry, ROWS),
        )

    def _forget_news(self, news: int, notifiers: str) -> int:
        # The latest of each kind says what people know now; what was told of a hold belongs to the hold.
        rows = self._file.rows(
            "SELECT o.id FROM outbox AS o WHERE o.id <= ? AND o.incident IS NULL"  # noqa: S608 - the same
            " AND o.id NOT IN (SELECT max(id) FROM outbox GROUP BY telling)"
            " AND o.target NOT IN (SELECT target FROM holds)"
            f" AND NOT {_OWED} ORDER BY o.id LIMIT ?",
            *(news, notifiers, ROWS),
        )
        for (number,) in rows:
            self._file.do("DELETE FROM deliveries WHERE outbox_id = ?", number)
            self._file.do("DELETE FROM outbox WHERE id = ?", number)
        return len(rows)
