"""A thread with an event loop of its own, for code that did not come with watchdog.

Whatever that code does (it blocks, raises SystemExit, never ends, begins threads), the daemon's own loop goes
on: it waits as long as it wants to, and leaves the rest behind. Belongs here: the thread, and how calls get there
and answers back. Does not: what follows from it.
"""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Generic, TypeVar

from watchdog.core.errors import (
    Changed,
    DeliveryError,
    GatewayError,
    JournalError,
    Misbehaved,
    NobodyListens,
    NotThere,
    Refused,
    Unreachable,
    WatchdogError,
)

R = TypeVar("R")

# A call that was given up ends at once when its code awaits anything; so long is it waited for by the next one.
COMES_BACK_WITHIN = 0.25
# Code that does not await is broken off so much later, if it is Python that runs.
BROKEN_OFF_AFTER = 1.0
# Tasks that are cancelled when a thread ends may clean up for so many turns of its loop.
TURNS_TO_END = 5
# So many threads may a plug-in keep: those of a pool or two.
MOST_THREADS = 32
LONGEST_REASON = 500

# How the threads that watchdog itself begins are called.
OUR_THREADS = ("watchdog", "journal", "asyncio_", "MainThread")

# A receiver may ask to be left alone for so many seconds.
LONGEST_PAUSE = 3600.0
# The special before the general.
_OURS = (NotThere, Changed, Refused, NobodyListens, Unreachable, JournalError, GatewayError, Misbehaved)

Wrap = Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]


class Enough(BaseException):
    """Put into code that was given up, to end it."""


class ForeignThread:
    """Runs coroutines of one plug-in, beside each other, in one thread that is begun when it is first needed.

    To be called from one loop, the daemon's.
    """

    def __init__(self, name: str, left: Callable[[], None] = lambda: None) -> None:
        """`left` is told when a call is left behind."""
        self.name = name
        self._left = left
        self._inside: _Inside | None = None
        self._behind: set[_Call[Any]] = set()
        self._back = asyncio.Event()

    @property
    def stuck(self) -> bool:
        """A call that was given up has not come back."""
        return bool(self._behind)

    async def call(self, work: Callable[[], Coroutine[Any, Any, R]], wrap: Wrap | None = None) -> R:
        """What `work()` returns; both run in the thread. A caller that is cancelled leaves it behind.

        `wrap` is put around the coroutine, within the thread.

        Raises:
            WatchdogError: the one that it raised.
            Misbehaved: it raised anything else, or an earlier call has not come back.
        """
        await self._wait_for_those_behind()
        if self._inside is None or not self._inside.usable:
            self._inside = _Inside(self.name)
        call = _Call(self._inside, work if wrap is None else partial(_wrapped, work, wrap), self._return)
        call.begin()
        try:
            answer: R = await call.answer
        except asyncio.CancelledError:
            if not call.answer.done() or call.answer.cancelled():
                self._leave(call)
            raise
        return answer

    def close(self) -> None:
        """End the thread as soon as its code lets it."""
        if self._inside is not None:
            self._inside.close()
            self._inside = None

    async def _wait_for_those_behind(self) -> None:
        if self._behind:
            self._back.clear()
            try:
                async with asyncio.timeout(COMES_BACK_WITHIN):
                    await self._back.wait()
            except TimeoutError:
                raise Misbehaved("it has not come back from what it was asked before") from None

    def _leave(self, call: _Call[R]) -> None:
        if call.returned:
            return
        self._behind.add(call)
        self._left()
        call.give_up()

    def _return(self, call: _Call[Any]) -> None:
        self._behind.discard(call)
        if not self._behind:
            self._back.set()


class _Inside:
    """The thread, its loop, and the threads that were begun by what runs in it."""

    def __init__(self, name: str) -> None:
        self.usable = True
        self.loop = asyncio.new_event_loop()
        self.begun: set[threading.Thread] = set()
        self._thread = threading.Thread(target=self._work, name=f"watchdog-plugin-{name}", daemon=True)
        self._thread.start()

    def break_off(self) -> None:
        """End the Python code that runs now; the thread ends with it, and another one takes its place."""
        self.close()
        if self._thread.ident is not None:
            ended = ctypes.py_object(Enough)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread.ident), ended)

    def close(self) -> None:
        """No more calls; the loop ends when the code that runs in it awaits something."""
        self.usable = False
        try:
            self.loop.call_soon_threadsafe(self.loop.stop)
        except RuntimeError:
            return  # it has ended already

    def _work(self) -> None:
        try:
            while self.usable:
                self._turn()
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            for _ in range(TURNS_TO_END):
                self._turn(once=True)
        finally:
            self.loop.close()

    def _turn(self, *, once: bool = False) -> None:
        try:
            if once:
                self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        except BaseException:  # noqa: BLE001, S110 - a task that it left behind ends nothing but itself
            pass


class _Call(Generic[R]):
    """One call on its way. `answer` belongs to the loop that waits, everything else that moves to the thread."""

    def __init__(
        self, inside: _Inside, work: Callable[[], Coroutine[Any, Any, R]], back: Callable[[_Call[R]], None]
    ) -> None:
        self._inside = inside
        self._work = work
        self._back = back
        self._home = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._given_up = False
        self.answer: asyncio.Future[R] = self._home.create_future()
        self.returned = False

    def begin(self) -> None:
        self._inside.loop.call_soon_threadsafe(self._begin)

    def give_up(self) -> None:
        """Cancel it; what does not await is broken off a little later."""
        self._given_up = True
        with suppress(RuntimeError):  # its loop has ended, and it with that
            self._inside.loop.call_soon_threadsafe(self._cancel)
        self._home.call_later(BROKEN_OFF_AFTER, self._break_off)

    def _break_off(self) -> None:
        # One that awaits has been cancelled by now: if it goes on all the same, its thread does no harm.
        if not self.returned and not self._cancelled:
            self._inside.break_off()

    _cancelled = False

    def _begin(self) -> None:
        if self._given_up:
            self._report(partial(self._fail, Misbehaved("it was given up before it began")))
            return
        self._task = self._inside.loop.create_task(self._carry_out())

    def _cancel(self) -> None:
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    async def _carry_out(self) -> None:
        count = _THREADS.begin(self._inside)
        report: Callable[[], None]
        try:
            result = await self._work()
        except WatchdogError as error:
            report = partial(self._fail, _our_own(error))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it ends here
            report = partial(self._fail, Misbehaved(f"it raised {_words_of(error)}"))
        else:
            report = partial(self._succeed, result)
        if not self._runs():
            _THREADS.left(self._inside)
            self._report(partial(self._fail, Misbehaved("it was left behind")))
            return
        left = _THREADS.end(self._inside, count)
        if left > MOST_THREADS:
            report = partial(self._fail, Misbehaved(f"it leaves threads behind: {left} run"))
        self._report(report)

    def _runs(self) -> bool:
        """False while what was left behind is taken apart: that happens in the middle of whatever runs just then.

        It may be the very code that counts threads (measured), or Python's own that lists or starts them: a lock
        that is waited for here is never given back, and stops the daemon with it.
        """
        try:
            return asyncio.current_task() is self._task
        except RuntimeError:
            return False

    def _report(self, report: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the daemon's loop has ended: nobody waits any more
            self._home.call_soon_threadsafe(self._return, report)

    def _return(self, report: Callable[[], None]) -> None:
        self.returned = True
        self._back(self)
        if not self.answer.done():
            report()

    def _succeed(self, result: R) -> None:
        self.answer.set_result(result)

    def _fail(self, error: WatchdogError) -> None:
        self.answer.set_exception(error)


class _Threads:
    """Which threads a plug-in has begun: it is only told what began while no other plug-in ran."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._working: dict[_Inside, int] = {}
        self._left: deque[_Inside] = deque()
        self._begins = 0

    def begin(self, inside: _Inside) -> tuple[int, frozenset[threading.Thread]]:
        with self._lock:
            self._settle()
            if inside not in self._working:
                self._begins += 1
            self._working[inside] = self._working.get(inside, 0) + 1
            begins = self._begins
        return begins, _others()

    def end(self, inside: _Inside, count: tuple[int, frozenset[threading.Thread]]) -> int:
        """How many threads run that it has begun."""
        begins, before = count
        with self._lock:
            self._settle()
            alone = len(self._working) == 1 and begins == self._begins
            self._end_one(inside)
        if alone:
            inside.begun |= _others() - before
        inside.begun = {thread for thread in inside.begun if thread.is_alive()}
        return len(inside.begun)

    def left(self, inside: _Inside) -> None:
        """One of its calls never came to its end. Waits for nothing, so that it may be said from anywhere."""
        self._left.append(inside)

    def _settle(self) -> None:
        while self._left:
            self._end_one(self._left.popleft())

    def _end_one(self, inside: _Inside) -> None:
        left = self._working.pop(inside, 1) - 1
        if left:
            self._working[inside] = left


_THREADS = _Threads()


def _others() -> frozenset[threading.Thread]:
    return frozenset(each for each in threading.enumerate() if not each.name.startswith(OUR_THREADS))


def _our_own(error: WatchdogError) -> WatchdogError:
    """An error of ours, made anew of its words: whatever else it was made of stays behind."""
    text = _text_of(error)
    if isinstance(error, DeliveryError):
        pause = error.retry_after
        return DeliveryError(
            text,
            permanent=error.permanent is True,
            blocked=error.blocked is True,
            retry_after=pause if isinstance(pause, int | float) and 0 <= pause <= LONGEST_PAUSE else None,
        )
    return next((kind(text) for kind in _OURS if isinstance(error, kind)), Unreachable(text))


def _words_of(error: BaseException) -> str:
    text = _text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _text_of(error: BaseException) -> str:
    try:
        return str.__str__(str(error))[:LONGEST_REASON]
    except BaseException:  # noqa: BLE001 - even its words can break
        return ""


async def _wrapped(work: Callable[[], Coroutine[Any, Any, R]], wrap: Wrap) -> R:
    result: R = await wrap(work())
    return result
