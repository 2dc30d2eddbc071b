"""Give back all but the end of the largest logs that this project's containers keep whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from watchdog.core.disk import DiskPlace, WholeLog, judge_freed
from watchdog.core.disk_room import Disks
from watchdog.core.errors import GatewayError, Refused
from watchdog.core.run import Outcome, Result
from watchdog.core.size import parse_size, show_size
from watchdog.gateways.front import front_of
from watchdog.gateways.whole_logs import KEPT, cut_log, weigh_logs
from watchdog.plugins import Action, Parameters, Tools

_NO_DISK = "it is no watched disk"
_NOTHING = "no log without rotation is that large"


def _check_least(size: int) -> int:
    if size < 2 * KEPT:
        raise ValueError("nothing could be given back of logs that small; write 2MiB or more")
    return size


class TruncateLogParameters(Parameters):
    """From which size on a log is cut."""

    larger_than: Annotated[
        int,
        Field(description="size, at least 2MiB"),
        BeforeValidator(parse_size),
        AfterValidator(_check_least),
    ] = Field(default="100MB", validate_default=True)


class TruncateLog(Action[TruncateLogParameters]):
    """Never without a yes; no log that is rotated, of another driver or project. Its last MiB stays, the rest is gone."""

    name: ClassVar[str] = "truncate_log"
    repeatable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = TruncateLogParameters

    @property
    def needs_a_yes(self) -> bool:
        """What falls off is gone, and `docker logs` without `--tail` reads no more of it."""
        return True

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now; of each size the magnitude: a yes is for these words, and logs grow meanwhile."""
        try:
            found = await self._largest(target, tools)
        except Refused as refused:
            return f"nothing: {tools.redact(str(refused))}"
        told = ", ".join(
            f"{log.target} (over {show_size(_magnitude(found[log]))})" for log in _by_name(found)
        )
        return (
            f"give back all but the last {show_size(KEPT)} of these logs: {told} (for good; until such a container "
            "is replaced, docker logs needs --tail)"
        )

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """Which logs; without their sizes, which change while people think. Raises `Refused` when there is none."""
        found = await self._largest(target, tools)
        return {f"log of {log.target} ({log.container_id[:12]})": log.path for log in _by_name(found)}

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it, and measure on the disk what that freed."""
        try:
            disks, place = _watched(target, tools)
            found = await self._largest(target, tools)
        except Refused as refused:
            return Outcome(result=Result.SKIPPED, reason=tools.redact(str(refused)), hopeless=True)
        shots = front_of(tools).shots
        before = await disks.room(place)
        cut, troubles = [], []
        for log in found:
            try:
                await cut_log(shots, log)
                cut.append(log.target)
            except (
                GatewayError
            ) as trouble:  # a container that is gone by now: the others are cut all the same
                troubles.append(tools.redact(str(trouble)))
        if not cut:
            return Outcome(result=Result.FAILED, reason="; ".join(troubles), hopeless=True)
        outcome = judge_freed(before, await disks.room(place), f"the logs of {', '.join(cut)}")
        return replace(outcome, evidence=tuple(troubles))

    async def _largest(self, target: str, tools: Tools) -> dict[WholeLog, int]:
        """The logs on this disk that are large enough, the largest first. Raises `Refused` when there is none."""
        disks, place = _watched(target, tools)
        logs, room = await disks.whole_logs(), await disks.room(place)
        sizes = await weigh_logs(front_of(tools).shots, logs, room.device)
        found = {log: size for log, size in sizes.items() if size >= self.parameters.larger_than}
        if not found:
            raise Refused(_NOTHING)
        return dict(sorted(found.items(), key=lambda each: -each[1]))


def _by_name(found: Mapping[WholeLog, int]) -> list[WholeLog]:
    """By name: two that grow may change places."""
    return sorted(found, key=lambda log: (log.target, log.container_id))


def _magnitude(size: int) -> int:
    """The power of ten that it has reached."""
    return int(10 ** (len(str(size)) - 1))


def _watched(target: str, tools: Tools) -> tuple[Disks, DiskPlace]:
    place = tools.disks.place_of(target) if tools.disks is not None else None
    if tools.disks is None or place is None:
        raise Refused(_NO_DISK)
    return tools.disks, place
