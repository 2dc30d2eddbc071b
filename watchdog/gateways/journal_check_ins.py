"""What the journal keeps of jobs that check in: one row a job, as it stands now."""

from __future__ import annotations

from watchdog.core.check_in import CheckIn
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_rows import dump, load


class CheckInRows:
    """The jobs in the journal. Each method is one transaction; it raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def save(self, record: CheckIn) -> None:
        """Write what is known of one job."""
        with self._file.transaction():
            self._file.do(
                "INSERT INTO check_ins (name, record) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET record = excluded.record",
                *(record.name, dump(record)),
            )

    def all(self) -> tuple[CheckIn, ...]:
        """What is known of all jobs, by name."""
        with self._file.reading():
            rows = self._file.rows("SELECT record FROM check_ins ORDER BY name")
            return tuple(load(CheckIn, record) for (record,) in rows)
