"""Restarting InfluxDB without losing what it holds in memory only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.actions.disks import GB, WITH_INFLUX, FakeDisks, FakeInflux, with_disks
from tests.engine.parts import SECRET, Stand
from watchdog.actions.restart_influxdb import RestartInfluxdb, RestartInfluxdbParameters
from watchdog.core.errors import Misconfigured, Refused, Unreachable
from watchdog.core.run import Result

POINTS = (
    "#datatype,string,long,dateTime:RFC3339,double,string,string\r\n"
    ",result,table,_time,_value,_field,_measurement\r\n"
    ",,0,2026-11-23T11:59:00.000000001Z,1.5,value,price\r\n"
    ",,0,2026-11-23T11:59:30Z,2.5,value,price\r\n"
)
COPY = "influxdb-2-markets.lp"
LINES = ["price value=1.5 1795435140000000001", "price value=2.5 1795435170000000000"]


@pytest.fixture
async def stand() -> Stand:
    """A running InfluxDB."""
    stand = Stand()
    stand.engine.create("influxdb")
    stand.engine.person_starts("influxdb")
    await stand.arrive()
    return stand


@pytest.fixture
def disks() -> FakeDisks:
    """A disk that has room again."""
    return FakeDisks(place=WITH_INFLUX, free=50 * GB)


@pytest.fixture
def influx() -> FakeInflux:
    """It answers from memory what it could not write."""
    influx = FakeInflux()
    influx.answers["markets"] = POINTS
    return influx


def action(influx: FakeInflux, **parameters: object) -> RestartInfluxdb:
    given = RestartInfluxdbParameters.model_validate(parameters)
    return RestartInfluxdb(given, connect=influx.connect, pause=0.01)


async def test_what_it_holds_is_copied_out_kept_and_given_back(
    stand: Stand, disks: FakeDisks, influx: FakeInflux
) -> None:
    """To the nanosecond; the copy on the disk goes once that is done."""
    outcome = await action(influx).run("influxdb", with_disks(stand, disks))
    assert outcome.result is Result.DONE
    assert outcome.reason == "2 points were copied out before, and given back"
    assert stand.engine.acts == [("stop", "influxdb"), ("start", "influxdb")]
    assert influx.written == {"markets": LINES}
    assert (disks.gone, disks.kept) == ([COPY], {})


async def test_nothing_is_stopped_before_the_copy_is_there(
    stand: Stand, disks: FakeDisks, influx: FakeInflux
) -> None:
    """What cannot be read, or kept, is not put at risk."""
    tools = with_disks(stand, disks)
    for error in (Unreachable("no answer in time"), Misconfigured(f"the token {SECRET} is refused"), None):
        if error is not None:
            influx.fail_next(error)
        else:
            influx.answers["markets"] = "<html>,x\nwhat,is,this\n"
        outcome = await action(influx).run("influxdb", tools)
        assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
        assert outcome.reason.startswith("not restarted, as it could not be copied out")
        assert SECRET not in outcome.reason
    influx.answers["markets"] = POINTS
    disks.fail_next(Refused("the copy cannot be written: No space left on device"))
    assert (await action(influx).run("influxdb", tools)).result is Result.FAILED
    assert stand.engine.acts == []


async def test_a_window_that_holds_too_much_is_made_shorter(
    stand: Stand, disks: FakeDisks, influx: FakeInflux
) -> None:
    """Half an hour, then a quarter of that; down to half a minute, and then it is not restarted."""
    many = Refused("InfluxDB answered with more than 8192 KiB: it was not read to its end")
    influx.copies = [many]
    tools = with_disks(stand, disks)
    assert (await action(influx).run("influxdb", tools)).result is Result.DONE
    asked = [flux for flux in influx.asked if '"news"' in flux]
    assert ["-1800s" in asked[0], "-450s" in asked[1]] == [True, True]

    stand.engine.acts.clear()
    influx.copies = [many] * 9
    assert (await action(influx).run("influxdb", tools)).result is Result.FAILED
    assert stand.engine.acts == []


async def test_all_is_copied_that_it_holds_in_memory_only(
    stand: Stand, disks: FakeDisks, influx: FakeInflux
) -> None:
    """The disk was full for hours before a person made room: what it refused first is the beginning."""
    stand.clock.advance(4 * 3600)
    full = "engine: error writing WAL entry: write _00001.wal: no space left on device"
    influx.refused = [(stand.clock.wall - timedelta(hours=hours), full) for hours in (3, 1)]
    tools = with_disks(stand, disks)
    assert (await action(influx).run("influxdb", tools)).result is Result.DONE
    assert [flux for flux in influx.asked if '"markets"' in flux and f"-{3 * 3600 + 60}s" in flux]
    (record,) = (flux for flux in influx.asked if "write_errors" in flux)
    assert "-14399s" in record, "not from before it was started"

    influx.copies = [Refused("InfluxDB answered with more than 8192 KiB: it was not read to its end")]
    outcome = await action(influx).run("influxdb", tools)
    assert outcome.reason.endswith("; of news only the last 45m15s fitted")


async def test_one_that_does_not_come_back_keeps_the_copy(
    stand: Stand, disks: FakeDisks, influx: FakeInflux
) -> None:
    """What was copied out lies beside the ballast, and that is said."""

    class Dead(FakeInflux):
        async def buckets(self, *, within: float = 0) -> tuple[object, ...]:  # type: ignore[override]
            if stand.engine.acts:
                raise Unreachable("Connection refused")
            return await super().buckets(within=within)

    dead = Dead()
    dead.answers = influx.answers
    outcome = await action(dead, answers="1s").run("influxdb", with_disks(stand, disks))
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert "2 points were copied out and not given back; they are kept in /disk" in outcome.reason
    assert disks.kept == {COPY: "\n".join(["# bucket: markets", *LINES])}


async def test_writes_that_stay_broken_keep_the_copy(
    stand: Stand, disks: FakeDisks, influx: FakeInflux
) -> None:
    """The step has failed, and nothing of the copy is lost."""
    influx.refuse_changes(Refused("InfluxDB said no (500): no space left on device"))
    outcome = await action(influx).run("influxdb", with_disks(stand, disks))
    assert outcome.result is Result.FAILED
    assert "not all given back" in outcome.reason
    assert disks.kept


async def test_without_room_it_is_left_alone(stand: Stand, disks: FakeDisks, influx: FakeInflux) -> None:
    """Started anew on a full disk it would not write either."""
    disks.free = GB
    outcome = await action(influx).run("influxdb", with_disks(stand, disks))
    assert outcome.result is Result.SKIPPED
    assert stand.engine.acts == []


async def test_it_is_only_for_an_influxdb_of_a_watched_disk(
    stand: Stand, disks: FakeDisks, influx: FakeInflux
) -> None:
    """Another container is left alone; a plan says what would be done."""
    tools = with_disks(stand, disks)
    assert "copy out the last 30m" in await action(influx).describe("influxdb", tools)
    outcome = await action(influx).run("grafana", tools)
    assert (outcome.result, outcome.hopeless) == (Result.SKIPPED, True)


async def test_one_that_is_down_is_started(stand: Stand, disks: FakeDisks, influx: FakeInflux) -> None:
    """There is nothing to copy out of it; one that a person paused is left alone."""
    stand.engine.crash("influxdb")
    await stand.catch_up()
    assert (await action(influx).run("influxdb", with_disks(stand, disks))).result is Result.DONE
    assert stand.engine.acts == [("start", "influxdb")]


async def test_one_that_a_person_took_down_meanwhile_stays_down(
    stand: Stand, disks: FakeDisks, influx: FakeInflux
) -> None:
    """Somebody is at work on it: whatever was decided before, it is theirs now."""
    stand.engine.person_stops("influxdb")
    await stand.catch_up()
    outcome = await action(influx).run("influxdb", with_disks(stand, disks))
    assert outcome.result is Result.SKIPPED
    assert stand.engine.acts == []


async def test_what_an_earlier_restart_left_behind_is_given_back(
    stand: Stand, disks: FakeDisks, influx: FakeInflux
) -> None:
    """Killed between the stop and the start: the copy lies there, and nothing can be copied out any more."""
    disks.kept[COPY] = "\n".join(["# bucket: markets", *LINES])
    disks.kept["influxdb-1-strange.lp"] = "no copy of ours"
    stand.engine.crash("influxdb")
    await stand.catch_up()
    assert (await action(influx).run("influxdb", with_disks(stand, disks))).result is Result.DONE
    assert "\n".join(influx.written["markets"]) == "\n".join(LINES)
    assert disks.kept == {"influxdb-1-strange.lp": "no copy of ours"}


async def test_the_name_of_a_bucket_is_no_path(stand: Stand, disks: FakeDisks, influx: FakeInflux) -> None:
    """Whatever people call it, its copy lies beside the ballast."""
    influx.held = {"../../etc/x y": replace(influx.held["markets"], name="../../etc/x y")}
    influx.answers = {"../../etc/x y": POINTS}
    influx.refuse_changes(Refused("no"))
    await action(influx).run("influxdb", with_disks(stand, disks))
    assert list(disks.kept) == ["influxdb-1-______etc_x_y.lp"]
