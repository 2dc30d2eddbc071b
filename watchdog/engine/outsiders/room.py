"""A thread for the code of one plug-in, with tools that can be used there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

from watchdog.gateways.crossing import cross, send_across
from watchdog.gateways.foreign_thread import ForeignThread, Wrap
from watchdog.plugins import Compose, Containers, Engine, Tools

R = TypeVar("R")


class Slot(Protocol):
    """A place of the black box, where a thread is marked while its code runs."""

    def watch(self, check: str, target: str, work: Coroutine[Any, Any, Any]) -> Any:
        """The same work, marked."""
        ...

    def clear(self) -> None:
        """Its code does not run, or does no harm."""
        ...

    def give_back(self) -> None:
        """It is needed no more."""
        ...


class Room:
    """A thread with its tools, and its place in the black box."""

    def __init__(self, name: str, tools: Tools, slot: Slot) -> None:
        self.name = name
        self.busy = 0
        self._tools = tools
        self._slot = slot
        self._across: Tools | None = None
        self.thread = ForeignThread(name, left=slot.clear)

    async def run(self, target: str, work: Callable[[Tools], Coroutine[Any, Any, R]]) -> R:
        """What the work returns, done in the thread with tools that can be used there."""
        tools = self._across = self._across or _across(self._tools)
        wrap: Wrap = partial(self._slot.watch, self.name, target)
        self.busy += 1
        try:
            return await self.thread.call(partial(work, tools), wrap)
        finally:
            self.busy -= 1

    @property
    def over(self) -> bool:
        """Nothing runs in it, and nothing is left behind."""
        return not self.busy and not self.thread.stuck

    def end(self) -> None:
        """End the thread as soon as its code lets it."""
        self.thread.close()
        if self.over:
            self._slot.give_back()


def _across(tools: Tools) -> Tools:
    home = asyncio.get_running_loop()
    return replace(
        tools,
        engine=cross(Engine, tools.engine, home),  # type: ignore[type-abstract]
        compose=cross(Compose, tools.compose, home),  # type: ignore[type-abstract]
        containers=cross(Containers, tools.containers, home),  # type: ignore[type-abstract]
        progress=send_across(tools.progress, home),
    )
