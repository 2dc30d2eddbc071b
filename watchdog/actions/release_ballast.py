"""Give back the space that watchdog has set aside on a disk."""

from __future__ import annotations

from typing import ClassVar

from watchdog.core.disk import judge_freed
from watchdog.core.errors import Refused
from watchdog.core.run import Outcome, Result
from watchdog.core.size import show_size
from watchdog.plugins import Action, Parameters, Tools


class ReleaseBallastParameters(Parameters):
    """Nothing to set: size and folder are the disk's own."""


class ReleaseBallast(Action[ReleaseBallastParameters]):
    """Removes one file of watchdog's own. It is made again once there is room enough."""

    name: ClassVar[str] = "release_ballast"
    repeatable: ClassVar[bool] = True
    gentle: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = ReleaseBallastParameters

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now."""
        place = tools.disks.place_of(target) if tools.disks is not None else None
        if tools.disks is None or place is None:
            return f"nothing: {target} is no watched disk"
        size = await tools.disks.ballast(place)
        return (
            f"remove the ballast in {place.ballast} ({show_size(size)})"
            if size
            else "nothing: there is no ballast"
        )

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it, and measure on the disk what that freed."""
        place = tools.disks.place_of(target) if tools.disks is not None else None
        if tools.disks is None or place is None:
            return Outcome(result=Result.SKIPPED, reason="it is no watched disk", hopeless=True)
        before = await tools.disks.room(place)
        try:
            size = await tools.disks.release_ballast(place)
        except Refused as refused:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(refused)), hopeless=True)
        if not size:
            return Outcome(result=Result.SKIPPED, reason="there is no ballast to give back", hopeless=True)
        return judge_freed(before, await tools.disks.room(place), f"a ballast of {show_size(size)}")
