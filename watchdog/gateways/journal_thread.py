"""The one thread that owns the connection: calls are done in the order in which they were made."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")


class JournalThread:
    """A queue and the daemon thread that empties it.

    A daemon thread, not an executor's: a disk that hangs must not keep the process from ending.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="journal", daemon=True).start()

    async def call(self, work: Callable[[], R]) -> R:
        """Do `work` on the thread after everything asked for earlier, and return or raise what it does.

        A caller that is cancelled stops waiting; the work is done all the same.
        """
        future: concurrent.futures.Future[R] = concurrent.futures.Future()
        # From here on a cancelled caller cannot take it back.
        future.set_running_or_notify_cancel()

        def job() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - not swallowed: handed to the caller
                future.set_exception(error)
            else:
                future.set_result(result)

        self._jobs.put(job)
        return await asyncio.wrap_future(future)

    def stop(self) -> None:
        """End the thread once everything asked for is done. Does not wait: a disk may hang for ever."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
