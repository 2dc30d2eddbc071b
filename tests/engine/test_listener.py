"""Following the engine's event stream, losing it and finding it again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from tests.engine.parts import News, Stand, Tasks, until
from watchdog.core.errors import NobodyListens, Unreachable
from watchdog.engine.listener import Listener


class Post:
    """A listener over an engine in memory.

    Attributes:
        asked: the targets that it had looked at, in order.
        arrivals: how often it found the engine.
    """

    def __init__(self, longest_wait: float = 0.05) -> None:
        self.stand = Stand()
        self.engine = self.stand.engine
        self.news = News()
        self.tasks = Tasks()
        self.asked: list[str] = []
        self.arrivals = 0
        self.listener = Listener(
            stream=self.engine,
            census=self.stand.census,
            clock=self.stand.clock,
            ask=self.asked.append,
            arrived=self._arrived,
            publish=self.news.publish,
            longest_wait=longest_wait,
        )

    async def _arrived(self) -> None:
        self.arrivals += 1

    def begin(self) -> None:
        self.tasks.spawn("listener", self.listener.run())

    async def connected(self) -> None:
        """Begin, and wait until all was asked for once."""
        self.begin()
        await until(lambda: self.listener.connected)
        self.asked.clear()


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """A listener over an engine with one container."""
    post = Post()
    post.engine.create("app")
    post.engine.person_starts("app")
    yield post
    await post.tasks.stop()


async def test_it_subscribes_first_and_lists_second(post: Post) -> None:
    """Nothing that happens between the list and the first event can be missed."""
    post.begin()
    await until(lambda: post.asked)

    assert post.engine.asked[:3] == ["subscribe", "recent_events", "list"]
    assert post.asked == ["app"]
    assert post.arrivals == 1
    assert post.news.names() == ["engine.found"]


async def test_what_an_earlier_daemon_left_is_settled_before_anything_is_asked(post: Post) -> None:
    """The engine is found, then open incidents are settled, then every target is looked at."""
    order: list[str] = []

    async def arrived() -> None:
        await asyncio.sleep(0)
        order.append("settled")

    listener = Listener(
        stream=post.engine,
        census=post.stand.census,
        clock=post.stand.clock,
        ask=order.append,
        arrived=arrived,
        publish=post.news.publish,
        longest_wait=1.0,
    )
    post.tasks.spawn("listener", listener.run())
    await until(lambda: len(order) == 2)

    assert order == ["settled", "app"]


async def test_an_event_has_its_target_looked_at_at_once(post: Post) -> None:
    """A death is seen without a list and without waiting for the next sweep."""
    await post.connected()
    lists = post.engine.asked.count("list")

    post.engine.crash("app")
    await until(lambda: "app" in post.asked)

    assert post.engine.asked.count("list") == lists


async def test_a_new_container_is_listed_and_looked_at(post: Post) -> None:
    """A container that appears becomes a target by its first event."""
    await post.connected()

    post.engine.create("new")

    await until(lambda: "new" in post.asked)
    assert "new" in post.stand.census.targets()


async def test_a_started_stranger_is_listed(post: Post) -> None:
    """A container whose creation was missed shows itself by its start."""
    await post.connected()
    post.engine.add("new", state="created")

    post.engine.person_starts("new")

    await until(lambda: "new" in post.asked)


async def test_a_removed_container_is_listed_again(post: Post) -> None:
    """A removal changes which containers there are: the list tells what is left."""
    await post.connected()

    post.engine.person_removes("app")

    await until(lambda: post.stand.census.container_of("app") is None)
    assert "app" in post.asked


async def test_a_broken_stream_is_taken_up_again(post: Post) -> None:
    """A lost engine is told once, every target is unknown meanwhile, and what happened is caught up with."""
    await post.connected()

    post.engine.hang()
    post.engine.crash("app")  # its event reaches nobody
    post.engine.break_stream()
    await until(lambda: not post.listener.connected)
    assert post.asked == ["app"]
    await until(lambda: post.engine.asked.count("subscribe") > 3)
    post.engine.resume()
    await until(lambda: post.listener.connected)

    lost = post.news.reasons("engine.lost")
    assert lost == ["the event stream of the engine ended", "the engine did not answer in time"]
    assert post.news.names()[-1] == "engine.found"
    assert post.arrivals == 2
    assert post.stand.census.known_down("app")


async def test_an_engine_that_was_never_there_is_told_once(post: Post) -> None:
    """Ten failed tries with the same reason are one piece of news."""
    post.engine.hang()
    post.begin()

    await until(lambda: post.engine.asked.count("subscribe") >= 6)

    assert post.news.reasons("engine.lost") == ["the engine did not answer in time"]
    assert post.asked == []
    assert not post.listener.connected


async def test_each_wait_is_longer_than_the_one_before(post: Post) -> None:
    """The engine is looked for at growing intervals, never longer than the configured longest."""
    loop, tries = asyncio.get_running_loop(), []
    listener = Listener(
        stream=post.engine,
        census=post.stand.census,
        clock=post.stand.clock,
        ask=post.asked.append,
        arrived=post._arrived,
        publish=post.news.publish,
        longest_wait=0.2,
    )
    post.engine.hang()
    post.tasks.spawn("listener", listener.run())
    for count in range(1, 5):
        await until(lambda count=count: post.engine.asked.count("subscribe") == count)  # type: ignore[misc]
        tries.append(loop.time())

    waits = [late - early for early, late in pairwise(tries)]
    assert waits[0] >= 0.1
    assert waits[1] >= 0.2
    assert 0.2 <= waits[2] < 0.39  # not 0.4


async def test_a_list_that_fails_amid_events_is_caught_up_with(post: Post) -> None:
    """When the engine fails while a new container is listed, all is listed again."""
    await post.connected()
    post.engine.fail_next(Unreachable("timed out"), "list")

    post.engine.create("new")

    await until(lambda: "new" in post.asked)
    assert post.news.reasons("engine.lost") == ["timed out"]
    assert post.listener.connected


async def test_the_sweep_finds_what_events_missed(post: Post) -> None:
    """A change that no event told of is found by comparing the whole list."""
    await post.connected()
    await post.listener.sweep()
    assert post.asked == []

    post.engine.container("app").state = "exited"
    await post.listener.sweep()

    assert post.asked == ["app"]


async def test_a_sweep_that_fails_makes_everything_unknown(post: Post) -> None:
    """When the list fails, every target is asked, so that each is known to be unknown; it is told once."""
    await post.connected()
    post.engine.fail_next(Unreachable("timed out"), "list")
    post.engine.fail_next(Unreachable("timed out"), "list")

    await post.listener.sweep()
    await post.listener.sweep()

    assert not post.listener.connected
    assert post.listener.lost_because == "timed out"
    assert post.asked == ["app"]
    assert post.news.reasons("engine.lost") == ["timed out"]


async def test_an_engine_that_was_slow_once_is_found_again_by_the_next_sweep(post: Post) -> None:
    """One list that took too long, on a stream that goes on, does not leave us lost for ever."""
    await post.connected()
    post.engine.fail_next(Unreachable("timed out"), "list")
    await post.listener.sweep()
    assert post.news.names()[-1] == "engine.lost"
    post.asked.clear()

    await post.listener.sweep()

    assert post.listener.connected
    assert post.listener.lost_because == ""
    assert post.asked == ["app"]
    assert post.news.names()[-2:] == ["engine.lost", "engine.found"]
    assert post.engine.asked.count("subscribe") == 1


async def test_a_sweep_does_not_find_an_engine_whose_stream_is_gone(post: Post) -> None:
    """A list alone is not enough: without events we are not connected."""
    await post.listener.sweep()

    assert not post.listener.connected
    assert post.asked == []


class Stale:
    """A listener that may bear a refusing socket for 60 s, and how often it asked to be started anew."""

    def __init__(self) -> None:
        self.stand = Stand()
        self.news = News()
        self.called = 0
        self.listener = Listener(
            stream=self.stand.engine,
            census=self.stand.census,
            clock=self.stand.clock,
            ask=lambda _: None,
            arrived=_nothing,
            publish=self.news.publish,
            longest_wait=0.05,
            refused_longest=60.0,
            stale=self._stale,
        )

    def _stale(self) -> None:
        self.called += 1

    async def sweep(self, trouble: Unreachable | None, after: float) -> int:
        """One more attempt after so many seconds; how often we asked to be started anew."""
        self.stand.clock.advance(after)
        if trouble is not None:
            self.stand.engine.fail_next(trouble, "list")
        await self.listener.sweep()
        return self.called


async def _nothing() -> None:
    pass


REFUSED = NobodyListens("nobody listens")


async def test_a_socket_that_refuses_for_a_minute_asks_for_a_restart_once() -> None:
    """Refused again and again for 60 s: a stale file; it is said once and not before."""
    post = Stale()
    assert [await post.sweep(REFUSED, 30) for _ in range(5)] == [0, 0, 1, 1, 1]
    assert [h.facts for h in post.news.heard if h.name == "engine.refused"] == [{"seconds": 60}]


@pytest.mark.parametrize("between", [None, Unreachable("it accepts but does not answer")])
async def test_a_refusal_with_a_break_asks_for_no_restart(between: Unreachable | None) -> None:
    """An answer, or any other kind of loss in between, and the minute begins anew; silence alone never counts."""
    post = Stale()
    for trouble in (REFUSED, REFUSED, between, REFUSED, REFUSED, between):
        assert await post.sweep(trouble, 45) == 0
