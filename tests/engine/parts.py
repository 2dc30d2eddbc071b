"""What tests of single parts of the engine are put together from: tools, a case's policy, listeners to news."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import FakeClock, FakeCompose, FakeEngine
from watchdog.core.errors import GatewayError, JournalError
from watchdog.core.happening import Happening
from watchdog.core.redaction import redact
from watchdog.core.roster import Known
from watchdog.core.target import Wishes
from watchdog.engine.census import Census
from watchdog.gateways.front import Front
from watchdog.plugins import Tools

SECRET = "hunter2-hunter2"


async def until(condition: Callable[[], object], within: float = 5.0) -> None:
    """Wait for a condition with a deadline."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - a test polls, with a deadline
            await asyncio.sleep(0)


@dataclass
class News:
    """Hears what is published."""

    heard: list[Happening] = field(default_factory=list)

    def publish(self, happening: Happening) -> None:
        self.heard.append(happening)

    def names(self) -> list[str]:
        return [happening.name for happening in self.heard]

    def reasons(self, name: str) -> list[object]:
        """The reasons given in all happenings of that name."""
        return [happening.facts.get("reason") for happening in self.heard if happening.name == name]


@dataclass
class Tasks:
    """Spawns tasks as the supervisor does, and ends them with the test."""

    running: set[asyncio.Task[None]] = field(default_factory=set)

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def done(self, within: float = 5.0) -> None:
        """Wait until nothing runs any more."""
        await until(lambda: not self.running, within)

    async def stop(self) -> None:
        """End what is left, as a stopping daemon does."""
        tasks = tuple(self.running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class FakeMemory:
    """Where a census remembers targets.

    Attributes:
        saved: each call's targets by name, in order.
    """

    def __init__(self) -> None:
        self.saved: list[tuple[str, ...]] = []
        self.known: dict[str, Known] = {}
        self.forgotten: list[str] = []
        self._errors: list[GatewayError] = []

    def fail_next(self, error: GatewayError | None = None) -> None:
        self._errors.append(error or JournalError("the disk is full"))

    async def save_targets(self, targets: tuple[Known, ...]) -> None:
        await asyncio.sleep(0)
        if self._errors:
            raise self._errors.pop(0)
        self.saved.append(tuple(sorted(known.target for known in targets)))
        self.known |= {known.target: known for known in targets}

    async def forget_target(self, target: str) -> None:
        await asyncio.sleep(0)
        if self._errors:
            raise self._errors.pop(0)
        self.forgotten.append(target)
        self.known.pop(target, None)


class Stand:
    """An engine in memory and a census over it."""

    def __init__(
        self, wishes: dict[str, Wishes] | None = None, engine: type[FakeEngine] = FakeEngine
    ) -> None:
        self.clock = FakeClock()
        self.engine = engine(self.clock)
        self.compose = FakeCompose(self.engine)
        self.memory = FakeMemory()
        self.wishes = wishes or {}
        self.front: Front | None = None
        self.census = self.another()

    def another(self) -> Census:
        """A census that knows nothing yet, as after a restart of the daemon."""
        self.census = Census(
            self.engine,
            self.compose,
            self.clock,
            self.memory,
            lambda target: self.wishes.get(target, Wishes()),
        )
        return self.census

    @property
    def tools(self) -> Tools:
        return Tools(
            engine=self.engine,
            compose=self.compose,
            containers=self.census,
            clock=self.clock,
            front=self.front,
            redact=lambda text: redact(text, (SECRET,)),
        )

    async def catch_up(self) -> None:
        """Let the census hear all events that the engine remembers."""
        events, _ = await self.engine.recent_events()
        for event in events:
            self.census.hear(event)

    async def arrive(self) -> None:
        """List, then take in what the engine remembers, as the listener does."""
        events, reach = await self.engine.recent_events()
        await self.census.take()
        self.census.recall(events, reach)
