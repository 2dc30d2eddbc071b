"""A check that did not come with watchdog."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from watchdog.core.answer import accept_observation
from watchdog.core.conduct import Conduct
from watchdog.core.errors import Misbehaved
from watchdog.core.observation import Observation
from watchdog.engine.outsiders.room import Room
from watchdog.plugins import Check, Parameters, Tools

# Whoever asks waits so much longer than the deadline that is kept here.
SLACK = 1.0
# A check that wants to look again at once, always, looks so often.
LEAST_PAUSE = 1.0


class OutsideCheck(Check[Any]):
    """A check in a thread of its own."""

    kind: ClassVar[str] = "outside"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    def __init__(
        self, check: Check[Any], room: Room, origin: str, failed: Callable[[str, str], None]
    ) -> None:
        super().__init__(check.name, check.parameters)
        self.asks = check
        self.room = room
        self.within = 0.0
        self.conduct = Conduct()
        self._origin = origin
        self._failed = failed

    def targets(self) -> tuple[str, ...] | None:
        """What it said when it was made: the configuration keeps that."""
        return self.asks.targets()

    async def probe(self, target: str, tools: Tools) -> Observation:
        """Ask once. Raises `Misbehaved` with what it did wrong, or the error of ours that it raised."""
        try:
            async with asyncio.timeout(self.within):
                seen = await self.room.run(target, partial(self._look, target))
        except TimeoutError:
            reason = f"no answer within {self.within:g} s"
        except Misbehaved as error:
            reason = str(error)
        else:
            self.conduct.answered()
            return _redacted(seen, tools.redact)
        reason = tools.redact(f"{self._origin}: {reason}")
        if self.conduct.failed(target):
            self.conduct.answered()
            self._failed(self.name, reason)
        raise Misbehaved(reason)

    async def _look(self, target: str, tools: Tools) -> Observation:
        answer = await self.asks.probe(target, tools)
        return accept_observation(answer, self.name, target, tools.clock.now())


def _redacted(seen: Observation, redact: Callable[[str], str]) -> Observation:
    facts = {
        name: redact(fact) if isinstance(fact, str) else fact for name, fact in seen.finding.facts.items()
    }
    pause = seen.look_again
    return replace(
        seen,
        finding=replace(seen.finding, facts=facts),
        evidence=tuple(redact(line) for line in seen.evidence),
        look_again=None if pause is None else max(pause, LEAST_PAUSE),
    )
