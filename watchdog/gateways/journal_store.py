"""What is written and read, as SQL. Everything here runs on the journal's thread."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from watchdog.core.errors import JournalError, NotThere
from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Case, Hold, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification
from watchdog.core.roster import Known
from watchdog.core.run import Outcome
from watchdog.core.story import Delivery, Entry, OutboxEntry, RunRecord, StepRecord, Story, Told, Trigger
from watchdog.gateways.journal_file import lock, open_database, translated
from watchdog.gateways.journal_rows import clean, dump, load, load_optional

R = TypeVar("R")
Row = tuple[Any, ...]

_STEP = (
    "steps.id, runs.incident, runs.playbook, runs.target, runs.triggered_by, action, rung, attempt,"
    " container_id, text, steps.begun, steps.ended, outcome, settled"
    " FROM steps JOIN runs ON runs.incident = steps.run"
)


class Store:
    """The open journal. Every public method is one transaction; it raises JournalError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with translated(path):
            self._lock = lock(path)
            try:
                self._connection = open_database(path)
                (self._outbox_before,) = self._row("SELECT coalesce(max(id), 0) FROM outbox")
            except BaseException:
                os.close(self._lock)
                raise
        # What was written last, to leave out what has not changed. Emptied when a write fails.
        self._written: dict[tuple[str, ...], object] = {}
        # Up to which outbox row each notifier has nothing left to do.
        self._settled: dict[str, int] = {}

    def close(self) -> None:
        """Close the file and give up the lock."""
        with translated(self._path):
            try:
                self._connection.close()
            finally:
                os.close(self._lock)

    # --- decisions --------------------------------------------------------------------------------------

    def save(self, case: Case, notifications: tuple[Notification, ...], reason: str, now: Moment) -> None:
        """Write one decision."""
        with self._transaction():
            incident = case.incident
            if self._changed(("case", case.check, case.target), None):
                self._do("INSERT OR IGNORE INTO cases VALUES (?, ?)", case.check, case.target)
            told_of = None
            if incident is not None:
                changed = self._changed(("incident", case.check, case.target), incident)
                if changed:
                    self._save_incident(incident)
                # A resolved one that nobody cleared away yet is not what this decision is about.
                told_of = incident.id if changed or incident.phase is not Phase.RESOLVED else None
            if self._changed(("ledger", case.target), case.ledger):
                self._put("ledgers", case.target, case.ledger)
            if self._changed(("hold", case.target), case.hold):
                if case.hold is None:
                    self._do("DELETE FROM holds WHERE target = ?", case.target)
                else:
                    self._put("holds", case.target, case.hold)
            for notification in notifications:
                self._do("INSERT INTO outbox (record) VALUES (?)", dump(notification))
            self._note("decision", reason, case.target, told_of, now)

    def load_cases(self) -> tuple[Case, ...]:
        """Everything remembered that still matters."""
        with self._reading():
            incidents = {
                (incident.check, incident.target): incident
                for (record,) in self._rows(
                    "SELECT record FROM incidents WHERE phase <> 'resolved' ORDER BY seq"
                )
                for incident in (load(Incident, record),)
            }
            ledgers = {
                t: load(Ledger, record) for t, record in self._rows("SELECT target, record FROM ledgers")
            }
            holds = {t: load(Hold, record) for t, record in self._rows("SELECT target, record FROM holds")}
            return tuple(
                Case(
                    check=check,
                    target=target,
                    ledger=ledgers.get(target, Ledger(target=target)),
                    incident=incidents.get((check, target)),
                    hold=holds.get(target),
                )
                for check, target in self._rows("SELECT check_name, target FROM cases")
                if (check, target) in incidents
                or target in holds
                or (target in ledgers and (ledgers[target].attempts or ledgers[target].given_up))
            )

    def last_incident_number(self) -> int:
        """The highest number among the ids of incidents, 0 if there is none."""
        with self._reading():
            (number,) = self._row("SELECT coalesce(max(number), 0) FROM incidents")
            return int(number)

    # --- runs and steps ---------------------------------------------------------------------------------

    def begin_step(
        self,
        *,
        incident: str,
        playbook: str,
        target: str,
        action: str,
        rung: int,
        attempt: int,
        container_id: str | None,
        trigger: Trigger,
        text: str,
        now: Moment,
    ) -> int:
        """Write the intent of one step."""
        begun = dump(now)
        with self._transaction():
            self._do(
                "INSERT INTO runs (incident, playbook, target, triggered_by, begun) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (incident) DO UPDATE SET ended = NULL, result = ''",
                *(incident, playbook, target, trigger.value, begun),
            )
            return self._insert(
                "INSERT INTO steps (run, action, rung, attempt, container_id, text, begun)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(incident, action, rung, attempt, container_id, clean(text), begun),
            )

    def end_step(self, step_id: int, outcome: Outcome, now: Moment, *, settled: bool) -> None:
        """Write how a step ended."""
        with self._transaction():
            ended = self._do(
                "UPDATE steps SET ended = ?, outcome = ?, settled = ? WHERE id = ? AND ended IS NULL",
                *(dump(now), dump(outcome), int(settled), step_id),
            )
            if not ended and self._row_or_none("SELECT 1 FROM steps WHERE id = ?", step_id) is None:
                raise JournalError(f"there is no step {step_id} to end")

    def end_run(self, incident: str, result: str, now: Moment) -> None:
        """Write how a run ended."""
        with self._transaction():
            self._do("UPDATE runs SET ended = ?, result = ? WHERE incident = ?", dump(now), result, incident)

    def open_steps(self) -> tuple[StepRecord, ...]:
        """Steps begun and not ended, oldest first."""
        with self._reading():
            rows = self._rows(f"SELECT {_STEP} WHERE steps.ended IS NULL ORDER BY steps.id")
            return tuple(_step(row) for row in rows)

    # --- the outbox -------------------------------------------------------------------------------------

    def undelivered(self, notifier: str, limit: int) -> tuple[OutboxEntry, ...]:
        """What one notifier has still to deliver, oldest first."""
        with self._transaction():
            if notifier not in self._settled:
                self._do("INSERT OR IGNORE INTO notifiers VALUES (?, ?)", notifier, self._outbox_before)
                (self._settled[notifier],) = self._row("SELECT after FROM notifiers WHERE name = ?", notifier)
            rows = self._rows(
                "SELECT id, record, state, attempts, tried, error FROM outbox"
                " LEFT JOIN deliveries ON outbox_id = id AND notifier = ?"
                " WHERE id > ? AND coalesce(state, 'pending') = 'pending' ORDER BY id LIMIT ?",
                *(notifier, self._settled[notifier], limit),
            )
            entries = tuple(
                OutboxEntry(
                    id=number,
                    notification=load(Notification, record),
                    notifier=notifier,
                    state=Delivery(state or Delivery.PENDING),
                    attempts=attempts or 0,
                    tried=load_optional(Moment, tried),
                    error=error or "",
                )
                for number, record, state, attempts, tried, error in rows
            )
            if entries:
                self._settled[notifier] = entries[0].id - 1
            return entries

    def tried(self, outbox_id: int, notifier: str, state: Delivery, error: str, now: Moment) -> None:
        """Write how one try to deliver went."""
        with self._transaction():
            self._do("INSERT OR IGNORE INTO notifiers VALUES (?, ?)", notifier, self._outbox_before)
            self._do(
                "INSERT INTO deliveries (notifier, outbox_id, state, attempts, tried, error) VALUES (?, ?, ?, 1, ?, ?)"
                " ON CONFLICT (notifier, outbox_id) DO UPDATE SET state = excluded.state,"
                " attempts = attempts + 1, tried = excluded.tried, error = excluded.error",
                *(notifier, outbox_id, state.value, dump(now), clean(error)),
            )

    # --- targets ----------------------------------------------------------------------------------------

    def save_targets(self, targets: tuple[Known, ...]) -> None:
        """Write the targets that look different from what was written before."""
        with self._transaction():
            for known in targets:
                if self._changed(("target", known.target), known):
                    self._put("targets", known.target, known)

    def load_targets(self) -> tuple[Known, ...]:
        """All targets ever seen and not forgotten, by name."""
        with self._reading():
            rows = self._rows("SELECT record FROM targets ORDER BY target")
            return tuple(load(Known, record) for (record,) in rows)

    def forget_target(self, target: str) -> None:
        """Remove a target from those that were seen."""
        with self._transaction():
            self._written.pop(("target", target), None)
            self._do("DELETE FROM targets WHERE target = ?", target)

    # --- the story --------------------------------------------------------------------------------------

    def note(self, kind: str, text: str, target: str | None, incident: str | None, now: Moment) -> None:
        """Write one line of the story."""
        with self._transaction():
            self._note(kind, text, target, incident, now)

    def incidents(self, limit: int, target: str | None) -> tuple[Incident, ...]:
        """Incidents, newest first."""
        with self._reading():
            rows = self._rows(
                "SELECT record FROM incidents WHERE ?1 IS NULL OR target = ?1 ORDER BY seq DESC LIMIT ?2",
                *(target, limit),
            )
            return tuple(load(Incident, record) for (record,) in rows)

    def story(self, incident: str) -> Story:
        """Everything of one incident."""
        with self._reading():
            row = self._row_or_none("SELECT record FROM incidents WHERE id = ?", incident)
            if row is None:
                raise NotThere(f"there is no incident {incident} in the journal")
            run = self._row_or_none(
                "SELECT incident, playbook, target, triggered_by, begun, ended, result FROM runs WHERE incident = ?",
                incident,
            )
            steps = self._rows(f"SELECT {_STEP} WHERE steps.run = ? ORDER BY steps.id", incident)
            return Story(
                incident=load(Incident, row[0]),
                entries=tuple(map(_entry, self._entries("WHERE incident = ? ORDER BY id", incident))),
                run=_run(run) if run else None,
                steps=tuple(map(_step, steps)),
                told=self._told(incident),
            )

    def recent_entries(self, limit: int) -> tuple[Entry, ...]:
        """The latest lines of the story, oldest of them first."""
        with self._reading():
            return tuple(map(_entry, reversed(self._entries("ORDER BY id DESC LIMIT ?", limit))))

    # --- small parts ------------------------------------------------------------------------------------

    def _save_incident(self, incident: Incident) -> None:
        digits = re.search(r"[0-9]{1,18}$", incident.id)
        self._do(
            "INSERT INTO incidents (id, number, record) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET record = excluded.record",
            *(incident.id, int(digits.group()) if digits else 0, dump(incident)),
        )

    def _put(self, table: str, target: str, record: object) -> None:
        self._do(
            f"INSERT INTO {table} (target, record) VALUES (?, ?)"  # noqa: S608 - a name of ours
            " ON CONFLICT (target) DO UPDATE SET record = excluded.record",
            *(target, dump(record)),
        )

    def _note(self, kind: str, text: str, target: str | None, incident: str | None, now: Moment) -> None:
        self._do(
            "INSERT INTO entries (at, kind, target, incident, text) VALUES (?, ?, ?, ?, ?)",
            *(dump(now), kind, target, incident, clean(text)),
        )

    def _entries(self, which: str, *values: object) -> list[Row]:
        return self._rows(f"SELECT id, at, kind, target, incident, text FROM entries {which}", *values)  # noqa: S608 - ours

    def _told(self, incident: str) -> tuple[Told, ...]:
        told: dict[int, Told] = {}
        for number, record, notifier, state, attempts, tried, error in self._rows(
            "SELECT id, record, notifier, state, attempts, tried, error FROM outbox"
            " LEFT JOIN deliveries ON outbox_id = id WHERE incident = ? ORDER BY id, notifier",
            incident,
        ):
            before = told.get(number) or Told(id=number, notification=load(Notification, record))
            told[number] = before
            if notifier is not None:
                delivery = OutboxEntry(
                    id=number,
                    notification=before.notification,
                    notifier=notifier,
                    state=Delivery(state),
                    attempts=attempts,
                    tried=load(Moment, tried),
                    error=error,
                )
                told[number] = Told(
                    id=number, notification=before.notification, deliveries=(*before.deliveries, delivery)
                )
        return tuple(told.values())

    def _changed(self, what: tuple[str, ...], record: object) -> bool:
        """Whether this differs from what was written last; it counts as written from now on."""
        if what in self._written and self._written[what] == record:
            return False
        self._written[what] = record
        return True

    def _do(self, sql: str, *values: object) -> int:
        return self._connection.execute(sql, values).rowcount

    def _insert(self, sql: str, *values: object) -> int:
        return int(self._connection.execute(sql, values).lastrowid or 0)

    def _rows(self, sql: str, *values: object) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def _row_or_none(self, sql: str, *values: object) -> Row | None:
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def _row(self, sql: str, *values: object) -> Row:
        row = self._row_or_none(sql, *values)
        if row is None:
            raise JournalError("a row that must be there is missing")
        return row

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._written.clear()
                self._settled.clear()
                # SQLite itself has rolled back already after some errors (a full disk).
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with translated(self._path):
            yield


def _entry(row: Row) -> Entry:
    number, at, kind, target, incident, text = row
    return Entry(id=number, at=load(Moment, at), kind=kind, text=text, target=target, incident=incident)


def _run(row: Row) -> RunRecord:
    incident, playbook, target, trigger, begun, ended, result = row
    return RunRecord(
        incident=incident,
        playbook=playbook,
        target=target,
        trigger=Trigger(trigger),
        begun=load(Moment, begun),
        ended=load_optional(Moment, ended),
        result=result,
    )


def _step(row: Row) -> StepRecord:
    number, incident, playbook, target, trigger, action, rung, attempt, container_id, text = row[:10]
    begun, ended, outcome, settled = row[10:]
    return StepRecord(
        id=number,
        incident=incident,
        playbook=playbook,
        target=target,
        trigger=Trigger(trigger),
        action=action,
        rung=rung,
        attempt=attempt,
        container_id=container_id,
        text=text,
        begun=load(Moment, begun),
        ended=load_optional(Moment, ended),
        outcome=load_optional(Outcome, outcome),
        settled=bool(settled),
    )
