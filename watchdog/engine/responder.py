"""Owns what is remembered of every target: decides through core, saves, and only then acts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from watchdog.core.decision import (
    Abort,
    Answer,
    DaemonReturned,
    Decision,
    Event,
    Look,
    Order,
    Ordered,
    Perform,
    Policy,
    Propose,
    StepEnded,
    Tell,
)
from watchdog.core.errors import GatewayError, NotThere
from watchdog.core.happening import Happening, Publish
from watchdog.core.incident import Case, Incident, Phase
from watchdog.core.lifecycle import advance
from watchdog.core.moment import Moment
from watchdog.core.narration import line_of, narrate, unnoted, witnessed
from watchdog.core.notification import Notification
from watchdog.core.observation import Fact, Observation
from watchdog.core.remembered import case_for, case_of, gravest, remembering
from watchdog.core.story import StepRecord
from watchdog.plugins import Clock

# When the journal refuses a decision, nothing is done, and the target is looked at again after this.
RETRY_SAVE = 5.0


class Book(Protocol):
    """The journal, as the responder needs it."""

    async def save(
        self, case: Case, notifications: tuple[Notification, ...], reason: str, now: Moment
    ) -> None:
        """Keep one decision, in one transaction."""
        ...

    async def load_cases(self) -> tuple[Case, ...]:
        """What an earlier daemon remembered."""
        ...

    async def last_incident_number(self) -> int:
        """The number of the newest incident, 0 if there was none."""
        ...

    async def steps_of(self, incident: str) -> tuple[StepRecord, ...]:
        """The steps that were begun for an incident, oldest first."""
        ...


class Stack(Protocol):
    """The rest of the stack, as the responder needs it."""

    def saw(self, seen: Observation) -> None:
        """A check has looked at a target."""
        ...

    def waiting_for(self, target: str) -> tuple[str, ...]:
        """The targets that wait for this one."""
        ...

    def next_in_line(self, queue: Collection[tuple[str, str]]) -> Collection[tuple[str, str]]:
        """Of the checks and targets that wait for a place: those whose turn it is now."""
        ...

    def is_still_down(self, seen: Observation) -> bool:
        """Whether this was seen down a moment ago, and nothing was heard of it since."""
        ...


class Weather(Protocol):
    """What watches over many targets at once; `check` is the name under which its incidents are kept."""

    check: str

    def remember(self, incident: Incident) -> None:
        """Go on with the storm of an earlier daemon."""
        ...

    async def look(self) -> None:
        """Has a storm begun, or ended? Raises `GatewayError` when that could not be written down."""
        ...


class Responder:
    """One case a target and check; decisions on one target are made one after the other."""

    def __init__(
        self,
        *,
        journal: Book,
        clock: Clock,
        policy_of: Callable[[str, str], Policy],
        ask: Callable[[str], None],
        perform: Callable[[Perform], None],
        propose: Callable[[Propose], None],
        abort: Callable[[str, str], None],
        told: Callable[[], None],
        publish: Publish,
        stack: Stack | None = None,
        weather: Weather | None = None,
        retry_save: float = RETRY_SAVE,
        spawn: Callable[[str, Coroutine[Any, Any, None]], None] | None = None,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._policy_of = policy_of
        self._ask = ask
        self._perform = perform
        self._propose = propose
        self._abort = abort
        self._told = told
        self._publish = publish
        self._retry_save = retry_save
        self._stack = stack
        self._weather = weather
        self._spawn = spawn
        self._beginning: set[str] = set()
        self._queue: dict[tuple[str, str], None] = {}
        self._owed: dict[tuple[str, str], Event] = {}
        self._cases: dict[tuple[str, str], Case] = {}
        self._latest: dict[tuple[str, str], Observation] = {}
        self._reasons: dict[str, str] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._unsettled: tuple[tuple[str, str], ...] = ()
        self._number = 0

    # --- what is remembered ---

    def cases(self) -> tuple[Case, ...]:
        """Everything that is remembered, of all targets."""
        return tuple(self._cases.values())

    def case(self, target: str) -> Case | None:
        """What is remembered of a target: the case with an incident if there is one."""
        return case_of(self._cases, target)

    def latest(self, target: str) -> Observation | None:
        """What was last seen of a target: the gravest, where several checks look at it."""
        return gravest(observation for (_, name), observation in self._latest.items() if name == target)

    def beginning(self) -> frozenset[str]:
        """The targets on which a step was decided that is being written down."""
        return frozenset(self._beginning)

    def reason(self, target: str) -> str:
        """Why the target stands as it does: the reason of the latest decision."""
        return self._reasons.get(target, "not looked at yet")

    # --- what happens ---

    async def remember(self) -> None:
        """Begin with what an earlier daemon remembered."""
        self._number = await self._journal.last_incident_number()
        for case in await self._journal.load_cases():
            if self._weather is not None and case.check == self._weather.check:
                if case.incident is not None:
                    self._weather.remember(case.incident)
                continue
            # Health is verified by watching, and nobody was.
            ledger = replace(case.ledger, healthy_since=None)
            self._cases[case.check, case.target] = replace(case, ledger=ledger)
        self._unsettled = tuple(self._cases)

    async def settle(self) -> None:
        """Settle what an earlier daemon left open, by looking; to be called once the engine can be asked."""
        for check, target in self._unsettled:
            case = self._cases[check, target]
            if case.incident is not None and case.incident.phase is Phase.ACTING:
                with suppress(GatewayError):  # then it is settled by looking
                    ended = witnessed(case, await self._journal.steps_of(case.incident.id))
                    if ended is not None:
                        await self._decide(check, target, ended)
            await self._decide(check, target, DaemonReturned())
        self._unsettled = ()

    async def receive(self, seen: Observation) -> None:
        """A check has looked."""
        before = self._latest.get((seen.check, seen.target))
        if before is not None and seen.at.precedes(before.at):
            return  # overtaken by a later look: it shows what was
        self._latest[seen.check, seen.target] = seen
        kind = seen.finding.kind
        if before is None or (before.status, before.finding.kind) != (seen.status, kind):
            self._announce("observation.changed", seen.target, status=seen.status.value, finding=kind)
        if self._stack is not None:
            self._stack.saw(seen)
        if self._weather is not None:
            # Before the decision: one of many is not told, nor acted upon, like a single one.
            try:
                await self._weather.look()
            except GatewayError as error:
                self._announce("journal.failed", seen.target, reason=str(error))
        await self._decide(seen.check, seen.target, seen)

    async def step_ended(self, check: str, target: str, ended: StepEnded) -> None:
        """The runner has ended a step."""
        await self._decide(check, target, ended)

    async def order(self, target: str, order: Order, by: str) -> str:
        """A person's order; returns what follows from it, in a sentence. Raises `NotThere` if unknown."""
        checks = [check for check, name in self._cases if name == target]
        if not checks:
            raise NotThere(f'there is no target "{target}"')
        reason = ""
        for check in checks:
            reason = await self._decide(check, target, Ordered(order, by))
        return reason

    async def answer(self, target: str, answer: Answer) -> str:
        """A proposal was answered; returns what follows from it, in a sentence. Raises `NotThere` if none waits."""
        for check, case in [(case.check, case) for case in self._cases.values() if case.target == target]:
            proposal = case.incident.proposal if case.incident is not None else None
            if proposal is not None and proposal.id == answer.proposal:
                return await self._decide(check, target, answer)
        raise NotThere(f"{target} waits for no proposal {answer.proposal}")

    async def stop(self) -> None:
        """Forget all timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def _decide(self, check: str, target: str, event: Event) -> str:
        async with self._locks.setdefault(target, asyncio.Lock()):
            try:
                owed = self._owed.get((check, target))
                if owed is not None:
                    await self._advance(check, target, owed)
                    self._owed.pop((check, target), None)
                return await self._advance(check, target, event)
            except GatewayError as error:
                # A look can be repeated, and a person is told; that a step has ended is known only once.
                if isinstance(event, StepEnded | DaemonReturned):
                    self._owed[check, target] = event
                self._cases = remembering(self._cases, unnoted(case_for(self._cases, check, target), event))
                self._announce("journal.failed", target, reason=str(error))
                self._look_after(check, target, self._retry_save)
                return f"not done, the journal cannot be written: {error}"

    async def _advance(self, check: str, target: str, event: Event) -> str:
        now = self._clock.now()
        case = case_for(self._cases, check, target)
        decision = advance(case, event, self._policy_of(check, target), now)
        if case.incident is None and decision.case.incident is not None:
            self._number = int(decision.case.incident.id)  # taken before anybody else can ask
        notifications = tuple(e.notification for e in decision.effects if isinstance(e, Tell))
        if any(isinstance(effect, Perform) for effect in decision.effects):
            self._beginning.add(target)  # nobody else may take its place while it is written down
        try:
            if decision.case != case or notifications:
                line = line_of(case, decision, self.reason(target))
                await self._journal.save(decision.case, notifications, line, now)
            self._cases = remembering(self._cases, decision.case)
        finally:
            self._beginning.discard(target)
        self._queue.pop((check, target), None)
        self._narrate(case, decision)
        for effect in decision.effects:
            self._carry_out(check, target, effect)
        self._let_others_go_on(case, decision.case)
        return decision.reason

    def _let_others_go_on(self, before: Case, after: Case) -> None:
        """An action that ended makes room for those that wait for a place; a cause that is gone is heard of at once."""
        was, now = before.incident, after.incident
        if was is None or (now is not None and now.phase is was.phase):
            return
        if was.phase is Phase.ACTING:
            self._go_on_with_the_next()
        if self._stack is not None and (now is None or now.phase in (Phase.RESOLVED, Phase.ESCALATED)):
            for target in self._stack.waiting_for(after.target):
                self._ask(target)

    def _go_on_with_the_next(self) -> None:
        """Those whose turn it is; the others ask again in their own time."""
        stack, queue = self._stack, tuple(self._queue)
        for check, target in queue if stack is None else stack.next_in_line(queue):
            seen = self._latest.get((check, target))
            if stack is None or seen is None or self._spawn is None or not stack.is_still_down(seen):
                self._look_after(check, target, 0.0)
            else:
                self._look_no_more(check, target)
                self._spawn(f"decide on {target}", self._decide_again(seen))

    async def _decide_again(self, seen: Observation) -> None:
        """What was seen still holds: it need not be looked at once more."""
        await self._decide(seen.check, seen.target, seen)

    def next_number(self) -> str:
        """The id that the next incident would get."""
        return str(self._number + 1)

    def take_number(self) -> str:
        """The id of an incident that is about to be opened."""
        self._number += 1
        return str(self._number)

    def _carry_out(self, check: str, target: str, effect: object) -> None:
        match effect:
            case Look():
                if effect.slot:
                    self._queue[check, target] = None
                self._look_after(check, target, effect.after)
            case Perform():
                self._perform(effect)
            case Propose():
                self._propose(effect)
            case Abort():
                self._abort(target, effect.reason)
            case Tell():
                self._told()
            case _:
                raise AssertionError(effect, check)

    def _look_after(self, check: str, target: str, seconds: float) -> None:
        self._look_no_more(check, target)
        if seconds <= 0:
            self._ask(target)
            return
        self._timers[check, target] = asyncio.get_running_loop().call_later(seconds, self._ask, target)

    def _look_no_more(self, check: str, target: str) -> None:
        timer = self._timers.pop((check, target), None)
        if timer is not None:
            timer.cancel()

    def _narrate(self, case: Case, decision: Decision) -> None:
        if self._reasons.get(case.target) != decision.reason:
            self._reasons[case.target] = decision.reason
            self._announce("decision", case.target, reason=decision.reason)
        for happening in narrate(case, decision, self._clock.now()):
            self._publish(happening)

    def _announce(self, name: str, target: str, **facts: Fact) -> None:
        self._publish(Happening(name=name, at=self._clock.now(), target=target, facts=facts))
