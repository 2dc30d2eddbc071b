"""What is held against checks: the ends of daemons that froze in their code, and that they go wrong too often."""

from __future__ import annotations

from watchdog.core.freeze import Freeze
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_rows import clean, dump
from watchdog.gateways.journal_story import add_entry


class Freezes:
    """Freezes in the journal. Each method raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def save(
        self,
        freeze: Freeze,
        fingerprint: str,
        text: str,
        notifications: tuple[Notification, ...],
        now: Moment,
    ) -> None:
        """Write one down with its line of the story and what is to be told of it, all or nothing."""
        probe = freeze.probe
        with self._file.transaction():
            if probe is not None:
                self._file.do(
                    "INSERT INTO freezes (at, check_name, target, fingerprint) VALUES (?, ?, ?, ?)",
                    *(dump(now), clean(probe.check), clean(probe.target), fingerprint),
                )
            add_entry(self._file, "daemon.frozen", text, target=None, incident=None, now=now)
            for notification in notifications:
                self._file.do("INSERT INTO outbox (record) VALUES (?)", dump(notification))

    def count(self, fingerprint: str) -> dict[str, int]:
        """How often each check froze a daemon of this version and configuration."""
        with self._file.reading():
            rows = self._file.rows(
                "SELECT check_name, count(*) FROM freezes WHERE fingerprint = ? GROUP BY check_name",
                fingerprint,
            )
            return {str(check): int(count) for check, count in rows}

    def save_misconduct(
        self, check: str, fingerprint: str, reason: str, notification: Notification, now: Moment
    ) -> None:
        """Write down that a check is not asked any more, and what is to be told of it."""
        with self._file.transaction():
            self._file.do(
                "INSERT INTO misconduct (check_name, fingerprint, reason, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (check_name) DO UPDATE SET"
                " fingerprint = excluded.fingerprint, reason = excluded.reason, at = excluded.at",
                *(clean(check), fingerprint, clean(reason), dump(now)),
            )
            text = f"the check {clean(check)} is switched off: {clean(reason)}"
            add_entry(self._file, "check.switched_off", text, target=None, incident=None, now=now)
            self._file.do("INSERT INTO outbox (record) VALUES (?)", dump(notification))

    def misconduct(self, fingerprint: str) -> dict[str, str]:
        """The checks that went wrong too often with this version and configuration, and how they last did."""
        with self._file.reading():
            rows = self._file.rows(
                "SELECT check_name, reason FROM misconduct WHERE fingerprint = ? ORDER BY check_name",
                fingerprint,
            )
            return {str(check): str(reason) for check, reason in rows}

    def forgive(self, check: str) -> None:
        """Hold nothing against a check any more."""
        with self._file.transaction():
            self._file.do("DELETE FROM misconduct WHERE check_name = ?", clean(check))
            self._file.do("DELETE FROM freezes WHERE check_name = ?", clean(check))
