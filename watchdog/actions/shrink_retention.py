"""Have InfluxDB keep the points of some buckets for less long: it drops whole shards, which frees space at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from watchdog.core.bucket import Bucket, shorten
from watchdog.core.disk import InfluxPlace
from watchdog.core.disk_room import influx_on
from watchdog.core.duration import show_duration
from watchdog.core.errors import Refused
from watchdog.core.run import Outcome, Result
from watchdog.gateways.influx import InfluxGateway
from watchdog.gateways.influx_door import Influx, InfluxDoor
from watchdog.plugins import Action, Parameters, Tools

_NOTHING = "there is no bucket that may keep less than it does"


class ShrinkRetentionParameters(Parameters):
    """Nothing to set: which buckets may shrink, and how far, is said with the disk (`shrinkable`)."""


class ShrinkRetention(Action[ShrinkRetentionParameters]):
    """Never without a yes; only of buckets that are named, never below their floor, never longer than it was."""

    name: ClassVar[str] = "shrink_retention"
    repeatable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = ShrinkRetentionParameters

    def __init__(
        self,
        parameters: ShrinkRetentionParameters,
        connect: Callable[[str, str, str], Influx] = InfluxGateway,
    ) -> None:
        super().__init__(parameters)
        self._door = InfluxDoor(connect)

    @property
    def needs_a_yes(self) -> bool:
        """What falls off is gone."""
        return True

    def suits(self, target: str, tools: Tools) -> bool:
        """Only where a bucket may shrink."""
        influx = influx_on(tools.disks, target)
        return tools.disks is None or (influx is not None and bool(influx.shrinkable))

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now, and what falls off."""
        influx = influx_on(tools.disks, target)
        wanted = await self._wanted(influx, tools) if influx is not None else ()
        if not wanted:
            return f"nothing: {_NOTHING}"
        return (
            "; ".join(_tell(bucket, seconds) for bucket, seconds in wanted) + " (by whole shards, for good)"
        )

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """Which buckets, from what to what. Raises `Refused` when there is none."""
        influx = influx_on(tools.disks, target)
        wanted = await self._wanted(influx, tools) if influx is not None else ()
        if not wanted:
            raise Refused(_NOTHING)
        return {
            f"bucket {bucket.name}": f"{_show(bucket.retention)} -> {_show(seconds)}"
            for bucket, seconds in wanted
        }

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it. What that frees is seen within half an hour: so often InfluxDB drops what is too old."""
        influx = influx_on(tools.disks, target)
        wanted = await self._wanted(influx, tools) if influx is not None else ()
        if influx is None or not wanted:
            return Outcome(result=Result.SKIPPED, reason=_NOTHING, hopeless=True)
        gateway = await self._door.open(influx, tools.containers, tools.engine)
        try:
            for bucket, seconds in wanted:
                await gateway.set_retention(bucket, seconds)
        except Refused as refused:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(refused)), hopeless=True)
        told = "; ".join(_tell(bucket, seconds) for bucket, seconds in wanted)
        return Outcome(result=Result.DONE, reason=f"{told}. InfluxDB drops that within 30 minutes")

    async def _wanted(self, influx: InfluxPlace, tools: Tools) -> tuple[tuple[Bucket, int], ...]:
        """The buckets that may keep less, and how long they would keep their points."""
        if not influx.shrinkable:
            return ()
        gateway = await self._door.open(influx, tools.containers, tools.engine)
        named = (each for each in await gateway.buckets() if each.name in influx.shrinkable)
        found = ((bucket, shorten(bucket, influx.shrinkable[bucket.name])) for bucket in named)
        return tuple((bucket, seconds) for bucket, seconds in found if seconds is not None)


def _show(seconds: float) -> str:
    return show_duration(seconds) if seconds else "for ever"


def _tell(bucket: Bucket, seconds: int) -> str:
    return (
        f"{bucket.name} keeps {_show(seconds)} instead of {_show(bucket.retention)}: what is older falls off"
    )
