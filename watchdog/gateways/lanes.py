"""A hard deadline on calls that cannot be cancelled: each runs in a daemon thread that may be left behind.

Belongs here: slots, deadlines and the count of threads left behind, for any blocking function. Does not: any
SDK, and what a failure of the function means.

Never the loop's default executor: its few threads also resolve names, and a process cannot exit while one of
them is stuck.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar, TypeVarTuple

from watchdog.core.errors import Unreachable

R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class Circuit:
    """Counts the calls that were abandoned and have not returned; at `limit` of them it is open.

    It closes by itself as soon as one of them returns: then the other side answers again.
    """

    def __init__(self, what: str, limit: int = 4) -> None:
        self.what = what
        self.limit = limit
        self.abandoned = 0

    def check(self) -> None:
        """Raises `Unreachable` while open: nothing more is sent to a side that swallows calls."""
        if self.abandoned >= self.limit:
            raise Unreachable(
                f"{self.what} is stuck: {self.abandoned} calls got no answer (circuit open, nothing is sent "
                "until one of them returns)"
            )


class Lane:
    """Runs blocking functions, at most `width` at a time, each with a deadline.

    Lanes share a circuit but no slots: what fills one lane starves no other.
    """

    def __init__(self, name: str, width: int, circuit: Circuit) -> None:
        self.name = name
        self.width = width
        self.circuit = circuit
        self._slots = asyncio.Semaphore(width)

    async def call(
        self,
        function: Callable[[*Ts], R],
        *args: *Ts,
        within: float,
        cut: Callable[[], None] | None = None,
    ) -> R:
        """What `function(*args)` returns or raises, or `Unreachable` after `within` seconds at the latest.

        The wait for a free slot counts. A call past its deadline is abandoned: its slot is free again, its
        thread is left behind and counted. A cancelled caller leaves at once; the call keeps its slot until
        it returns or its deadline passes.

        Args:
            function: Runs in a thread of its own.
            *args: Handed to it.
            within: Seconds.
            cut: Called when the call is abandoned or cancelled, to end what its thread waits for; must not block.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        self.circuit.check()
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError:
            raise Unreachable(
                f"{self.circuit.what} is busy: all {self.width} {self.name} calls at once were taken for "
                f"{within:g} s"
            ) from None
        try:
            self.circuit.check()
            call = _Call(self, deadline, within, cut, partial(function, *args))
            call.begin()
        except BaseException:
            self.release()
            raise
        return await call.outcome()

    def release(self) -> None:
        """A slot is free again."""
        self._slots.release()


class _Call(Generic[R]):
    """One call on its way. All of its state belongs to the loop; its thread only reports back."""

    def __init__(
        self,
        lane: Lane,
        deadline: float,
        within: float,
        cut: Callable[[], None] | None,
        function: Callable[[], R],
    ) -> None:
        self._lane = lane
        self._within = within
        self._cut = cut
        self._function = function
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[R] = self._loop.create_future()
        self._abandoned = False
        self._timer = self._loop.call_at(deadline, self._expire)

    def begin(self) -> None:
        thread = threading.Thread(target=self._run, name=f"watchdog-{self._lane.name}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._timer.cancel()
            raise Unreachable(f"no thread could be started to ask {self._lane.circuit.what}") from error

    async def outcome(self) -> R:
        try:
            return await self._future
        except asyncio.CancelledError:
            if self._cut is not None:
                self._cut()
            raise

    def _run(self) -> None:
        try:
            result = self._function()
        except StopIteration as error:
            # A future refuses this one, and its waiter would wait for ever.
            report = partial(self._future.set_exception, RuntimeError(f"{error!r} in a call"))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
            report = partial(self._future.set_exception, error)
        else:
            report = partial(self._future.set_result, result)
        try:
            self._loop.call_soon_threadsafe(self._returned, report)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    def _returned(self, report: Callable[[], None]) -> None:
        self._timer.cancel()
        if self._abandoned:
            self._lane.circuit.abandoned -= 1
            return
        self._lane.release()
        if not self._future.done():
            report()

    def _expire(self) -> None:
        self._abandoned = True
        self._lane.circuit.abandoned += 1
        self._lane.release()
        if self._cut is not None:
            self._cut()
        if not self._future.done():
            self._future.set_exception(
                Unreachable(f"{self._lane.circuit.what} did not answer within {self._within:g} s")
            )
