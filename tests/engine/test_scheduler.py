"""Doing things every so often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.engine.parts import Tasks, until
from watchdog.engine.scheduler import Scheduler


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
