"""Carries out one step: intent saved, action, outcome saved, handed back. It claims nothing: checks verify."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

from watchdog.core.decision import Perform
from watchdog.core.errors import GatewayError, WatchdogError
from watchdog.core.happening import Happening, Publish
from watchdog.core.moment import Moment
from watchdog.core.observation import Fact
from watchdog.core.playbook import Step
from watchdog.core.run import Outcome, Result
from watchdog.plugins import Action, Parameters, Tools

# No step takes longer than this, whatever hangs; the gateways' own deadlines are far below it.
LONGEST_STEP = 900.0
# So much later is evidence fetched of what still runs.
ASIDE = 0.02
# Nor is it waited for longer until it is found out whether a step is to be done.
LONGEST_DECIDING = 60.0
# Evidence that is not there by then is not waited for.
LONGEST_LOOK = 10.0


class StepBook(Protocol):
    """The journal, as the runner needs it."""

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
        counts: bool,
    ) -> int:
        """Keep the intent, before the effect. `counts`: against the budget of the stack."""
        ...

    async def end_step(self, step_id: int, outcome: Outcome, now: Moment) -> None:
        """Keep how it ended."""
        ...

    async def end_run(self, incident: str, result: str, now: Moment) -> None:
        """Keep how the whole run ended."""
        ...


class Runner:
    """At most one changing step on a target at a time."""

    def __init__(
        self,
        *,
        journal: StepBook,
        tools: Tools,
        build_action: Callable[[Step], Action[Parameters]],
        ended: Callable[[str, str, Outcome], Awaitable[None]],
        spawn: Callable[[str, Coroutine[Any, Any, None]], None],
        publish: Publish,
        hindrance: Callable[[str], str] = lambda _: "",
        longest_step: float = LONGEST_STEP,
        longest_look: float = LONGEST_LOOK,
    ) -> None:
        """`hindrance`: why nothing may be done to a target now, "" if it may."""
        self._journal = journal
        self._tools = tools
        self._build_action = build_action
        self._hindrance = hindrance
        self._ended = ended
        self._spawn = spawn
        self._publish = publish
        self._longest_step = longest_step
        self._longest_look = longest_look
        self._running: dict[str, asyncio.Task[Outcome]] = {}
        self._aborted: dict[str, str] = {}
        # Which target is acted on for which other one.
        self._for: dict[str, str] = {}

    def begin(self, order: Perform) -> None:
        """Carry out a rung, in a task of its own."""
        self._spawn(f"{order.rung.step.action} on {_acted_on(order)}", self._carry_out(order))

    def abort(self, target: str, reason: str) -> None:
        """End what runs for a target; what was already asked of the engine cannot be taken back."""
        target = self._for.get(target, target)
        running = self._running.get(target)
        if running is not None:
            self._aborted[target] = reason
            running.cancel()

    async def finish(self, incident: str, result: str) -> None:
        """The incident of a run has come to its end, or to a human."""
        try:
            await self._journal.end_run(incident, result, self._tools.clock.now())
        except GatewayError as error:
            facts: dict[str, Fact] = {"reason": str(error)}
            self._publish(Happening(name="journal.failed", at=self._tools.clock.now(), facts=facts))

    def busy(self) -> tuple[str, ...]:
        """The targets on which a step runs now."""
        return tuple(self._running)

    async def _carry_out(self, order: Perform) -> None:
        step, target = order.rung.step, _acted_on(order)
        hindrance = (
            "another step is running on this target" if target in self._running else self._hindrance(target)
        )
        if hindrance:
            outcome = Outcome(result=Result.SKIPPED, reason=hindrance)
            await self._ended(order.target, order.incident, outcome)
            return
        task = asyncio.ensure_future(self._record(order, step))
        self._running[target] = task
        self._for[order.target] = target
        for companion in order.rung.companions:
            self._spawn(f"{companion.action} on {target}", self._accompany(order, companion))
        try:
            outcome = await task
        except asyncio.CancelledError:
            if target not in self._aborted:
                task.cancel()
                raise  # the daemon is stopping: the open intent is settled at the next start
            outcome = Outcome(result=Result.ABORTED, reason=self._aborted[target])
        finally:
            self._running.pop(target, None)
            self._for.pop(order.target, None)
            self._aborted.pop(target, None)
        await self._ended(order.target, order.incident, outcome)

    async def _record(self, order: Perform, step: Step) -> Outcome:
        # Shielded: the journal writes it down although nobody waits any more, and it must not stay open.
        intent = asyncio.ensure_future(self._begin(order, step, counts=order.counts))
        try:
            step_id = await asyncio.shield(intent)
        except GatewayError as error:
            return Outcome(result=Result.SKIPPED, reason=f"the intent could not be saved: {error}")
        except asyncio.CancelledError:
            if _acted_on(order) in self._aborted:
                await self._close_unused(intent, order)
            raise
        self._say("step.begun", order, action=step.action, attempt=order.attempt)
        outcome = Outcome(result=Result.INTERRUPTED)
        try:
            within = LONGEST_DECIDING if order.decides else self._longest_step
            outcome = await self._act(_acted_on(order), step, within, undo=order.undo)
        except asyncio.CancelledError:
            reason = self._aborted.get(_acted_on(order))
            if reason is not None:
                outcome = Outcome(result=Result.ABORTED, reason=reason)
                await self._end(step_id, outcome, order)
            raise
        await self._end(step_id, outcome, order)
        return outcome

    async def _close_unused(self, intent: asyncio.Future[int], order: Perform) -> None:
        """Aborted before it began: nothing was done, and nothing is to be settled at the next start."""
        outcome = Outcome(result=Result.ABORTED, reason=self._aborted[_acted_on(order)])
        with suppress(GatewayError):
            await self._end(await intent, outcome, order)

    async def _accompany(self, order: Perform, step: Step) -> None:
        """A looking step beside the changing one; whatever becomes of it, the heal goes on."""
        if not self._tools.containers.known_down(_acted_on(order)):
            # What runs still has its log a moment later: what heals it is asked of the engine first.
            await asyncio.sleep(ASIDE)
        outcome = await self._act(step.on or _acted_on(order), step, self._longest_look)
        try:
            step_id = await self._begin(order, step, counts=False)
            await self._journal.end_step(step_id, outcome, self._tools.clock.now())
        except GatewayError as error:
            self._say("journal.failed", order, reason=str(error))

    async def _act(self, target: str, step: Step, within: float, *, undo: bool = False) -> Outcome:
        try:
            async with asyncio.timeout(within):
                action = self._build_action(step)
                return await (action.undo if undo else action.run)(target, self._tools)
        except TimeoutError:
            return Outcome(result=Result.FAILED, reason=f"not done within {within:g} s")
        except WatchdogError as error:
            return Outcome(result=Result.FAILED, reason=self._tools.redact(str(error)))
        except Exception as error:  # noqa: BLE001 - a broken action must not take the daemon with it
            reason = f"the action itself failed: {type(error).__name__}: {error}"
            return Outcome(result=Result.FAILED, reason=self._tools.redact(reason), hopeless=True)

    async def _begin(self, order: Perform, step: Step, *, counts: bool) -> int:
        return await self._journal.begin_step(
            incident=order.incident,
            playbook=order.playbook,
            target=order.target,
            action=step.action,
            rung=order.index,
            attempt=order.attempt,
            container_id=self._tools.containers.container_of(step.on or _acted_on(order)),
            text=f"{step.action} on {step.on or _acted_on(order)}{_manner(order)}",
            now=self._tools.clock.now(),
            counts=counts,
        )

    async def _end(self, step_id: int, outcome: Outcome, order: Perform) -> None:
        try:
            await self._journal.end_step(step_id, outcome, self._tools.clock.now())
        except GatewayError as error:
            self._say("journal.failed", order, reason=str(error))
        self._say(
            "step.ended",
            order,
            action=order.rung.step.action,
            result=outcome.result.value,
            reason=outcome.reason or None,
        )

    def _say(self, name: str, order: Perform, **facts: Fact) -> None:
        now = self._tools.clock.now()
        self._publish(Happening(name=name, at=now, target=order.target, incident=order.incident, facts=facts))


def _manner(order: Perform) -> str:
    if order.undo:
        return ", taken back"
    return ", once more: it was interrupted" if order.again else ""


def _acted_on(order: Perform) -> str:
    """The target that a rung acts on: what is in trouble, or what its step names."""
    return order.rung.step.on or order.target
