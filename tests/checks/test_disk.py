"""Is there room, and does InfluxDB write? What is judged is tested with core; here is what it takes to look."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.actions.disks import FakeDisks, FakeInflux, with_disks
from tests.engine.parts import SECRET, Stand
from watchdog.checks.disk import Disk, DiskParameters
from watchdog.core.disk import Room
from watchdog.core.disk_history import sample_of
from watchdog.core.errors import Misconfigured, NotThere, Refused, Unreachable
from watchdog.core.observation import Observation, Status

INFLUX = {"target": "influxdb", "url": "http://influxdb:8086", "org": "bloomberg", "canary": "infra"}


class Proving(FakeInflux):
    """Has what was written to it last."""

    async def write(self, bucket: str, *lines: str, within: float = 0) -> None:
        await super().write(bucket, *lines, within=within)
        self.value = int(lines[-1].split("value=")[1].split("i ")[0])


@pytest.fixture
async def stand() -> Stand:
    """An engine with an InfluxDB."""
    stand = Stand()
    stand.engine.add("influxdb")
    await stand.arrive()
    return stand


def check(path: Path, influx: Any = None, **mount: Any) -> Disk:
    given = {"path": str(path), "warn": 1.0, "critical": 1.0, **mount}
    parameters = DiskParameters.model_validate({"mounts": {"data": given}, "windows": ["10s"]})
    return Disk("disks", parameters, connect=influx.connect if influx is not None else FakeInflux().connect)


def complain(stand: Stand, text: str = "write wal: no space left on device") -> None:
    """InfluxDB says so now, as the engine stamps it."""
    stamp = stand.clock.wall.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    stand.engine.container("influxdb").log.append(f"{stamp} {text}")


async def look(disk: Disk, stand: Stand, target: str = "data") -> Observation:
    return await disk.probe(target, stand.tools)


async def test_each_disk_is_looked_at_and_foretold(stand: Stand, tmp_path: Path) -> None:
    """Two targets, one disk."""
    disk = check(tmp_path)
    assert disk.targets() == ("data", "data-forecast")
    seen = await look(disk, stand)
    assert seen.finding.kind == "disk_roomy"
    assert set(seen.measurements) == {"used_share", "free_bytes", "inodes_used_share"}
    assert (await look(disk, stand, "data-forecast")).finding.kind == "disk_steady"


async def test_a_full_disk_tells_whom_to_ask_and_what_is_large(stand: Stand, tmp_path: Path) -> None:
    """With the facts that the last message needs."""
    disk = check(tmp_path, warn_free="900TB", critical_free="900TB", contact="the host")
    seen = await disk.probe("data", with_disks(stand, FakeDisks()))
    assert (seen.status, seen.finding.kind) == (Status.CRITICAL, "disk_critical")
    assert seen.finding.facts["contact"] == "the host"
    assert seen.finding.facts["biggest"] == "3 GB: volume influxdb-data"


async def test_a_low_disk_tells_the_hour_in_which_it_is_full(stand: Stand, tmp_path: Path) -> None:
    """With what takes the most room, as far as that is known, and whom to ask."""
    disk = check(tmp_path, warn_free="900TB", contact="the host")
    disks = FakeDisks()
    now = stand.clock.now()
    for n in range(10):
        at = replace(now, boot=now.boot - 10 + n)
        room = Room(used=0, free=10**16 - n * 10**15)
        disks.seen = (*disks.seen, sample_of("data", room, 0, at))
    seen = await disk.probe("data", with_disks(stand, disks))
    assert (seen.status, seen.finding.kind, seen.near) == (Status.WARNING, "disk_low", True)
    assert set(seen.finding.facts) >= {"full_at", "biggest", "contact"}
    soon = await disk.probe("data-forecast", with_disks(stand, disks))
    assert (soon.status, soon.finding.kind) == (Status.WARNING, "disk_forecast")
    disks.seen = ()
    assert "full_at" not in (await disk.probe("data", with_disks(stand, disks))).finding.facts


async def test_what_was_foretold_and_has_come_true_is_the_disks_own_trouble(
    stand: Stand, tmp_path: Path
) -> None:
    """The incident of the disk tells of it: nobody is warned besides, and what was told of before is not over."""
    assert (await look(check(tmp_path), stand, "data-forecast")).tell_after == 0.0
    full = await look(check(tmp_path, warn_free="900TB", critical_free="900TB"), stand, "data-forecast")
    assert (full.tell_after, full.near) == (None, True)


async def test_a_path_that_is_not_there_is_told_as_a_mistake(stand: Stand, tmp_path: Path) -> None:
    """UNKNOWN: nothing is done about it."""
    disk = check(tmp_path / "missing")
    for target in disk.targets() or ():
        seen = await look(disk, stand, target)
        assert (seen.status, seen.finding.kind) == (Status.UNKNOWN, "misconfigured")


async def test_an_influxdb_that_never_complained_is_not_written_to(stand: Stand, tmp_path: Path) -> None:
    """The proof is for suspicion only: it is asked what it refused, and no more."""
    influx = Proving()
    assert (await look(check(tmp_path, influx, influxdb=INFLUX), stand)).finding.kind == "disk_roomy"
    assert (len(influx.asked), influx.written) == (1, {})


async def test_one_that_refuses_writes_and_logs_nothing_of_it_is_found_out(
    stand: Stand, tmp_path: Path
) -> None:
    """InfluxDB 2.7 keeps its record of them in a bucket of its own, and its log is silent."""
    influx = Proving()
    words = f"engine: error writing WAL entry: write _00001.wal: no space left on device {SECRET}"
    influx.refused.append((stand.clock.wall, words))
    stand.clock.advance(1)
    disk = check(tmp_path, influx, influxdb=INFLUX)
    assert (await look(disk, stand)).status is Status.OK, "it was while the disk was full, and it writes"
    assert list(influx.written) == ["infra"]
    stand.clock.advance(30)
    influx.refused.append((stand.clock.wall, words))
    seen = await look(disk, stand)
    assert (seen.status, seen.finding.kind) == (Status.CRITICAL, "writes_broken")
    assert "no space left" in str(seen.finding.facts["reason"])
    assert SECRET not in repr(seen)
    # Started anew, what it refused before is of another life.
    container = stand.engine.container("influxdb")
    container.started = int((stand.clock.wall + timedelta(seconds=1)).timestamp() * 1e9)
    assert (await look(disk, stand)).status is Status.OK


async def test_a_token_that_may_not_read_the_record_leaves_the_log(stand: Stand, tmp_path: Path) -> None:
    """To such a token InfluxDB calls the record a bucket that is not there; one that it refuses is a mistake."""
    influx = Proving()
    disk = check(tmp_path, influx, influxdb=INFLUX)
    influx.fail_next(NotThere('could not find bucket "_monitoring"'))
    assert (await look(disk, stand)).status is Status.OK
    influx.fail_next(Misconfigured("the token is refused"))
    seen = await look(disk, stand)
    assert (seen.status, seen.finding.kind) == (Status.UNKNOWN, "misconfigured")
    influx.fail_next(Misconfigured("the token is refused"))
    low = check(tmp_path, influx, influxdb=INFLUX, warn_free="900TB")
    assert (await look(low, stand)).finding.kind == "disk_low"


async def test_one_that_is_down_is_not_asked(stand: Stand, tmp_path: Path) -> None:
    """No look waits for what cannot answer."""
    influx = Proving()
    stand.engine.crash("influxdb")
    assert (await look(check(tmp_path, influx, influxdb=INFLUX), stand)).status is Status.OK
    assert influx.asked == []


async def test_a_complaint_of_the_full_disk_is_settled_by_a_point_that_is_written(
    stand: Stand, tmp_path: Path
) -> None:
    """Proven once: the same line is no reason to write again."""
    influx = Proving()
    complain(stand)
    stand.clock.advance(1)
    disk = check(tmp_path, influx, influxdb=INFLUX)
    assert (await look(disk, stand)).finding.kind == "disk_roomy"
    assert {bucket: len(lines) for bucket, lines in influx.written.items()} == {"infra": 1}
    assert (await look(disk, stand)).finding.kind == "disk_roomy"
    assert len(influx.written["infra"]) == 1


async def test_a_write_that_is_refused_is_trouble(stand: Stand, tmp_path: Path) -> None:
    """There is room, and it does not write."""
    influx = Proving()
    influx.refuse_changes(Refused(f"InfluxDB said no (500): no space left on device {SECRET}"))
    complain(stand)
    disk = check(tmp_path, influx, influxdb=INFLUX)
    seen = await look(disk, stand)
    assert (seen.status, seen.finding.kind) == (Status.CRITICAL, "writes_broken")
    assert SECRET not in repr(seen)


async def test_one_that_goes_on_complaining_writes_to_memory_only(stand: Stand, tmp_path: Path) -> None:
    """It takes points and gives them back, and none reaches the disk: a later complaint counts for more."""
    influx = Proving()
    complain(stand)
    disk = check(tmp_path, influx, influxdb=INFLUX)
    assert (await look(disk, stand)).status is Status.OK
    stand.clock.advance(30)
    complain(stand)
    seen = await look(disk, stand)
    assert (seen.status, seen.finding.kind) == (Status.CRITICAL, "writes_broken")
    # Started anew, what it said before is of another life.
    container = stand.engine.container("influxdb")
    container.started = int((stand.clock.wall + timedelta(seconds=1)).timestamp() * 1e9)
    assert (await look(disk, stand)).status is Status.OK


@pytest.mark.parametrize(
    ("error", "kind"),
    [(Misconfigured("the token is refused"), "misconfigured"), (NotThere("no such bucket"), "misconfigured")],
)
async def test_a_mistake_is_no_broken_write(stand: Stand, tmp_path: Path, error: Refused, kind: str) -> None:
    """401, 403 and a bucket that is not there are for a person to mend: nothing is restarted."""
    influx = Proving()
    influx.refuse_changes(error)
    complain(stand)
    disk = check(tmp_path, influx, influxdb=INFLUX)
    seen = await look(disk, stand)
    assert (seen.status, seen.finding.kind) == (Status.UNKNOWN, kind)


async def test_an_influxdb_that_does_not_answer_is_not_judged(stand: Stand, tmp_path: Path) -> None:
    """Its container has a check of its own."""
    influx = Proving()
    influx.fail_next(Unreachable("no answer in time"))
    assert (await look(check(tmp_path, influx, influxdb=INFLUX), stand)).status is Status.OK
    influx.refuse_changes(Unreachable("no answer in time"))
    complain(stand)
    with pytest.raises(Unreachable):
        await look(check(tmp_path, influx, influxdb=INFLUX), stand)
    stand.engine.fail_next(Unreachable("the engine is gone"), "logs")
    assert (await look(check(tmp_path, influx, influxdb=INFLUX), stand)).status is Status.OK


async def test_without_a_bucket_for_the_proof_it_is_only_told(stand: Stand, tmp_path: Path) -> None:
    """A warning: nothing is done on a guess."""
    complain(stand)
    disk = check(tmp_path, influxdb={**INFLUX, "canary": ""})
    assert (await look(disk, stand)).finding.kind == "writes_doubtful"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mounts": {}}, "at least 1"),
        ({"mounts": {"a b": {"path": "/"}}}, "no name of a disk"),
        ({"mounts": {"a-forecast": {"path": "/"}}}, "ends as the name of a forecast"),
        ({"mounts": {"a": {"path": "disk"}}}, "no absolute path"),
        ({"mounts": {"a": {"path": "/", "warn": 0.95}}}, "swap the two"),
        ({"mounts": {"a": {"path": "/", "warn_free": "1GB", "critical_free": "2GB"}}}, "swap the two"),
        ({"mounts": {"a": {"path": "/", "critical": 90}}}, "less than or equal to 1"),
        ({"mounts": {"a": {"path": "/", "ballast": "256"}}}, "no size"),
        (
            {"mounts": {"a": {"path": "/", "influxdb": {"target": "x", "org": "y", "url": "ftp://x"}}}},
            "write http",
        ),
    ],
)
def test_a_mistake_is_told_with_what_to_write(given: dict[str, Any], words: str) -> None:
    """Before anything is looked at."""
    with pytest.raises(ValidationError, match=words):
        DiskParameters.model_validate(given)
