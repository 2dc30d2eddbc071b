"""Restart InfluxDB whose writes broke on a full disk, without losing what it holds in memory only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from pydantic import Field

from watchdog.core.disk import DiskPlace, InfluxPlace, judge_room
from watchdog.core.duration import show_duration
from watchdog.core.errors import GatewayError, Misconfigured, Refused, Unreachable
from watchdog.core.event import Announcement
from watchdog.core.flux import points_since
from watchdog.core.line_protocol import read_lines
from watchdog.core.observation import Status
from watchdog.core.run import Outcome, Result
from watchdog.gateways.influx import InfluxGateway
from watchdog.gateways.influx_door import Influx, InfluxDoor
from watchdog.plugins import Action, Duration, Parameters, Tools

# Seconds after its time to stop in which the events of our stop still come; later ones are a person's.
STOP_SLACK = 120.0
# What is copied of one bucket at most: it is held in memory. A window that holds more is made shorter.
LONGEST_COPY = 8 * 1024 * 1024
SHORTER, SHORTEST = 4, 30
BATCH = 5000
COPY = "influxdb-{bucket}.lp"


class RestartInfluxdbParameters(Parameters):
    """`window`: what is copied out of each bucket; `answers`: how long it may take to answer again."""

    window: Duration = Field(default=1800.0, ge=30.0, le=86400.0)
    answers: Duration = Field(default=120.0, ge=1.0, le=600.0)


class RestartInfluxdb(Action[RestartInfluxdbParameters]):
    """Copy out, stop, start, give back. Nothing is stopped before the copy is there."""

    name: ClassVar[str] = "restart_influxdb"
    repeatable: ClassVar[bool] = True
    gentle: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = RestartInfluxdbParameters

    def __init__(
        self,
        parameters: RestartInfluxdbParameters,
        connect: Callable[[str, str, str], Influx] = InfluxGateway,
        pause: float = 1.0,
    ) -> None:
        super().__init__(parameters)
        self._door = InfluxDoor(connect)
        self._pause = pause

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now."""
        container_id = tools.containers.container_of(target)
        place = tools.disks.beside(target) if tools.disks is not None else None
        if container_id is None or place is None:
            return f"nothing: {target} is no InfluxDB of a watched disk"
        window = show_duration(self.parameters.window)
        return f"copy out the last {window} of each bucket of {target}, stop it, start it, and give them back"

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it."""
        container_id = tools.containers.container_of(target)
        place = tools.disks.beside(target) if tools.disks is not None else None
        if container_id is None or tools.disks is None or place is None or place.influx is None:
            return Outcome(result=Result.SKIPPED, reason="it is no InfluxDB of a watched disk", hopeless=True)
        if judge_room(await tools.disks.room(place), place.rules)[0] is Status.CRITICAL:
            reason = "there is no room yet: started anew it would not write either"
            return Outcome(result=Result.SKIPPED, reason=reason, hopeless=True)
        facts = await tools.engine.inspect(container_id)
        if facts.state == "paused":
            return Outcome(result=Result.SKIPPED, reason="it is paused: that was a person's doing")
        try:
            copies = await self._copy_out(place.influx, tools) if facts.state == "running" else {}
            kept = [
                await tools.disks.keep_copy(place, COPY.format(bucket=name), "\n".join(lines))
                for name, lines in copies.items()
                if lines
            ]
        except (GatewayError, ValueError) as error:
            reason = f"not restarted, as it could not be copied out: {error}"
            return Outcome(result=Result.FAILED, reason=tools.redact(reason), hopeless=True)
        if facts.state == "running":
            tools.containers.announce(
                Announcement.of_stop(container_id), target, facts.stop_timeout + STOP_SLACK
            )
            await tools.engine.stop(container_id, facts.stop_timeout)
        await tools.engine.start(container_id)
        return await self._give_back(place, place.influx, copies, kept, tools)

    async def _copy_out(self, influx: InfluxPlace, tools: Tools) -> dict[str, tuple[str, ...]]:
        """The last points of each bucket; a bucket that holds too many of them for that is copied less far back."""
        gateway = await self._door.open(influx, tools.containers, tools.engine)
        copies = {}
        for bucket in await gateway.buckets():
            window = int(self.parameters.window)
            while True:
                try:
                    text = await gateway.copy_out(points_since(bucket.name, window), LONGEST_COPY)
                    break
                except Misconfigured:
                    raise
                except Refused as refused:
                    if "more than" not in str(refused) or window // SHORTER < SHORTEST:
                        raise
                    window //= SHORTER
            copies[bucket.name] = tuple(read_lines(text))
            tools.progress(influx.target, f"{len(copies[bucket.name])} points of {bucket.name} copied out")
        return copies

    async def _give_back(
        self,
        place: DiskPlace,
        influx: InfluxPlace,
        copies: dict[str, tuple[str, ...]],
        kept: list[str],
        tools: Tools,
    ) -> Outcome:
        count = sum(map(len, copies.values()))
        where = f"; they are kept in {place.ballast}" if any(kept) else ""
        try:
            async with asyncio.timeout(self.parameters.answers):
                gateway = await self._answering(influx, tools)
            for bucket, lines in copies.items():
                for first in range(0, len(lines), BATCH):
                    await gateway.write(bucket, *lines[first : first + BATCH])
        except TimeoutError:
            reason = f"it does not answer; {count} points were copied out and not given back{where}"
            return Outcome(result=Result.FAILED, reason=reason, hopeless=True)
        except GatewayError as error:
            reason = f"{count} points were copied out and not all given back{where}: {error}"
            return Outcome(result=Result.FAILED, reason=tools.redact(reason), hopeless=True)
        for path in kept:
            if tools.disks is not None:
                await tools.disks.drop_copy(path)
        return Outcome(result=Result.DONE, reason=f"{count} points were copied out before, and given back")

    async def _answering(self, influx: InfluxPlace, tools: Tools) -> Influx:
        """The gateway, once InfluxDB answers: it was started a moment ago, perhaps at another address."""
        while True:
            try:
                gateway = await self._door.open(influx, tools.containers, tools.engine)
                await gateway.buckets()
            except (Unreachable, Refused):
                await asyncio.sleep(self._pause)
            else:
                return gateway
