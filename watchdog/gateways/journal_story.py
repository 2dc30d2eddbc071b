"""The lines of the story, and the incidents of the past."""

from __future__ import annotations

from watchdog.core.errors import NotThere
from watchdog.core.incident import Incident
from watchdog.core.moment import Moment
from watchdog.core.story import Entry
from watchdog.gateways.journal_file import JournalFile, Row
from watchdog.gateways.journal_rows import clean, dump, load


class Past:
    """What happened, as the journal tells it. Each method raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def note(self, kind: str, text: str, target: str | None, incident: str | None, now: Moment) -> None:
        """Write one line of the story."""
        with self._file.transaction():
            add_entry(self._file, kind, text, target=target, incident=incident, now=now)

    def incident(self, incident: str) -> Incident:
        """One incident, as written last. Raises NotThere if there is none of this id."""
        with self._file.reading():
            row = self._file.row("SELECT record FROM incidents WHERE id = ?", incident)
            if row is None:
                raise NotThere(f"there is no incident {incident} in the journal")
            return load(Incident, row[0])

    def incidents(self, limit: int, target: str | None) -> tuple[Incident, ...]:
        """Incidents, newest first."""
        with self._file.reading():
            rows = self._file.rows(
                "SELECT record FROM incidents WHERE ?1 IS NULL OR target = ?1 ORDER BY seq DESC LIMIT ?2",
                *(target, limit),
            )
            return tuple(load(Incident, record) for (record,) in rows)

    def entries_of(self, incident: str) -> tuple[Entry, ...]:
        """The lines of one incident, oldest first."""
        with self._file.reading():
            return tuple(map(_entry, self._entries("WHERE incident = ? ORDER BY id", incident)))

    def recent_entries(self, limit: int) -> tuple[Entry, ...]:
        """The latest lines of the story, oldest of them first."""
        with self._file.reading():
            return tuple(map(_entry, reversed(self._entries("ORDER BY id DESC LIMIT ?", limit))))

    def _entries(self, which: str, *values: object) -> list[Row]:
        return self._file.rows(f"SELECT id, at, kind, target, incident, text FROM entries {which}", *values)  # noqa: S608 - ours


def add_entry(
    file: JournalFile, kind: str, text: str, *, target: str | None, incident: str | None, now: Moment
) -> None:
    """Add one line to the story, inside the caller's transaction."""
    file.do(
        "INSERT INTO entries (at, kind, target, incident, text) VALUES (?, ?, ?, ?, ?)",
        *(dump(now), kind, target, incident, clean(text)),
    )


def _entry(row: Row) -> Entry:
    number, at, kind, target, incident, text = row
    return Entry(id=number, at=load(Moment, at), kind=kind, text=text, target=target, incident=incident)
