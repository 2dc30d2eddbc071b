"""Emergency bypasses on a real engine: they open, serve, and close by themselves."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.conftest import RealEngine
from tests.front.acme import IMAGE
from tests.front.nginx import comes, need_image
from watchdog.core.bypass import Bypass, read_sources
from watchdog.core.errors import Refused
from watchdog.core.http_judgement import Reach
from watchdog.core.target import PROJECT, SERVICE
from watchdog.gateways.bypasses import Bypasses
from watchdog.gateways.docker import DockerEngine, EngineOptions
from watchdog.gateways.http_probe import PageCaller

pytestmark = [pytest.mark.engine, pytest.mark.timeout(90)]


@dataclass
class House:
    """A Grafana that answers on a network of its own, without any published port."""

    real: RealEngine
    engine: DockerEngine
    bypasses: Bypasses
    grafana: str
    network: str
    port: int

    def bypass(self, **more: object) -> Bypass:
        return Bypass(
            **{"target": "grafana", "container": self.grafana, "published": self.port, "lasts": 60.0, **more}  # type: ignore[arg-type]
        )

    async def cli(self, *words: str, check: bool = True) -> str:
        return await asyncio.to_thread(self.real.cli, *words, check=check)

    async def page(self, host: str = "127.0.0.1") -> Reach:
        return (await PageCaller().get(f"http://{host}:{self.port}/", within=3)).reach

    async def containers(self) -> list[str]:
        return (
            await self.cli("ps", "-aq", "--filter", f"label=watchdog.bypass={PROJECT}={self.network}")
        ).split()

    async def gone(self) -> bool:
        return not await self.containers()


@pytest.fixture
async def house(real_engine: RealEngine) -> AsyncIterator[House]:
    need_image(real_engine, IMAGE)
    network = f"wdfront-{uuid.uuid4().hex[:8]}"
    engine = DockerEngine(EngineOptions(project=network))
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = int(door.getsockname()[1])
    made = House(real_engine, engine, Bypasses(engine, IMAGE), "", network, port)
    try:
        await made.cli("network", "create", "--label", real_engine.label, network)
        made.grafana = await made.cli(
            *("run", "-d", "--init", "--label", real_engine.label, "--label", f"{PROJECT}={network}"),
            *("--label", f"{SERVICE}=grafana", "--network", network, "--name", f"{network}-grafana", IMAGE),
            *("python3", "-m", "http.server", "3000"),
        )
        yield made
    finally:
        await made.bypasses.close_all()
        await made.cli("rm", "-f", "-v", f"{network}-grafana", check=False)
        await made.cli("network", "rm", network, check=False)
        engine.close()


async def opened(house: House, **more: object) -> None:
    """Open one, as soon as what it leads to is there."""

    async def try_it() -> bool:
        try:
            await house.bypasses.open(house.bypass(**more))
        except Refused as refused:
            assert "nobody answers" in str(refused)  # noqa: PT017 - it is tried again
            return False
        return True

    await comes(try_it)


async def test_it_serves_until_it_is_closed(house: House) -> None:
    """On the loopback interface only; what it leads to is not touched; opened twice it is one."""
    before = await house.engine.inspect(house.grafana)
    await opened(house)
    first = await house.bypasses.open(house.bypass())
    assert await house.page() is Reach.ANSWERED
    assert [each.container for each in await house.bypasses.list()] == [first.container]
    assert first.where == f"127.0.0.1:{house.port}"
    ports = json.loads(await house.cli("inspect", "-f", "{{json .NetworkSettings.Ports}}", first.container))
    assert [each["HostIp"] for each in ports["8080/tcp"]] == ["127.0.0.1"]

    assert await house.bypasses.close(first.container) == 1
    assert await house.page() is Reach.NO_CONNECTION
    assert await house.bypasses.close(first.container) == 0
    after = await house.engine.inspect(house.grafana)
    assert (after.started, after.restart_count) == (before.started, before.restart_count)


async def test_it_closes_by_itself(house: House) -> None:
    """Its time is kept inside of its container, and the engine removes what is left: nobody else is needed."""
    await opened(house, lasts=2.0)
    assert await house.page() is Reach.ANSWERED
    house.engine.close()  # as if watchdog were gone
    await comes(house.gone)
    assert await house.page() is Reach.NO_CONNECTION


async def test_the_next_watchdog_closes_what_a_killed_one_left(house: House) -> None:
    """It is found by its label, by who watches the same stack and by nobody else."""
    await opened(house)
    other = DockerEngine(EngineOptions(project="another"))
    assert await Bypasses(other, IMAGE).close_all() == 0
    other.close()
    assert await Bypasses(house.engine, IMAGE).close_all() == 1
    assert await house.gone()


async def test_to_the_outside_only_who_is_named_may_come(house: House) -> None:
    """Published on IPv4 only; from this machine, which is not named, nobody comes in."""
    await opened(house, sources=read_sources(["203.0.113.7"]))
    (found,) = await house.bypasses.list()
    ports = json.loads(await house.cli("inspect", "-f", "{{json .NetworkSettings.Ports}}", found.container))
    assert [each["HostIp"] for each in ports["8080/tcp"]] == ["0.0.0.0"]
    assert await house.page() is Reach.BROKEN
    await house.bypasses.close(found.container)
    gateway = await house.cli("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", house.network)
    await opened(house, sources=read_sources([gateway]))
    assert await house.page() is Reach.ANSWERED


async def test_what_was_said_yes_to_takes_the_place_of_what_is_there(house: House) -> None:
    """A bypass for this machine is open at that port already, and makes way; the other way round nobody is shut out."""
    await opened(house)
    first = await house.bypasses.open(house.bypass())
    sources = read_sources(["203.0.113.7", "198.51.100.0/24"])
    public = await house.bypasses.open(house.bypass(sources=sources))
    assert (public.where, public.sources) == (f"0.0.0.0:{house.port}", "203.0.113.7, 198.51.100.0/24")
    assert [each.container for each in await house.bypasses.list()] == [public.container] != [first.container]
    assert (await house.bypasses.open(house.bypass(sources=sources))).container == public.container
    assert (await house.bypasses.open(house.bypass())).container == public.container


async def test_it_is_no_target_and_may_do_nothing_else(house: House) -> None:
    """It has no capability, no writable file, no name of a service: nobody takes it for a part of the stack."""
    await opened(house)
    (found,) = await house.bypasses.list()
    about = json.loads(await house.cli("inspect", found.container))[0]
    assert about["HostConfig"]["CapDrop"] == ["ALL"]
    assert about["HostConfig"]["ReadonlyRootfs"] is True
    assert about["HostConfig"]["AutoRemove"] is True
    assert about["Config"]["User"] == "65534:65534"
    assert not about["Config"]["Labels"][PROJECT]
    assert [row.id for row in await house.engine.list_containers()] == [house.grafana]


async def test_a_port_that_is_taken_is_told(house: House) -> None:
    """And nothing is left of the try."""
    await opened(house)
    with pytest.raises(Refused, match=r"already allocated|in use"):
        await house.bypasses.open(house.bypass(target="another"))
    assert len(await house.containers()) == 1


async def test_what_does_not_run_is_not_published(house: House) -> None:
    """A bypass to a dead application would be a door to nowhere."""
    await house.cli("kill", house.grafana)
    with pytest.raises(Refused, match="does not run"):
        await house.bypasses.open(house.bypass())
    assert await house.gone()
