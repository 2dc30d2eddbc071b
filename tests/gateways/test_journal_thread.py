import asyncio
import threading
from functools import partial

import pytest

from watchdog.gateways.journal_thread import JournalThread


async def test_calls_are_done_in_the_order_in_which_they_were_made() -> None:
    """Many callers at once are served one by one, first come, first served, on one thread."""
    thread, done, names = JournalThread(), list[int](), set[str]()

    def work(number: int) -> int:
        done.append(number)
        names.add(threading.current_thread().name)
        return number

    answers = await asyncio.gather(*(thread.call(partial(work, n)) for n in range(200)))

    assert list(range(200)) == done == answers
    assert names == {"journal"}
    thread.stop()


async def test_an_error_reaches_the_caller_and_nobody_else() -> None:
    """What goes wrong in one call is raised there; the next call works."""
    thread = JournalThread()

    with pytest.raises(ZeroDivisionError):
        await thread.call(lambda: 1 // 0)

    assert await thread.call(lambda: 7) == 7
    thread.stop()


async def test_the_work_of_a_cancelled_caller_is_done_all_the_same() -> None:
    """A write that was asked for is written, also when the one who asked has gone."""
    thread, gate, done = JournalThread(), threading.Event(), list[str]()
    blocking = asyncio.create_task(thread.call(gate.wait))
    cancelled = asyncio.create_task(thread.call(lambda: done.append("written")))
    await asyncio.sleep(0)

    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    gate.set()
    await blocking
    await thread.call(lambda: None)

    assert done == ["written"]
    thread.stop()
