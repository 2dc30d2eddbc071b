"""Our own tasks: each is kept, none dies unseen, all end when the daemon ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from watchdog.core.happening import Happening, Publish
from watchdog.plugins import Clock


class Supervisor:
    """Starts tasks and hears of their failures."""

    def __init__(self, clock: Clock, publish: Publish) -> None:
        self._clock = clock
        self._publish = publish
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside everything else; a failure is published as `task.failed`."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stop(self, within: float) -> tuple[str, ...]:
        """Cancel everything; the names of the tasks that did not end within so many seconds."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if not tasks:
            return ()
        _, pending = await asyncio.wait(tasks, timeout=within)
        return tuple(task.get_name() for task in pending)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            reason = f"{type(error).__name__}: {error}"
            facts = {"task": task.get_name(), "reason": reason}
            self._publish(Happening(name="task.failed", at=self._clock.now(), facts=facts))
