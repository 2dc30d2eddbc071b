"""Doing things every so often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.engine.parts import Tasks, until
from watchdog.engine.scheduler import Scheduler, Spaced, Work


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    """The tasks that were fired."""
    tasks = Tasks()
    yield tasks
    await tasks.stop()


async def test_work_is_done_again_and_again_even_while_the_first_hangs(tasks: Tasks) -> None:
    """A sweep that hangs does not keep the next one from beginning; after a stop none begins."""
    begun = 0

    async def hang() -> None:
        nonlocal begun
        begun += 1
        await asyncio.Event().wait()

    scheduler = Scheduler(tasks.spawn)
    scheduler.every(0.2, "sweep", hang)  # less than a second is a second
    scheduler.start()
    assert begun == 0

    await until(lambda: begun == 2)
    scheduler.stop()

    assert {task.get_name() for task in tasks.running} == {"sweep"}


async def test_stopping_what_never_started_is_no_error(tasks: Tasks) -> None:
    """A daemon that fails while it starts can still be ended in order."""
    Scheduler(tasks.spawn).stop()


async def test_work_goes_on_after_the_wall_clock_was_set(tasks: Tasks) -> None:
    """Set anew, everything is due after its span again, however far away its time was."""
    done = 0

    async def work() -> None:
        nonlocal done
        done += 1

    scheduler = Scheduler(tasks.spawn)
    scheduler.every(1, "sweep", work)
    scheduler.start()
    scheduler.realign()
    await until(lambda: done == 1)
    scheduler.stop()


async def test_what_is_asked_no_more_is_not_done(tasks: Tasks) -> None:
    """Of the jobs of one kind only those that are named stay; others are left alone."""
    done: list[str] = []

    def doing(name: str) -> Work:
        async def work() -> None:
            done.append(name)

        return work

    scheduler = Scheduler(tasks.spawn)
    for name in ("sweep", "ask web", "ask disk"):
        scheduler.every(1, name, doing(name))
    scheduler.keep({"ask disk"}, "ask ")
    scheduler.start()
    await until(lambda: len(done) >= 2)
    scheduler.stop()
    assert sorted(done) == ["ask disk", "sweep"]


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_that_is_set_by_years_costs_no_time(years: int) -> None:
    """What was missed meanwhile is not gone through time by time; it is done once, and then after its span again."""
    trigger = Spaced(seconds=5, timezone=UTC)
    before = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    now = before + timedelta(days=365 * years)

    following = trigger.get_next_fire_time(before, now)

    assert following == max(before, now) + timedelta(seconds=5)


def test_a_little_late_is_on_time() -> None:
    """What fires a moment late is not late again the next time."""
    trigger = Spaced(seconds=5, timezone=UTC)
    before = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)

    following = trigger.get_next_fire_time(before, before + timedelta(seconds=1))

    assert following == before + timedelta(seconds=5)
