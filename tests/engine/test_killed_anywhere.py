"""A daemon that is killed at any write of its journal: the next one finishes its work, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.engine.world import LiveClock, World, build_world, grow_old, make_engine
from tests.fakes import FakeEngine
from watchdog.app import start
from watchdog.gateways.journal_thread import JournalThread

WRITES = frozenset(
    {"save", "begin_step", "end_step", "end_run", "tried", "save_targets", "forget_target", "note"}
)


class DyingThread(JournalThread):
    """The journal's thread, up to the write at which the daemon dies: from then on nobody gets an answer.

    Attributes:
        left: writes that still get through, None: all.
        lost: the write at which it dies does not get through itself.
        writes: the names of those that got through.
    """

    def __init__(self, thread: JournalThread, die: Callable[[], None]) -> None:
        self.thread = thread
        self.die = die
        self.left: int | None = None
        self.lost = False
        self.dead = False
        self.unanswered: list[asyncio.Future[None]] = []
        self.writes: list[str] = []

    async def call(self, work: Callable[[], Any]) -> Any:
        name = work.func.__name__ if isinstance(work, partial) else ""
        if name in WRITES and not self.dead and self.left is not None:
            self.left -= 1
            if self.left <= 0:
                self.dead = True
                self.die()
                if not self.lost:
                    self.writes.append(name)
                    await self.thread.call(work)
        if self.dead:
            unanswered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.unanswered.append(unanswered)
            await unanswered
        if name in WRITES:
            self.writes.append(name)
        return await self.thread.call(work)

    def stop(self) -> None:
        self.thread.stop()


class Wedged(FakeEngine):
    """Its starts hang while `wedged`, so that a daemon can be killed between its stop and its start."""

    wedged = True

    async def start(self, container_id: str) -> None:
        if self.wedged:
            await asyncio.Event().wait()
        await super().start(container_id)


@asynccontextmanager
async def mortal(
    engine: FakeEngine, state: Path, left: int | None = None, *, lost: bool = False
) -> AsyncIterator[tuple[World, DyingThread]]:
    """A daemon that ends with the block as if by SIGKILL: nothing is written any more.

    `left`: at which of its very first writes it dies.
    """
    world = await build_world(engine, state)
    app = world.app
    # What is replaced is the disk below the journal, whose every other part is the real one.
    real = app.journal._thread
    dying = DyingThread(real, engine.hold_calls)
    app.journal._thread = dying
    dying.left, dying.lost = left, lost
    starting = asyncio.create_task(start(app))
    try:
        await world.until(lambda: dying.dead or starting.done())
        if starting.done():
            starting.result()
        yield world, dying
    finally:
        dying.dead = True
        engine.hold_calls()
        starting.cancel()
        await asyncio.wait([starting])
        app.scheduler.stop()
        await app.responder.stop()
        await app.control.stop()
        assert await app.supervisor.stop(2.0) == ()
        for unanswered in dying.unanswered:
            unanswered.cancel()  # a killed process leaves no task behind
        await asyncio.sleep(0)
        app.journal._thread = real
        await app.journal.close()  # the kernel closes the files of a killed process
        engine.resume()


def crash(engine: FakeEngine) -> None:
    engine.crash("app", 1)


def turn_unhealthy(engine: FakeEngine) -> None:
    engine.turn_unhealthy("app")


async def count_writes(state: Path, fault: Callable[[FakeEngine], None]) -> list[str]:
    """The writes of the whole story, undisturbed."""
    engine = make_engine()
    engine.add("app", health="healthy")
    async with mortal(engine, state) as (world, dying):
        await world.looked("app")
        before = len(dying.writes)
        fault(engine)
        await world.newest("resolved")
        return dying.writes[before:]


async def assert_healed(engine: FakeEngine, state: Path, where: str) -> None:
    """A daemon that lives finishes the story, as one incident, told once."""
    async with mortal(engine, state) as (world, _):
        await world.newest("resolved")
        incidents = await world.incidents()
        tellings = await world.tellings()
        assert len(incidents) == 1, where
        assert incidents[0].id == "1", where
        assert incidents[0].ending in ("healed", "recovered"), where
        assert engine.container("app").state == "running", where
        assert engine.container("app").health == "healthy", where
        assert tellings.count("opened") == 1, where
        assert tellings[-1] in ("healed", "recovered"), where
        assert "held" not in tellings, where
        assert "asked" not in tellings, where
        # No intent is left that a third daemon would take up.
        assert await world.app.journal.open_steps() == (), where


@pytest.mark.parametrize("fault", [crash, turn_unhealthy])
@pytest.mark.parametrize("lost", [False, True], ids=["after", "before"])
async def test_killed_at_any_write(tmp_path: Path, fault: Callable[[FakeEngine], None], lost: bool) -> None:
    """Killed just before or just after any write: healed, one incident, told once, at most one start more."""
    writes = await count_writes(tmp_path / "undisturbed", fault)
    assert len(writes) >= 6
    for k, name in enumerate(writes, start=1):
        where = f"killed {'before' if lost else 'after'} write {k} ({name})"
        engine, state = make_engine(), tmp_path / str(k)
        engine.add("app", health="healthy")
        async with mortal(engine, state) as (world, dying):
            await world.looked("app")
            dying.left, dying.lost = k, lost
            fault(engine)
            await world.until(lambda dying=dying: dying.dead)  # type: ignore[misc]

        await assert_healed(engine, state, where)
        assert engine.acts.count(("start", "app")) <= 2, where


@pytest.mark.parametrize("lost", [False, True], ids=["after", "before"])
async def test_killed_between_stop_and_start_and_again(tmp_path: Path, lost: bool) -> None:
    """Killed in the middle of a step, and again anywhere in the next life: never taken for a person's stop."""
    for k in range(1, 12):
        engine, state = grow_old(Wedged(LiveClock())), tmp_path / str(k)
        engine.add("app", health="healthy")
        async with mortal(engine, state) as (world, _):
            await world.looked("app")
            engine.turn_unhealthy("app")
            await world.until(lambda engine=engine: ("stop", "app") in engine.acts)  # type: ignore[misc]

        async with mortal(engine, state, left=k, lost=lost) as (world, dying):
            await world.until(
                lambda dying=dying: dying.dead or repeated(dying)  # type: ignore[misc]
            )
            over = not dying.dead

        engine.wedged = False
        await assert_healed(engine, state, f"killed again at write {k}: {dying.writes}")
        assert engine.acts.count(("start", "app")) == 1
        if over:
            return
    pytest.fail("the second life never came to its start")


def repeated(dying: DyingThread) -> bool:
    """The interrupted step was begun once more."""
    return "begin_step" in dying.writes
