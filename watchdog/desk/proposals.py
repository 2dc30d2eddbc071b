"""Proposals: the exact plan of a rung that asks first, shown, kept, and answered once.

A yes is bound to the hash of the plan that was shown. When the plan made anew is another one, nothing is
done and it is proposed again under another id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from watchdog.core.decision import Answer, Approved, Declined, Perform, Propose, Shown, Stale
from watchdog.core.errors import GatewayError, NotThere, Refused
from watchdog.core.happening import Happening, Publish
from watchdog.core.incident import Case, Proposal
from watchdog.core.playbook import Playbook, Rung, Step
from watchdog.core.proposal import ProposalRecord, ProposalState, name_differences
from watchdog.core.run import Outcome, Result
from watchdog.desk.plans import REFUSED, make_rung_plan
from watchdog.desk.unknown import UnknownName
from watchdog.desk.wants import Described
from watchdog.plugins import Tools
from watchdog.wording import plain

Json = dict[str, Any]

OURSELVES = "watchdog"
MOST = 100


class Answering(Protocol):
    """What is remembered of every target, and where answers go."""

    def case(self, target: str) -> Case | None:
        """What is remembered of a target."""
        ...

    def cases(self) -> Sequence[Case]:
        """What is remembered of all of them."""
        ...

    async def answer(self, target: str, answer: Answer) -> str:
        """Pass an answer on; what follows from it. Raises `NotThere` when nothing waits for it."""
        ...


class ProposalBook(Protocol):
    """The journal, as far as proposals need it."""

    async def save_proposal(self, proposal: ProposalRecord) -> None:
        """Write a proposal, new or as it stands now."""
        ...

    async def proposal(self, proposal_id: str) -> ProposalRecord:
        """One proposal. Raises `NotThere`."""
        ...

    async def proposals(self, limit: int, *states: ProposalState) -> Sequence[ProposalRecord]:
        """The latest proposals, newest first."""
        ...


class Proposals:
    """All that wait, or waited, for a human yes."""

    def __init__(
        self,
        *,
        responder: Answering,
        journal: ProposalBook,
        playbook: Callable[[str], Playbook | None],
        lasts: Callable[[], float],
        build_action: Callable[[Step], Described],
        tools: Tools,
        publish: Publish,
    ) -> None:
        self._responder = responder
        self._journal = journal
        self._playbook = playbook
        self._lasts = lasts
        self._build_action = build_action
        self._tools = tools
        self._publish = publish
        # Approved, and not begun yet, by incident and rung.
        self._approved: dict[tuple[str, int], ProposalRecord] = {}
        # Whose plan is being made: until people are asked it is wanted again at each look.
        self._making: set[str] = set()
        # Of two answers at once the first one stands.
        self._answering = asyncio.Lock()

    # --- for the engine ---

    async def propose(self, wanted: Propose) -> None:
        """Make the exact plan, keep it and have people asked. One that would be refused is withdrawn, and nobody is."""
        if wanted.proposal in self._making:
            return
        self._making.add(wanted.proposal)
        try:
            await self._show(wanted)
        finally:
            self._making.discard(wanted.proposal)

    async def _show(self, wanted: Propose) -> None:
        plan = await self._plan(wanted.playbook, wanted.target, wanted.rung, wanted.index)
        refused = plan["pins"].get(REFUSED)
        record = ProposalRecord(
            id=wanted.proposal,
            incident=wanted.incident,
            target=wanted.target,
            playbook=wanted.playbook,
            rung=wanted.index,
            action=wanted.rung.step.action,
            text=plan["does"],
            hash=plan["hash"],
            made=self._tools.clock.now(),
            lasts=self._lasts(),
            pins=plan["pins"],
        )
        try:
            await self._journal.save_proposal(record)
            if refused is not None:
                await self._close(record, ProposalState.DECLINED, OURSELVES, refused)
                await self._responder.answer(record.target, Declined(record.id, f"{OURSELVES}: {refused}"))
            else:
                await self._responder.answer(record.target, Shown(record.id, record.text))
        except NotThere:
            pass  # it is not wanted any more: that is as well
        except GatewayError as error:
            # Made up for when somebody asks for it.
            now = self._tools.clock.now()
            self._publish(Happening(name="journal.failed", at=now, facts={"reason": str(error)}))

    async def begin(self) -> None:
        """Take up what an earlier daemon left: what was approved and not begun, what was proposed and not kept."""
        for record in await self._journal.proposals(MOST, ProposalState.APPROVED):
            if self._waiting(record) is not None:
                self._approved[record.incident, record.rung] = record
        await self._make_up()

    def approved(self, order: Perform) -> bool:
        """Whether this step rests on a human yes, and so has to be admitted."""
        return not order.undo and (order.incident, order.index) in self._approved

    async def admit(self, order: Perform) -> Outcome | None:
        """None if what was approved is still exactly what would be done; else why it is not done. Single use."""
        record = self._approved.pop((order.incident, order.index))
        plan = await self._plan(order.playbook, order.target, order.rung, order.index)
        if plan["hash"] == record.hash:
            await self._close(record, ProposalState.USED, record.by, "")
            return None
        why = f"what was approved has changed since: {_differences(record, plan)}"
        await self._close(record, ProposalState.STALE, record.by, why)
        return Outcome(result=Result.SKIPPED, reason=why, hopeless=True)

    # --- for people ---

    async def list(self, *, every: bool = False) -> tuple[ProposalRecord, ...]:
        """Those that wait for an answer, or the latest of all, newest first."""
        await self._make_up()
        states = () if every else (ProposalState.OPEN,)
        found = [await self._settled(each) for each in await self._journal.proposals(MOST, *states)]
        return tuple(each for each in found if every or each.state is ProposalState.OPEN)

    async def look(self, proposal_id: str) -> tuple[ProposalRecord, str]:
        """A proposal as it was shown, and what is different now, "" if nothing. Raises `UnknownName`."""
        record = await self._find(proposal_id)
        if record.state is not ProposalState.OPEN:
            return record, record.reason
        plan = await self._plan_of(record)
        return record, "" if plan["hash"] == record.hash else _differences(record, plan)

    async def approve(self, proposal_id: str, by: str) -> tuple[ProposalRecord, str]:
        """A human yes; the proposal and what follows. Raises `Refused` unless it is exactly what was shown."""
        async with self._answering:
            return await self._approve(proposal_id, by)

    async def decline(self, proposal_id: str, by: str) -> tuple[ProposalRecord, str]:
        """A human no; the proposal and what follows."""
        async with self._answering:
            record = await self._require_open(proposal_id)
            record = await self._close(record, ProposalState.DECLINED, by, "")
            return record, await self._pass_on(record, Declined(record.id, by))

    # --- parts ---

    async def _approve(self, proposal_id: str, by: str) -> tuple[ProposalRecord, str]:
        record = await self._require_open(proposal_id)
        plan = await self._plan_of(record)
        if plan["hash"] != record.hash:
            why = _differences(record, plan)
            await self._close(record, ProposalState.STALE, by, why)
            await self._responder.answer(record.target, Stale(record.id))
            raise Refused(
                f"proposal {record.id} is not what it was: {why}. Nothing was done; what it would be now is "
                "proposed anew: see watchdog proposals"
            )
        record = await self._close(record, ProposalState.APPROVED, by, "")
        self._approved[record.incident, record.rung] = record
        return record, await self._pass_on(record, Approved(record.id, by))

    async def _pass_on(self, record: ProposalRecord, answer: Answer) -> str:
        try:
            return await self._responder.answer(record.target, answer)
        except NotThere as gone:
            self._approved.pop((record.incident, record.rung), None)
            raise Refused(f"proposal {record.id} is not wanted any more") from gone

    async def _require_open(self, proposal_id: str) -> ProposalRecord:
        record = await self._find(proposal_id)
        if record.state is ProposalState.OPEN:
            return record
        words = {
            ProposalState.APPROVED: f"was approved already, by {record.by}",
            ProposalState.USED: f"was approved by {record.by} and is used up",
            ProposalState.DECLINED: f"was declined by {record.by}",
            ProposalState.STALE: "had become another one",
            ProposalState.EXPIRED: "is over",
        }[record.state]
        raise Refused(f"proposal {record.id} {words}{f': {record.reason}' if record.reason else ''}")

    async def _find(self, proposal_id: str) -> ProposalRecord:
        await self._make_up()
        try:
            return await self._settled(await self._journal.proposal(proposal_id))
        except NotThere:
            waiting = await self._journal.proposals(MOST, ProposalState.OPEN)
            raise UnknownName("proposal", proposal_id, (each.id for each in waiting)) from None

    async def _settled(self, record: ProposalRecord) -> ProposalRecord:
        """The proposal as it stands now: nobody tells us when it expires, or when its incident is over."""
        if record.state is not ProposalState.OPEN:
            return record
        if record.left(self._tools.clock.now()) <= 0:
            return await self._close(record, ProposalState.EXPIRED, "", "nobody answered in time")
        if self._waiting(record) is None:
            why = f"{record.target} does not need it any more"
            return await self._close(record, ProposalState.EXPIRED, "", why)
        return record

    async def _close(
        self, record: ProposalRecord, state: ProposalState, by: str, reason: str
    ) -> ProposalRecord:
        now = self._tools.clock.now()
        changed = replace(record, state=state, by=by, reason=plain(reason), answered=now)
        await self._journal.save_proposal(changed)
        return changed

    def _waiting(self, record: ProposalRecord) -> Proposal | None:
        """The proposal in its incident, None when that wants it no more."""
        for case in self._responder.cases():
            incident = case.incident
            if incident is not None and incident.proposal is not None and incident.proposal.id == record.id:
                return incident.proposal
        return None

    async def _make_up(self) -> None:
        """Keep the plans of proposals that were decided and never kept: the daemon died, or the disk was full."""
        for case in self._responder.cases():
            incident = case.incident
            if incident is None or incident.proposal is None or incident.proposal.approved_by:
                continue
            try:
                await self._journal.proposal(incident.proposal.id)
            except NotThere:
                index, playbook = incident.proposal.rung, self._playbook(incident.playbook)
                if playbook is not None and index < len(playbook.rungs):
                    wanted = (incident.proposal.id, incident.id, case.target, playbook.name)
                    await self.propose(Propose(*wanted, playbook.rungs[index], index))

    async def _plan_of(self, record: ProposalRecord) -> Json:
        playbook = self._playbook(record.playbook)
        if playbook is None or record.rung >= len(playbook.rungs):
            return {"hash": "", "does": f"nothing: {record.playbook} has no such step any more", "pins": {}}
        return await self._plan(record.playbook, record.target, playbook.rungs[record.rung], record.rung)

    async def _plan(self, playbook: str, target: str, rung: Rung, index: int) -> Json:
        return await make_rung_plan(playbook, target, rung, index, self._build_action, self._tools)


def _differences(record: ProposalRecord, plan: Json) -> str:
    """What is another one now, in words."""
    if REFUSED in plan["pins"]:
        return str(plan["pins"][REFUSED])
    names = name_differences(record.pins, plan["pins"])
    return f"{' and '.join(names)} changed since it was shown" if names else "its step is another one now"
