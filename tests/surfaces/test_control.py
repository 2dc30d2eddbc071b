import asyncio
import json
import os
import pwd
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.desk.people import Office
from watchdog.core.errors import Refused, Unreachable, WatchdogError
from watchdog.core.happening import Happening
from watchdog.core.incident import Phase
from watchdog.core.story import Story
from watchdog.surfaces import Control
from watchdog.surfaces.control import LONGEST_BODY
from watchdog.surfaces.followers import MOST_FOLLOWERS, ROOM


class Client:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def ask(self, method: str, address: str, **more: Any) -> tuple[int, Any]:
        async with self.session.request(method, f"http://watchdog{address}", **more) as response:
            return response.status, await response.json()


@pytest.fixture
def office() -> Office:
    """A desk with one target that is well."""
    office = Office()
    office.watch("api")
    return office


@pytest.fixture
async def control(office: Office, tmp_path: Path) -> AsyncIterator[Control]:
    """The control surface of that desk, on a real socket."""
    control = office.control(tmp_path)
    await control.start()
    yield control
    await control.stop()


@pytest.fixture
async def client(control: Control, tmp_path: Path) -> AsyncIterator[Client]:
    """Somebody at the other end."""
    connector = aiohttp.UnixConnector(str(tmp_path / "control.sock"))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Client(session)


def happening(name: str, target: str | None = "api", **facts: str) -> Happening:
    return Happening(name=name, at=Office().clock.now(), target=target, facts=facts)


async def test_questions_are_answered_in_json(client: Client, office: Office) -> None:
    """Status, incidents, one incident's story, a probe and a plan can be asked for."""
    incident = office.incident("api", Phase.RESOLVED)
    office.journal.stories["7"] = Story(incident=incident)
    assert (await client.ask("GET", "/status"))[1]["well"] is True
    assert (await client.ask("GET", "/status?target=api"))[0] == 200
    assert (await client.ask("GET", "/incidents?limit=5&target=api"))[1]["incidents"][0]["id"] == "7"
    assert (await client.ask("GET", "/incidents/7"))[1]["incident"]["id"] == "7"
    assert (await client.ask("POST", "/probe"))[1]["observations"][0]["target"] == "api"
    assert (await client.ask("POST", "/probe", json={"target": "api"}))[0] == 200
    body = {"playbook": "container-crash", "target": "api"}
    assert (await client.ask("POST", "/plan", json=body))[1]["rungs"]


@pytest.mark.parametrize("order", ["heal", "hold", "release", "retry"])
async def test_orders_are_signed_by_the_user_that_gave_them(
    client: Client, office: Office, order: str
) -> None:
    """Who ordered is taken from the kernel."""
    status, answer = await client.ask("POST", "/orders", json={"order": order, "target": "api"})
    assert status == 200
    assert answer["by"] == pwd.getpwuid(os.geteuid()).pw_name
    assert [order.value for _, order, _ in office.responder.orders] == [order]


async def test_a_dry_run_of_a_heal_orders_nothing(client: Client, office: Office) -> None:
    """A dry run answers with the plan."""
    body = {"order": "heal", "target": "api", "dry_run": True}
    _, answer = await client.ask("POST", "/orders", json=body)
    assert answer["dry_run"] is True
    assert office.responder.orders == []


@pytest.mark.parametrize(
    ("method", "address", "body", "status", "error"),
    [
        ("GET", "/status?target=apy", "", 404, "there is no target 'apy'"),
        ("GET", "/follow?target=apy", "", 404, "there is no target 'apy'"),
        ("GET", "/incidents/99", "", 404, "there is no incident '99'"),
        ("GET", "/incidents?limit=many", "", 400, "limit is no number"),
        ("POST", "/plan", '{"playbook": "x", "target": "api"}', 404, "there is no playbook 'x'"),
        ("POST", "/orders", "{", 400, "not understood"),
        ("POST", "/orders", "[]", 400, "not understood"),
        ("POST", "/orders", '{"order": "explode", "target": "api"}', 400, "order: "),
        ("POST", "/orders", '{"order": "hold", "target": "api", "force": true}', 400, "force: "),
        ("POST", "/orders", b"\xff\xfe", 400, "no UTF-8"),
        ("POST", "/orders", b"x" * (LONGEST_BODY + 1), 413, "more than 65536 bytes"),
        ("GET", "/nothing", "", 400, "GET /nothing: Not Found"),
        ("DELETE", "/status", "", 405, "Method Not Allowed"),
    ],
)
async def test_an_error_says_what_is_wrong_and_what_to_do(
    client: Client, method: str, address: str, *, body: str | bytes, status: int, error: str
) -> None:
    """Every error is JSON with a fix, under a status that says whose mistake it was."""
    got, answer = await client.ask(method, address, data=body)
    assert got == status
    assert error in answer["error"]
    assert answer["fix"]


@pytest.mark.parametrize(
    ("error", "status"),
    [(Refused("no"), 409), (Unreachable("away"), 503), (WatchdogError("other"), 500)],
)
async def test_what_goes_wrong_behind_the_desk_is_told(
    client: Client, office: Office, error: WatchdogError, status: int
) -> None:
    """A refusal, a lost engine and any other trouble have a status of their own."""
    office.responder.fail_next(error)
    got, answer = await client.ask("POST", "/orders", json={"order": "retry", "target": "api"})
    assert (got, answer["error"]) == (status, str(error))


async def test_who_follows_hears_what_happens_from_then_on(client: Client, control: Control) -> None:
    """The first line says that following has begun; after it nothing is missed."""
    async with client.session.get("http://watchdog/follow?target=api") as stream:
        assert await stream.content.readline() == b"\n"
        control.follow(happening("step.begun", action="restart_container"))
        control.follow(happening("step.begun", "db"))
        control.follow(happening("engine.lost", None))
        first = json.loads(await stream.content.readline())
        second = json.loads(await stream.content.readline())
    assert (first["name"], first["facts"]) == ("step.begun", {"action": "restart_container"})
    assert second["name"] == "engine.lost"


async def test_a_follower_hears_a_sign_of_life(office: Office, tmp_path: Path) -> None:
    """In silence an empty line says that the daemon lives."""
    control = office.control(tmp_path, sign_of_life=0.01)
    await control.start()
    connector = aiohttp.UnixConnector(str(tmp_path / "control.sock"))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get("http://watchdog/follow") as stream,
    ):
        assert await stream.content.readline() == b"\n"
        assert await stream.content.readline() == b"\n"
    await control.stop()


async def test_too_many_followers_are_refused(client: Client) -> None:
    """The number of those who follow is bounded."""
    streams = []
    for _ in range(MOST_FOLLOWERS):
        stream = await client.session.get("http://watchdog/follow")
        await stream.content.readline()
        streams.append(stream)
    status, answer = await client.ask("GET", "/follow")
    assert (status, answer["error"]) == (503, "too many follow already")
    for stream in streams:
        stream.close()


async def test_a_reader_that_does_not_read_is_cut_off_and_delays_nobody(
    client: Client, control: Control, tmp_path: Path
) -> None:
    """A stuck client costs neither time nor memory."""
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "control.sock"), limit=1024)
    writer.write(b"GET /follow HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    try:
        async with asyncio.timeout(10):
            while control._followers._followers:
                began = time.monotonic()
                for _ in range(ROOM // 2):
                    control.follow(happening("step.begun", reason="x" * 1500))
                assert time.monotonic() - began < 1.0
                await asyncio.sleep(0)
    finally:
        writer.transport.abort()
    assert (await client.ask("GET", "/status"))[0] == 200


async def test_stopping_ends_every_line_within_a_second(office: Office, tmp_path: Path) -> None:
    """A follower does not keep the daemon from ending."""
    control = office.control(tmp_path)
    await control.start()
    connector = aiohttp.UnixConnector(str(tmp_path / "control.sock"))
    async with aiohttp.ClientSession(connector=connector) as session:
        stream = await session.get("http://watchdog/follow")
        await stream.content.readline()
        began = time.monotonic()
        await control.stop()
        assert time.monotonic() - began < 1.0
        assert await stream.content.read() == b""
    assert not (tmp_path / "control.sock").exists()
    await control.stop()


async def test_a_second_daemon_is_refused(control: Control, office: Office, tmp_path: Path) -> None:
    """The socket of a living daemon is not taken over."""
    second = office.control(tmp_path)
    with pytest.raises(Refused, match="another watchdog answers"):
        await second.start()
    await second.stop()
    assert (tmp_path / "control.sock").exists()


async def test_a_reload_is_signed_by_the_user_that_wants_it(client: Client, office: Office) -> None:
    """Who asks is taken from the kernel; a broken configuration is an answer, and no error of the line."""
    assert (await client.ask("POST", "/reload", json={}))[0] == 200
    assert office.reloader.latest is not None
    assert office.reloader.latest.by == pwd.getpwuid(os.getuid()).pw_name
    status, answer = await client.ask("POST", "/reload", json={"by": "anna"})
    assert (status, set(answer)) == (400, {"error", "fix"})


async def test_health_is_answered_in_json_and_in_one_line(client: Client, office: Office) -> None:
    """The line is for a healthcheck that has no time to read JSON."""
    office.health = {"status": "degraded", "reasons": ["engine-lost", "reload-failed"]}
    assert await client.ask("GET", "/health") == (200, office.health)
    plain = client.session.get("http://watchdog/health", headers={"Accept": "text/plain"})
    async with plain as response:
        assert await response.text() == "degraded: engine-lost, reload-failed\n"


async def test_maintenance_and_silences_are_begun_listed_and_ended(client: Client) -> None:
    """Both in the same way, signed by the user that the kernel names."""
    for path, name in (("/maintenance", "m1"), ("/silences", "s2")):
        body = {"targets": ["api"], "seconds": 60, "why": "disks"}
        status, begun = await client.ask("POST", path, json=body)
        assert (status, begun["window"]["id"]) == (200, name)
        assert begun["window"]["by"] == pwd.getpwuid(os.geteuid()).pw_name
        assert (await client.ask("GET", path))[1]["windows"] == [begun["window"]]
        status, ended = await client.ask("POST", f"{path}/end", json={"id": name})
        assert (status, ended["window"]["over"]) == (200, True)
        assert (await client.ask("GET", path))[1]["windows"] == []
        assert len((await client.ask("GET", f"{path}?all=1"))[1]["windows"]) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/silences", "{}", 400, "targets: "),
        ("/silences", '{"targets": []}', 400, "targets: "),
        ("/maintenance", '{"targets": []}', 400, "targets: "),
        ("/maintenance", '{"seconds": 0}', 400, "seconds: "),
        ("/maintenance", '{"seconds": 1e300}', 400, "seconds: "),
        ("/maintenance", '{"targets": ["apy"]}', 404, "there is no target 'apy'"),
        ("/maintenance/end", "{}", 404, "there is no maintenance to end"),
        ("/silences/end", '{"id": "s9"}', 404, "there is no silence 's9'"),
    ],
)
async def test_an_empty_list_of_targets_is_never_all(
    client: Client, path: str, body: str, *, status: int, error: str
) -> None:
    """A window that could not be meant is refused, and says why."""
    got, answer = await client.ask("POST", path, data=body)
    assert got == status
    assert error in answer["error"]
    assert (await client.ask("GET", "/status"))[1]["maintenance"] == []
