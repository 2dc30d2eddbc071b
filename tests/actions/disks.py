"""Stand-ins for what a full disk's remedy works with: the disks, and an InfluxDB that lies on one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tests.engine.parts import Stand
from watchdog.core.bucket import Bucket
from watchdog.core.disk import DiskPlace, DiskRules, InfluxPlace, Room, Weight, WholeLog
from watchdog.core.disk_history import DiskSample
from watchdog.core.errors import GatewayError, NotThere
from watchdog.gateways.influx import Row
from watchdog.plugins import Tools

GB = 10**9
DAY = 86400
PLACE = DiskPlace(target="data", path="/disk", rules=DiskRules(), ballast="/disk", ballast_size=GB)
INFLUX = InfluxPlace(
    target="influxdb",
    url="http://influxdb:8086",
    org="bloomberg",
    canary="infra",
    shrinkable={"news": 30.0 * DAY},
    deletable=("custom", "markets"),
)
WITH_INFLUX = replace(PLACE, influx=INFLUX)


@dataclass
class FakeDisks:
    """One disk of 100 GB, of which ballast and images take some.

    Attributes:
        gone: what was given back or removed, in order.
        kept: texts that were kept, by path.
        seen: its history.
    """

    place: DiskPlace = PLACE
    free: int = 5 * GB
    ballast_bytes: int = GB
    images: tuple[int, ...] = (GB, GB)
    cache: int = 2 * GB
    elsewhere: bool = False
    logs: tuple[WholeLog, ...] = ()
    seen: tuple[DiskSample, ...] = ()
    gone: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    errors: list[GatewayError] = field(default_factory=list)

    def fail_next(self, error: GatewayError) -> None:
        self.errors.append(error)

    def place_of(self, target: str) -> DiskPlace | None:
        return self.place if target == self.place.target else None

    def beside(self, target: str) -> DiskPlace | None:
        influx = self.place.influx
        return self.place if influx is not None and influx.target == target else None

    async def room(self, place: DiskPlace) -> Room:
        assert place is self.place
        return Room(used=100 * GB - self.free, free=self.free)

    async def history(self, place: DiskPlace, room: Room, windows: Sequence[float]) -> tuple[DiskSample, ...]:
        return self.seen

    async def ballast(self, place: DiskPlace) -> int:
        return self.ballast_bytes

    async def release_ballast(self, place: DiskPlace) -> int:
        self._may_fail()
        size, self.ballast_bytes = self.ballast_bytes, 0
        self._free(size, "ballast")
        return size

    async def keep_copy(self, place: DiskPlace, name: str, text: str) -> str:
        self._may_fail()
        self.kept[name] = text
        return name

    async def kept_copies(self, place: DiskPlace, pattern: str) -> dict[str, str]:
        return dict(self.kept)

    async def drop_copy(self, path: str) -> None:
        self.gone.append(path)
        del self.kept[path]

    async def dangling(self) -> tuple[Weight, ...]:
        self._may_fail()
        return tuple(Weight(what="image", name=str(n), size=size) for n, size in enumerate(self.images))

    async def prune(self) -> int:
        self._may_fail()
        images, self.images = self.images, ()
        self._free(sum(images), "images")
        return len(images)

    async def cache_size(self) -> int:
        self._may_fail()
        return self.cache

    async def prune_cache(self) -> None:
        self._may_fail()
        size, self.cache = self.cache, 0
        self._free(size, "cache")

    async def whole_logs(self) -> tuple[WholeLog, ...]:
        self._may_fail()
        return self.logs

    async def weigh(self, target: str) -> tuple[str, ...]:
        self._may_fail()
        return ("3 GB: volume influxdb-data",)

    def biggest(self) -> str:
        return "3 GB: volume influxdb-data"

    def _free(self, size: int, what: str) -> None:
        if size:
            self.gone.append(what)
        self.free += 0 if self.elsewhere else size

    def _may_fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


class FakeInflux:
    """Buckets in memory; `down` calls of any kind fail first.

    Attributes:
        written: the lines that it took, by bucket.
        deleted: what was deleted: bucket, and up to when.
        answers: what it holds, as annotated CSV, by a word of the question.
        stale: buckets to which nothing was written for days.
        refused: when it refused writes for want of room, and in which words, in order.
    """

    def __init__(self) -> None:
        self.held = {
            "news": Bucket(id="1", name="news", retention=90 * DAY, shard=DAY),
            "markets": Bucket(id="2", name="markets", retention=7 * DAY, shard=DAY),
            "custom": Bucket(id="3", name="custom", retention=0, shard=7 * DAY),
        }
        self.written: dict[str, list[str]] = {}
        self.deleted: list[tuple[str, datetime]] = []
        self.answers: dict[str, str] = {}
        self.asked: list[str] = []
        self.errors: list[GatewayError] = []
        self.copies: list[GatewayError] = []
        self.value: object = None
        self.stale: set[str] = set()
        self.refused: list[tuple[datetime, str]] = []
        self.refusal: GatewayError | None = None

    def fail_next(self, *errors: GatewayError) -> None:
        self.errors.extend(errors)

    def refuse_changes(self, error: GatewayError) -> None:
        """From now on whatever would change something is answered so."""
        self.refusal = error

    def connect(self, url: str, org: str, token: str) -> FakeInflux:
        return self

    async def query(self, flux: str, *, within: float = 0, rows: int = 0) -> tuple[Row, ...]:
        self._may_fail(flux)
        if "write_errors" in flux:
            at = 0 if "first()" in flux else -1
            return tuple({"_time": when, "_value": words} for when, words in self.refused[at:][:1])
        if "|> last() |> keep" in flux:
            return (
                ({"_time": datetime.now(UTC)},) if not any(f'"{name}"' in flux for name in self.stale) else ()
            )
        return () if self.value is None else ({"_value": self.value},)

    async def copy_out(self, flux: str, longest: int, *, within: float = 0) -> str:
        self._may_fail(flux)
        if self.copies:
            raise self.copies.pop(0)
        return next((text for word, text in self.answers.items() if f'"{word}"' in flux), "")

    async def write(self, bucket: str, *lines: str, within: float = 0) -> None:
        self._may_fail("write")
        self.written.setdefault(bucket, []).extend(lines)

    async def buckets(self, *, within: float = 0) -> tuple[Bucket, ...]:
        self._may_fail("buckets")
        return tuple(self.held.values())

    async def set_retention(self, bucket: Bucket, seconds: int, *, within: float = 0) -> Bucket:
        self._may_fail("set_retention")
        if bucket.name not in self.held:
            raise NotThere("no such bucket")
        self.held[bucket.name] = replace(bucket, retention=seconds)
        return self.held[bucket.name]

    async def delete(
        self, bucket: str, start: datetime, stop: datetime, predicate: str = "", *, within: float = 0
    ) -> None:
        self._may_fail("delete")
        assert predicate == ""
        self.deleted.append((bucket, stop))

    def _may_fail(self, asked: str) -> None:
        self.asked.append(asked)
        if self.errors:
            raise self.errors.pop(0)
        if self.refusal is not None and asked in ("write", "set_retention", "delete"):
            raise self.refusal


def with_disks(stand: Stand, disks: FakeDisks) -> Tools:
    """The stand's tools, with these disks."""
    return replace(stand.tools, disks=disks)
