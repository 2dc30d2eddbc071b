"""Our own tasks: kept, heard of when they fail, ended with the daemon."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.parts import News, until
from tests.fakes import FakeClock
from watchdog.engine.supervisor import Supervisor


@pytest.fixture
def news() -> News:
    """What was published."""
    return News()


@pytest.fixture
def supervisor(news: News) -> Supervisor:
    """A supervisor without tasks."""
    return Supervisor(FakeClock(), news.publish)


async def test_a_task_that_fails_is_news(supervisor: Supervisor, news: News) -> None:
    """No task dies unseen: its name and its error are published."""

    async def work() -> None:
        raise KeyError("app")

    supervisor.spawn("look at app", work())
    await until(lambda: news.heard)

    assert news.names() == ["task.failed"]
    assert news.heard[0].facts == {"task": "look at app", "reason": "KeyError: 'app'"}


async def test_a_task_that_ends_or_is_cancelled_is_no_news(supervisor: Supervisor, news: News) -> None:
    """What ends as it should is not told; stopping with nothing to stop is at once."""
    ended = asyncio.Event()

    async def work() -> None:
        ended.set()

    supervisor.spawn("short", work())
    await ended.wait()
    supervisor.spawn("long", asyncio.Event().wait())  # type: ignore[arg-type]

    assert await supervisor.stop(5.0) == ()
    assert await supervisor.stop(5.0) == ()
    assert news.heard == []


async def test_a_task_that_does_not_end_is_named(supervisor: Supervisor) -> None:
    """Stopping waits no longer than it was told to, and says what is left behind."""
    release, begun = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        begun.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    supervisor.spawn("stubborn", stubborn())
    await begun.wait()

    assert await supervisor.stop(0.02) == ("stubborn",)
    release.set()
    await until(lambda: not supervisor._tasks)
