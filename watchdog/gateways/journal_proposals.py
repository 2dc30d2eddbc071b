"""Proposals, and what the files said when a container was first seen: what a yes and a refusal rest on."""

from __future__ import annotations

from watchdog.core.errors import NotThere
from watchdog.core.preflight import FirstSight
from watchdog.core.proposal import ProposalRecord, ProposalState
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_rows import dump, load


class Proposals:
    """Both in the journal. Each method is one transaction; it raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def save(self, proposal: ProposalRecord) -> None:
        """Write a proposal."""
        with self._file.transaction():
            self._file.do(
                "INSERT INTO proposals (id, record) VALUES (?, ?)"
                " ON CONFLICT (id) DO UPDATE SET record = excluded.record",
                *(proposal.id, dump(proposal)),
            )

    def one(self, proposal_id: str) -> ProposalRecord:
        """One proposal. Raises NotThere if there is none of this id."""
        with self._file.reading():
            row = self._file.row("SELECT record FROM proposals WHERE id = ?", proposal_id)
            if row is None:
                raise NotThere(f"there is no proposal {proposal_id} in the journal")
            return load(ProposalRecord, row[0])

    def latest(self, limit: int, *states: ProposalState) -> tuple[ProposalRecord, ...]:
        """Proposals, newest first."""
        wanted = tuple(state.value for state in states or tuple(ProposalState))
        marks = ", ".join("?" * len(wanted))
        with self._file.reading():
            rows = self._file.rows(
                f"SELECT record FROM proposals WHERE state IN ({marks}) ORDER BY seq DESC LIMIT ?",  # noqa: S608 - marks
                *(*wanted, limit),
            )
            return tuple(load(ProposalRecord, record) for (record,) in rows)

    def save_sight(self, sight: FirstSight) -> None:
        """Write a first sight; of two the first stands."""
        with self._file.transaction():
            self._file.do(
                "INSERT OR IGNORE INTO first_sights (container_id, record) VALUES (?, ?)",
                *(sight.container_id, dump(sight)),
            )

    def sights(self) -> tuple[FirstSight, ...]:
        """All first sights."""
        with self._file.reading():
            rows = self._file.rows("SELECT record FROM first_sights ORDER BY container_id")
            return tuple(load(FirstSight, record) for (record,) in rows)

    def forget_sights(self, container_ids: tuple[str, ...]) -> None:
        """Remove these."""
        with self._file.transaction():
            for container_id in container_ids:
                self._file.do("DELETE FROM first_sights WHERE container_id = ?", container_id)
