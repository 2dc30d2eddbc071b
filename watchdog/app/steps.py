"""What is between a decision and the runner: the budget, a yes that is used up, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from watchdog.core.decision import Perform, StepEnded
from watchdog.core.errors import GatewayError
from watchdog.core.run import Outcome, Result
from watchdog.desk.proposals import Proposals
from watchdog.engine.responder import Responder
from watchdog.engine.runner import Runner
from watchdog.engine.stack import Stack


class Steps:
    """Joins responder, proposals and runner, each of which knows none of the others."""

    def __init__(
        self,
        *,
        responder: Callable[[], Responder],
        proposals: Callable[[], Proposals],
        runner: Callable[[], Runner],
        stack: Stack,
        spawn: Callable[[str, Coroutine[Any, Any, None]], None],
        begins: Callable[[Perform, bool], None] = lambda _, __: None,
    ) -> None:
        """`begins` hears of each step that is about to begin, and whether a human said yes to it."""
        self._responder = responder
        self._proposals = proposals
        self._runner = runner
        self._stack = stack
        self._spawn = spawn
        self._begins = begins

    def perform(self, order: Perform) -> None:
        """Begin what was decided."""
        if order.counts:
            self._stack.began()
        if not order.decides and self._proposals().approved(order):
            self._spawn(f"admit {order.rung.step.action} on {order.target}", self._admit(order))
        else:
            self._begins(order, False)
            self._runner().begin(order)

    async def ended(self, target: str, incident: str, outcome: Outcome) -> None:
        """A step has ended."""
        cases = self._responder().cases()
        case = next((c for c in cases if c.incident and c.incident.id == incident), None)
        if case is not None:
            await self._responder().step_ended(case.check, target, StepEnded(incident, outcome))

    async def _admit(self, order: Perform) -> None:
        try:
            refused = await self._proposals().admit(order)
        except GatewayError as error:
            # Without its end written down a yes might be used twice: not begun, and looked at again.
            refused = Outcome(result=Result.SKIPPED, reason=f"the yes could not be used up: {error}")
        if refused is None:
            self._begins(order, True)
            self._runner().begin(order)
        else:
            await self.ended(order.target, order.incident, refused)
