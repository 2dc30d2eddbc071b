"""Delete old points from InfluxDB. The last resort: it writes tombstones, which need space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import Field

from watchdog.core.bucket import Bucket
from watchdog.core.disk import InfluxPlace, tell_freed
from watchdog.core.disk_room import influx_on
from watchdog.core.errors import Refused, Unreachable
from watchdog.core.flux import newest_of_all
from watchdog.core.run import Outcome, Result
from watchdog.gateways.influx import InfluxGateway
from watchdog.gateways.influx_door import WITHIN, Influx, InfluxDoor
from watchdog.plugins import Action, Duration, Parameters, Tools

_NOTHING = "no bucket keeps points that old, of which they may be deleted, and newer ones besides"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class DeleteOldPointsParameters(Parameters):
    """How old; in which buckets is said with the disk (`deletable`)."""

    older_than: Duration = Field(default=8 * 86400.0, ge=86400.0)


class DeleteOldPoints(Action[DeleteOldPointsParameters]):
    """Asks first, unless a playbook says `autonomy: act`. Where a bucket keeps less than that, nothing would be freed."""

    name: ClassVar[str] = "delete_old_points"
    repeatable: ClassVar[bool] = True
    asks_unless_told: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = DeleteOldPointsParameters

    def __init__(
        self,
        parameters: DeleteOldPointsParameters,
        connect: Callable[[str, str, str], Influx] = InfluxGateway,
    ) -> None:
        super().__init__(parameters)
        self._door = InfluxDoor(connect)

    def suits(self, target: str, tools: Tools) -> bool:
        """Only where something may be deleted."""
        influx = influx_on(tools.disks, target)
        return tools.disks is None or (influx is not None and bool(influx.deletable))

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now."""
        influx = influx_on(tools.disks, target)
        wanted = await self._wanted(influx, tools) if influx is not None else ()
        if not wanted:
            return f"nothing: {_NOTHING}"
        names = ", ".join(bucket.name for bucket in wanted)
        return f"delete for good all points before {self._until(tools):%Y-%m-%d} UTC of: {names}"

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """Which buckets, and up to when. Raises `Refused` when there is none."""
        influx = influx_on(tools.disks, target)
        wanted = await self._wanted(influx, tools) if influx is not None else ()
        if not wanted:
            raise Refused(_NOTHING)
        return {f"bucket {bucket.name}": f"all before {self._until(tools):%Y-%m-%d}" for bucket in wanted}

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it, bucket by bucket."""
        place = tools.disks.place_of(target) if tools.disks is not None else None
        wanted = (
            await self._wanted(place.influx, tools) if place is not None and place.influx is not None else ()
        )
        if tools.disks is None or place is None or place.influx is None or not wanted:
            return Outcome(result=Result.SKIPPED, reason=_NOTHING, hopeless=True)
        before = await tools.disks.room(place)
        gateway = await self._door.open(place.influx, tools.containers, tools.engine)
        try:
            for bucket in wanted:
                await gateway.delete(bucket.name, _BEGINNING, self._until(tools))
        except (Refused, Unreachable) as error:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(error)), hopeless=True)
        names = ", ".join(bucket.name for bucket in wanted)
        _, reason = tell_freed(before, await tools.disks.room(place), f"old points of {names} deleted")
        return Outcome(result=Result.DONE, reason=f"{reason} (InfluxDB frees more when it compacts)")

    def _until(self, tools: Tools) -> datetime:
        """The beginning of that day: the same plan the whole day long."""
        then = tools.clock.now().wall.astimezone(UTC) - timedelta(seconds=self.parameters.older_than)
        return then.replace(hour=0, minute=0, second=0, microsecond=0)

    async def _wanted(self, influx: InfluxPlace, tools: Tools) -> tuple[Bucket, ...]:
        """The buckets that may be, that keep points for longer than that, and that have newer ones.

        Where all would go either nothing is written any more, or this machine's clock is wrong.
        """
        if not influx.deletable:
            return ()
        gateway = await self._door.open(influx, tools.containers, tools.engine)
        older_than = int(self.parameters.older_than)
        return tuple(
            [
                bucket
                for bucket in await gateway.buckets()
                if bucket.name in influx.deletable
                and (not bucket.retention or bucket.retention > older_than)
                and await gateway.query(newest_of_all(bucket.name, older_than), within=WITHIN, rows=1)
            ]
        )
