"""Restart InfluxDB whose writes broke on a full disk, without losing what it holds in memory only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from watchdog.core.disk import DiskPlace, InfluxPlace, judge_room
from watchdog.core.disk_room import Disks
from watchdog.core.duration import show_duration
from watchdog.core.errors import GatewayError, Misconfigured, Refused, Unreachable
from watchdog.core.event import Announcement
from watchdog.core.flux import points_since
from watchdog.core.judgement import was_taken_down
from watchdog.core.line_protocol import read_lines
from watchdog.core.observation import Status
from watchdog.core.run import Outcome, Result
from watchdog.gateways.influx import InfluxGateway
from watchdog.gateways.influx_door import Influx, InfluxDoor, ask_refused
from watchdog.plugins import Action, Duration, Parameters, Tools

# Seconds after its time to stop in which the events of our stop still come; later ones are a person's.
STOP_SLACK = 120.0
# What is copied of one bucket at most: it is held in memory. A window that holds more is made shorter.
LONGEST_COPY = 8 * 1024 * 1024
SHORTER, SHORTEST = 4, 30
BATCH = 5000
# What it refused is in its memory only, from the first such write on: a little more than that is copied, and no more
# than its record is looked through for.
MARGIN, LONGEST = 60, 86400
# A copy lies beside the ballast under such a name; its first line says of which bucket it is.
COPY, COPIES, OF = "influxdb-{number}-{bucket}.lp", "influxdb-*.lp", "# bucket: "
_STRANGE = re.compile(r"[^A-Za-z0-9_-]")


class RestartInfluxdbParameters(Parameters):
    """`window`: what is copied out of each bucket at least; `answers`: how long it may take to answer again."""

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
        return (
            f"copy out the last {window} of each bucket of {target} (more, if it refuses writes for longer), stop it, "
            "start it, and give them back"
        )

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
        if facts.state != "running" and was_taken_down(
            await tools.containers.look(target), tools.clock.now()
        ):
            return Outcome(result=Result.SKIPPED, reason="it was taken down, and not by itself")
        try:
            left = await tools.disks.kept_copies(place, COPIES)
            copies, short = (
                await self._copy_out(place.influx, facts.started, tools)
                if facts.state == "running"
                else ({}, "")
            )
            kept = await _keep(place, copies, tools.disks)
        except (GatewayError, ValueError) as error:
            reason = f"not restarted, as it could not be copied out: {error}"
            return Outcome(result=Result.FAILED, reason=tools.redact(reason), hopeless=True)
        if facts.state == "running":
            tools.containers.announce(
                Announcement.of_stop(container_id), target, facts.stop_timeout + STOP_SLACK
            )
            await tools.engine.stop(container_id, facts.stop_timeout)
        await tools.engine.start(container_id)
        outcome = await self._give_back(place, place.influx, copies, kept, tools)
        if outcome.result is Result.DONE:
            await self._give_back_older(place.influx, {p: t for p, t in left.items() if p not in kept}, tools)
        return replace(outcome, reason=f"{outcome.reason}{short}")

    async def _window(self, gateway: Influx, started: int, tools: Tools) -> int:
        """How far back to copy, in seconds: from before the first write that it refused since it was started."""
        now = tools.clock.now().wall.timestamp()
        first, _ = await ask_refused(gateway, min(LONGEST, int(now - started / 1e9)), "first")
        return max(int(self.parameters.window), int(now - first) + MARGIN if first is not None else 0)

    async def _copy_out(
        self, influx: InfluxPlace, started: int, tools: Tools
    ) -> tuple[dict[str, tuple[str, ...]], str]:
        """The last points of each bucket, and in words which were copied less far back, as they hold too many."""
        gateway = await self._door.open(influx, tools.containers, tools.engine)
        copies, short = {}, []
        whole = await self._window(gateway, started, tools)
        for bucket in await gateway.buckets():
            window = whole
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
            if window < whole:
                short.append(f"; of {bucket.name} only the last {show_duration(window)} fitted")
            tools.progress(influx.target, f"{len(copies[bucket.name])} points of {bucket.name} copied out")
        return copies, "".join(short)

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

    async def _give_back_older(self, influx: InfluxPlace, left: Mapping[str, str], tools: Tools) -> None:
        """What an earlier restart copied out and could not give back; what is refused stays for a human."""
        gateway = await self._door.open(influx, tools.containers, tools.engine)
        for path, text in left.items():
            head, _, rest = text.partition("\n")
            with suppress(GatewayError):
                if head.startswith(OF) and rest:
                    await gateway.write(head.removeprefix(OF), rest)
                    assert tools.disks is not None
                    await tools.disks.drop_copy(path)

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


async def _keep(place: DiskPlace, copies: Mapping[str, tuple[str, ...]], disks: Disks) -> list[str]:
    """The copies on the disk, for the case that we die; their paths. The name of a bucket may hold anything."""
    return [
        await disks.keep_copy(
            place,
            COPY.format(number=number, bucket=_STRANGE.sub("_", name)[:40]),
            "\n".join((f"{OF}{name}", *lines)),
        )
        for number, (name, lines) in enumerate(copies.items(), 1)
        if lines
    ]
