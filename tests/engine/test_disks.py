"""The watched disks: their ballast, and what takes the most room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from tests.actions.disks import GB, PLACE, WITH_INFLUX
from tests.engine.parts import News
from tests.fakes import FakeClock
from watchdog.core.disk import DiskPlace, Room, Weight, WholeLog
from watchdog.core.disk_history import DiskSample
from watchdog.core.errors import GatewayError, Misconfigured, Refused, Unreachable
from watchdog.engine.disks import WEIGHED_FOR, Disks


@dataclass
class FakeCheck:
    """A check of one disk."""

    places: dict[str, DiskPlace]


@dataclass
class FakeGateway:
    """A disk of 100 GB."""

    free: int = 50 * GB
    size: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    errors: list[GatewayError] = field(default_factory=list)

    def fail_next(self, error: GatewayError) -> None:
        self.errors.append(error)

    async def room(self, path: str) -> Room:
        return Room(used=100 * GB - self.free, free=self.free)

    async def ballast(self, folder: str) -> int:
        return self.size

    async def make_ballast(self, path: str, folder: str, size: int) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.size, self.free = size, self.free - size

    async def release_ballast(self, folder: str) -> int:
        size, self.size = self.size, 0
        self.free += size
        return size

    async def keep(self, folder: str, name: str, text: str) -> str:
        self.texts[f"{folder}/{name}"] = text
        return f"{folder}/{name}"

    async def kept(self, folder: str, pattern: str) -> dict[str, str]:
        return dict(self.texts)

    async def drop(self, path: str) -> None:
        del self.texts[path]


@dataclass
class FakeStores:
    """What the engine stores; `asked` counts the dear question."""

    asked: int = 0
    cache: int = 7
    growing: tuple[str, ...] = ("web",)

    async def dangling(self) -> tuple[Weight, ...]:
        return ()

    async def prune(self) -> int:
        return 3

    async def prune_cache(self) -> None:
        self.cache = 0

    async def weigh(self) -> tuple[Weight, ...]:
        self.asked += 1
        return (
            Weight(what="build cache", name="of the engine", size=self.cache),
            *tuple(Weight(what="volume", name=str(n), size=n * GB) for n in range(1, 6)),
        )

    async def unrotated(self) -> tuple[str, ...]:
        return self.growing

    async def whole_logs(self) -> tuple[WholeLog, ...]:
        return tuple(WholeLog(target=each, container_id="c", path="/c/c-json.log") for each in self.growing)


@dataclass
class FakeHistory:
    """Remembers all."""

    seen: tuple[DiskSample, ...] = ()

    def remember(self, new: DiskSample, windows: Sequence[float]) -> tuple[DiskSample, ...]:
        self.seen = (*self.seen, new)
        return self.seen


class House:
    """One disk, and what it takes to look after it."""

    def __init__(self, place: DiskPlace = PLACE, stores: FakeStores | None = None) -> None:
        self.gateway, self.news, self.clock = FakeGateway(), News(), FakeClock()
        self.history = FakeHistory()
        self.check = FakeCheck({place.target: place})
        self.disks = Disks(
            checks=lambda: (self.check,),
            gateway=self.gateway,
            stores=stores,
            history=self.history,
            clock=self.clock,
            publish=self.news.publish,
        )


async def test_the_ballast_is_made_once_and_again_when_there_is_room() -> None:
    """Far above the warning line only; made again after it was given back."""
    house = House()
    await house.disks.keep_ballasts()
    await house.disks.keep_ballasts()
    assert (house.gateway.size, house.gateway.free) == (GB, 49 * GB)
    assert house.news.names() == ["ballast.made"]

    assert await house.disks.release_ballast(PLACE) == GB
    house.gateway.free = 21 * GB
    await house.disks.keep_ballasts()
    assert await house.disks.ballast(PLACE) == 0
    house.gateway.free = 22 * GB
    await house.disks.keep_ballasts()
    assert await house.disks.ballast(PLACE) == GB


async def test_why_there_is_none_is_said_once() -> None:
    """A folder that may not be written is told of, and tried again."""
    house = House()
    for _ in range(3):
        house.gateway.fail_next(Misconfigured("no ballast can be kept in /disk: Permission denied"))
        await house.disks.keep_ballasts()
    assert house.news.reasons("ballast.refused") == ["no ballast can be kept in /disk: Permission denied"]
    house.gateway.fail_next(Unreachable("the disk is stuck"))
    await house.disks.keep_ballasts()
    await house.disks.keep_ballasts()
    assert house.news.names() == ["ballast.refused", "ballast.refused", "ballast.made"]


async def test_a_disk_without_ballast_has_none_made() -> None:
    """0MB in the configuration is a no."""
    house = House(replace(PLACE, ballast="", ballast_size=0))
    await house.disks.keep_ballasts()
    assert house.gateway.size == 0
    assert await house.disks.release_ballast(house.check.places["data"]) == 0
    assert await house.disks.keep_copy(house.check.places["data"], "x.lp", "text") == ""
    await house.disks.drop_copy("")


async def test_the_engine_adds_up_what_it_stores_once_an_hour_at_most() -> None:
    """However often it is asked for; the phrase is what was known last."""
    stores = FakeStores()
    house = House(stores=stores)
    assert house.disks.biggest() == ""
    lines = await house.disks.weigh("data")
    assert lines[0] == "5 GB: volume 5"
    assert lines[-1] == "logs that are kept whole, without rotation: web"
    house.clock.advance(WEIGHED_FOR - 1)
    await house.disks.weigh("data")
    assert stores.asked == 1
    house.clock.advance(1)
    stores.growing = ()
    assert (await house.disks.weigh("data"))[-1] == "7 B: build cache of the engine"
    assert stores.asked == 2
    assert house.disks.biggest() == "5 GB: volume 5; 4 GB: volume 4; 3 GB: volume 3"


async def test_a_disk_is_found_by_its_name_and_by_its_influxdb() -> None:
    """And by nothing else."""
    house = House(WITH_INFLUX, FakeStores())
    assert house.disks.place_of("data") is house.disks.beside("influxdb") is not None
    assert house.disks.place_of("influxdb") is house.disks.beside("data") is None
    assert await house.disks.prune() == 3
    assert await house.disks.dangling() == ()
    assert [log.target for log in await house.disks.whole_logs()] == ["web"]
    assert (await house.disks.room(WITH_INFLUX)).free == 50 * GB
    path = await house.disks.keep_copy(WITH_INFLUX, "a.lp", "x")
    assert house.gateway.texts == {"/disk/a.lp": "x"}
    assert await house.disks.kept_copies(WITH_INFLUX, "*") == {path: "x"}
    await house.disks.drop_copy(path)
    assert house.gateway.texts == {}


async def test_without_an_engine_nothing_is_removed() -> None:
    """What cannot be asked is refused."""
    with pytest.raises(Refused):
        await House().disks.prune()


async def test_a_pruned_cache_is_weighed_anew() -> None:
    """Its size is known from the same dear question, and from another one once it was removed."""
    stores = FakeStores()
    disks = House(stores=stores).disks
    assert [await disks.cache_size(), await disks.cache_size(), stores.asked] == [7, 7, 1]
    await disks.prune_cache()
    assert [await disks.cache_size(), stores.asked] == [0, 2]


async def test_the_ballast_counts_as_free_in_the_history() -> None:
    """Making it is no growth, and giving it back is none that ended."""
    house = House()
    room = Room(used=60, free=40)
    await house.disks.history(PLACE, room, (10.0,))
    house.gateway.size = 5
    (_, second) = await house.disks.history(PLACE, room, (10.0,))
    assert (second.free, second.size) == (45, 100)
