"""All parts of the journal over one open file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Hold, Incident
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification
from watchdog.core.proposal import ProposalState
from watchdog.core.roster import Known
from watchdog.core.run import Outcome
from watchdog.core.story import Story
from watchdog.core.warned import Warned
from watchdog.gateways.journal_age import Age
from watchdog.gateways.journal_check_ins import CheckInRows
from watchdog.gateways.journal_disk_history import DiskHistoryRows
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_freezes import Freezes
from watchdog.gateways.journal_memory import Memory
from watchdog.gateways.journal_outbox import Outbox
from watchdog.gateways.journal_proposals import Proposals
from watchdog.gateways.journal_rows import prepare
from watchdog.gateways.journal_runs import Runs
from watchdog.gateways.journal_story import Past
from watchdog.gateways.journal_windows import WindowRows

# Proposals that may wait at once, and more.
_MANY = 1000


@dataclass(frozen=True, slots=True)
class Parts:
    """The tables, each with those who write it."""

    file: JournalFile
    memory: Memory
    runs: Runs
    outbox: Outbox
    past: Past
    freezes: Freezes
    proposals: Proposals
    age: Age
    windows: WindowRows
    check_ins: CheckInRows
    disk_history: DiskHistoryRows

    def story(self, incident_id: str) -> Story:
        """Everything written down of one incident. Raises NotThere if there is no such one."""
        return Story(
            incident=self.past.incident(incident_id),
            entries=self.past.entries_of(incident_id),
            run=self.runs.run_of(incident_id),
            steps=self.runs.steps_of(incident_id),
            told=self.outbox.told(incident_id),
        )


def open_parts(path: Path) -> Parts:
    """Open the journal at `path`, and all of its parts. Raises JournalError."""
    prepare(Incident, Ledger, Hold, Warned, Notification, Outcome, Known, Moment)
    file = JournalFile(path, believe=_believe)
    try:
        outbox = Outbox(file)
        return Parts(
            file=file,
            memory=Memory(file),
            runs=Runs(file),
            outbox=outbox,
            past=Past(file),
            freezes=Freezes(file),
            proposals=Proposals(file),
            age=Age(file),
            windows=WindowRows(file, outbox),
            check_ins=CheckInRows(file),
            disk_history=DiskHistoryRows(file),
        )
    except BaseException:
        file.close()
        raise


def _believe(file: JournalFile) -> None:
    """Read all that a start needs: a daemon that could not read it would only start to fail again and again."""
    memory, proposals = Memory(file), Proposals(file)
    memory.load_cases()
    memory.load_targets()
    memory.kept_config()
    proposals.sights()
    proposals.latest(_MANY, ProposalState.OPEN, ProposalState.APPROVED)
    Runs(file).open_steps()
    CheckInRows(file).all()
    DiskHistoryRows(file).samples()
    WindowRows(file, Outbox(file)).unsettled()
