"""Asks one check about one target: with a deadline, and a crash of the check is UNKNOWN."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from watchdog.core.errors import WatchdogError
from watchdog.core.observation import Finding, Observation, Status
from watchdog.plugins import Check, Parameters, Tools

Spawn = Callable[[str, Coroutine[Any, Any, None]], None]


@dataclass(frozen=True, slots=True)
class Question:
    """A check and the seconds within which it has to answer."""

    check: Check[Parameters]
    within: float


class Monitor:
    """Looks when asked. Two askers at once share a look that begins after both asked."""

    def __init__(
        self,
        *,
        questions: Sequence[Question],
        tools: Tools,
        targets: Callable[[], tuple[str, ...]],
        receive: Callable[[Observation], Awaitable[None]],
        spawn: Spawn,
    ) -> None:
        self._questions = tuple(questions)
        self._tools = tools
        self._targets = targets
        self._receive = receive
        self._spawn = spawn
        self._looking: set[str] = set()
        self._again: set[str] = set()

    def targets(self) -> tuple[str, ...]:
        """The names of all watched targets."""
        return self._targets()

    def ask_soon(self, target: str) -> None:
        """Have a target looked at, without waiting for it."""
        if target in self._looking:
            self._again.add(target)
            return
        self._looking.add(target)
        self._spawn(f"look at {target}", self._look_until_quiet(target))

    async def ask(self, target: str) -> tuple[Observation, ...]:
        """Look at a target now, with each of its checks, and have what is seen taken into account."""
        seen = tuple([await self._probe(question, target) for question in self._questions])
        for observation in seen:
            await self._receive(observation)
        return seen

    async def _look_until_quiet(self, target: str) -> None:
        try:
            while True:
                self._again.discard(target)
                if target in self._targets():
                    await self.ask(target)
                if target not in self._again:
                    return
        finally:
            self._looking.discard(target)
            self._again.discard(target)

    async def _probe(self, question: Question, target: str) -> Observation:
        check = question.check
        try:
            async with asyncio.timeout(question.within):
                return await check.probe(target, self._tools)
        except TimeoutError:
            reason = f"no answer within {question.within:g} s"
        except WatchdogError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - a broken check must not take the daemon with it
            reason = f"the check itself failed: {type(error).__name__}: {error}"
        return Observation(
            check=check.name,
            target=target,
            status=Status.UNKNOWN,
            finding=Finding("could_not_look", {"reason": self._tools.redact(reason)}),
            at=self._tools.clock.now(),
        )
