"""An action that did not come with watchdog."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from watchdog.core.answer import accept_outcome, accept_pins, accept_text
from watchdog.core.errors import Misbehaved
from watchdog.core.run import Outcome, Result
from watchdog.plugins import Action, Parameters, Tools

R = TypeVar("R")

# What an action would do, and what exactly it would ship, has to be told within so many seconds.
DESCRIBE_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Task:
    """What an action is about to do."""

    name: str
    target: str
    changes: bool = False


Perform = Callable[[Task, Callable[[Tools], Coroutine[Any, Any, Any]]], Coroutine[Any, Any, Any]]


class OutsideAction(Action[Any]):
    """An action that is made, asked and done in a thread of its own, another one each time.

    Its `suits` is not asked: a decision waits for nobody.
    """

    name: ClassVar[str] = "outside"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    def __init__(
        self, kind: type[Action[Any]], build: Callable[[], Action[Any]], origin: str, act: Perform
    ) -> None:
        super().__init__(Parameters())
        self._kind = kind
        self._build = build
        self._origin = origin
        self._act = act

    async def describe(self, target: str, tools: Tools) -> str:
        """What it would do, in its own words. Raises `Misbehaved`."""

        async def ask(inside: Tools) -> str:
            return accept_text(await self._build().describe(target, inside))

        return tools.redact(await self._ask(target, ask))

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:  # noqa: ARG002 - it has tools of its own
        """What exactly it would ship. Raises `Refused`, or `Misbehaved`."""

        async def ask(inside: Tools) -> Mapping[str, str]:
            return accept_pins(await self._build().pin(target, inside))

        return await self._ask(target, ask)

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it. Who stops waiting leaves it behind: nothing more is done to the target until it comes back."""

        async def do(inside: Tools) -> Outcome:
            return accept_outcome(await self._build().run(target, inside))

        return await self._do(target, do, tools)

    async def undo(self, target: str, tools: Tools) -> Outcome:
        """Take it back; as `run`."""

        async def do(inside: Tools) -> Outcome:
            return accept_outcome(await self._build().undo(target, inside))

        return await self._do(target, do, tools)

    async def _ask(self, target: str, ask: Callable[[Tools], Coroutine[Any, Any, R]]) -> R:
        try:
            async with asyncio.timeout(DESCRIBE_WITHIN):
                answer: R = await self._act(Task(self._kind.name, target), ask)
                return answer
        except TimeoutError:
            raise Misbehaved(f"{self._origin}: no answer within {DESCRIBE_WITHIN:g} s") from None
        except Misbehaved as error:
            raise Misbehaved(f"{self._origin}: {error}") from None

    async def _do(
        self, target: str, do: Callable[[Tools], Coroutine[Any, Any, Outcome]], tools: Tools
    ) -> Outcome:
        act = Task(self._kind.name, target, changes=self._kind.changes is not False)
        try:
            outcome: Outcome = await self._act(act, do)
        except Misbehaved as error:
            reason = tools.redact(f"{self._origin}: {error}")
            return Outcome(result=Result.FAILED, reason=reason, hopeless=True)
        evidence = tuple(tools.redact(line) for line in outcome.evidence)
        return replace(outcome, reason=tools.redact(outcome.reason), evidence=evidence)
