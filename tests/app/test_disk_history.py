"""The history of a disk, in whole daemons: what one has seen, the next one goes on with."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.engine.world import configure, make_engine, running
from watchdog.checks.disk import Disk, DiskParameters
from watchdog.config import CheckConfig, Config
from watchdog.core.threshold import Threshold


def watching(folder: Path) -> tuple[Config, Disk]:
    """A configuration with one disk."""
    check = Disk("disks", DiskParameters.model_validate({"mounts": {"data": {"path": str(folder)}}}))
    config = configure()
    disks = CheckConfig(name="disks", check=check, playbook="none", every=1.0, threshold=Threshold())
    return replace(config, checks=(*config.checks, disks)), check


async def test_a_daemon_goes_on_with_what_the_one_before_has_seen(tmp_path: Path) -> None:
    """It is written at the end, and read before the first look."""
    config, check = watching(tmp_path)
    engine = make_engine()
    seen = []
    for _ in range(2):
        async with running(engine, tmp_path / "state", config) as world:
            await world.looked("data", "data-forecast")
            disks = world.app.jobs.disks
            place = check.places["data"]
            kept = await disks.history(place, await disks.room(place), (3600.0,))
            seen.append(kept)
    assert seen[1][0] == seen[0][0]


async def test_it_is_written_again_and_again(tmp_path: Path) -> None:
    """A daemon that is killed has no end at which it could be."""
    config, _ = watching(tmp_path)
    async with running(make_engine(), tmp_path / "state", config) as world:
        await world.looked("data")

        def written() -> int:
            with closing(sqlite3.connect(world.state / "journal.db")) as other:
                (count,) = other.execute("SELECT count(*) FROM disk_samples").fetchone()
                return int(count)

        await world.until(written, within=20.0)
