"""Deleting old points."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.actions.disks import INFLUX, WITH_INFLUX, FakeDisks, FakeInflux, with_disks
from tests.engine.parts import Stand
from watchdog.actions.delete_old_points import DeleteOldPoints, DeleteOldPointsParameters
from watchdog.core.errors import Refused
from watchdog.core.run import Result

EIGHT_DAYS_AGO = datetime(2026, 11, 15, tzinfo=UTC)


@pytest.fixture
def influx() -> FakeInflux:
    """`markets` keeps a week, `custom` everything."""
    return FakeInflux()


def action(influx: FakeInflux) -> DeleteOldPoints:
    return DeleteOldPoints(DeleteOldPointsParameters(), connect=influx.connect)


async def test_only_what_a_bucket_still_keeps_is_deleted(influx: FakeInflux) -> None:
    """What is older than eight days is gone from `markets` already: it is not asked for again."""
    outcome = await action(influx).run("data", with_disks(Stand(), FakeDisks(place=WITH_INFLUX)))
    assert outcome.result is Result.DONE
    assert influx.deleted == [("custom", EIGHT_DAYS_AGO)]
    assert "freed nothing" in outcome.reason
    assert "compacts" in outcome.reason


async def test_a_plan_names_the_buckets_and_the_day(influx: FakeInflux) -> None:
    """The same the whole day long, so that a yes is to what is shown."""
    stand = Stand()
    tools = with_disks(stand, FakeDisks(place=WITH_INFLUX))
    told = await action(influx).describe("data", tools)
    assert told == "delete for good all points before 2026-11-15 UTC of: custom"
    pins = await action(influx).pin("data", tools)
    stand.clock.advance(3600)
    assert await action(influx).pin("data", tools) == pins == {"bucket custom": "all before 2026-11-15"}
    assert influx.deleted == []


async def test_a_bucket_of_which_all_would_go_is_left_alone(influx: FakeInflux) -> None:
    """Nothing newer is in it: its feeder is dead, or this machine's clock is years ahead. Either way that is all there is."""
    influx.stale = {"custom"}
    tools = with_disks(Stand(), FakeDisks(place=WITH_INFLUX))
    assert (await action(influx).describe("data", tools)).startswith(
        "nothing: no bucket keeps points that old"
    )
    with pytest.raises(Refused, match="and newer ones besides"):
        await action(influx).pin("data", tools)
    outcome = await action(influx).run("data", tools)
    assert (outcome.result, influx.deleted) == (Result.SKIPPED, [])


async def test_nothing_is_deleted_that_is_not_named(influx: FakeInflux) -> None:
    """By default no bucket is."""
    tools = with_disks(Stand(), FakeDisks(place=replace(WITH_INFLUX, influx=replace(INFLUX, deletable=()))))
    assert not action(influx).suits("data", tools)
    outcome = await action(influx).run("data", tools)
    assert (outcome.result, outcome.hopeless, influx.deleted) == (Result.SKIPPED, True, [])
    with pytest.raises(Refused, match="no bucket keeps"):
        await action(influx).pin("data", tools)


async def test_tombstones_that_find_no_space_are_a_failed_step(influx: FakeInflux) -> None:
    """On a full disk the delete itself fails: on to the next step."""
    influx.refuse_changes(Refused("InfluxDB said no (500): tombstone.tmp: no space left on device"))
    outcome = await action(influx).run("data", with_disks(Stand(), FakeDisks(place=WITH_INFLUX)))
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert "no space left" in outcome.reason
