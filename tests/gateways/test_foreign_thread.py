"""A thread for code that did not come with watchdog."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from tests.engine.parts import until
from watchdog.core.errors import Changed, DeliveryError, GatewayError, Misbehaved, NotThere, Unreachable
from watchdog.gateways import foreign_thread
from watchdog.gateways.foreign_thread import ForeignThread


@pytest.fixture
async def thread() -> AsyncIterator[ForeignThread]:
    """A thread that is ended with the test."""
    thread = ForeignThread("test")
    yield thread
    thread.close()


async def test_calls_run_beside_each_other_in_one_thread_of_their_own(thread: ForeignThread) -> None:
    """What awaits lets others go on; none of it is in our thread."""
    gate = asyncio.Event()
    where: set[int] = set()

    async def wait() -> str:
        where.add(threading.get_ident())
        await gate.wait()
        return "waited"

    async def open_gate() -> str:
        where.add(threading.get_ident())
        gate.set()
        return "opened"

    waited, opened = await asyncio.gather(thread.call(wait), thread.call(open_gate))
    assert (waited, opened) == ("waited", "opened")
    assert len(where) == 1
    assert threading.get_ident() not in where


class Refusal(GatewayError):  # noqa: N818 - as ours are named
    """An error that somebody derived from one of ours."""

    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("raised", "kind", "text"),
    [
        (ValueError("no"), Misbehaved, "it raised ValueError: no"),
        (SystemExit(3), Misbehaved, "it raised SystemExit: 3"),
        (KeyboardInterrupt(), Misbehaved, "it raised KeyboardInterrupt"),
        (GeneratorExit(), Misbehaved, "it raised GeneratorExit"),
        (asyncio.CancelledError(), Misbehaved, "it raised CancelledError"),
        (StopIteration(3), Misbehaved, "it raised RuntimeError: coroutine raised StopIteration"),
        (Unreachable("away"), Unreachable, "away"),
        (NotThere("gone"), NotThere, "gone"),
        (Changed("other", ("x",)), Changed, "other"),
        (Refusal("x"), GatewayError, ""),
        (DeliveryError("later", retry_after=5), DeliveryError, "later"),
    ],
)
async def test_whatever_it_raises_arrives_as_an_error_of_ours(
    thread: ForeignThread, raised: BaseException, kind: type[Exception], text: str
) -> None:
    """Ours as they are, made anew; everything else is misconduct. Afterwards it can be called as before."""

    async def fail() -> None:
        raise raised

    async def answer() -> int:
        return 1

    with pytest.raises(kind) as caught:
        await thread.call(fail)
    assert str(caught.value) == text
    assert type(caught.value) is kind
    assert caught.value is not raised
    assert await thread.call(answer) == 1


async def test_who_stops_waiting_leaves_it_behind_until_it_is_back(thread: ForeignThread) -> None:
    """Code that blocks keeps its thread; nothing more is asked of it until it returns, and then it is again."""
    let_go = threading.Event()

    async def block() -> None:
        let_go.wait(20)

    async def answer() -> int:
        return 1

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await thread.call(block)
    assert thread.stuck
    with pytest.raises(Misbehaved, match="has not come back"):
        await thread.call(answer)
    before = threading.active_count()
    let_go.set()
    await until(lambda: not thread.stuck)
    assert await thread.call(answer) == 1
    assert threading.active_count() <= before


async def test_python_code_that_never_ends_is_broken_off(thread: ForeignThread) -> None:
    """An endless loop does not burn a core for ever."""
    turns = 0

    async def spin() -> None:
        nonlocal turns
        while True:
            turns += 1

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await thread.call(spin)
    await until(lambda: not thread.stuck)
    before = turns
    began = time.thread_time()
    await asyncio.sleep(0)
    assert turns == before
    assert time.thread_time() - began < 1


async def test_code_that_awaits_is_cancelled_and_cleans_up(thread: ForeignThread) -> None:
    """A deadline reaches it, and it is asked again at once."""
    cleaned: list[bool] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await thread.call(wait)
    await until(lambda: not thread.stuck)
    assert cleaned == [True] * 3


async def test_a_closed_thread_ends_and_a_new_one_takes_its_place(thread: ForeignThread) -> None:
    """What still runs in it is cancelled."""

    async def who() -> threading.Thread:
        return threading.current_thread()

    async def wait() -> None:
        await asyncio.Event().wait()

    first = await thread.call(who)
    waiting = asyncio.ensure_future(thread.call(wait))
    await asyncio.sleep(0.01)
    thread.close()
    with pytest.raises(Misbehaved):
        await waiting
    await until(lambda: not first.is_alive())
    assert await thread.call(who) is not first


async def test_threads_that_are_left_behind_are_counted(thread: ForeignThread) -> None:
    """Those of a pool are allowed; more than that are too many, until they have ended."""
    let_go = threading.Event()

    async def begin(count: int) -> int:
        for _ in range(count):
            threading.Thread(target=let_go.wait, args=(20,), daemon=True).start()
        return count

    assert await thread.call(lambda: begin(10)) == 10
    with pytest.raises(Misbehaved, match="it leaves threads behind: 33 run"):
        await thread.call(lambda: begin(23))
    let_go.set()

    async def all_ended() -> bool:
        return True

    while True:
        try:
            assert await thread.call(all_ended)
        except Misbehaved:
            continue
        break


@pytest.mark.parametrize("stubborn", [False, True])
async def test_a_call_that_is_thrown_away_waits_for_no_lock(thread: ForeignThread, stubborn: bool) -> None:
    """Python takes apart what was left behind wherever it likes, also while threads are counted, started or listed."""
    begun = asyncio.Event()
    calls: list[foreign_thread._Call[None]] = []

    async def hangs() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            if stubborn:
                raise ValueError

    await thread.call(_nothing, _as_it_is)
    inside = thread._inside
    assert inside is not None
    call = foreign_thread._Call(inside, hangs, calls.append)
    left_behind = call._carry_out()
    left_behind.send(None)
    assert begun.is_set()

    with foreign_thread._THREADS._lock, threading._active_limbo_lock:  # type: ignore[attr-defined]
        left_behind.close()

    await until(lambda: calls == [call])
    with pytest.raises(Misbehaved, match="left behind"):
        await call.answer
    assert foreign_thread._THREADS.begin(inside)[0] > 0
    assert foreign_thread._THREADS._working[inside] == 1, "it does not count as working any more"
    foreign_thread._THREADS.left(inside)


async def _nothing() -> None:
    """Do nothing."""


async def _as_it_is(work: Coroutine[Any, Any, None]) -> None:
    """Wait for it in no special way."""
    await work
