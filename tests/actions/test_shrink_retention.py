"""Keeping points for less long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.actions.disks import DAY, INFLUX, WITH_INFLUX, FakeDisks, FakeInflux, with_disks
from tests.engine.parts import SECRET, Stand
from watchdog.actions.shrink_retention import ShrinkRetention, ShrinkRetentionParameters
from watchdog.core.errors import Misconfigured, Refused, Unreachable
from watchdog.core.run import Result


@pytest.fixture
def influx() -> FakeInflux:
    """News are kept for 90 days, and may be for 30."""
    return FakeInflux()


def action(influx: FakeInflux) -> ShrinkRetention:
    return ShrinkRetention(ShrinkRetentionParameters(), connect=influx.connect)


async def test_only_what_is_named_shrinks_and_no_further_than_its_floor(influx: FakeInflux) -> None:
    """The other buckets stay as they are."""
    tools = with_disks(Stand(), FakeDisks(place=WITH_INFLUX))
    outcome = await action(influx).run("data", tools)
    assert outcome.result is Result.DONE
    assert outcome.reason.startswith("news keeps 30d instead of 90d")
    assert {b.name: b.retention for b in influx.held.values()} == {
        "news": 30 * DAY,
        "markets": 7 * DAY,
        "custom": 0,
    }

    again = await action(influx).run("data", tools)
    assert (again.result, again.hopeless) == (Result.SKIPPED, True)


async def test_a_plan_shows_what_falls_off_and_a_yes_is_bound_to_it(influx: FakeInflux) -> None:
    """From what to what; another retention is another plan, and nothing changes by asking."""
    tools = with_disks(Stand(), FakeDisks(place=WITH_INFLUX))
    told = await action(influx).describe("data", tools)
    assert told == "news keeps 30d instead of 90d: what is older falls off (by whole shards, for good)"
    assert action(influx).needs_a_yes
    assert await action(influx).pin("data", tools) == {"bucket news": "90d -> 30d"}
    influx.held["news"] = replace(influx.held["news"], retention=0)
    assert await action(influx).pin("data", tools) == {"bucket news": "for ever -> 30d"}
    influx.held["news"] = replace(influx.held["news"], retention=20 * DAY)
    with pytest.raises(Refused, match="no bucket"):
        await action(influx).pin("data", tools)
    assert "set_retention" not in influx.asked


async def test_nobody_is_asked_where_nothing_is_named(influx: FakeInflux) -> None:
    """By default no bucket may shrink, and InfluxDB is not even asked."""
    none = FakeDisks(place=replace(WITH_INFLUX, influx=replace(INFLUX, shrinkable={})))
    tools = with_disks(Stand(), none)
    assert not action(influx).suits("data", tools)
    assert (await action(influx).run("data", tools)).result is Result.SKIPPED
    assert influx.asked == []
    assert action(influx).suits("data", with_disks(Stand(), FakeDisks(place=WITH_INFLUX)))


@pytest.mark.parametrize("error", [Refused(f"no: {SECRET}"), Misconfigured("InfluxDB refused the token")])
async def test_a_no_is_a_failed_step(influx: FakeInflux, error: Refused) -> None:
    """With its reason, and without secrets."""
    tools = with_disks(Stand(), FakeDisks(place=WITH_INFLUX))
    shrink = action(influx)
    influx.refuse_changes(error)
    outcome = await shrink.run("data", tools)
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert SECRET not in outcome.reason


async def test_an_influxdb_that_cannot_be_asked_is_the_runners(influx: FakeInflux) -> None:
    """Nothing was changed."""
    influx.fail_next(Unreachable("no answer in time"))
    with pytest.raises(Unreachable):
        await action(influx).run("data", with_disks(Stand(), FakeDisks(place=WITH_INFLUX)))
    assert influx.held["news"].retention == 90 * DAY
