"""What takes the most room."""

from __future__ import annotations

from tests.actions.disks import WITH_INFLUX, FakeDisks, with_disks
from tests.engine.parts import Stand
from watchdog.actions.list_consumers import ListConsumers, ListConsumersParameters
from watchdog.core.run import Result
from watchdog.gateways.program import Ended

ACTION = ListConsumers(ListConsumersParameters())


async def test_the_engine_and_influxdb_are_asked() -> None:
    """InfluxDB's data by `du` inside its container, which ends by itself."""
    stand = Stand()
    stand.engine.add("influxdb")
    await stand.arrive()
    stand.engine.executions.append(Ended(0, b"2000000\t/var/lib/influxdb2\n", b""))

    outcome = await ACTION.run("data", with_disks(stand, FakeDisks(place=WITH_INFLUX)))

    assert outcome.evidence == ("3 GB: volume influxdb-data", "2 GB: data of influxdb")
    assert stand.engine.executed[0][1] == ("timeout", "20", "du", "-sk", "/var/lib/influxdb2")
    assert stand.engine.acts == []


async def test_beside_a_step_on_influxdb_it_is_of_its_disk() -> None:
    """What is done to InfluxDB for its disk is done on another target than the disk."""
    stand = Stand()
    tools = with_disks(stand, FakeDisks(place=WITH_INFLUX))
    assert (await ACTION.run("influxdb", tools)).evidence == ("3 GB: volume influxdb-data",)
    assert (await ACTION.run("another", tools)).result is Result.SKIPPED


async def test_what_cannot_be_asked_is_left_out() -> None:
    """A container that has no `du`, or is not there, takes nothing from the rest."""
    stand = Stand()
    stand.engine.add("influxdb")
    await stand.arrive()
    stand.engine.executions.append(Ended(127, b"", b"not found"))
    tools = with_disks(stand, FakeDisks(place=WITH_INFLUX))
    assert (await ACTION.run("data", tools)).evidence == ("3 GB: volume influxdb-data",)
    stand.engine.person_removes("influxdb")
    await stand.arrive()
    assert (await ACTION.run("data", tools)).result is Result.DONE
