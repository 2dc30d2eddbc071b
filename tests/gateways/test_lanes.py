from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.gateways.waiting import until
from watchdog.core.errors import Unreachable
from watchdog.gateways.lanes import Circuit, Lane


class Stuck:
    """A blocking function that returns when it is let go."""

    def __init__(self) -> None:
        self._gate = threading.Event()
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        self._gate.wait(20)
        return "at last"

    def let_go(self) -> None:
        self._gate.set()


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    made = Stuck()
    yield made
    made.let_go()


async def fails(lane: Lane, function: Callable[[], object], within: float = 0.05) -> str:
    with pytest.raises(Unreachable) as caught:
        await lane.call(function, within=within)
    return str(caught.value)


async def test_a_call_returns_what_its_function_returns() -> None:
    """A call gives the function's own answer, with its arguments."""
    lane = Lane("look", 4, Circuit("the engine"))
    assert await lane.call(divmod, 7, 2, within=5) == (3, 1)


async def test_a_call_raises_what_its_function_raises() -> None:
    """An error of the function reaches the caller unchanged."""
    lane = Lane("look", 4, Circuit("the engine"))
    with pytest.raises(ZeroDivisionError):
        await lane.call(divmod, 7, 0, within=5)


async def test_stop_iteration_does_not_hang_the_caller() -> None:
    """The one error that a future refuses is turned into another."""
    lane = Lane("look", 1, Circuit("the engine"))
    with pytest.raises(RuntimeError, match="StopIteration"):
        await lane.call(next, iter(()), within=5)


async def test_a_stuck_call_ends_at_its_deadline(stuck: Stuck) -> None:
    """A function that never returns costs its caller the deadline and no more."""
    lane = Lane("look", 4, Circuit("the engine"))
    began = time.monotonic()
    assert await fails(lane, stuck, within=0.1) == "the engine did not answer within 0.1 s"
    assert 0.09 < time.monotonic() - began < 1.0
    assert lane.circuit.abandoned == 1


async def test_the_loop_runs_on_while_a_call_is_stuck(stuck: Stuck) -> None:
    """Other work is not held up by a stuck call."""
    lane = Lane("look", 4, Circuit("the engine"))
    call = asyncio.create_task(fails(lane, stuck, within=0.3))
    turns = 0
    while not call.done():
        turns += 1
        await asyncio.sleep(0.01)
    assert turns >= 10


async def test_four_stuck_calls_open_the_circuit_and_one_return_closes_it() -> None:
    """With four calls abandoned nothing more is sent, until one of them returns."""
    lane = Lane("look", 8, Circuit("the engine", limit=4))
    first, others = Stuck(), Stuck()
    await asyncio.gather(fails(lane, first), *(fails(lane, others) for _ in range(3)))
    sent: list[int] = []
    refusal = await fails(lane, lambda: sent.append(1), within=5)
    assert "circuit open" in refusal
    assert sent == []
    first.let_go()
    await until(lambda: lane.circuit.abandoned == 3)
    assert await lane.call(lambda: "answer", within=5) == "answer"
    others.let_go()
    await until(lambda: lane.circuit.abandoned == 0)


async def test_an_abandoned_call_gives_its_slot_back(stuck: Stuck) -> None:
    """A lane of one is free again although its call is still stuck."""
    lane = Lane("look", 1, Circuit("the engine"))
    await fails(lane, stuck)
    assert await lane.call(lambda: "answer", within=5) == "answer"


async def test_the_wait_for_a_slot_counts(stuck: Stuck) -> None:
    """A call that finds its lane full gives up at its deadline, unsent."""
    lane = Lane("look", 1, Circuit("the engine"))
    full = asyncio.create_task(lane.call(stuck, within=10))
    await until(lambda: stuck.calls == 1)
    assert "busy" in await fails(lane, stuck, within=0.05)
    assert stuck.calls == 1
    assert lane.circuit.abandoned == 0
    stuck.let_go()
    assert await full == "at last"


async def test_a_full_lane_starves_no_other(stuck: Stuck) -> None:
    """Twenty waiting stops do not delay a look."""
    circuit = Circuit("the engine")
    stops, looks = Lane("stop", 20, circuit), Lane("look", 4, circuit)
    waiting = [asyncio.create_task(stops.call(stuck, within=10)) for _ in range(25)]
    await until(lambda: stuck.calls == 20)
    assert await looks.call(lambda: "seen", within=1) == "seen"
    stuck.let_go()
    assert await asyncio.gather(*waiting) == ["at last"] * 25


async def test_a_call_that_waited_while_the_circuit_opened_is_not_sent() -> None:
    """A queue in front of a stuck engine is not sent after it."""
    lane = Lane("look", 1, Circuit("the engine", limit=1))
    first, second = Stuck(), Stuck()
    stuck_call = asyncio.create_task(fails(lane, first, within=0.1))
    await until(lambda: first.calls == 1)
    assert "circuit open" in await fails(lane, second, within=5)
    await stuck_call
    assert second.calls == 0
    first.let_go()


async def test_a_cancelled_caller_leaves_at_once_and_its_slot_comes_back(stuck: Stuck) -> None:
    """Cancelling a caller loses no slot and abandons nothing that returns in time."""
    lane = Lane("look", 1, Circuit("the engine"))
    call = asyncio.create_task(lane.call(stuck, within=10))
    await until(lambda: stuck.calls == 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    stuck.let_go()
    assert await lane.call(lambda: "answer", within=5) == "answer"
    assert lane.circuit.abandoned == 0


async def test_a_caller_cancelled_while_it_waits_takes_no_slot(stuck: Stuck) -> None:
    """Cancelling one who waits for a slot leaves the lane as it was."""
    lane = Lane("look", 1, Circuit("the engine"))
    full = asyncio.create_task(lane.call(stuck, within=10))
    await until(lambda: stuck.calls == 1)
    waiting = asyncio.create_task(lane.call(stuck, within=10))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    stuck.let_go()
    assert await full == "at last"
    assert stuck.calls == 1


async def test_an_abandoned_or_cancelled_call_is_cut(stuck: Stuck) -> None:
    """What can end the wait of the thread is called at the deadline, and when the caller goes."""
    lane = Lane("look", 4, Circuit("the engine"))
    cuts: list[str] = []
    with pytest.raises(Unreachable):
        await lane.call(stuck, within=0.05, cut=lambda: cuts.append("deadline"))
    call = asyncio.create_task(lane.call(stuck, within=5, cut=lambda: cuts.append("cancelled")))
    await until(lambda: stuck.calls == 2)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert cuts == ["deadline", "cancelled"]


async def test_no_thread_is_kept_for_idle_lanes() -> None:
    """A lane without a call has no thread."""
    lane = Lane("idle", 4, Circuit("the engine"))
    await asyncio.gather(*(lane.call(time.monotonic, within=5) for _ in range(20)))
    await until(lambda: not any(thread.name == "watchdog-idle" for thread in threading.enumerate()))


async def test_a_thread_that_outlives_its_loop_harms_nobody() -> None:
    """A late answer to a loop that was closed is dropped."""
    stuck = Stuck()
    ended = threading.Event()

    def slow() -> None:
        stuck()
        ended.set()

    def run() -> None:
        async def ask() -> None:
            with pytest.raises(Unreachable):
                await Lane("look", 1, Circuit("the engine")).call(slow, within=0.05)

        asyncio.run(ask())

    await asyncio.get_running_loop().run_in_executor(None, run)
    stuck.let_go()
    assert ended.wait(5)


async def test_a_machine_out_of_threads_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """When no thread can be started nothing is known, and no slot is lost."""
    lane = Lane("look", 1, Circuit("the engine"))

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        for _ in range(2):
            assert "no thread could be started" in await fails(lane, time.monotonic)
    assert await lane.call(lambda: "answer", within=5) == "answer"
