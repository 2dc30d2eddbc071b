"""The journal: what watchdog remembers and why it did what it did, in one SQLite file.

Write-ahead log, `synchronous=FULL`: when a write has returned, it survives the loss of power. One thread does
everything, in the order of the calls. Belongs here: what the others may call. Does not: SQL
(`journal_memory`, `_runs`, `_outbox`, `_story`, `_proposals`, `_age`), the tables (`_schema`), the file (`_file`), and
what becomes of a write on a full disk (`_disk`) and of a damaged journal (`_opening`, `_damage`).
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from watchdog.core.check_in import CheckIn
from watchdog.core.durability import Store
from watchdog.core.errors import JournalError
from watchdog.core.freeze import Freeze
from watchdog.core.incident import Case, Incident
from watchdog.core.kept import KeptConfig
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Telling
from watchdog.core.preflight import FirstSight
from watchdog.core.proposal import ProposalRecord, ProposalState
from watchdog.core.roster import Known
from watchdog.core.run import Outcome
from watchdog.core.story import Delivery, Entry, OutboxEntry, StepRecord, Story, Trigger
from watchdog.core.surplus import Surplus
from watchdog.gateways.journal_disk_history import DiskHistoryBook
from watchdog.gateways.journal_life import TRY_EVERY, JournalLife
from watchdog.gateways.journal_parts import Parts, open_parts
from watchdog.gateways.journal_thread import JournalThread
from watchdog.gateways.journal_windows import WindowBook


class Journal(JournalLife):
    """The open journal. Made by `open`, ended by `close`.

    Every method raises JournalError when the journal did not do it: then nothing of that call was written.
    A caller that is cancelled stops waiting, but its call is carried out all the same.
    """

    def __init__(self, thread: JournalThread, parts: Parts, try_every: float = TRY_EVERY) -> None:
        super().__init__(thread, parts.file, try_every)
        self._parts = parts
        # Maintenance and silences: written by the engine's part of that name.
        self.windows = WindowBook(self._call, parts.windows)
        # How much room there was on the watched disks.
        self.disk_history = DiskHistoryBook(self._call, parts.disk_history)

    @classmethod
    async def open(cls, path: Path, *, try_every: float = TRY_EVERY) -> Journal:
        """Open the journal at `path` and claim it for this process; made if there is none (mode 0600).

        A damaged one is set aside and a fresh one begun: see `opening`. `try_every`: seconds between two tries
        to write to a disk that takes nothing: see `durability`.

        Raises:
            NewerJournal: a newer watchdog wrote it.
            JournalError: what is wrong with the file, and the fix.
        """
        thread = JournalThread()
        try:
            parts = await thread.call(partial(open_parts, path))
        except BaseException:
            thread.stop()
            raise
        return cls(thread, parts, try_every)

    # --- decisions: written by the responder ------------------------------------------------------------

    async def save(
        self, case: Case, notifications: tuple[Notification, ...], reason: str, now: Moment
    ) -> None:
        """Write one decision, all or nothing: the case, what is to be told, and the reason as a line.

        Without a reason there is no line. Parts of the case that are as written last cost nothing. A ledger and a hold belong to the target.
        """
        await self._call(partial(self._parts.memory.save, case, notifications, reason, now))

    async def load_cases(self) -> tuple[Case, ...]:
        """The cases that still matter: an open incident, attempts against the target, or a hold."""
        return await self._call(self._parts.memory.load_cases)

    async def last_incident_number(self) -> int:
        """The highest number that an incident's id ends with, 0 before the first."""
        return await self._call(self._parts.memory.last_incident_number)

    # --- runs and steps: written by the runner ----------------------------------------------------------

    async def begin_step(
        self,
        *,
        incident: str,
        playbook: str,
        target: str,
        action: str,
        rung: int,
        attempt: int,
        container_id: str | None,
        text: str,
        now: Moment,
        trigger: Trigger = Trigger.INCIDENT,
        counts: bool = True,
    ) -> int:
        """Write that a step is about to begin, and return its id; on disk before this returns.

        The incident must have been saved. Its one run is made, or taken up again, by its first step. `rung`
        is the index on the ladder; `attempt` counts from 1 within the incident; `container_id` is what the
        step acts on, None when there is no container; `text` says in one line what it will do; `counts`: against
        the budget of the stack.
        """
        return await self._call(
            partial(
                self._parts.runs.begin_step,
                incident=incident,
                playbook=playbook,
                target=target,
                action=action,
                rung=rung,
                attempt=attempt,
                container_id=container_id,
                trigger=trigger,
                text=text,
                now=now,
                counts=counts,
            )
        )

    async def end_step(self, step_id: int, outcome: Outcome, now: Moment) -> None:
        """Write how a step ended, with its evidence. Of two ends the first one stands."""
        await self._call(partial(self._parts.runs.end_step, step_id, outcome, now, settled=False))

    async def settle_step(self, step_id: int, outcome: Outcome, now: Moment) -> None:
        """Write what was found, by looking, to have become of a step that a crash of ours interrupted."""
        await self._call(partial(self._parts.runs.end_step, step_id, outcome, now, settled=True))

    async def end_run(self, incident: str, result: str, now: Moment) -> None:
        """Write how the run of an incident ended, in a word; nothing happens if it never had a run."""
        await self._call(partial(self._parts.runs.end_run, incident, result, now))

    async def latest_begun(self, limit: int) -> tuple[Moment, ...]:
        """When the latest steps that count against the budget were begun, oldest first."""
        return await self._call(partial(self._parts.runs.latest_begun, limit))

    async def open_steps(self) -> tuple[StepRecord, ...]:
        """The steps that were begun and not ended: at start, those that a crash interrupted."""
        return await self._call(self._parts.runs.open_steps)

    # --- the outbox: written by the dispatcher ----------------------------------------------------------

    async def undelivered(self, notifier: str, limit: int = 100) -> tuple[OutboxEntry, ...]:
        """What this notifier has still to deliver, in the order in which it was decided.

        A notifier that never asked before, beside others that did, starts with what was decided since the
        journal was opened: a new one is not flooded with the past.
        """
        return await self._call(partial(self._parts.outbox.undelivered, notifier, limit))

    async def let_go_of_the_past(self) -> None:
        """Let a notifier that never asked before start with what is decided from now on."""
        await self._call(self._parts.outbox.let_go_of_the_past)

    async def thread(self, notifier: str, incident: str) -> tuple[OutboxEntry, ...]:
        """All that this notifier is to tell of an incident, oldest first, delivered or not."""
        return await self._call(partial(self._parts.outbox.thread, notifier, incident))

    async def delivered(self, ids: tuple[int, ...], notifier: str, receipt: str, now: Moment) -> None:
        """Write that these were handed over in one message, and its receipt."""
        tried = partial(self._parts.outbox.tried, ids, notifier, Delivery.DELIVERED, now, receipt=receipt)
        await self._call(tried)

    async def failed(
        self, ids: tuple[int, ...], notifier: str, error: str, *, permanent: bool, now: Moment
    ) -> None:
        """Write that they could not be handed over; `permanent`: it will not be tried again."""
        state = Delivery.REFUSED if permanent else Delivery.PENDING
        await self._call(partial(self._parts.outbox.tried, ids, notifier, state, now, error=error))

    async def bound(self, notifier: str, now: Moment) -> Surplus | None:
        """Leave out, for this notifier, what is more than may wait; what people were not told yet of what was left out."""
        return await self._call(partial(self._parts.outbox.bound, notifier, now))

    async def surplus_told(self, notifier: str, surplus: Surplus) -> None:
        """Write that people were told of what was left out."""
        await self._call(partial(self._parts.outbox.surplus_told, notifier, surplus))

    async def silence(self, ids: tuple[int, ...], notifier: str, window: str, now: Moment) -> None:
        """Write that a silence keeps these from a notifier; nothing is written if that silence is over by now."""
        await self._call(partial(self._parts.windows.silence, ids, notifier, window, now))

    async def tell(self, notification: Notification) -> None:
        """Write down what is to be told outside any decision on a target."""
        await self._call(partial(self._parts.outbox.tell, notification))

    async def last_told(self, *tellings: Telling) -> Notification | None:
        """The latest notification of one of these kinds, None if there never was one."""
        return await self._call(partial(self._parts.outbox.last_told, *tellings))

    async def depths(self, notifiers: tuple[str, ...]) -> dict[str, int]:
        """How many notifications each of these notifiers has still to deliver."""
        return await self._call(partial(self._parts.outbox.depths, notifiers))

    # --- the configuration: written by the reloader -----------------------------------------------------

    async def keep_config(self, kept: KeptConfig) -> None:
        """Write the configuration down as the last good one, in place of the one before."""
        await self._call(partial(self._parts.memory.keep_config, kept))

    async def kept_config(self) -> KeptConfig | None:
        """The last good configuration, None before the first."""
        return await self._call(self._parts.memory.kept_config)

    async def beat(self, now: Moment) -> None:
        """Write something small: returns when it is on the disk, raises JournalError when not."""
        if self.durability.store is Store.MEMORY:
            await self._call(self._file.try_again)
        await self._call(partial(self._parts.memory.beat, now))
        if self.durability.store is Store.MEMORY:
            raise JournalError(f"it is kept in memory only: {self.durability.reason}")

    async def forget(self, keep: float, notifiers: tuple[str, ...], now: Moment) -> int:
        """Forget what was closed, told and done `keep` seconds ago, a little at a time; how many rows.

        What is open, held, counted against a target, or owed to one of these notifiers stays. Age is the
        time lived through by daemons that called this: at most once a day is enough, more often does no harm.
        """
        gone = 0
        if self.durability.store is Store.DISK and (
            day := await self._call(partial(self._parts.age.grow, keep, now))
        ):
            while count := await self._call(partial(self._parts.age.forget, day, json.dumps(notifiers))):
                gone += count
            while await self._call(self._parts.age.tidy):
                pass
        return gone

    # --- freezes: written at start ----------------------------------------------------------------------

    async def save_freeze(
        self,
        freeze: Freeze,
        fingerprint: str,
        text: str,
        notifications: tuple[Notification, ...],
        now: Moment,
    ) -> None:
        """Write how the daemon before this one froze: a line of the story, and what is to be told of it.

        `fingerprint` stands for the version and the configuration that it ran; `text` is the line.
        """
        await self._call(partial(self._parts.freezes.save, freeze, fingerprint, text, notifications, now))

    async def freezes(self, fingerprint: str) -> dict[str, int]:
        """How often each check froze a daemon of this version and configuration."""
        return await self._call(partial(self._parts.freezes.count, fingerprint))

    async def save_misconduct(
        self, check: str, fingerprint: str, reason: str, notification: Notification, now: Moment
    ) -> None:
        """Write that a check is not asked any more by this version and configuration, and what is to be told."""
        freezes = self._parts.freezes
        await self._call(partial(freezes.save_misconduct, check, fingerprint, reason, notification, now))

    async def misconduct(self, fingerprint: str) -> dict[str, str]:
        """The checks that went wrong too often with this version and configuration, and how they last did."""
        return await self._call(partial(self._parts.freezes.misconduct, fingerprint))

    async def forgive(self, check: str) -> None:
        """Hold nothing against a check any more: neither freezes nor answers that went wrong."""
        await self._call(partial(self._parts.freezes.forgive, check))

    # --- targets: written by the listener ---------------------------------------------------------------

    async def save_targets(self, targets: tuple[Known, ...]) -> None:
        """Write these targets as last seen; others stay. Those as written last cost nothing."""
        await self._call(partial(self._parts.memory.save_targets, targets))

    async def load_targets(self) -> tuple[Known, ...]:
        """All targets that were seen and not forgotten, by name."""
        return await self._call(self._parts.memory.load_targets)

    async def forget_target(self, target: str) -> None:
        """Remove a target from those seen; no error if it is not there."""
        await self._call(partial(self._parts.memory.forget_target, target))

    # --- proposals: written by the desk; first sights: by the engine's part of that name ----------------

    async def save_proposal(self, proposal: ProposalRecord) -> None:
        """Write a proposal, new or as it stands now."""
        await self._call(partial(self._parts.proposals.save, proposal))

    async def proposal(self, proposal_id: str) -> ProposalRecord:
        """One proposal. Raises NotThere if there is no such one."""
        return await self._call(partial(self._parts.proposals.one, proposal_id))

    async def proposals(self, limit: int, *states: ProposalState) -> tuple[ProposalRecord, ...]:
        """The latest proposals, newest first; of these states if any is named."""
        return await self._call(partial(self._parts.proposals.latest, limit, *states))

    async def save_first_sight(self, sight: FirstSight) -> None:
        """Write what the files said when a container was first seen."""
        await self._call(partial(self._parts.proposals.save_sight, sight))

    async def first_sights(self) -> tuple[FirstSight, ...]:
        """Those of all containers."""
        return await self._call(self._parts.proposals.sights)

    async def forget_first_sights(self, container_ids: tuple[str, ...]) -> None:
        """Remove those of containers that are gone."""
        await self._call(partial(self._parts.proposals.forget_sights, container_ids))

    # --- check-ins: written by the desk -----------------------------------------------------------------

    async def save_check_in(self, record: CheckIn) -> None:
        """Write what is known of one job."""
        await self._call(partial(self._parts.check_ins.save, record))

    async def check_ins(self) -> tuple[CheckIn, ...]:
        """What is known of all jobs, by name."""
        return await self._call(self._parts.check_ins.all)

    # --- the story --------------------------------------------------------------------------------------

    async def note(
        self, kind: str, text: str, *, now: Moment, target: str | None = None, incident: str | None = None
    ) -> None:
        """Write one line of the story: the daemon started, the engine was lost, a person gave an order."""
        await self._call(partial(self._parts.past.note, kind, text, target, incident, now))

    async def incidents(self, limit: int, target: str | None = None) -> tuple[Incident, ...]:
        """The latest incidents, newest first; of one target if it is named."""
        return await self._call(partial(self._parts.past.incidents, limit, target))

    async def steps_of(self, incident: str) -> tuple[StepRecord, ...]:
        """The steps of an incident's run, oldest first; none if it never had one."""
        return await self._call(partial(self._parts.runs.steps_of, incident))

    async def story(self, incident_id: str) -> Story:
        """Everything written down of one incident. Raises NotThere if there is no such incident."""
        return await self._call(partial(self._parts.story, incident_id))

    async def recent_entries(self, limit: int) -> tuple[Entry, ...]:
        """The latest lines of the story, the oldest of them first."""
        return await self._call(partial(self._parts.past.recent_entries, limit))
