"""A disk that stays full, in a whole daemon: what is done by itself, and what only with a yes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.engine.world import SOON, World, configure, make_engine, running
from tests.gateways.influx_server import ORG, TOKEN, stand_in
from watchdog.checks.disk import Disk, DiskParameters
from watchdog.config import CheckConfig, Config, load_config
from watchdog.config.records import ProposalLimits
from watchdog.core.playbook import Playbook
from watchdog.core.threshold import Threshold
from watchdog.gateways.disk import BALLAST
from watchdog.gateways.influx import InfluxGateway

SHIPPED = load_config(Path(__file__).parents[2] / "config/watchdog.yml").playbooks["disk-full"]
DAY = 86400


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The stand-in of the demo: a bucket `markets` that keeps a week."""
    monkeypatch.setenv("INFLUXDB_TOKEN", TOKEN)
    (tmp_path / "influxdb").mkdir()
    with stand_in(tmp_path / "influxdb") as url:
        yield url


def quick(playbook: Playbook) -> Playbook:
    """The shipped ladder with every wait made short."""
    return replace(playbook, steps=tuple(replace(step, verify=SOON) for step in playbook.steps))


def full_for_ever(folder: Path, url: str) -> Config:
    """A disk that never has room enough."""
    given = {
        "path": str(folder),
        "warn_free": "900TB",
        "critical_free": "900TB",
        "ballast": "64KiB",
        "contact": "the people of the host",
        "influxdb": {
            "target": "influxdb",
            "url": url,
            "org": ORG,
            "shrinkable": {"markets": "1d"},
            "deletable": ["markets"],
        },
    }
    check = Disk("disks", DiskParameters.model_validate({"mounts": {"data": given}}))
    config = configure()
    return replace(
        config,
        checks=(
            *config.checks,
            CheckConfig(name="disks", check=check, playbook=SHIPPED.name, every=1.0, threshold=Threshold()),
        ),
        playbooks={**config.playbooks, SHIPPED.name: quick(SHIPPED)},
        proposals=ProposalLimits(expire=0.5),
    )


async def test_a_disk_that_stays_full_loses_nothing_without_a_yes(tmp_path: Path, url: str) -> None:
    """The ballast goes; what falls off is proposed, nobody answers, and a human is told whom to ask: all points are there."""
    influx = InfluxGateway(url, ORG, TOKEN)
    old = int((datetime.now(UTC).timestamp() - 5 * DAY) * 1e9)
    await influx.write("markets", f"price value=1 {old}")
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / BALLAST).write_bytes(b"x" * 65536)

    async with running(make_engine(), tmp_path / "state", full_for_ever(tmp_path / "disk", url)) as world:
        await world.until(lambda: world.app.responder.latest("data") is not None)
        incident = await world.newest("escalated", within=20.0)

        assert not (tmp_path / "disk" / BALLAST).exists()
        # In a bucket that keeps a week nothing is older than eight days, no log is large, no build left anything: what
        # could free nothing was withdrawn at once, and nobody was asked for it.
        assert await proposed(world) == ["shrink_retention"]
        made = await world.app.journal.proposals(10)
        assert {each.action for each in made} == {
            "prune_build_cache",
            "truncate_log",
            "shrink_retention",
            "delete_old_points",
        }
        states = {each.action: (each.state.value, each.reason) for each in made}
        assert states["delete_old_points"][0] == "declined"
        assert "no bucket keeps points that old" in states["delete_old_points"][1]
        assert states["shrink_retention"][0] != "approved"
        assert incident.phase.value == "escalated"
        told = [entry.notification for entry in await world.app.journal.undelivered("test", 1000)]
        assert told[-1].facts["contact"] == "the people of the host"
        assert told[-1].facts["denied"] == "shrink_retention"

    (bucket,) = await influx.buckets()
    assert bucket.retention == 7 * DAY
    rows = await influx.query('from(bucket: "markets") |> range(start: -30d)')
    assert [row["_value"] for row in rows] == [1.0]
    influx.close()


async def proposed(world: World) -> list[object]:
    """The steps for which people were asked."""
    told = [entry.notification for entry in await world.app.journal.undelivered("test", 1000)]
    return [each.facts["action"] for each in told if each.telling.value == "proposed"]
