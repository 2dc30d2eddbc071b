from __future__ import annotations

import asyncio
import threading

import pytest

from tests.gateways.socket_server import SocketServer, chunks, refusal, reply, silence
from tests.gateways.speech import connect, told, unreachable, warm_up
from tests.gateways.waiting import until
from watchdog.core.errors import Refused, Unreachable
from watchdog.gateways.docker import DockerEngine


async def test_recent_events_are_those_of_containers_since_the_oldest_of_any_kind(
    server: SocketServer, docker: DockerEngine
) -> None:
    """An event of a network counts for how far back the engine remembers, and for nothing else."""
    server.answers["/events"] = reply(
        told("connect", 3, kind="network")
        + told("exec_start: sh", 4)
        + told("die", 5, exitCode="1")
        + told("die", 6, **{"com.docker.compose.project": "other"})
    )
    events, reach = await docker.recent_events()
    assert [(event.action, event.time) for event in events] == [("die", 5)]
    assert reach == 3


async def test_an_engine_that_remembers_nothing_reaches_nowhere(
    server: SocketServer, docker: DockerEngine
) -> None:
    """With an empty memory nothing is known of the past."""
    server.answers["/events"] = reply(b"")
    assert await docker.recent_events() == ((), None)


async def test_a_stream_gives_events_and_ends_with_unreachable(
    server: SocketServer, docker: DockerEngine
) -> None:
    """Events come one by one, and the end of the stream is told, for as long as anyone asks."""
    server.answers["/events"] = chunks(told("die"), told("health_status: unhealthy"), end=True, stay=False)
    async with docker.subscribe() as events:
        died, sick = await anext(events), await anext(events)
        assert "ended" in await unreachable(anext(events))
    assert died.action == "die"
    assert (sick.action, sick.attributes["health"]) == ("health_status", "unhealthy")


@pytest.mark.parametrize("cut", [told("die")[:40], b"not json\n"])
async def test_a_stream_cut_in_the_middle_of_an_event_is_unreachable(
    server: SocketServer, docker: DockerEngine, cut: bytes
) -> None:
    """Half an event is no event."""
    server.answers["/events"] = chunks(told("die"), cut, stay=False)
    async with docker.subscribe() as events:
        assert (await anext(events)).action == "die"
        await unreachable(anext(events))


async def test_an_event_in_two_pieces_is_one(server: SocketServer, docker: DockerEngine) -> None:
    """How the answer is cut into chunks does not matter."""
    whole = told("die")
    server.answers["/events"] = chunks(whole[:30], whole[30:])
    async with docker.subscribe() as events:
        assert (await anext(events)).action == "die"


async def test_a_stream_that_nobody_opens_is_unreachable_in_time(server: SocketServer) -> None:
    """Entering has the deadline of every other call."""
    docker = connect(server.path, call_within=0.3)
    await warm_up(docker)
    server.answers["/events"] = silence
    with pytest.raises(Unreachable, match="did not answer"):
        async with docker.subscribe():
            raise AssertionError
    docker.close()


async def test_a_refused_stream_says_why(server: SocketServer, docker: DockerEngine) -> None:
    """A proxy that forbids the events is told apart from one that is not there."""
    server.answers["/events"] = refusal("403 Forbidden", "no events here")
    with pytest.raises(Refused, match="no events here"):
        async with docker.subscribe():
            raise AssertionError


async def test_leaving_a_stream_ends_its_thread_and_its_connection(
    server: SocketServer, docker: DockerEngine
) -> None:
    """Nothing of a stream is left when it is left, although the engine was silent."""
    async with docker.subscribe():
        assert any(thread.name == "watchdog-events" for thread in threading.enumerate())
    await until(lambda: not any(thread.name == "watchdog-events" for thread in threading.enumerate()))
    await until(lambda: server.connections == 0)


async def test_a_stream_asks_for_little(server: SocketServer, docker: DockerEngine) -> None:
    """The engine filters: containers of the scope only, and none of the floods of execs."""
    async with docker.subscribe():
        pass
    query = server.queries[-1]
    assert "container" in query
    assert "com.docker.compose.project%3Ddemo" in query
    assert "health_status" in query
    assert "exec" not in query


async def test_a_reader_that_falls_behind_for_good_is_told(
    server: SocketServer, docker: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events that nobody reads do not fill the memory."""
    monkeypatch.setattr("watchdog.gateways.event_stream.BACKLOG", 3)
    server.answers["/events"] = chunks(*(told("die") for _ in range(9)), told("destroy"))
    async with docker.subscribe() as events:
        await asyncio.sleep(0.1)  # nobody reads: that it is long is the point
        for _ in range(3):
            assert (await anext(events)).action == "die"
        assert "not read in time" in await unreachable(anext(events))
