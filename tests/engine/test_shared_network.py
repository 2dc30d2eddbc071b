"""Who lives in another container's network is brought back into it."""

from __future__ import annotations

from pathlib import Path

from tests.engine.world import configure, make_engine, running
from tests.fakes import FakeEngine


def two_in_one_network() -> FakeEngine:
    """An owner, one that lives in its network, and others, so that two are no storm."""
    engine = make_engine()
    engine.add("vpn")
    engine.add("app", network_mode=f"container:{engine.container('vpn').id}")
    for name in ("one", "two", "three"):
        engine.add(name)
    return engine


async def test_its_owner_was_restarted(tmp_path: Path) -> None:
    """Who lives in the network of a container that somebody restarts is restarted after it."""
    engine = two_in_one_network()
    async with running(engine, tmp_path, configure()) as world:
        await world.looked("vpn", "app")

        engine.person_restarts("vpn")

        incident = await world.newest("resolved")
        assert (incident.target, incident.finding.kind) == ("app", "stranded")
        assert engine.acts == [("stop", "app"), ("start", "app")]


async def test_its_owner_was_replaced(tmp_path: Path) -> None:
    """A restart could never work: the container whose network it shares is gone. So it is replaced, at once."""
    engine = two_in_one_network()
    async with running(engine, tmp_path, configure()) as world:
        await world.looked("vpn", "app")

        engine.person_removes("vpn")
        engine.create("vpn")
        engine.person_starts("vpn")

        await world.until(lambda: world.compose.acts == ["app"])
        assert engine.acts == []
