"""Runs and their steps: the intent before, the outcome after."""

from __future__ import annotations

from watchdog.core.errors import JournalError
from watchdog.core.moment import Moment
from watchdog.core.run import Outcome
from watchdog.core.story import RunRecord, StepRecord, Trigger
from watchdog.gateways.journal_file import JournalFile, Row
from watchdog.gateways.journal_rows import clean, dump, load, load_optional

_STEP = (
    "steps.id, runs.incident, runs.playbook, runs.target, runs.triggered_by, action, rung, attempt,"
    " container_id, text, steps.begun, steps.ended, outcome, settled"
    " FROM steps JOIN runs ON runs.incident = steps.run"
)


class Runs:
    """Runs and steps in the journal. Each method is one transaction; it raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

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
        counts: bool = True,
    ) -> int:
        """Write the intent of one step."""
        begun = dump(now)
        with self._file.transaction():
            self._file.do(
                "INSERT INTO runs (incident, playbook, target, triggered_by, begun) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (incident) DO UPDATE SET ended = NULL, result = ''",
                *(incident, playbook, target, trigger.value, begun),
            )
            return self._file.insert(
                "INSERT INTO steps (run, action, rung, attempt, container_id, text, begun, counted)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                *(incident, action, rung, attempt, container_id, clean(text), begun, int(counts)),
            )

    def latest_begun(self, limit: int) -> tuple[Moment, ...]:
        """When the latest steps that count against the budget were begun, oldest first."""
        with self._file.reading():
            rows = self._file.rows("SELECT begun FROM steps WHERE counted ORDER BY id DESC LIMIT ?", limit)
            return tuple(load(Moment, begun) for (begun,) in reversed(rows))

    def end_step(self, step_id: int, outcome: Outcome, now: Moment, *, settled: bool) -> None:
        """Write how a step ended."""
        with self._file.transaction():
            ended = self._file.do(
                "UPDATE steps SET ended = ?, outcome = ?, settled = ? WHERE id = ? AND ended IS NULL",
                *(dump(now), dump(outcome), int(settled), step_id),
            )
            if not ended and self._file.row("SELECT 1 FROM steps WHERE id = ?", step_id) is None:
                raise JournalError(f"there is no step {step_id} to end")

    def end_run(self, incident: str, result: str, now: Moment) -> None:
        """Write how a run ended."""
        with self._file.transaction():
            self._file.do(
                "UPDATE runs SET ended = ?, result = ? WHERE incident = ?", dump(now), result, incident
            )

    def open_steps(self) -> tuple[StepRecord, ...]:
        """Steps begun and not ended, oldest first."""
        with self._file.reading():
            rows = self._file.rows(f"SELECT {_STEP} WHERE steps.ended IS NULL ORDER BY steps.id")
            return tuple(_step(row) for row in rows)

    def run_of(self, incident: str) -> RunRecord | None:
        """The run of an incident, None if it never had one."""
        with self._file.reading():
            row = self._file.row(
                "SELECT incident, playbook, target, triggered_by, begun, ended, result FROM runs WHERE incident = ?",
                incident,
            )
            return _run(row) if row else None

    def steps_of(self, incident: str) -> tuple[StepRecord, ...]:
        """The steps of an incident's run, oldest first."""
        with self._file.reading():
            rows = self._file.rows(f"SELECT {_STEP} WHERE steps.run = ? ORDER BY steps.id", incident)
            return tuple(_step(row) for row in rows)


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
