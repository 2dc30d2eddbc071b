"""What is remembered between two looks: cases and the targets that were seen."""

from __future__ import annotations

import re

from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Case, Hold, Incident, Phase
from watchdog.core.kept import KeptConfig
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification
from watchdog.core.roster import Known
from watchdog.core.warned import Warned
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_rows import dump, load, load_optional
from watchdog.gateways.journal_story import add_entry


class Memory:
    """Cases and targets in the journal. Each method is one transaction; it raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def save(self, case: Case, notifications: tuple[Notification, ...], reason: str, now: Moment) -> None:
        """Write one decision; without a reason, what is remembered only."""
        with self._file.transaction():
            incident = case.incident
            if self._file.changed(True, "case", case.check, case.target):
                self._file.do("INSERT OR IGNORE INTO cases VALUES (?, ?)", case.check, case.target)
            told_of = None
            if incident is not None:
                changed = self._file.changed(incident, "incident", case.check, case.target)
                if changed:
                    self._save_incident(incident)
                # A resolved one that nobody cleared away yet is not what this decision is about.
                told_of = incident.id if changed or incident.phase is not Phase.RESOLVED else None
            if self._file.changed(case.ledger, "ledger", case.target):
                self._put("ledgers", case.target, case.ledger)
            if self._file.changed(case.hold, "hold", case.target):
                if case.hold is None:
                    self._file.do("DELETE FROM holds WHERE target = ?", case.target)
                else:
                    self._put("holds", case.target, case.hold)
            if self._file.changed(case.warned, "warning", case.check, case.target):
                self._put_warning(case)
            for notification in notifications:
                self._file.do("INSERT INTO outbox (record) VALUES (?)", dump(notification))
            if reason:
                add_entry(self._file, "decision", reason, target=case.target, incident=told_of, now=now)

    def load_cases(self) -> tuple[Case, ...]:
        """Everything remembered that still matters."""
        with self._file.reading():
            rows = self._file.rows(
                "SELECT c.check_name, c.target, l.record, i.record, h.record, w.record FROM cases AS c"
                " LEFT JOIN ledgers AS l ON l.target = c.target"
                " LEFT JOIN holds AS h ON h.target = c.target"
                " LEFT JOIN warnings AS w ON w.check_name = c.check_name AND w.target = c.target"
                " LEFT JOIN incidents AS i"
                " ON i.check_name = c.check_name AND i.target = c.target AND i.phase <> 'resolved'"
                " WHERE i.id IS NOT NULL OR h.target IS NOT NULL OR w.target IS NOT NULL OR l.attempts > 0 OR l.given_up"
                " ORDER BY c.target, c.check_name"
            )
            return tuple(
                Case(
                    check=check,
                    target=target,
                    ledger=load_optional(Ledger, ledger) or Ledger(target=target),
                    incident=load_optional(Incident, incident),
                    hold=load_optional(Hold, hold),
                    warned=load_optional(Warned, warned),
                )
                for check, target, ledger, incident, hold, warned in rows
            )

    def last_incident_number(self) -> int:
        """The highest number among the ids of incidents, 0 if there is none."""
        with self._file.reading():
            return self._file.number("SELECT coalesce(max(number), 0) FROM incidents")

    def save_targets(self, targets: tuple[Known, ...]) -> None:
        """Write the targets that look different from what was written before."""
        with self._file.transaction():
            for known in targets:
                if self._file.changed(known, "target", known.target):
                    self._put("targets", known.target, known)

    def load_targets(self) -> tuple[Known, ...]:
        """All targets ever seen and not forgotten, by name."""
        with self._file.reading():
            rows = self._file.rows("SELECT record FROM targets ORDER BY target")
            return tuple(load(Known, record) for (record,) in rows)

    def forget_target(self, target: str) -> None:
        """Remove a target from those that were seen."""
        with self._file.transaction():
            self._file.forget("target", target)
            self._file.do("DELETE FROM targets WHERE target = ?", target)

    def keep_config(self, kept: KeptConfig) -> None:
        """Write the configuration down as the last good one."""
        with self._file.transaction():
            self._file.do(
                "INSERT INTO kept_config (id, record) VALUES (1, ?)"
                " ON CONFLICT (id) DO UPDATE SET record = excluded.record",
                dump(kept),
            )

    def kept_config(self) -> KeptConfig | None:
        """The last good configuration, None before the first."""
        with self._file.reading():
            row = self._file.row("SELECT record FROM kept_config")
            return load_optional(KeptConfig, row[0] if row else None)

    def beat(self, now: Moment) -> None:
        """Write something, to see whether that can be done."""
        with self._file.transaction():
            self._file.do(
                "INSERT INTO beat (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
                dump(now),
            )

    def _save_incident(self, incident: Incident) -> None:
        digits = re.search(r"[0-9]{1,18}$", incident.id)
        self._file.do(
            "INSERT INTO incidents (id, number, record) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET record = excluded.record",
            *(incident.id, int(digits.group()) if digits else 0, dump(incident)),
        )

    def _put_warning(self, case: Case) -> None:
        key = (case.check, case.target)
        if case.warned is None:
            self._file.do("DELETE FROM warnings WHERE check_name = ? AND target = ?", *key)
            return
        self._file.do(
            "INSERT INTO warnings (check_name, target, record) VALUES (?, ?, ?)"
            " ON CONFLICT (check_name, target) DO UPDATE SET record = excluded.record",
            *(*key, dump(case.warned)),
        )

    def _put(self, table: str, target: str, record: object) -> None:
        self._file.do(
            f"INSERT INTO {table} (target, record) VALUES (?, ?)"  # noqa: S608 - a name of ours
            " ON CONFLICT (target) DO UPDATE SET record = excluded.record",
            *(target, dump(record)),
        )
