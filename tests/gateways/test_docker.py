from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.gateways.socket_server import SocketServer, drip, hang_up, refusal, reply, silence
from tests.gateways.speech import connect, row, unreachable, warm_up
from tests.gateways.waiting import until
from watchdog.core.errors import NotThere, Refused
from watchdog.gateways.docker import DockerEngine, EngineOptions


@pytest.mark.parametrize("options", [{}, {"project": "demo", "label": "x"}])
def test_an_engine_without_exactly_one_scope_is_refused(options: dict[str, str]) -> None:
    """Neither everything nor two things at once can be watched."""
    with pytest.raises(ValueError, match="one of the two"):
        EngineOptions(**options)  # type: ignore[arg-type]


def test_importing_the_gateway_does_not_import_the_sdk() -> None:
    """The SDK is loaded by the first call, not by the command line."""
    code = (
        "import sys, watchdog.gateways.docker; print([m for m in ('docker', 'requests') if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


async def test_a_missing_socket_is_named_with_what_to_do(tmp_path: Path) -> None:
    """Without a socket the error says which one and how to mount it."""
    path = tmp_path / "docker.sock"
    sentence = await unreachable(connect(path).ping())
    assert f"there is no socket {path}" in sentence
    assert "mount" in sentence


async def test_a_stale_socket_file_is_named_with_what_to_do(server: SocketServer) -> None:
    """A socket that nobody listens on any more asks for a restart of this container."""
    await server.close(leave_file=True)
    assert "restart this container" in await unreachable(connect(server.path).ping())
    await server.open()


async def test_a_silent_engine_is_unreachable_in_time(server: SocketServer) -> None:
    """An engine that accepts and never answers costs a look its deadline, and the loop nothing."""
    docker = connect(server.path, call_within=1.0)
    await docker.ping()
    server.answers["/containers/json"] = silence
    began = time.monotonic()
    look = asyncio.create_task(unreachable(docker.list_containers()))
    turns = 0
    while not look.done():
        turns += 1
        await asyncio.sleep(0.01)
    assert "did not answer within 1 s" in await look
    assert time.monotonic() - began < 1.5
    assert turns > 50


async def test_four_silent_looks_open_the_circuit_until_the_engine_is_back(server: SocketServer) -> None:
    """A stuck engine gets four calls and no more; when it goes away, calls are sent again."""
    docker = connect(server.path, call_within=0.3)
    await warm_up(docker)
    server.answers["/containers/json"] = silence
    await asyncio.gather(*(unreachable(docker.list_containers()) for _ in range(4)))
    before = len(server.asked)
    for call in (docker.list_containers(), docker.start("c1"), docker.stop("c1", 10), docker.ping()):
        assert "circuit open" in await unreachable(call)
    assert len(server.asked) == before
    await server.close()
    server.reset()
    await server.open()
    await until(lambda: docker.circuit.abandoned == 0)
    assert await docker.list_containers() == ()
    docker.close()


async def test_silent_looks_do_not_hold_up_a_start(server: SocketServer) -> None:
    """Acts have slots of their own."""
    docker = connect(server.path, abandoned=10)
    await docker.ping()
    server.answers["/json"] = silence
    looks = [asyncio.create_task(docker.inspect("c1")) for _ in range(6)]
    await until(lambda: server.asked.count("GET /containers/c1/json") == 4)
    async with asyncio.timeout(2):
        await docker.start("c1")
        await docker.stop("c1", 1)
    for look in looks:
        look.cancel()
    await asyncio.gather(*looks, return_exceptions=True)


@pytest.mark.parametrize("path", ["/containers/json", "/events", "/version"])
async def test_a_dripping_engine_is_unreachable_in_time(server: SocketServer, path: str) -> None:
    """One byte at a time resets every socket timeout, but not the deadline; and the thread is freed."""
    docker = connect(server.path, call_within=0.6)
    if path != "/version":
        await warm_up(docker)
    server.answers[path] = drip(b" ")
    began = time.monotonic()
    call = docker.recent_events() if path == "/events" else docker.list_containers()
    assert "did not answer" in await unreachable(call)
    assert time.monotonic() - began < 1.2
    await until(lambda: docker.circuit.abandoned == 0)
    docker.close()


async def test_a_head_that_drips_is_cut_too(server: SocketServer) -> None:
    """An answer whose head comes byte by byte is given up once its head is there."""
    docker = connect(server.path, call_within=0.3)
    await warm_up(docker)
    server.answers["/containers/json"] = drip(b" ", head=True)
    await unreachable(docker.list_containers())
    assert docker.circuit.abandoned == 1
    await until(lambda: docker.circuit.abandoned == 0)
    docker.close()


async def test_an_engine_that_comes_back_is_found_by_the_next_call(
    server: SocketServer, docker: DockerEngine
) -> None:
    """Nothing has to be restarted after the engine was."""
    await docker.ping()
    await server.close()
    assert "there is no socket" in await unreachable(docker.ping())
    await server.open()
    await docker.ping()


async def test_a_read_is_sent_again_when_its_kept_connection_was_closed(
    server: SocketServer, docker: DockerEngine
) -> None:
    """A connection that the engine closed just then costs a look nothing."""
    server.answers["/containers/json"] = [hang_up, reply([row()])]
    assert [found.name for found in await docker.list_containers()] == ["demo-1"]


async def test_a_read_is_sent_again_once_only(server: SocketServer, docker: DockerEngine) -> None:
    """An engine that always hangs up is unreachable."""
    server.answers["/containers/json"] = hang_up
    assert "broke" in await unreachable(docker.list_containers())
    assert server.asked.count("GET /containers/json") == 2


async def test_an_act_is_never_sent_twice(server: SocketServer, docker: DockerEngine) -> None:
    """Nobody knows whether an act without an answer happened, so it is not repeated here."""
    server.answers["/start"] = [hang_up, reply(b"", "204 No Content")]
    assert "broke" in await unreachable(docker.start("c1"))
    assert server.asked.count("POST /containers/c1/start") == 1


async def test_a_refused_act_says_why(server: SocketServer, docker: DockerEngine) -> None:
    """The engine's own words, in one line of bounded length."""
    server.answers["/start"] = refusal("500 Internal Server Error", "port is\nalready allocated" + " x" * 999)
    with pytest.raises(Refused) as caught:
        await docker.start("c1")
    assert str(caught.value).startswith("port is already allocated")
    assert 290 <= len(str(caught.value)) <= 300


async def test_a_program_that_is_not_found_is_not_a_missing_container(
    server: SocketServer, docker: DockerEngine
) -> None:
    """Some engines answer both with 404; only one means that the container is gone."""
    server.answers["/start"] = [
        refusal("404 Not Found", 'exec: "nope": executable file not found in $PATH'),
        refusal("404 Not Found", "No such container: c1"),
    ]
    with pytest.raises(Refused) as caught:
        await docker.start("c1")
    assert not isinstance(caught.value, NotThere)
    with pytest.raises(NotThere):
        await docker.start("c1")


async def test_a_look_that_the_engine_fails_to_answer_tells_nothing(
    server: SocketServer, docker: DockerEngine
) -> None:
    """An engine in trouble of its own says nothing about the container."""
    server.answers["/containers/json"] = refusal("500 Internal Server Error", "database is locked")
    assert "could not answer: database is locked" in await unreachable(docker.list_containers())
    server.answers["/containers/json"] = refusal("403 Forbidden", "not through this proxy")
    with pytest.raises(Refused, match="not through this proxy"):
        await docker.list_containers()


@pytest.mark.parametrize("body", [b"<html>", b'{"a": 1}', b"[1]", b"null"])
async def test_an_odd_answer_is_no_knowledge(server: SocketServer, docker: DockerEngine, body: bytes) -> None:
    """What is not the Docker API is not believed."""
    server.answers["/containers/json"] = reply(body)
    assert "does not speak the Docker API" in await unreachable(docker.list_containers())


async def test_the_list_is_one_request_within_the_scope(server: SocketServer, docker: DockerEngine) -> None:
    """One sweep asks once, for the containers of the scope in every state."""
    server.answers["/containers/json"] = reply([row(1), row(2)])
    assert len(await docker.list_containers()) == 2
    assert server.asked == ["GET /version", "GET /containers/json"]
    assert "all=1" in server.queries[-1]
    assert "com.docker.compose.project%3Ddemo" in server.queries[-1]


async def test_our_own_container_is_never_seen(server: SocketServer) -> None:
    """The daemon's container is in no list and no event."""
    docker = connect(server.path, own_id=f"{2:064x}"[:12])
    server.answers["/containers/json"] = reply([row(2), row(0xABC << 240)])
    assert [found.name for found in await docker.list_containers()] == [f"demo-{0xABC << 240}"]
    docker.close()


def test_the_process_exits_although_a_call_is_stuck(tmp_path: Path) -> None:
    """A stuck engine does not keep the daemon from ending."""
    code = f"""
import asyncio, socket
from watchdog.core.errors import Unreachable
from watchdog.gateways.docker import DockerEngine, EngineOptions
left = socket.socket(socket.AF_UNIX); left.bind({str(tmp_path / "s")!r}); left.listen()
async def main():
    docker = DockerEngine(EngineOptions(socket={str(tmp_path / "s")!r}, project="demo", call_within=0.5))
    try:
        await docker.ping()
    except Unreachable as error:
        print(error)
asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )
    assert "did not answer within 0.5 s" in ended.stdout
